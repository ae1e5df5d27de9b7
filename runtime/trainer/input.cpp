#include "layers.hpp"

namespace runnel::training {
namespace {

constexpr uint8_t in_batch = 1, projected = 2;
/// Bits that the gradients of the kernel and of a row have less than the products they are sums of.
constexpr int kernel_headroom = 16, row_headroom = 18;

uint32_t projected_width(const State& s) { return s.recurrent[0].gates * s.recurrent[0].units; }

/// One row of an embedding or of a one_hot kernel, as products see it.
const int16_t* table_row(const State& s, uint32_t token) { return s.input.table->grid + size_t(token) * s.input.width; }

/// A token's part of the first layer's pre-activations, biases included.
void project(State& s, uint32_t token, int32_t* to, bool training) {
    RecurrentLayer& r = s.recurrent[0];
    const int16_t* row = table_row(s, token);
    if (s.input.kind == Kind::one_hot) return fixed::one_hot_part(r, weights_of(*s.input.table, training), token, to);
    if (training && r.own_input) {
        apply_mask(r.own_input, row, r.input_mask, r.inputs);
        row = r.own_input;
    }
    fixed::input_part(s.one_lane(), r, weights_of(*r.kernel, training), row, to);
}

void mark(State& s, const Batch& batch) {
    __builtin_memset(s.input.seen, 0, s.input.tokens);
    s.input.seen[0] = projected;  // idle lanes hold token 0
    for (uint32_t i = 0; i < batch.count; ++i) {
        const uint16_t* tokens = batch.tokens + size_t(batch.order ? batch.order[i] : i) * batch.steps;
        for (uint32_t t = 0; t < batch.steps; ++t) s.input.seen[tokens[t]] |= in_batch | projected;
    }
}

uint32_t error_width(const State& s) {
    return s.input.path == TokenPath::projected ? projected_width(s) : s.input.width;
}

/// Lowers the bits of the rows' sums so far to `bits` where they are higher.
void lower_row_errors(State& s, int bits) {
    InputLayer& in = s.input;
    if (bits >= in.row_error_bits) return;
    const int shift = fixed::smaller(in.row_error_bits - bits, 30);
    const uint32_t width = error_width(s);
    if (in.row_error_bits != fixed::zero_block)
        for (uint32_t token = 0; token < in.tokens; ++token)
            if (in.seen[token])
                for (uint32_t i = 0; i < width; ++i) {
                    int32_t& e = in.row_error[size_t(token) * width + i];
                    e = fixed::round_shift(e, shift);
                }
    in.row_error_bits = bits;
}

/// Bits with which all blocks of a batch may be added up in one row: 14 bits of mantissa, 16 lanes, 2^30 in all.
int row_sum_bits(const State& s, const Group& g, SumBound bound) {
    const uint32_t groups = (g.batch.count + uint32_t(s.L) - 1) / uint32_t(s.L);
    return bound.bits - bound.growth + (s.L == 1 ? 16 : 12) - fixed::bit_length(groups - 1);
}

void scatter_projected(State& s, const Group& g, uint32_t kept) {
    RecurrentLayer& r = s.recurrent[0];
    int bits = fixed::zero_block;
    for (int gate = 0; gate < r.gates; ++gate) {
        const SumBound bound = bound_sum(r.error_bits + gate, r.blocks, kept);
        if (bound.bits != fixed::zero_block) bits = fixed::smaller(bits, row_sum_bits(s, g, bound));
    }
    lower_row_errors(s, bits);
    for (uint32_t slot = 0; slot < kept; ++slot) {
        load_tokens(s, g, g.batch.steps - kept + slot);
        for (int gate = 0; gate < r.gates; ++gate) {
            const int own = r.error_bits[slot * r.blocks + uint32_t(gate)];
            if (own == fixed::zero_block) continue;
            s.kernels->scatter_rows({s.input.row_error + uint32_t(gate) * r.units, s.input.step_tokens,
                                     r.gate + (slot * r.blocks + uint32_t(gate)) * size_t(r.n), projected_width(s),
                                     int(r.units), fixed::smaller(own - s.input.row_error_bits, 30)});
        }
    }
}

void scatter_gathered(State& s, const Group& g, uint32_t kept) {
    RecurrentLayer& r = s.recurrent[0];
    const Weights w = weights_of(*r.kernel, true);
    const int n = int(r.inputs) * s.L;
    for (uint32_t slot = 0; slot < kept; ++slot)
        s.scratch.row_bits[slot] = int8_t(fixed::smaller(
            product_bits(r.error_bits + slot * r.blocks, kernel_blocks, r.gates, w.bits, fixed::zero_block) - 16,
            fixed::zero_block));
    lower_row_errors(s, row_sum_bits(s, g, bound_sum(s.scratch.row_bits, 1, kept)));
    for (uint32_t slot = 0; slot < kept; ++slot) {
        const int8_t* bits = r.error_bits + slot * r.blocks;
        int32_t* error = s.scratch.input_error;
        const int to_bits = s.scratch.row_bits[slot] + 16;
        __builtin_memset(error, 0, size_t(n) * sizeof *error);
        add_transposed(s, w, r, r.gate + slot * r.blocks * size_t(r.n), bits, kernel_blocks, int(r.inputs), error,
                       to_bits);
        if (r.input_mask)
            for (int i = 0; i < n; ++i) error[i] &= r.input_mask[i];
        const int own = block_errors(s, error, s.scratch.d, n, s.kernels->used_bits(error, n), to_bits);
        if (own == fixed::zero_block) continue;
        load_tokens(s, g, g.batch.steps - kept + slot);
        s.kernels->scatter_rows({s.input.row_error, s.input.step_tokens, s.scratch.d, s.input.width, int(s.input.width),
                                 fixed::smaller(own - s.input.row_error_bits, 30)});
    }
}

/// One token's row: completes the kernel's gradient and shows the row's.
void visit_row(State& s, uint32_t token, const int32_t* error, int error_bits, RowVisitor f, void* context) {
    InputLayer& in = s.input;
    RecurrentLayer& r = s.recurrent[0];
    const bool wanted = in.table->trained && (!in.allowed || in.allowed[token]);
    if (in.kind == Kind::one_hot || in.path == TokenPath::gathered) {
        if (wanted) f(s, token, error, error_bits, context);
        return;
    }
    const Weights w = weights_of(*r.kernel, true);
    const int16_t* row = table_row(s, token);
    if (r.own_input) {
        apply_mask(r.own_input, row, r.input_mask, r.inputs);
        row = r.own_input;
    }
    const int units = int(r.units), inputs = int(r.inputs);
    if (wanted)
        for (int k = 0; k < inputs; ++k) in.row_gradient[k] = 0;
    for (int gate = 0; gate < r.gates; ++gate) {
        // |error| <= 2^30 in all, so that the shifts below keep the sums of all tokens within int32.
        const int32_t* from = error + gate * units;
        const uint32_t used = s.kernels->used_bits(from, units);
        if (used == 0) continue;
        const int shift = fixed::block_shift(used, fixed::error_bits);
        const size_t first = size_t(gate) * size_t(units) * size_t(inputs);
        s.kernels->block(from, s.scratch.d, units, shift);
        if (r.kernel->trained)
            s.kernels->add_outer(
                {r.kernel->gradient + first, s.scratch.d, row, units, inputs, kernel_headroom - shift});
        if (wanted)
            s.kernels->one.transposed_product(
                {in.row_gradient, w.wide() + first, s.scratch.d, units, inputs, fixed::smaller(row_headroom - shift, 30)});
    }
    if (!wanted) return;
    if (r.input_mask && s.L == 1)
        for (uint32_t i = 0; i < r.inputs; ++i) in.row_gradient[i] &= r.input_mask[i];
    f(s, token, in.row_gradient, error_bits + w.bits - row_headroom, context);
}

/// One lane: the errors of each distinct token's places are summed when its last place is met.
void visit_single(State& s, const Group& g, uint32_t kept, RowVisitor f, void* context) {
    RecurrentLayer& r = s.recurrent[0];
    int bits = fixed::zero_block;
    for (int gate = 0; gate < r.gates; ++gate) {
        const SumBound bound = bound_sum(r.error_bits + gate, r.blocks, kept);
        if (bound.bits != fixed::zero_block) bits = fixed::smaller(bits, row_sum_bits(s, g, bound));
    }
    if (r.kernel && r.kernel->trained)
        for (int gate = 0; gate < r.gates; ++gate)
            r.kernel->gradient_bits[gate] = int16_t(bits + r.input_bits - kernel_headroom);
    const uint16_t* tokens = g.batch.tokens + g.sequence(0) * g.batch.steps + (g.batch.steps - kept);
    int8_t* done = s.scratch.shift;
    __builtin_memset(done, 0, kept);
    int32_t* sum = s.scratch.a;
    const uint32_t width = projected_width(s), units = r.units;
    for (uint32_t first = 0; first < kept; ++first) {
        if (done[first]) continue;
        const uint16_t token = tokens[first];
        for (uint32_t i = 0; i < width; ++i) sum[i] = 0;
        for (uint32_t slot = first; slot < kept; ++slot) {
            if (tokens[slot] != token) continue;
            done[slot] = 1;
            for (uint32_t gate = 0; gate < r.gates; ++gate) {
                const int own = r.error_bits[slot * r.blocks + gate], shift = fixed::smaller(own - bits, 30);
                if (own == fixed::zero_block) continue;
                const int16_t* d = r.gate + (slot * r.blocks + gate) * size_t(r.n);
                int32_t* to = sum + gate * units;
                if (shift >= 0)
                    for (uint32_t u = 0; u < units; ++u) to[u] += fixed::round_shift<int32_t>(d[u], shift);
                else
                    for (uint32_t u = 0; u < units; ++u) to[u] += d[u] * (1 << -shift);
            }
        }
        visit_row(s, token, sum, bits, f, context);
    }
}

}  // namespace

void load_tokens(State& s, const Group& g, uint32_t step) {
    for (int l = 0; l < s.L; ++l) s.input.step_tokens[l] = uint16_t(g.token(uint32_t(l), step));
}

bool mask_lanes(const State& s, int16_t* lane_mask) {
    bool any = false;
    for (int l = 0; l < s.L; ++l) {
        lane_mask[l] = s.input.step_tokens[l] ? -1 : 0;
        any |= !lane_mask[l];
    }
    return any;
}

void prepare_input(State& s, const Batch& batch, bool training) {
    InputLayer& in = s.input;
    if (in.path == TokenPath::none || in.path == TokenPath::single) return;
    mark(s, batch);
    const uint32_t width = error_width(s);
    in.row_error_bits = fixed::zero_block;
    for (uint32_t token = 0; token < in.tokens; ++token) {
        if (!in.seen[token]) continue;
        if (in.path == TokenPath::projected) project(s, token, in.projected + size_t(token) * width, training);
        if (training && in.row_error)
            __builtin_memset(in.row_error + size_t(token) * width, 0, width * sizeof *in.row_error);
    }
}

void input_forward(State& s, const Group& g, uint32_t step, uint32_t slot, bool training) {
    InputLayer& in = s.input;
    RecurrentLayer& r = s.recurrent[0];
    const int L = s.L;
    if (in.path != TokenPath::none) load_tokens(s, g, step);
    if (in.path == TokenPath::projected) {
        s.kernels->gather_rows32({in.projected, in.step_tokens, s.scratch.a, int(projected_width(s))});
        return;
    }
    if (in.path == TokenPath::single) {
        project(s, in.step_tokens[0], s.scratch.a, training);
        return;
    }
    int16_t* x = r.own_input + slot * size_t(r.inputs) * size_t(L);
    if (in.path == TokenPath::gathered) {
        s.kernels->gather_rows16({in.table->grid, in.step_tokens, x, int(in.width)});
    } else {
        for (int l = 0; l < L; ++l) {
            const bool idle = uint32_t(l) >= g.used;
            const int16_t* from =
                g.batch.features + (idle ? 0 : (g.sequence(uint32_t(l)) * g.batch.steps + step) * in.width);
            for (uint32_t k = 0; k < in.width; ++k) x[k * uint32_t(L) + uint32_t(l)] = idle ? int16_t(0) : from[k];
        }
    }
    if (training && r.input_mask) apply_mask(x, x, r.input_mask, size_t(r.inputs) * size_t(L));
    fixed::input_part(s.run, r, weights_of(*r.kernel, training), x, s.scratch.a);
}

void input_backward(State& s, const Group& g, uint32_t kept) {
    if (!s.input.row_error) return;
    if (s.input.path == TokenPath::projected) scatter_projected(s, g, kept);
    else scatter_gathered(s, g, kept);
}

void visit_row_gradients(State& s, const Batch& batch, RowVisitor f, void* context) {
    InputLayer& in = s.input;
    RecurrentLayer& r = s.recurrent[0];
    if (in.path == TokenPath::none) return;
    const bool through_rows = r.kernel && r.kernel->trained && in.path != TokenPath::gathered;
    if (through_rows) __builtin_memset(r.kernel->gradient, 0, r.kernel->size() * sizeof *r.kernel->gradient);
    if (in.path == TokenPath::single) {
        if (through_rows || in.table->trained)
            visit_single(s, {batch, 0, 1}, fixed::smaller(batch.steps, s.slots), f, context);
        return;
    }
    if (!in.row_error) return;
    if (through_rows)
        for (int gate = 0; gate < r.gates; ++gate)
            r.kernel->gradient_bits[gate] = int16_t(in.row_error_bits + r.input_bits - kernel_headroom);
    for (uint32_t token = 0; token < in.tokens; ++token)
        if (in.seen[token] & in_batch)
            visit_row(s, token, in.row_error + size_t(token) * error_width(s), in.row_error_bits, f, context);
}

}  // namespace runnel::training
