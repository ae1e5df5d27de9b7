/// What a training learns from and is checked on.
#pragma once
#include <optional>

#include "model_file.hpp"
#include "tune.hpp"
#include "tune_data.hpp"

namespace runnel {

struct Lessons {
    /// Reads them; warns on standard error where the split falls badly. Throws std::runtime_error naming file and
    /// place.
    Lessons(const TuneOptions& options, const ExampleFormat& format, const ModelFile& file, Tokenizer& tokenizer);
    Lessons(const Lessons&) = delete;
    Lessons& operator=(const Lessons&) = delete;

    /// "48 sequences of 12 steps, validation on the last 16".
    std::string text() const;

    Examples examples, validation_set, guard_set;
    std::optional<Part> training, validation, guard;

private:
    void split(const TuneOptions& options);

    std::string validation_text_;
};

}  // namespace runnel
