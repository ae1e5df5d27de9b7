#include "common/terminal.hpp"

#include <doctest/doctest.h>
#include <sstream>

using namespace runnel;

TEST_CASE("numbers for people") {
    CHECK(grouped(0) == "0");
    CHECK(grouped(999) == "999");
    CHECK(grouped(8633) == "8,633");
    CHECK(grouped(1234567) == "1,234,567");
    CHECK(decimals(0.79936, 4) == "0.7994");
    CHECK(shortest(0.1f) == "0.1");
    CHECK(std::stof(shortest(1.0f / 3)) == 1.0f / 3);
}

TEST_CASE("a bar has its width, whatever the fraction") {
    for (const double fraction : {-1.0, 0.0, 0.001, 0.5, 0.999, 1.0, 2.0})
        CHECK(display_width(bar(fraction, 10)) == 10);
    CHECK(bar(0, 4) == "    ");
    CHECK(bar(1, 4).find(' ') == std::string::npos);
}

TEST_CASE("a table aligns characters, not bytes") {
    Table table({"name", ">n"});
    table.add({"é", "1"});
    table.add({"longer", "234"});
    std::ostringstream out;
    table.print(out);
    CHECK(out.str() == "name      n\né         1\nlonger  234\n");
}
