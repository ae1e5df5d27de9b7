/// runnel eval: loss and accuracy of a model on sequences with known answers.
#include <CLI/CLI.hpp>
#include <iostream>
#include <nlohmann/json.hpp>

#include "command.hpp"
#include "common/losses.hpp"
#include "common/names.hpp"
#include "common/npy.hpp"
#include "common/sequences.hpp"
#include "common/targets.hpp"
#include "common/terminal.hpp"
#include "common/text.hpp"
#include "common/timing.hpp"
#include "model_file.hpp"
#include "named_option.hpp"
#include "progress.hpp"

namespace runnel {
namespace {

struct EvalOptions : CommonOptions {
    std::string inputs, targets, patch;
    std::optional<Loss> loss;
};

Score evaluate(LoadedModel& loaded, Sequences& sequences, Targets& targets, Loss loss) {
    Score score(loss);
    Session& session = loaded.session();
    const bool every_step = loaded.info().returns_sequence;
    Progress progress("evaluating", sequences.count() * sequences.steps());
    for (std::size_t sequence = 0; sequence < sequences.count(); ++sequence) {
        session.reset();
        for (std::size_t step = 0; step < sequences.steps(); ++step) {
            sequences.step(session, sequence, step);
            if (every_step) targets.add_to(score, sequence * sequences.steps() + step, session.output());
            progress.advance();
        }
        if (!every_step) targets.add_to(score, sequence, session.output());
    }
    return score;
}

/// Whether numbers of the model can leave their range.
bool has_ranges(const LoadedModel& loaded) {
    for (std::uint32_t i = 0; i < loaded.info().layers; ++i) {
        const LayerInfo layer = loaded.model().layer(i);
        if (layer.input_range > 0 || layer.state_range > 0) return true;
    }
    return false;
}

/// The layers in which numbers saturated: "lstm 3, dense 1".
std::string saturated_layers(LoadedModel& loaded) {
    std::vector<std::string> layers;
    for (std::uint32_t i = 0; i < loaded.info().layers; ++i)
        if (const std::uint64_t count = loaded.session().saturations(i))
            layers.push_back(printable(loaded.model().layer(i).name) + " " + grouped(count));
    return joined(layers, ", ", [](const std::string& layer) { return layer; });
}

nlohmann::ordered_json saturations_json(LoadedModel& loaded) {
    auto layers = nlohmann::ordered_json::array();
    for (std::uint32_t i = 0; i < loaded.info().layers; ++i)
        layers.push_back({{"name", loaded.model().layer(i).name}, {"saturations", loaded.session().saturations(i)}});
    return layers;
}

void print(const Score& score, Loss loss, bool chosen, std::string_view activation, const char* isa, double seconds) {
    std::cout << "loss      " << significant(score.loss(), 4) << "  (" << loss_name(loss);
    if (!chosen) std::cout << ", as usual for " << (*activation.data() ? activation : "such") << " answers; see --loss";
    std::cout << ")\n";
    if (score.accuracy()) std::cout << "accuracy  " << fixed(*score.accuracy(), 4) << '\n';
    std::cout << grouped(score.answers()) << " answers in " << fixed(seconds, 2) << " s (" << isa << ")\n";
}

void eval(const EvalOptions& options) {
    LoadedModel loaded(options.model, options.isa, options.patch);
    const ModelInfo& info = loaded.info();
    const npy::File inputs(options.inputs), targets_file(options.targets);
    const std::string activation = loaded.last_layer().activation;
    const Loss loss = options.loss.value_or(usual_loss(info.outputs, activation));
    if (loss == Loss::categorical && info.outputs == 1)
        throw std::runtime_error(loaded.path() + ": it has one output, and the loss categorical is of several; "
                                                 "use --loss bce");
    Sequences sequences(inputs.array(), options.inputs, info);
    if (sequences.count() == 0) throw std::runtime_error(options.inputs + ": it has no sequences");
    std::vector<std::size_t> answers{sequences.count()};
    if (info.returns_sequence) answers.push_back(sequences.steps());
    Targets targets(targets_file.array(), options.targets, loss, answers, info.outputs);

    const auto start = Clock::now();
    const Score score = evaluate(loaded, sequences, targets, loss);
    const double seconds = nanoseconds(Clock::now() - start) / 1e9;
    const std::uint64_t saturations = loaded.session().saturations(), steps = sequences.count() * sequences.steps();
    if (!options.json) {
        print(score, loss, options.loss.has_value(), activation, info.isa, seconds);
        if (has_ranges(loaded))
            std::cout << "saturated " << grouped(saturations) << "  (numbers, in " << grouped(steps)
                      << " steps" << (saturations ? ": " + saturated_layers(loaded) : "")
                      << "; runnel info shows the ranges)\n";
        return;
    }
    nlohmann::ordered_json json{{"isa", info.isa}, {"loss_function", loss_name(loss)}, {"loss", score.loss()}};
    if (score.accuracy()) json["accuracy"] = *score.accuracy();
    json["answers"] = score.answers();
    json["steps"] = steps;
    json["saturations"] = saturations;
    json["layers"] = saturations_json(loaded);
    json["seconds"] = seconds;
    std::cout << json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) << '\n';
}

}  // namespace

void add_eval(CLI::App& program) {
    CLI::App* command = program.add_subcommand("eval", "Measure a model's loss and accuracy");
    auto options = std::make_shared<EvalOptions>();
    add_common(*command, *options);
    add_patch(*command, options->patch);
    command->add_option("--inputs", options->inputs, "Tokens [N,T] or features [N,T,F]; each sequence from zero state")
        ->type_name("x.npy")
        ->required();
    command->add_option("--targets", options->targets, "[N,out], or [N,T,out] if the model answers at every step; "
                                                       "categorical also classes [N] or [N,T]")
        ->type_name("y.npy")
        ->required();
    add_named_option(*command, "--loss", options->loss, loss_named,
                     "bce, categorical, mse or mae, or Keras' long names of them; the model's usual one if not given");
    command->callback([options] { eval(*options); });
}

}  // namespace runnel
