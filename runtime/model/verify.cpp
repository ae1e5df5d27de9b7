// The second verification: shapes against sizes, order of layers, ranges, finite numbers. After it nothing is
// checked again.
#include "layers/activate.hpp"
#include "layers/dense.hpp"
#include "layers/embedding.hpp"
#include "layers/recurrent.hpp"
#include "plan.hpp"

namespace runnel {
namespace {

static_assert(int(schema::Function::MAX) + 1 == int(Function::count));
static_assert(int(schema::Cell::MAX) == int(Cell::lstm));
static_assert(int(schema::Format::int4) == int(Format::int4));

constexpr std::uint32_t max_width = 1u << 20;  // keeps every product of sizes within 64 bits
constexpr std::uint32_t terms_of[] = {1, 4, 3, 4};

bool valid_width(std::uint32_t n) { return n >= 1 && n <= max_width; }

bool aligned(const void* p, std::size_t to) { return reinterpret_cast<std::uintptr_t>(p) % to == 0; }

/// Reads the layers one after another; `width` is that of the numbers which reach the next one.
class Reader {
public:
    explicit Reader(Plan& plan) : plan_(plan) {}

    std::uint32_t width = 0;  ///< 0: before the first layer

    bool read(const schema::Layer& layer) {
        switch (layer.kind_type()) {
            case schema::Kind::Embedding: return embedding(*layer.kind_as_Embedding());
            case schema::Kind::Masking: return masking(*layer.kind_as_Masking());
            case schema::Kind::Recurrent: return recurrent_layer(*layer.kind_as_Recurrent());
            case schema::Kind::Dense: return dense_layer(*layer.kind_as_Dense());
            case schema::Kind::Activate: return activate_layer(*layer.kind_as_Activate());
            default: return false;
        }
    }

    bool ends_projected() const { return projected_; }

private:
    bool embedding(const schema::Embedding& e) {
        Layer layer{.kind = Layer::Kind::embedding, .format = Format(e.format()), .projected = e.projected(),
                    .inputs = e.tokens(), .outputs = e.width()};
        if (width || !valid_width(e.tokens()) || !valid_width(e.width())) return false;
        const std::uint64_t count = std::uint64_t(e.tokens()) * e.width();
        switch (layer.format) {
            case Format::f32:
            case Format::f16:
                if (!holds(*e.packed(), layer.format, count)) return false;
                break;
            case Format::int8:
                if (!holds(*e.packed(), layer.format, count) || !are_scales(e.scales(), e.tokens(), 4)) return false;
                break;
            case Format::int4:
                if (e.width() % 32 || !holds_bytes(*e.packed(), count / 2) || !are_scales(e.scales(), count / 32, 4))
                    return false;
                break;
            default: return false;
        }
        plan_.takes_tokens = true;
        plan_.inputs = e.tokens();
        plan_.mask_zero = e.mask_zero();
        layer.weights = e.packed()->data();
        layer.scales = e.scales() ? e.scales()->data() : nullptr;
        at_least(plan_.work_floats, embedding::output_size(layer));
        projected_ = e.projected();
        append(layer);
        return true;
    }

    bool masking(const schema::Masking& m) {
        if (width || !enter(m.width()) || !(m.value() - m.value() == 0)) return false;
        plan_.has_mask_value = true;
        plan_.mask_value = m.value();
        width = m.width();
        return true;
    }

    bool recurrent_layer(const schema::Recurrent& r) {
        const auto cell = std::size_t(r.cell());
        Layer layer{.kind = Layer::Kind::recurrent, .cell = Cell(cell), .format = Format(r.format()),
                    .apart = r.apart(), .inputs = r.inputs(), .outputs = r.units()};
        if (cell > std::size_t(Cell::lstm) || !valid_width(r.units()) || !is_matrix_format(layer.format) ||
            !activation(*r.activation(), layer.activation) ||
            !activation(*r.recurrent_activation(), layer.recurrent_activation) ||
            !is_elementwise(layer.activation.function) || !is_elementwise(layer.recurrent_activation.function))
            return false;
        const std::uint64_t gates = gates_of(layer.cell), rows = padded_units(r.units());
        if (projected_ ? r.inputs() != 0 || width != gates * rows : !enter(r.inputs())) return false;
        projected_ = false;
        const Packing one_gate{1, r.units(), r.inputs(), r.units(), group_of(layer.format)};
        if (!holds(*r.packed(), layer.format, one_gate.size() * gates) || !is_bias(*r.bias(), rows * terms_of[cell]))
            return false;
        if (is_integer(layer.format)) {
            if (!are_scales(r.scales(), rows * 2 * gates, 64) || !is_scale(r.input_scale()) ||
                !is_scale(r.state_scale()))
                return false;
            // Parts with ranges of their own cannot share their sums.
            if (!r.apart() && (r.state_scale() == 0 || (r.inputs() && r.input_scale() == 0))) return false;
            layer.scales = r.scales()->data();
            layer.input_scale = r.input_scale(), layer.state_scale = r.state_scale();
        }
        layer.weights = r.packed()->data(), layer.bias = r.bias()->data();
        layer.state = std::uint32_t(plan_.state_floats);
        plan_.state_floats += padded_to(recurrent::state_size(layer.cell, layer.format, layer.outputs), 16);
        plan_.saved_floats += layer.outputs * (layer.cell == Cell::lstm ? 2 : 1);
        at_least(plan_.scratch_floats, recurrent::Scratch(layer).size);
        may_be_one_hot();
        append(layer);
        plan_.body = plan_.count;
        return true;
    }

    bool dense_layer(const schema::Dense& d) {
        Layer layer{.kind = Layer::Kind::dense, .format = Format(d.format()),
                    .inputs = d.inputs(), .outputs = d.units()};
        if (!enter(d.inputs()) || !valid_width(d.units()) || !is_matrix_format(layer.format) ||
            !activation(*d.activation(), layer.activation) || layer.activation.function == Function::glu)
            return false;
        const std::size_t rows = padded_units(d.units());
        if (!holds(*d.packed(), layer.format, Packing{1, d.units(), d.inputs(), 0, group_of(layer.format)}.size()) ||
            !is_bias(*d.bias(), rows))
            return false;
        if (is_integer(layer.format)) {
            if (!are_scales(d.scales(), rows, 64) || !is_scale(d.input_scale())) return false;
            layer.scales = d.scales()->data(), layer.input_scale = d.input_scale();
        }
        layer.weights = d.packed()->data(), layer.bias = d.bias()->data();
        at_least(plan_.work_floats, dense::output_size(layer.outputs));
        at_least(plan_.scratch_floats, dense::scratch_size(layer.format, layer.inputs));
        may_be_one_hot();
        append(layer);
        return true;
    }

    bool activate_layer(const schema::Activate& a) {
        Layer layer{.kind = Layer::Kind::activate, .inputs = a.width()};
        if (!enter(a.width()) || !activation(*a.activation(), layer.activation) ||
            (layer.activation.function == Function::glu && a.width() % 2))
            return false;
        layer.outputs = activated_width(layer.activation.function, a.width());
        at_least(plan_.work_floats, activate::output_size(a.width()));
        append(layer);
        return true;
    }

    /// Whether a layer of `inputs` may stand here; the first one sets the number of features.
    bool enter(std::uint32_t inputs) {
        if (!width) plan_.inputs = inputs;
        return valid_width(inputs) && (!width || width == inputs) && !projected_;
    }

    void may_be_one_hot() { plan_.one_hot |= plan_.count == 0; }

    void append(Layer layer) {
        if (layer.kind != Layer::Kind::embedding && layer.format == Format::int8 && plan_.kernels->unsigned_inputs) {
            layer.has_offsets = true;
            layer.offsets = std::uint32_t(plan_.constant_floats);
            plan_.constant_floats += padded_to(offsets_size(layer), 16);
        }
        plan_.layers[plan_.count++] = layer;
        width = layer.outputs;
    }

    static void at_least(std::size_t& size, std::size_t needed) {
        if (size < needed) size = needed;
    }

    static bool activation(const schema::Activation& from, Activation& to) {
        to = {Function(from.function()), from.alpha()};
        return to.function < Function::count && to.alpha - to.alpha == 0;
    }

    static bool is_matrix_format(Format f) { return int(f) < matrix_formats; }

    static bool holds_bytes(const flatbuffers::Vector<std::uint8_t>& packed, std::uint64_t bytes) {
        return packed.size() == bytes && aligned(packed.data(), 64);
    }

    /// `count` numbers, all finite; integer codes are never -128.
    bool holds(const flatbuffers::Vector<std::uint8_t>& packed, Format format, std::uint64_t count) const {
        if (!holds_bytes(packed, count * weight_size(format))) return false;
        bool good = true;
        if (format == Format::f32)
            return plan_.kernels->all_finite(reinterpret_cast<const float*>(packed.data()), std::size_t(count));
        if (format == Format::f16)
            for (std::size_t i = 1; i < packed.size(); i += 2) good &= (packed.data()[i] & 0x7c) != 0x7c;
        else
            for (std::size_t i = 0; i < packed.size(); ++i) good &= packed.data()[i] != 0x80;
        return good;
    }

    bool is_bias(const flatbuffers::Vector<float>& bias, std::size_t count) const {
        return bias.size() == count && aligned(bias.data(), 64) && plan_.kernels->all_finite(bias.data(), count);
    }

    /// 0 (dynamic), or positive, finite and not subnormal.
    static bool is_scale(float s) { return s == 0 || (s >= 1.17549435e-38f && s <= 1e30f); }

    static bool are_scales(const flatbuffers::Vector<float>* scales, std::uint64_t count, std::size_t alignment) {
        if (!scales || scales->size() != count || !aligned(scales->data(), alignment)) return false;
        bool good = true;
        for (std::size_t i = 0; i < count; ++i) good &= is_scale(scales->data()[i]) && scales->data()[i] != 0;
        return good;
    }

    bool projected_ = false;  ///< the layer before is a projected embedding
    Plan& plan_;
};

/// Reads all layers; the number of the one that is wrong, or -1. Leaves no outputs where there is no answer.
std::int32_t read(const schema::Model& file, Plan& plan) {
    Reader reader(plan);
    const auto count = std::int32_t(file.layers()->size());
    for (std::int32_t i = 0; i < count; ++i)
        if (!reader.read(*file.layers()->Get(flatbuffers::uoffset_t(i)))) return i;
    if (!plan.count || reader.ends_projected()) return -1;
    plan.outputs = reader.width;
    if (!plan.body) plan.body = plan.count;
    for (Layer& layer : plan.layers) layer.state += std::uint32_t(plan.constant_floats);
    return -1;
}

bool valid_metadata(const schema::Metadata& m, const Plan& plan) {
    const std::int64_t words = m.vocabulary() ? m.vocabulary()->size() : 0;
    const std::int64_t labels = m.labels() ? m.labels()->size() : 0;
    const auto is_token = [&](std::int32_t t) { return t >= -1 && t < std::int64_t(plan.inputs); };
    return words <= plan.inputs && labels <= plan.outputs && is_token(m.start_token()) && is_token(m.unknown_token());
}

}  // namespace

Status make_plan(const schema::Model& file, Plan& plan) noexcept {
    if (file.layers()->size() > Model::max_layers) return Status::too_many_layers;
    if (file.layers()->size() == 0) return Status::damaged;
    plan.fixed = is_fixed(format_of(*file.layers()->Get(0)));
    plan.failed_layer = plan.fixed ? read_fixed(file, plan) : read(file, plan);
    if (plan.failed_layer >= 0) {
        plan.failed_layer_name = file.layers()->Get(flatbuffers::uoffset_t(plan.failed_layer))->name()->c_str();
        return Status::invalid_layer;
    }
    return plan.outputs && valid_metadata(*file.metadata(), plan) ? Status::ok : Status::damaged;
}

}  // namespace runnel
