/// A model made from a graph and loaded, with sessions over it.
#pragma once
#include <cstdlib>
#include <memory>
#include <vector>

#include "quantize/quantize.hpp"
#include "runnel/runnel.hpp"
#include "support/block.hpp"
#include "write/pack.hpp"

namespace runnel::bench {

inline void require(Status status) {
    if (status != Status::ok) std::abort();
}

class Loaded {
public:
    Loaded(const converter::Graph& graph, const converter::Formats& formats, const char* isa)
        : file_(converter::pack(converter::quantize(graph, formats, nullptr), {})) {
        require(model.load(file_.bytes().data(), file_.bytes().size(), isa));
    }
    Loaded(const Loaded&) = delete;

    Session& new_session() {
        blocks_.emplace_back(Session::bytes(model));
        Session* session = nullptr;
        require(Session::create(model, blocks_.back().data(), blocks_.back().size(), session));
        return *session;
    }
    Batch& new_batch(std::uint32_t streams) {
        blocks_.emplace_back(Batch::bytes(model, streams));
        Batch* batch = nullptr;
        require(Batch::create(model, streams, blocks_.back().data(), blocks_.back().size(), batch));
        return *batch;
    }

    Model model;

private:
    converter::FileImage file_;
    std::vector<test::Block> blocks_;
};

}  // namespace runnel::bench
