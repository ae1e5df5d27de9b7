#include "model_file.hpp"

#include <new>
#include <stdexcept>
#include <string_view>

#include "common/terminal.hpp"
#include "common/text.hpp"
#include "usage_error.hpp"

namespace runnel {
namespace {

constexpr std::align_val_t alignment{64};

/// What the user can do about it; empty if the message says it.
std::string way_out(Status status) {
    switch (status) {
        case Status::not_a_model: return "make one from a trained model with: runnel-convert IN -o OUT.rnl";
        case Status::damaged: return "copy it again from where it came from, or convert it again";
        case Status::too_new: return "update runnel, or convert again with the runnel-convert of this version";
        case Status::invalid_layer:
        case Status::too_many_layers: return "convert it again; if it stays so, the source model cannot be used";
        case Status::unknown_isa:
        case Status::unavailable_isa: return "choose one of: " + available_isas();
        default: return "";
    }
}

}  // namespace

ModelFile::ModelFile(const std::string& path, const std::string& isa) : path_(path), isa_(isa), file_(path) {
    if (const Status status = model_.load(bytes().data(), bytes().size(), isa.empty() ? nullptr : isa.c_str());
        status != Status::ok)
        fail(status);
    info_ = model_.info();
}

void ModelFile::fail(Status status) const {
    const std::string set = "instruction set " + quote(isa_);
    if (status == Status::unknown_isa) throw UsageError(set + ": " + message(status) + "; " + way_out(status));
    std::string text = (status == Status::unavailable_isa ? set : path_) + ": ";
    if (model_.failed_layer() >= 0)
        text += "layer " + std::to_string(model_.failed_layer()) + " " + quote(model_.failed_layer_name()) + ": ";
    text += message(status);
    if (const std::string out = way_out(status); !out.empty()) text += "; " + out;
    throw std::runtime_error(text);
}

void LoadedModel::Free::operator()(void* block) const { ::operator delete(block, alignment); }

training::PatchInfo read_patch_info(const FileBytes& patch, const std::string& path) {
    training::PatchInfo info;
    if (const auto status = training::read_patch(patch.bytes().data(), patch.bytes().size(), info);
        status != training::Status::ok)
        throw std::runtime_error(path + ": " + message(status));
    return info;
}

LoadedModel::LoadedModel(const std::string& path, const std::string& isa, const std::string& patch)
    : ModelFile(path, isa) {
    session_bytes_ = Session::bytes(model());
    block_.reset(::operator new(session_bytes_, alignment));
    if (const Status status = Session::create(model(), block_.get(), session_bytes_, session_); status != Status::ok)
        fail(status);
    if (patch.empty()) return;
    patch_.emplace(patch);
    patch_path_ = patch;
    patch_info_ = read_patch_info(*patch_, patch);
    apply_patch_to(*session_);
}

template <class Patched> void LoadedModel::apply_patch_to(Patched& patched) {
    if (!patch_) return;
    const auto bytes = patch_->bytes();
    std::size_t changed = 0;
    Status status = patched.patch_bytes(bytes.data(), bytes.size(), changed);
    if (status == Status::ok) {
        if (!patched_) patched_.reset(::operator new(changed, alignment));
        status = patched.apply_patch(bytes.data(), bytes.size(), patched_.get(), changed);
    }
    if (status != Status::ok)
        throw std::runtime_error(patch_path_ + ": " + message(status) + " (" + path() + ")");
}

void LoadedModel::apply_patch(Window& window) { apply_patch_to(window); }

bool ModelFile::answers_probabilities() const {
    const std::string_view activation = last_layer().activation;
    return activation == "sigmoid" || activation == "softmax" || activation.starts_with("hard_sigmoid");
}

std::string vocabulary_text(const ModelInfo& info) {
    const std::string words = grouped(info.words) + (info.words == 1 ? " word" : " words");
    return info.words == info.inputs ? words : words + " for " + grouped(info.inputs) + " tokens";
}

std::string available_isas() {
    const char* const* end = isas();
    while (*end) ++end;
    return joined(std::span(isas(), end), " ", [](const char* isa) { return isa; });
}

}  // namespace runnel
