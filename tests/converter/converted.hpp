/// A source file converted in memory and run.
#pragma once
#include <doctest/doctest.h>

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "formats/file.hpp"
#include "readers/readers.hpp"
#include "runnel/runnel.hpp"
#include "support/isa.hpp"
#include "write/pack.hpp"

namespace runnel::test {

/// Memory at a multiple of 64 bytes.
struct alignas(64) Line {
    std::byte bytes[64];
};

class Converted {
public:
    explicit Converted(const std::string& path) : Converted(converter::read_model(converter::read_file(path)).graph) {}

    explicit Converted(const converter::Graph& graph) : file_(converter::pack(graph, {})) {
        REQUIRE(model_.load(file_.bytes().data(), file_.bytes().size(), forced_isa()) == Status::ok);
        block_.resize(Session::bytes(model_) / sizeof(Line));
        REQUIRE(Session::create(model_, block_.data(), Session::bytes(model_), session_) == Status::ok);
    }

    ModelInfo info() const { return model_.info(); }
    Session& session() { return *session_; }

    /// The last answer to a sequence of tokens from zero state.
    template <class Token> std::span<const float> answer(std::span<const Token> tokens) {
        session_->reset();
        for (const Token token : tokens) REQUIRE(session_->step(static_cast<std::uint32_t>(token)) == Status::ok);
        return session_->output();
    }

private:
    converter::FileImage file_;
    Model model_;
    std::vector<Line> block_;
    Session* session_ = nullptr;
};

}  // namespace runnel::test
