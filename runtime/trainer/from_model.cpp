// A fixed model's file as a network to be trained.
#include "model/fixed_model.hpp"
#include "model/plan.hpp"
#include "runnel/fixed_model.hpp"

namespace runnel {
namespace {

using From = fixed::LayerDescription;

/// Of a layer that the trainer does not have: it refuses the network.
constexpr auto no_kind = training::Kind(UINT8_MAX);
/// Fraction bits of a layer whose numbers the trainer cannot hold, likewise.
constexpr std::int8_t no_bits = -1;

training::Kind kind_of(const From& l) {
    switch (l.kind) {
    case From::Kind::embedding:
        return training::Kind::embedding;
    case From::Kind::one_hot:
        return training::Kind::one_hot;
    case From::Kind::features:
        return training::Kind::features;
    case From::Kind::dense:
        return training::Kind::dense;
    case From::Kind::activate:
        return no_kind;
    case From::Kind::recurrent:
        break;
    }
    if (l.cell == Cell::gru_reset_before) return no_kind;
    return l.cell == Cell::lstm  ? training::Kind::lstm
           : l.cell == Cell::gru ? training::Kind::gru
                                 : training::Kind::simple_rnn;
}

training::Layer layer_of(const fixed::Description& network, const From& l) {
    using enum From::Kind;
    training::Layer layer = {.kind = kind_of(l), .units = l.units};
    if (l.kind == embedding || l.kind == one_hot) layer.tokens = l.inputs;
    if (l.kind == features || l.kind == recurrent) layer.state_bits = l.bits;
    if (l.kind == recurrent || l.kind == dense) layer.activation = static_cast<training::Function>(l.activation);
    if (l.kind == recurrent) layer.recurrent_activation = static_cast<training::Function>(l.gate_function);
    if (!network.has_trained_formats(l)) layer.state_bits = no_bits;
    return layer;
}

}  // namespace

bool is_fixed(const Model& model) noexcept { return plan_of(model).file && plan_of(model).fixed; }

FixedNetwork fixed_network(const Model& model) noexcept {
    if (!is_fixed(model)) return {};
    const schema::Model& file = *plan_of(model).file;
    const fixed::Description described = describe(file);
    FixedNetwork network = {{}, described.count, std::uint8_t(described.narrow ? 8 : 16)};
    for (std::uint32_t i = 0; i < described.count; ++i) network.layers[i] = layer_of(described, described.layers[i]);
    network.layers[0].mask_zero = plan_of(model).input.mask_zero || plan_of(model).input.has_mask_value;
    std::uint32_t next =
        described.count - file.layers()->size();  // an input that is no layer of the file has no dropout
    for (const schema::Layer* layer : *file.layers()) {
        training::Layer& l = network.layers[next++];
        l.dropout = layer->dropout();
        l.recurrent_dropout = layer->recurrent_dropout();
        l.dropout_each_step = layer->dropout_each_step();
    }
    return network;
}

training::Status load_parameters(const Model& model, training::Trainer& trainer) noexcept {
    if (!is_fixed(model)) return training::Status::not_fixed;
    const fixed::Description network = describe(*plan_of(model).file);
    training::Status status = training::Status::ok;
    std::uint32_t next = 0;
    fixed::for_each_tensor(
        network, [&](const fixed::TensorShape& shape, const void* numbers, const std::uint8_t* finer) {
            if (status != training::Status::ok) return;
            status = training::Status::wrong_tensor;
            if (next >= trainer.parameters()) return;
            const training::Parameter p = trainer.parameter(next);
            if (p.rows != shape.rows || p.columns != shape.columns || (p.weights == nullptr) != shape.holds_biases())
                return;
            const std::uint32_t index = next++;
            if (shape.holds_biases()) status = trainer.set_biases(index, static_cast<const std::int32_t*>(numbers));
            else if (network.narrow)
                status = trainer.set_weights(index, static_cast<const std::int8_t*>(numbers), shape.bits, finer);
            else status = trainer.set_weights(index, static_cast<const std::int16_t*>(numbers), shape.bits);
        });
    if (status == training::Status::ok && next != trainer.parameters()) return training::Status::wrong_tensor;
    return status;
}

}  // namespace runnel
