/// What the layers verify themselves with: shapes against sizes, ranges, finite numbers. After it nothing is checked
/// again.
#pragma once
#include "base/limits.hpp"
#include "layer.hpp"

namespace runnel {

/// What a model takes, as its first layers say it.
struct ModelInput {
    std::uint32_t width = 0;  ///< tokens, or features a step
    bool takes_tokens = false;
    bool one_hot = false;         ///< tokens < width are columns of the first layer
    bool mask_zero = false;       ///< a step of token 0 changes nothing
    bool has_mask_value = false;  ///< a step of features that all equal mask_value changes nothing
    float mask_value = 0;
};

class Reader {
public:
    explicit Reader(const Kernels& kernels) : kernels_(kernels) {}

    ModelInput input;
    std::uint32_t width = 0;  ///< of the values that reach the next layer; 0: before the first
    bool is_input = true;     ///< they are the model's input itself
    bool projected = false;   ///< they are a row of a projected embedding, which only a recurrent layer reads

    /// Whether a layer of so many inputs may stand here; the first one sets the number of features.
    bool enter(std::uint32_t inputs) {
        if (!width) input.width = inputs;
        return valid_width(inputs) && (!width || width == inputs) && !projected;
    }
    /// A matrix reads the values; where they are the model's input, a token may choose one of its columns.
    void enter_matrix() { input.one_hot |= is_input; }

    static bool valid_width(std::uint32_t n) { return n >= 1 && n <= max_width; }
    static bool is_matrix_format(Format f) { return int(f) < matrix_formats; }

    static bool is_finite(float x) { return x - x == 0; }

    static bool activation(const schema::Activation& from, Activation& to) {
        to = {Function(from.function()), from.alpha()};
        return to.function < Function::count && is_finite(to.alpha);
    }

    static bool holds_bytes(const flatbuffers::Vector<std::uint8_t>& packed, std::uint64_t bytes) {
        return packed.size() == bytes && is_aligned(packed.data(), 64);
    }
    /// `count` numbers, all finite; integer codes are never -128.
    bool holds(const flatbuffers::Vector<std::uint8_t>& packed, Format format, std::uint64_t count) const {
        if (!holds_bytes(packed, count * weight_size(format))) return false;
        bool good = true;
        if (format == Format::f32)
            return kernels_.all_finite(reinterpret_cast<const float*>(packed.data()), std::size_t(count));
        if (format == Format::f16)
            for (std::size_t i = 1; i < packed.size(); i += 2) good &= (packed.data()[i] & 0x7c) != 0x7c;
        else
            for (std::size_t i = 0; i < packed.size(); ++i) good &= packed.data()[i] != 0x80;
        return good;
    }

    bool is_bias(const flatbuffers::Vector<float>& bias, std::uint64_t count) const {
        return bias.size() == count && is_aligned(bias.data(), 64) && kernels_.all_finite(bias.data(), bias.size());
    }

    /// 0 (dynamic), or positive, finite and not subnormal.
    static bool is_scale(float s) { return s == 0 || (s >= 1.17549435e-38f && s <= 1e30f); }

    static bool are_scales(const flatbuffers::Vector<float>* scales, std::uint64_t count, std::size_t alignment) {
        if (!scales || scales->size() != count || !is_aligned(scales->data(), alignment)) return false;
        bool good = true;
        for (std::size_t i = 0; i < count; ++i) good &= is_scale(scales->data()[i]) && scales->data()[i] != 0;
        return good;
    }

    /// Whether this CPU needs the offsets of a layer of that format.
    bool needs_offsets(Format format) const { return format == Format::int8 && kernels_.unsigned_inputs; }

private:
    static bool is_aligned(const void* p, std::size_t to) { return reinterpret_cast<std::uintptr_t>(p) % to == 0; }

    const Kernels& kernels_;
};

/// Bytes of a vector of the file that may be absent.
template <class T> std::size_t bytes_of(const flatbuffers::Vector<T>* v) { return v ? v->size() * sizeof(T) : 0; }

}  // namespace runnel
