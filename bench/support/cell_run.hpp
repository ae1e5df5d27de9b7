/// One recurrent cell with weights, state and codes, ready to be stepped for a long time.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <random>
#include <utility>

#include "base/packing.hpp"
#include "kernels/kernels.hpp"
#include "layers/format.hpp"

namespace runnel::bench {

inline constexpr const char* format_names[] = {"f32", "f16", "int8", "int8x16"};

/// Floats in pages of their own, uniform in +-range.
struct Floats {
    explicit Floats(std::size_t count, float range = 0)
        : data(static_cast<float*>(std::aligned_alloc(4096, padded_to(count * sizeof(float), 4096)))) {
        std::mt19937 generator(1);
        for (std::size_t i = 0; i < count; ++i) data[i] = range * (float(generator()) / 2147483648.0f - 1.0f);
    }
    ~Floats() { std::free(data); }
    Floats(const Floats&) = delete;
    float* data;
};

class CellRun {
public:
    /// `streams`: as many states over the same weights.
    CellRun(Format format, Cell cell, std::uint32_t inputs, std::uint32_t units, int streams = 1)
        : format_(format),
          cell_(cell),
          bytes_(weight_bytes(format, cell, inputs, units)),
          weights_(bytes_ / sizeof(float), format == Format::f32 ? 1 / std::sqrt(float(units)) : 0),
          offsets_(2 * gates[int(cell)] * padded_units(units)),
          scales_(2 * gates[int(cell)] * padded_units(units)),
          bias_(terms[int(cell)] * padded_units(units), 0.1f),
          x_(padded_to(inputs, 4), 1),
          numbers_(streams * 8 * padded_units(units)) {
        const std::size_t padded = padded_units(units);
        for (int n = 0; n < streams; ++n) {
            float* room = numbers_.data + n * 8 * padded;  // h, codes or h, codes or h, c, scratch
            CellStep& s = steps_[n];
            s = {.weights = weights_.data,
                 .scales = scales_.data,
                 .offsets = reinterpret_cast<const std::int32_t*>(offsets_.data),
                 .bias = bias_.data,
                 .x = x_.data,
                 .inputs = inputs,
                 .first = 0,
                 .columns = inputs,
                 .projected = {},
                 .apart = false,
                 .units = units,
                 .state = room,
                 .h = room,
                 .h_next = room + padded,
                 .c = room + 3 * padded,
                 .scratch = room + 4 * padded,
                 .state_next = nullptr,
                 .state_inverse = code_limit(format),
                 .activation = {Function::tanh, 0},
                 .recurrent_activation = {Function::sigmoid, 0},
                 .begin = 0};
            if (is_integer(format)) s.h_next = room, s.state = room + padded, s.state_next = room + 2 * padded;
        }
    }

    static std::size_t weight_bytes(Format format, Cell cell, std::uint32_t inputs, std::uint32_t units) {
        return Packing{gates[int(cell)], units, inputs, units, group_of(format)}.size() * weight_size(format);
    }

    void step(const Kernels& kernels) {
        kernels.cells[int(format_)].step[int(cell_)](steps_[0]);
        turn(steps_[0]);
    }
    void tile(const Kernels& kernels) {
        kernels.cells[int(format_)].tile[int(cell_)](steps_);
        for (CellStep& s : steps_) turn(s);
    }

    const float* weights() const { return weights_.data; }
    std::size_t bytes() const { return bytes_; }

private:
    static constexpr std::size_t gates[] = {1, 3, 3, 4}, terms[] = {1, 4, 3, 4};

    void turn(CellStep& s) {
        if (is_integer(format_)) {
            void* next = s.state_next;
            s.state_next = const_cast<void*>(s.state);
            s.state = next;
        } else {
            float* next = s.h_next;
            s.h_next = const_cast<float*>(s.h);
            s.h = next, s.state = next;
        }
    }

    Format format_;
    Cell cell_;
    std::size_t bytes_;
    Floats weights_, offsets_, scales_, bias_, x_, numbers_;
    CellStep steps_[tile_streams];
};

}  // namespace runnel::bench
