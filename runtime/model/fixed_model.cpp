#include "fixed_model.hpp"

#include "plan.hpp"

namespace runnel {
namespace {

constexpr training::Kind cell_kinds[] = {training::Kind::simple_rnn, training::Kind::gru, training::Kind::gru,
                                         training::Kind::lstm};

training::Function training_function(const schema::Activation& activation) {
    training::Function function = training::Function::linear;
    static_cast<void>(to_training(activation.function(), function));  // verified when the model was loaded
    return function;
}

/// Sets the tensors of a trainer one after another.
class Loader {
public:
    Loader(training::Trainer& trainer, bool narrow) : trainer_(trainer), narrow_(narrow) {}

    /// `packed`: where the tensor's numbers begin, which is moved behind them.
    void weights(const std::uint8_t*& packed, std::uint64_t count, int bits) {
        if (!expects(count, true)) return;
        status = narrow_ ? trainer_.set_weights(next_, reinterpret_cast<const std::int8_t*>(packed), bits)
                         : trainer_.set_weights(next_, reinterpret_cast<const std::int16_t*>(packed), bits);
        packed += count * (narrow_ ? 1 : 2);
        ++next_;
    }
    void biases(const std::int32_t*& values, std::uint64_t count) {
        if (!expects(count, false)) return;
        status = trainer_.set_biases(next_++, values);
        values += count;
    }
    bool complete() const { return next_ == trainer_.parameters(); }

    training::Status status = training::Status::ok;

private:
    bool expects(std::uint64_t count, bool weights) {
        if (status != training::Status::ok) return false;
        status = training::Status::wrong_tensor;
        if (next_ >= trainer_.parameters()) return false;
        const training::Parameter p = trainer_.parameter(next_);
        return std::uint64_t(p.rows) * p.columns == count && (p.weights != nullptr) == weights;
    }

    training::Trainer& trainer_;
    bool narrow_;
    std::uint32_t next_ = 0;
};

void load_recurrent(Loader& loader, const schema::Recurrent& r) {
    const std::uint64_t rows = std::uint64_t(gate_count(r.cell())) * r.units();
    const std::uint8_t* packed = r.packed()->data();
    const std::int32_t* biases = r.biases()->data();
    loader.weights(packed, rows * r.inputs(), r.weight_bits());
    loader.weights(packed, rows * r.units(), r.recurrent_bits());
    loader.biases(biases, rows);
    if (r.cell() == schema::Cell::gru) loader.biases(biases, rows);
}

}  // namespace

bool to_training(schema::Function function, training::Function& to) noexcept {
    using From = schema::Function;
    using To = training::Function;
    switch (function) {
    case From::linear: to = To::linear; return true;
    case From::tanh: to = To::tanh; return true;
    case From::sigmoid: to = To::sigmoid; return true;
    case From::relu: to = To::relu; return true;
    case From::hard_sigmoid: to = To::hard_sigmoid; return true;
    case From::softmax: to = To::softmax; return true;
    default: return false;
    }
}

bool is_fixed(const Model& model) noexcept { return plan_of(model).file && plan_of(model).fixed; }

FixedNetwork fixed_network(const Model& model) noexcept {
    return is_fixed(model) ? fixed_network(*plan_of(model).file) : FixedNetwork{};
}

training::Status load_parameters(const Model& model, training::Trainer& trainer) noexcept {
    if (!is_fixed(model)) return training::Status::not_fixed;
    return load_parameters(*plan_of(model).file, trainer);
}

FixedNetwork fixed_network(const schema::Model& file) noexcept {
    const schema::Layer& first = *file.layers()->Get(0);
    FixedNetwork network = {{}, 0, std::uint8_t(format_of(first) == schema::Format::fixed8 ? 8 : 16)};
    const auto append = [&](training::Layer l) { network.layers[network.layer_count++] = l; };
    for (const schema::Layer* layer : *file.layers()) {
        if (const auto* e = layer->kind_as_Embedding()) {
            append(training::embedding(e->tokens(), e->width(), e->mask_zero()));
        } else if (const auto* r = layer->kind_as_Recurrent()) {
            if (network.layer_count == 0)
                append(r->one_hot() ? training::one_hot(r->inputs())
                                    : training::features(r->inputs(), r->input_bits()));
            append({.kind = cell_kinds[int(r->cell())],
                    .units = r->units(),
                    .activation = training_function(*r->activation()),
                    .recurrent_activation = training_function(*r->recurrent_activation()),
                    .state_bits = r->state_bits()});
        } else if (const auto* d = layer->kind_as_Dense()) {
            append(training::dense(d->units(), training_function(*d->activation())));
        }
        training::Layer& last = network.layers[network.layer_count - 1];
        last.dropout = layer->dropout();
        last.recurrent_dropout = layer->recurrent_dropout();
        last.dropout_each_step = layer->dropout_each_step();
    }
    return network;
}

training::Status load_parameters(const schema::Model& file, training::Trainer& trainer) noexcept {
    Loader loader(trainer, format_of(*file.layers()->Get(0)) == schema::Format::fixed8);
    for (const schema::Layer* layer : *file.layers()) {
        if (const auto* e = layer->kind_as_Embedding()) {
            const std::uint8_t* packed = e->packed()->data();
            loader.weights(packed, std::uint64_t(e->tokens()) * e->width(), e->weight_bits());
        } else if (const auto* r = layer->kind_as_Recurrent()) {
            load_recurrent(loader, *r);
        } else if (const auto* d = layer->kind_as_Dense()) {
            const std::uint8_t* packed = d->packed()->data();
            const std::int32_t* biases = d->biases()->data();
            loader.weights(packed, std::uint64_t(d->units()) * d->inputs(), d->weight_bits());
            loader.biases(biases, d->units());
        }
    }
    if (loader.status == training::Status::ok && !loader.complete()) return training::Status::wrong_tensor;
    return loader.status;
}

}  // namespace runnel
