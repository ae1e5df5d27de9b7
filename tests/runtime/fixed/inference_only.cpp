// Loads a model and runs it: the least that a program can do with the library.
#include <cstdio>

#include "runnel/runnel.hpp"

int main() {
    alignas(64) static unsigned char file[1 << 20], block[1 << 20];
    static runnel::Model model;
    runnel::Session* session = nullptr;
    const std::size_t size = std::fread(file, 1, sizeof file, stdin);
    auto status = model.load(file, size);
    if (status == runnel::Status::ok) status = runnel::Session::create(model, block, sizeof block, session);
    if (status == runnel::Status::ok) status = session->step(1u);
    if (status == runnel::Status::ok) std::printf("%g\n", session->output()[0]);
    return status != runnel::Status::ok;
}
