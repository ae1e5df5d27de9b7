// The table of a firmware without float kernels: sessions over fixed models call nothing that it leaves out.
#include <doctest/doctest.h>

#include "model/plan.hpp"
#include "support/block.hpp"
#include "support/fixed_models.hpp"

// The table under another name, beside the library's own.
#define kernels_scalar kernels_of_fixed_only
#include "kernels/fixed_only.cpp"
#undef kernels_scalar

using namespace runnel;

namespace {

std::vector<float> answers(const test::FileImage& file, bool fixed_only) {
    Model model;
    REQUIRE(model.load(file.bytes().data(), file.bytes().size(), "scalar") == Status::ok);
    if (fixed_only) const_cast<Plan&>(plan_of(model)).kernels = &kernels_of_fixed_only;
    const test::Block block(Session::bytes(model));
    Session* session = nullptr;
    REQUIRE(Session::create(model, block.data(), block.size(), session) == Status::ok);
    std::vector<float> all;
    const std::uint32_t inputs = model.info().inputs;
    std::vector<float> x = test::uniform(20 * inputs, 3.0f, 5);
    x[1] = 1e-38f;  // tiny
    for (std::uint32_t t = 0; t < 20; ++t) {
        const Status status =
            model.info().takes_tokens ? session->step(t % inputs) : session->step(&x[t * inputs], inputs);
        REQUIRE(status == Status::ok);
        all.push_back(session->output()[0]);
    }
    std::vector<unsigned char> saved(session->state_bytes());
    REQUIRE(session->save_state(saved.data(), saved.size()) == Status::ok);
    session->reset();
    all.push_back(session->output()[0]);
    REQUIRE(session->restore_state(saved.data(), saved.size()) == Status::ok);
    all.push_back(session->output()[0]);
    all.push_back(float(session->saturations()));
    x[0] = NAN;
    if (!model.info().takes_tokens) CHECK(session->step(x.data(), inputs) == Status::not_finite);
    return all;
}

}  // namespace

TEST_CASE("without float kernels, fixed models answer as with them") {
    for (const auto format : {schema::Format::fixed, schema::Format::fixed8})
        for (const auto cell : {schema::Cell::simple_rnn, schema::Cell::gru, schema::Cell::lstm})
            for (const auto& file : {test::fixed_file_of(test::token_graph(cell, true), format),
                                     test::fixed_file_of(test::feature_graph(cell), format),
                                     test::fixed_file_of(test::feature_graph(cell), format, true)})
                CHECK(answers(file, true) == answers(file, false));
}
