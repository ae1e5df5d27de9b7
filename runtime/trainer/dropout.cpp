#include "layers.hpp"

namespace runnel::training {
namespace {

/// Numbers of a layer's masks in the batch: of each sequence, or of each of its steps.
struct Place {
    uint32_t masks, mask;  ///< of a sequence; which of them
};

/// A number of the place in the batch and of the unit alone.
void draw(const State& s, const Group& g, fixed::Stream stream, uint32_t layer, uint16_t share, int16_t* mask,
          uint32_t units, Place place = {1, 0}) {
    const uint32_t key = fixed::random_key(s.seed, s.update, stream, layer);
    for (uint32_t u = 0; u < units; ++u)
        for (int l = 0; l < s.L; ++l) {
            const uint32_t index = ((g.first + uint32_t(l)) * place.masks + place.mask) * units + u;
            mask[u * uint32_t(s.L) + uint32_t(l)] = (fixed::random_bits(key, index) >> 16) < share ? 0 : -1;
        }
}

}  // namespace

void draw_masks(State& s, const Group& g) {
    for (uint32_t i = 0; i < s.recurrent_count; ++i) {
        RecurrentLayer& r = s.recurrent[i];
        if (r.input_mask && !r.masks_each_step)
            draw(s, g, fixed::Stream::input_dropout, i, r.dropout, r.input_mask, r.inputs);
        if (r.recurrent_mask)
            draw(s, g, fixed::Stream::recurrent_dropout, i, r.recurrent_dropout, r.recurrent_mask, r.units);
    }
    for (uint32_t i = 0; i < s.dense_count; ++i)
        if (DenseLayer& d = s.dense[i]; d.mask)
            draw(s, g, fixed::Stream::input_dropout, s.recurrent_count + i, d.dropout, d.mask, d.inputs);
}

void draw_step_masks(State& s, const Group& g, uint32_t step) {
    for (uint32_t i = 1; i < s.recurrent_count; ++i)
        if (RecurrentLayer& r = s.recurrent[i]; r.masks_each_step)
            draw(s, g, fixed::Stream::input_dropout, i, r.dropout, r.input_mask, r.inputs, {g.batch.steps, step});
}

void apply_mask(int16_t* to, const int16_t* from, const int16_t* mask, size_t n) {
    for (size_t i = 0; i < n; ++i) to[i] = from[i] & mask[i];
}

}  // namespace runnel::training
