// A patch of the model that the first byte chooses, applied to a session and to a trainer. Its length, its checksum and
// the model's hash are made to fit, unless the byte's highest bit says otherwise.
#include "patch_text.hpp"
#include "specimens.hpp"
#include "support/patches.hpp"

using namespace runnel;

namespace {

void apply_to_session(const Model& model, const test::Block& patch) {
    const test::Block block(Session::bytes(model));
    Session* session = nullptr;
    fuzz::require(Session::create(model, block.data(), block.size(), session) == Status::ok, "no session");
    fuzz::step(model, *session, 1);
    const std::vector<float> before = fuzz::answer(*session);
    std::size_t bytes = 0;
    const bool fits = session->patch_bytes(patch.data(), patch.size(), bytes) == Status::ok;
    const test::Block changed(bytes);
    const bool taken = session->apply_patch(patch.data(), patch.size(), changed.data(), changed.size()) == Status::ok;
    fuzz::require(taken == fits, "a patch has a size but is refused, or the reverse");
    fuzz::require(taken || fuzz::same(fuzz::answer(*session), before), "a refused patch changes the answer");
    if (taken) {
        for (const PatchedTensor& tensor : patched_tensors(model, {patch.data(), patch.size()}))
            fuzz::require(!tensor.name.empty(), "a tensor has no name");
        training::PatchInfo info;
        fuzz::require(training::read_patch(patch.data(), patch.size(), info) == training::Status::ok, "unread");
        word_list(info.words);
    }
    for (unsigned t = 0; t < 3; ++t) {
        fuzz::step(model, *session, t);
        fuzz::answer(*session);
    }
}

void apply_to_trainer(const Model& model, const std::uint8_t (&hash)[32], const test::Block& patch) {
    fuzz::OwnedTrainer trainer(model);
    std::vector<unsigned char> saved(trainer->saved_bytes());
    trainer->save(saved.data());
    if (trainer->apply_patch(patch.data(), patch.size(), hash) != training::Status::ok) return;
    for (std::uint32_t i = 0; i < trainer->parameters(); ++i) {
        const training::Parameter p = trainer->parameter(i);
        fuzz::require(trainer->patched_rows(patch.data(), i) <= p.rows, "more rows than there are");
    }
    std::vector<unsigned char> written(trainer->patch_bytes(saved.data()));
    fuzz::require(trainer->write_patch(saved.data(), hash, written.data(), written.size()) == training::Status::ok,
                  "what was learned cannot be written");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const auto models = fuzz::specimens(fuzz::fixed_files());
    if (size == 0) return 0;
    const fuzz::Specimen& specimen = models[data[0] % 128 % models.size()];
    const test::Block patch = fuzz::copied(data + 1, size - 1);
    std::uint8_t hash[32];
    training::hash_model(specimen.file().bytes().data(), specimen.file().bytes().size(), hash);
    if (data[0] < 128) test::seal_patch(patch.data(), patch.size(), hash);
    apply_to_session(specimen.model(), patch);
    apply_to_trainer(specimen.model(), hash, patch);
    return 0;
}
