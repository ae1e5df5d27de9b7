#pragma once
#include <string>

#include "error.hpp"

namespace runnel::test {

/// What the Error says that `work` throws; "" where it throws none.
std::string error_message(auto&& work) {
    try {
        work();
    } catch (const converter::Error& error) {
        return error.what();
    }
    return "";
}

}  // namespace runnel::test
