#include "run/running_model.hpp"

#include "error.hpp"
#include "model/tap.hpp"

namespace runnel::converter {
namespace {

void check(Status status) {
    if (status != Status::ok) throw Error(std::string("the runtime refuses the model: ") + message(status));
}

}  // namespace

bool has_output(const StoredGraph& stored, std::size_t layer) {
    const auto& kind = stored.graph.layers[layer].kind;
    const auto* embedding = std::get_if<Embedding>(&kind);
    return !std::holds_alternative<Masking>(kind) &&
           !(embedding && (embedding->projected || stored.numbers[layer].fixed));
}

RunningModel::RunningModel(const StoredGraph& stored) : file_(pack(stored, {})) {
    check(model_.load(file_.bytes().data(), file_.bytes().size()));
    block_.resize(Session::bytes(model_) / sizeof(Line));
    check(Session::create(model_, block_.data(), Session::bytes(model_), session_));
    for (std::size_t i = 0; i < stored.graph.layers.size(); ++i) {
        outputs_.emplace_back(has_output(stored, i) ? output_width(stored.graph.layers[i]) : 0);
        taps_.push_back(outputs_[i].empty() ? nullptr : outputs_[i].data());
    }
}

void RunningModel::reset() {
    session_->reset();
    fresh_ = true;
}

Status RunningModel::step(std::uint32_t token) { return stepped(step_tapped(*session_, token, taps_, masked_)); }

Status RunningModel::step(const float* features, std::size_t count) {
    return stepped(step_tapped(*session_, features, count, taps_, masked_));
}

Status RunningModel::stepped(Status status) {
    if (status != Status::ok) return status;
    if (masked_ && fresh_) tap_zero_state(*session_, taps_);
    fresh_ = false;
    return status;
}

}  // namespace runnel::converter
