// Fixed models: shapes against sizes, order of layers, ranges, and that no sum of products can overflow: weights are
// then read where they lie, and the trainer takes them as they are.
#include "base/limits.hpp"
#include "fixed/tensor.hpp"
#include "plan.hpp"

namespace runnel {
namespace {

bool valid_width(std::uint32_t n) { return n >= 1 && n <= fixed::max_width; }
bool valid_features_bits(int bits) { return bits >= 0 && bits <= fixed::max_number_bits; }

/// Whether all numbers are within their magnitude: of int16 with room to learn, of int8 all but -128.
bool are_weights(const std::int16_t* w, std::uint64_t count) {
    bool good = true;
    for (std::uint64_t i = 0; i < count; ++i) good &= w[i] >= -fixed::weight_limit && w[i] <= fixed::weight_limit;
    return good;
}
bool are_weights(const std::int8_t* w, std::uint64_t count) {
    bool good = true;
    for (std::uint64_t i = 0; i < count; ++i) good &= w[i] != INT8_MIN;
    return good;
}

class FixedReader {
public:
    FixedReader(Plan& plan, schema::Format format) : plan_(plan), format_(format) {}

    std::uint32_t width = 0;  ///< of what reaches the next layer; 0: before the first

    bool read(const schema::Layer& layer) {
        if (softmax_ || layer.dropout() >= fixed::dropout_end || layer.recurrent_dropout() >= fixed::dropout_end)
            return false;
        drops_inputs_ = layer.dropout() != 0;
        const bool is_upper = has_recurrent_ && layer.kind_type() == schema::Kind::Recurrent;
        if (layer.dropout_each_step() && !is_upper) return false;
        switch (layer.kind_type()) {
        case schema::Kind::Embedding:
            return embedding(*layer.kind_as_Embedding());
        case schema::Kind::Masking:
            return masking(*layer.kind_as_Masking());
        case schema::Kind::Recurrent:
            return recurrent(*layer.kind_as_Recurrent());
        case schema::Kind::Dense:
            return dense(*layer.kind_as_Dense());
        case schema::Kind::Activate:
            return activate(*layer.kind_as_Activate());
        default:
            return false;
        }
    }
    bool complete() const { return has_recurrent_; }

private:
    /// What reaches a layer: of the first one, features with so many fraction bits.
    bool enter(std::uint32_t inputs, int input_bits) {
        if (!valid_features_bits(input_bits)) return false;
        if (width) return inputs == width;
        if (plan_.input.has_mask_value && inputs != plan_.input.width) return false;
        plan_.input.width = inputs;
        return valid_width(inputs);
    }

    bool masking(const schema::Masking& m) {
        if (width || plan_.input.has_mask_value || !valid_width(m.width()) || !(m.value() - m.value() == 0))
            return false;
        plan_.input.has_mask_value = true;
        plan_.input.mask_value = m.value();
        plan_.input.width = m.width();
        return true;
    }

    bool activate(const schema::Activate& a) {
        const Function f = function(*a.activation());
        if (!enter(a.width(), a.input_bits()) || !fixed::has_function(f) || f == Function::softmax) return false;
        width = a.width();
        return true;
    }

    bool embedding(const schema::Embedding& e) {
        if (width || plan_.input.has_mask_value || e.format() != format_ || e.projected() || e.tokens() < 1 ||
            e.tokens() > fixed::max_tokens || !valid_width(e.width()) || !valid_bits(e.weight_bits()) ||
            !is_finer(e.finer(), e.tokens()) || !holds(*e.packed(), std::uint64_t(e.tokens()) * e.width()))
            return false;
        plan_.input.takes_tokens = true;
        plan_.input.width = e.tokens();
        plan_.input.mask_zero = e.mask_zero();
        width = e.width();
        return true;
    }

    bool recurrent(const schema::Recurrent& r) {
        const bool first = width == 0, gated = r.cell() != schema::Cell::simple_rnn;
        const Function f = function(*r.activation()), gate = function(*r.recurrent_activation());
        if (r.format() != format_ || int(r.cell()) > int(schema::Cell::lstm) || !valid_width(r.units()) ||
            !fixed::has_function(f) || f == Function::softmax || !fixed::has_function(gate))
            return false;
        if (gated && gate != Function::sigmoid && gate != Function::hard_sigmoid &&
            gate != Function::hard_sigmoid_keras3)
            return false;
        if (r.one_hot()) {
            if (!first || drops_inputs_ || plan_.input.has_mask_value || r.inputs() < 1 ||
                r.inputs() > fixed::max_tokens || !valid_features_bits(r.input_bits()))
                return false;
            plan_.input.width = r.inputs();
        } else if (!enter(r.inputs(), r.input_bits())) {
            return false;
        }
        const auto gates = std::uint8_t(gates_of(Cell(r.cell())));
        const std::uint64_t rows = std::uint64_t(gates) * r.units(),
                            biases = r.cell() == schema::Cell::gru ? 2 * rows : rows;
        if (!valid_bits(r.weight_bits(), r.preactivation_bits()) ||
            !valid_bits(r.recurrent_bits(), r.preactivation_bits()) || !valid_features_bits(r.state_bits()) ||
            !holds(*r.packed(), rows * (std::uint64_t(r.inputs()) + r.units())) || !are_biases(r.biases(), biases))
            return false;
        const std::uint64_t inputs = rows * r.inputs(), kernel_rows = r.one_hot() ? r.inputs() : rows;
        if (!is_finer(r.finer(), kernel_rows + rows)) return false;
        const std::uint8_t* finer = r.finer() ? r.finer()->data() : nullptr;
        if (!(r.one_hot() ||
              sums_fit(*r.packed(), 0, finer, {std::uint32_t(rows), r.inputs(), r.weight_bits(), gates})) ||
            !sums_fit(*r.packed(), inputs, finer ? finer + kernel_rows : nullptr,
                      {std::uint32_t(rows), r.units(), r.recurrent_bits(), gates}))
            return false;
        if (first) {
            plan_.input.takes_tokens = r.one_hot(), plan_.input.one_hot = !r.one_hot();
        }
        width = r.units();
        has_recurrent_ = true;
        return true;
    }

    bool dense(const schema::Dense& d) {
        const bool first = width == 0;
        const Function f = function(*d.activation());
        if (d.format() != format_ || !enter(d.inputs(), d.input_bits()) || !valid_width(d.units()) ||
            !fixed::has_function(f) || !valid_bits(d.weight_bits(), d.preactivation_bits()) ||
            !holds(*d.packed(), std::uint64_t(d.units()) * d.inputs()) || !are_biases(d.biases(), d.units()) ||
            !is_finer(d.finer(), d.units()) ||
            !sums_fit(*d.packed(), 0, d.finer() ? d.finer()->data() : nullptr,
                      {d.units(), d.inputs(), d.weight_bits(), 0}))
            return false;
        softmax_ = f == Function::softmax;
        plan_.input.one_hot |= first;
        width = d.units();
        return true;
    }

    /// Whether weights may have so many fraction bits: every product is then shifted by at most 30.
    bool valid_bits(int bits, int preactivation_bits = fixed::preactivation_bits) const {
        const int wide = format_ == schema::Format::fixed ? bits : bits + fixed::narrow_bits;
        return preactivation_bits >= fixed::least_preactivation_bits &&
               preactivation_bits <= fixed::preactivation_bits && wide >= fixed::least_weight_bits &&
               wide <= fixed::max_weight_bits + preactivation_bits - fixed::preactivation_bits;
    }

    bool holds(const flatbuffers::Vector<std::uint8_t>& packed, std::uint64_t count) const {
        if (reinterpret_cast<std::uintptr_t>(packed.data()) % 64) return false;
        if (format_ == schema::Format::fixed8)
            return packed.size() == count && are_weights(narrow(packed), count);
        return packed.size() == 2 * count && are_weights(wide(packed), count);
    }

    /// Whether a vector of fraction bits that rows have more is one of so many rows, and of int8; or there is none.
    bool is_finer(const flatbuffers::Vector<std::uint8_t>* finer, std::uint64_t rows) const {
        if (!finer) return true;
        bool good = format_ == schema::Format::fixed8 && finer->size() == rows;
        for (const std::uint8_t bits : *finer) good &= bits <= fixed::narrow_bits;
        return good;
    }

    struct Matrix {
        std::uint32_t rows, columns;
        std::int8_t bits;
        std::uint8_t gates;  ///< 0: Dense, whose columns are summed in 64 bits
    };
    /// Whether products over a matrix that begins at number `first` can never overflow.
    bool sums_fit(const flatbuffers::Vector<std::uint8_t>& packed, std::uint64_t first, const std::uint8_t* finer,
                  const Matrix& m) const {
        const fixed::TensorShape shape = {m.rows, m.columns, m.bits, m.gates, 0, fixed::Role::kernel};
        if (format_ == schema::Format::fixed) return fixed::sums_fit(wide(packed) + first, shape, m.gates != 0);
        const fixed::Codes codes = {narrow(packed) + first, finer};
        return fixed::sums_fit(codes, shape, m.gates != 0, fixed::least_spare_bits(codes, shape));
    }

    static Function function(const schema::Activation& a) { return Function(a.function()); }
    static const std::int16_t* wide(const flatbuffers::Vector<std::uint8_t>& packed) {
        return reinterpret_cast<const std::int16_t*>(packed.data());
    }
    static const std::int8_t* narrow(const flatbuffers::Vector<std::uint8_t>& packed) {
        return reinterpret_cast<const std::int8_t*>(packed.data());
    }

    static bool are_biases(const flatbuffers::Vector<std::int32_t>* biases, std::uint64_t count) {
        if (!biases || biases->size() != count) return false;
        bool good = true;
        for (std::size_t i = 0; i < count; ++i)
            good &= fixed::magnitude<std::int64_t>(biases->data()[i]) <= fixed::number_limit;
        return good;
    }

    Plan& plan_;
    schema::Format format_;
    bool has_recurrent_ = false, softmax_ = false, drops_inputs_ = false;
};

}  // namespace

schema::Format format_of(const schema::Layer& layer) noexcept {
    if (const auto* e = layer.kind_as_Embedding()) return e->format();
    if (const auto* r = layer.kind_as_Recurrent()) return r->format();
    if (const auto* d = layer.kind_as_Dense()) return d->format();
    return schema::Format::f32;
}

schema::Format format_of(const schema::Model& file) noexcept {
    for (const schema::Layer* layer : *file.layers())
        if (layer->kind_type() != schema::Kind::Masking && layer->kind_type() != schema::Kind::Activate)
            return format_of(*layer);
    return schema::Format::f32;
}

std::int32_t read_fixed(const schema::Model& file, Plan& plan) noexcept {
    FixedReader reader(plan, format_of(file));
    const auto count = std::int32_t(file.layers()->size());
    for (std::int32_t i = 0; i < count; ++i) {
        const schema::Layer& layer = *file.layers()->Get(flatbuffers::uoffset_t(i));
        if (layer.inputs() || !reader.read(layer)) return i;
    }
    if (!reader.complete()) return count - 1;
    plan.outputs = reader.width;
    return -1;
}

}  // namespace runnel
