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

/// The values that layer `index` reads; false: they are not there, or do not come before it.
bool find_sources(const schema::Layer& from, std::uint32_t index, Layer& to) {
    to.source = std::uint16_t(index);
    const auto* listed = from.inputs();
    if (!listed) return true;
    if (listed->size() == 0 || listed->size() > max_layers) return false;
    for (const std::uint16_t value : *listed)
        if (value > index) return false;
    to.sources = listed->data(), to.source_count = std::uint16_t(listed->size()), to.source = listed->Get(0);
    return true;
}

/// Whether a layer of this kind reads more than one value.
bool reads_many(schema::Kind kind) { return kind == schema::Kind::Concatenate || kind == schema::Kind::Combine; }

constexpr std::uint64_t max_wait = 1u << 23;  ///< steps, which a float counts

/// Whether a layer's output lies where its input does.
bool is_alias(const Layer& layer) { return layer.kind == schema::Kind::Masking || layer.kind == schema::Kind::Slice; }

/// f(value) for each value that a layer reads.
template <class F> void for_each_source(const Layer& layer, F f) {
    if (!layer.sources) return f(layer.source);
    for (std::uint32_t k = 0; k < layer.source_count; ++k) f(layer.sources[k]);
}

/// When the layer runs first: with what it reads; false: not all of that comes at one time.
bool find_wait(Plan& plan, Layer& layer) {
    bool together = true, first = true;
    for_each_source(layer, [&](std::uint32_t value) {
        const std::uint32_t wait = value == 0 ? 0 : plan.layers[value - 1].wait + plan.layers[value - 1].wait_behind;
        together &= first || wait == layer.wait;
        layer.wait = wait, first = false;
    });
    const std::uint64_t most = std::uint64_t(layer.wait) + layer.wait_behind;
    if (plan.longest_wait < most) plan.longest_wait = std::uint32_t(most);
    return together && most <= max_wait;
}

/// Reads all layers; the number of the one that is wrong, or -1. Leaves no outputs where there is no answer.
std::int32_t read(const schema::Model& file, Plan& plan) {
    Reader reader(*plan.kernels);
    for (plan.count = 0; plan.count < file.layers()->size(); ++plan.count) {
        const schema::Layer& from = *file.layers()->Get(plan.count);
        Layer& to = plan.layers[plan.count];
        to = {.kind = from.kind_type()};
        if (!find_sources(from, plan.count, to) || (to.source_count > 1 && !reads_many(to.kind)))
            return std::int32_t(plan.count);
        reader.begin(to);
        bool good = false;
        Layers::with(to.kind, [&]<class L> { good = L::read(*from.kind_as<typename L::Table>(), reader, to); });
        if (!good) return std::int32_t(plan.count);
        reader.end(to, plan.count);
        if (!find_wait(plan, to)) return std::int32_t(plan.count);
        if (has_state(to)) plan.body = plan.count + 1;
    }
    const Layer& last = plan.layers[plan.count - 1];
    if (last.kind == schema::Kind::Masking || last.projected || !reader.input.width) return -1;
    plan.input = reader.input;
    plan.input.one_hot = reader.is_one_hot();
    plan.outputs = last.outputs;
    plan.is_stateful = plan.body != 0;
    if (!plan.is_stateful) plan.body = plan.count;
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

constexpr std::uint32_t for_ever = UINT32_MAX;

/// The last layer that reads each value, in `last_read[value]`; for_ever: it outlives the body. Marks what is late.
void find_last_reads(Plan& plan, std::uint32_t* last_read) {
    const auto read_until = [&](std::uint32_t value, std::uint32_t layer) {
        if (last_read[value] < layer) last_read[value] = layer;
    };
    for (std::uint32_t value = 0; value <= plan.count; ++value) last_read[value] = value;
    last_read[plan.body] = last_read[plan.count] = for_ever;
    for (std::uint32_t i = plan.count; i-- > 0;) {
        const Layer& layer = plan.layers[i];
        for_each_source(layer, [&](std::uint32_t value) {
            read_until(value, i);
            if (value <= plan.body && i >= plan.body) last_read[value] = for_ever;
            if (is_alias(layer)) read_until(value, last_read[i + 1]);
        });
    }
    plan.is_input_late = last_read[0] == for_ever;
    for (std::uint32_t i = 0; i < plan.body; ++i)
        plan.layers[i].is_late = last_read[i + 1] == for_ever && !is_alias(plan.layers[i]);
}

/// The rooms of the layers' outputs: each has had one occupant after another.
struct Rooms {
    std::size_t sizes[max_layers];
    std::uint32_t free_from[max_layers];  ///< the first layer that may take it again
    std::uint32_t count = 0;

    /// `alone`: one that nobody has had.
    std::uint32_t take(std::size_t size, std::uint32_t layer, std::uint32_t last_read, bool alone) {
        std::uint32_t room = alone ? count : 0;
        while (room < count && free_from[room] > layer) ++room;
        if (room == count) sizes[count++] = 0;
        grow(sizes[room], size);
        free_from[room] = last_read == for_ever ? for_ever : last_read + 1;
        return room;
    }
};

/// Gives each layer its places.
void lay_out(Plan& plan) {
    Needs needs[max_layers];
    std::uint32_t last_read[max_layers + 1], room_of[max_layers];
    Rooms rooms;
    std::size_t scratch_size = 0;
    find_last_reads(plan, last_read);
    for (std::uint32_t i = 0; i < plan.count; ++i) {
        const Layer& layer = plan.layers[i];
        Layers::with(layer.kind, [&]<class L> { needs[i] = L::needs(layer); });
        if (is_kept(plan, layer)) needs[i].saved += layer.outputs;
        const bool waits = layer.wait > 0;
        if (layer.is_late || waits) grow(needs[i].output, layer.outputs);  // zeros before its first step
        room_of[i] = rooms.take(needs[i].output, i, waits ? for_ever : needs[i].output ? last_read[i + 1] : i, waits);
        grow(scratch_size, needs[i].scratch);
    }
    Numbers numbers;
    for (std::uint32_t i = 0; i < plan.count; ++i) plan.layers[i].constants = numbers.take(needs[i].constants);
    plan.constants = numbers.used();
    for (std::uint32_t i = 0; i < plan.count; ++i) plan.layers[i].state = numbers.take(needs[i].state);
    plan.before_outputs = numbers.used();
    std::uint32_t outputs[max_layers];
    for (std::uint32_t room = 0; room < rooms.count; ++room) outputs[room] = numbers.take(rooms.sizes[room]);
    const std::uint32_t scratch = numbers.take(scratch_size);
    plan.features = numbers.take(plan.input.takes_tokens ? 0 : plan.input.width);
    plan.numbers = numbers.used();
    if (is_input_kept(plan)) plan.saved_floats += plan.input.width;
    if (plan.longest_wait) ++plan.saved_floats;
    for (std::uint32_t i = 0; i < plan.count; ++i) {
        Layer& layer = plan.layers[i];
        layer.output = outputs[room_of[i]], layer.scratch = scratch;
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

/// Whether the pieces are all of a vector of that width; there may be none.
bool are_pieces(const flatbuffers::Vector<flatbuffers::Offset<schema::Port>>* ports, std::uint64_t width) {
    std::uint64_t sum = 0;
    for (std::uint32_t i = 0; ports && i < ports->size(); ++i) {
        if (!ports->Get(i)->width()) return false;
        sum += ports->Get(i)->width();
    }
    return !ports || sum == width;
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
    if (!plan.outputs || !valid_metadata(*file.metadata(), plan) || !are_pieces(file.inputs(), plan.input.width) ||
        !are_pieces(file.outputs(), plan.outputs))
        return Status::damaged;
    if (!plan.fixed) lay_out(plan);
    return Status::ok;
}

}  // namespace runnel
