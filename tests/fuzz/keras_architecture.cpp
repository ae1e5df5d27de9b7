// What Keras' model.to_json() gives, made a new model, unless it would be a large one.
#include <nlohmann/json.hpp>

#include "keras.hpp"

using namespace runnel;

namespace {

/// Whether all numbers are at most 32, so that no time goes to filling arrays.
bool is_small(const nlohmann::json& json) {
    if (json.is_number()) return json.get<double>() <= 32;
    for (const auto& part : json)
        if (json.is_structured() && !is_small(part)) return false;
    return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const nlohmann::json json = nlohmann::json::parse(data, data + size, nullptr, false);
    if (!json.is_discarded() && !is_small(json)) return -1;
    fuzz::convert([&] { return converter::keras::new_model(fuzz::bytes_of(data, size), 1); });
    return 0;
}
