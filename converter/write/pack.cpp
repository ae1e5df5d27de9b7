#include "write/pack.hpp"

#include <cstring>

#include "base/checksum.hpp"
#include "base/packing.hpp"
#include "error.hpp"
#include "runnel/runnel.hpp"

namespace runnel::converter {
namespace {

using Builder = flatbuffers::FlatBufferBuilder;
constexpr std::size_t alignment = 64;

flatbuffers::Offset<flatbuffers::Vector<std::uint8_t>> add_packed(Builder& builder, const std::vector<float>& values) {
    const std::size_t bytes = values.size() * sizeof(float);
    builder.ForceVectorAlignment(bytes, 1, alignment);
    return builder.CreateVector(reinterpret_cast<const std::uint8_t*>(values.data()), bytes);
}

flatbuffers::Offset<flatbuffers::Vector<float>> add_bias(Builder& builder, const std::vector<float>& bias,
                                                         std::size_t terms, std::size_t units) {
    std::vector<float> packed(padded_units(units) * terms);
    for (std::size_t term = 0; term < terms; ++term)
        for (std::size_t unit = 0; unit < units; ++unit)
            packed[bias_index(terms, units, term, unit)] = bias[term * units + unit];
    builder.ForceVectorAlignment(packed.size(), sizeof(float), alignment);
    return builder.CreateVector(packed);
}

/// Rows [first_gate, first_gate + gates) x units of both matrices; `recurrent` may be empty.
std::vector<float> pack_rows(const Matrix& input, const Matrix& recurrent, std::size_t first_gate, std::size_t gate_count,
                             std::size_t units) {
    const Packing packing{gate_count, units, input.columns, recurrent.columns, 1};
    std::vector<float> packed(packing.size());
    for (std::size_t gate = 0; gate < gate_count; ++gate)
        for (std::size_t unit = 0; unit < units; ++unit) {
            const std::size_t row = (first_gate + gate) * units + unit;
            for (std::size_t k = 0; k < input.columns; ++k) packed[packing.input(gate, unit, k)] = input.at(row, k);
            for (std::size_t k = 0; k < recurrent.columns; ++k)
                packed[packing.state(gate, unit, k)] = recurrent.at(row, k);
        }
    return packed;
}

schema::Activation to_schema(const Activation& activation) {
    return {activation.alpha, static_cast<schema::Function>(activation.function)};
}

/// Adds one kind of layer; gives its type in the union and its offset.
struct KindWriter {
    Builder& builder;
    using Result = std::pair<schema::Kind, flatbuffers::Offset<void>>;

    Result operator()(const Embedding& e) const {
        const auto packed = add_packed(builder, e.table.values);
        return {schema::Kind::Embedding,
                schema::CreateEmbedding(builder, narrow(e.table.rows), narrow(e.table.columns), e.mask_zero,
                                        schema::Format::f32, packed).Union()};
    }
    Result operator()(const Masking& m) const {
        return {schema::Kind::Masking, schema::CreateMasking(builder, narrow(m.width), m.value).Union()};
    }
    Result operator()(const Recurrent& r) const {
        const std::size_t first = r.cell == schema::Cell::gru_reset_before ? 2 : gates(r.cell);
        std::vector<float> weights = pack_rows(r.input, r.recurrent, 0, first, r.units);
        if (first < gates(r.cell)) {
            const auto candidate = pack_rows(r.input, r.recurrent, first, gates(r.cell) - first, r.units);
            weights.insert(weights.end(), candidate.begin(), candidate.end());
        }
        const auto packed = add_packed(builder, weights);
        const auto bias = add_bias(builder, r.bias, bias_terms(r.cell), r.units);
        const auto activation = to_schema(r.activation), recurrent_activation = to_schema(r.recurrent_activation);
        return {schema::Kind::Recurrent,
                schema::CreateRecurrent(builder, r.cell, narrow(r.input.columns), narrow(r.units), &activation,
                                        &recurrent_activation, schema::Format::f32, packed, bias).Union()};
    }
    Result operator()(const Dense& d) const {
        const auto packed = add_packed(builder, pack_rows(d.weights, Matrix(), 0, 1, d.weights.rows));
        const auto bias = add_bias(builder, d.bias, 1, d.weights.rows);
        const auto activation = to_schema(d.activation);
        return {schema::Kind::Dense,
                schema::CreateDense(builder, narrow(d.weights.columns), narrow(d.weights.rows), &activation,
                                    schema::Format::f32, packed, bias).Union()};
    }
    Result operator()(const Activate& a) const {
        const auto activation = to_schema(a.activation);
        return {schema::Kind::Activate, schema::CreateActivate(builder, narrow(a.width), &activation).Union()};
    }

private:
    static std::uint32_t narrow(std::size_t n) { return static_cast<std::uint32_t>(n); }
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

}  // namespace

FileImage::FileImage(std::span<const std::uint8_t> bytes) : lines_(bytes.size() / 64 + 1), size_(bytes.size()) {
    std::memcpy(lines_.front().bytes, bytes.data(), bytes.size());
}

const char* version() { return RUNNEL_VERSION; }

FileImage pack(const Graph& graph, const Metadata& metadata) {
    Builder builder(1 << 16);
    std::vector<flatbuffers::Offset<schema::Layer>> layers;
    for (const Layer& layer : graph.layers) {
        const auto [kind, offset] = std::visit(KindWriter{builder}, layer.kind);
        const auto name = builder.CreateString(layer.name);
        layers.push_back(schema::CreateLayer(builder, name, layer.parameters, kind, offset));
    }
    const auto all_layers = builder.CreateVector(layers);
    const auto description = add_metadata(builder, metadata, graph);
    builder.ForceDefaults(true);  // the checksum must have its place although it is still zero
    const auto model = schema::CreateModel(builder, Model::format_version, 0, all_layers, graph.returns_sequence,
                                           description);
    builder.Finish(model, schema::ModelIdentifier());

    std::uint8_t* bytes = builder.GetBufferPointer();
    auto* root = flatbuffers::GetMutableRoot<flatbuffers::Table>(bytes);
    const std::uint8_t* field = root->GetAddressOf(schema::Model::VT_CHECKSUM);
    const std::uint64_t sum = checksum(bytes, builder.GetSize(), static_cast<std::size_t>(field - bytes));
    root->SetField<std::uint64_t>(schema::Model::VT_CHECKSUM, sum, 0);
    return FileImage({bytes, builder.GetSize()});
}

std::size_t check_loads(const FileImage& file, const Graph& graph) {
    Model model;
    const Status status = model.load(file.bytes().data(), file.bytes().size());
    if (status != Status::ok)
        throw Error(std::string("the runtime refuses the converted model: ") + message(status) +
                    (model.failed_layer() < 0 ? std::string() : std::string(" (layer '") + model.failed_layer_name() + "')"));
    const ModelInfo info = model.info();
    std::uint64_t parameters = 0;
    for (const Layer& layer : graph.layers) parameters += layer.parameters;
    if (info.layers != graph.layers.size() || info.inputs != input_width(graph.layers.front()) ||
        info.outputs != output_width(graph.layers.back()) || info.parameters != parameters)
        throw Error("the runtime reads the converted model as another one than was written");
    return info.weight_bytes;
}

}  // namespace runnel::converter
