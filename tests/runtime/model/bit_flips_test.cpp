// Every bit of a small file is flipped. The checksum sees each flip; and with the checksum made good again, what
// is left to the other two verifications either is refused or runs within its memory (the sanitizers watch).
#include <doctest/doctest.h>

#include <cstring>

#include "base/checksum.hpp"
#include "runnel/runnel.hpp"
#include "support/block.hpp"
#include "support/fixed_models.hpp"

using namespace runnel;

namespace {

void run_some(const Model& model) {
    if (Session::bytes(model) > (1u << 24)) return;
    const test::Block block(Session::bytes(model));
    Session* session = nullptr;
    REQUIRE(Session::create(model, block.data(), block.size(), session) == Status::ok);
    const ModelInfo info = model.info();
    const std::vector<float> x(info.inputs, 0.5f);
    for (int t = 0; t < 3; ++t) {
        const Status by_token = session->step(info.inputs - 1);
        const Status by_features = session->step(x.data(), x.size());
        CHECK((by_token == Status::ok || by_features == Status::ok));
        CHECK(session->output().size() == info.outputs);
    }
    for (std::uint32_t i = 0; i < info.layers; ++i) CHECK(model.layer(i).name != nullptr);
}

void flip_every_bit(const test::FileImage& file) {
    const std::size_t size = file.bytes().size();
    test::Block bytes(size);
    std::memcpy(bytes.data(), file.bytes().data(), size);
    const auto* table = reinterpret_cast<const flatbuffers::Table*>(schema::GetModel(bytes.data()));
    const std::size_t sum_at = std::size_t(table->GetAddressOf(schema::Model::VT_CHECKSUM) - bytes.data());
    Model model;
    std::size_t accepted_after_sealing = 0;
    for (std::size_t bit = 0; bit < size * 8; ++bit) {
        std::uint8_t& byte = bytes.data()[bit / 8];
        byte ^= std::uint8_t(1u << bit % 8);
        if (model.load(bytes.data(), size) == Status::ok) FAIL_CHECK("bit " << bit << " was not seen");
        if (bit / 8 - sum_at >= 8) {
            std::uint64_t kept, sealed = checksum(bytes.data(), size, sum_at);
            std::memcpy(&kept, bytes.data() + sum_at, 8);
            std::memcpy(bytes.data() + sum_at, &sealed, 8);
            if (model.load(bytes.data(), size) == Status::ok) {
                ++accepted_after_sealing;
                run_some(model);
            }
            std::memcpy(bytes.data() + sum_at, &kept, 8);
        }
        byte ^= std::uint8_t(1u << bit % 8);
    }
    CHECK(accepted_after_sealing > 0);
}

}  // namespace

TEST_CASE("flipped bits of a model of tokens") {
    test::Graph graph;
    graph.layers = {test::embedding(4, 2), test::recurrent(schema::Cell::gru, 2, 3),
                    test::dense(3, 1, Function::sigmoid)};
    converter::Metadata metadata;
    metadata.vocabulary = {"a", "b", "c", "d"};
    metadata.labels = {"yes"};
    flip_every_bit(converter::pack(graph, metadata));
}

TEST_CASE("flipped bits of a model of features") {
    test::Graph graph;
    graph.layers = {{"masking", 0, converter::Masking{2, -1.0f}}, test::recurrent(schema::Cell::lstm, 2, 2),
                    {"activation", 0, converter::Activate{2, {Function::glu, 0}}}};
    flip_every_bit(test::file_of(graph));
}

TEST_CASE("flipped bits of fixed models") {
    test::Graph graph;
    graph.layers = {test::embedding(4, 2), test::recurrent(schema::Cell::gru, 2, 3),
                    test::dense(3, 1, Function::sigmoid)};
    flip_every_bit(test::fixed_file_of(graph));
    graph.layers = {test::recurrent(schema::Cell::lstm, 2, 2), test::dense(2, 2, Function::softmax)};
    flip_every_bit(test::fixed_file_of(graph, schema::Format::fixed8));
    graph.layers = {test::recurrent(schema::Cell::simple_rnn, 2, 2), test::dense(2, 2, Function::linear)};
    std::get<converter::Recurrent>(graph.layers[0].kind).activation.function = Function::relu;
    flip_every_bit(test::fixed_file_of(graph, schema::Format::fixed, true));
}
