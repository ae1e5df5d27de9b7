/// Small model files, made by the schema and the packing formula alone, without the converter. tiny_model.py computes
/// what they answer.
#pragma once
#include <cstdint>
#include <cstring>
#include <fstream>
#include <string>
#include <vector>

#include "base/checksum.hpp"
#include "base/packing.hpp"
#include "model_generated.h"

namespace runnel::test {

/// [Embedding] + GRU + Dense, which has a sigmoid for one output and a softmax for several.
struct TinyModel {
    std::uint32_t tokens;   ///< 0: no embedding, `inputs` features
    std::uint32_t inputs, units, outputs;
    bool returns_sequence = false;
    std::vector<std::string> vocabulary = {}, labels = {};
    std::int32_t start_token = -1, unknown_token = -1;
    std::string gru_name = "gru";
    std::uint16_t format_version = 1;
    std::uint32_t sequence_length = 0;
};

/// The k-th number of all is ((37 k) mod 101 - 50) / 128.
class TinyWeights {
public:
    std::vector<float> take(std::size_t n) {
        std::vector<float> values(n);
        for (float& value : values) value = (static_cast<float>(count_++ * 37 % 101) - 50) / 128;
        return values;
    }

private:
    std::uint64_t count_ = 0;
};

inline std::vector<std::uint8_t> as_bytes(const std::vector<float>& values) {
    std::vector<std::uint8_t> bytes(values.size() * sizeof(float));
    std::memcpy(bytes.data(), values.data(), bytes.size());
    return bytes;
}

/// `kernel` [inputs][gates * units] and `recurrent` [units][gates * units] as Keras keeps them; the latter may be
/// empty.
inline std::vector<std::uint8_t> packed(const Packing& p, const std::vector<float>& kernel,
                                        const std::vector<float>& recurrent) {
    std::vector<float> values(std::size_t(p.size()));
    for (std::size_t gate = 0; gate < p.gates; ++gate)
        for (std::size_t unit = 0; unit < p.units; ++unit) {
            const std::size_t column = gate * p.units + unit, width = p.gates * p.units;
            for (std::size_t k = 0; k < p.inputs; ++k) values[p.input(gate, unit, k)] = kernel[k * width + column];
            for (std::size_t k = 0; k < p.recurrent; ++k)
                values[p.state(gate, unit, k)] = recurrent[k * width + column];
        }
    return as_bytes(values);
}

/// The file's bytes.
inline std::vector<unsigned char> build(const TinyModel& model) {
    flatbuffers::FlatBufferBuilder builder;
    TinyWeights weights;
    std::vector<flatbuffers::Offset<schema::Layer>> layers;
    const auto add = [&](const char* name, std::uint64_t parameters, schema::Kind kind, auto layer) {
        layers.push_back(schema::CreateLayerDirect(builder, name, parameters, kind, layer.Union()));
    };
    const std::uint32_t in = model.inputs, u = model.units, out = model.outputs;

    if (model.tokens) {
        const auto rows = as_bytes(weights.take(model.tokens * in));
        add("embedding", model.tokens * in, schema::Kind::Embedding,
            schema::CreateEmbeddingDirect(builder, model.tokens, in, false, schema::Format::f32, &rows));
    }

    const auto kernel = weights.take(in * 3 * u), recurrent = weights.take(u * 3 * u), bias = weights.take(2 * 3 * u);
    const auto gru = packed({3, u, in, u, 1}, kernel, recurrent);
    std::vector<float> gru_bias(padded_units(u) * 4);
    for (std::uint32_t unit = 0; unit < u; ++unit) {
        const auto term = [&](std::size_t t) -> float& { return gru_bias[bias_index(4, u, t, unit)]; };
        for (std::size_t gate = 0; gate < 2; ++gate) term(gate) = bias[gate * u + unit] + bias[(3 + gate) * u + unit];
        term(2) = bias[2 * u + unit];
        term(3) = bias[5 * u + unit];
    }
    const schema::Activation tanh(0, schema::Function::tanh), sigmoid(0, schema::Function::sigmoid),
        softmax(0, schema::Function::softmax);
    add(model.gru_name.c_str(), 3 * u * (in + u + 2), schema::Kind::Recurrent,
        schema::CreateRecurrentDirect(builder, schema::Cell::gru, in, u, &tanh, &sigmoid, schema::Format::f32, &gru,
                                      &gru_bias));

    const auto dense = packed({1, out, u, 0, 1}, weights.take(u * out), {});
    auto dense_bias = weights.take(out);
    dense_bias.resize(padded_units(out));
    add("dense", (u + 1) * out, schema::Kind::Dense,
        schema::CreateDenseDirect(builder, u, out, out == 1 ? &sigmoid : &softmax, schema::Format::f32, &dense,
                                  &dense_bias));

    const auto strings = [&](const std::vector<std::string>& from) {
        std::vector<flatbuffers::Offset<flatbuffers::String>> to;
        for (const auto& text : from) to.push_back(builder.CreateString(text));
        return to;
    };
    const auto vocabulary = strings(model.vocabulary), labels = strings(model.labels);
    const auto metadata =
        schema::CreateMetadataDirect(builder, "tiny.h5", "00", "keras 2.13.1", "0.1.0", &vocabulary,
                                     model.start_token, model.unknown_token, &labels, model.sequence_length);
    constexpr std::uint64_t placeholder = 1;
    builder.Finish(schema::CreateModelDirect(builder, model.format_version, placeholder, &layers,
                                             model.returns_sequence, metadata),
                   schema::ModelIdentifier());

    std::vector<unsigned char> file(builder.GetBufferPointer(), builder.GetBufferPointer() + builder.GetSize());
    const auto* table = reinterpret_cast<const flatbuffers::Table*>(schema::GetModel(file.data()));
    const auto hole = static_cast<std::size_t>(table->GetAddressOf(schema::Model::VT_CHECKSUM) - file.data());
    const std::uint64_t sum = checksum(file.data(), file.size(), hole);
    std::memcpy(file.data() + hole, &sum, sizeof sum);
    return file;
}

inline void write_file(const std::string& path, const std::vector<unsigned char>& bytes) {
    std::ofstream(path, std::ios::binary).write(reinterpret_cast<const char*>(bytes.data()),
                                                static_cast<std::streamsize>(bytes.size()));
}

}  // namespace runnel::test
