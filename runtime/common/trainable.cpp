#include "trainable.hpp"

#include <algorithm>
#include <functional>
#include <vector>

#include "runnel/fixed_model.hpp"
#include "terminal.hpp"

namespace runnel {

std::string untrainable(const Model& model) {
    if (!is_fixed(model))
        return "its weights are not fixed, and only such models learn; convert it again with --quantize fixed or "
               "--quantize fixed8";
    if (model.info().returns_sequence)
        return "it answers at every step, and only models that answer once a sequence learn";
    const FixedNetwork network = fixed_network(model);
    training::Status status = training::Status::ok;
    for (const auto loss : {training::Loss::mean_squared_error, training::Loss::binary_crossentropy,
                            training::Loss::categorical_crossentropy}) {
        const training::Specification spec = {.layers = network.layers,
                                              .layer_count = network.layer_count,
                                              .batch = 1,
                                              .steps = std::max(model.info().sequence_length, 1u),
                                              .loss = loss,
                                              .weight_bits = network.weight_bits};
        std::size_t bytes;
        status = training::Trainer::bytes(spec, bytes);
        if (status == training::Status::ok) return "";
    }
    return training::message(status);
}

std::string dropout_text(double inputs, double state, bool each_step) {
    std::vector<std::string> shares;
    const auto share = [](double value) { return shortest(static_cast<float>(value)); };
    if (inputs > 0) shares.push_back(share(inputs) + " of the inputs" + (each_step ? " of each step" : ""));
    if (state > 0) shares.push_back(share(state) + " of the state");
    return joined(shares, ", ", std::identity());
}

}  // namespace runnel
