// A .h5 file, but for libhdf5: the input is what the process sends that reads the file by it.
#include "keras.hpp"
#include "without_libhdf5.hpp"

using namespace runnel;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::sent_by_child = fuzz::bytes_of(data, size);
    const converter::Bytes file =
        fuzz::bytes_of(reinterpret_cast<const std::uint8_t*>(fuzz::hdf5_magic), sizeof fuzz::hdf5_magic - 1);
    fuzz::convert([&] { return converter::keras::read_model(file); });
    return 0;
}
