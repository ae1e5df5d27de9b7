// A .h5 file of weights alone and the architecture beside it, each with its length in 4 bytes in front: what
// model.to_json() gives, and what the process sends that reads the .h5 file by libhdf5.
#include "keras.hpp"
#include "without_libhdf5.hpp"

using namespace runnel;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto parts = fuzz::parts_of<2>(data, size);
    fuzz::sent_by_child = parts[1];
    fuzz::convert([&] { return converter::keras::read_weights(fuzz::hdf5_file(), parts[0]); });
    return 0;
}
