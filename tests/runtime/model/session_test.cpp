// Sessions over all cells: what a stream is, whatever the instruction set.
#include <doctest/doctest.h>

#include <cstring>
#include <limits>

#include "runnel/runnel.hpp"
#include "support/block.hpp"
#include "support/float64.hpp"
#include "support/isa.hpp"
#include "support/models.hpp"

using namespace runnel;

namespace {

constexpr schema::Cell cells[] = {schema::Cell::simple_rnn, schema::Cell::gru, schema::Cell::gru_reset_before,
                                  schema::Cell::lstm};

struct Stream {
    test::FileImage file;
    Model model;
    test::Block block{0};
    Session* session = nullptr;

    explicit Stream(test::FileImage image) : file(std::move(image)) {
        REQUIRE(model.load(file.bytes().data(), file.bytes().size(), test::forced_isa()) == Status::ok);
        block = test::Block(Session::bytes(model));
        REQUIRE(Session::create(model, block.data(), block.size(), session) == Status::ok);
    }
    Stream(const Stream&) = delete;

    std::vector<float> answer() {
        const auto out = session->output();
        return {out.begin(), out.end()};
    }
};

/// The graph in float64, step by step: recurrent layers, then Dense.
struct Stream64 {
    std::vector<test::Cell64> cells;
    std::vector<test::Vector> h, c;
    converter::Dense dense;

    explicit Stream64(const test::Graph& graph) {
        for (const auto& layer : graph.layers) {
            if (const auto* r = std::get_if<converter::Recurrent>(&layer.kind)) {
                cells.push_back({int(r->cell), r->input.columns, r->units, r->input.values, r->recurrent.values,
                                 r->bias, r->activation, r->recurrent_activation});
                h.emplace_back(r->units), c.emplace_back(r->units);
            } else if (const auto* d = std::get_if<converter::Dense>(&layer.kind)) {
                dense = *d;
            }
        }
    }
    void step(test::Vector x) {
        for (std::size_t i = 0; i < cells.size(); ++i) {
            cells[i].step(x, h[i], c[i]);
            x = h[i];
        }
    }
    test::Vector answer() const {
        test::Vector y(dense.bias.size());
        for (std::size_t j = 0; j < y.size(); ++j)
            y[j] = test::row_times(dense.weights.values, j, h.back()) + dense.bias[j];
        if (dense.activation.function == Function::softmax) {
            double sum = 0;
            for (double& v : y) sum += v = std::exp(v);
            for (double& v : y) v /= sum;
        } else {
            for (double& v : y) v = test::activation(dense.activation, v);
        }
        return y;
    }
};

void check_close(const std::vector<float>& a, const test::Vector& b, double tolerance) {
    REQUIRE(a.size() == b.size());
    for (std::size_t i = 0; i < a.size(); ++i) CHECK(std::fabs(a[i] - b[i]) < tolerance);
}

}  // namespace

TEST_CASE("token models agree with float64, and answers may be skipped") {
    for (const auto cell : cells) {
        const test::Graph graph = test::token_graph(cell);
        const auto file = test::file_of(graph);
        Stream stream(file), rarely(file);
        Stream64 reference(graph);
        const auto& table = std::get<converter::Embedding>(graph.layers[0].kind).table;
        for (std::uint32_t t = 0; t < 40; ++t) {
            const std::uint32_t token = t * 17 % 50;
            REQUIRE(stream.session->step(token) == Status::ok);
            REQUIRE(rarely.session->step(token) == Status::ok);
            test::Vector x(table.columns);
            for (std::size_t k = 0; k < x.size(); ++k) x[k] = table.at(token, k);
            reference.step(x);
            check_close(stream.answer(), reference.answer(), 1e-6);
        }
        CHECK(rarely.answer() == stream.answer());
        CHECK(stream.answer() == stream.answer());
    }
}

TEST_CASE("stacked feature models agree with float64, and a token is a one-hot step") {
    for (const auto cell : cells) {
        const test::Graph graph = test::feature_graph(cell);
        const auto file = test::file_of(graph);
        Stream stream(file), hot(file);
        Stream64 reference(graph), hot64(graph);
        for (unsigned t = 0; t < 40; ++t) {
            const auto x = test::uniform(4, 1.0f, 300 + t);
            REQUIRE(stream.session->step(x.data(), x.size()) == Status::ok);
            reference.step({x.begin(), x.end()});
            check_close(stream.answer(), reference.answer(), 2e-6);
            REQUIRE(hot.session->step(t % 4) == Status::ok);
            test::Vector one_hot(4);
            one_hot[t % 4] = 1;
            hot64.step(one_hot);
            check_close(hot.answer(), hot64.answer(), 2e-6);
        }
    }
}

TEST_CASE("reset gives the first answers again, and sessions do not touch each other") {
    const auto file = test::file_of(test::token_graph(schema::Cell::lstm));
    Stream a(file), b(file);
    const auto at_rest = a.answer();
    REQUIRE(a.session->step(3) == Status::ok);
    const auto first = a.answer();
    CHECK(first != at_rest);
    CHECK(b.answer() == at_rest);
    REQUIRE(a.session->step(4) == Status::ok);
    a.session->reset();
    CHECK(a.answer() == at_rest);
    REQUIRE(a.session->step(3) == Status::ok);
    CHECK(a.answer() == first);
}

TEST_CASE("a saved state continues where it was, in any session over the model") {
    for (const auto cell : cells) {
        const auto file = test::file_of(test::feature_graph(cell));
        for (int odd : {0, 1}) {
            Stream a(file), b(file);
            for (int t = 0; t < 6 + odd; ++t) REQUIRE(a.session->step(std::uint32_t(t % 4)) == Status::ok);
            std::vector<unsigned char> saved(a.session->state_bytes());
            REQUIRE(a.session->save_state(saved.data(), saved.size()) == Status::ok);
            REQUIRE(b.session->step(2) == Status::ok);
            REQUIRE(b.session->restore_state(saved.data(), saved.size()) == Status::ok);
            CHECK(b.answer() == a.answer());
            for (std::uint32_t token : {1u, 3u}) {
                REQUIRE(a.session->step(token) == Status::ok);
                REQUIRE(b.session->step(token) == Status::ok);
                CHECK(b.answer() == a.answer());
            }
        }
    }
}

TEST_CASE("a damaged or foreign state is refused and changes nothing") {
    const auto file = test::file_of(test::token_graph(schema::Cell::gru));
    const auto other = test::file_of(test::token_graph(schema::Cell::lstm));
    Stream a(file), b(other);
    REQUIRE(a.session->step(5) == Status::ok);
    const auto before = a.answer();
    std::vector<unsigned char> saved(a.session->state_bytes()), foreign(b.session->state_bytes());
    REQUIRE(a.session->save_state(saved.data(), saved.size()) == Status::ok);
    REQUIRE(b.session->save_state(foreign.data(), foreign.size()) == Status::ok);
    CHECK(a.session->save_state(saved.data(), saved.size() - 1) == Status::block_too_small);
    CHECK(a.session->restore_state(saved.data(), saved.size() - 1) == Status::wrong_state);
    CHECK(a.session->restore_state(foreign.data(), foreign.size()) == Status::wrong_state);
    foreign.resize(saved.size());
    CHECK(a.session->restore_state(foreign.data(), foreign.size()) == Status::wrong_state);
    const float not_a_number = std::numeric_limits<float>::quiet_NaN();
    std::memcpy(saved.data() + saved.size() - sizeof(float), &not_a_number, sizeof(float));
    CHECK(a.session->restore_state(saved.data(), saved.size()) == Status::wrong_state);
    CHECK(a.answer() == before);
}

TEST_CASE("bad input is refused and leaves the state as it was") {
    const auto tokens = test::file_of(test::token_graph(schema::Cell::gru));
    const auto features = test::file_of(test::feature_graph(schema::Cell::gru));
    Stream t(tokens), f(features);
    const float x[4] = {1, 2, 3, 4};
    REQUIRE(t.session->step(7) == Status::ok);
    REQUIRE(f.session->step(x, 4) == Status::ok);
    const auto of_tokens = t.answer(), of_features = f.answer();
    CHECK(t.session->step(50) == Status::token_out_of_range);
    CHECK(t.session->step(0xffffffffu) == Status::token_out_of_range);
    CHECK(t.session->step(x, 4) == Status::wrong_input);
    CHECK(f.session->step(4) == Status::token_out_of_range);
    CHECK(f.session->step(x, 3) == Status::wrong_feature_count);
    for (float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()})
        for (int i = 0; i < 4; ++i) {
            float y[4] = {1, 2, 3, 4};
            y[i] = bad;
            CHECK(f.session->step(y, 4) == Status::not_finite);
        }
    CHECK(t.answer() == of_tokens);
    CHECK(f.answer() == of_features);
}

TEST_CASE("without a recurrent layer the answer between steps is zeros, within the session's block") {
    std::vector<std::vector<converter::Layer>> networks = {
        {test::embedding(4, 40)},
        {test::dense(3, 40, Function::sigmoid)},
        {{"masking", 0, converter::Masking{40, -1.0f}}, {"activation", 0, converter::Activate{40, {Function::glu, 0}}}}};
    for (auto& layers : networks) {
        test::Graph graph;
        graph.layers = std::move(layers);
        Stream s(test::file_of(graph));
        const auto rests = [&] {
            const auto output = s.session->output();
            CHECK(reinterpret_cast<const unsigned char*>(output.data()) >= s.block.data());
            CHECK(reinterpret_cast<const unsigned char*>(output.data() + output.size()) <=
                  s.block.data() + s.block.size());
            for (const float y : output) CHECK(y == 0);
        };
        rests();
        const std::vector<float> x(s.model.info().inputs, 0.5f);
        const bool stepped = s.session->step(1) == Status::ok || s.session->step(x.data(), x.size()) == Status::ok;
        REQUIRE(stepped);
        CHECK(s.session->output()[0] != 0);
        s.session->reset();
        rests();
    }
}

TEST_CASE("padding and masked steps change nothing") {
    const auto masked = test::file_of(test::token_graph(schema::Cell::gru, true));
    Stream a(masked), b(masked);
    for (std::uint32_t token : {0u, 0u, 4u, 0u, 9u}) REQUIRE(a.session->step(token) == Status::ok);
    for (std::uint32_t token : {4u, 9u}) REQUIRE(b.session->step(token) == Status::ok);
    CHECK(a.answer() == b.answer());

    test::Graph graph = test::feature_graph(schema::Cell::lstm);
    graph.layers.insert(graph.layers.begin(), {"masking", 0, converter::Masking{4, -1.0f}});
    const auto file = test::file_of(graph);
    Stream c(file), d(file);
    const float x[4] = {-1, -1, -1, 0.5f}, padding[4] = {-1, -1, -1, -1};
    REQUIRE(c.session->step(x, 4) == Status::ok);
    REQUIRE(c.session->step(padding, 4) == Status::ok);
    REQUIRE(d.session->step(x, 4) == Status::ok);
    CHECK(c.answer() == d.answer());
}

TEST_CASE("the block must be large enough and aligned") {
    const auto file = test::file_of(test::token_graph(schema::Cell::gru));
    Model model;
    REQUIRE(model.load(file.bytes().data(), file.bytes().size(), test::forced_isa()) == Status::ok);
    const test::Block block(Session::bytes(model) + 64);
    Session* session = nullptr;
    CHECK(Session::create(model, block.data(), Session::bytes(model) - 1, session) == Status::block_too_small);
    CHECK(Session::create(model, block.data() + 4, Session::bytes(model), session) == Status::misaligned);
    CHECK(session == nullptr);
}
