#include "fixed_stream.hpp"

#include <cstring>
#include <new>

#include "fixed_model.hpp"

namespace runnel {
namespace {

constexpr std::size_t rounded(std::size_t bytes) { return padded_to(bytes, 64); }

/// The network that only runs: one sequence, a step at a time.
struct Running {
    FixedNetwork network;
    training::Specification specification;

    explicit Running(const Plan& plan) : network(fixed_network(*plan.file)) {
        for (training::Layer& layer : network.layers) {
            layer.dropout = layer.recurrent_dropout = 0;
            layer.dropout_each_step = false;
        }
        specification = {.layers = network.layers,
                         .layer_count = network.layer_count,
                         .scope = training::Scope::none,
                         .weight_bits = network.weight_bits,
                         .isa = plan.kernels->name};
    }
    bool takes_features() const { return network.layers[0].kind == training::Kind::features; }
    std::size_t network_bytes() const {
        std::size_t bytes = 0;
        static_cast<void>(training::Trainer::bytes(specification, bytes));  // the model was verified
        return bytes;
    }
};

/// Where the parts lie behind the head.
struct Parts {
    std::size_t output, answer, features, network, end;

    Parts(const Plan& plan, const Running& running)
        : output(rounded(sizeof(FixedStream))),
          answer(output + rounded(plan.outputs * sizeof(float))),
          features(answer + rounded(plan.outputs * sizeof(std::int32_t))),
          network(features + (running.takes_features() ? rounded(plan.input.width * sizeof(std::int16_t)) : 0)),
          end(network + running.network_bytes()) {}
};

constexpr std::int32_t largest_feature = 32767;

}  // namespace

std::size_t FixedStream::bytes(const Plan& plan) noexcept { return Parts(plan, Running(plan)).end; }

FixedStream& FixedStream::create(const Plan& plan, void* block) noexcept {
    const Running running(plan);
    const Parts parts(plan, running);
    auto* at = static_cast<unsigned char*>(block);
    std::memset(at, 0, parts.network);
    FixedStream& s = *new (block) FixedStream;
    s.output_ = reinterpret_cast<float*>(at + parts.output);
    s.answer_ = reinterpret_cast<std::int32_t*>(at + parts.answer);
    s.features_ = running.takes_features() ? reinterpret_cast<std::int16_t*>(at + parts.features) : nullptr;
    s.inputs_ = plan.input.width;
    s.outputs_ = plan.outputs;
    s.first_ = running.network.layers[0].kind == training::Kind::embedding ? 0 : 1;
    s.input_bits_ = running.network.layers[0].state_bits;
    s.saturated_features_ = 0;
    // Both succeed for every model that was verified.
    static_cast<void>(
        training::Trainer::create(running.specification, at + parts.network, parts.end - parts.network, s.network_));
    static_cast<void>(load_parameters(*plan.file, *s.network_));
    s.clear();
    return s;
}

void FixedStream::clear() noexcept { static_cast<void>(network_->begin()); }

Status FixedStream::apply_patch(const void* patch, std::size_t size, const Plan& plan) noexcept {
    std::uint8_t model[32];
    training::hash_model(plan.bytes, plan.file_bytes, model);
    switch (network_->apply_patch(patch, size, model)) {
    case training::Status::ok:
        return Status::ok;
    case training::Status::foreign_patch:
        return Status::foreign_patch;
    default:
        return Status::damaged_patch;
    }
}

void FixedStream::step(std::uint32_t token) noexcept {
    if (!features_) {
        static_cast<void>(network_->advance(token));
        return;
    }
    std::memset(features_, 0, inputs_ * sizeof *features_);
    const std::int32_t one = 1 << input_bits_;
    saturated_features_ += one > largest_feature;
    features_[token] = std::int16_t(one > largest_feature ? largest_feature : one);
    static_cast<void>(network_->advance(features_));
}

void FixedStream::step(const float* features) noexcept {
    const float scale = float(1 << input_bits_), limit = float(largest_feature);
    for (std::uint32_t i = 0; i < inputs_; ++i) {
        const float scaled = features[i] * scale;
        const float inside = scaled < -limit ? -limit : scaled > limit ? limit : scaled;
        saturated_features_ += inside != scaled;
        features_[i] = std::int16_t(inside + (inside < 0 ? -0.5f : 0.5f));
    }
    static_cast<void>(network_->advance(features_));
}

const float* FixedStream::answer() noexcept {
    network_->answer(answer_);
    for (std::uint32_t i = 0; i < outputs_; ++i) output_[i] = float(answer_[i]) / 65536;
    return output_;
}

std::uint64_t FixedStream::saturations(std::uint32_t layer) const noexcept {
    const training::Saturations s = network_->saturations(first_ + layer);
    return (layer == 0 ? saturated_features_ : 0) + s.preactivations + s.states;
}

bool FixedStream::restore_state(const void* from) noexcept {
    return network_->restore_state(from) == training::Status::ok;
}

}  // namespace runnel
