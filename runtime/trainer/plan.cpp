#include "plan.hpp"

#include "fixed/arena.hpp"

namespace runnel::training {
namespace {

struct Sizes {
    uint32_t recurrent = 0, dense = 0;
    explicit Sizes(const Specification& spec) {
        for (uint32_t i = 1; i < spec.layer_count; ++i) ++(spec.layers[i].kind == Kind::dense ? dense : recurrent);
    }
};

Cell cell_of(Kind k) { return k == Kind::lstm ? Cell::lstm : k == Kind::gru ? Cell::gru : Cell::simple_rnn; }
uint8_t gates_of(Kind k) { return uint8_t(runnel::gates_of(cell_of(k))); }
uint8_t blocks_of(Kind k) { return k == Kind::lstm ? 5 : k == Kind::gru ? 4 : 1; }

void grow(uint64_t& size, uint64_t to) { size = fixed::larger(size, to); }

class Planner {
public:
    Planner(const Specification& spec, void* block)
        : spec_(spec), sizes_(spec), arena_(block, spec.batch == 1 ? 4 : 64) {}

    uint64_t run() {
        State* placed = arena_.take<State>(1);
        State& s = placed ? *placed : counted_;
        s.L = spec_.batch == 1 ? 1 : fixed::wide_lanes;
        s.batch = spec_.batch;
        s.max_steps = spec_.steps;
        s.recurrent_count = uint8_t(sizes_.recurrent);
        s.dense_count = uint8_t(sizes_.dense);
        s.weight_bits = spec_.weight_bits;
        s.scope = spec_.scope;
        through_time_ = spec_.scope != Scope::head && spec_.scope != Scope::none;
        s.slots = !through_time_ ? 0 : spec_.truncate ? fixed::smaller(spec_.truncate, spec_.steps) : spec_.steps;
        s.recurrent = arena_.take<RecurrentLayer>(sizes_.recurrent);
        s.dense = arena_.take<DenseLayer>(sizes_.dense);
        s.tensors = arena_.take<Tensor>(tensor_count());

        plan_input(s);
        for (uint32_t i = 0; i < sizes_.recurrent; ++i) plan_recurrent(s, i);
        for (uint32_t i = 0; i < sizes_.dense; ++i) plan_dense(s, i);
        plan_scratch(s);
        s.tensor_count = uint8_t(tensors_);
        return (arena_.used() + 63) / 64 * 64;
    }

private:
    uint64_t tensor_count() const {
        uint64_t count = 2 * sizes_.dense;
        if (spec_.layers[0].kind == Kind::embedding) ++count;
        for (uint32_t i = 1; i <= sizes_.recurrent; ++i) count += spec_.layers[i].kind == Kind::gru ? 4 : 3;
        return count;
    }

    bool trains(Role role, bool head) const {
        switch (spec_.scope) {
        case Scope::all:
            return true;
        case Scope::none:
            return false;
        case Scope::head:
            return head;
        case Scope::biases:
            return role == Role::bias || role == Role::recurrent_bias;
        default:
            return role == Role::embeddings;
        }
    }

    bool trains_rows() const { return spec_.scope == Scope::all || spec_.scope == Scope::rows; }

    /// `whole_gradient`: kept in memory; a table's is made a row at a time.
    Tensor* plan_tensor(State& s, uint32_t layer, Role role, uint32_t rows, uint32_t columns, uint8_t gates,
                        uint16_t dropout, bool whole_gradient = true) {
        Tensor& t = arena_.counting() ? counted_tensor_ : s.tensors[tensors_];
        ++tensors_;
        t.layer = uint8_t(layer);
        t.role = role;
        t.rows = rows;
        t.columns = columns;
        t.gates = gates;
        t.trained = trains(role, layer > sizes_.recurrent);
        t.bits = 13;
        t.scaled_bits = int8_t(t.bits - (dropout == 0 ? 0 : dropout <= 32768 ? 1 : 2));
        t.gradient_scale = uint16_t((uint64_t(1) << 30) / (65536u - dropout));
        const uint64_t n = uint64_t(rows) * columns;
        if (t.holds_biases()) {
            t.biases = arena_.take<int32_t>(n);
        } else {
            t.weights = arena_.take<int16_t>(n);
            // What is not trained needs no weights between the grid's.
            const bool own_grid = spec_.weight_bits == 8 && t.trained;
            t.grid = own_grid ? arena_.take<int16_t>(n) : t.weights;
            if (dropout) t.scaled = arena_.take<int16_t>(n);
        }
        if (!t.trained) return &t;
        if (whole_gradient) {
            t.gradient = arena_.take<int32_t>(n);
            grow(gate_gradient_, uint64_t(rows / gates) * columns);
        }
        const bool sgd = spec_.optimizer == Optimizer::sgd;
        if (!sgd) t.moment = arena_.take<uint16_t>(n);
        if (spec_.optimizer == Optimizer::adam || (sgd && spec_.momentum)) t.momentum = arena_.take<int32_t>(n);
        return &t;
    }

    void plan_input(State& s) {
        const Layer& l = spec_.layers[0];
        const Layer& first = spec_.layers[1];
        InputLayer& in = s.input;
        in.kind = l.kind;
        in.mask_zero = l.mask_zero && l.kind == Kind::embedding;
        in.tokens = l.kind == Kind::features ? 0 : l.tokens;
        in.bits = l.state_bits;
        const uint32_t kernel_rows = gates_of(first.kind) * first.units;
        in.width = l.kind == Kind::one_hot ? kernel_rows : l.units;
        const uint64_t tokens = in.tokens;
        if (l.kind == Kind::features) in.path = TokenPath::none;
        else if (s.L == 1) in.path = TokenPath::single;
        else if (l.kind == Kind::one_hot || (!first.dropout && tokens <= uint64_t(spec_.batch) * spec_.steps))
            in.path = TokenPath::projected;
        else in.path = TokenPath::gathered;

        if (l.kind == Kind::embedding) in.table = plan_tensor(s, 0, Role::embeddings, l.tokens, l.units, 1, 0, false);
        if (in.path == TokenPath::none) return;
        in.step_tokens = arena_.take<uint16_t>(uint64_t(s.L));
        if (s.L > 1) {
            in.seen = arena_.take<uint8_t>(tokens);
            if (in.path == TokenPath::projected) in.projected = arena_.take<int32_t>(tokens * kernel_rows);
            if (trains_rows())
                in.row_error =
                    arena_.take<int32_t>(tokens * (in.path == TokenPath::projected ? kernel_rows : in.width));
        }
        if (trains_rows()) grow(errors_, first.units);
    }

    void plan_recurrent(State& s, uint32_t i) {
        const Layer& l = spec_.layers[i + 1];
        RecurrentLayer& r = arena_.counting() ? counted_recurrent_ : s.recurrent[i];
        const bool one_hot = i == 0 && spec_.layers[0].kind == Kind::one_hot;
        const uint64_t L = uint64_t(s.L), slots = s.slots;
        r.kind = cell_of(l.kind);
        r.activation = static_cast<runnel::Function>(l.activation);
        r.gate_function = static_cast<runnel::Function>(l.recurrent_activation);
        r.preactivation_bits = fixed::preactivation_bits;
        r.gates = gates_of(l.kind);
        r.blocks = blocks_of(l.kind);
        r.units = l.units;
        r.inputs = spec_.layers[i].units;
        r.n = int(l.units * L);
        const bool bounded =
            l.kind != Kind::simple_rnn || (l.activation != Function::relu && l.activation != Function::linear);
        r.state_bits = bounded ? int8_t(fixed::unit_bits) : l.state_bits;
        r.input_bits = i > 0 ? below_bits_ : spec_.layers[0].state_bits;
        below_bits_ = r.state_bits;
        // Layers below learn, unless only heads do; biases below the first layer do not exist.
        r.needs_input_errors = i > 0 && through_time_;

        const uint32_t rows = r.gates * r.units, layer = i + 1;
        if (one_hot) s.input.table = plan_tensor(s, layer, Role::kernel, s.input.tokens, rows, 1, 0, false);
        else r.kernel = plan_tensor(s, layer, Role::kernel, rows, r.inputs, r.gates, l.dropout);
        r.recurrent = plan_tensor(s, layer, Role::recurrent_kernel, rows, r.units, r.gates, l.recurrent_dropout);
        r.bias = plan_tensor(s, layer, Role::bias, rows, 1, r.gates, 0);
        if (l.kind == Kind::gru) r.recurrent_bias = plan_tensor(s, layer, Role::recurrent_bias, rows, 1, r.gates, 0);

        const uint64_t n = uint64_t(r.n), inputs = uint64_t(r.inputs) * L;
        const bool copies = !through_time_ && s.input.mask_zero;
        r.h = arena_.take<int16_t>((slots + 1 + copies) * n);
        r.history = through_time_ ? r.n : 0;
        // A row's gradient is made when the states have served: it may lie in their place.
        if (i == 0 && spec_.layers[0].kind == Kind::embedding && trains_rows())
            s.input.row_gradient = (slots + 1) * n >= 2 * s.input.width ? reinterpret_cast<int32_t*>(r.h)
                                                                        : arena_.take<int32_t>(s.input.width);
        if (through_time_) {
            r.gate = arena_.take<int16_t>(slots * r.blocks * n);
            r.error_bits = arena_.take<int8_t>(slots * r.blocks);
        }
        if (l.kind == Kind::lstm) {
            r.cell = arena_.take<int32_t>((s.input.mask_zero ? 2 : 1) * n);
            if (through_time_) {
                r.cell_block = arena_.take<int16_t>((slots + 1) * n);
                r.cell_bits = arena_.take<int8_t>(slots + 1);
                r.cell_d = arena_.take<int16_t>(n);
            }
        }
        const bool token_rows = i == 0 && (s.input.path == TokenPath::projected || s.input.path == TokenPath::single);
        const uint64_t kept = fixed::larger<uint64_t>(slots, 1);
        if (i == 0 && !token_rows) r.own_input = arena_.take<int16_t>(kept * inputs);
        else if (l.dropout) r.own_input = arena_.take<int16_t>((token_rows ? 1 : kept) * inputs);
        r.input = token_rows ? nullptr : r.own_input;
        if (i > 0 && !l.dropout && !arena_.counting()) r.input = s.recurrent[i - 1].h + s.recurrent[i - 1].history;
        r.dropout = l.dropout;
        r.masks_each_step = l.dropout && l.dropout_each_step;
        r.recurrent_dropout = l.recurrent_dropout;
        if (l.dropout) r.input_mask = arena_.take<int16_t>(inputs);
        if (l.recurrent_dropout) {
            r.recurrent_mask = arena_.take<int16_t>(n);
            r.dropped_h = arena_.take<int16_t>(kept * n);
        }
        // With one lane the kernel's gradient is made when the biases have served.
        const uint64_t biases = bias_terms_of(r.kind) * uint64_t(r.units);
        const bool shared = s.L == 1 && !one_hot && trains(Role::kernel, false) && uint64_t(rows) * r.inputs >= biases;
        if (!shared) r.bias20 = arena_.take<int32_t>(biases);
        else if (!arena_.counting()) r.bias20 = r.kernel->gradient;
        if (through_time_) {
            r.error = arena_.take<int32_t>(n);
            r.d = arena_.take<int16_t>(n);
        }
        // GRU: a term more for the candidate's recurrent part; the way back of LSTM: one for the cell.
        grow(cell_terms_, uint64_t(r.gates + (through_time_ || l.kind == Kind::gru)) * n);
        if (through_time_ && l.recurrent_dropout) grow(carry_, n);
        if (!through_time_) return;
        if (i > 0 || s.input.path == TokenPath::gathered) grow(input_error_, inputs);
        if (s.input.path == TokenPath::gathered && i == 0) grow(errors_, inputs);
    }

    void plan_dense(State& s, uint32_t i) {
        const Layer& l = spec_.layers[sizes_.recurrent + 1 + i];
        DenseLayer& d = arena_.counting() ? counted_dense_ : s.dense[i];
        const uint64_t L = uint64_t(s.L);
        d.activation = static_cast<runnel::Function>(l.activation);
        d.preactivation_bits = fixed::preactivation_bits;
        d.units = l.units;
        d.inputs = spec_.layers[sizes_.recurrent + i].units;
        d.input_bits = below_bits_;  // of the first; the others' follow from the weights
        d.dropout = l.dropout;
        const uint32_t layer = sizes_.recurrent + 1 + i;
        d.kernel = plan_tensor(s, layer, Role::kernel, d.units, d.inputs, 1, l.dropout);
        d.bias = plan_tensor(s, layer, Role::bias, d.units, 1, 1, 0);
        d.a = arena_.take<int32_t>(d.units * L);
        if (i + 1 < sizes_.dense) d.y = arena_.take<int16_t>(d.units * L);
        if (l.dropout) {
            d.mask = arena_.take<int16_t>(d.inputs * L);
            d.dropped = arena_.take<int16_t>(d.inputs * L);
        }
        // The errors of its outputs and, where layers below learn, of its inputs.
        const uint64_t width = through_time_ || i > 0 ? fixed::larger(d.inputs, d.units) : d.units;
        grow(input_error_, width * L);
        grow(errors_, width * L);
    }

    void plan_scratch(State& s) {
        Scratch& scratch = s.scratch;
        scratch.a = arena_.take<int32_t>(cell_terms_);
        scratch.carry = arena_.take<int32_t>(carry_);
        scratch.input_error = arena_.take<int32_t>(input_error_);
        if (s.L > 1) scratch.gradient = arena_.take<int32_t>(gate_gradient_);
        scratch.d = arena_.take<int16_t>(errors_);
        scratch.shift = arena_.take<int8_t>(fixed::larger<uint64_t>(s.slots, 1));
        if (through_time_ && s.input.path == TokenPath::gathered) scratch.row_bits = arena_.take<int8_t>(s.slots);
        scratch.ones = arena_.take<int16_t>(uint64_t(s.L));
        if (!arena_.counting())
            for (int l = 0; l < s.L; ++l) scratch.ones[l] = 1 << 14;
    }

    const Specification& spec_;
    const Sizes sizes_;
    fixed::Arena arena_;
    State counted_ = {};
    RecurrentLayer counted_recurrent_ = {};
    DenseLayer counted_dense_ = {};
    Tensor counted_tensor_ = {};
    bool through_time_ = true;
    uint64_t tensors_ = 0;
    int8_t below_bits_ = 0;
    uint64_t gate_gradient_ = 0, cell_terms_ = 0, carry_ = 0, input_error_ = 0, errors_ = 0;
};

}  // namespace

uint64_t lay_out(const Specification& spec, void* block) { return Planner(spec, block).run(); }

}  // namespace runnel::training
