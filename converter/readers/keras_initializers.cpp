#include "readers/keras_initializers.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

#include "common/names.hpp"
#include "common/text.hpp"

namespace runnel::converter::keras {
namespace {

/// An initializer of the layer, ready to fill an array.
struct Request {
    const LayerConfig& layer;
    const Json& config;
    std::size_t rows, columns;  ///< one dimension: as Keras, both are its extent
    std::size_t size;
    Random& random;

    double number(const char* key, double fallback) const { return keras::number(layer, config, key, fallback); }
    /// `draw`: gives one value.
    template <class F> std::vector<float> fill(F draw) const {
        std::vector<float> values(size);
        for (float& value : values) value = static_cast<float>(draw());
        return values;
    }
};

void check_matrix(const Request& r, const char* name) {
    if (r.size != r.rows * r.columns)
        throw layer_error(r.layer, std::string("the initializer ") + name + " makes matrices, and a bias is none");
}

std::vector<float> constant(const Request& r, double value) {
    return r.fill([&] { return value; });
}

std::vector<float> uniform(const Request& r, double low, double high) {
    return r.fill([&] { return low + (high - low) * r.random.uniform(); });
}

/// Standard deviation of a normal distribution cut off at two of its own.
constexpr double truncated_deviation = 0.87962566103423978;

std::vector<float> variance_scaling(const Request& r, double scale, const std::string& mode,
                                    const std::string& distribution) {
    const double in = double(r.rows), out = double(r.columns);
    const double fan = mode == "fan_in" ? in : mode == "fan_out" ? out : mode == "fan_avg" ? (in + out) / 2 : 0;
    if (fan == 0) throw layer_error(r.layer, "its VarianceScaling has the unknown mode '" + excerpt(mode) +
                                                  "'; there are fan_in, fan_out and fan_avg");
    const double variance = scale / std::max(1.0, fan), deviation = std::sqrt(variance);
    if (distribution == "uniform") return uniform(r, -std::sqrt(3 * variance), std::sqrt(3 * variance));
    if (distribution == "untruncated_normal") return r.fill([&] { return deviation * r.random.normal(); });
    if (distribution == "truncated_normal" || distribution == "normal")
        return r.fill([&] { return deviation / truncated_deviation * r.random.truncated_normal(); });
    throw layer_error(r.layer, "its VarianceScaling has the unknown distribution '" + excerpt(distribution) +
                                   "'; there are uniform, truncated_normal and untruncated_normal");
}

std::vector<float> variance_scaling(const Request& r) {
    const auto text = [&](const char* key, const char* fallback) {
        const auto found = r.config.find(key);
        return found != r.config.end() && found->is_string() ? found->get<std::string>() : fallback;
    };
    return variance_scaling(r, r.number("scale", 1), text("mode", "fan_in"), text("distribution", "truncated_normal"));
}

/// As many orthonormal vectors as the smaller extent: Gram-Schmidt on normal vectors, which is the Q of a QR
/// decomposition whose R has a positive diagonal. Twice, so that rounding leaves nothing.
std::vector<float> orthogonal(const Request& r) {
    check_matrix(r, "orthogonal");
    const std::size_t count = std::min(r.rows, r.columns), length = std::max(r.rows, r.columns);
    std::vector<std::vector<double>> vectors(count, std::vector<double>(length));
    for (std::size_t i = 0; i < count; ++i) {
        std::vector<double>& v = vectors[i];
        for (double& x : v) x = r.random.normal();
        for (int pass = 0; pass < 2; ++pass)
            for (std::size_t j = 0; j < i; ++j) {
                const double along = std::inner_product(v.begin(), v.end(), vectors[j].begin(), 0.0);
                for (std::size_t k = 0; k < length; ++k) v[k] -= along * vectors[j][k];
            }
        const double norm = std::sqrt(std::inner_product(v.begin(), v.end(), v.begin(), 0.0));
        for (double& x : v) x /= norm;
    }
    const double gain = r.number("gain", 1);
    std::vector<float> values(r.size);
    for (std::size_t row = 0; row < r.rows; ++row)
        for (std::size_t column = 0; column < r.columns; ++column)
            values[row * r.columns + column] =
                static_cast<float>(gain * (r.rows <= r.columns ? vectors[row][column] : vectors[column][row]));
    return values;
}

std::vector<float> identity(const Request& r) {
    check_matrix(r, "identity");
    std::vector<float> values(r.size);
    for (std::size_t i = 0; i < std::min(r.rows, r.columns); ++i)
        values[i * r.columns + i] = static_cast<float>(r.number("gain", 1));
    return values;
}

using Initializer = std::vector<float> (*)(const Request&);

/// By Keras' names of functions; those of classes are the same but for capitals and underscores.
constexpr Named<Initializer> initializers[] = {
    {"zeros", [](const Request& r) { return constant(r, 0); }},
    {"ones", [](const Request& r) { return constant(r, 1); }},
    {"constant", [](const Request& r) { return constant(r, r.number("value", 0)); }},
    {"random_uniform",
     [](const Request& r) { return uniform(r, r.number("minval", -0.05), r.number("maxval", 0.05)); }},
    {"random_normal",
     [](const Request& r) {
         const double mean = r.number("mean", 0), deviation = r.number("stddev", 0.05);
         return r.fill([&] { return mean + deviation * r.random.normal(); });
     }},
    {"truncated_normal",
     [](const Request& r) {
         const double mean = r.number("mean", 0), deviation = r.number("stddev", 0.05);
         return r.fill([&] { return mean + deviation * r.random.truncated_normal(); });
     }},
    {"variance_scaling", [](const Request& r) { return variance_scaling(r); }},
    {"glorot_uniform", [](const Request& r) { return variance_scaling(r, 1, "fan_avg", "uniform"); }},
    {"glorot_normal", [](const Request& r) { return variance_scaling(r, 1, "fan_avg", "truncated_normal"); }},
    {"he_uniform", [](const Request& r) { return variance_scaling(r, 2, "fan_in", "uniform"); }},
    {"he_normal", [](const Request& r) { return variance_scaling(r, 2, "fan_in", "truncated_normal"); }},
    {"lecun_uniform", [](const Request& r) { return variance_scaling(r, 1, "fan_in", "uniform"); }},
    {"lecun_normal", [](const Request& r) { return variance_scaling(r, 1, "fan_in", "truncated_normal"); }},
    {"orthogonal", orthogonal},
    {"identity", identity},
};

/// Keras' other names.
constexpr Named<std::string_view> aliases[] = {
    {"zero", "zeros"},
    {"one", "ones"},
    {"uniform", "random_uniform"},
    {"normal", "random_normal"},
};

/// Null for an unknown one.
Initializer initializer_named(std::string_view name) {
    for (const auto& alias : aliases)
        if (same_name(name, alias.name)) name = alias.value;
    for (const auto& initializer : initializers)
        if (same_name(name, initializer.name)) return initializer.value;
    return nullptr;
}

}  // namespace

double Random::normal() {
    const double radius = std::sqrt(-2 * std::log(1 - uniform()));  // Box and Muller
    return radius * std::cos(2 * std::numbers::pi * uniform());
}

double Random::truncated_normal() {
    for (;;)
        if (const double x = normal(); std::fabs(x) <= 2) return x;
}

std::vector<float> initialize(const LayerConfig& layer, const Json& initializer, const Hdf5File::Shape& shape,
                              Random& random) {
    const LayerConfig parsed = initializer.is_string()
                                   ? LayerConfig{initializer.get<std::string>(), "", Json::object(), ""}
                                   : parse_layer(initializer);
    const Initializer found = initializer_named(parsed.class_name);
    if (!found)
        throw layer_error(layer, "has the initializer '" + excerpt(parsed.class_name) +
                                     "', which Runnel does not know; use one of " +
                                     listed(names_of<Initializer>(initializers)));
    if (!parsed.config.is_object())
        throw layer_error(layer, "its initializer '" + excerpt(parsed.class_name) + "' has no settings");
    const std::size_t rows = shape.front(), columns = shape.back();
    const std::size_t size = std::accumulate(shape.begin(), shape.end(), std::size_t(1), std::multiplies<>());
    if (size > Hdf5File::max_elements)
        throw layer_error(layer, "has an array of " + std::to_string(size) + " numbers; " +
                                     std::to_string(Hdf5File::max_elements) + " are the most");
    std::vector<float> values = found({layer, parsed.config, rows, columns, size, random});
    if (!std::all_of(values.begin(), values.end(), [](float v) { return std::isfinite(v); }))
        throw layer_error(layer, "its initializer '" + excerpt(parsed.class_name) +
                                     "' gives numbers that are not finite");
    return values;
}

}  // namespace runnel::converter::keras
