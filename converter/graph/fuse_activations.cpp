#include "graph/fuse_activations.hpp"

namespace runnel::converter {

Graph fuse_activations(Graph graph) {
    std::vector<Layer> layers;
    for (Layer& layer : graph.layers) {
        Dense* before = layers.empty() ? nullptr : std::get_if<Dense>(&layers.back().kind);
        const auto* own = std::get_if<Activate>(&layer.kind);
        if (own && before && before->activation.function == Function::linear) before->activation = own->activation;
        else layers.push_back(std::move(layer));
    }
    graph.layers = std::move(layers);
    return graph;
}

}  // namespace runnel::converter
