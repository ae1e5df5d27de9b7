// usage: cpp_program MODEL: README.md's example over the tokens 1, 2, 3, in a program that also has the trainer.
#include <cstdio>
#include <cstdint>
#include <runnel/fixed_model.hpp>
#include <runnel/trainer.h>
#include <span>

bool stream(const void* file, std::size_t size, std::span<const std::uint32_t> tokens);

alignas(64) static unsigned char file[1 << 18];

int main(int argc, char** argv) {
    std::FILE* model = argc == 2 ? std::fopen(argv[1], "rb") : nullptr;
    if (!model) return 2;
    const std::size_t size = std::fread(file, 1, sizeof file, model);
    const std::uint32_t tokens[] = {1, 2, 3};
    if (!stream(file, size, tokens)) return 1;

    const runnel::training::Layer layers[] = {runnel::training::one_hot(4), runnel::training::gru(3),
                                              runnel::training::dense(1, runnel::training::Function::sigmoid)};
    const runnel::training::Specification specification{.layers = layers, .layer_count = 3};
    std::size_t bytes;
    if (runnel::training::Trainer::bytes(specification, bytes) != runnel::training::Status::ok || bytes == 0) return 3;
    return runnel_trainer_message(RUNNEL_TRAINER_OK) ? 0 : 4;
}
