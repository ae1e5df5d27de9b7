#include "layers.hpp"
#include "plan.hpp"

namespace runnel::training {
namespace {

void set_rate(State& s, uint32_t rate) {
    const int length = fixed::bit_length(rate);
    s.rate_mantissa = int32_t(length > 15 ? rate >> (length - 15) : rate << (15 - length));
    s.rate_exponent = 28 - length;
}

/// epsilon^2 in units of 2^-52 as mantissa and exponent; at least a unit.
void set_epsilon(State& s, uint32_t epsilon) {
    const uint64_t square = fixed::larger<uint64_t>(uint64_t(epsilon) * epsilon, 256);  // 60 fraction bits
    const int shift = fixed::bit_length_wide(square) - 29;
    s.epsilon_mantissa = int32_t(shift >= 0 ? square >> shift : square << -shift);
    s.epsilon_exponent = shift - 8;
}

/// Whether the batch's arrays fit the network; `limit`: most sequences.
Status verify_batch(const State& s, const Batch& b, uint32_t limit, bool targets) {
    if (b.count == 0 || b.count > limit || b.steps == 0 || b.steps > s.max_steps) return Status::wrong_batch;
    const bool by_token = s.input.path != TokenPath::none;
    if ((by_token ? b.tokens == nullptr : b.features == nullptr) || (targets && !b.targets)) return Status::wrong_batch;
    const uint32_t outputs = s.last().units;
    for (uint32_t i = 0; i < b.count; ++i) {
        const size_t sequence = b.order ? b.order[i] : i;
        if (by_token)
            for (uint32_t t = 0; t < b.steps; ++t)
                if (b.tokens[sequence * b.steps + t] >= s.input.tokens) return Status::token_out_of_range;
        if (!targets) continue;
        if (s.loss == Loss::sparse_categorical_crossentropy) {
            if (uint32_t(b.targets[sequence]) >= outputs) return Status::target_out_of_range;
        } else {
            const bool share = s.loss != Loss::mean_squared_error;
            const int32_t low = share ? 0 : -(1 << 27) + 1, high = share ? 65536 : (1 << 27) - 1;
            for (uint32_t u = 0; u < outputs; ++u)
                if (b.targets[sequence * outputs + u] < low || b.targets[sequence * outputs + u] > high)
                    return Status::target_out_of_range;
        }
    }
    return Status::ok;
}

void backward_through_time(State& s, const Group& g, uint32_t kept) {
    int16_t lane_mask[fixed::wide_lanes];
    for (uint32_t i = 0; i < s.recurrent_count; ++i) {
        RecurrentLayer& r = s.recurrent[i];
        if (r.cell) {
            __builtin_memset(r.cell_d, 0, size_t(r.n) * sizeof *r.cell_d);
            r.cell_d_bits = fixed::zero_block;
        }
        if (i + 1 == s.recurrent_count) continue;
        __builtin_memset(r.error, 0, size_t(r.n) * sizeof *r.error);
        r.error_frac = fixed::zero_block;
    }
    for (uint32_t slot = kept; slot-- > 0;) {
        bool masked = false;
        if (s.input.mask_zero) {
            load_tokens(s, g, g.batch.steps - kept + slot);
            masked = mask_lanes(s, lane_mask);
        }
        draw_step_masks(s, g, g.batch.steps - kept + slot);
        for (uint32_t i = s.recurrent_count; i-- > 0;)
            recurrent_backward(s, s.recurrent[i], slot, masked ? lane_mask : nullptr);
    }
    for (uint32_t i = 0; i < s.recurrent_count; ++i) recurrent_gradients(s, s.recurrent[i], kept);
    input_backward(s, g, kept);
}

template <class F> void for_groups(const State& s, const Batch& batch, F f) {
    for (uint32_t first = 0; first < batch.count; first += uint32_t(s.L))
        f(Group{batch, first, fixed::smaller(uint32_t(s.L), batch.count - first)});
}

}  // namespace

Status Trainer::bytes(const Specification& spec, size_t& bytes) noexcept {
    bytes = 0;
    if (const Status status = verify(spec); status != Status::ok) return status;
    const uint64_t needed = lay_out(spec, nullptr);
    if (needed > SIZE_MAX) return Status::wrong_size;
    bytes = size_t(needed);
    return Status::ok;
}

Status Trainer::create(const Specification& spec, void* block, size_t size, Trainer*& trainer) noexcept {
    trainer = nullptr;
    size_t needed = 0;
    if (const Status status = bytes(spec, needed); status != Status::ok) return status;
    if (reinterpret_cast<uintptr_t>(block) % 64) return Status::misaligned;
    if (!block || size < needed) return Status::block_too_small;
    bool known;
    const fixed::Kernels* kernels = fixed::find_kernels(spec.isa, known);
    if (!kernels) return Status::unknown_isa;
    lay_out(spec, block);
    State& s = *static_cast<State*>(block);
    s.kernels = &fixed::training_kernels(*kernels);
    s.run = {kernels, s.L == 1 ? kernels->product : s.kernels->wide_product};
    s.lane_kernels = s.L == 1 ? &s.kernels->one : &s.kernels->sixteen;
    s.loss = spec.loss;
    s.optimizer = spec.optimizer;
    s.seed = spec.seed;
    s.momentum = spec.momentum;
    s.decay = spec.decay;
    s.clip_value =
        spec.clip_value == 0 || spec.clip_value > (1u << 24) - 1 ? fixed::number_limit : int32_t(spec.clip_value << 6);
    s.clip_norm = spec.clip_norm;
    s.beta_power[0] = s.beta_power[1] = uint32_t(1) << 31;
    set_rate(s, spec.learning_rate);
    set_epsilon(s, spec.epsilon);
    trainer = &s;
    return Status::ok;
}

Status Trainer::train(const Batch& batch, Result& result) noexcept {
    State& s = state_of(*this);
    result = {};
    if (const Status status = verify_batch(s, batch, s.batch, true); status != Status::ok) return status;
    const bool through_time = s.scope != Scope::head && s.scope != Scope::none;
    const uint32_t kept = through_time ? fixed::smaller(batch.steps, s.slots) : 0;
    for (uint32_t i = 0; i < s.tensor_count; ++i)
        for (int16_t& bits : s.tensors[i].gradient_bits) bits = fixed::zero_block;
    prepare(s, true);
    prepare_input(s, batch, true);
    for_groups(s, batch, [&](const Group& g) {
        draw_masks(s, g);
        forward(s, g, kept, true);
        dense_backward(s, loss_of(s, g, result, true));
        if (through_time) backward_through_time(s, g, kept);
    });
    update_parameters(s, batch);
    return Status::ok;
}

Status Trainer::evaluate(const Batch& batch, Result& result) noexcept {
    State& s = state_of(*this);
    if (const Status status = verify_batch(s, batch, UINT32_MAX, true); status != Status::ok) return status;
    prepare(s, false);
    prepare_input(s, batch, false);
    for_groups(s, batch, [&](const Group& g) {
        forward(s, g, 0, false);
        loss_of(s, g, result, false);
    });
    return Status::ok;
}

Status Trainer::predict(const Batch& batch, int32_t* answers) noexcept {
    State& s = state_of(*this);
    if (const Status status = verify_batch(s, batch, UINT32_MAX, false); status != Status::ok) return status;
    prepare(s, false);
    prepare_input(s, batch, false);
    for_groups(s, batch, [&](const Group& g) {
        forward(s, g, 0, false);
        answers_of(s, g, answers + size_t(g.first) * s.last().units);
    });
    return Status::ok;
}

void Trainer::restrict_rows(const uint8_t* tokens) noexcept { state_of(*this).input.allowed = tokens; }

Status Trainer::set_learning_rate(uint32_t rate) noexcept {
    if (rate == 0) return Status::wrong_rate;
    set_rate(state_of(*this), rate);
    return Status::ok;
}

Saturations Trainer::saturations() const noexcept {
    const State& s = state_of(*this);
    Saturations sum = {};
    for (uint32_t i = 0; i < s.layer_count(); ++i) {
        const Saturations layer = s.saturated_in(i);
        sum.preactivations += layer.preactivations;
        sum.states += layer.states;
        sum.weights += layer.weights;
    }
    return sum;
}
Saturations Trainer::saturations(uint32_t layer) const noexcept {
    const State& s = state_of(*this);
    return layer < s.layer_count() ? s.saturated_in(layer) : Saturations{};
}
uint32_t Trainer::step() const noexcept { return state_of(*this).update; }
uint32_t Trainer::outputs() const noexcept { return state_of(*this).last().units; }
const char* Trainer::isa() const noexcept { return state_of(*this).run.kernels->name; }

}  // namespace runnel::training
