/// What `Model::load` leaves behind: the layers in order, and how much a session needs. Made once, then read only.
#pragma once
#include <bit>

#include "kernels/built.hpp"
#include "layers/reader.hpp"

namespace runnel {

static_assert(std::endian::native == std::endian::little, "model files are little-endian and read in place");

struct Plan {
    const schema::Model* file;  ///< null: nothing is loaded
    const Kernels* kernels;
    const unsigned char* bytes;  ///< of the whole file
    std::size_t file_bytes;
    ModelInput input;
    std::uint32_t outputs;
    IfFixed<bool> fixed;        ///< fixed_model.hpp; what counts numbers, and layers[], are then not used
    std::int32_t failed_layer;  ///< -1: none
    const char* failed_layer_name;

    /// A session's numbers: constants | state of all layers | outputs of layers | scratch | features, each part a
    /// multiple of 16.
    std::size_t constants, before_outputs, features, numbers;
    std::uint32_t saved_floats;  ///< the state without padding
    std::uint32_t body;          ///< layers[0 .. body): up to the last recurrent one, run at every step
    std::uint32_t count;
    Layer layers[Model::max_layers];
};

/// Verifies the meaning of a file whose structure and checksum are good, and fills the plan's layers and sizes.
/// On invalid_layer sets failed_layer.
[[nodiscard]] Status make_plan(const schema::Model& file, Plan& plan) noexcept;

/// The plan of a loaded model.
const Plan& plan_of(const Model& model) noexcept;

/// f32 for a layer without weights.
schema::Format format_of(const schema::Layer& layer) noexcept;
constexpr bool is_fixed(schema::Format f) { return f == schema::Format::fixed || f == schema::Format::fixed8; }
constexpr std::uint32_t gate_count(schema::Cell cell) {
    return cell == schema::Cell::simple_rnn ? 1 : cell == schema::Cell::lstm ? 4 : 3;
}

/// Verifies a fixed model's layers and fills what the plan says of its input and output. Returns the number of the
/// layer that is wrong, or -1.
std::int32_t read_fixed(const schema::Model& file, Plan& plan) noexcept;

}  // namespace runnel
