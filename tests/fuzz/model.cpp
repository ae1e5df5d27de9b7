// A model file: loading and everything that can be done with what is loaded. Its checksum is made to fit.
#include "fuzz.hpp"
#include "support/exercise.hpp"
#include "support/seal.hpp"

using namespace runnel;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const test::Block file = fuzz::copied(data, size);
    test::seal(file.data(), size);
    // Plain C++, where the sanitizers see most, and by turns the best of the CPU.
    Model model;
    const Status status = model.load(file.data(), size, size / 4 % 2 ? "scalar" : nullptr);
    if (status != Status::ok) {
        fuzz::require(model.failed_layer_name() != nullptr, "no name of a layer");
        return 0;
    }
    const std::string wrong = test::Exercise(model, false, 1u << 20).run();
    fuzz::require(wrong.empty(), wrong);
    return 0;
}
