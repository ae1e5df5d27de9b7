#include "report/comparison.hpp"

#include <cmath>

#include "common/targets.hpp"
#include "error.hpp"
#include "quantize/chain.hpp"
#include "quantize/quantize.hpp"
#include "quantize/ranges_text.hpp"
#include "report/step_time.hpp"

namespace runnel::converter {
namespace {

/// Two models side by side over the same input.
struct Pair {
    Chain before, after;

    Pair(const StoredGraph& original, const StoredGraph& converted, std::size_t layers)
        : before(original, layers), after(converted, layers) {}

    /// f(sequence, step, both outputs)
    template <class F> void for_each_output(const npy::File& input, F f) {
        for_each_step(input, before, after, [&](std::size_t n, std::size_t t) {
            f(n, t, before.session().output(), after.session().output());
        });
    }
};

/// Loss and accuracy of both models, where there are targets.
class Scores {
public:
    Scores(Comparison& comparison, const npy::File& targets, const Sequences& sequences, const Chain& chain,
           bool every_step)
        : comparison_(comparison),
          loss_(usual_loss(chain.model().info().outputs, last_activation(chain))),
          before_(loss_),
          after_(loss_),
          targets_(targets.array(), targets.path(), loss_,
                   every_step ? std::vector{sequences.count(), sequences.steps()} : std::vector{sequences.count()},
                   chain.model().info().outputs) {}

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
    static const char* last_activation(const Chain& chain) {
        return chain.model().layer(chain.model().info().layers - 1).activation;
    }

    Comparison& comparison_;
    Loss loss_;
    Score before_, after_;
    Targets targets_;
};

/// What only the whole models show.
void compare_outputs(Comparison& comparison, Pair& whole, const npy::File& input, const npy::File* targets,
                     bool every_step) {
    const Sequences sequences(input.array(), input.path(), whole.before.model().info());
    comparison.sequences = sequences.count(), comparison.steps = sequences.steps();
    comparison.by_step.resize(sequences.steps());
    std::optional<Scores> scores;
    if (targets) scores.emplace(comparison, *targets, sequences, whole.before, every_step);
    Difference all;
    whole.for_each_output(input, [&](std::size_t n, std::size_t t, auto before, auto after) {
        comparison.by_step[t].add(before, after, t);
        all.add(before, after, n * sequences.steps() + t);
        if (!scores) return;
        if (every_step) scores->add(n * sequences.steps() + t, before, after);
        else if (t + 1 == sequences.steps()) scores->add(n, before, after);
    });
    if (scores) scores->finish();
    comparison.saturations = whole.after.session().saturations();
    comparison.layers.back().output = all;
    comparison.traced_sequence = all.worst_step() / sequences.steps();
}

/// Both outputs over the sequence with the largest difference.
void trace(Comparison& comparison, Pair& whole, const npy::File& input) {
    Sequences sequences(input.array(), input.path(), whole.before.model().info());
    std::vector<float> before, after;
    const std::size_t outputs = whole.before.model().info().outputs;
    double largest = -1;
    whole.before.session().reset(), whole.after.session().reset();
    for (std::size_t t = 0; t < sequences.steps(); ++t) {
        for (Chain* chain : {&whole.before, &whole.after}) {
            sequences.step(chain->session(), comparison.traced_sequence, t);
            const auto output = chain->session().output();
            auto& values = chain == &whole.before ? before : after;
            values.insert(values.end(), output.begin(), output.end());
        }
        for (std::size_t i = before.size() - outputs; i < before.size(); ++i)
            if (const double error = std::fabs(double(before[i]) - after[i]); error > largest)
                largest = error, comparison.traced = i % outputs;
    }
    for (std::size_t i = comparison.traced; i < before.size(); i += outputs) {
        comparison.trace_before.push_back(before[i]);
        comparison.trace_after.push_back(after[i]);
    }
}

}  // namespace

Comparison compare(const StoredGraph& original, const StoredGraph& converted, const npy::File& input,
                   const npy::File* targets) {
    Comparison comparison;
    const std::size_t count = original.graph.layers.size();
    Pair whole(original, converted, count);
    for (std::size_t i = 0; i < count; ++i) {
        const LayerInfo before = whole.before.model().layer(std::uint32_t(i)),
                        after = whole.after.model().layer(std::uint32_t(i));
        comparison.layers.push_back({after.name, std::string(after.kind) + (after.projected ? ", projected" : ""),
                                     after.format, ranges_text(converted.numbers[i]), before.weight_bytes,
                                     after.weight_bytes, std::nullopt});
        if (i + 1 == count || !Chain::can_end_at(converted, i + 1)) continue;
        Difference difference;
        Pair part(original, converted, i + 1);
        std::size_t step = 0;
        part.for_each_output(input, [&](std::size_t, std::size_t, auto a, auto b) { difference.add(a, b, step++); });
        comparison.layers.back().output = difference;
    }
    compare_outputs(comparison, whole, input, targets, original.graph.returns_sequence);
    trace(comparison, whole, input);
    comparison.isa = whole.before.model().info().isa;
    comparison.before.file_bytes = whole.before.file_bytes();
    comparison.after.file_bytes = whole.after.file_bytes();
    std::tie(comparison.before.ns_per_step, comparison.after.ns_per_step) =
        step_times(whole.before, whole.after, input);
    return comparison;
}

}  // namespace runnel::converter
