/// What the converter throws for anything that is wrong with its input or output.
#pragma once
#include <stdexcept>

namespace runnel::converter {

/// The message names the thing that is wrong, says why, and says what can be done about it.
struct Error : std::runtime_error {
    using std::runtime_error::runtime_error;
};

}  // namespace runnel::converter
