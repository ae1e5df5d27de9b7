/// What the subcommands share.
#pragma once
#include <string>

namespace CLI {
class App;
}

namespace runnel {

/// Each adds its subcommand to the program.
void add_info(CLI::App& program);
void add_run(CLI::App& program);
void add_eval(CLI::App& program);
void add_bench(CLI::App& program);
void add_tune(CLI::App& program);

/// The arguments that every subcommand has.
struct CommonOptions {
    std::string model;
    std::string isa;
    bool json = false;
};
void add_common(CLI::App& command, CommonOptions& options);
/// --patch, of the commands that run a model.
void add_patch(CLI::App& command, std::string& patch);

}  // namespace runnel
