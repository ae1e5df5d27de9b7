// The outputs of a session's layers.
#include "model/tap.hpp"

#include <doctest/doctest.h>

#include <cstring>

#include "support/block.hpp"
#include "support/isa.hpp"
#include "support/models.hpp"

using namespace runnel;

namespace {

constexpr std::size_t head = 16;  ///< bytes before the numbers of a saved state

struct Tapped {
    test::FileImage file;
    Model model;
    test::Block block{0};
    Session* session = nullptr;
    std::vector<std::vector<float>> outputs;
    std::vector<float*> taps;
    bool masked = false;

    explicit Tapped(const converter::Graph& graph) : file(test::file_of(graph)) {
        REQUIRE(model.load(file.bytes().data(), file.bytes().size(), test::forced_isa()) == Status::ok);
        block = test::Block(Session::bytes(model));
        REQUIRE(Session::create(model, block.data(), block.size(), session) == Status::ok);
        for (std::uint32_t i = 0; i < model.info().layers; ++i) outputs.emplace_back(model.layer(i).outputs, -1.0f);
        for (auto& output : outputs) taps.push_back(output.data());
    }
    Tapped(const Tapped&) = delete;

    /// The state's vectors, one after another.
    std::vector<float> state() const {
        std::vector<unsigned char> bytes(session->state_bytes());
        REQUIRE(session->save_state(bytes.data(), bytes.size()) == Status::ok);
        std::vector<float> values((bytes.size() - head) / sizeof(float));
        std::memcpy(values.data(), bytes.data() + head, values.size() * sizeof(float));
        return values;
    }
};

}  // namespace

TEST_CASE("recurrent layers show their state, the last layer the session's output") {
    for (const auto cell :
         {schema::Cell::simple_rnn, schema::Cell::gru, schema::Cell::gru_reset_before, schema::Cell::lstm}) {
        Tapped t(test::feature_graph(cell));
        const std::size_t vectors = cell == schema::Cell::lstm ? 2 : 1;
        for (unsigned step = 0; step < 5; ++step) {
            const auto x = test::uniform(4, 1, 60 + step);
            REQUIRE(step_tapped(*t.session, x.data(), x.size(), t.taps, t.masked) == Status::ok);
            CHECK_FALSE(t.masked);
            const std::vector<float> state = t.state();
            CHECK(std::equal(t.outputs[0].begin(), t.outputs[0].end(), state.begin()));
            CHECK(std::equal(t.outputs[1].begin(), t.outputs[1].end(), state.begin() + std::ptrdiff_t(vectors * 20)));
            CHECK(t.outputs[2][0] == t.session->output()[0]);
        }
    }
}

TEST_CASE("masked steps and errors leave taps and session as they are; layers without a tap are left out") {
    Tapped t(test::token_graph(schema::Cell::gru, true));
    REQUIRE(step_tapped(*t.session, 7, t.taps, t.masked) == Status::ok);
    const auto outputs = t.outputs;
    const auto state = t.state();
    CHECK(step_tapped(*t.session, 0, t.taps, t.masked) == Status::ok);
    CHECK(t.masked);
    const float feature = 0;
    CHECK(step_tapped(*t.session, 50, t.taps, t.masked) == Status::token_out_of_range);
    CHECK(step_tapped(*t.session, &feature, 1, t.taps, t.masked) == Status::wrong_input);
    CHECK(t.outputs == outputs);
    CHECK(t.state() == state);

    t.taps[0] = nullptr;
    REQUIRE(step_tapped(*t.session, 8, t.taps, t.masked) == Status::ok);
    CHECK_FALSE(t.masked);
    CHECK(t.outputs[0] == outputs[0]);
    CHECK(t.outputs[1] != outputs[1]);
}

TEST_CASE("zero state: nothing from the embedding, a zero state, and the head's output over it") {
    Tapped t(test::token_graph(schema::Cell::lstm));
    tap_zero_state(*t.session, t.taps);
    CHECK(t.outputs[0] == std::vector<float>(5));
    CHECK(t.outputs[1] == std::vector<float>(9));
    const auto output = t.session->output();
    CHECK(std::equal(output.begin(), output.end(), t.outputs[2].begin()));
    Tapped untouched(test::token_graph(schema::Cell::lstm));
    const auto expected = untouched.session->output();
    CHECK(std::equal(output.begin(), output.end(), expected.begin()));
}
