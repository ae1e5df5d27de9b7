/// Wrong usage: exit code 2.
#pragma once
#include <stdexcept>

namespace runnel {

struct UsageError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

}  // namespace runnel
