#include "base/limits.hpp"
#include "plan.hpp"

namespace runnel::training {
namespace {

static_assert((RUNNEL_MAX_LAYERS + 1) * 4 < 256);  // tensors, at most 4 a layer, are counted in 8 bits
static_assert(int(Function::hard_sigmoid) == int(runnel::Function::hard_sigmoid) &&
              int(Function::softmax) == int(runnel::Function::softmax));

bool is_recurrent(Kind k) { return k == Kind::simple_rnn || k == Kind::gru || k == Kind::lstm; }

Status verify_layer(const Layer& l) {
    if (l.units == 0 || l.units > fixed::max_width) return Status::wrong_size;
    const bool has_tokens = l.kind == Kind::embedding || l.kind == Kind::one_hot;
    if (has_tokens && (l.tokens == 0 || l.tokens > fixed::max_tokens)) return Status::wrong_size;
    if (l.state_bits < 0 || l.state_bits > fixed::max_number_bits) return Status::wrong_bits;
    if (l.dropout >= fixed::dropout_end || l.recurrent_dropout >= fixed::dropout_end) return Status::wrong_dropout;
    if (!fixed::is_trained_function(static_cast<runnel::Function>(l.activation)) ||
        !fixed::is_trained_function(static_cast<runnel::Function>(l.recurrent_activation)))
        return Status::wrong_function;
    const bool gated = l.kind == Kind::gru || l.kind == Kind::lstm;
    if (gated && l.activation != Function::tanh) return Status::wrong_function;
    if (gated && l.recurrent_activation != Function::sigmoid && l.recurrent_activation != Function::hard_sigmoid)
        return Status::wrong_function;
    if (l.kind == Kind::simple_rnn && l.activation == Function::softmax) return Status::wrong_function;
    return Status::ok;
}

Status verify_loss(const Specification& spec) {
    const Layer& last = spec.layers[spec.layer_count - 1];
    switch (spec.loss) {
    case Loss::binary_crossentropy:
        return last.activation == Function::sigmoid ? Status::ok : Status::wrong_loss;
    case Loss::mean_squared_error:
        return last.activation != Function::softmax ? Status::ok : Status::wrong_loss;
    default:
        return last.activation == Function::softmax && last.units > 1 ? Status::ok : Status::wrong_loss;
    }
}

}  // namespace

Status verify(const Specification& spec) {
    if (!spec.layers || spec.layer_count < 3) return Status::wrong_layers;
    const Kind first = spec.layers[0].kind;
    if (spec.layer_count > RUNNEL_MAX_LAYERS + (first == Kind::embedding ? 0u : 1u)) return Status::wrong_layers;
    if (first != Kind::embedding && first != Kind::one_hot && first != Kind::features) return Status::wrong_layers;
    if (first == Kind::features && spec.layers[0].mask_zero) return Status::wrong_layers;
    if (first == Kind::one_hot && spec.layers[1].dropout) return Status::wrong_dropout;
    uint32_t i = 1;
    while (i < spec.layer_count && is_recurrent(spec.layers[i].kind)) ++i;
    if (i == 1 || i == spec.layer_count) return Status::wrong_layers;
    for (uint32_t k = 0; k < spec.layer_count; ++k)
        if (spec.layers[k].dropout_each_step && (k < 2 || k >= i)) return Status::wrong_dropout;
    for (; i < spec.layer_count; ++i) {
        if (spec.layers[i].kind != Kind::dense) return Status::wrong_layers;
        if (spec.layers[i].activation == Function::softmax && i + 1 < spec.layer_count) return Status::wrong_function;
    }
    for (i = 0; i < spec.layer_count; ++i)
        if (const Status status = verify_layer(spec.layers[i]); status != Status::ok) return status;
    if (spec.batch == 0 || spec.steps == 0 || spec.batch > (1u << 20) || spec.steps > (1u << 20))
        return Status::wrong_size;
    if (spec.weight_bits != 16 && spec.weight_bits != 8) return Status::wrong_bits;
    if (spec.learning_rate == 0) return Status::wrong_rate;
    if (spec.optimizer > Optimizer::adam) return Status::wrong_optimizer;
    if (spec.scope > Scope::none) return Status::wrong_scope;
    if (spec.loss > Loss::mean_squared_error) return Status::wrong_loss;
    return spec.scope == Scope::none ? Status::ok : verify_loss(spec);
}

}  // namespace runnel::training
