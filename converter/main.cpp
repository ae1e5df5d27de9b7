// runnel-convert: from a trained network's file to a Runnel model.
#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <map>

#include "common/command_line.hpp"
#include "convert.hpp"
#include "write/pack.hpp"

namespace {

using runnel::schema::Format;

void add_formats(CLI::App& app, runnel::converter::Options& options) {
    static const std::map<std::string, Format> of_matrices{
        {"f32", Format::f32},         {"f16", Format::f16},     {"int8", Format::int8},
        {"int8x16", Format::int8x16}, {"fixed", Format::fixed}, {"fixed8", Format::fixed8}};
    static const std::map<std::string, Format> of_rows{
        {"f32", Format::f32}, {"f16", Format::f16}, {"int8", Format::int8}, {"int4", Format::int4}};
    const auto add = [&](const char* name, const auto& formats, auto set, const char* text) {
        app.add_option_function<std::string>(
               name, [&formats, set](const std::string& f) { set(formats.at(f)); }, text)
            ->type_name("MODE")
            ->check(CLI::IsMember(formats).description(""));
    };
    add(
        "--quantize", of_matrices, [&](Format f) { options.formats.matrices = f; },
        "numbers of the weights: f32, f16, int8, int8x16 (int8 weights, int16 activations), or, of a network without "
        "any float that can learn on the device, fixed (int16 weights) or fixed8 (int8)");
    add(
        "--embedding", of_rows, [&](Format f) { options.formats.embedding = f; },
        "numbers of the embedding: f32, f16, int8, or int4");
    auto* project = app.add_flag_callback(
        "--project-embedding", [&] { options.formats.project = true; },
        "store the embedding's products with the next layer's weights in its place, so "
        "that a token costs a row fetch; the default where the file grows by at most 25%");
    app.add_flag_callback(
           "--no-project-embedding", [&] { options.formats.project = false; }, "never do so")
        ->excludes(project);
    app.add_flag("--one-hot", options.formats.one_hot,
                 "fixed and fixed8: the model's features are one-hot; it then takes tokens (so does one that is "
                 "calibrated with tokens)");
    app.add_option("--calibrate", options.calibrate,
                   "input of the model, from which the ranges of its numbers are taken")
        ->type_name("X.npy");
    const auto report = CLI::Validator(
        [](const std::string& path) {
            return path.ends_with(".html") || path.ends_with(".json") ? "" : "a report is an .html or a .json file";
        },
        "");
    auto* reports =
        app.add_option("--report", options.reports,
                       "write how the model differs from the original: a page (.html) or its numbers (.json)")
            ->type_name("FILE")
            ->check(report);
    reports->needs("--calibrate");
    app.add_option("--targets", options.targets, "the outputs expected for the calibration input")
        ->type_name("Y.npy")
        ->needs(reports);
}

/// The command line as a shell would read it; of long arguments the excerpts.
std::string command_line(int argc, const char* const* argv) {
    constexpr auto plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=./,:@%";
    std::string line = "runnel-convert";
    for (int i = 1; i < argc; ++i) {
        const std::string argument = runnel::excerpt(argv[i]);
        line += ' ';
        if (!argument.empty() && argument.find_first_not_of(plain) == std::string::npos) {
            line += argument;
            continue;
        }
        line += '\'';
        for (const char c : argument) line += c == '\'' ? std::string("'\\''") : std::string(1, c);
        line += '\'';
    }
    return line;
}

}  // namespace

int main(int argc, char** argv) {
    constexpr int failed = 1, wrong_usage = 2;
    runnel::converter::Options options;
    options.command = command_line(argc, argv);
    CLI::App app("Converts a trained recurrent network (Keras .h5, .hdf5 or .keras) to a Runnel model.",
                 "runnel-convert");
    app.failure_message([argc, argv](const CLI::App* program, const CLI::Error& error) {
        return runnel::usage_text(*program, error, argc, argv) + "\nRun with --help for more information.\n";
    });
    app.set_version_flag("--version", runnel::converter::version());
    auto* trained = app.add_option("IN", options.input, "the trained model");
    auto* fresh = app.add_option_function<std::string>(
        "--new",
        [&](const std::string& path) {
            options.input = path;
            options.fresh = true;
        },
        "in place of IN: an architecture, as Keras' model.to_json() gives it, whose weights are initialised as it "
        "says");
    fresh->type_name("FILE.json")->excludes(trained);
    app.add_option("--architecture", options.architecture,
                   "what Keras' model.to_json() gives, where IN holds weights alone (model.save_weights)")
        ->type_name("FILE.json")
        ->needs(trained)
        ->excludes(fresh);
    app.callback([&] {
        if (options.input.empty()) throw CLI::RequiredError("IN or --new");
    });
    app.add_option("--seed", options.seed, "of the new model's weights")->needs(fresh)->capture_default_str();
    app.add_option("-o,--output", options.output, "the Runnel model; one that ends in .h becomes a C array")
        ->required()
        ->type_name("OUT");
    auto* vocabulary = app.add_option("--vocabulary", options.vocabulary,
                                      "text file with one word per line, the first that of token 0")
                           ->type_name("FILE");
    app.add_option("--start-token", options.start_token, "token that opens every text")->type_name("ID");
    auto* unknown =
        app.add_option("--unknown-token", options.unknown_token, "token of words beyond the vocabulary")
            ->type_name("ID");
    app.add_option("--spare-tokens", options.spare_tokens,
                   "tokens for words that the model shall learn later (runnel tune); at first they mean what the "
                   "unknown token means")
        ->type_name("COUNT")
        ->check(CLI::Range(1u, 65536u).description(""))
        ->needs(vocabulary)
        ->needs(unknown);
    app.add_option("--labels", options.labels, "text file with the name of each output, one per line")
        ->type_name("FILE");
    add_formats(app, options);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : wrong_usage;
    }
    std::signal(SIGXFSZ, SIG_IGN);  // a file size limit is then an error of write(), which cleans up
    try {
        std::fputs(runnel::converter::convert(options).c_str(), stdout);
        return 0;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "runnel-convert: %s\n", error.what());
        return failed;
    }
}
