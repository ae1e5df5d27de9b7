#include "graph/fold_scales.hpp"

#include <algorithm>
#include <cmath>

#include "error.hpp"

namespace runnel::converter {
namespace {

/// The linear map that a layer begins with.
struct Affine {
    Matrix* weights = nullptr;
    std::vector<float>* bias = nullptr;  ///< of the first `weights->rows` values; null for none
};

bool is_identity(const Layer& layer) {
    const auto* activate = std::get_if<Activate>(&layer.kind);
    return activate && activate->activation.function == Function::linear;
}

/// What layer `at` does first, if that is linear. The first terms of a bias are those of the input part.
Affine linear_behind(std::vector<Layer>& layers, std::size_t at) {
    if (at == layers.size()) return {};
    if (auto* dense = std::get_if<Dense>(&layers[at].kind)) return {&dense->weights, &dense->bias};
    if (auto* recurrent = std::get_if<Recurrent>(&layers[at].kind)) return {&recurrent->input, &recurrent->bias};
    return {};
}

/// What the layers before `at` do last, if that is linear.
Affine linear_before(std::vector<Layer>& layers, std::size_t at) {
    while (at > 0 && is_identity(layers[at - 1])) --at;
    if (at == 0) return {};
    if (auto* dense = std::get_if<Dense>(&layers[at - 1].kind))
        return dense->activation.function == Function::linear ? Affine{&dense->weights, &dense->bias} : Affine{};
    return {};
}

float finite(const Scale& scale, double value) {
    const auto result = static_cast<float>(value);
    if (!std::isfinite(result))
        throw Error(scale.source + ": folded into the weights beside it, it makes a number that no float can hold; "
                                   "the training has diverged: save an earlier state of it");
    return result;
}

void check_width(const Scale& scale, std::size_t width) {
    if (scale.factor.size() != width || scale.offset.size() != width)
        throw Error(scale.source + ": has " + std::to_string(scale.factor.size()) + " values where the data has " +
                    std::to_string(width));
}

void fold_into_input(const Scale& scale, const Affine& map) {
    Matrix& weights = *map.weights;
    check_width(scale, weights.columns);
    for (std::size_t row = 0; row < weights.rows; ++row) {
        double bias = (*map.bias)[row];
        for (std::size_t column = 0; column < weights.columns; ++column) {
            const double weight = weights.at(row, column);
            bias += weight * scale.offset[column];
            weights.at(row, column) = finite(scale, weight * scale.factor[column]);
        }
        (*map.bias)[row] = finite(scale, bias);
    }
}

void fold_into_output(const Scale& scale, const Affine& map) {
    Matrix& weights = *map.weights;
    check_width(scale, weights.rows);
    for (std::size_t row = 0; row < weights.rows; ++row) {
        for (std::size_t column = 0; column < weights.columns; ++column)
            weights.at(row, column) = finite(scale, weights.at(row, column) * scale.factor[row]);
        float& bias = (*map.bias)[row];
        bias = finite(scale, bias * scale.factor[row] + scale.offset[row]);
    }
}

/// The rows of a table are what comes out, one for each token.
void fold_into_table(const Scale& scale, Matrix& table) {
    check_width(scale, table.columns);
    for (std::size_t i = 0; i < table.values.size(); ++i) {
        const std::size_t column = i % table.columns;
        table.values[i] = finite(scale, table.values[i] * scale.factor[column] + scale.offset[column]);
    }
}

Error no_linear_neighbour(const Scale& scale, const std::vector<Layer>& layers) {
    const bool last = scale.before >= layers.size();
    if (!last && std::holds_alternative<Masking>(layers[scale.before].kind))
        return Error(scale.source + ": scales what the Masking layer behind it compares with the masked value, so that "
                                    "other steps would be skipped; put Masking first");
    if (!last && std::holds_alternative<Embedding>(layers[scale.before].kind))
        return Error(scale.source + ": scales the tokens of an embedding, which are no quantities; remove it");
    return Error(scale.source + ": can be part of the weights of a Dense or recurrent layer right behind it, or of a "
                                "Dense layer without activation right before it; " +
                 (last ? "it is the last layer: put its activation behind it, or a Dense layer"
                       : "an activation stands between: put it before the activation, or train without it"));
}

void fold(const Scale& scale, std::vector<Layer>& layers) {
    if (const Affine behind = linear_behind(layers, scale.before); behind.weights) {
        fold_into_input(scale, behind);
    } else if (const Affine before = linear_before(layers, scale.before); before.weights) {
        fold_into_output(scale, before);
    } else if (auto* table = scale.before > 0 ? std::get_if<Embedding>(&layers[scale.before - 1].kind) : nullptr) {
        fold_into_table(scale, table->table);
    } else {
        throw no_linear_neighbour(scale, layers);
    }
}

/// Two that follow one another, as one.
Scale joined(Scale first, const Scale& second) {
    check_width(second, first.factor.size());
    for (std::size_t i = 0; i < first.factor.size(); ++i) {
        first.factor[i] *= second.factor[i];
        first.offset[i] = first.offset[i] * second.factor[i] + second.offset[i];
    }
    return first;
}

}  // namespace

Graph fold_scales(Graph graph, const std::vector<Scale>& scales) {
    std::vector<Scale> apart;
    for (Scale scale : scales) {
        while (scale.before < graph.layers.size() && is_identity(graph.layers[scale.before])) ++scale.before;
        if (!apart.empty() && apart.back().before == scale.before) apart.back() = joined(apart.back(), scale);
        else apart.push_back(std::move(scale));
    }
    for (const Scale& scale : apart) fold(scale, graph.layers);
    return graph;
}

}  // namespace runnel::converter
