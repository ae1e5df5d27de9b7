// Sequences trained a second of CPU time, Embedding(500, 16), GRU(8), Dense(1), 100 steps, by batch size and
// instruction set.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <ctime>
#include <memory>
#include <numeric>

#include "reviews.hpp"
#include "runtime/trainer/initialize.hpp"

namespace {

using namespace runnel::training;

void measure(const runnel::Examples& reviews, uint32_t batch, const char* isa) {
    const Layer layers[] = {embedding(500, 16), gru(8), dense(1, Function::sigmoid)};
    const Specification spec = {.layers = layers,
                                .layer_count = 3,
                                .batch = batch,
                                .steps = reviews.steps,
                                .learning_rate = fraction<28>(1e-4),
                                .isa = isa};
    size_t bytes = 0;
    if (Trainer::bytes(spec, bytes) != Status::ok) return;
    struct Free {
        void operator()(unsigned char* p) const { operator delete[](p, std::align_val_t(64)); }
    };
    const std::unique_ptr<unsigned char[], Free> block(new (std::align_val_t(64)) unsigned char[bytes]);
    Trainer* trainer = nullptr;
    if (Trainer::create(spec, block.get(), bytes, trainer) != Status::ok ||
        !twin::load(*trainer, twin::initial(spec, 1)))
        return;
    std::vector<uint32_t> order(reviews.count);
    std::iota(order.begin(), order.end(), 0u);
    const uint32_t count = batch == 1 ? 4000 : 16000;
    double best = 0;
    for (int repetition = 0; repetition < 5; ++repetition) {
        const clock_t start = clock();
        Result result;
        for (uint32_t i = 0; i + batch <= count; i += batch)
            if (trainer->train(reviews.batch({&order[i], batch}), result) != Status::ok) return;
        best = std::max(best, count / (double(clock() - start) / CLOCKS_PER_SEC));
    }
    std::printf("%-12s | %5u | %8.0f | %zu\n", trainer->isa(), batch, best, bytes);
}

}  // namespace

int main(int argc, char** argv) try {
    CLI::App app("Training speed: instruction set | batch | sequences a second (best of 5) | bytes");
    std::string folder;
    app.add_option("--data", folder, "folder of the reviews")->required();
    CLI11_PARSE(app, argc, argv);
    const runnel::Examples reviews = runnel::bench::read_reviews(folder, "train", "vocab500_len100", 500);
    for (const char* isa : {"avx512vnni", "avx512", "avx2", "sse2", "neon64", "neon", "scalar"})
        for (uint32_t batch : {64u, 1u}) measure(reviews, batch, isa);
    return 0;
} catch (const std::exception& e) {
    std::fprintf(stderr, "speed: %s\n", e.what());
    return 1;
}
