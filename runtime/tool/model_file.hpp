/// Model files and sessions over them.
#pragma once
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "common/file.hpp"
#include "runnel/trainer.hpp"
#include "runnel/window.hpp"

namespace runnel {

/// A model file, loaded. Throws std::runtime_error with a message that names the file, the layer and the way out.
class ModelFile {
public:
    /// `isa`: empty for the best.
    ModelFile(const std::string& path, const std::string& isa);

    const std::string& path() const { return path_; }
    std::span<const unsigned char> bytes() const { return file_.bytes(); }
    const Model& model() const { return model_; }
    const ModelInfo& info() const { return info_; }

    /// Kind and activation of the last layer, which the answers come from.
    LayerInfo last_layer() const { return model_.layer(info_.layers - 1); }
    /// The answers are probabilities: of something (sigmoid), or of one of several things (softmax).
    bool answers_probabilities() const;

protected:
    /// Throws: what is wrong, and what the user can do about it.
    [[noreturn]] void fail(Status status) const;

private:
    std::string path_, isa_;
    FileBytes file_;
    Model model_;
    ModelInfo info_;
};

/// What a patch file says of itself; refuses a damaged one. The words lead into the file.
training::PatchInfo read_patch_info(const FileBytes& patch, const std::string& path);

/// A model file, a patch or none, and a session over them.
class LoadedModel : public ModelFile {
public:
    /// `patch`: empty for none.
    LoadedModel(const std::string& path, const std::string& isa, const std::string& patch = "");

    Session& session() { return *session_; }
    /// Puts the patch, if there is one, in the place of the parameters of a window over the model.
    void apply_patch(Window& window);
    /// The patch file's bytes; empty without one.
    std::span<const unsigned char> patch() const {
        return patch_ ? patch_->bytes() : std::span<const unsigned char>();
    }
    /// What the patch says of itself; its words add to the model's vocabulary.
    const training::PatchInfo& patch_info() const { return patch_info_; }
    std::size_t session_bytes() const { return session_bytes_; }

private:
    struct Free {
        void operator()(void* block) const;
    };

    template <class Patched> void apply_patch_to(Patched& patched);

    std::size_t session_bytes_;
    std::unique_ptr<void, Free> block_;
    std::unique_ptr<void, Free> patched_;  ///< the tensors that the patch changes, the same for all that is patched
    Session* session_ = nullptr;
    std::optional<FileBytes> patch_;
    std::string patch_path_;
    training::PatchInfo patch_info_ = {};
};

/// "500 words", or "500 words for 504 tokens" where some have none.
std::string vocabulary_text(const ModelInfo& info);

/// The instruction sets of this build that this CPU has: "avx2 sse2 scalar".
std::string available_isas();

}  // namespace runnel
