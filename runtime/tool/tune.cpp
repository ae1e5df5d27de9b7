#include "tune.hpp"

#include <cmath>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <stdexcept>

#include "common/file.hpp"
#include "common/terminal.hpp"
#include "common/trainable.hpp"
#include "fixed_learner.hpp"
#include "history.hpp"
#include "model_file.hpp"
#include "patch_file.hpp"
#include "tune_data.hpp"
#include "tune_display.hpp"
#include "tune_report.hpp"

namespace runnel {
namespace {

/// All that is learned from, checked on.
struct Lessons {
    Examples examples, validation_set, guard_set;
    std::optional<Part> training, validation, guard;
};

std::uint32_t fraction(double value, int bits) {
    return static_cast<std::uint32_t>(std::lround(std::ldexp(value, bits)));
}

training::Loss trainer_loss(Loss loss) {
    if (loss == Loss::categorical) return training::Loss::categorical_crossentropy;
    return loss == Loss::bce ? training::Loss::binary_crossentropy : training::Loss::mean_squared_error;
}

/// A model that learns.
class Tuning {
public:
    explicit Tuning(const TuneOptions& options)
        : options_(options), file_(options.model, options.isa), network_(checked_network()),
          loss_(options.loss.value_or(usual_loss(file_.info().outputs, file_.last_layer().activation))),
          has_accuracy_(loss_ == Loss::categorical || (loss_ == Loss::bce && file_.info().outputs == 1)) {
        training::hash_model(file_.bytes().data(), file_.bytes().size(), hash_);
    }

    void run() {
        check_places();
        Tokenizer tokenizer(file_.model(), resumed_words());
        read_lessons(tokenizer);
        make_learner();
        const std::optional<Measure> before = measure_guard();
        if (resumed_) apply_resumed();
        restrict_rows(tokenizer);
        describe();
        const Fitted fitted = train();
        const std::optional<Measure> after = measure_guard();
        const std::string refusal = guard_refusal(before, after);
        std::vector<unsigned char> patch;
        if (refusal.empty()) patch = write_patch(tokenizer.new_words());
        write_history(fitted);
        if (!refusal.empty()) throw std::runtime_error(options_.patch + ": not written: " + refusal);
        const training::Trainer& trainer = learner_->trainer();
        print({.isa = trainer.isa(),
               .trainer_bytes = learner_->bytes(),
               .has_accuracy = has_accuracy_,
               .fitted = fitted,
               .limited_features =
                   lessons_.examples.limited + lessons_.validation_set.limited + lessons_.guard_set.limited,
               .saturations = trainer.saturations(),
               .saturated_layers = saturated_layers(file_.model(), trainer),
               .restored = fitted.best_epoch > 0 && (options_.restore_best || fitted.stopped),
               .guard_before = before,
               .guard_after = after,
               .patch = options_.patch,
               .patch_bytes = patch.size(),
               .step = trainer.step(),
               .changed = patched_tensors(file_.model(), trainer, patch.data())},
              options_.json);
    }

private:
    /// Refuses what would otherwise show after the training.
    void check_places() const {
        if (std::error_code none; std::filesystem::equivalent(options_.patch, file_.path(), none))
            throw std::runtime_error(options_.patch + ": is the model; what it learns goes to a file of its own");
        for (const std::string& path : {options_.patch, options_.history, options_.plot})
            if (!path.empty()) const NewFile writable(path);
    }

    FixedNetwork checked_network() const {
        if (const std::string reason = untrainable(file_.model()); !reason.empty())
            throw std::runtime_error(file_.path() + ": " + reason);
        return fixed_network(file_.model());
    }

    /// The words of a patch to resume, which is opened here; refuses a damaged one.
    training::Words resumed_words() {
        if (!options_.resume) return {};
        resumed_.emplace(options_.patch);
        const training::PatchInfo info = read_patch_info(*resumed_, options_.patch);
        if (std::memcmp(info.model, hash_, sizeof hash_) != 0) refuse_patch(training::Status::foreign_patch);
        return info.words;
    }

    [[noreturn]] void refuse_patch(training::Status status) const {
        throw std::runtime_error(options_.patch + ": " + message(status));
    }

    void read_lessons(Tokenizer& tokenizer) {
        const ExampleFormat format{file_.info(), loss_, network_.layers[0].state_bits};
        Lessons& l = lessons_;
        if (options_.texts.empty()) {
            l.examples = read_examples(options_.inputs, options_.targets, format);
        } else {
            if (file_.info().words == 0)
                throw std::runtime_error(file_.path() + ": it has no vocabulary, so it cannot read text");
            l.examples = read_texts(options_.texts, options_.labels, format, file_.model(), tokenizer,
                                    options_.scope == training::Scope::rows && options_.tokens.empty());
        }
        std::uint32_t used = l.examples.count;
        if (options_.validation_split > 0) {
            used = static_cast<std::uint32_t>(std::floor(used * (1 - options_.validation_split)));
            if (used == 0 || used == l.examples.count)
                throw std::runtime_error(options_.inputs + ": " + grouped(l.examples.count) +
                                         " sequences cannot be split so: both parts need at least one");
            l.validation.emplace(l.examples, used, l.examples.count);
        }
        l.training.emplace(l.examples, 0, used);
        if (!options_.validation.empty()) {
            l.validation_set = read_examples(options_.validation[0], options_.validation[1], format);
            l.validation.emplace(l.validation_set);
        }
        if (options_.guard.empty()) {
            l.guard = l.validation;
        } else {
            l.guard_set = read_examples(options_.guard[0], options_.guard[1], format);
            l.guard.emplace(l.guard_set);
        }
    }

    void make_learner() {
        const Lessons& l = lessons_;
        const bool adam = options_.optimizer == training::Optimizer::adam;
        const auto texts = !options_.texts.empty();
        batch_ = std::min(options_.batch.value_or(texts ? 1 : 32),
                          static_cast<std::uint32_t>(l.training->order.size()));
        rate_ = options_.learning_rate.value_or(options_.optimizer == training::Optimizer::sgd ? 0.01 : 0.001);
        const training::Specification spec = {
            .layers = network_.layers,
            .layer_count = network_.layer_count,
            .batch = batch_,
            .steps = std::max({l.examples.steps, l.validation_set.steps, l.guard_set.steps}),
            .truncate = options_.truncate,
            .loss = trainer_loss(loss_),
            .optimizer = options_.optimizer,
            .scope = options_.scope,
            .learning_rate = fraction(rate_, 28),
            .momentum = static_cast<std::uint16_t>(fraction(adam ? 0.9 : options_.momentum, 15)),
            .decay = static_cast<std::uint16_t>(fraction(adam ? 0.001 : 0.1, 16)),
            .clip_value = fraction(options_.clip_value, 20),
            .clip_norm = fraction(options_.clip_norm, 20),
            .weight_bits = network_.weight_bits,
            .seed = options_.seed,
            .isa = file_.info().isa,
        };
        if (options_.scope == training::Scope::rows && network_.layers[0].kind != training::Kind::embedding)
            throw std::runtime_error(file_.path() + ": it has no embedding, so it has no --update rows");
        size_t bytes;
        if (const auto status = training::Trainer::bytes(spec, bytes); status != training::Status::ok)
            throw std::runtime_error(file_.path() + ": it cannot be trained so: " + message(status) +
                                     (status == training::Status::wrong_loss ? "; see --loss" : ""));
        learner_.emplace(spec);
        check(load_parameters(file_.model(), learner_->trainer()));
        base_ = learner_->saved();
    }

    void apply_resumed() {
        const auto bytes = resumed_->bytes();
        if (const auto status = learner_->trainer().apply_patch(bytes.data(), bytes.size(), hash_);
            status != training::Status::ok)
            refuse_patch(status);
    }

    /// Rows that may change: the tokens given, or the new words of the texts.
    void restrict_rows(const Tokenizer& tokenizer) {
        if (options_.scope != training::Scope::rows) return;
        const bool new_words = options_.tokens.empty() && !options_.texts.empty();
        if (options_.tokens.empty() && !new_words) return;
        rows_.assign(file_.info().inputs, 0);
        for (const std::uint32_t token : options_.tokens) {
            if (token >= rows_.size())
                throw std::runtime_error("--tokens: " + std::to_string(token) + " is no token: they are 0 to " +
                                         std::to_string(rows_.size() - 1));
            rows_[token] = 1;
        }
        if (new_words)
            for (const std::uint16_t token : lessons_.examples.tokens) rows_[token] = tokenizer.is_new(token);
        if (std::find(rows_.begin(), rows_.end(), 1) == rows_.end())
            throw std::runtime_error("the texts have no new word, and --update rows teaches only those; use --update "
                                     "all, or give --tokens");
        learner_->trainer().restrict_rows(rows_.data());
    }

    void describe() const {
        if (options_.json) return;
        const Lessons& l = lessons_;
        constexpr std::string_view optimizers[] = {"sgd", "rmsprop", "adam"};
        std::cout << "learning   " << grouped(l.training->order.size()) << " sequences of "
                  << (l.examples.starts.empty() ? "" : "up to ") << grouped(l.examples.steps) << " steps"
                  << (l.validation ? ", validation on " + grouped(l.validation->order.size()) : "") << "; "
                  << loss_name(loss_) << ", " << optimizers[static_cast<int>(options_.optimizer)] << ", learning rate "
                  << shortest(static_cast<float>(rate_)) << ", batch " << batch_ << " ("
                  << learner_->trainer().isa() << ")\nmemory     " << grouped(learner_->bytes())
                  << " bytes for the trainer, " << grouped(base_.size()) << " for the model's own parameters"
                  << (l.validation ? " and as many for the best" : "") << std::endl;
    }

    Fitted train() {
        const Lessons& l = lessons_;
        TuneDisplay display(options_.epochs, l.training->order.size() + (l.validation ? l.validation->order.size() : 0),
                            has_accuracy_, !options_.json);
        return fit(*learner_, *l.training, l.validation,
                   {.batch = batch_,
                    .epochs = options_.epochs,
                    .patience = options_.patience,
                    .restore_best = options_.restore_best,
                    .seed = options_.seed},
                   display);
    }

    std::optional<Measure> measure_guard() {
        FitObserver nobody;
        if (!lessons_.guard) return std::nullopt;
        return measure(*learner_, *lessons_.guard, nobody);
    }

    /// Why no patch shall be written; empty: it shall.
    std::string guard_refusal(const std::optional<Measure>& before, const std::optional<Measure>& after) const {
        if (!before) return {};
        if (!has_accuracy_ && after->loss <= before->loss) return {};  // both may be 0
        const double worse = has_accuracy_ ? 100 * (before->accuracy - after->accuracy)
                                           : 100 * (after->loss / before->loss - 1);
        if (worse <= options_.guard_limit) return {};
        return "what must not be forgotten got worse by " + fixed(worse, 2) + (has_accuracy_ ? " points" : " %") +
               ", more than " + shortest(static_cast<float>(options_.guard_limit)) + " (before: " +
               measure_text(*before, has_accuracy_) + "; after: " + measure_text(*after, has_accuracy_) +
               "); see --guard-limit";
    }

    void write_history(const Fitted& fitted) const {
        const auto write = [](const std::string& path, const std::string& text) {
            write_whole(path, {reinterpret_cast<const unsigned char*>(text.data()), text.size()});
        };
        if (!options_.history.empty()) write(options_.history, history_csv(fitted.history, has_accuracy_));
        if (!options_.plot.empty()) 
            write(options_.plot,
                  history_plot(fitted.history, has_accuracy_, fitted.best_epoch,
                               "training of " + std::filesystem::path(options_.model).filename().string()));
    }

    std::vector<unsigned char> write_patch(const training::Words& words) {
        training::Trainer& trainer = learner_->trainer();
        std::vector<unsigned char> patch(trainer.patch_bytes(base_.data(), words));
        check(trainer.write_patch(base_.data(), hash_, patch.data(), patch.size(), words));
        write_patch_file(options_.patch, patch);
        return patch;
    }

    const TuneOptions& options_;
    ModelFile file_;
    FixedNetwork network_;
    Loss loss_;
    bool has_accuracy_;
    std::uint8_t hash_[32];
    std::optional<FileBytes> resumed_;
    Lessons lessons_;
    std::uint32_t batch_ = 1;
    double rate_ = 0;
    std::optional<FixedLearner> learner_;
    std::vector<unsigned char> base_;  ///< the model's own parameters
    std::vector<std::uint8_t> rows_;
};

}  // namespace

void tune(const TuneOptions& options) { Tuning(options).run(); }

}  // namespace runnel
