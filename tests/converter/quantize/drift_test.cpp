// A million steps without a reset.
#include <cmath>

#include "running.hpp"
#include "support/models.hpp"

using namespace runnel;
using namespace runnel::converter;
using schema::Cell;
using schema::Format;

TEST_CASE("after a million steps the integer formats are no further from float32 than in the beginning") {
    for (const Cell cell : {Cell::gru, Cell::lstm})
        for (const Format format : {Format::int8, Format::int8x16}) {
            CAPTURE(int(cell));
            CAPTURE(int(format));
            Graph graph;
            graph.layers = {test::recurrent(cell, 4, 16)};
            test::Running exact(in_float(graph), nullptr), running(test::quantized(graph, format), nullptr);
            test::Noise first, last;
            constexpr int steps = 1'000'000, shown = 1'000;
            std::vector<float> x(4);
            for (int t = 0; t < steps; ++t) {
                for (int i = 0; i < 4; ++i)
                    x[i] = float(std::sin(0.001 * t * (i + 1) * (i + 2)) + 0.3 * std::sin(0.7 * t + i));
                const auto expected = exact.step(x);
                const auto answer = running.step(x);
                if (t < shown) first.add(expected, answer);
                if (t >= steps - shown) last.add(expected, answer);
            }
            MESSAGE("rms of the difference ", first.rms(), " in the first 1,000 steps, ", last.rms(), " in the last");
            CHECK(last.rms() <= 1.1 * first.rms());
        }
}
