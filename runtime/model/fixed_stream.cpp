#include "fixed_stream.hpp"

#include <cstring>
#include <new>

#include "base/sha256.hpp"
#include "fixed/patch.hpp"
#include "fixed_model.hpp"

namespace runnel {
namespace {

constexpr std::size_t rounded(std::size_t bytes) { return padded_to(bytes, 64); }

bool takes_features(const fixed::Description& network) {
    return network.layers[0].kind == fixed::LayerDescription::Kind::features;
}

/// The plan's network. Without kernels: as those need it that need most.
fixed::Description described_in(const Plan& plan) {
    fixed::Description network = describe(*plan.file);
    network.widened = network.narrow && !(plan.fixed_kernels && plan.fixed_kernels->narrow_product);
    return network;
}

/// Where the parts lie behind the head.
struct Parts {
    std::size_t output, answer, features, network, end;

    Parts(const Plan& plan, const fixed::Description& described)
        : output(rounded(sizeof(FixedStream))),
          answer(output + rounded(plan.outputs * sizeof(float))),
          features(answer + rounded(plan.outputs * sizeof(std::int32_t))),
          network(features + (takes_features(described) ? rounded(plan.input.width * sizeof(std::int16_t)) : 0)),
          end(network + fixed::Network::bytes(described)) {}
};

constexpr std::int32_t largest_feature = 32767;

/// What ties a patch to its model.
struct ModelHash {
    explicit ModelHash(const Plan& plan) { sha256(plan.bytes, plan.file_bytes, bytes); }
    std::uint8_t bytes[32];
};

Status status_of(fixed::PatchStatus status) {
    switch (status) {
    case fixed::PatchStatus::ok:
        return Status::ok;
    case fixed::PatchStatus::foreign:
        return Status::foreign_patch;
    case fixed::PatchStatus::block_too_small:
        return Status::block_too_small;
    default:
        return Status::damaged_patch;
    }
}

}  // namespace

std::size_t FixedStream::bytes(const Plan& plan) noexcept { return Parts(plan, described_in(plan)).end; }

FixedStream& FixedStream::create(const Plan& plan, void* block) noexcept {
    const fixed::Description described = described_in(plan);
    const Parts parts(plan, described);
    auto* at = static_cast<unsigned char*>(block);
    std::memset(at, 0, parts.network);
    FixedStream& s = *new (block) FixedStream;
    s.output_ = reinterpret_cast<float*>(at + parts.output);
    s.answer_ = reinterpret_cast<std::int32_t*>(at + parts.answer);
    s.features_ = takes_features(described) ? reinterpret_cast<std::int16_t*>(at + parts.features) : nullptr;
    s.inputs_ = plan.input.width;
    s.outputs_ = plan.outputs;
    s.first_ = described.count - plan.file->layers()->size();
    s.input_bits_ = described.layers[0].bits;
    s.saturated_features_ = 0;
    s.network_ = &fixed::Network::create(described, *plan.fixed_kernels, at + parts.network);
    return s;
}

void FixedStream::clear() noexcept { network_->clear(); }

Status FixedStream::patch_bytes(const void* patch, std::size_t size, const Plan& plan,
                                std::size_t& bytes) const noexcept {
    return status_of(fixed::patch_bytes(*network_, patch, size, ModelHash(plan).bytes, bytes));
}

Status FixedStream::apply_patch(const void* patch, std::size_t size, void* block, std::size_t block_size,
                                const Plan& plan) noexcept {
    return status_of(fixed::apply_patch(*network_, patch, size, ModelHash(plan).bytes, block, block_size));
}

void FixedStream::step(std::uint32_t token) noexcept {
    if (!features_) {
        network_->step(token);
        return;
    }
    std::memset(features_, 0, inputs_ * sizeof *features_);
    const std::int32_t one = 1 << input_bits_;
    saturated_features_ += one > largest_feature;
    features_[token] = std::int16_t(one > largest_feature ? largest_feature : one);
    network_->step(features_);
}

void FixedStream::step(const float* features) noexcept {
    const float scale = float(1 << input_bits_), limit = float(largest_feature);
    for (std::uint32_t i = 0; i < inputs_; ++i) {
        const float scaled = features[i] * scale;
        const float inside = scaled < -limit ? -limit : scaled > limit ? limit : scaled;
        saturated_features_ += inside != scaled;
        features_[i] = std::int16_t(inside + (inside < 0 ? -0.5f : 0.5f));
    }
    network_->step(features_);
}

const float* FixedStream::answer() noexcept {
    network_->answer(answer_);
    const int bits = network_->answer_bits();
    const float one = bits < 0 ? float(1 << -bits) : 1 / float(1 << bits);  // value of the number 1
    for (std::uint32_t i = 0; i < outputs_; ++i) output_[i] = float(answer_[i]) * one;
    return output_;
}

std::uint64_t FixedStream::saturations(std::uint32_t layer) const noexcept {
    const fixed::Counts s = network_->saturations(first_ + layer);
    return (layer == 0 ? saturated_features_ : 0) + s.preactivations + s.states;
}

}  // namespace runnel
