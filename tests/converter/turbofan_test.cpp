// The turbofan author's own evaluation, from the raw sensor files to the 93 predictions that he recorded: columns
// scaled to [0, 1] by the training file's range; the last 50 cycles of each engine that has as many.
#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>
#include <limits>
#include <map>

#include "converted.hpp"
#include "support/shared_data.hpp"
#include "support/worst.hpp"

using namespace runnel;

namespace {

constexpr std::size_t columns = 26, features = 25, cycles = 50;
using Row = std::array<double, columns>;

std::vector<Row> read_rows(const std::string& path) {
    std::ifstream file(path);
    REQUIRE(file.good());
    std::vector<Row> rows;
    for (Row row; file >> row[0];) {
        for (std::size_t i = 1; i < columns; ++i) file >> row[i];
        rows.push_back(row);
    }
    return rows;
}

/// The column of each feature: three settings, the cycle, 21 sensors; column 0 is the engine.
constexpr std::size_t column_of(std::size_t feature) {
    return feature < 3 ? feature + 2 : feature == 3 ? 1 : feature + 1;
}

}  // namespace

TEST_CASE("turbofan: the 93 recorded predictions") {
    const std::string data = test::shared_data();
    if (data.empty()) return;
    const std::string series = data + "/series/turbofan/";
    Row low, high;
    low.fill(std::numeric_limits<double>::infinity()), high.fill(-std::numeric_limits<double>::infinity());
    for (const Row& row : read_rows(series + "PM_train.txt"))
        for (std::size_t i = 0; i < columns; ++i)
            low[i] = std::min(low[i], row[i]), high[i] = std::max(high[i], row[i]);
    std::map<int, std::vector<Row>> engines;
    for (const Row& row : read_rows(series + "PM_test.txt")) engines[int(row[0])].push_back(row);

    test::Converted model(data + "/keras/turbofan/regression_model.h5");
    std::ifstream recorded(series + "submit_test.csv");
    double expected, worst = 0;
    recorded >> expected;  // the column's name
    std::size_t count = 0;
    for (const auto& [engine, rows] : engines) {
        if (rows.size() < cycles) continue;
        model.session().reset();
        for (std::size_t t = rows.size() - cycles; t < rows.size(); ++t) {
            float x[features];
            for (std::size_t f = 0; f < features; ++f) {
                const std::size_t c = column_of(f);
                x[f] = high[c] > low[c] ? float((rows[t][c] - low[c]) / (high[c] - low[c])) : 0.0f;
            }
            REQUIRE(model.session().step(x, features) == Status::ok);
        }
        recorded >> expected;
        REQUIRE(recorded.good());
        worst = test::worse(worst, std::fabs(model.session().output()[0] / expected - 1));
        ++count;
    }
    CHECK(count == 93);
    CHECK(worst < 1e-5);
}
