/// The device program: looks into models, runs, evaluates and times them.
/// Exit codes: 0 all is well, 1 it failed, 2 wrong usage; ended by a signal after that signal.
#include <CLI/CLI.hpp>
#include <csignal>
#include <exception>
#include <iostream>

#include "command.hpp"
#include "common/command_line.hpp"
#include "progress.hpp"
#include "runnel/constants.h"
#include "usage_error.hpp"

namespace runnel {

void add_common(CLI::App& command, CommonOptions& options) {
    command.add_option("MODEL", options.model, "Model file (.rnl), made by runnel-convert")->required()->type_name("");
    command.add_option("--isa", options.isa, "Instruction set to use; the best that this CPU has if not given")
        ->envname("RUNNEL_ISA")
        ->type_name("NAME");
    command.add_flag("--json", options.json, "Print JSON");
}

void add_patch(CLI::App& command, std::string& patch) {
    command.add_option("--patch", patch, "What the model has learned since (runnel tune)")->type_name("FILE");
}

namespace {

int run(int argc, char** argv) {
    CLI::App program("Runs recurrent networks, one step at a time.", "runnel");
    program.set_version_flag("--version", std::string(RUNNEL_VERSION));
    program.require_subcommand(1);
    program.failure_message([argc, argv](const CLI::App* app, const CLI::Error& error) {
        return usage_text(*app, error, argc, argv) + "\nRun with --help for more information.\n";
    });
    add_info(program);
    add_run(program);
    add_eval(program);
    add_bench(program);
    add_tune(program);
    try {
        program.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        if (program.exit(error, std::cout, std::cerr) != 0) return 2;
    }
    if (!std::cout.flush()) throw std::runtime_error("standard output cannot be written");
    return 0;
}

}  // namespace
}  // namespace runnel

int main(int argc, char** argv) {
    std::ios::sync_with_stdio(false);
    std::signal(SIGXFSZ, SIG_IGN);  // a file size limit is then an error of write()
    try {
        return runnel::run(argc, argv);
    } catch (const runnel::Interrupted& interrupted) {
        std::signal(interrupted.signal, SIG_DFL);
        std::raise(interrupted.signal);
    } catch (const runnel::UsageError& error) {
        std::cerr << "runnel: " << error.what() << '\n';
        return 2;
    } catch (const std::bad_alloc&) {
        std::cerr << "runnel: not enough memory\n";
    } catch (const std::exception& error) {
        std::cerr << "runnel: " << error.what() << '\n';
    }
    return 1;
}
