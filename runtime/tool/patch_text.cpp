#include "patch_text.hpp"

#include <string_view>

#include "common/terminal.hpp"
#include "common/text.hpp"
#include "fixed_learner.hpp"

namespace runnel {

std::uint32_t unlisted_layers(const Model& model) {
    return std::string_view(model.layer(0).kind) == "Embedding" ? 0 : 1;
}

std::vector<PatchedTensor> patched_tensors(const Model& model, const training::Trainer& trainer, const void* patch) {
    const std::uint32_t unlisted = unlisted_layers(model);
    std::vector<PatchedTensor> tensors;
    for (std::uint32_t i = 0; i < trainer.parameters(); ++i) {
        const std::uint32_t rows = trainer.patched_rows(patch, i);
        if (rows == 0) continue;
        const training::Parameter p = trainer.parameter(i);
        tensors.push_back({printable(model.layer(p.layer - unlisted).name) + "." + p.name, rows, p.rows});
    }
    return tensors;
}

std::vector<PatchedTensor> patched_tensors(const Model& model, std::span<const unsigned char> patch) {
    const FixedNetwork network = fixed_network(model);
    FixedLearner network_alone({.layers = network.layers,
                                .layer_count = network.layer_count,
                                .scope = training::Scope::none,
                                .weight_bits = network.weight_bits});
    check(load_parameters(model, network_alone.trainer()));
    training::PatchInfo info;
    check(training::read_patch(patch.data(), patch.size(), info));
    check(network_alone.trainer().apply_patch(patch.data(), patch.size(), info.model));
    return patched_tensors(model, network_alone.trainer(), patch.data());
}

std::vector<std::string> word_list(const training::Words& words) {
    std::vector<std::string> list;
    for (std::string_view rest(words.text, words.bytes); !rest.empty(); rest.remove_prefix(rest.find('\0') + 1))
        list.emplace_back(rest.substr(0, rest.find('\0')));
    return list;
}

std::string patched_text(const std::vector<PatchedTensor>& tensors) {
    if (tensors.empty()) return "nothing";
    return joined(tensors, ", ", [](const PatchedTensor& t) {
        return t.name + (t.rows == t.of ? "" : " (" + grouped(t.rows) + " of " + grouped(t.of) + " rows)");
    });
}

}  // namespace runnel
