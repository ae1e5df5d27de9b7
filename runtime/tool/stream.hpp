/// A model file and one session over it.
#pragma once
#include <memory>
#include <span>
#include <string>

#include "file.hpp"
#include "runnel/runnel.hpp"

namespace runnel {

/// Throws std::runtime_error with a message that names the file, the layer and the way out.
class Stream {
public:
    /// `isa`: empty for the best.
    Stream(const std::string& path, const std::string& isa);

    const std::string& path() const { return path_; }
    const Model& model() const { return model_; }
    const ModelInfo& info() const { return info_; }
    Session& session() { return *session_; }
    std::size_t session_bytes() const { return session_bytes_; }

    /// Kind and activation of the last layer, which the answers come from.
    LayerInfo last_layer() const { return model_.layer(info_.layers - 1); }
    /// The answers are probabilities: of something (sigmoid), or of one of several things (softmax).
    bool answers_probabilities() const;

private:
    struct Free {
        void operator()(void* block) const;
    };

    std::string path_;
    MappedFile file_;
    Model model_;
    ModelInfo info_;
    std::size_t session_bytes_;
    std::unique_ptr<void, Free> block_;
    Session* session_ = nullptr;
};

/// The instruction sets of this build that this CPU has: "avx2 sse2 scalar".
std::string available_isas();

}  // namespace runnel
