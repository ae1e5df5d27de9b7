/// What `Model::load` leaves behind: the layers in order, and how much a session needs. Made once, then read only.
#pragma once
#include <bit>

#include "kernels/built.hpp"
#include "kernels/fixed_kernels.hpp"
#include "layers/reader.hpp"

namespace runnel {

static_assert(std::endian::native == std::endian::little, "model files are little-endian and read in place");

struct Plan {
    const schema::Model* file;  ///< null: nothing is loaded
    const Kernels* kernels;
    const fixed::Kernels* fixed_kernels;  ///< of the same instruction set
    const unsigned char* bytes;           ///< of the whole file
    std::size_t file_bytes;
    ModelInput input;
    std::uint32_t outputs;
    IfFixed<bool> fixed;        ///< fixed_model.hpp; what counts numbers, and layers[], are then not used
    std::int32_t failed_layer;  ///< -1: none
    const char* failed_layer_name;

    /// A session's numbers: constants | state of all layers | outputs of layers | scratch | features, each part a
    /// multiple of 16. Layers whose outputs are not needed at one time share the place of these.
    std::size_t constants, before_outputs, features, numbers;
    std::uint32_t saved_floats;  ///< the state without padding
    bool is_stateful;            ///< it has recurrent layers or windows
    std::uint32_t longest_wait;  ///< of its layers
    bool is_input_late;          ///< the features are read when the step is over, and kept for that
    std::uint32_t body;          ///< layers[0 .. body): up to the last recurrent one, run at every step
    std::uint32_t count;
    Layer layers[max_layers];
};

/// Whether the layer carries something from one step to the next.
inline bool has_state(const Layer& layer) {
    return layer.kind == schema::Kind::Recurrent || layer.kind == schema::Kind::Window;
}

/// Whether a saved state has the layer's last output beside the states: that is read behind the last recurrent layer.
inline bool is_kept(const Plan& plan, const Layer& layer) {
    return layer.is_late && plan.is_stateful && layer.kind != schema::Kind::Recurrent;
}
/// Likewise the last features.
inline bool is_input_kept(const Plan& plan) {
    return plan.is_input_late && plan.is_stateful && !plan.input.takes_tokens;
}

/// Verifies the meaning of a file whose structure and checksum are good, and fills the plan's layers and sizes.
/// On invalid_layer sets failed_layer.
[[nodiscard]] Status make_plan(const schema::Model& file, Plan& plan) noexcept;

/// The plan of a model; its file is null where nothing is loaded, and all of it is zero where nothing ever was.
const Plan& plan_of(const Model& model) noexcept;

/// Session::bytes of a loaded model on the instruction set that needs most, whether it is in this build or not.
std::size_t most_session_bytes(const Model& model) noexcept;

/// f32 for a layer without weights; of a model: that of the first layer with weights.
schema::Format format_of(const schema::Layer& layer) noexcept;
schema::Format format_of(const schema::Model& file) noexcept;
constexpr bool is_fixed(schema::Format f) { return f == schema::Format::fixed || f == schema::Format::fixed8; }

/// Verifies a fixed model's layers and fills what the plan says of its input and output. Returns the number of the
/// layer that is wrong, or -1.
std::int32_t read_fixed(const schema::Model& file, Plan& plan) noexcept;

}  // namespace runnel
