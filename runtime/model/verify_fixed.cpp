// Fixed models: shapes against sizes, order of layers, ranges. What the numbers of a matrix could overflow is proven
// when the trainer takes them (Trainer::set_weights).
#include <limits>

#include "fixed_model.hpp"
#include "plan.hpp"

namespace runnel {
namespace {

constexpr std::uint32_t max_width = 32768, max_tokens = 65536;  // the trainer's
constexpr std::int32_t max_bias = (1 << 30) - 1;
constexpr std::uint16_t max_dropout = 49151;  // below 0.75

bool valid_width(std::uint32_t n) { return n >= 1 && n <= max_width; }
bool valid_features_bits(int bits) { return bits >= 0 && bits <= 15; }

/// Numbers of 2 bytes or 1; none is the lowest of its type.
template <class T> bool are_codes(const std::uint8_t* bytes, std::uint64_t count) {
    const T* codes = reinterpret_cast<const T*>(bytes);
    bool good = true;
    for (std::uint64_t i = 0; i < count; ++i) good &= codes[i] != std::numeric_limits<T>::min();
    return good;
}

class FixedReader {
public:
    FixedReader(Plan& plan, schema::Format format) : plan_(plan), format_(format) {}

    std::uint32_t width = 0;  ///< of what reaches the next layer; 0: before the first

    bool read(const schema::Layer& layer) {
        if (softmax_ || layer.dropout() > max_dropout || layer.recurrent_dropout() > max_dropout) return false;
        drops_inputs_ = layer.dropout() != 0;
        const bool is_upper = has_recurrent_ && layer.kind_type() == schema::Kind::Recurrent;
        if (layer.dropout_each_step() && !is_upper) return false;
        switch (layer.kind_type()) {
        case schema::Kind::Embedding:
            return embedding(*layer.kind_as_Embedding());
        case schema::Kind::Recurrent:
            return recurrent(*layer.kind_as_Recurrent());
        case schema::Kind::Dense:
            return dense(*layer.kind_as_Dense());
        default:
            return false;
        }
    }
    bool complete() const { return has_dense_; }

private:
    bool embedding(const schema::Embedding& e) {
        if (width || e.format() != format_ || e.projected() || e.tokens() < 1 || e.tokens() > max_tokens ||
            !valid_width(e.width()) || !valid_bits(e.weight_bits()) ||
            !holds(*e.packed(), std::uint64_t(e.tokens()) * e.width()))
            return false;
        plan_.input.takes_tokens = true;
        plan_.input.width = e.tokens();
        plan_.input.mask_zero = e.mask_zero();
        width = e.width();
        return true;
    }

    bool recurrent(const schema::Recurrent& r) {
        const bool first = width == 0, gated = r.cell() != schema::Cell::simple_rnn;
        training::Function f, gate;
        if (has_dense_ || r.format() != format_ || int(r.cell()) > int(schema::Cell::lstm) ||
            r.cell() == schema::Cell::gru_reset_before || !valid_width(r.units()) ||
            (r.one_hot() && (!first || drops_inputs_)) ||
            !(first ? r.inputs() >= 1 && r.inputs() <= (r.one_hot() ? max_tokens : max_width) : r.inputs() == width) ||
            !to_training(r.activation()->function(), f) || !to_training(r.recurrent_activation()->function(), gate))
            return false;
        if (gated ? f != training::Function::tanh : f == training::Function::softmax) return false;
        if (gated && gate != training::Function::sigmoid && gate != training::Function::hard_sigmoid) return false;
        const std::uint64_t rows = std::uint64_t(gate_count(r.cell())) * r.units(),
                            biases = r.cell() == schema::Cell::gru ? 2 * rows : rows;
        if (!valid_bits(r.weight_bits()) || !valid_bits(r.recurrent_bits()) || !valid_features_bits(r.input_bits()) ||
            !valid_features_bits(r.state_bits()) ||
            !holds(*r.packed(), rows * (std::uint64_t(r.inputs()) + r.units())) || !are_biases(r.biases(), biases))
            return false;
        if (first) {
            plan_.input.width = r.inputs();
            plan_.input.takes_tokens = r.one_hot(), plan_.input.one_hot = !r.one_hot();
        }
        width = r.units();
        has_recurrent_ = true;
        return true;
    }

    bool dense(const schema::Dense& d) {
        training::Function f;
        if (!has_recurrent_ || d.format() != format_ || d.inputs() != width || !valid_width(d.units()) ||
            !to_training(d.activation()->function(), f) || !valid_bits(d.weight_bits()) ||
            !holds(*d.packed(), std::uint64_t(d.units()) * d.inputs()) || !are_biases(d.biases(), d.units()))
            return false;
        softmax_ = f == training::Function::softmax;
        width = d.units();
        has_dense_ = true;
        return true;
    }

    bool valid_bits(int bits) const {
        return format_ == schema::Format::fixed ? bits >= 6 && bits <= 24 : bits >= -1 && bits <= 17;
    }

    bool holds(const flatbuffers::Vector<std::uint8_t>& packed, std::uint64_t count) const {
        if (reinterpret_cast<std::uintptr_t>(packed.data()) % 64) return false;
        if (format_ == schema::Format::fixed8)
            return packed.size() == count && are_codes<std::int8_t>(packed.data(), count);
        return packed.size() == 2 * count && are_codes<std::int16_t>(packed.data(), count);
    }

    static bool are_biases(const flatbuffers::Vector<std::int32_t>* biases, std::uint64_t count) {
        if (!biases || biases->size() != count) return false;
        bool good = true;
        for (std::size_t i = 0; i < count; ++i) good &= biases->data()[i] >= -max_bias && biases->data()[i] <= max_bias;
        return good;
    }

    Plan& plan_;
    schema::Format format_;
    bool has_recurrent_ = false, has_dense_ = false, softmax_ = false, drops_inputs_ = false;
};

}  // namespace

schema::Format format_of(const schema::Layer& layer) noexcept {
    if (const auto* e = layer.kind_as_Embedding()) return e->format();
    if (const auto* r = layer.kind_as_Recurrent()) return r->format();
    if (const auto* d = layer.kind_as_Dense()) return d->format();
    return schema::Format::f32;
}

std::int32_t read_fixed(const schema::Model& file, Plan& plan) noexcept {
    FixedReader reader(plan, format_of(*file.layers()->Get(0)));
    const auto count = std::int32_t(file.layers()->size());
    for (std::int32_t i = 0; i < count; ++i)
        if (!reader.read(*file.layers()->Get(flatbuffers::uoffset_t(i)))) return i;
    if (!reader.complete()) return count - 1;
    plan.outputs = reader.width;
    return -1;
}

}  // namespace runnel
