#include "write/pack.hpp"

#include <cstring>

#include "base/checksum.hpp"
#include "base/packing.hpp"
#include "common/text.hpp"
#include "error.hpp"
#include "runnel/runnel.hpp"
#include "write/half.hpp"
#include "write/pack_fixed.hpp"

namespace runnel::converter {
namespace {

using Builder = flatbuffers::FlatBufferBuilder;

/// The bytes of a vector of numbers.
template <class T> std::vector<std::uint8_t> bytes_of(const std::vector<T>& values) {
    const auto* first = reinterpret_cast<const std::uint8_t*>(values.data());
    return {first, first + values.size() * sizeof(T)};
}

flatbuffers::Offset<flatbuffers::Vector<std::uint8_t>> add_packed(Builder& builder,
                                                                  const std::vector<std::uint8_t>& bytes) {
    builder.ForceVectorAlignment(bytes.size(), 1, alignment);
    return builder.CreateVector(bytes);
}

/// `terms` values per unit, [term * units + unit], as [block][term][width].
std::vector<float> in_blocks(const std::vector<float>& values, std::size_t terms, std::size_t units, float padding) {
    std::vector<float> packed(padded_units(units) * terms, padding);
    for (std::size_t term = 0; term < terms; ++term)
        for (std::size_t unit = 0; unit < units; ++unit)
            packed[bias_index(terms, units, term, unit)] = values[term * units + unit];
    return packed;
}

flatbuffers::Offset<flatbuffers::Vector<float>> add_floats(Builder& builder, const std::vector<float>& values) {
    builder.ForceVectorAlignment(values.size(), sizeof(float), alignment);
    return builder.CreateVector(values);
}

/// The numbers of the two parts of a matrix, row-major, of any format.
template <class T> struct Parts {
    const std::vector<T>&input, &recurrent;
    std::size_t inputs, units_before;  ///< columns of each part
    std::size_t group;
    bool split_pairs;

    /// Rows [first_gate, first_gate + gate_count) x units.
    std::vector<T> rows(std::size_t first_gate, std::size_t gate_count, std::size_t units) const {
        const Packing packing{gate_count, units, inputs, units_before, group, split_pairs};
        std::vector<T> packed(packing.size());
        for (std::size_t gate = 0; gate < gate_count; ++gate)
            for (std::size_t unit = 0; unit < units; ++unit) {
                const std::size_t row = (first_gate + gate) * units + unit;
                for (std::size_t k = 0; k < inputs; ++k) packed[packing.input(gate, unit, k)] = input[row * inputs + k];
                for (std::size_t k = 0; k < units_before; ++k)
                    packed[packing.state(gate, unit, k)] = recurrent[row * units_before + k];
            }
        return packed;
    }

    /// All gates; those from `second` on, if there are any, are a matrix of their own.
    std::vector<std::uint8_t> all(std::size_t gate_count, std::size_t second, std::size_t units) const {
        std::vector<T> packed = rows(0, second, units);
        if (second < gate_count) {
            const auto more = rows(second, gate_count - second, units);
            packed.insert(packed.end(), more.begin(), more.end());
        }
        return bytes_of(packed);
    }
};

/// A matrix with `gate_count` gates of `units` rows in its format; `recurrent` may be empty.
std::vector<std::uint8_t> pack_matrix(const Numbers& numbers, const Matrix& input, const Matrix& recurrent,
                                      std::size_t gate_count, std::size_t second, std::size_t units) {
    const auto pack = [&]<class T>(const std::vector<T>& inputs, const std::vector<T>& states, std::size_t group,
                                   bool split_pairs) {
        return Parts<T>{inputs, states, input.columns, recurrent.columns, group, split_pairs}.all(gate_count, second,
                                                                                                  units);
    };
    switch (numbers.format) {
    case schema::Format::f32:
        return pack(input.values, recurrent.values, 1, false);
    case schema::Format::f16:
        return pack(to_halves(input.values), to_halves(recurrent.values), 1, false);
    default:
        return pack(numbers.input, numbers.recurrent, 4, numbers.format == schema::Format::int8x16);
    }
}

/// The rows of an embedding in its format.
std::vector<std::uint8_t> pack_table(const Numbers& numbers, const Matrix& table) {
    switch (numbers.format) {
    case schema::Format::f32:
        return bytes_of(table.values);
    case schema::Format::f16:
        return bytes_of(to_halves(table.values));
    case schema::Format::int4: {
        std::vector<std::uint8_t> pairs(numbers.input.size() / 2);
        for (std::size_t i = 0; i < pairs.size(); ++i)
            pairs[i] = static_cast<std::uint8_t>(numbers.input[2 * i] + 8 + 16 * (numbers.input[2 * i + 1] + 8));
        return pairs;
    }
    default:
        return bytes_of(numbers.input);
    }
}

/// Adds one kind of layer; gives its type in the union and its offset.
struct KindWriter {
    Builder& builder;
    const Numbers& numbers;
    using Result = PackedKind;
    using Floats = flatbuffers::Offset<flatbuffers::Vector<float>>;

    Result operator()(const Embedding& e) const {
        const auto packed = add_packed(builder, pack_table(numbers, e.table));
        const Floats scales = numbers.input_scales.empty() ? Floats() : builder.CreateVector(numbers.input_scales);
        return {schema::Kind::Embedding,
                schema::CreateEmbedding(builder, narrow(e.table.rows), narrow(e.table.columns), e.mask_zero,
                                        numbers.format, packed, scales, e.projected)
                    .Union()};
    }
    Result operator()(const Masking& m) const {
        return {schema::Kind::Masking, schema::CreateMasking(builder, narrow(m.width), m.value).Union()};
    }
    Result operator()(const Recurrent& r) const {
        const std::size_t gate_count = gates(r.cell),
                          second = r.cell == schema::Cell::gru_reset_before ? 2 : gate_count;
        const auto packed =
            add_packed(builder, pack_matrix(numbers, r.input, r.recurrent, gate_count, second, r.units));
        const auto bias = add_floats(builder, in_blocks(r.bias, bias_terms(r.cell), r.units, 0));
        std::vector<float> rows = numbers.input_scales;
        rows.insert(rows.end(), numbers.recurrent_scales.begin(), numbers.recurrent_scales.end());
        const Floats scales = add_scales(rows, 2 * gate_count, r.units);
        const auto activation = to_schema(r.activation), recurrent_activation = to_schema(r.recurrent_activation);
        return {schema::Kind::Recurrent,
                schema::CreateRecurrent(builder, r.cell, narrow(r.input.columns), narrow(r.units), &activation,
                                        &recurrent_activation, numbers.format, packed, bias, scales,
                                        numbers.input_scale, numbers.state_scale, numbers.apart)
                    .Union()};
    }
    Result operator()(const Dense& d) const {
        const std::size_t units = d.weights.rows;
        const auto packed = add_packed(builder, pack_matrix(numbers, d.weights, Matrix(), 1, 1, units));
        const auto bias = add_floats(builder, in_blocks(d.bias, 1, units, 0));
        const Floats scales = add_scales(numbers.input_scales, 1, units);
        const auto activation = to_schema(d.activation);
        return {schema::Kind::Dense, schema::CreateDense(builder, narrow(d.weights.columns), narrow(units), &activation,
                                                         numbers.format, packed, bias, scales, numbers.input_scale)
                                         .Union()};
    }
    Result operator()(const Activate& a) const {
        const auto activation = to_schema(a.activation);
        return {schema::Kind::Activate, schema::CreateActivate(builder, narrow(a.width), &activation).Union()};
    }
    Result operator()(const Concatenate& c) const {
        std::size_t width = 0;
        for (const std::size_t part : c.widths) width += part;
        return {schema::Kind::Concatenate, schema::CreateConcatenate(builder, narrow(width)).Union()};
    }
    Result operator()(const Combine& c) const {
        return {schema::Kind::Combine, schema::CreateCombine(builder, narrow(c.width), c.operation).Union()};
    }
    Result operator()(const Slice& s) const {
        return {schema::Kind::Slice,
                schema::CreateSlice(builder, narrow(s.inputs), narrow(s.first), narrow(s.width)).Union()};
    }
    Result operator()(const Window& w) const {
        return {schema::Kind::Window,
                schema::CreateWindow(builder, narrow(w.width), narrow(w.frames), narrow(w.dilation), w.whole).Union()};
    }

private:
    static std::uint32_t narrow(std::size_t n) { return static_cast<std::uint32_t>(n); }

    /// The rows that pad a block have the scale 1. No scales: the format has none.
    Floats add_scales(const std::vector<float>& rows, std::size_t terms, std::size_t units) const {
        return rows.empty() ? Floats() : add_floats(builder, in_blocks(rows, terms, units, 1));
    }
};

flatbuffers::Offset<schema::Metadata> add_metadata(Builder& builder, const Metadata& metadata, const Graph& graph) {
    auto names = [&](const std::vector<std::string>& list) {
        return list.empty() ? flatbuffers::Offset<flatbuffers::Vector<flatbuffers::Offset<flatbuffers::String>>>()
                            : builder.CreateVectorOfStrings(list);
    };
    const auto vocabulary = names(metadata.vocabulary), labels = names(metadata.labels);
    const auto name = builder.CreateString(metadata.source_name), hash = builder.CreateString(metadata.source_sha256);
    const auto framework = builder.CreateString(metadata.source_framework), converter = builder.CreateString(version());
    return schema::CreateMetadata(builder, name, hash, framework, converter, vocabulary, metadata.start_token,
                                  metadata.unknown_token, labels, graph.sequence_length);
}

/// Absent where the layer reads the one before it.
flatbuffers::Offset<flatbuffers::Vector<std::uint16_t>> add_sources(Builder& builder, const Graph& graph,
                                                                    std::size_t index) {
    const auto sources = sources_of(graph, index);
    if (sources == std::vector{index}) return {};
    return builder.CreateVector(std::vector<std::uint16_t>(sources.begin(), sources.end()));
}

flatbuffers::Offset<flatbuffers::Vector<flatbuffers::Offset<schema::Port>>> add_ports(Builder& builder,
                                                                                     const std::vector<Port>& ports) {
    if (ports.empty()) return {};
    std::vector<flatbuffers::Offset<schema::Port>> written;
    for (const Port& port : ports)
        written.push_back(schema::CreatePort(builder, builder.CreateString(port.name),
                                             static_cast<std::uint32_t>(port.width)));
    return builder.CreateVector(written);
}

/// The oldest version of the format that has all of the graph and of its numbers.
std::uint16_t oldest_version(const StoredGraph& stored) {
    const Graph& graph = stored.graph;
    bool newer = !is_chain(graph) || !graph.inputs.empty() || !graph.outputs.empty();
    for (const Layer& layer : graph.layers)
        newer |= std::holds_alternative<Concatenate>(layer.kind) || std::holds_alternative<Combine>(layer.kind) ||
                 std::holds_alternative<Slice>(layer.kind) || std::holds_alternative<Window>(layer.kind);
    for (const Numbers& numbers : stored.numbers)
        newer |= numbers.fixed && (!numbers.fixed->finer.empty() || numbers.fixed->preactivation_bits != 20);
    return newer ? Model::format_version : 1;
}

}  // namespace

FileImage::FileImage(std::span<const std::uint8_t> bytes) : lines_(bytes.size() / 64 + 1), size_(bytes.size()) {
    std::memcpy(lines_.front().bytes, bytes.data(), bytes.size());
}

const char* version() { return RUNNEL_VERSION; }

FileImage pack(const StoredGraph& stored, const Metadata& metadata) {
    const Graph& graph = stored.graph;
    Builder builder(1 << 16);
    std::vector<flatbuffers::Offset<schema::Layer>> layers;
    for (std::size_t i = 0; i < graph.layers.size(); ++i) {
        const Layer& layer = graph.layers[i];
        const Numbers& numbers = stored.numbers[i];
        const auto [kind, offset] = numbers.fixed ? add_fixed(builder, layer, numbers.format, *numbers.fixed)
                                                  : std::visit(KindWriter{builder, numbers}, layer.kind);
        const auto name = builder.CreateString(layer.name);
        const auto sources = add_sources(builder, graph, i);
        const auto share = [&](double dropped) {
            return std::uint16_t(numbers.fixed ? dropped * 65536 + 0.5 : 0);
        };
        layers.push_back(schema::CreateLayer(builder, name, layer.parameters, kind, offset, share(layer.dropout),
                                             share(layer.recurrent_dropout),
                                             numbers.fixed && layer.dropout_each_step, sources));
    }
    const auto all_layers = builder.CreateVector(layers);
    const auto description = add_metadata(builder, metadata, graph);
    const auto inputs = add_ports(builder, graph.inputs), outputs = add_ports(builder, graph.outputs);
    builder.ForceDefaults(true);  // the checksum must have its place although it is still zero
    const auto model =
        schema::CreateModel(builder, oldest_version(stored), 0, all_layers, graph.returns_sequence, description,
                            inputs, outputs);
    builder.Finish(model, schema::ModelIdentifier());

    std::uint8_t* bytes = builder.GetBufferPointer();
    auto* root = flatbuffers::GetMutableRoot<flatbuffers::Table>(bytes);
    const std::uint8_t* field = root->GetAddressOf(schema::Model::VT_CHECKSUM);
    const std::uint64_t sum = checksum(bytes, builder.GetSize(), static_cast<std::size_t>(field - bytes));
    root->SetField<std::uint64_t>(schema::Model::VT_CHECKSUM, sum, 0);
    return FileImage({bytes, builder.GetSize()});
}

FileImage pack(const Graph& graph, const Metadata& metadata) { return pack(in_float(graph), metadata); }

std::size_t check_loads(const FileImage& file, const Graph& graph) {
    Model model;
    const Status status = model.load(file.bytes().data(), file.bytes().size());
    if (status != Status::ok)
        throw Error(
            std::string("the runtime refuses the converted model: ") + message(status) +
            (model.failed_layer() < 0 ? std::string() : " (layer '" + excerpt(model.failed_layer_name()) + "')"));
    const ModelInfo info = model.info();
    std::uint64_t parameters = 0;
    for (const Layer& layer : graph.layers) parameters += layer.parameters;
    if (info.layers != graph.layers.size() || info.inputs != input_width(graph) ||
        info.outputs != output_width(graph.layers.back()) || info.parameters != parameters)
        throw Error("the runtime reads the converted model as another one than was written");
    return info.weight_bytes;
}

}  // namespace runnel::converter
