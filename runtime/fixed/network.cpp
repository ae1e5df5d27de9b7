#include "network.hpp"

#include "arena.hpp"
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
        for (uint32_t i = 0; i < network_.count; ++i) {
            n.recurrent_count_ = uint8_t(n.recurrent_count_ + (network_.layers[i].kind == Kind::recurrent));
            n.dense_count_ = uint8_t(n.dense_count_ + (network_.layers[i].kind == Kind::dense));
        }
        for_each_tensor(network_, [&](const TensorShape&, const void*, const uint8_t*) { ++n.tensor_count_; });
        n.recurrent_ = arena_.take<Network::RecurrentLayer>(n.recurrent_count_);
        n.dense_ = arena_.take<Network::DenseLayer>(n.dense_count_);
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
        n.width_ = first.units;
        Tensor* tensor = n.tensors_ + (first.kind == Kind::embedding);
        int below_bits = first.bits;
        uint64_t widest = 0;
        uint32_t recurrent = 0, dense = 0;
        for (uint32_t i = 1; i < network_.count; ++i) {
            const LayerDescription& l = network_.layers[i];
            if (l.kind == Kind::recurrent) {
                Network::RecurrentLayer unplaced = {}, &r = arena_.counting() ? unplaced : n.recurrent_[recurrent++];
                widest = larger(widest, bias_terms_of(l.cell) * uint64_t(l.units));
                place(r, l, below_bits);
                below_bits = r.state_bits;
                r.kernel = tensor++, r.recurrent = tensor++, r.bias = tensor++;
                if (l.cell == Cell::gru) r.recurrent_bias = tensor++;
            } else {
                Network::DenseLayer unplaced = {}, &d = arena_.counting() ? unplaced : n.dense_[dense++];
                d.activation = l.activation;
                d.units = l.units, d.inputs = l.inputs;
                d.input_bits = int8_t(below_bits);  // of the first; the others' follow from the weights
                d.a = arena_.take<int32_t>(l.units);
                if (i + 1 < network_.count) d.y = arena_.take<int16_t>(l.units);
                d.kernel = tensor++, d.bias = tensor++;
            }
        }
        n.a_ = arena_.take<int32_t>(widest);
        if (first.kind == Kind::embedding && network_.narrow && !network_.widened)
            n.row_ = arena_.take<int16_t>(first.units);
    }

    void place(Network::RecurrentLayer& r, const LayerDescription& l, int below_bits) {
        const bool bounded = is_gated(l.cell) || (l.activation != Function::relu && l.activation != Function::linear);
        r.kind = l.cell;
        r.activation = l.activation;
        r.hard_sigmoid = l.hard_sigmoid;
        r.gates = uint8_t(gates_of(l.cell));
        r.input_bits = int8_t(below_bits);
        r.state_bits = bounded ? int8_t(unit_bits) : l.bits;
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
    if (input_ == Kind::embedding) {
        const Weights table = tensors_[0].weights();
        recurrent_[0].input_bits = table.narrow ? tensors_[0].trained_bits : int8_t(table.bits);
    }
    for (uint32_t i = 0; i < recurrent_count_; ++i) {
        RecurrentLayer& r = recurrent_[i];
        fixed::prepare(r, r.recurrent->weights(), r.bias->biases(),
                       r.recurrent_bias ? r.recurrent_bias->biases() : nullptr);
    }
    for (uint32_t i = 0; i < dense_count_; ++i) {
        DenseLayer& d = dense_[i];
        if (i > 0) d.input_bits = dense_[i - 1].output_bits;
        fixed::prepare(d, d.kernel->weights(), d.bias->biases());
    }
}

void Network::clear() noexcept {
    for_each_state([](auto* values, uint32_t count) { __builtin_memset(values, 0, count * sizeof *values); });
}

void Network::step(uint32_t token) noexcept {
    RecurrentLayer& r = recurrent_[0];
    const Tensor& table = tensors_[0];
    const Weights numbers = table.weights();
    if (input_ == Kind::one_hot) {
        one_hot_part(r, numbers, token, a_);
        return run_layers();
    }
    if (!numbers.narrow) return step(numbers.wide() + size_t(token) * table.columns);
    table.copy_row_to(token, row_);
    step(row_);
}

void Network::step(const int16_t* x) noexcept {
    RecurrentLayer& r = recurrent_[0];
    input_part(run_, r, r.kernel->weights(), x, a_);
    run_layers();
}

/// The recurrent layers, the input part of the first one being in a_.
void Network::run_layers() noexcept {
    for (uint32_t i = 0; i < recurrent_count_; ++i) {
        RecurrentLayer& r = recurrent_[i];
        if (i > 0) input_part(run_, r, r.kernel->weights(), recurrent_[i - 1].h, a_);
        fixed::step(run_, r, r.recurrent->weights(), {r.h, r.h, r.h, a_, nullptr});
    }
}

void Network::answer(int32_t* to) noexcept {
    const int16_t* x = recurrent_[recurrent_count_ - 1].h;
    for (uint32_t i = 0; i < dense_count_; ++i) {
        DenseLayer& d = dense_[i];
        fixed::step(*run_.kernels, d, d.kernel->weights(), d.bias->biases(), x, 1);
        x = d.y;
    }
    fixed::answer(dense_[dense_count_ - 1], 1, 0, to);
}

Counts Network::saturations(uint32_t layer) const noexcept {
    if (layer == 0) return {};
    return layer <= recurrent_count_ ? recurrent_[layer - 1].saturated : dense_[layer - 1 - recurrent_count_].saturated;
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
