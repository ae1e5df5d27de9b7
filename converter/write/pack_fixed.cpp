#include "write/pack_fixed.hpp"

namespace runnel::converter {
namespace {

using Builder = flatbuffers::FlatBufferBuilder;

/// Kernel, then recurrent kernel, of 2 bytes or, for fixed8, 1 byte per number.
flatbuffers::Offset<flatbuffers::Vector<std::uint8_t>> add_weights(Builder& builder, schema::Format format,
                                                                   const FixedNumbers& numbers) {
    std::vector<std::uint8_t> bytes;
    for (const auto* part : {&numbers.kernel, &numbers.recurrent})
        for (const std::int16_t value : *part) {
            bytes.push_back(static_cast<std::uint8_t>(value));
            if (format == schema::Format::fixed) bytes.push_back(static_cast<std::uint8_t>(value >> 8));
        }
    builder.ForceVectorAlignment(bytes.size(), 1, alignment);
    return builder.CreateVector(bytes);
}

/// The vector of floats that every table must have.
flatbuffers::Offset<flatbuffers::Vector<float>> add_no_floats(Builder& builder) {
    builder.ForceVectorAlignment(0, sizeof(float), alignment);
    return builder.CreateVector(std::vector<float>());
}

std::uint32_t narrow(std::size_t n) { return static_cast<std::uint32_t>(n); }
std::int8_t bits(int n) { return static_cast<std::int8_t>(n); }

}  // namespace

PackedKind add_fixed(Builder& builder, const Layer& layer, schema::Format format, const FixedNumbers& numbers) {
    if (const auto* m = std::get_if<Masking>(&layer.kind))
        return {schema::Kind::Masking, schema::CreateMasking(builder, narrow(m->width), m->value).Union()};
    if (const auto* a = std::get_if<Activate>(&layer.kind)) {
        const auto function = to_schema(a->activation);
        return {schema::Kind::Activate,
                schema::CreateActivate(builder, narrow(a->width), &function, bits(numbers.input_bits)).Union()};
    }
    const auto packed = add_weights(builder, format, numbers);
    flatbuffers::Offset<flatbuffers::Vector<std::uint8_t>> finer;
    if (!numbers.finer.empty()) finer = builder.CreateVector(numbers.finer);
    if (const auto* e = std::get_if<Embedding>(&layer.kind)) {
        schema::EmbeddingBuilder table(builder);
        table.add_tokens(narrow(e->table.rows));
        table.add_width(narrow(e->table.columns));
        table.add_mask_zero(e->mask_zero);
        table.add_format(format);
        table.add_packed(packed);
        table.add_weight_bits(bits(numbers.weight_bits));
        table.add_finer(finer);
        return {schema::Kind::Embedding, table.Finish().Union()};
    }
    const auto no_floats = add_no_floats(builder);
    const auto biases = builder.CreateVector(numbers.biases);
    if (const auto* d = std::get_if<Dense>(&layer.kind)) {
        const auto activation = to_schema(d->activation);
        schema::DenseBuilder table(builder);
        table.add_inputs(narrow(d->weights.columns));
        table.add_units(narrow(d->weights.rows));
        table.add_activation(&activation);
        table.add_format(format);
        table.add_packed(packed);
        table.add_bias(no_floats);
        table.add_biases(biases);
        table.add_preactivation_bits(bits(numbers.preactivation_bits));
        table.add_input_bits(bits(numbers.input_bits));
        table.add_weight_bits(bits(numbers.weight_bits));
        table.add_finer(finer);
        return {schema::Kind::Dense, table.Finish().Union()};
    }
    const auto& r = std::get<Recurrent>(layer.kind);
    const auto activation = to_schema(r.activation), recurrent_activation = to_schema(r.recurrent_activation);
    schema::RecurrentBuilder table(builder);
    table.add_cell(r.cell);
    table.add_inputs(narrow(r.input.columns));
    table.add_units(narrow(r.units));
    table.add_activation(&activation);
    table.add_recurrent_activation(&recurrent_activation);
    table.add_format(format);
    table.add_packed(packed);
    table.add_bias(no_floats);
    table.add_biases(biases);
    table.add_weight_bits(bits(numbers.weight_bits));
    table.add_finer(finer);
    table.add_recurrent_bits(bits(numbers.recurrent_bits));
    table.add_input_bits(bits(numbers.input_bits));
    table.add_state_bits(bits(numbers.state_bits));
    table.add_preactivation_bits(bits(numbers.preactivation_bits));
    table.add_one_hot(numbers.one_hot);
    return {schema::Kind::Recurrent, table.Finish().Union()};
}

}  // namespace runnel::converter
