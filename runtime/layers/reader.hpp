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

    // Of the value that the layer at hand reads, or reads first:
    std::uint32_t width = 0;  ///< 0: of the model's input, of which nothing is known yet
    bool is_input = true;     ///< it is the model's input itself, masked or not
    bool projected = false;   ///< it is a row of a projected embedding, which only recurrent layers read

    /// Takes up a layer that reads values before `index` + 1.
    void begin(const Layer& layer) {
        const Passed& from = passed_[layer.source];
        is_input = from.is_input, projected = from.projected;
        width = is_input ? input.width : from.width;
    }
    /// What the layer of that index, which is good, puts out.
    void end(const Layer& layer, std::uint32_t index) {
        const bool masks = layer.kind == schema::Kind::Masking;
        passed_[index + 1] = {layer.outputs, masks, layer.projected};
    }

    /// Whether a layer of so many inputs may stand here; the first one sets the number of features.
    bool enter(std::uint32_t inputs) {
        if (projected || !valid_width(inputs) || (is_input && input.takes_tokens)) return false;
        if (is_input && !input.width) input.width = width = inputs;
        return width == inputs;
    }
    /// Whether an embedding of so many tokens may stand here.
    bool enter_tokens(std::uint32_t tokens) {
        if (!is_input || !valid_width(tokens) || (input.width && !(input.takes_tokens && input.width == tokens)))
            return false;
        input.takes_tokens = true, input.width = tokens;
        return true;
    }
    /// A matrix reads the value, or something else does. Where only matrices read the model's input, a token may choose
    /// one of their columns.
    void enter_matrix() { matrix_reads_input_ |= is_input; }
    void enter_whole() { all_read_input_ |= is_input; }
    bool is_one_hot() const { return matrix_reads_input_ && !all_read_input_; }

    /// The width of all values together that the layer reads; 0: one of them cannot be read so.
    std::uint64_t enter_all(const Layer& layer) {
        std::uint64_t sum = 0;
        for (std::uint32_t i = 0; i < layer.source_count; ++i) {
            const std::uint32_t n = width_of(layer.sources[i]);
            if (!n || passed_[layer.sources[i]].projected) return 0;
            all_read_input_ |= passed_[layer.sources[i]].is_input;
            sum += n;
        }
        return sum;
    }
    bool all_have(const Layer& layer, std::uint32_t n) const {
        for (std::uint32_t i = 0; i < layer.source_count; ++i)
            if (width_of(layer.sources[i]) != n) return false;
        return true;
    }

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
    struct Passed {
        std::uint32_t width;
        bool is_input, projected;
    };

    /// 0: not known, or of tokens.
    std::uint32_t width_of(std::uint16_t value) const {
        const Passed& p = passed_[value];
        return !p.is_input ? p.width : input.takes_tokens ? 0 : input.width;
    }

    static bool is_aligned(const void* p, std::size_t to) { return reinterpret_cast<std::uintptr_t>(p) % to == 0; }

    const Kernels& kernels_;
    Passed passed_[max_layers + 1] = {{0, true, false}};  ///< the model's input, then the layers' outputs
    bool matrix_reads_input_ = false, all_read_input_ = false;
};

/// Bytes of a vector of the file that may be absent.
template <class T> std::size_t bytes_of(const flatbuffers::Vector<T>* v) { return v ? v->size() * sizeof(T) : 0; }

}  // namespace runnel
