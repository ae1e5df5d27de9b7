/// runnel bench: how long a step takes.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <nlohmann/json.hpp>
#include <random>
#include <stdexcept>

#include "command.hpp"
#include "common/sequences.hpp"
#include "common/terminal.hpp"
#include "common/timing.hpp"
#include "model_file.hpp"
#include "progress.hpp"

namespace runnel {
namespace {

constexpr std::size_t least_steps = 100'000;
constexpr std::size_t steps_between_resets = 1'000;   // random input must not drive an unbounded cell to infinity

struct BenchOptions : CommonOptions {
    std::size_t steps = least_steps;
};

/// Random input, the same in every run: tokens uniform over the vocabulary without 0, which may be padding;
/// features normal. It goes round and round.
class RandomInput {
public:
    explicit RandomInput(const ModelInfo& info)
        : tokens_(info.takes_tokens), width_(tokens_ ? 1 : info.inputs),
          rows_(std::clamp<std::size_t>(values / width_, 1, 256)) {
        std::mt19937 generator(1);
        if (tokens_) {
            std::uniform_int_distribution<std::uint32_t> token(info.inputs > 1 ? 1 : 0, info.inputs - 1);
            ids_.resize(rows_);
            for (auto& id : ids_) id = token(generator);
        } else {
            std::normal_distribution<float> feature;
            features_.resize(rows_ * width_);
            for (auto& value : features_) value = feature(generator);
        }
    }

    [[nodiscard]] Status step(Session& session) {
        const std::size_t row = next_++ % rows_;
        return tokens_ ? session.step(ids_[row]) : session.step(&features_[row * width_], width_);
    }

private:
    static constexpr std::size_t values = 16'384;   // they shall stay in the cache
    bool tokens_;
    std::size_t width_, rows_, next_ = 0;
    std::vector<std::uint32_t> ids_;
    std::vector<float> features_;
};

void check_step(Status status) {
    if (status != Status::ok) throw std::runtime_error(std::string("a step failed: ") + message(status));
}

template <class Step>
Block time_block(Session& session, std::size_t steps, Step step) {
    session.reset();
    Status status = Status::ok;
    const auto start = Clock::now();
    for (std::size_t i = 0; i < steps; ++i) status = std::max(status, step());
    const double ns = nanoseconds(Clock::now() - start);
    check_step(status);
    return {steps, ns};
}

/// Steps of a block that surely lasts min_block_ns. Warms up on the way.
template <class Step>
std::size_t block_steps(Session& session, Step step) {
    constexpr double margin = 1.5, warm_up_ns = 2e7;
    std::size_t steps = 1;
    for (double spent = 0; spent < warm_up_ns;) {
        const Block block = time_block(session, steps, step);
        spent += block.ns;
        if (block.ns < margin * min_block_ns) steps *= 2;
    }
    return steps;
}

/// At least `steps` steps in blocks and as many singly.
template <class Step>
Timing measure(Session& session, std::size_t steps, Progress& progress, Step step) {
    const std::size_t per_block = block_steps(session, step);
    std::vector<Block> blocks;
    bool long_enough = false;
    for (std::size_t done = 0; done < steps || !long_enough; done += per_block) {
        blocks.push_back(time_block(session, per_block, step));
        long_enough = long_enough || blocks.back().ns >= min_block_ns;
        progress.advance(per_block);
    }
    const double cost = timer_cost();
    std::vector<double> singles(steps);
    for (std::size_t i = 0; i < steps; ++i) {
        if (i % steps_between_resets == 0) {
            session.reset();
            progress.advance(std::min(steps_between_resets, steps - i));
        }
        const auto start = Clock::now();
        const Status status = step();
        singles[i] = nanoseconds(Clock::now() - start);
        check_step(status);
    }
    return summarize(blocks, std::move(singles), cost);
}

nlohmann::ordered_json as_json(const Timing& t) {
    return {{"best_mean", t.min}, {"p50", t.p50}, {"p99", t.p99}, {"p999", t.p999}, {"max", t.max}};
}

std::vector<std::string> row(std::string name, const Timing& t) {
    std::vector<std::string> cells{std::move(name)};
    for (const double ns : {t.min, t.p50, t.p99, t.p999, t.max}) cells.push_back(decimals(ns, 1));
    return cells;
}

void bench(const BenchOptions& options) {
    LoadedModel loaded(options.model, options.isa);
    Session& session = loaded.session();
    RandomInput input(loaded.info());
    Timing step, answer;
    {
        Progress progress("timing", 4 * options.steps);
        step = measure(session, options.steps, progress, [&] { return input.step(session); });
        answer = measure(session, options.steps, progress, [&] {
            const Status status = input.step(session);
            (void)session.output();
            return status;
        });
    }
    const std::size_t weights = loaded.info().weight_bytes, state = session.state_bytes(),
                      arena = loaded.session_bytes();
    if (options.json) {
        const nlohmann::ordered_json json{{"isa", loaded.info().isa},
                                          {"steps", options.steps},
                                          {"ns_per_step", as_json(step)},
                                          {"ns_per_answer", as_json(answer)},
                                          {"bytes", {{"weights", weights}, {"state", state}, {"arena", arena}}}};
        std::cout << json.dump(2) << '\n';
        return;
    }
    std::cout << loaded.path() << " on " << loaded.info().isa << ", " << grouped(options.steps) << " steps of random "
              << (loaded.info().takes_tokens ? "tokens" : "features") << "\n\n";
    Table table({"ns", ">best mean", ">p50", ">p99", ">p99.9", ">max"});
    table.add(row("step", step));
    table.add(row("step and answer", answer));
    table.print(std::cout);
    std::cout << "\nbest mean: of blocks of back-to-back steps; the rest: single steps, less the timer's cost\n"
              << "bytes: " << grouped(weights) << " weights, " << grouped(state) << " state, " << grouped(arena)
              << " arena\n";
}

}  // namespace

void add_bench(CLI::App& program) {
    CLI::App* command = program.add_subcommand("bench", "Time a model's steps on random input");
    auto options = std::make_shared<BenchOptions>();
    add_common(*command, *options);
    command->add_option("--steps", options->steps, "Steps to time, at least 100000")
        ->type_name("N")
        ->check(CLI::Range(least_steps, std::size_t{1} << 30).description(""));
    command->callback([options] { bench(*options); });
}

}  // namespace runnel
