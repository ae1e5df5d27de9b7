// Writes the targets' first inputs, made of good models and of tests/golden: usage: fuzz_seeds GOLDEN CORPUS
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "formats/hdf5_reader.hpp"
#include "formats/zip.hpp"
#include "specimens.hpp"
#include "support/graphs.hpp"

using namespace runnel;
using schema::Cell, schema::Format;
using Text = std::string;
namespace fs = std::filesystem;

namespace {

fs::path golden, corpus;

void write(const Text& target, const Text& name, const Text& bytes) {
    fs::create_directories(corpus / target);
    std::ofstream file(corpus / target / name, std::ios::binary);
    file << bytes;
    fuzz::require(file.good(), name + " cannot be written");
}

Text read(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    fuzz::require(file.good(), path.string() + " cannot be read");
    return {std::istreambuf_iterator<char>(file), {}};
}

Text text_of(const test::FileImage& file) { return {file.bytes().begin(), file.bytes().end()}; }
template <class Bytes> Text text(const Bytes& bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
Text length(const Text& text) {
    const auto n = std::uint32_t(text.size());
    return {reinterpret_cast<const char*>(&n), sizeof n};
}

void models() {
    int number = 0;
    const auto add = [&](const test::FileImage& file) { write("model", std::to_string(number++), text_of(file)); };
    for (const auto& file : fuzz::stateful_files()) add(file);
    add(test::file_of(fuzz::chain({test::embedding(3, 2)})));
    add(test::file_of(fuzz::chain({test::embedding(2, 40)})));
    add(test::quantized_file_of(fuzz::chain({test::embedding(2, 32)}), Format::f32, Format::int4));
    add(test::file_of(fuzz::chain({{"masking", 0, converter::Masking{2, -1.0f}},
                                   test::recurrent(Cell::simple_rnn, 2, 2),
                                   {"activation", 0, converter::Activate{2, {Function::glu, 0}}}})));
    converter::Metadata metadata;
    metadata.vocabulary = {"a", "b"};
    metadata.labels = {"yes"};
    add(converter::pack(fuzz::chain({test::embedding(2, 2), test::dense(2, 1, Function::sigmoid)}), metadata));
    add(test::file_of(test::token_branches(Cell::gru)));
    add(test::file_of(test::combined_graph(schema::Operation::maximum)));
    add(test::quantized_file_of(test::branched_graph(Cell::lstm), Format::int8, Format::f32));
}

void states() {
    int number = 0;
    for (const auto& model : fuzz::specimens(fuzz::stateful_files())) {
        const test::Block block(Session::bytes(model.model()));
        Session* session = nullptr;
        fuzz::require(Session::create(model.model(), block.data(), block.size(), session) == Status::ok, "no session");
        fuzz::step(model.model(), *session, 1);
        std::vector<unsigned char> state(session->state_bytes());
        fuzz::require(session->save_state(state.data(), state.size()) == Status::ok, "no state");
        write("state", std::to_string(number), char(number) + text(state));
        ++number;
    }
}

/// A patch of each model that changes all of its parameters.
void patches() {
    int number = 0;
    for (const auto& model : fuzz::specimens(fuzz::fixed_files())) {
        fuzz::OwnedTrainer trainer(model.model());
        std::vector<unsigned char> saved(trainer->saved_bytes());
        trainer->save(saved.data());
        for (unsigned char& byte : saved) byte ^= 1;
        std::uint8_t hash[32];
        training::hash_model(model.file().bytes().data(), model.file().bytes().size(), hash);
        for (const training::Words words : {training::Words{}, training::Words{1, 8, "one\0two"}}) {
            std::vector<unsigned char> patch(trainer->patch_bytes(saved.data(), words));
            fuzz::require(trainer->write_patch(saved.data(), hash, patch.data(), patch.size(), words) ==
                              training::Status::ok,
                          "no patch");
            write("patch", std::to_string(number) + (words.bytes ? "_words" : ""), char(number) + text(patch));
        }
        ++number;
    }
}

void npy(const Text& name, int version, const Text& descr, const Text& shape, const Text& values, bool fortran) {
    const Text header = "{'descr': '" + descr + "', 'fortran_order': " + (fortran ? "True" : "False") +
                        ", 'shape': " + shape + ", }\n";
    Text bytes = "\x93NUMPY" + Text{char(version), 0} + length(header).substr(0, version == 1 ? 2 : 4);
    write("npy", name, bytes + header + values);
}

void arrays() {
    npy("u2", 1, "<u2", "(2, 3)", Text(12, 1), false);
    npy("f4", 1, "<f4", "(2, 2, 2)", Text(32, 2), true);
    npy("f8", 2, ">f8", "(2, 2)", Text(32, 3), false);
    npy("f2", 3, "<f2", "(3, 2)", Text(12, 4), false);
    npy("b1", 1, "|b1", "(2, 4)", Text(8, 1), false);
    npy("i8", 1, "<i8", "()", Text(8, 0), false);
    npy("empty", 1, "|i1", "(0, 3)", "", false);
}

const std::vector<Text> h5{"gru_1.h5", "simple_rnn_1.h5", "lstm_1.h5", "gru_before_1.h5", "keras20_embedding.h5",
                           "keras22_functional.h5", "activation_hard_sigmoid.h5", "stateful.h5", "time_distributed.h5",
                           "gru_wrapped.h5", "mask_zero_without_recurrent.h5", "simple_rnn_relu.h5"};
const std::vector<Text> archives{"gru_wrapped.keras", "functional.keras", "masking.keras", "simple_rnn_linear.keras",
                                 "lstm_wrapped.keras", "activation_relu.keras"};

/// Weights and the architectures beside them.
const std::vector<std::array<Text, 2>> apart{{"weights_keras2.h5", "weights_keras2.json"},
                                             {"weights_keras2_renamed.h5", "weights_keras2_renamed.json"},
                                             {"weights_keras213.weights.h5", "weights_keras213.json"},
                                             {"weights_keras3.weights.h5", "weights_keras3.json"}};

converter::Bytes bytes_of(const Text& text) {
    const auto* begin = reinterpret_cast<const std::byte*>(text.data());
    return {begin, begin + text.size()};
}

/// What the process sends that reads the file.
Text sent(const converter::Bytes& file) {
    return text(nlohmann::json::to_cbor(converter::read_hdf5_objects(file, {"optimizer_weights", "optimizer"})));
}

void keras() {
    for (const Text& name : h5) {
        const converter::Bytes file = bytes_of(read(golden / "keras" / name));
        write("keras_h5", name, sent(file));
        const auto objects = converter::read_hdf5_objects(file, {});
        write("keras_architecture", name + ".json", objects.at("").at("attributes").at("model_config").at(0));
    }
    for (const Text& name : archives) {
        const converter::Bytes file = bytes_of(read(golden / "keras" / name));
        const converter::ZipFile archive(file);
        const auto member = [&](const char* path) { return archive.read(path, 1u << 26).value(); };
        const Text config = text(member("config.json")), metadata = text(member("metadata.json"));
        const Text weights = sent(member("model.weights.h5"));
        write("keras_archive", name + ".members",
              length(config) + config + length(metadata) + metadata + length(weights) + weights);
        write("keras_architecture", name + ".json", config);
    }
    for (const auto& [file, json] : apart) {
        const Text architecture = read(golden / "keras" / json);
        const Text weights = sent(bytes_of(read(golden / "keras" / file)));
        write("keras_weights", file, length(architecture) + architecture + length(weights) + weights);
    }
    write("keras_archive", "activation_relu.keras", read(golden / "keras" / "activation_relu.keras"));
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 3) return std::fputs("usage: fuzz_seeds GOLDEN CORPUS\n", stderr), 2;
    golden = argv[1], corpus = argv[2];
    models();
    states();
    patches();
    arrays();
    keras();
}
