#include "write/c_array.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace runnel;

TEST_CASE("the C array holds the bytes and names that C allows") {
    const std::string text = converter::c_array("2nd-model.h", "a comment", std::vector<std::uint8_t>{0, 255, 16});
    CHECK(text.find("static const unsigned char model_2nd_model[3] = {\n    0,255,16,\n};") != std::string::npos);
    CHECK(text.find("enum { model_2nd_model_size = 3 };") != std::string::npos);
    CHECK(text.find("#ifndef RUNNEL_model_2nd_model_H") != std::string::npos);
    CHECK(converter::c_array("gru.h", "", std::vector<std::uint8_t>{1}).find("char gru[1]") != std::string::npos);
}
