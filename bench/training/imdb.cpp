// Trains one of the tutorials' networks on the IMDB reviews, in integers or in float32: RMSprop 1e-4, batch 64, at most
// 100 epochs, stop after 3 without a better validation loss, keep the best, evaluate it on the 25,000 test reviews.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <map>

#include "fixed_learner.hpp"
#include "float_trainer.hpp"
#include "reviews.hpp"
#include "runtime/trainer/initialize.hpp"

namespace {

using namespace runnel::training;
using runnel::bench::FloatTrainer;

constexpr uint32_t batch_size = 64;

struct Network {
    const char* arrays;
    uint32_t vocabulary, steps;
    std::vector<Layer> layers;
};
Layer dropped(Layer l, double inputs, double state) {
    l.dropout = uint16_t(inputs * 65536);
    l.recurrent_dropout = uint16_t(state * 65536);
    return l;
}
constexpr const char* tutorial = "vocab500_len100";
const std::map<std::string, Network> networks = {
    {"gru", {tutorial, 500, 100, {embedding(500, 16), gru(8), dense(1, Function::sigmoid)}}},
    {"lstm", {tutorial, 500, 100, {embedding(500, 16), lstm(8), dense(1, Function::sigmoid)}}},
    {"lstm-dropout", {tutorial, 500, 100, {embedding(500, 16), dropped(lstm(8), 0.3, 0), dense(1, Function::sigmoid)}}},
    {"two-lstm", {tutorial, 500, 100, {embedding(500, 16), lstm(8), lstm(8), dense(1, Function::sigmoid)}}},
    {"simple-rnn", {tutorial, 300, 100, {one_hot(300), simple_rnn(8), dense(1, Function::sigmoid)}}},
    {"gru128",
     {"vocab10000_len500",
      10000,
      500,
      {embedding(10000, 128), dropped(gru(128), 0.2, 0.2), dense(1, Function::sigmoid)}}},
};

/// Another learner, and the CPU time that its training takes.
class Timed : public runnel::Learner {
public:
    explicit Timed(Learner& learner) : learner_(learner) {}
    void train(const Batch& batch, Result& result) override {
        const clock_t start = clock();
        learner_.train(batch, result);
        seconds += double(clock() - start) / CLOCKS_PER_SEC;
    }
    void evaluate(const Batch& batch, Result& result) override { learner_.evaluate(batch, result); }
    void keep() override { learner_.keep(); }
    void restore() override { learner_.restore(); }

    double seconds = 0;

private:
    Learner& learner_;
};

struct Printer : runnel::FitObserver {
    void end_epoch(const runnel::Epoch& e) override {
        std::printf("epoch %u: loss %.4f accuracy %.4f val_loss %.4f val_accuracy %.4f\n", e.number, e.training.loss,
                    e.training.accuracy, e.validation->loss, e.validation->accuracy);
        std::fflush(stdout);
    }
};

struct Run {
    std::string network, mode, folder;
    uint32_t seed = 1, epochs = 100, patience = 3;
    double rate = 1e-4;
    bool quiet = false;
};

void run(const Run& options, const Network& network, runnel::Learner& learner) {
    auto read = [&](const char* part) {
        return runnel::bench::read_reviews(options.folder, part, network.arrays, network.vocabulary);
    };
    const runnel::Examples train = read("train"), val = read("val"), test = read("test");
    runnel::FitObserver quiet;
    Printer printer;
    Timed timed(learner);
    const auto fitted = runnel::fit(timed, runnel::Part(train), runnel::Part(val),
                                    {.batch = batch_size,
                                     .epochs = options.epochs,
                                     .patience = options.patience,
                                     .restore_best = true,
                                     .seed = options.seed * 31 + 5},
                                    options.quiet ? quiet : printer);
    const auto result = runnel::measure(learner, runnel::Part(test), quiet);
    std::printf("%s | %s | %u | %u | %.4f | %.4f | %.4f | %.0f\n", options.network.c_str(), options.mode.c_str(),
                options.seed, fitted.best_epoch, fitted.best_loss, result->loss, result->accuracy,
                train.count * double(fitted.history.size()) / timed.seconds);
}

}  // namespace

int main(int argc, char** argv) try {
    CLI::App app(
        "Train a tutorial's network on IMDB reviews; the last line is: network | mode | seed | best epoch | "
        "validation loss | test loss | test accuracy | sequences a second");
    Run options;
    app.add_option("network", options.network)->required()->check(CLI::IsMember(networks));
    app.add_option("mode", options.mode, "fixed (int16 weights), fixed8 or float32")
        ->required()
        ->check(CLI::IsMember({"fixed", "fixed8", "float32"}));
    app.add_option("--data", options.folder, "folder of the reviews")->required();
    app.add_option("--seed", options.seed);
    app.add_option("--learning-rate", options.rate);
    app.add_option("--epochs", options.epochs);
    app.add_option("--patience", options.patience);
    app.add_flag("--quiet", options.quiet, "only the last line");
    CLI11_PARSE(app, argc, argv);

    const Network& network = networks.at(options.network);
    const Specification spec = {.layers = network.layers.data(),
                                .layer_count = uint32_t(network.layers.size()),
                                .batch = batch_size,
                                .steps = network.steps,
                                .optimizer = Optimizer::rmsprop,
                                .learning_rate = uint32_t(std::lround(std::ldexp(options.rate, 28))),
                                .weight_bits = uint8_t(options.mode == "fixed8" ? 8 : 16),
                                .seed = options.seed};
    const auto parameters = twin::initial(spec, options.seed);
    if (options.mode == "float32") {
        FloatTrainer trainer(spec, parameters);
        run(options, network, trainer);
    } else {
        runnel::FixedLearner learner(spec);
        if (!twin::load(learner.trainer(), parameters)) throw std::runtime_error("parameters do not fit");
        if (!options.quiet) std::printf("%zu bytes\n", learner.bytes());
        run(options, network, learner);
        const Saturations s = learner.trainer().saturations();
        if (!options.quiet)
            std::printf("saturations: %u pre-activations, %u states, %u weights\n", s.preactivations, s.states,
                        s.weights);
    }
    return 0;
} catch (const std::exception& e) {
    std::fprintf(stderr, "imdb: %s\n", e.what());
    return 1;
}
