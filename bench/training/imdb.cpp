// Trains one of the tutorials' networks on the IMDB reviews, in integers or in float32: RMSprop 1e-4, batch 64, at most
// 100 epochs, stop after 3 without a better validation loss, keep the best, evaluate it on the 25,000 test reviews.
#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <map>
#include <memory>
#include <numeric>
#include <random>

#include "float_trainer.hpp"
#include "reviews.hpp"
#include "runtime/trainer/initialize.hpp"

namespace {

using namespace runnel::training;
using runnel::bench::FloatTrainer;
using runnel::bench::Reviews;

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

/// The trainer in the shape of FloatTrainer.
class FixedTrainer {
public:
    FixedTrainer(const Specification& spec, const std::vector<std::vector<double>>& parameters) {
        check(Trainer::bytes(spec, bytes_));
        block_.reset(new (std::align_val_t(64)) unsigned char[bytes_]);
        check(Trainer::create(spec, block_.get(), bytes_, trainer_));
        if (!twin::load(*trainer_, parameters)) throw std::runtime_error("parameters do not fit");
    }
    void train(const Batch& batch, Result& result) {
        Result one;
        check(trainer_->train(batch, one));
        result.loss += one.loss;
        result.count += one.count;
        result.correct += one.correct;
    }
    void evaluate(const Batch& batch, Result& result) { check(trainer_->evaluate(batch, result)); }
    std::vector<unsigned char> save() const {
        std::vector<unsigned char> bytes(trainer_->saved_bytes());
        trainer_->save(bytes.data());
        return bytes;
    }
    void restore(const std::vector<unsigned char>& bytes) { trainer_->restore(bytes.data()); }
    size_t bytes() const { return bytes_; }
    Saturations saturations() const { return trainer_->saturations(); }

private:
    static void check(Status status) {
        if (status != Status::ok) throw std::runtime_error(message(status));
    }
    struct Free {
        void operator()(unsigned char* p) const { operator delete[](p, std::align_val_t(64)); }
    };
    std::unique_ptr<unsigned char[], Free> block_;
    Trainer* trainer_ = nullptr;
    size_t bytes_ = 0;
};

double loss(const Result& r) { return std::ldexp(double(r.loss), -20) / r.count; }
double accuracy(const Result& r) { return double(r.correct) / r.count; }

struct Run {
    std::string network, mode, folder;
    uint32_t seed = 1, epochs = 100, patience = 3;
    double rate = 1e-4;
    bool quiet = false;
};

template <class T> void run(const Run& options, const Network& network, T& trainer) {
    auto read = [&](const char* part) { return Reviews(options.folder, part, network.arrays, network.vocabulary); };
    const Reviews train = read("train"), val = read("val"), test = read("test");
    std::vector<uint32_t> order(train.count());
    std::iota(order.begin(), order.end(), 0u);
    std::mt19937_64 random(options.seed * 31 + 5);
    auto best = trainer.save();
    double best_loss = 1e9;
    uint32_t best_epoch = 0, epoch = 1;
    double seconds = 0;
    for (; epoch <= options.epochs && epoch - best_epoch <= options.patience; ++epoch) {
        std::shuffle(order.begin(), order.end(), random);
        Result trained, validated;
        const clock_t start = clock();
        for (uint32_t i = 0; i < train.count(); i += batch_size)
            trainer.train(train.batch(&order[i], std::min(batch_size, train.count() - i)), trained);
        seconds += double(clock() - start) / CLOCKS_PER_SEC;
        trainer.evaluate(val.batch(nullptr, val.count()), validated);
        if (loss(validated) < best_loss) {
            best_loss = loss(validated);
            best_epoch = epoch;
            best = trainer.save();
        }
        if (!options.quiet)
            std::printf("epoch %u: loss %.4f accuracy %.4f val_loss %.4f val_accuracy %.4f\n", epoch, loss(trained),
                        accuracy(trained), loss(validated), accuracy(validated));
        std::fflush(stdout);
    }
    trainer.restore(best);
    Result result;
    trainer.evaluate(test.batch(nullptr, test.count()), result);
    std::printf("%s | %s | %u | %u | %.4f | %.4f | %.4f | %.0f\n", options.network.c_str(), options.mode.c_str(),
                options.seed, best_epoch, best_loss, loss(result), accuracy(result),
                train.count() * double(epoch - 1) / seconds);
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
        FixedTrainer trainer(spec, parameters);
        if (!options.quiet) std::printf("%zu bytes\n", trainer.bytes());
        run(options, network, trainer);
        const Saturations s = trainer.saturations();
        if (!options.quiet)
            std::printf("saturations: %u pre-activations, %u states, %u weights\n", s.preactivations, s.states,
                        s.weights);
    }
    return 0;
} catch (const std::exception& e) {
    std::fprintf(stderr, "imdb: %s\n", e.what());
    return 1;
}
