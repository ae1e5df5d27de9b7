#include "tune.hpp"

#include <cmath>
#include <cstring>
#include <iostream>
#include <stdexcept>

#include "common/file.hpp"
#include "common/terminal.hpp"
#include "common/trainable.hpp"
#include "fixed_learner.hpp"
#include "lessons.hpp"
#include "model_file.hpp"
#include "tune_display.hpp"
#include "tune_files.hpp"
#include "tune_report.hpp"

namespace runnel {
namespace {

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
        if (options_.guard_by == GuardBy::accuracy && !has_accuracy_)
            throw std::runtime_error("--guard-measure: " + std::string(loss_name(loss_)) +
                                     " has no accuracy; there is loss");
        training::hash_model(file_.bytes().data(), file_.bytes().size(), hash_);
    }

    void run() {
        files_.emplace(options_, file_.path());
        Tokenizer tokenizer(file_.model(), resumed_words());
        lessons_.emplace(options_, ExampleFormat{file_.info(), loss_, network_.layers[0].state_bits}, file_, tokenizer);
        words_ = tokenizer.new_words();
        make_learner();
        before_ = measure_guard();
        if (resumed_) apply_resumed();
        restrict_rows(tokenizer);
        describe();
        const Fitted fitted = train();
        const std::optional<Measure> after = measure_guard();
        const std::string refused = refusal(after);
        const std::vector<unsigned char> patch = this->patch();
        if (refused.empty()) files_->write_patch(patch);
        files_->write_history(fitted.history, has_accuracy_);
        files_->write_plot(fitted, has_accuracy_);
        if (!refused.empty()) throw std::runtime_error(options_.patch + ": " + unwritten() + ": " + refused);
        const training::Trainer& trainer = learner_->trainer();
        print_report({.isa = trainer.isa(),
               .trainer_bytes = learner_->bytes(),
               .has_accuracy = has_accuracy_,
               .fitted = fitted,
               .limited_features =
                   lessons_->examples.limited + lessons_->validation_set.limited + lessons_->guard_set.limited,
               .saturations = trainer.saturations(),
               .saturated_layers = saturated_layers(file_.model(), trainer),
               .restored = fitted.best_epoch > 0 && (options_.restore_best || fitted.stopped),
               .guard_before = before_,
               .guard_after = after,
               .patch = options_.patch,
               .patch_bytes = patch.size(),
               .step = trainer.step(),
               .changed = patched_tensors(file_.model(), trainer, patch.data())},
              options_.json);
    }

private:
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

    void make_learner() {
        const Lessons& l = *lessons_;
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
            for (const std::uint16_t token : lessons_->examples.tokens) rows_[token] = tokenizer.is_new(token);
        if (std::find(rows_.begin(), rows_.end(), 1) == rows_.end())
            throw std::runtime_error("the texts have no new word, and --update rows teaches only those; use --update "
                                     "all, or give --tokens");
        learner_->trainer().restrict_rows(rows_.data());
    }

    void describe() const {
        if (options_.json) return;
        const Lessons& l = *lessons_;
        constexpr std::string_view optimizers[] = {"sgd", "rmsprop", "adam"};
        std::cout << "learning   " << l.text() << "; "
                  << loss_name(loss_) << ", " << optimizers[static_cast<int>(options_.optimizer)] << ", learning rate "
                  << shortest(static_cast<float>(rate_)) << ", batch " << batch_ << " ("
                  << learner_->trainer().isa() << ")\nmemory     " << grouped(learner_->bytes())
                  << " bytes for the trainer, " << grouped(base_.size()) << " for the model's own parameters"
                  << (l.validation ? " and as many for the best" : "") << std::endl;
    }

    /// Shows the progress, and puts what was learned so far on the disk.
    class Watch : public TuneDisplay {
    public:
        Watch(Tuning& tuning, std::size_t sequences)
            : TuneDisplay(tuning.options_.epochs, sequences, tuning.has_accuracy_, !tuning.options_.json),
              tuning_(tuning) {}
        void improved(const Fitted& so_far) override { tuning_.save(so_far); }

    private:
        Tuning& tuning_;
    };

    /// The guard, where it is the validation, has just been measured.
    void save(const Fitted& so_far) {
        const Epoch& epoch = so_far.history.back();
        if (refusal(options_.guard.empty() ? epoch.validation : measure_guard()).empty()) {
            files_->write_patch(patch());
            saved_epoch_ = epoch.number;
        }
        files_->write_history(so_far.history, has_accuracy_);
    }

    Fitted train() {
        const Lessons& l = *lessons_;
        Watch watch(*this, l.training->order.size() + (l.validation ? l.validation->order.size() : 0));
        return fit(*learner_, *l.training, l.validation,
                   {.batch = batch_,
                    .epochs = options_.epochs,
                    .patience = options_.patience,
                    .restore_best = options_.restore_best,
                    .seed = options_.seed},
                   watch);
    }

    std::optional<Measure> measure_guard() {
        FitObserver nobody;
        if (!lessons_->guard) return std::nullopt;
        return measure(*learner_, *lessons_->guard, nobody);
    }

    /// What became of the patch where the guard refused the training's end.
    std::string unwritten() const {
        if (!files_->patched()) return "not written";
        return "holds epoch " + std::to_string(saved_epoch_) + ", not the end of the training";
    }

    GuardRule rule() const {
        const bool by_loss = options_.restore_best || !has_accuracy_;
        return {options_.guard_by.value_or(by_loss ? GuardBy::loss : GuardBy::accuracy), options_.guard_limit};
    }

    /// Why no patch shall be written; empty: it shall.
    std::string refusal(const std::optional<Measure>& after) const {
        return before_ ? guard_refusal(rule(), *before_, *after, has_accuracy_) : "";
    }

    std::vector<unsigned char> patch() const {
        const training::Trainer& trainer = learner_->trainer();
        std::vector<unsigned char> patch(trainer.patch_bytes(base_.data(), words_));
        check(trainer.write_patch(base_.data(), hash_, patch.data(), patch.size(), words_));
        return patch;
    }

    const TuneOptions& options_;
    ModelFile file_;
    FixedNetwork network_;
    Loss loss_;
    bool has_accuracy_;
    std::uint8_t hash_[32];
    std::optional<FileBytes> resumed_;
    std::optional<TuneFiles> files_;
    std::optional<Lessons> lessons_;
    training::Words words_;  ///< the new ones
    std::optional<Measure> before_;  ///< of the guard, with the model as it is
    std::uint32_t saved_epoch_ = 0;  ///< whose parameters the patch holds
    std::uint32_t batch_ = 1;
    double rate_ = 0;
    std::optional<FixedLearner> learner_;
    std::vector<unsigned char> base_;  ///< the model's own parameters
    std::vector<std::uint8_t> rows_;
};

}  // namespace

void tune(const TuneOptions& options) { Tuning(options).run(); }

}  // namespace runnel
