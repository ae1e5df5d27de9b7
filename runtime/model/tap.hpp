/// A session whose layers show their outputs, for the converter, which calibrates and compares layer by layer. A plain
/// step knows nothing of it.
#pragma once
#include "runnel/runnel.hpp"

namespace runnel {

/// Where the output of each layer of the model goes, in the model's order: room for LayerInfo::outputs values, or null
/// for a layer without an output of its own (a Masking, a projected embedding, the embedding of a fixed model).
using Taps = std::span<float* const>;

/// As Session::step and, for the layers after the last recurrent one, Session::output; and every layer's output goes to
/// its tap. A masked step changes neither the session nor what the taps hold: `masked` says so. On an error likewise.
[[nodiscard]] Status step_tapped(Session& session, std::uint32_t token, Taps taps, bool& masked) noexcept;
[[nodiscard]] Status step_tapped(Session& session, const float* features, std::size_t count, Taps taps,
                                 bool& masked) noexcept;

/// The outputs before the first step, for a session that has not stepped since it was created or reset: zeros up to the
/// first recurrent layer; a recurrent layer's state, which is zero; and what each later layer makes of those.
void tap_zero_state(Session& session, Taps taps) noexcept;

}  // namespace runnel
