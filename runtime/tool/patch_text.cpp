#include "patch_text.hpp"

#include <string_view>

#include "terminal.hpp"

namespace runnel {

std::vector<PatchedTensor> patched_tensors(const Model& model, const training::Trainer& trainer, const void* patch) {
    // Without an embedding, the trainer's layer 0 is an input that the model does not list.
    const std::uint32_t unlisted = std::string_view(model.layer(0).kind) == "Embedding" ? 0 : 1;
    std::vector<PatchedTensor> tensors;
    for (std::uint32_t i = 0; i < trainer.parameters(); ++i) {
        const std::uint32_t rows = trainer.patched_rows(patch, i);
        if (rows == 0) continue;
        const training::Parameter p = trainer.parameter(i);
        tensors.push_back({printable(model.layer(p.layer - unlisted).name) + "." + p.name, rows, p.rows});
    }
    return tensors;
}

std::string patched_text(const std::vector<PatchedTensor>& tensors) {
    if (tensors.empty()) return "nothing";
    return joined(tensors, ", ", [](const PatchedTensor& t) {
        return t.name + (t.rows == t.of ? "" : " (" + grouped(t.rows) + " of " + grouped(t.of) + " rows)");
    });
}

}  // namespace runnel
