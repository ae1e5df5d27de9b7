/// A graph with its numbers, loaded and run.
#pragma once
#include <doctest/doctest.h>

#include <cmath>
#include <span>
#include <vector>

#include "quantize/quantize.hpp"
#include "runnel/runnel.hpp"
#include "support/block.hpp"
#include "support/isa.hpp"
#include "write/pack.hpp"

namespace runnel::test {

class Running {
public:
    /// `isa`: null for the best.
    explicit Running(const converter::StoredGraph& stored, const char* isa = forced_isa())
        : file_(converter::pack(stored, {})), block_(bytes_after_load(isa)) {
        REQUIRE(Session::create(model_, block_.data(), block_.size(), session_) == Status::ok);
    }

    const Model& model() const { return model_; }
    Session& session() { return *session_; }
    std::span<const std::uint8_t> file() const { return file_.bytes(); }

    std::span<const float> step(std::span<const float> features) {
        check(session_->step(features.data(), features.size()));
        return session_->output();
    }
    std::span<const float> step(std::uint32_t token) {
        check(session_->step(token));
        return session_->output();
    }

private:
    /// Without an assertion each: tests make millions of steps.
    static void check(Status status) {
        if (status != Status::ok) FAIL(message(status));
    }
    std::size_t bytes_after_load(const char* isa) {
        REQUIRE(model_.load(file_.bytes().data(), file_.bytes().size(), isa) == Status::ok);
        return Session::bytes(model_);
    }

    converter::FileImage file_;
    Model model_;
    Block block_;
    Session* session_ = nullptr;
};

inline converter::StoredGraph quantized(const converter::Graph& graph, schema::Format format,
                                        const converter::Calibration* calibration = nullptr) {
    return converter::quantize(graph, {.matrices = format}, calibration);
}

/// Power of a signal beside that of its error.
class Noise {
public:
    template <class Reference> void add(const Reference& reference, std::span<const float> values) {
        for (std::size_t i = 0; i < values.size(); ++i) {
            const double error = double(values[i]) - double(reference[i]);
            signal_ += double(reference[i]) * double(reference[i]), noise_ += error * error;
        }
        count_ += values.size();
    }
    double snr() const { return 10 * std::log10(signal_ / noise_); }
    double rms() const { return std::sqrt(noise_ / double(count_)); }

private:
    double signal_ = 0, noise_ = 0;
    std::size_t count_ = 0;
};

}  // namespace runnel::test
