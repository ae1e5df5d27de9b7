// Numbers too small to matter: states that decay end at zero, and features below kernels.hpp's `tiny` are zero.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>

#include "runnel/runnel.hpp"
#include "support/block.hpp"
#include "support/isa.hpp"
#include "support/quantized_models.hpp"

using namespace runnel;
using schema::Cell, schema::Format;

namespace {

constexpr std::uint32_t inputs = 3, units = 20;

/// A cell that keeps 0.9 to 0.96 of its state in each step, without biases on what it adds.
test::FileImage decaying(Cell cell, Function candidate, Format format) {
    test::Graph graph;
    graph.layers = {test::recurrent(cell, inputs, units)};
    auto& r = std::get<converter::Recurrent>(graph.layers[0].kind);
    r.activation.function = candidate;
    for (float& b : r.bias) b = 0;
    for (float& w : r.recurrent.values) w *= 0.001f;
    for (std::size_t j = 0; j < units; ++j) {
        if (cell == Cell::simple_rnn) r.recurrent.at(j, j) = 0.95f;
        else r.bias[(cell == Cell::lstm ? units : 0) + j] = 3;  // f, or z: sigmoid(3) = 0.95
    }
    return test::quantized_file_of(graph, format, Format::f32);
}

struct Loaded {
    Model model;
    test::Block block;
    Session* session = nullptr;

    explicit Loaded(const test::FileImage& file) : block(size(file)) {
        REQUIRE(Session::create(model, block.data(), block.size(), session) == Status::ok);
    }
    void step(const std::vector<float>& x) { REQUIRE(session->step(x.data(), x.size()) == Status::ok); }
    std::vector<float> state() {
        std::vector<unsigned char> bytes(session->state_bytes());
        REQUIRE(session->save_state(bytes.data(), bytes.size()) == Status::ok);
        std::vector<float> floats((bytes.size() - 16) / sizeof(float));
        std::memcpy(floats.data(), bytes.data() + 16, bytes.size() - 16);
        return floats;
    }

private:
    std::size_t size(const test::FileImage& file) {
        REQUIRE(model.load(file.bytes().data(), file.bytes().size(), test::forced_isa()) == Status::ok);
        return Session::bytes(model);
    }
};

constexpr Cell cells[] = {Cell::simple_rnn, Cell::gru, Cell::gru_reset_before, Cell::lstm};

}  // namespace

TEST_CASE("a decaying state is subnormal for 64 steps at most; of floats, it ends at zero") {
    for (const Format format : {Format::f32, Format::f16, Format::int8x16})
        for (const Cell cell : cells)
            for (const Function f : {Function::relu, Function::linear, Function::tanh}) {
                CAPTURE(int(format));
                CAPTURE(int(cell));
                CAPTURE(int(f));
                const auto file = decaying(cell, f, format);
                Loaded loaded(file);
                loaded.step({1, -0.5f, 0.75f});
                const std::vector<float> first = loaded.state();
                CHECK(std::any_of(first.begin(), first.end(), [](float h) { return h != 0; }));
                std::size_t tiny = 0;
                for (int t = 1; t < 3000; ++t) {
                    loaded.step({0, 0, 0});
                    if (t % 64 != 63) continue;
                    for (const float h : loaded.state()) tiny += h != 0 && std::fabs(h) < 7.8886091e-31f;
                }
                CHECK(tiny == 0);
                if (format != Format::int8x16)  // rounded to codes, a state may stand still
                    for (const float h : loaded.state()) CHECK(h == 0);
            }
}

TEST_CASE("tiny features are zero, in a session and in a batch") {
    for (const Format format : {Format::f32, Format::int8}) {
        test::Graph graph;
        graph.layers = {{"masking", 0, converter::Masking{inputs, 5.0f}}, test::recurrent(Cell::gru, inputs, units),
                        test::dense(units, 2, Function::linear)};
        const auto file = test::quantized_file_of(graph, format, Format::f32);
        Loaded with_tiny(file), with_zero(file);
        const test::Block block(Batch::bytes(with_tiny.model, 4));
        Batch* batch = nullptr;
        REQUIRE(Batch::create(with_tiny.model, 4, block.data(), block.size(), batch) == Status::ok);
        const std::vector<std::vector<float>> small{{1e-40f, 1, -1e-31f}, {0.5f, -1e-45f, 2}, {-1, 2, 3}};
        const std::vector<std::vector<float>> zero{{0, 1, 0}, {0.5f, 0, 2}, {-1, 2, 3}};
        for (std::size_t t = 0; t < 9; ++t) {
            const float *s = small[t % 3].data(), *z = zero[t % 3].data();
            with_tiny.step(small[t % 3]), with_zero.step(zero[t % 3]);
            REQUIRE(batch->step(std::vector<const float*>{s, z, s, z}) == Status::ok);
            const auto expected = with_zero.session->output();
            const auto is_same = [&](std::span<const float> answer) {
                return answer.size() == 2 && std::equal(answer.begin(), answer.end(), expected.begin());
            };
            CHECK(is_same(with_tiny.session->output()));
            for (std::uint32_t i = 0; i < 4; ++i) CHECK(is_same((*batch)[i].output()));
        }
    }
}
