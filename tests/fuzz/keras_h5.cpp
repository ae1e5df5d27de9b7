// A .h5 file, but for libhdf5: the input is what the process sends that reads the file by it.
#include "keras.hpp"
#include "without_libhdf5.hpp"

using namespace runnel;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::sent_by_child = fuzz::bytes_of(data, size);
    fuzz::convert([&] { return converter::keras::read_model(fuzz::hdf5_file()); });
    return 0;
}
