/// Weights and biases of a fixed network, from real values.
#pragma once
#include "graph/graph.hpp"

namespace runnel::converter {

/// Real values as stored, row-major, and what the runtime sums of them: gates 0: rows alone, as of Dense.
struct Weights {
    const std::vector<float>& values;
    std::size_t rows;
    std::size_t gates;
    bool summed = true;
};

struct CodedWeights {
    std::vector<std::int16_t> codes;
    int bits;
    std::vector<std::uint8_t> finer;  ///< fixed8: bits that each row has more
};

/// Real values to numbers of one format. All throw Error, naming the layer, for what the format cannot hold.
class Coder {
public:
    explicit Coder(schema::Format format) : narrow_(format == schema::Format::fixed8) {}

    /// With the most fraction bits that the largest weight, the sums and the layer's pre-activations allow: of int8
    /// those of the largest weight of each row, as far as the sums leave room for them in the trainer's int16.
    CodedWeights code(const Layer& layer, const Weights& w, int preactivation_bits) const;

private:
    struct Limits {
        int least, most, weight;  ///< bits, bits, magnitude
    };
    std::vector<int> bits_of_rows(const Layer& layer, const Weights& w, const Limits& limits) const;
    CodedWeights rounded(const Weights& w, const std::vector<int>& row_bits, int bits, int spare) const;
    bool fit(const CodedWeights& coded, const Weights& w, int spare) const;

    bool narrow_;
};

std::vector<std::int32_t> code_biases(const Layer& layer, const std::vector<float>& values, int preactivation_bits);

}  // namespace runnel::converter
