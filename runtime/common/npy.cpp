#include "npy.hpp"

#include <bit>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "text.hpp"

static_assert(std::endian::native == std::endian::little);

namespace runnel::npy {
namespace {

constexpr std::string_view magic = "\x93NUMPY";
constexpr std::size_t max_dimensions = 32;  // NumPy's own limit

/// The fields of a header.
struct Header {
    std::optional<std::string> descr;
    std::optional<bool> fortran_order;
    std::optional<std::vector<std::size_t>> shape;
};

/// Reads a header: a Python dictionary literal of exactly the keys descr, fortran_order and shape. Throws
/// std::invalid_argument with what is wrong.
class HeaderReader {
public:
    explicit HeaderReader(std::string_view text) : text_(text) {}

    Header read() {
        Header header;
        expect('{');
        while (!accept('}')) {
            const std::string key = string();
            expect(':');
            if (key == "descr") set(header.descr, descr());
            else if (key == "fortran_order") set(header.fortran_order, boolean());
            else if (key == "shape") set(header.shape, tuple());
            else throw std::invalid_argument("its header has the key " + quote(key) +
                                             ", which is none of descr, fortran_order and shape");
            if (!accept(',') && peek() != '}') expect('}');
        }
        if (peek() != 0) throw std::invalid_argument("its header does not end with its dictionary");
        if (!header.descr || !header.fortran_order || !header.shape)
            throw std::invalid_argument("its header lacks descr, fortran_order or shape");
        return header;
    }

private:
    template <class T>
    static void set(std::optional<T>& field, T value) {
        if (field) throw std::invalid_argument("its header has a key twice");
        field = std::move(value);
    }

    /// The next character that is not white space; 0 at the end.
    char peek() {
        const auto start = text_.find_first_not_of(" \t\r\n");
        text_.remove_prefix(start == text_.npos ? text_.size() : start);
        return text_.empty() ? '\0' : text_[0];
    }

    bool accept(char c) {
        if (peek() != c) return false;
        text_.remove_prefix(1);
        return true;
    }

    void expect(char c) {
        if (!accept(c)) throw std::invalid_argument(std::string("its header lacks a '") + c + "'");
    }

    std::string string() {
        const char quote = peek();
        if (quote != '\'' && quote != '"') throw std::invalid_argument("its header lacks a string");
        const auto end = text_.find(quote, 1);
        if (end == text_.npos) throw std::invalid_argument("its header has a string without end");
        std::string value(text_.substr(1, end - 1));
        text_.remove_prefix(end + 1);
        return value;
    }

    std::string descr() {
        if (peek() == '[') throw std::invalid_argument("it holds records, not numbers");
        return string();
    }

    bool boolean() {
        peek();
        for (const auto& [word, value] : {std::pair<std::string_view, bool>{"True", true}, {"False", false}})
            if (text_.starts_with(word)) {
                text_.remove_prefix(word.size());
                return value;
            }
        throw std::invalid_argument("its header has a fortran_order that is neither True nor False");
    }

    std::vector<std::size_t> tuple() {
        std::vector<std::size_t> values;
        expect('(');
        while (!accept(')')) {
            peek();
            std::size_t value = 0;
            const auto [end, error] = std::from_chars(text_.data(), text_.data() + text_.size(), value);
            if (error == std::errc::result_out_of_range)
                throw std::invalid_argument("its shape is larger than this machine's memory");
            if (error != std::errc()) throw std::invalid_argument("its header has a shape that is not of numbers");
            text_.remove_prefix(static_cast<std::size_t>(end - text_.data()));
            accept('L');  // Python 2's long integers
            if (values.size() == max_dimensions) throw std::invalid_argument("it has more than 32 dimensions");
            values.push_back(value);
            if (!accept(',') && peek() != ')') expect(')');
        }
        return values;
    }

    std::string_view text_;
};

/// IEEE 754 binary16.
double half(std::uint16_t bits) {
    const double sign = bits >> 15 ? -1.0 : 1.0;
    const int exponent = bits >> 10 & 31, mantissa = bits & 1023;
    if (exponent == 31)
        return sign * (mantissa ? std::numeric_limits<double>::quiet_NaN() : std::numeric_limits<double>::infinity());
    return sign * (exponent ? std::ldexp(1024 + mantissa, exponent - 25) : std::ldexp(mantissa, -24));
}

struct Half {
    std::uint16_t bits;
    explicit operator double() const { return half(bits); }
};

template <class T, bool big_endian>
double read(const unsigned char* at) {
    unsigned char bytes[sizeof(T)];
    for (std::size_t i = 0; i < sizeof(T); ++i) bytes[i] = at[big_endian ? sizeof(T) - 1 - i : i];
    T value;
    std::memcpy(&value, bytes, sizeof(T));
    return static_cast<double>(value);
}

double truth(const unsigned char* at) { return *at ? 1.0 : 0.0; }

using Reader = double (*)(const unsigned char*);

struct Type {
    char kind;
    std::size_t width;
    Reader little, big;
};

template <class T>
constexpr Type type(char kind) {
    return {kind, sizeof(T), read<T, false>, read<T, true>};
}

constexpr Type types[] = {
    {'b', 1, truth, truth},
    type<std::int8_t>('i'),   type<std::int16_t>('i'),  type<std::int32_t>('i'),  type<std::int64_t>('i'),
    type<std::uint8_t>('u'),  type<std::uint16_t>('u'), type<std::uint32_t>('u'), type<std::uint64_t>('u'),
    type<Half>('f'),          type<float>('f'),         type<double>('f'),
};

/// The type that a descr such as "<f4" names, and whether it is big-endian.
std::pair<const Type*, bool> find_type(const std::string& descr) {
    for (const Type& type : types)
        if (descr.size() == 3 && descr[1] == type.kind && descr[2] == static_cast<char>('0' + type.width) &&
            (std::string_view("<>=").find(descr[0]) != std::string_view::npos || (descr[0] == '|' && type.width == 1)))
            return {&type, descr[0] == '>'};
    throw std::invalid_argument("it holds " + quote(descr) + ", not bool, integers or floats of at most 64 bits");
}

/// Number of values of a shape. Throws std::invalid_argument where the bytes of its non-zero dimensions do not fit
/// into a size_t.
std::size_t count(const std::vector<std::size_t>& shape, std::size_t width) {
    std::size_t bytes = width;
    bool empty = false;
    for (const std::size_t n : shape) {
        if (n == 0) empty = true;
        else if (__builtin_mul_overflow(bytes, n, &bytes))
            throw std::invalid_argument("its shape is larger than this machine's memory");
    }
    return empty ? 0 : bytes / width;
}

/// Splits a file into header text and data.
std::pair<std::string_view, std::span<const unsigned char>> split(std::span<const unsigned char> file) {
    const std::string_view text(reinterpret_cast<const char*>(file.data()), file.size());
    if (!text.starts_with(magic)) throw std::invalid_argument("it is not a .npy file");
    const std::invalid_argument cut("it is cut short");
    if (file.size() < 8) throw cut;
    const int version = file[6];
    if (version < 1 || version > 3) throw std::invalid_argument("its format version is unknown");
    const std::size_t start = version == 1 ? 10 : 12;
    if (file.size() < start) throw cut;
    std::size_t length = 0;
    for (std::size_t i = start; i-- > 8;) length = length << 8 | file[i];
    if (file.size() - start < length) throw cut;
    return {text.substr(start, length), file.subspan(start + length)};
}

}  // namespace

Array::Array(std::span<const unsigned char> file, const std::string& name) {
    try {
        const auto [text, data] = split(file);
        Header header = HeaderReader(text).read();
        const auto [type, big_endian] = find_type(*header.descr);
        shape_ = std::move(*header.shape);
        size_ = count(shape_, type->width);
        if (data.size() < size_ * type->width)
            throw std::invalid_argument("it is cut short: " + excerpt(shape_text(shape_)) + " is " +
                                        std::to_string(size_ * type->width) + " bytes, but it has " +
                                        std::to_string(data.size()));
        if (data.size() > size_ * type->width)
            throw std::invalid_argument("it has " + std::to_string(data.size() - size_ * type->width) +
                                        " bytes more than its shape " + excerpt(shape_text(shape_)) + " says");
        data_ = data.data();
        width_ = type->width;
        kind_ = type->kind;
        read_ = big_endian ? type->big : type->little;
        fortran_order_ = *header.fortran_order;
    } catch (const std::invalid_argument& error) {
        throw std::runtime_error(name + ": cannot be read: " + error.what());
    }
}

std::size_t Array::fortran_index(std::size_t index) const {
    std::size_t stride = size_, result = 0;
    for (std::size_t d = shape_.size(); d-- > 0;) {
        stride /= shape_[d];
        result += index % shape_[d] * stride;
        index /= shape_[d];
    }
    return result;
}

Writer::Writer(const std::string& path, std::span<const std::size_t> shape) : file_(path) {
    std::string tuple;
    for (const std::size_t n : shape) {
        tuple += std::to_string(n) + ", ";
        missing_ *= n;
    }
    if (shape.size() > 1) tuple.resize(tuple.size() - 2);
    std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': (" + tuple + "), }";
    const std::size_t prefix = magic.size() + 4;
    header.append(63 - (prefix + header.size()) % 64, ' ');
    header += '\n';
    const unsigned char version_and_length[] = {1, 0, static_cast<unsigned char>(header.size() & 255),
                                                static_cast<unsigned char>(header.size() >> 8)};
    file_.write(magic.data(), magic.size());
    file_.write(version_and_length, sizeof version_and_length);
    file_.write(header.data(), header.size());
}

void Writer::append(std::span<const float> values) {
    if (values.size() > missing_) throw std::logic_error("more values than the shape of the .npy file has");
    missing_ -= values.size();
    buffer_.insert(buffer_.end(), values.begin(), values.end());
    if (buffer_.size() >= 1 << 16) flush();
}

void Writer::flush() {
    file_.write(buffer_.data(), buffer_.size() * sizeof(float));
    buffer_.clear();
}

void Writer::finish() {
    if (missing_ != 0) throw std::logic_error("fewer values than the shape of the .npy file has");
    flush();
    file_.commit();
}

std::string shape_text(std::span<const std::size_t> shape) {
    std::string text = "[";
    for (std::size_t i = 0; i < shape.size(); ++i) text += (i ? ", " : "") + std::to_string(shape[i]);
    return text + "]";
}

}  // namespace runnel::npy
