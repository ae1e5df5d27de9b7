// One sequence, a step at a time: its state lies in slot 0.
#include "fixed/saved_state.hpp"
#include "layers.hpp"

namespace runnel::training {
namespace {

Status advance_by(State& s, const Batch& step) {
    step_forward(s, {step, 0, 1}, 0, 0, false);
    return_states(s);
    return Status::ok;
}

/// Calls f(h or cell, count) for each vector of the state, in order.
template <class F> void for_each_state(const State& s, F f) {
    for (uint32_t i = 0; i < s.recurrent_count; ++i) {
        const RecurrentLayer& r = s.recurrent[i];
        f(r.h, r.units);
        if (r.cell) f(r.cell, r.units);
    }
}

}  // namespace

Status Trainer::begin() noexcept {
    State& s = state_of(*this);
    if (s.L != 1) return Status::not_begun;
    prepare(s, false);
    clear_states(s);
    s.begun = true;
    return Status::ok;
}

Status Trainer::advance(uint32_t token) noexcept {
    State& s = state_of(*this);
    if (!s.begun || s.input.path == TokenPath::none) return Status::not_begun;
    if (token >= s.input.tokens) return Status::token_out_of_range;
    const uint16_t tokens[] = {uint16_t(token)};
    return advance_by(s, {.tokens = tokens, .count = 1, .steps = 1});
}

Status Trainer::advance(const int16_t* values) noexcept {
    State& s = state_of(*this);
    if (!s.begun || s.input.path != TokenPath::none) return Status::not_begun;
    return advance_by(s, {.features = values, .count = 1, .steps = 1});
}

void Trainer::answer(int32_t* to) noexcept {
    State& s = state_of(*this);
    const Batch one = {.count = 1, .steps = 1};
    dense_forward(s, s.top().h, false);
    answers_of(s, {one, 0, 1}, to);
}

size_t Trainer::state_bytes() const noexcept {
    return fixed::state_bytes([&](auto f) { for_each_state(state_of(*this), f); });
}

void Trainer::save_state(void* to) const noexcept {
    fixed::save_state([&](auto f) { for_each_state(state_of(*this), f); }, to);
}

Status Trainer::restore_state(const void* from) noexcept {
    if (!state_of(*this).begun) return Status::not_begun;
    const bool good = fixed::restore_state([&](auto f) { for_each_state(state_of(*this), f); }, from);
    return good ? Status::ok : Status::wrong_state;
}

}  // namespace runnel::training
