// The second verification: the layers against themselves and each other. After it nothing is checked again. Then every
// layer gets its place among a session's numbers.
#include "plan.hpp"

#include "layers/list.hpp"

namespace runnel {
namespace {

static_assert(int(schema::Function::MAX) + 1 == int(Function::count));
static_assert(int(schema::Function::hard_sigmoid) == int(Function::hard_sigmoid) &&
              int(schema::Function::softmax) == int(Function::softmax));
static_assert(int(schema::Cell::MAX) == int(Cell::lstm) && int(schema::Cell::gru) == int(Cell::gru));
static_assert(int(schema::Format::int4) == int(Format::int4));

/// Reads all layers; the number of the one that is wrong, or -1. Leaves no outputs where there is no answer.
std::int32_t read(const schema::Model& file, Plan& plan) {
    Reader reader(*plan.kernels);
    for (plan.count = 0; plan.count < file.layers()->size(); ++plan.count) {
        const schema::Layer& from = *file.layers()->Get(plan.count);
        Layer& to = plan.layers[plan.count];
        to = {.kind = from.kind_type()};
        bool good = false;
        Layers::with(to.kind, [&]<class L> { good = L::read(*from.kind_as<typename L::Table>(), reader, to); });
        if (!good) return std::int32_t(plan.count);
        reader.width = to.outputs;
        reader.is_input &= to.kind == schema::Kind::Masking;
        if (to.kind == schema::Kind::Recurrent) plan.body = plan.count + 1;
    }
    if (reader.is_input || reader.projected) return -1;
    plan.input = reader.input;
    plan.outputs = reader.width;
    if (!plan.body) plan.body = plan.count;
    return -1;
}

/// Hands out the numbers of a session, in lines of 64 bytes.
class Numbers {
public:
    std::uint32_t take(std::size_t n) {
        const std::size_t at = used_;
        used_ += padded_to(n, 16);
        return std::uint32_t(at);
    }
    std::size_t used() const { return used_; }

private:
    std::size_t used_ = 0;
};

void grow(std::size_t& size, std::size_t to) { size = size < to ? to : size; }

/// Gives each layer its places. Layers write their outputs to two rooms in turn.
void lay_out(Plan& plan) {
    Needs needs[max_layers];
    Needs most;
    for (std::uint32_t i = 0; i < plan.count; ++i) {
        Layers::with(plan.layers[i].kind, [&]<class L> { needs[i] = L::needs(plan.layers[i]); });
        grow(most.output, needs[i].output), grow(most.scratch, needs[i].scratch);
    }
    grow(most.output, plan.layers[plan.body - 1].outputs);  // zeros before the first step
    Numbers numbers;
    for (std::uint32_t i = 0; i < plan.count; ++i) plan.layers[i].constants = numbers.take(needs[i].constants);
    plan.constants = numbers.used();
    for (std::uint32_t i = 0; i < plan.count; ++i) plan.layers[i].state = numbers.take(needs[i].state);
    plan.before_outputs = numbers.used();
    const std::uint32_t outputs[] = {numbers.take(most.output), numbers.take(most.output)},
                        scratch = numbers.take(most.scratch);
    plan.features = numbers.take(plan.input.takes_tokens ? 0 : plan.input.width);
    plan.numbers = numbers.used();
    for (std::uint32_t i = 0; i < plan.count; ++i) {
        Layer& layer = plan.layers[i];
        layer.output = outputs[i % 2], layer.scratch = scratch;
        plan.saved_floats += needs[i].saved;
        Layers::with(layer.kind, [&]<class L> { L::place(layer); });
    }
}

/// Whether this build has the kernels of a layer. (A row of an embedding needs none but in the fixed formats.)
bool is_built(const schema::Layer& layer) {
    const auto format = unsigned(format_of(layer));
    if (const auto* r = layer.kind_as_Recurrent()) return is_built_format(format) && is_built_cell(unsigned(r->cell()));
    const bool is_asked = layer.kind_as_Dense() || is_fixed(schema::Format(format));
    return !is_asked || is_built_format(format);
}

/// The number of the first layer that this build leaves out, or -1.
std::int32_t find_left_out(const schema::Model& file) {
    const auto count = std::int32_t(file.layers()->size());
    for (std::int32_t i = 0; i < count; ++i)
        if (!is_built(*file.layers()->Get(flatbuffers::uoffset_t(i)))) return i;
    return -1;
}

bool valid_metadata(const schema::Metadata& m, const Plan& plan) {
    const std::int64_t words = m.vocabulary() ? m.vocabulary()->size() : 0;
    const std::int64_t labels = m.labels() ? m.labels()->size() : 0;
    const auto is_token = [&](std::int32_t t) { return t >= -1 && t < std::int64_t(plan.input.width); };
    return words <= plan.input.width && labels <= plan.outputs && is_token(m.start_token()) &&
           is_token(m.unknown_token());
}

}  // namespace

Status make_plan(const schema::Model& file, Plan& plan) noexcept {
    if (file.layers()->size() > max_layers) return Status::too_many_layers;
    if (file.layers()->size() == 0) return Status::damaged;
    plan.fixed = is_fixed(format_of(file));
    const std::int32_t left_out = find_left_out(file);
    plan.failed_layer = left_out >= 0 ? left_out : plan.fixed ? read_fixed(file, plan) : read(file, plan);
    if (plan.failed_layer >= 0) {
        plan.failed_layer_name = file.layers()->Get(flatbuffers::uoffset_t(plan.failed_layer))->name()->c_str();
        return left_out >= 0 ? Status::left_out : Status::invalid_layer;
    }
    if (!plan.outputs || !valid_metadata(*file.metadata(), plan)) return Status::damaged;
    if (!plan.fixed) lay_out(plan);
    return Status::ok;
}

}  // namespace runnel
