#include "report/comparison.hpp"

#include <cmath>

#include "common/targets.hpp"
#include "error.hpp"
#include "quantize/quantize.hpp"
#include "report/ranges_text.hpp"
#include "report/step_time.hpp"
#include "run/running_model.hpp"

namespace runnel::converter {
namespace {

/// Loss and accuracy of both models, where there are targets.
class Scores {
public:
    Scores(Comparison& comparison, const npy::File& targets, const Sequences& sequences, const Model& model,
           bool every_step)
        : comparison_(comparison),
          loss_(usual_loss(model.info().outputs, model.layer(model.info().layers - 1).activation)),
          before_(loss_),
          after_(loss_),
          targets_(targets.array(), targets.path(), loss_,
                   every_step ? std::vector{sequences.count(), sequences.steps()} : std::vector{sequences.count()},
                   model.info().outputs) {}

    void add(std::size_t index, std::span<const float> before, std::span<const float> after) {
        targets_.add_to(before_, index, before);
        targets_.add_to(after_, index, after);
    }

    void finish() const {
        comparison_.loss = loss_name(loss_);
        comparison_.before.loss = before_.loss(), comparison_.before.accuracy = before_.accuracy();
        comparison_.after.loss = after_.loss(), comparison_.after.accuracy = after_.accuracy();
    }

private:
    Comparison& comparison_;
    Loss loss_;
    Score before_, after_;
    Targets targets_;
};

/// Runs both over the whole input, once.
void compare_outputs(Comparison& comparison, RunningModel& before, RunningModel& after, const npy::File& input,
                     const npy::File* targets, bool every_step) {
    const Sequences sequences(input.array(), input.path(), before.model().info());
    comparison.sequences = sequences.count(), comparison.steps = sequences.steps();
    comparison.by_step.resize(sequences.steps());
    std::optional<Scores> scores;
    if (targets) scores.emplace(comparison, *targets, sequences, before.model(), every_step);
    for_each_step(input, before, after, [&](std::size_t n, std::size_t t) {
        const std::size_t step = n * sequences.steps() + t;
        for (std::size_t i = 0; i < comparison.layers.size(); ++i)
            if (auto& difference = comparison.layers[i].output)
                difference->add(before.output(i), after.output(i), step);
        comparison.by_step[t].add(before.output(), after.output(), t);
        if (!scores) return;
        if (every_step) scores->add(step, before.output(), after.output());
        else if (t + 1 == sequences.steps()) scores->add(n, before.output(), after.output());
    });
    if (scores) scores->finish();
    comparison.saturations = after.session().saturations();
    comparison.traced_sequence = comparison.output().worst_step() / sequences.steps();
}

/// Both outputs over the sequence with the largest difference.
void trace(Comparison& comparison, RunningModel& before, RunningModel& after, const npy::File& input) {
    Sequences sequences(input.array(), input.path(), before.model().info());
    std::vector<float> original, converted;
    const std::size_t outputs = before.model().info().outputs;
    double largest = -1;
    before.reset(), after.reset();
    for (std::size_t t = 0; t < sequences.steps(); ++t) {
        for (const auto& [model, values] : {std::pair(&before, &original), {&after, &converted}}) {
            sequences.step(*model, comparison.traced_sequence, t);
            values->insert(values->end(), model->output().begin(), model->output().end());
        }
        for (std::size_t i = original.size() - outputs; i < original.size(); ++i)
            if (const double error = std::fabs(double(original[i]) - converted[i]); error > largest)
                largest = error, comparison.traced = i % outputs;
    }
    for (std::size_t i = comparison.traced; i < original.size(); i += outputs) {
        comparison.trace_before.push_back(original[i]);
        comparison.trace_after.push_back(converted[i]);
    }
}

}  // namespace

Comparison compare(const StoredGraph& original, const StoredGraph& converted, const npy::File& input,
                   const npy::File* targets) {
    Comparison comparison;
    RunningModel before(original), after(converted);
    for (std::size_t i = 0; i < original.graph.layers.size(); ++i) {
        const LayerInfo a = before.model().layer(std::uint32_t(i)), b = after.model().layer(std::uint32_t(i));
        comparison.layers.push_back({b.name, std::string(b.kind) + (b.projected ? ", projected" : ""), b.format,
                                     ranges_text(converted.numbers[i]), a.weight_bytes, b.weight_bytes, std::nullopt});
        if (has_output(converted, i)) comparison.layers.back().output.emplace();
    }
    compare_outputs(comparison, before, after, input, targets, original.graph.returns_sequence);
    trace(comparison, before, after, input);
    comparison.isa = before.model().info().isa;
    comparison.before.file_bytes = before.file_bytes();
    comparison.after.file_bytes = after.file_bytes();
    std::tie(comparison.before.ns_per_step, comparison.after.ns_per_step) =
        step_times(before.session(), after.session(), before.model().info(), input);
    return comparison;
}

}  // namespace runnel::converter
