/// The largest of many errors.
#pragma once

namespace runnel::test {

/// The larger one; NaN if either is (which std::max would pass over).
template <class T> T worse(T worst, T error) {
    return error <= worst || worst != worst ? worst : error;
}

}  // namespace runnel::test
