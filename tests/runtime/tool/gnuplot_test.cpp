// What gnuplot makes of a history.
#include <doctest/doctest.h>

#include <cstdlib>

#include "epochs.hpp"
#include "support/skip.hpp"

using namespace runnel;
using namespace runnel::test;

namespace {

std::size_t count(const std::string& text, const std::string& part) {
    std::size_t n = 0;
    for (std::size_t at = 0; (at = text.find(part, at)) != text.npos; at += part.size()) ++n;
    return n;
}

}  // namespace

TEST_CASE("the curves are drawn, training and validation each") {
    if (std::system("gnuplot --version > /dev/null 2>&1") != 0) {
        skip_case("gnuplot is not here");
        return;
    }
    const std::string both = history_plot(validated, true, 2, "training of 'it'.rnl");
    const std::string loss = history_plot(plain, false, 0, "training");
    CHECK(both.starts_with("<?xml"));
    CHECK(both.ends_with("</svg>\n"));
    CHECK(count(both, ">training<") == 2);
    CHECK(count(both, ">validation<") == 2);
    CHECK(count(both, ">accuracy<") == 1);
    CHECK(count(both, "best epoch 2") == 2);
    CHECK(count(both, "training of _it_.rnl") == 1);
    CHECK(count(loss, "best epoch") == 0);
    CHECK(count(loss, ">training<") == 2);  // the title and the curve
    CHECK(count(loss, ">validation<") == 0);
    CHECK(count(loss, ">accuracy<") == 0);
}
