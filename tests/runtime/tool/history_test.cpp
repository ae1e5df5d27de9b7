#include "history.hpp"

#include <doctest/doctest.h>
#include <cstdlib>
#include <stdexcept>

using namespace runnel;

namespace {

Measure measure(double loss, double accuracy) {
    Measure m;
    m.loss = loss;
    m.accuracy = accuracy;
    return m;
}

std::size_t count(const std::string& text, const std::string& part) {
    std::size_t n = 0;
    for (std::size_t at = 0; (at = text.find(part, at)) != text.npos; at += part.size()) ++n;
    return n;
}

const Epoch validated[] = {{1, measure(0.5, 0.75), measure(0.625, 0.5), 1.5},
                           {2, measure(0.25, 1), measure(0.5, 0.75), 2}};
const Epoch plain[] = {{1, measure(0.5, 0), std::nullopt, 1.5}};

}  // namespace

TEST_CASE("the history has the columns that the training has") {
    CHECK(history_csv(validated, true) == "epoch,loss,accuracy,val_loss,val_accuracy,seconds\n"
                                          "1,0.5,0.75,0.625,0.5,1.5\n"
                                          "2,0.25,1,0.5,0.75,2\n");
    CHECK(history_csv(validated, false) == "epoch,loss,val_loss,seconds\n1,0.5,0.625,1.5\n2,0.25,0.5,2\n");
    CHECK(history_csv(plain, false) == "epoch,loss,seconds\n1,0.5,1.5\n");
    CHECK(history_csv({}, true) == "epoch,loss,accuracy,seconds\n");
}

TEST_CASE("the curves are drawn, training and validation each") {
    if (std::system("gnuplot --version > /dev/null 2>&1") != 0) {
        MESSAGE("skipped: gnuplot is not here");
        return;
    }
    const std::string both = history_plot(validated, true), loss = history_plot(plain, false);
    CHECK(both.starts_with("<?xml"));
    CHECK(both.ends_with("</svg>\n"));
    CHECK(count(both, ">training<") == 2);
    CHECK(count(both, ">validation<") == 2);
    CHECK(count(both, ">accuracy<") == 1);
    CHECK(count(loss, ">training<") == 1);
    CHECK(count(loss, ">validation<") == 0);
    CHECK(count(loss, ">accuracy<") == 0);
}
