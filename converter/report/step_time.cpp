#include "report/step_time.hpp"

#include <algorithm>
#include <limits>

#include "common/sequences.hpp"
#include "common/timing.hpp"
#include "error.hpp"

namespace runnel::converter {
namespace {

constexpr std::size_t values_in_cache = 16'384;  ///< the input shall not compete with the weights
constexpr double time_of_each_ns = 1e8;

/// The first steps of the array, as the model reads them.
class Steps {
public:
    Steps(const npy::File& input, const ModelInfo& info) : width_(info.inputs) {
        tokens_ = Sequences(input.array(), input.path(), info).tokens();
        const std::size_t width = tokens_ ? 1 : width_;
        count_ = std::clamp<std::size_t>(values_in_cache / width, 1, input.array().size() / width);
        for (std::size_t i = 0; i < count_ * width; ++i) {
            if (tokens_) ids_.push_back(token_id(input.array().value(i), info));
            else features_.push_back(static_cast<float>(input.array().value(i)));
        }
    }

    /// Steps from the first on, round and round.
    Block run(Session& session, std::size_t steps) const {
        session.reset();
        Status status = Status::ok;
        const auto start = Clock::now();
        for (std::size_t i = 0, at = 0; i < steps; ++i, at = at + 1 < count_ ? at + 1 : 0)
            status = std::max(status, tokens_ ? session.step(ids_[at]) : session.step(&features_[at * width_], width_));
        const double ns = nanoseconds(Clock::now() - start);
        if (status != Status::ok) throw Error(std::string("a step failed: ") + message(status));
        return {steps, ns};
    }

private:
    bool tokens_;
    std::size_t width_, count_;
    std::vector<std::uint32_t> ids_;
    std::vector<float> features_;
};

/// The best mean so far of a model's blocks.
struct Best {
    Session& session;
    const Steps& steps;
    std::size_t per_block = 1;
    double ns = std::numeric_limits<double>::infinity(), spent = 0;

    void measure() {
        const Block block = steps.run(session, per_block);
        spent += block.ns;
        if (block.ns < min_block_ns) per_block *= 2;
        else ns = std::min(ns, block.ns / double(block.steps));
    }
};

}  // namespace

std::pair<double, double> step_times(Session& first, Session& second, const ModelInfo& info, const npy::File& input) {
    const Steps steps(input, info);
    Best a{first, steps}, b{second, steps};
    while (a.spent < time_of_each_ns || b.spent < time_of_each_ns) a.measure(), b.measure();
    return {a.ns, b.ns};
}

}  // namespace runnel::converter
