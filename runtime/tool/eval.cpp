/// runnel eval: loss and accuracy of a model on sequences with known answers.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
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

/// Least and largest of some values, and by how much they vary.
class Spread {
public:
    void add(double value) {
        least_ = std::min(least_, value);
        largest_ = std::max(largest_, value);
        sum_ += value, squares_ += value * value, ++count_;
    }
    double least() const { return least_; }
    double largest() const { return largest_; }
    double deviation() const {
        const double mean = sum_ / count_;
        return std::sqrt(std::max(0.0, squares_ / count_ - mean * mean));
    }

private:
    double least_ = INFINITY, largest_ = -INFINITY, sum_ = 0, squares_ = 0, count_ = 0;
};

struct EvalOptions : CommonOptions {
    std::string inputs, targets, patch;
    std::optional<Loss> loss;
    bool compare_window = false;
};

/// Scores the sequences. `resets`: each starts from zero state; else the state of those before is carried on.
/// `answered`: called with each answer.
template <class Answered>
Score evaluate(LoadedModel& loaded, Sequences& sequences, Targets& targets, Loss loss, bool resets,
               Answered answered) {
    Score score(loss);
    Session& session = loaded.session();
    const bool every_step = loaded.info().returns_sequence;
    Progress progress("evaluating", sequences.count() * sequences.steps());
    const auto add = [&](std::size_t index) {
        targets.add_to(score, index, session.output());
        answered(session.output());
    };
    session.reset();
    for (std::size_t sequence = 0; sequence < sequences.count(); ++sequence) {
        if (resets) session.reset();
        for (std::size_t step = 0; step < sequences.steps(); ++step) {
            sequences.step(session, sequence, step);
            if (every_step) add(sequence * sequences.steps() + step);
            progress.advance();
        }
        if (!every_step) add(sequence);
    }
    return score;
}

/// The same sequences with the state carried on from each to the next, beside each from zero state.
struct Carried {
    Score score;
    Spread windows = {}, carried = {};  ///< of the answers
    double difference = 0;              ///< root mean square
    double largest = 0;
};

Carried compare(LoadedModel& loaded, Sequences& sequences, Targets& targets, Loss loss,
                const std::vector<float>& windows) {
    Carried result{.score = Score(loss)};
    double squares = 0;
    std::size_t next = 0;
    for (const float value : windows) result.windows.add(value);
    result.score = evaluate(loaded, sequences, targets, loss, false, [&](std::span<const float> answer) {
        for (const float value : answer) {
            const double by = double(value) - double(windows[next++]);
            result.carried.add(value);
            squares += by * by;
            result.largest = std::max(result.largest, std::fabs(by));
        }
    });
    result.difference = std::sqrt(squares / static_cast<double>(windows.size()));
    return result;
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
    if (score.accuracy()) std::cout << "accuracy  " << decimals(*score.accuracy(), 4) << '\n';
    std::cout << grouped(score.answers()) << " answers in " << decimals(seconds, 2) << " s (" << isa << ")\n";
}

void print(const Carried& c, std::size_t steps) {
    const auto range = [](const Spread& s) {
        return "answers " + significant(s.least(), 4) + " to " + significant(s.largest(), 4);
    };
    std::cout << "from zero state at each window of " << steps << ": " << range(c.windows) << '\n'
              << "carried on from each to the next: " << range(c.carried) << ", loss "
              << significant(c.score.loss(), 4);
    if (c.score.accuracy()) std::cout << ", accuracy " << decimals(*c.score.accuracy(), 4);
    std::cout << "\nthey differ by " << significant(c.difference, 3) << " (root mean square), at most "
              << significant(c.largest, 3) << "; the windows' answers themselves spread by "
              << significant(c.windows.deviation(), 3) << " (standard deviation)\n";
}

nlohmann::ordered_json as_json(const Carried& c) {
    nlohmann::ordered_json json{{"loss", c.score.loss()}};
    if (c.score.accuracy()) json["accuracy"] = *c.score.accuracy();
    json["answers"] = {c.carried.least(), c.carried.largest()};
    json["window_answers"] = {c.windows.least(), c.windows.largest()};
    json["window_deviation"] = c.windows.deviation();
    json["rms_difference"] = c.difference;
    json["largest_difference"] = c.largest;
    return json;
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
    std::vector<float> windows;
    const Score score = evaluate(loaded, sequences, targets, loss, true, [&](std::span<const float> answer) {
        if (options.compare_window) windows.insert(windows.end(), answer.begin(), answer.end());
    });
    const double seconds = nanoseconds(Clock::now() - start) / 1e9;
    const std::uint64_t saturations = loaded.session().saturations(), steps = sequences.count() * sequences.steps();
    std::optional<Carried> carried;
    if (options.compare_window) carried = compare(loaded, sequences, targets, loss, windows);
    if (!options.json) {
        print(score, loss, options.loss.has_value(), activation, info.isa, seconds);
        if (has_ranges(loaded))
            std::cout << "saturated " << grouped(saturations) << "  (numbers, in " << grouped(steps)
                      << " steps" << (saturations ? ": " + saturated_layers(loaded) : "")
                      << "; runnel info shows the ranges)\n";
        if (carried) print(*carried, sequences.steps());
        return;
    }
    nlohmann::ordered_json json{{"isa", info.isa}, {"loss_function", loss_name(loss)}, {"loss", score.loss()}};
    if (score.accuracy()) json["accuracy"] = *score.accuracy();
    json["answers"] = score.answers();
    json["steps"] = steps;
    json["saturations"] = saturations;
    if (carried) json["carried"] = as_json(*carried);
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
    command
        ->add_option("--inputs,--input", options->inputs,
                     "Tokens [N,T] or features [N,T,F]; each sequence from zero state")
        ->type_name("x.npy")
        ->required();
    command->add_option("--targets", options->targets, "[N,out]; [N] for one output, or of classes for categorical; "
                                                       "[N,T,out] or [N,T] if the model answers at every step")
        ->type_name("y.npy")
        ->required();
    add_named_option(*command, "--loss", options->loss, loss_named,
                     "bce, categorical, mse or mae, or Keras' long names of them; the model's usual one if not given");
    command->add_flag("--compare-window", options->compare_window,
                      "Measure also what a live stream without --window answers: the state is carried on from each "
                      "sequence to the next");
    command->callback([options] { eval(*options); });
}

}  // namespace runnel
