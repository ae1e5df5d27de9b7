// runnel-convert: from a trained network's file to a Runnel model.
#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>

#include "convert.hpp"
#include "write/pack.hpp"

int main(int argc, char** argv) {
    constexpr int failed = 1, wrong_usage = 2;
    runnel::converter::Options options;
    CLI::App app("Converts a trained recurrent network (Keras .h5, .hdf5 or .keras) to a Runnel model.", "runnel-convert");
    app.set_version_flag("--version", runnel::converter::version());
    app.add_option("IN", options.input, "the trained model")->required();
    app.add_option("-o,--output", options.output, "the Runnel model; one that ends in .h becomes a C array")
        ->required()
        ->type_name("OUT");
    app.add_option("--vocabulary", options.vocabulary, "text file with one word a line, the first one of token 0")
        ->type_name("FILE");
    app.add_option("--start-token", options.start_token, "token that opens every text")->type_name("ID");
    app.add_option("--unknown-token", options.unknown_token, "token of words beyond the vocabulary")->type_name("ID");
    app.add_option("--labels", options.labels, "text file with the name of one output a line")->type_name("FILE");
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
