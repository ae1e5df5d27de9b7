#include "network.hpp"

#include "arena.hpp"
#include "functions.hpp"
#include "saved_state.hpp"

namespace runnel::fixed {

using Kind = LayerDescription::Kind;

namespace {

/// Alignment of what vectors load: in one cache line each.
constexpr uint64_t line = 64;

int spare_bits(const Tensor& t) {
    int spare = narrow_bits;
    while (spare > 0 && t.by_rows && !sums_fit(t.codes, t, t.by_columns, spare)) --spare;
    return spare;
}

}  // namespace

void Tensor::copy_to(void* to) const {
    if (!narrow) {
        __builtin_memcpy(to, file, rows * row_bytes());
        return;
    }
    for (uint32_t row = 0; row < rows; ++row) copy_row_to(row, static_cast<int16_t*>(to) + size_t(row) * columns);
}

void Tensor::copy_row_to(uint32_t row, int16_t* to) const {
    const int8_t* numbers = codes.numbers + size_t(row) * columns;
    const int factor = 1 << (trained_bits - file_bits - codes.finer_of(row));
    for (uint32_t i = 0; i < columns; ++i) to[i] = int16_t(numbers[i] * factor);
}

/// Lays a network out; without a block it only counts.
class Planner {
public:
    Planner(const Description& network, void* block) : network_(network), arena_(block, 4) {}

    uint64_t run(Network*& placed) {
        placed = arena_.take<Network>(1);
        Network& n = placed ? *placed : counted_;
        n.takes_patches_ = true;
        for (uint32_t i = 0; i < network_.count; ++i) {
            const LayerDescription& l = network_.layers[i];
            n.recurrent_count_ = uint8_t(n.recurrent_count_ + (l.kind == Kind::recurrent));
            n.dense_count_ = uint8_t(n.dense_count_ + (l.kind == Kind::dense));
            n.activate_count_ = uint8_t(n.activate_count_ + (l.kind == Kind::activate));
            n.takes_patches_ &= network_.has_trained_formats(l);
        }
        n.op_count_ = uint8_t(network_.count - 1);
        for_each_tensor(network_, [&](const TensorShape&, const void*, const uint8_t*) { ++n.tensor_count_; });
        n.recurrent_ = arena_.take<Network::RecurrentLayer>(n.recurrent_count_);
        n.dense_ = arena_.take<Network::DenseLayer>(n.dense_count_);
        n.activate_ = arena_.take<Network::ActivateLayer>(n.activate_count_);
        n.ops_ = arena_.take<Network::Op>(n.op_count_);
        n.tensors_ = arena_.take<Tensor>(n.tensor_count_);
        set_tensors(n);
        place(n);
        return (arena_.used() + 63) / 64 * 64;
    }

private:
    void set_tensors(Network& n) {
        uint32_t index = 0;
        for_each_tensor(network_, [&](const TensorShape& shape, const void* numbers, const uint8_t* finer) {
            const bool weights = !shape.holds_biases();
            const bool table = shape.role == Role::embeddings || (is_one_hot() && index == 0);
            int16_t* widened = nullptr;
            if (weights && network_.widened) widened = arena_.take<int16_t>(uint64_t(shape.rows) * shape.columns, line);
            if (arena_.counting()) return;
            Tensor& t = n.tensors_[index++];
            static_cast<TensorShape&>(t) = shape;
            t.narrow = weights && network_.narrow;
            t.by_rows = weights && !table;
            t.by_columns = t.by_rows && network_.layers[shape.layer].kind == Kind::recurrent;
            t.file_bits = shape.bits;
            t.file = numbers;
            if (t.narrow) t.codes = {static_cast<const int8_t*>(numbers), finer};
            t.trained_bits = int8_t(shape.bits + (t.narrow ? spare_bits(t) : 0));
            t.widened = widened;
            if (widened) t.copy_to(widened);
        });
    }

    bool is_one_hot() const { return network_.layers[0].kind == Kind::one_hot; }

    void place(Network& n) {
        const LayerDescription& first = network_.layers[0];
        n.input_ = first.kind;
        n.feature_bits_ = first.bits;
        n.width_ = first.units;
        uint32_t tensors = first.kind == Kind::embedding;
        const auto next_tensor = [&] { return arena_.counting() ? nullptr : n.tensors_ + tensors++; };
        uint64_t widest = 0, widest_reset = 0;
        uint8_t recurrent = 0, dense = 0, activate = 0;
        for (uint32_t i = 1; i < network_.count; ++i) {
            const LayerDescription& l = network_.layers[i];
            Network::Op op = {l.kind, 0};
            if (l.kind == Kind::recurrent) {
                op.index = recurrent++;
                n.body_ = uint8_t(i);
                Network::RecurrentLayer unplaced = {}, &r = arena_.counting() ? unplaced : n.recurrent_[op.index];
                place(r, l);
                if (l.cell == Cell::gru_reset_before) widest_reset = larger<uint64_t>(widest_reset, l.units);
                widest = larger(widest, uint64_t(bias_terms_of(l.cell)) * l.units);
                r.kernel = next_tensor(), r.recurrent = next_tensor(), r.bias = next_tensor();
                if (l.cell == Cell::gru) r.recurrent_bias = next_tensor();
            } else if (l.kind == Kind::dense) {
                op.index = dense++;
                Network::DenseLayer unplaced = {}, &d = arena_.counting() ? unplaced : n.dense_[op.index];
                d.activation = l.activation;
                d.preactivation_bits = l.preactivation_bits;
                d.units = l.units, d.inputs = l.inputs;
                d.a = arena_.take<int32_t>(l.units);
                if (i + 1 < network_.count) d.y = arena_.take<int16_t>(l.units, line);
                d.kernel = next_tensor(), d.bias = next_tensor();
            } else {
                op.index = activate++;
                Network::ActivateLayer unplaced = {}, &v = arena_.counting() ? unplaced : n.activate_[op.index];
                v.function = l.activation;
                v.units = l.units;
                v.y = arena_.take<int16_t>(l.units, line);
                widest = larger<uint64_t>(widest, l.units);
            }
            if (!arena_.counting()) n.ops_[i - 1] = op;
        }
        n.a_ = arena_.take<int32_t>(widest);
        n.reset_ = arena_.take<int16_t>(widest_reset, line);
        if (first.kind == Kind::embedding && network_.narrow && !network_.widened)
            n.row_ = arena_.take<int16_t>(first.units);
    }

    void place(Network::RecurrentLayer& r, const LayerDescription& l) {
        r.kind = l.cell;
        r.activation = l.activation;
        r.gate_function = l.gate_function;
        r.gates = uint8_t(gates_of(l.cell));
        r.preactivation_bits = l.preactivation_bits;
        r.state_bits = stays_within_one(l.activation) ? int8_t(unit_bits) : l.bits;
        r.units = l.units, r.inputs = l.inputs;
        r.n = int(l.units);
        r.bias20 = arena_.take<int32_t>(bias_terms_of(l.cell) * l.units);
        if (l.cell == Cell::lstm) r.cell = arena_.take<int32_t>(l.units);
        r.h = arena_.take<int16_t>(l.units, line);
    }

    const Description& network_;
    Arena arena_;
    Network counted_ = {};
};

size_t Network::bytes(const Description& network) noexcept {
    Network* none;
    const uint64_t bytes = Planner(network, nullptr).run(none);
    return bytes > SIZE_MAX ? SIZE_MAX : size_t(bytes);
}

Network& Network::create(const Description& network, const Kernels& kernels, void* block) noexcept {
    Network* n;
    Planner(network, block).run(n);
    n->run_ = {&kernels, kernels.product};
    n->prepare();
    return *n;
}

void Network::prepare() noexcept {
    int bits = feature_bits_;
    if (input_ == Kind::embedding) {
        const Weights table = tensors_[0].weights();
        bits = table.narrow ? tensors_[0].trained_bits : table.bits;
    }
    for (uint32_t i = 0; i < op_count_; ++i) {
        const Op op = ops_[i];
        if (op.kind == Kind::recurrent) {
            RecurrentLayer& r = recurrent_[op.index];
            r.input_bits = int8_t(bits);
            fixed::prepare(r, r.recurrent->weights(), r.bias->biases(),
                           r.recurrent_bias ? r.recurrent_bias->biases() : nullptr);
        } else if (op.kind == Kind::dense) {
            DenseLayer& d = dense_[op.index];
            d.input_bits = int8_t(bits);
            fixed::prepare(d, d.kernel->weights(), d.bias->biases());
        } else {
            ActivateLayer& v = activate_[op.index];
            v.input_bits = int8_t(bits);
            v.bits = int8_t(smaller(bits + 5, preactivation_bits));
            v.output_bits = int8_t(stays_within_one(v.function) ? unit_bits : smaller(bits, int(v.bits)));
        }
        bits = values_of(op).bits;
    }
}

void Network::clear() noexcept {
    for_each_state([](auto* values, uint32_t count) { __builtin_memset(values, 0, count * sizeof *values); });
}

void Network::step(uint32_t token) noexcept {
    const Tensor& table = tensors_[0];
    const Weights numbers = table.weights();
    if (input_ == Kind::one_hot) {
        one_hot_part(recurrent_[0], numbers, token, a_);
        return run(0, body_, nullptr);
    }
    if (!numbers.narrow) return run(0, body_, numbers.wide() + size_t(token) * table.columns);
    table.copy_row_to(token, row_);
    run(0, body_, row_);
}

void Network::step(const int16_t* x) noexcept { run(0, body_, x); }

Network::Values Network::values_of(Op op) const noexcept {
    switch (op.kind) {
    case Kind::recurrent:
        return {recurrent_[op.index].h, recurrent_[op.index].units, recurrent_[op.index].state_bits};
    case Kind::dense:
        return {dense_[op.index].y, dense_[op.index].units, dense_[op.index].output_bits};
    default:
        return {activate_[op.index].y, activate_[op.index].units, activate_[op.index].output_bits};
    }
}

/// The layers [first, last), from the output x of what is below; null: a_ has the first one's input part.
void Network::run(uint32_t first, uint32_t last, const int16_t* x) noexcept {
    for (uint32_t i = first; i < last; ++i) {
        const Op op = ops_[i];
        if (op.kind == Kind::recurrent) {
            RecurrentLayer& r = recurrent_[op.index];
            if (x) input_part(run_, r, r.kernel->weights(), x, a_);
            fixed::step(run_, r, r.recurrent->weights(), {r.h, r.h, r.h, a_, nullptr, reset_});
        } else if (op.kind == Kind::dense) {
            DenseLayer& d = dense_[op.index];
            fixed::step(*run_.kernels, d, d.kernel->weights(), d.bias->biases(), x, 1);
        } else {
            run_activate(activate_[op.index], x);
        }
        x = values_of(op).x;
    }
}

void Network::run_activate(ActivateLayer& v, const int16_t* x) noexcept {
    for (uint32_t i = 0; i < v.units; ++i) a_[i] = rescale(x[i], v.input_bits - v.bits);
    activate(*run_.kernels, {a_, v.y, &v.saturated, int(v.units), v.output_bits, v.function}, v.bits);
}

void Network::answer(int32_t* to) noexcept {
    run(body_, op_count_, values_of(ops_[body_ - 1]).x);
    const Op last = ops_[op_count_ - 1];
    if (last.kind == Kind::dense) return fixed::answer(dense_[last.index], 1, 0, to);
    const Values values = values_of(last);
    for (uint32_t i = 0; i < values.count; ++i) to[i] = values.x[i];
}

int Network::answer_bits() const noexcept {
    const Op last = ops_[op_count_ - 1];
    return last.kind == Kind::dense ? fixed::answer_bits(dense_[last.index]) : values_of(last).bits;
}

Counts Network::saturations(uint32_t layer) const noexcept {
    if (layer == 0) return {};
    const Op op = ops_[layer - 1];
    switch (op.kind) {
    case Kind::recurrent:
        return recurrent_[op.index].saturated;
    case Kind::dense:
        return dense_[op.index].saturated;
    default:
        return {0, activate_[op.index].saturated};
    }
}

/// Calls f(h or cell, count) for each vector of the state, in order.
template <class F> void Network::for_each_state(F f) const {
    for (uint32_t i = 0; i < recurrent_count_; ++i) {
        const RecurrentLayer& r = recurrent_[i];
        f(r.h, r.units);
        if (r.cell) f(r.cell, r.units);
    }
}

size_t Network::state_bytes() const noexcept {
    return fixed::state_bytes([&](auto f) { for_each_state(f); });
}
void Network::save_state(void* to) const noexcept {
    fixed::save_state([&](auto f) { for_each_state(f); }, to);
}
bool Network::restore_state(const void* from) noexcept {
    return fixed::restore_state([&](auto f) { for_each_state(f); }, from);
}

}  // namespace runnel::fixed
