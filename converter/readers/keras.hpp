/// Keras models: .h5 and .hdf5 of Keras 2 and 3, .keras of Keras 3.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "formats/file.hpp"
#include "graph/graph.hpp"

namespace runnel::converter::keras {

/// A row of Keras' model.summary(). Unlike the graph it also has the layers that only act in training.
struct SummaryRow {
    std::string name, class_name;
    std::vector<long> output_shape;  ///< without the batch; -1: any
    std::uint64_t parameters;
};

struct Import {
    Graph graph;
    std::string name;       ///< the model's
    std::string framework;  ///< "keras 2.13.1"
    std::vector<SummaryRow> summary;
};

/// Reads a model from the bytes of its file, recognised by content. Throws Error for what is not such a file, is
/// damaged, or cannot be expressed.
Import read_model(const Bytes& bytes);

/// A new model of the architecture that Keras' model.to_json() describes, initialised as it says; the same seed gives
/// the same weights.
Import new_model(const Bytes& bytes, std::uint64_t seed);

}  // namespace runnel::converter::keras
