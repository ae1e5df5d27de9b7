/// runnel run: a model's answers to text, to a file of sequences or to standard input.
#include "run.hpp"

#include <CLI/CLI.hpp>
#include <cmath>
#include <iomanip>
#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>

#include "common/names.hpp"
#include "common/npy.hpp"
#include "common/sequences.hpp"
#include "common/terminal.hpp"
#include "common/text.hpp"
#include "common/timing.hpp"
#include "named_option.hpp"
#include "progress.hpp"
#include "usage_error.hpp"

namespace runnel {
namespace {

/// Where the answers go: to a .npy file, or to standard output as JSON or as a table.
class Answers {
public:
    Answers(const LoadedModel& loaded, const RunOptions& options, std::vector<std::size_t> shape)
        : loaded_(loaded), json_(options.json), shape_(std::move(shape)) {
        if (!options.output.empty()) file_.emplace(options.output, shape_);
        else if (json_) begin_json();
        else heading();
    }

    void add(std::size_t sequence, std::size_t step, std::span<const float> answer) {
        if (file_) file_->append(answer);
        else if (json_) std::cout << (added_++ ? ",\n" : "\n") << json_text(answer);
        else row(sequence, step, answer);
    }

    void finish() {
        if (file_) file_->finish();
        else if (json_) std::cout << "]}\n";
    }

private:
    bool has_steps() const { return shape_.size() == 3; }

    /// The answers follow one a line, flat: "shape" says how they belong together.
    void begin_json() {
        std::cout << "{\"isa\": " << nlohmann::json(loaded_.info().isa) << ", \"shape\": " << npy::shape_text(shape_)
                  << ", \"answers\": [";
    }

    void heading() {
        std::cout << std::setw(8) << "sequence" << (has_steps() ? "    step" : "");
        for (std::uint32_t i = 0; i < loaded_.info().outputs; ++i)
            std::cout << "  " << std::setw(12) << output_name(loaded_, i);
        std::cout << '\n';
    }

    void row(std::size_t sequence, std::size_t step, std::span<const float> answer) {
        std::cout << std::setw(8) << sequence;
        if (has_steps()) std::cout << std::setw(8) << step;
        for (const float value : answer) std::cout << "  " << std::setw(12) << value;
        std::cout << '\n';
    }

    const LoadedModel& loaded_;
    bool json_;
    std::vector<std::size_t> shape_;
    std::optional<npy::Writer> file_;
    std::size_t added_ = 0;
};

OnError on_error_named(std::string_view name) {
    constexpr Named<OnError> known[] = {{"stop", OnError::stop}, {"skip", OnError::skip}, {"hold", OnError::hold}};
    return named<OnError>(name, known);
}

void add_live(CLI::App& command, LiveOptions& options) {
    const CLI::Validator counted = CLI::Range(std::uint32_t{1}, UINT32_MAX).description("");
    CLI::Option* window =
        command.add_option("--window", options.window, "Live: the answer to the last N steps from zero state, as a "
                                                       "model that was trained on sequences of N gives it")
            ->type_name("N")
            ->check(counted);
    command.add_option("--hop", options.hop, "One such answer every H steps")
        ->type_name("H")
        ->check(counted)
        ->needs(window)
        ->capture_default_str();
    command.add_option("--reset-every", options.reset_every, "Live: back to zero state after every N steps")
        ->type_name("N")
        ->check(counted)
        ->excludes(window);
    command.add_flag("--commands", options.commands, "Live: a line may also be: reset, save FILE or restore FILE (the "
                                                     "stream's state)");
    add_named_option(command, "--on-error", options.on_error, on_error_named,
                     "Live: what becomes of a line that is no step: stop, skip, or hold (the step before is taken "
                     "again) [stop where standard input is a file, else skip]");
}

}  // namespace

std::string output_name(const LoadedModel& loaded, std::size_t index) {
    if (index < loaded.info().labels) return printable(loaded.model().label(static_cast<std::uint32_t>(index)));
    return loaded.info().outputs == 1 ? "answer" : "output " + std::to_string(index);
}

std::string json_text(std::span<const float> answer) {
    const auto text = [](float value) { return std::isfinite(value) ? shortest(value) : "null"; };
    return "[" + joined(answer, ", ", text) + "]";
}

void run_input(LoadedModel& loaded, const RunOptions& options) {
    const npy::File file(options.input);
    Sequences sequences(file.array(), options.input, loaded.info());
    const bool every_step = options.every_step || loaded.info().returns_sequence;
    std::vector<std::size_t> shape{sequences.count(), loaded.info().outputs};
    if (every_step) shape.insert(shape.begin() + 1, sequences.steps());
    Answers answers(loaded, options, shape);
    Session& session = loaded.session();
    const auto start = Clock::now();
    {
        Progress progress("running", sequences.count() * sequences.steps());
        for (std::size_t sequence = 0; sequence < sequences.count(); ++sequence) {
            session.reset();
            for (std::size_t step = 0; step < sequences.steps(); ++step) {
                sequences.step(session, sequence, step);
                if (every_step || step + 1 == sequences.steps()) answers.add(sequence, step, session.output());
                progress.advance();
            }
        }
        answers.finish();
    }
    if (options.output.empty()) return;
    const double seconds = nanoseconds(Clock::now() - start) / 1e9;
    if (options.json)
        std::cout << nlohmann::ordered_json{{"isa", loaded.info().isa},
                                            {"shape", shape},
                                            {"output", options.output},
                                            {"seconds", seconds}}
                  << '\n';
    else
        std::cout << options.output << ": " << npy::shape_text(shape) << " in " << decimals(seconds, 2) << " s ("
                  << loaded.info().isa << ")\n";
}

void add_run(CLI::App& program) {
    CLI::App* command = program.add_subcommand(
        "run",
        "Show a model's answers to text, to a file of sequences, or to standard input:\n"
        "a token a line, or features between commas, semicolons or blanks, one answer a line;\n"
        "an empty line goes back to zero state");
    auto options = std::make_shared<RunOptions>();
    add_common(*command, *options);
    add_patch(*command, options->patch);
    CLI::Option* text = command
                            ->add_option("--text", options->text,
                                         "Text to read, word by word; by character where the vocabulary has those "
                                         "alone")
                            ->type_name("TEXT");
    command
        ->add_option("--input,--inputs", options->input,
                     "Tokens [N,T] or features [N,T,F]; each sequence from zero state")
        ->type_name("x.npy")
        ->excludes(text);
    command->add_option("--output", options->output, "File for the answers [N,out], or [N,T,out] at every step")
        ->type_name("y.npy");
    command->add_flag("--every-step", options->every_step, "Answer after every step, not only after the last");
    add_live(*command, options->live);
    command->callback([options, text] {
        const bool live = text->count() == 0 && options->input.empty();
        if (live && (!options->output.empty() || options->every_step))
            throw UsageError("--output and --every-step go with --text or --input");
        if (!live && (options->live.window > 0 || options->live.reset_every > 0))
            throw UsageError("--window and --reset-every go with live input; --text and the sequences of --input start "
                             "from zero state as they are");
        if (!live && (options->live.on_error || options->live.commands))
            throw UsageError("--on-error and --commands go with live input");
        LoadedModel loaded(options->model, options->isa, options->patch);
        if (live) run_live(loaded, *options);
        else if (options->input.empty()) run_text(loaded, *options);
        else run_input(loaded, *options);
    });
}

}  // namespace runnel
