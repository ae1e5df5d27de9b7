/// The networks of tests/golden/keras/cases.json.
#pragma once
#include <nlohmann/json.hpp>
#include <string>

#include "formats/file.hpp"
#include "readers/readers.hpp"
#include "support/shared_data.hpp"

namespace runnel::test {

/// The network of a case: that of a whole model's file, or of weights alone beside their architecture.
inline converter::Graph graph_of(const nlohmann::json& model) {
    const auto bytes = [&](const char* name) {
        return converter::read_file(golden("keras/" + model.at(name).get<std::string>()));
    };
    return model.contains("architecture") ? converter::read_weights(bytes("file"), bytes("architecture")).graph
                                          : converter::read_model(bytes("file")).graph;
}

}  // namespace runnel::test
