// The second verification: shapes against sizes, order of layers, ranges, finite numbers. After it nothing is
// checked again.
#include "layers/dense.hpp"
#include "layers/recurrent.hpp"
#include "plan.hpp"

namespace runnel {
namespace {

static_assert(int(schema::Function::MAX) + 1 == int(Function::count));
static_assert(int(schema::Cell::MAX) == int(Cell::lstm));

constexpr std::uint32_t max_width = 1u << 20;  // keeps every product of sizes within 64 bits
constexpr std::uint32_t gates_of[] = {1, 3, 3, 4}, terms_of[] = {1, 4, 3, 4};

bool valid_width(std::uint32_t n) { return n >= 1 && n <= max_width; }

bool aligned(const void* p) { return reinterpret_cast<std::uintptr_t>(p) % 64 == 0; }

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

private:
    bool embedding(const schema::Embedding& e) {
        if (width || !valid_width(e.tokens()) || !valid_width(e.width()) || e.format() != schema::Format::f32 ||
            !holds_floats(*e.packed(), std::uint64_t(e.tokens()) * e.width()))
            return false;
        plan_.takes_tokens = true;
        plan_.inputs = e.tokens();
        plan_.mask_zero = e.mask_zero();
        append({.kind = Layer::Kind::embedding, .inputs = e.tokens(), .outputs = e.width(), .weights = e.packed()->data()});
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
        Layer layer{.kind = Layer::Kind::recurrent, .cell = Cell(cell), .inputs = r.inputs(), .outputs = r.units()};
        if (cell > std::size_t(Cell::lstm) || !enter(r.inputs()) || !valid_width(r.units()) ||
            r.format() != schema::Format::f32 || !activation(*r.activation(), layer.activation) ||
            !activation(*r.recurrent_activation(), layer.recurrent_activation) ||
            !is_elementwise(layer.activation.function) || !is_elementwise(layer.recurrent_activation.function))
            return false;
        const Packing one_gate{1, r.units(), r.inputs(), r.units(), 1};
        if (!holds_floats(*r.packed(), one_gate.size() * gates_of[cell]) ||
            !is_bias(*r.bias(), padded_units(r.units()) * terms_of[cell]))
            return false;
        layer.weights = r.packed()->data(), layer.bias = r.bias()->data();
        layer.state = std::uint32_t(plan_.state_floats);
        plan_.state_floats += recurrent::state_size(layer.cell, layer.outputs);
        plan_.saved_floats += layer.outputs * (layer.cell == Cell::lstm ? 2 : 1);
        at_least(plan_.scratch_floats, recurrent::scratch_size(layer.cell, layer.outputs));
        may_be_one_hot();
        append(layer);
        plan_.body = plan_.count;
        return true;
    }

    bool dense_layer(const schema::Dense& d) {
        Layer layer{.kind = Layer::Kind::dense, .inputs = d.inputs(), .outputs = d.units()};
        if (!enter(d.inputs()) || !valid_width(d.units()) || d.format() != schema::Format::f32 ||
            !activation(*d.activation(), layer.activation) || layer.activation.function == Function::glu)
            return false;
        if (!holds_floats(*d.packed(), Packing{1, d.units(), d.inputs(), 0, 1}.size()) ||
            !is_bias(*d.bias(), padded_units(d.units())))
            return false;
        layer.weights = d.packed()->data(), layer.bias = d.bias()->data();
        at_least(plan_.work_floats, dense::output_size(layer.outputs));
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
        at_least(plan_.work_floats, padded_units(a.width()));
        append(layer);
        return true;
    }

    /// Whether a layer of `inputs` may stand here; the first one sets the number of features.
    bool enter(std::uint32_t inputs) {
        if (!width) plan_.inputs = inputs;
        return valid_width(inputs) && (!width || width == inputs);
    }

    void may_be_one_hot() { plan_.one_hot |= plan_.count == 0; }

    void append(const Layer& layer) {
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

    bool holds_floats(const flatbuffers::Vector<std::uint8_t>& packed, std::uint64_t count) const {
        return packed.size() == count * sizeof(float) && aligned(packed.data()) &&
               plan_.kernels->all_finite(reinterpret_cast<const float*>(packed.data()), std::size_t(count));
    }

    bool is_bias(const flatbuffers::Vector<float>& bias, std::size_t count) const {
        return bias.size() == count && aligned(bias.data()) && plan_.kernels->all_finite(bias.data(), count);
    }

    Plan& plan_;
};

bool valid_metadata(const schema::Metadata& m, const Plan& plan) {
    const std::int64_t words = m.vocabulary() ? m.vocabulary()->size() : 0;
    const std::int64_t labels = m.labels() ? m.labels()->size() : 0;
    const auto is_token = [&](std::int32_t t) { return t >= -1 && t < std::int64_t(plan.inputs); };
    return words <= plan.inputs && labels <= plan.outputs && is_token(m.start_token()) && is_token(m.unknown_token());
}

}  // namespace

Status make_plan(const schema::Model& file, Plan& plan) noexcept {
    Reader reader(plan);
    if (file.layers()->size() > Model::max_layers) return Status::too_many_layers;
    for (flatbuffers::uoffset_t i = 0; i < file.layers()->size(); ++i) {
        const schema::Layer& layer = *file.layers()->Get(i);
        if (reader.read(layer)) continue;
        plan.failed_layer = std::int32_t(i);
        plan.failed_layer_name = layer.name()->c_str();
        return Status::invalid_layer;
    }
    plan.outputs = reader.width;
    if (!plan.body) plan.body = plan.count;
    if (!plan.count || !valid_metadata(*file.metadata(), plan)) return Status::damaged;
    return Status::ok;
}

}  // namespace runnel
