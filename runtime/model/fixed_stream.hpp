/// A session's part for a fixed model: the network over the file's parameters, stepped one input at a time. Floats are
/// the features that come in and the answers that go out; everything between is integers.
#pragma once
#include "fixed/network.hpp"
#include "plan.hpp"

namespace runnel {

class FixedStream {
public:
    /// Size of the block, a multiple of 64.
    static std::size_t bytes(const Plan& plan) noexcept;
    /// Builds one in `block`, at a multiple of 64, with the model's parameters and in zero state.
    static FixedStream& create(const Plan& plan, void* block) noexcept;

    void clear() noexcept;
    /// As Session::patch_bytes and Session::apply_patch; the state is left as it is.
    Status patch_bytes(const void* patch, std::size_t size, const Plan& plan, std::size_t& bytes) const noexcept;
    Status apply_patch(const void* patch, std::size_t size, void* block, std::size_t block_size,
                       const Plan& plan) noexcept;
    /// One step; the input is what Session::step has accepted. A feature outside the model's range saturates.
    void step(std::uint32_t token) noexcept;
    void step(const float* features) noexcept;
    /// The model's outputs, in the block.
    const float* answer() noexcept;

    /// Of one of the model's layers.
    std::uint64_t saturations(std::uint32_t layer) const noexcept;
    std::size_t state_bytes() const noexcept { return network_->state_bytes(); }
    void save_state(void* to) const noexcept { network_->save_state(to); }
    /// False: damaged, and the state is as it was.
    bool restore_state(const void* from) noexcept { return network_->restore_state(from); }

    fixed::Network& network() noexcept { return *network_; }

private:
    fixed::Network* network_;
    float* output_;
    std::int32_t* answer_;
    std::int16_t* features_;  ///< null: the model takes tokens
    std::uint32_t inputs_, outputs_;
    std::uint32_t first_;  ///< of the network's layers: the model's first
    int input_bits_;
    std::uint64_t saturated_features_;
};

}  // namespace runnel
