#include "fixed_model.hpp"

#include "plan.hpp"

namespace runnel {
namespace {

using fixed::LayerDescription;
using Kind = LayerDescription::Kind;

Function function(const schema::Activation& activation) { return Function(activation.function()); }

const std::uint8_t* finer(const auto& layer) { return layer.finer() ? layer.finer()->data() : nullptr; }

LayerDescription described(const schema::Embedding& e) {
    return {.kind = Kind::embedding,
            .weight_bits = e.weight_bits(),
            .inputs = e.tokens(),
            .units = e.width(),
            .weights = e.packed()->data(),
            .finer = finer(e)};
}

LayerDescription described(const schema::Recurrent& r) {
    return {.kind = Kind::recurrent,
            .cell = Cell(r.cell()),
            .activation = function(*r.activation()),
            .gate_function = function(*r.recurrent_activation()),
            .bits = r.state_bits(),
            .preactivation_bits = r.preactivation_bits(),
            .weight_bits = r.weight_bits(),
            .recurrent_bits = r.recurrent_bits(),
            .inputs = r.inputs(),
            .units = r.units(),
            .weights = r.packed()->data(),
            .finer = finer(r),
            .biases = r.biases()->data()};
}

LayerDescription described(const schema::Dense& d) {
    return {.kind = Kind::dense,
            .activation = function(*d.activation()),
            .preactivation_bits = d.preactivation_bits(),
            .weight_bits = d.weight_bits(),
            .inputs = d.inputs(),
            .units = d.units(),
            .weights = d.packed()->data(),
            .finer = finer(d),
            .biases = d.biases()->data()};
}

}  // namespace

fixed::Description describe(const schema::Model& file) noexcept {
    fixed::Description network;
    network.narrow = format_of(file) == schema::Format::fixed8;
    const auto append = [&](const LayerDescription& l) { network.layers[network.count++] = l; };
    const auto features = [&](std::uint32_t width, std::int8_t bits, Kind kind = Kind::features) {
        if (network.count == 0) append({.kind = kind, .bits = bits, .inputs = width, .units = width});
    };
    for (const schema::Layer* layer : *file.layers()) {
        if (const auto* e = layer->kind_as_Embedding()) append(described(*e));
        if (const auto* r = layer->kind_as_Recurrent()) {
            features(r->inputs(), r->input_bits(), r->one_hot() ? Kind::one_hot : Kind::features);
            append(described(*r));
        }
        if (const auto* d = layer->kind_as_Dense()) {
            features(d->inputs(), d->input_bits());
            append(described(*d));
        }
        if (const auto* a = layer->kind_as_Activate()) {
            features(a->width(), a->input_bits());
            append({.kind = Kind::activate,
                    .activation = function(*a->activation()),
                    .inputs = a->width(),
                    .units = a->width()});
        }
    }
    return network;
}

}  // namespace runnel
