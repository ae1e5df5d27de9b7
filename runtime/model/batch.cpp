#include <cstdint>

#include "batch.hpp"

namespace runnel {
namespace {

Streams& streams_of(Batch* b) { return *static_cast<Streams*>(b); }
const Streams& streams_of(const Batch* b) { return *static_cast<const Streams*>(b); }

bool rests(std::uint32_t token) { return token == Batch::resting; }
bool rests(const float* features) { return !features; }

/// Runs one recurrent layer of as many streams as a tile has.
void run_tile(Stream* const* streams, std::uint32_t i, const Plan& plan) {
    const Layer& layer = plan.layers[i];
    CellStep steps[tile_streams];
    for (int n = 0; n < tile_streams; ++n) {
        Stream& s = *streams[n];
        RecurrentLayer::prepare(steps[n], layer, s.context(i), s.input_of(i));
    }
    plan.kernels->cells[int(layer.format)].tile[int(layer.cell)](steps);
    for (int n = 0; n < tile_streams; ++n) {
        Stream& s = *streams[n];
        RecurrentLayer::finish(steps[n], layer, s.context(i), s.values[i + 1]);
    }
}

/// Whether all streams multiply the same weights of the layer: not so for a one-hot input.
bool shares_weights(const Layer& layer, const Value& in) {
    return layer.kind == schema::Kind::Recurrent && (in.projected.values || in.columns == layer.inputs);
}

/// Runs up to tile_streams streams that have begun a step.
void run(Stream* const* streams, int count, const Plan& plan) {
    for (std::uint32_t i = 0; i < plan.body; ++i) {
        const Layer& layer = plan.layers[i];
        bool together = count == tile_streams && shares_weights(layer, streams[0]->input_of(i));
        for (int n = 0; together && n < count; ++n) together = !streams[n]->waits(layer);
        if (together) {
            run_tile(streams, i, plan);
        } else {
            for (int n = 0; n < count; ++n) streams[n]->run(i, i + 1);
        }
    }
    for (int n = 0; n < count; ++n) streams[n]->end();
}

template <class In> Status step_all(Streams& batch, std::span<const In> inputs) {
    if (inputs.size() != batch.count) return Status::wrong_batch;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        if (rests(inputs[i])) continue;
        if (const Status status = batch.at(i).check(inputs[i]); status != Status::ok) return status;
    }
    advance(batch, inputs.data());
    return Status::ok;
}

template <class In> void advance_all(Streams& batch, const In* inputs) {
    Stream* tile[tile_streams];
    int filled = 0;
    for (std::uint32_t i = 0; i < batch.count; ++i) {
        Stream& stream = batch.at(i);
        if (rests(inputs[i]) || stream.masked(inputs[i])) continue;
        stream.begin(inputs[i]);
        tile[filled++] = &stream;
        if (filled < tile_streams) continue;
        run(tile, filled, *batch.plan);
        filled = 0;
    }
    run(tile, filled, *batch.plan);
}

}  // namespace

void advance(Streams& batch, const std::uint32_t* tokens) { advance_all(batch, tokens); }
void advance(Streams& batch, const float* const* features) { advance_all(batch, features); }

std::size_t Batch::bytes(const Model& model, std::uint32_t streams) noexcept {
    const std::size_t stride = Session::bytes(model);
    if (stride == 0) return 0;
    const std::size_t most = (SIZE_MAX - sizeof(Streams)) / stride;
    return streams > most ? SIZE_MAX : sizeof(Streams) + streams * stride;
}

Status Batch::create(const Model& model, std::uint32_t streams, void* block, std::size_t size, Batch*& batch) noexcept {
    if (!plan_of(model).file) return Status::not_loaded;
    if (streams == 0) return Status::wrong_batch;
    if (reinterpret_cast<std::uintptr_t>(block) % 64) return Status::misaligned;
    const std::size_t needed = bytes(model, streams);
    if (!block || size < needed || needed == SIZE_MAX) return Status::block_too_small;
    auto* all = new (block) Streams;
    all->count = streams;
    all->stride = Session::bytes(model);
    for (std::uint32_t i = 0; i < streams; ++i) {
        Session* session;
        const Status status = Session::create(model, &all->at(i), all->stride, session);
        if (status != Status::ok) return status;
    }
    all->plan = all->at(0).plan;
    batch = all;
    return Status::ok;
}

std::uint32_t Batch::streams() const noexcept { return streams_of(this).count; }
Session& Batch::operator[](std::uint32_t index) noexcept { return streams_of(this).at(index); }

Status Batch::step(std::span<const std::uint32_t> tokens) noexcept { return step_all(streams_of(this), tokens); }
Status Batch::step(std::span<const float* const> features) noexcept { return step_all(streams_of(this), features); }

}  // namespace runnel
