/// runnel run, live from standard input.
#include <iostream>
#include <stdexcept>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>
#include <vector>

#include "common/sequences.hpp"
#include "common/terminal.hpp"
#include "common/text.hpp"
#include "live_line.hpp"
#include "run.hpp"

namespace runnel {
namespace {

/// Whether standard input is a file, which can be mended and read again; else its lines come once.
bool is_file() {
    struct stat status {};
    return ::fstat(STDIN_FILENO, &status) == 0 && S_ISREG(status.st_mode);
}

/// One line where the model saw no more than so many steps, and this stream goes on beyond them.
void tell_of_carried_state(const LoadedModel& loaded, const LiveOptions& options) {
    const std::string steps = std::to_string(loaded.info().sequence_length);
    if (loaded.info().sequence_length == 0 || options.window > 0 || options.reset_every > 0) return;
    std::cerr << "runnel: " << loaded.path() << " was trained on sequences of " << steps
              << (steps == "1" ? " step" : " steps") << ", but this stream carries its state on: --window " << steps
              << " answers as in training, --reset-every " << steps << " begins anew\n";
}

/// Moves a stream by the lines of standard input.
class Live {
public:
    Live(LoadedModel& loaded, const RunOptions& options)
        : info_(loaded.info()), json_(options.json), commands_(options.live.commands), stream_(loaded, options.live),
          on_error_(options.live.on_error.value_or(is_file() ? OnError::stop : OnError::skip)) {}

    void run() {
        std::string line;
        while (std::getline(std::cin, line)) {
            const std::string_view text = trimmed(++lines_ == 1 ? without_byte_order_mark(line) : line);
            if (text.empty()) reset();
            else if (!(commands_ && command(text)) && take(text)) print(stream_.answer());
        }
        if (std::cin.bad()) throw std::runtime_error("standard input cannot be read");
        if (bad_ > 0)
            std::cerr << "runnel: " << grouped(bad_) << " of " << grouped(lines_)
                      << " lines of standard input were bad\n";
    }

private:
    /// Whether the line is a command; it is then done.
    bool command(std::string_view line) {
        const std::string_view name = line.substr(0, line.find_first_of(" \t"));
        const std::string file(trimmed(line.substr(name.size())));
        if (name != "reset" && name != "save" && name != "restore") return false;
        if ((name == "reset") != file.empty())
            refuse(quote(line) + " is no command: they are reset, save FILE and restore FILE", "");
        else if (name == "reset") reset();
        else keep_state(name == "save", file);
        return true;
    }

    void keep_state(bool saves, const std::string& file) {
        try {
            if (saves) return stream_.save(file);
            stream_.restore(file);
            holds_ = false;
        } catch (const std::runtime_error& error) {
            refuse(error.what(), "");
        }
    }

    /// Whether the stream has made a step.
    bool take(std::string_view line) {
        split(line, fields_);
        if (!std::exchange(began_, true) && is_header(fields_)) {
            std::cerr << "runnel: " << place() << ": " << quote(line) << " is taken for the names of columns\n";
            return false;
        }
        try {
            parse(fields_, info_, step_);
            step(step_);
            std::swap(step_, held_);
            holds_ = true;
            return true;
        } catch (const std::invalid_argument& error) {
            const bool again = on_error_ == OnError::hold && holds_;
            refuse(error.what() + ("; the model takes " + input_text(info_)),
                   again ? "; the step before is taken again" : "; it is skipped");
            if (again) step(held_);
            return again;
        }
    }

    /// Goes on behind a bad line, or throws. `instead`: what happens then.
    void refuse(const std::string& reason, const char* instead) {
        const std::string wrong = place() + ": " + reason;
        if (on_error_ == OnError::stop)
            throw std::runtime_error(wrong + "; --on-error skip or hold goes on behind such lines");
        std::cerr << "runnel: " << wrong << instead << '\n';
        ++bad_;
    }

    void step(const LiveStep& step) {
        const auto* features = std::get_if<std::vector<float>>(&step);
        const Status status = features ? stream_.step(features->data(), features->size())
                                       : stream_.step(std::get<std::uint32_t>(step));
        if (status != Status::ok) throw std::invalid_argument(message(status));
    }

    void reset() {
        stream_.reset();
        holds_ = false;
    }

    void print(std::span<const float> answer) const {
        if (answer.empty()) return;
        std::cout << (json_ ? json_text(answer) : joined(answer, ",", shortest)) << '\n';
        if (!std::cout.flush()) throw std::runtime_error("standard output cannot be written");
    }

    std::string place() const { return "standard input, line " + std::to_string(lines_); }

    const ModelInfo& info_;
    bool json_, commands_;
    LiveStream stream_;
    OnError on_error_;
    std::size_t lines_ = 0, bad_ = 0;
    bool began_ = false;  ///< a line that was not empty has come
    std::vector<std::string_view> fields_;
    LiveStep step_, held_;
    bool holds_ = false;  ///< `held_` is the last step since the reset
};

}  // namespace

void run_live(LoadedModel& loaded, const RunOptions& options) {
    if (::isatty(STDIN_FILENO))
        std::cerr << "One step a line (" << input_text(loaded.info()) << "); an empty line resets, Ctrl-D ends.\n";
    tell_of_carried_state(loaded, options.live);
    Live(loaded, options).run();
}

}  // namespace runnel
