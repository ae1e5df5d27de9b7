// What Keras' model.to_json() gives, made a new model.
#include "keras.hpp"

using namespace runnel;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::convert([&] { return converter::keras::new_model(fuzz::bytes_of(data, size), 1); });
    return 0;
}
