/// Model files and sessions over them.
#pragma once
#include <memory>
#include <span>
#include <string>

#include "file.hpp"
#include "runnel/runnel.hpp"

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
    MappedFile file_;
    Model model_;
    ModelInfo info_;
};

/// And a session over it.
class Stream : public ModelFile {
public:
    Stream(const std::string& path, const std::string& isa);

    Session& session() { return *session_; }
    std::size_t session_bytes() const { return session_bytes_; }

private:
    struct Free {
        void operator()(void* block) const;
    };

    std::size_t session_bytes_;
    std::unique_ptr<void, Free> block_;
    Session* session_ = nullptr;
};

/// The instruction sets of this build that this CPU has: "avx2 sse2 scalar".
std::string available_isas();

}  // namespace runnel
