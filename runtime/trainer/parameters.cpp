#include "layers.hpp"

namespace runnel::training {
namespace {

constexpr const char* role_names[] = {"embeddings", "kernel", "recurrent_kernel", "bias", "recurrent_bias"};

}  // namespace

size_t saved_number_bytes(const Tensor& t) {
    return (t.size() * (t.weights ? sizeof(int16_t) : sizeof(int32_t)) + 3) / 4 * 4;
}

void set_format(State& s, Tensor& t, int bits) {
    int32_t largest = 0;
    for (size_t i = 0; i < t.size(); ++i) {
        t.weights[i] = fixed::larger<int16_t>(t.weights[i], -32767);
        largest = fixed::larger(largest, fixed::magnitude<int32_t>(t.weights[i]));
    }
    set_format(s, t, {bits, largest});
}

void set_format(State& s, Tensor& t, SavedHeader format) {
    s.prepared = s.begun = false;
    t.scaled_bits = int8_t(t.scaled_bits + format.bits - t.bits);
    t.bits = int8_t(format.bits);
    t.magnitude = format.magnitude;
    fit(s, t);
}

uint32_t Trainer::parameters() const noexcept { return state_of(*this).tensor_count; }

Parameter Trainer::parameter(uint32_t index) const noexcept {
    if (index >= parameters()) return {"", 0, 0, 0, 0, nullptr, nullptr};
    const Tensor& t = state_of(*this).tensors[index];
    return {
        role_names[int(t.role)], t.layer, t.rows, t.columns, t.weights ? t.bits : fixed::bias_bits, t.grid, t.biases};
}

Status Trainer::set_weights(uint32_t index, const int16_t* values, int bits) noexcept {
    State& s = state_of(*this);
    if (index >= s.tensor_count || !s.tensors[index].weights || !fixed::is_weight_format(bits))
        return Status::wrong_tensor;
    Tensor& t = s.tensors[index];
    __builtin_memcpy(t.weights, values, t.size() * sizeof *values);
    set_format(s, t, bits);
    return Status::ok;
}

Status Trainer::set_weights(uint32_t index, const int8_t* values, int bits, const uint8_t* finer) noexcept {
    State& s = state_of(*this);
    if (index >= s.tensor_count || !s.tensors[index].weights || !fixed::is_narrow_format(bits))
        return Status::wrong_tensor;
    Tensor& t = s.tensors[index];
    const fixed::Codes codes = {values, finer};
    if (codes.finest(t.rows) > fixed::narrow_bits) return Status::wrong_tensor;
    t.row_grids = finer;
    for (uint32_t r = 0; r < t.rows; ++r)
        for (size_t i = size_t(r) * t.columns; i < size_t(r + 1) * t.columns; ++i)
            t.weights[i] = int16_t(values[i] * (1 << (fixed::narrow_bits - codes.finer_of(r))));
    set_format(s, t, bits + fixed::narrow_bits);
    return Status::ok;
}

Status Trainer::set_biases(uint32_t index, const int32_t* values) noexcept {
    State& s = state_of(*this);
    if (index >= s.tensor_count || s.tensors[index].weights) return Status::wrong_tensor;
    Tensor& t = s.tensors[index];
    s.prepared = s.begun = false;
    for (size_t i = 0; i < t.size(); ++i)
        t.biases[i] = fixed::clamp(values[i], -fixed::number_limit, fixed::number_limit);
    return Status::ok;
}

size_t Trainer::saved_bytes() const noexcept {
    const State& s = state_of(*this);
    size_t bytes = 0;
    for (uint32_t i = 0; i < s.tensor_count; ++i) bytes += sizeof(SavedHeader) + saved_number_bytes(s.tensors[i]);
    return bytes;
}

void Trainer::save(void* to) const noexcept {
    const State& s = state_of(*this);
    auto* at = static_cast<unsigned char*>(to);
    for (uint32_t i = 0; i < s.tensor_count; ++i) {
        const Tensor& t = s.tensors[i];
        const SavedHeader header = {t.bits, t.magnitude};
        const size_t size = t.size() * (t.weights ? sizeof(int16_t) : sizeof(int32_t));
        __builtin_memset(at, 0, sizeof header + saved_number_bytes(t));
        __builtin_memcpy(at, &header, sizeof header);
        if (t.weights) __builtin_memcpy(at + sizeof header, t.weights, size);
        else __builtin_memcpy(at + sizeof header, t.biases, size);
        at += sizeof header + saved_number_bytes(t);
    }
}

void Trainer::restore(const void* from) noexcept {
    State& s = state_of(*this);
    s.prepared = s.begun = false;
    const auto* at = static_cast<const unsigned char*>(from);
    for (uint32_t i = 0; i < s.tensor_count; ++i) {
        Tensor& t = s.tensors[i];
        SavedHeader header;
        __builtin_memcpy(&header, at, sizeof header);
        const size_t size = t.size() * (t.weights ? sizeof(int16_t) : sizeof(int32_t));
        if (t.weights) __builtin_memcpy(t.weights, at + sizeof header, size);
        else __builtin_memcpy(t.biases, at + sizeof header, size);
        at += sizeof header + saved_number_bytes(t);
        if (!t.weights) continue;
        set_format(s, t, header);
    }
}

const char* message(Status status) noexcept {
    switch (status) {
    case Status::ok:
        return "no error";
    case Status::wrong_layers:
        return "the layers are not an input without a mask of features, recurrent layers (GRU with reset_after) and "
               "Dense "
               "layers, or too many";
    case Status::wrong_size:
        return "a size is 0 or beyond what can be indexed";
    case Status::wrong_function:
        return "a layer cannot be trained with this activation";
    case Status::wrong_dropout:
        return "dropout must be below 0.75, that of each step between recurrent layers, and a one-hot input cannot "
               "have it";
    case Status::wrong_rate:
        return "the learning rate is 0, or momentum or decay is too large";
    case Status::wrong_loss:
        return "no such loss, or it does not fit the last layer's activation";
    case Status::block_too_small:
        return "the block is smaller than asked for";
    case Status::misaligned:
        return "the block does not lie at a multiple of 64 bytes";
    case Status::unknown_isa:
        return "no such instruction set in this build or on this CPU";
    case Status::wrong_batch:
        return "the batch has no data, or more sequences or steps than specified";
    case Status::token_out_of_range:
        return "a token id is outside the vocabulary";
    case Status::target_out_of_range:
        return "a target is outside the range of the loss";
    case Status::damaged_patch:
        return "not a patch of this network, or damaged";
    case Status::foreign_patch:
        return "the patch belongs to another model";
    case Status::wrong_tensor:
        return "no such tensor, or its fraction bits are not 6 to 24";
    case Status::not_begun:
        return "no sequence of this kind of input has begun, or the trainer is for many at once";
    case Status::wrong_state:
        return "the saved state is damaged";
    case Status::wrong_optimizer:
        return "no such optimizer";
    case Status::wrong_scope:
        return "no such scope";
    case Status::wrong_bits:
        return "weights must have 16 or 8 bits, states 0 to 15 fraction bits; or a layer's weights, biases or sums are "
               "too large to "
               "be trained";
    case Status::wrong_struct:
        return "struct_size is of no structure that this library knows";
    case Status::not_fixed:
        return "the model's weights are not fixed, or it has not been loaded";
    }
    return "unknown status";
}

}  // namespace runnel::training
