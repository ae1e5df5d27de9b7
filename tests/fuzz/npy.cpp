// A .npy file, read as an array and as the sequences of models of tokens and of features.
#include "common/npy.hpp"

#include <stdexcept>

#include "common/sequences.hpp"
#include "specimens.hpp"

using namespace runnel;

namespace {

/// Steps through the array's first sequences as the tool does.
void run(const npy::Array& array, const Model& model) {
    Sequences sequences(array, "x.npy", model.info());
    const test::Block block(Session::bytes(model));
    Session* session = nullptr;
    fuzz::require(Session::create(model, block.data(), block.size(), session) == Status::ok, "no session");
    for (std::size_t i = 0; i < sequences.count() && i < 3; ++i)
        for (std::size_t t = 0; t < sequences.steps() && t < 3; ++t) sequences.step(*session, i, t);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const auto models = fuzz::specimens(fuzz::fixed_files());
    const test::Block file = fuzz::copied(data, size);
    try {
        const npy::Array array({file.data(), size}, "x.npy");
        double sum = 0;
        for (std::size_t i = 0; i < array.size() && i < 4096; ++i) sum += array.value(i);
        if (array.size()) sum += array.value(array.size() - 1);
        fuzz::require(array.size() == 0 || array.size() <= size, "more values than bytes");
        for (const auto& model : {&models[0], &models[2]}) {
            try {
                run(array, model->model());
            } catch (const std::runtime_error& error) {
                fuzz::require(std::string(error.what()).find("x.npy") != std::string::npos,
                              std::string("an error does not name the file: ") + error.what());
            }
        }
        static_cast<void>(sum);
    } catch (const std::runtime_error& error) {
        fuzz::require(std::string(error.what()).find("x.npy") != std::string::npos,
                      std::string("an error does not name the file: ") + error.what());
    }
    return 0;
}
