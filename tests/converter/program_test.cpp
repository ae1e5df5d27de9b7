// runnel-convert as a user runs it.
#include <doctest/doctest.h>

#include <fstream>
#include <memory>

#include "runnel/runnel.hpp"
#include "runtime/tool/program.hpp"
#include "support/shared_data.hpp"

using namespace runnel;
using test::contains;
using test::contents;
using test::convert;

namespace {

void write(const std::string& path, const std::string& text) { std::ofstream(path, std::ios::binary) << text; }

const std::string source = test::golden("imdb_gru/imdb_gru.h5"), words = test::golden("imdb_gru/vocabulary.txt");

/// A model file's bytes, as the runtime wants them aligned.
struct Loaded {
    explicit Loaded(const std::string& file) : lines(file.size() / 64 + 1) {
        file.copy(lines.front().bytes, file.size());
        status = model.load(lines.data(), file.size());
    }
    struct alignas(64) Line {
        char bytes[64];
    };
    std::vector<Line> lines;
    Model model;
    Status status;
};

}  // namespace

TEST_CASE("a model with its vocabulary") {
    const test::Folder folder;
    write(folder.file("labels"), "favourable\n");
    const auto result = convert({source, "-o", folder.file("m.rnl"), "--vocabulary", words, "--start-token", "1",
                                 "--unknown-token", "2", "--labels", folder.file("labels")});
    CHECK(result.err == "");
    CHECK(result.exit_code == 0);
    CHECK(contains(result.out, "Total params: 8,633"));
    CHECK(folder.entries() == 2);

    const Loaded loaded(contents(folder.file("m.rnl")));
    const Model& model = loaded.model;
    REQUIRE(loaded.status == Status::ok);
    CHECK(model.info().parameters == 8633);
    CHECK(model.info().words == 500);
    CHECK(model.info().start_token == 1);
    CHECK(model.info().unknown_token == 2);
    CHECK(std::string(model.label(0)) == "favourable");
    CHECK(std::string(model.info().source_name) == "imdb_gru.h5");
    CHECK(std::string(model.info().source_framework) == "keras 2.13.1");
    CHECK(std::string(model.info().source_sha256).size() == 64);
}

TEST_CASE("a byte order mark before the vocabulary and the labels is no part of them") {
    const test::Folder folder;
    const std::string mark = "\xEF\xBB\xBF";
    write(folder.file("labels"), mark + "favourable\n");
    write(folder.file("words"), mark + contents(words));
    for (const std::string& vocabulary : {words, folder.file("words")})
        CHECK(convert({source, "-o", folder.file("m.rnl"), "--vocabulary", vocabulary, "--labels",
                       folder.file("labels")}).exit_code == 0);
    const Loaded loaded(contents(folder.file("m.rnl")));
    REQUIRE(loaded.status == Status::ok);
    CHECK(loaded.model.info().words == 500);
    CHECK(loaded.model.word(0) == contents(words).substr(0, contents(words).find('\n')));
    CHECK(std::string(loaded.model.label(0)) == "favourable");
}

TEST_CASE("arguments and words of any length are quoted in part") {
    const test::Folder folder;
    const std::string value(100'000, 'v'), shown = std::string(80, 'v') + "...";
    for (const std::string option : {"--quantize", "--embedding", "--seed", "--spare-tokens", "--report", "--unknown"}) {
        const auto result = convert({source, "-o", folder.file("m.rnl"), option, value});
        CHECK(result.exit_code == 2);
        CHECK(result.err.size() < 500);
    }
    CHECK(contains(convert({source, "-o", folder.file("m.rnl"), "--quantize", value}).err, shown));
    write(folder.file("words"), std::string(4 << 20, 'w') + '\n');
    CHECK(convert({source, "-o", folder.file("m.rnl"), "--vocabulary", folder.file("words")}).exit_code == 0);
    const Loaded loaded(contents(folder.file("m.rnl")));
    REQUIRE(loaded.status == Status::ok);
    CHECK(std::string(loaded.model.word(0)).size() == 4 << 20);
    write(folder.file("many"), contents(words) + std::string(4 << 20, 'w'));
    const auto refused = convert({source, "-o", folder.file("m.rnl"), "--vocabulary", folder.file("many")});
    CHECK(refused.exit_code == 1);
    CHECK(refused.err.size() < 300);
}

TEST_CASE("spare tokens are copies of the unknown one, behind the vocabulary") {
    const test::Folder folder;
    const std::vector<std::string> usual{source,          "-o", folder.file("m.rnl"), "--vocabulary", words,
                                         "--start-token", "1",  "--unknown-token",    "2"};
    auto arguments = usual;
    arguments.insert(arguments.end(), {"--spare-tokens", "16"});
    const auto result = convert(arguments);
    CHECK(result.err == "");
    REQUIRE(result.exit_code == 0);
    const Loaded loaded(contents(folder.file("m.rnl")));
    REQUIRE(loaded.status == Status::ok);
    CHECK(loaded.model.info().inputs == 516);
    CHECK(loaded.model.info().words == 500);
    CHECK(loaded.model.info().parameters == 8633 + 16 * 16);
    std::vector<unsigned char> block(Session::bytes(loaded.model) + 63);
    void* at = block.data();
    std::size_t space = block.size();
    std::align(64, Session::bytes(loaded.model), at, space);
    Session* session;
    REQUIRE(Session::create(loaded.model, at, space, session) == Status::ok);
    const auto answer = [&](std::uint32_t token) {
        session->reset();
        for (const std::uint32_t t : {1u, 14u, token, 20u}) CHECK(session->step(t) == Status::ok);
        return session->output()[0];
    };
    CHECK(answer(500) == answer(2));
    CHECK(answer(515) == answer(2));
    CHECK(answer(499) != answer(2));

    write(folder.file("few"), "a\nb\n");
    CHECK(contains(convert({source, "-o", folder.file("x"), "--vocabulary", folder.file("few"), "--unknown-token", "1",
                            "--spare-tokens", "4"})
                       .err,
                   "fewer words than the model has tokens"));
    CHECK(convert({source, "-o", folder.file("x"), "--spare-tokens", "4"}).exit_code == 2);
}

TEST_CASE("a C array for firmware without files") {
    const test::Folder folder;
    REQUIRE(convert({source, "-o", folder.file("m.rnl")}).exit_code == 0);
    REQUIRE(convert({source, "-o", folder.file("model.h")}).exit_code == 0);
    const std::string program = "#include \"model.h\"\n#include <stdio.h>\n"
                                "int main(void) { fwrite(model, 1, model_size, stdout);\n"
                                "return (size_t)model % 64 != 0; }\n";
    const std::string expected = contents(folder.file("m.rnl"));
    for (const auto& pair : {std::pair("main.c", RUNNEL_C_COMPILER), {"main.cpp", RUNNEL_CXX_COMPILER}}) {
        const std::string name = pair.first, compiler = pair.second;
        CAPTURE(name);
        write(folder.file(name), program);
        const auto built = test::run_program({compiler, "-Wall", "-Wextra", "-Wpedantic", "-Werror", folder.file(name),
                                              "-o", folder.file("program")});
        CHECK(built.err == "");
        REQUIRE(built.exit_code == 0);
        const auto run = test::run_program({folder.file("program")});
        CHECK(run.exit_code == 0);
        CHECK((run.out == expected));
    }
}

TEST_CASE("names that do not fit the model") {
    const test::Folder folder;
    const auto fails = [&](std::vector<std::string> options, const std::string& reason) {
        options.insert(options.begin(), {source, "-o", folder.file("m.rnl")});
        const auto result = convert(options);
        CAPTURE(result.err);
        CHECK(result.exit_code == 1);
        CHECK(contains(result.err, reason));
        CHECK(!std::filesystem::exists(folder.file("m.rnl")));
    };
    write(folder.file("two"), "a\nb\n");
    write(folder.file("none"), "");
    write(folder.file("many"), contents(words) + "one more\n");
    fails({"--labels", folder.file("two")}, "has 2 lines, but the model has only 1 outputs");
    fails({"--labels", folder.file("none")}, "is empty");
    fails({"--labels", folder.file("missing")}, "there is no such file");
    fails({"--vocabulary", folder.file("many")}, "has 501 lines, but the model has only 500 tokens");
    fails({"--start-token", "500"}, "--start-token 500: the model's tokens are 0 to 499");
    fails({"--unknown-token", "4000000000"}, "--unknown-token 4000000000");
}

TEST_CASE("files that cannot be converted leave nothing behind") {
    const test::Folder folder;
    write(folder.file("in.h5"), "no HDF5");
    auto result = convert({folder.file("in.h5"), "-o", folder.file("m.rnl")});
    CHECK(result.exit_code == 1);
    CHECK(result.err == "runnel-convert: " + folder.file("in.h5") +
                            ": is no model file of a kind that can be read (Keras' .h5, .hdf5 and .keras)\n");
    CHECK(result.out == "");
    CHECK(folder.entries() == 1);
    result = convert({folder.file("none.h5"), "-o", folder.file("m.rnl")});
    CHECK(result.exit_code == 1);
    CHECK(contains(result.err, "none.h5: there is no such file"));
    result = convert({source, "-o", "/dev/full"});
    CHECK(result.exit_code == 1);
    CHECK(contains(result.err, "/dev/full: cannot be written: it exists and is not a regular file"));
}

TEST_CASE("the trained model is not replaced by what it is converted to") {
    const test::Folder folder;
    std::filesystem::copy_file(source, folder.file("in.h5"));
    std::filesystem::create_symlink("in.h5", folder.file("m.rnl"));
    for (const char* out : {"in.h5", "m.rnl"}) {
        const auto result = convert({folder.file("in.h5"), "-o", folder.file(out)});
        CHECK(result.exit_code == 1);
        CHECK(contains(result.err, std::string(out) + ": is what is to be converted"));
        CHECK(contents(folder.file("in.h5")) == contents(source));
    }
}

TEST_CASE("a disk without room leaves the old file as it was") {
    const test::Folder folder;
    write(folder.file("m.rnl"), "old");
    const std::string limited = "ulimit -f 8; exec " RUNNEL_CONVERT " " + source + " -o " + folder.file("m.rnl");
    const auto result = test::run_program({"/bin/sh", "-c", limited});
    CHECK(result.exit_code == 1);
    CHECK(contains(result.err, "m.rnl: cannot be written: File too large"));
    CHECK(contents(folder.file("m.rnl")) == "old");
    CHECK(folder.entries() == 1);
}

TEST_CASE("a new model from an architecture") {
    const test::Folder folder;
    write(folder.file("gru.json"),
          R"({"class_name": "Sequential", "keras_version": "2.13.1", "config": {"name": "fresh", "layers": [)"
          R"({"class_name": "Embedding", "config": {"name": "embedding", "input_dim": 50, "output_dim": 4}},)"
          R"({"class_name": "GRU", "config": {"name": "gru", "units": 3, "reset_after": true}},)"
          R"({"class_name": "Dense", "config": {"name": "dense", "units": 1, "activation": "sigmoid"}}]}})");
    const auto made = [&](const char* seed, const char* name) {
        const auto result = convert(
            {"--new", folder.file("gru.json"), "--seed", seed, "--quantize", "fixed8", "-o", folder.file(name)});
        CHECK(result.err == "");
        REQUIRE(result.exit_code == 0);
        CHECK(contains(result.out, "initialised with seed"));
        return contents(folder.file(name));
    };
    const std::string first = made("7", "a.rnl");
    const auto floats = convert({"--new", folder.file("gru.json"), "-o", folder.file("float.rnl")});
    CHECK(floats.exit_code == 0);
    CHECK(contains(floats.out, "runnel tune cannot train it: its weights are not fixed"));
    CHECK(first == made("7", "b.rnl"));
    CHECK(first != made("8", "c.rnl"));
    CHECK(convert({"--new", folder.file("gru.json"), source, "-o", folder.file("d.rnl")}).exit_code == 2);
    CHECK(convert({source, "--seed", "7", "-o", folder.file("d.rnl")}).exit_code == 2);
    const auto wrong = convert({"--new", source, "-o", folder.file("d.rnl")});
    CHECK(wrong.exit_code == 1);
    CHECK(contains(wrong.err, "imdb_gru.h5: the architecture is not JSON"));
    CHECK(!std::filesystem::exists(folder.file("d.rnl")));
}

TEST_CASE("a new model that cannot be trained, and the dropout that goes along for training, are named at once") {
    const test::Folder folder;
    const auto made = [&](const std::string& gru, const std::string& dense) {
        write(folder.file("new.json"),
              R"({"class_name": "Sequential", "keras_version": "2.13.1", "config": {"name": "fresh", "layers": [)"
              R"({"class_name": "Embedding", "config": {"name": "embedding", "input_dim": 50, "output_dim": 4}},)"
              R"({"class_name": "GRU", "config": {"name": "gru", "units": 3, "reset_after": true)" + gru + R"(}},)"
              R"({"class_name": "Dense", "config": {"name": "dense", "units": 1, "activation": ")" +
                  dense + R"("}}]}})");
        return convert({"--new", folder.file("new.json"), "--quantize", "fixed", "-o", folder.file("new.rnl")});
    };
    CHECK(contains(made(R"(, "return_sequences": true)", "sigmoid").out,
                   "runnel tune cannot train it: it answers at every step"));
    const auto dropped = made(R"(, "dropout": 0.25, "recurrent_dropout": 0.125)", "sigmoid");
    CHECK_FALSE(contains(dropped.out, "cannot train"));
    CHECK(contains(dropped.out, "    in training: dropout 0.25 of the inputs, 0.125 of the state\n"));
    CHECK_FALSE(contains(made("", "sigmoid").out, "dropout"));
}

TEST_CASE("weights beside an architecture") {
    const test::Folder folder;
    const std::string weights = test::golden("keras/weights_keras3.weights.h5");
    const std::string architecture = test::golden("keras/weights_keras3.json");
    const auto result = convert({weights, "--architecture", architecture, "-o", folder.file("m.rnl")});
    CHECK(result.err == "");
    CHECK(result.exit_code == 0);
    const Loaded loaded(contents(folder.file("m.rnl")));
    REQUIRE(loaded.status == Status::ok);
    CHECK(loaded.model.info().outputs == 2);
    CHECK(convert({"--new", architecture, "--architecture", architecture, "-o", folder.file("x")}).exit_code == 2);
    CHECK(convert({"--architecture", architecture, "-o", folder.file("x")}).exit_code == 2);
}

TEST_CASE("wrong usage, help and version") {
    CHECK(contains(convert({source, "--ouput", "x.rnl"}).err,
                   "runnel-convert: \"--ouput\" is none of its options; did you mean --output?"));
    CHECK(convert({}).exit_code == 2);
    CHECK(convert({source}).exit_code == 2);
    CHECK(convert({source, "-o", "x.rnl", "--what"}).exit_code == 2);
    CHECK(convert({source, "-o", "x.rnl", "--start-token", "-3"}).exit_code == 2);
    const auto help = convert({"--help"});
    CHECK(help.exit_code == 0);
    CHECK(contains(help.out, "--vocabulary"));
    CHECK(convert({"--version"}).exit_code == 0);
}
