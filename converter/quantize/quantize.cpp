#include "quantize/quantize.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "common/text.hpp"
#include "error.hpp"
#include "quantize/bounds.hpp"
#include "quantize/embedding.hpp"
#include "quantize/fixed.hpp"
#include "quantize/matrices.hpp"
#include "quantize/project.hpp"
#include "quantize/refine.hpp"
#include "quantize/rows.hpp"
#include "write/half.hpp"
#include "write/pack.hpp"

namespace runnel::converter {
namespace {

using schema::Format;

/// The largest magnitude that codes hold, and how it is known; 0: dynamic.
struct Range {
    double largest = 0;
    Origin origin = Origin::dynamic;
};

constexpr std::size_t group_width = 32;  ///< of int4

[[noreturn]] void refuse(const Layer& layer, const std::string& why) {
    throw Error("layer '" + excerpt(layer.name) + "': " + why);
}

/// Gives the layers their numbers, from the input on.
class Quantizer {
public:
    Quantizer(const Formats& formats, const Calibration* calibration, const RangeRules& rules)
        : formats_(formats), calibration_(calibration), rules_(rules) {}

    StoredGraph run(Graph graph) {
        StoredGraph stored = in_float(std::move(graph));
        ranges_.assign(stored.graph.layers.size() + 1, {});
        if (calibration_) ranges_[0] = calibrated(calibration_->features, 0);
        for (std::size_t i = 0; i < stored.graph.layers.size(); ++i) {
            sources_ = sources_of(stored.graph, i);
            range_ = ranges_[sources_[0]];
            layer_ = &stored.graph.layers[i];
            calibrated_range_ = calibration_ ? calibrated(calibration_->outputs[i], i + 1) : Range();
            const auto* moments = calibration_ ? &calibration_->input_moments[i] : nullptr;
            moments_ = moments && *moments ? &**moments : nullptr;
            try {
                std::visit([&](auto& kind) { number(kind, stored.numbers[i]); }, stored.graph.layers[i].kind);
            } catch (const Error&) {
                throw;
            } catch (const std::exception& error) {
                refuse(*layer_, error.what());
            }
            ranges_[i + 1] = range_;
        }
        return stored;
    }

private:
    void number(const Embedding& e, Numbers& numbers) {
        numbers.format = formats_.embedding.value_or(default_embedding());
        if (numbers.format == Format::int4 && e.table.columns % group_width != 0)
            refuse(*layer_, "--embedding int4 needs rows whose width is a multiple of 32; these have " +
                                std::to_string(e.table.columns) + (e.projected ? " (--no-project-embedding)" : ""));
        check_halves(numbers.format, e.table);
        code_table(e, numbers);
        const double largest = largest_value(e, numbers);
        range_ = largest < negligible ? Range() : Range{largest, Origin::bounded};
    }

    void number(const Masking&, Numbers&) {}  // what enters it leaves it

    void number(Recurrent& r, Numbers& numbers) {
        const auto known = bound(r);
        const Range state = known ? Range{*known, Origin::bounded} : calibrated_range_;
        numbers.format = formats_.matrices;
        check_halves(numbers.format, r.input);
        check_halves(numbers.format, r.recurrent);
        if (is_integer(numbers.format)) {
            if (r.input.columns > 0) set_input(numbers, range_);
            numbers.state_scale = scale_of(state);
            numbers.state_origin = state.origin;
            code_matrices(r, numbers);
            if (moments_) refine(r, numbers, *moments_);
        }
        range_ = state;
    }

    void number(Dense& d, Numbers& numbers) {
        numbers.format = formats_.matrices;
        check_halves(numbers.format, d.weights);
        if (is_integer(numbers.format)) {
            set_input(numbers, range_);
            code_matrix(d, numbers);
            if (moments_) refine(d, numbers, *moments_);
        }
        leave(d.activation);
    }

    void number(const Activate& a, Numbers&) { leave(a.activation); }

    void number(const Concatenate&, Numbers&) {
        join([](double a, double b) { return std::max(a, b); });
    }
    void number(const Combine& c, Numbers&) {
        switch (c.operation) {
        case schema::Operation::add:
        case schema::Operation::subtract:
            return join([](double a, double b) { return a + b; });
        case schema::Operation::multiply:
            return join([](double a, double b) { return a * b; });
        default:
            return join([](double a, double b) { return std::max(a, b); });
        }
    }
    void number(const Slice&, Numbers&) {}  // within the range of what it is taken from
    void number(const Window&, Numbers&) {}

    /// The range of several values together: from bounds where all have them, else from what was seen.
    template <class F> void join(F f) {
        double largest = ranges_[sources_[0]].largest;
        bool bounded = true;
        for (std::size_t k = 0; k < sources_.size(); ++k) {
            bounded &= ranges_[sources_[k]].origin == Origin::bounded;
            if (k > 0) largest = f(largest, ranges_[sources_[k]].largest);
        }
        range_ = bounded ? Range{largest, Origin::bounded} : calibrated_range_;
    }

    void leave(const Activation& activation) {
        const auto known = bound(activation.function);
        range_ = known ? Range{*known, Origin::bounded} : calibrated_range_;
    }

    void set_input(Numbers& numbers, const Range& range) const {
        numbers.input_scale = scale_of(range);
        numbers.input_origin = range.origin;
    }

    float scale_of(const Range& range) const {
        return static_cast<float>(range.largest / largest_code(formats_.matrices));
    }

    /// A place where nothing but zeros was seen stays dynamic. `place`: in the rules.
    Range calibrated(const Magnitudes& seen, std::size_t place) const {
        const Origin rule = rules_.empty() ? usual_rule(formats_.matrices) : rules_[place];
        if (rule == Origin::dynamic || seen.largest() < negligible) return {};
        const double room = formats_.matrices == Format::int8 ? 1 : 2;
        switch (rule) {
        case Origin::least_squares:
            return {seen.best_range(largest_code(formats_.matrices)), rule};
        case Origin::percentile:
            return {room * seen.percentile(0.999), rule};
        default:
            return {room * seen.largest(), rule};
        }
    }

    /// The smallest format that keeps the accuracy of these matrices.
    Format default_embedding() const { return formats_.matrices == Format::int8x16 ? Format::f16 : formats_.matrices; }

    void check_halves(Format format, const Matrix& matrix) const {
        if (format != Format::f16) return;
        for (const float value : matrix.values)
            if (std::fabs(value) > largest_half)
                refuse(*layer_, "f16 reaches to 65,504, but a weight is " + std::to_string(value));
    }

    const Formats& formats_;
    const Calibration* calibration_;
    const RangeRules& rules_;
    const Layer* layer_ = nullptr;
    const Moments* moments_ = nullptr;  ///< of the layer's inputs; null: not known
    std::vector<Range> ranges_;         ///< of all values so far
    std::vector<std::size_t> sources_;  ///< of the layer at hand
    Range range_;                       ///< of what enters it, and then of what leaves it
    Range calibrated_range_;            ///< of what was seen to leave it
};

bool allows_int4(const Graph& graph) {
    return std::get<Embedding>(graph.layers[0].kind).table.columns % group_width == 0;
}

}  // namespace

StoredGraph quantize(const Graph& graph, const Formats& formats, const Calibration* calibration,
                     const RangeRules& rules) {
    if (is_fixed(formats.matrices)) return quantize_fixed(graph, formats, calibration);
    if (formats.one_hot) throw Error("--one-hot goes with --quantize fixed or fixed8; other models take tokens anyway");
    const auto stored = [&](const Graph& g) { return Quantizer(formats, calibration, rules).run(g); };
    if (!can_project(graph)) {
        if (formats.project == true)
            throw Error("--project-embedding: the model does not begin with an embedding that a recurrent layer reads");
        if (formats.embedding && !std::holds_alternative<Embedding>(graph.layers[0].kind))
            throw Error(std::string("--embedding ") + format_name(*formats.embedding) + ": the model has no embedding");
        return stored(graph);
    }
    if (formats.project == false) return stored(graph);
    Graph with = project(graph);
    if (formats.project == true) return stored(with);
    if (formats.embedding == Format::int4 && !allows_int4(with)) return stored(graph);
    StoredGraph small = stored(graph), large = stored(with);
    const auto bytes = [](const StoredGraph& s) { return double(pack(s, {}).bytes().size()); };
    return bytes(large) <= projection_growth * bytes(small) ? std::move(large) : std::move(small);
}

const char* format_name(Format format) { return schema::EnumNameFormat(format); }

}  // namespace runnel::converter
