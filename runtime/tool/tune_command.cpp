/// runnel tune: its arguments.
#include <CLI/CLI.hpp>
#include <sstream>

#include "common/names.hpp"
#include "named_option.hpp"
#include "tune.hpp"
#include "usage_error.hpp"

namespace runnel {
namespace {

training::Scope scope_named(std::string_view name) {
    using training::Scope;
    constexpr Named<Scope> scopes[] = {
        {"all", Scope::all}, {"head", Scope::head}, {"biases", Scope::biases}, {"rows", Scope::rows}};
    return named<Scope>(name, scopes);
}

GuardBy guard_by_named(std::string_view name) {
    constexpr Named<GuardBy> measures[] = {{"loss", GuardBy::loss}, {"accuracy", GuardBy::accuracy}};
    return named<GuardBy>(name, measures);
}

/// A number from `low` to `high`, which CLI::Range also says of one that is none (nan).
CLI::Validator within(double low, double high) {
    return {[low, high](const std::string& text) -> std::string {
                double value = 0;
                if (CLI::detail::lexical_cast(text, value) && value >= low && value <= high) return "";
                std::ostringstream message;
                message << text << " is not a number from " << low << " to " << high;
                return message.str();
            },
            ""};
}

void add_data(CLI::App& command, TuneOptions& o) {
    command.add_option("--inputs,--input", o.inputs, "Tokens [N,T] or features [N,T,F] to learn from")
        ->type_name("x.npy");
    command.add_option("--targets", o.targets,
                       "What to answer: [N,out]; [N] for one output, or of classes for categorical")
        ->type_name("y.npy");
    command.add_option("--validation", o.validation, "Sequences to validate on after each epoch")
        ->type_name("x.npy y.npy")
        ->expected(2);
    command.add_option("--validation-split", o.validation_split,
                       "Or a share of the inputs, 0..1: the last one, in the order of the file")
        ->type_name("SHARE")
        ->check(within(0, 0.999))
        ->excludes("--validation");
    command.add_option("--shuffle-split", o.shuffle_split, "Draw that share from all inputs: one seed, one split")
        ->type_name("SEED")
        ->needs("--validation-split");
    command.add_option("--guard", o.guard, "Sequences that must not be forgotten; those of the validation if not given")
        ->type_name("x.npy y.npy")
        ->expected(2);
    command.add_option("--guard-limit", o.guard_limit,
                       "By how much they may get worse than with the model as it is: points of accuracy, of which one "
                       "sequence's worth is always allowed, or per cent of the loss; else no patch is written")
        ->type_name("LIMIT")
        ->check(within(0, 1e9))
        ->capture_default_str();
    add_named_option(command, "--guard-measure", o.guard_by, guard_by_named,
                     "What that is measured by: loss or accuracy [loss with --restore-best, which chooses by it; else "
                     "accuracy, where the loss has one]");
    command.add_option("--text", o.texts, "A text to learn from, with its --label; repeatable")
        ->type_name("TEXT")
        ->expected(1)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
        ->excludes("--inputs");
    command.add_option("--label", o.labels, "What to answer to it: a number, or the name of an output")
        ->type_name("LABEL")
        ->expected(1)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
        ->needs("--text");
}

void add_training(CLI::App& command, TuneOptions& o) {
    add_named_option(command, "--loss", o.loss, loss_named,
                     "bce, categorical or mse, or Keras' long names of them; the model's usual one if not given");
    add_named_option(command, "--optimizer", o.optimizer, optimizer_named, "sgd, rmsprop or adam [rmsprop]");
    command.add_option("--learning-rate", o.learning_rate, "Above 0, below 16; 0.01 for sgd, else 0.001")
        ->type_name("RATE");
    command.add_option("--momentum", o.momentum, "Of sgd")
        ->type_name("SHARE")
        ->check(within(0, 0.9999));
    command.add_option("--batch", o.batch, "Sequences of an update [32; 1 for --text]")
        ->type_name("COUNT")
        ->check(CLI::Range(1u, 1u << 20).description(""));
    command.add_option("--epochs", o.epochs, "Passes over the inputs")
        ->type_name("COUNT")
        ->check(CLI::PositiveNumber.description(""))
        ->capture_default_str();
    command.add_option("--patience", o.patience, "Stop after so many epochs without a smaller val_loss")
        ->type_name("EPOCHS");
    command.add_flag("--restore-best", o.restore_best, "Keep the parameters of the epoch with the smallest val_loss");
    add_named_option(command, "--update", o.scope, scope_named,
                     "What may change: all, head (Dense layers), biases, or rows (of the embedding: of the tokens "
                     "seen, or of a text's new words) [all]");
    command.add_option("--tokens", o.tokens, "Only the rows of these tokens, with --update rows")
        ->type_name("ID,...")
        ->delimiter(',');
    command.add_option("--truncate", o.truncate, "Errors go back so many steps; all if not given")->type_name("STEPS");
    command.add_option("--clip-value", o.clip_value, "Bound on each gradient; 0: none")
        ->type_name("BOUND")
        ->check(within(0, 16));
    command.add_option("--clip-norm", o.clip_norm, "Bound on the norm of all gradients; 0: none")
        ->type_name("BOUND")
        ->check(within(0, 4000));
    command.add_option("--seed", o.seed, "Of the order of sequences, dropout and rounding")
        ->type_name("NUMBER")
        ->capture_default_str();
}

void verify_usage(const TuneOptions& o) {
    if (o.loss == Loss::mae)
        throw UsageError("--loss: mean_absolute_error is measured, not trained; there are binary_crossentropy, "
                         "categorical_crossentropy and mean_squared_error");
    if (o.inputs.empty() == o.texts.empty())
        throw UsageError("tune learns from --inputs and --targets, or from --text");
    if (!o.inputs.empty() && o.targets.empty()) throw UsageError("--inputs needs --targets");
    if (o.texts.size() != o.labels.size())
        throw UsageError(std::to_string(o.texts.size()) + " --text but " + std::to_string(o.labels.size()) +
                         " --label: each text needs its label");
    if (!o.texts.empty() && o.validation_split > 0) throw UsageError("--validation-split goes with --inputs");
    if (!o.texts.empty() && o.batch.value_or(1) != 1) throw UsageError("texts are learned one by one: --batch 1");
    const bool validated = !o.validation.empty() || o.validation_split > 0;
    if (!validated && (o.patience > 0 || o.restore_best))
        throw UsageError("--patience and --restore-best need --validation or --validation-split");
    if (o.scope != training::Scope::rows && !o.tokens.empty()) throw UsageError("--tokens goes with --update rows");
    if (o.momentum > 0 && o.optimizer != training::Optimizer::sgd)
        throw UsageError("--momentum goes with --optimizer sgd");
    for (const double bound : {o.clip_value, o.clip_norm})
        if (bound > 0 && bound < 0x1p-20)
            throw UsageError("--clip-value and --clip-norm: at least 1e-6, or 0 for none");
    if (o.learning_rate && !(*o.learning_rate >= 0x1p-28 && *o.learning_rate < 16))
        throw UsageError("--learning-rate: it must be above 0 (at least 4e-9) and below 16");
}

}  // namespace

void add_tune(CLI::App& program) {
    CLI::App* command = program.add_subcommand(
        "tune", "Teach a model with fixed weights (runnel-convert --quantize fixed); what it learns goes to a patch");
    auto options = std::make_shared<TuneOptions>();
    add_common(*command, *options);
    command->add_option("--patch", options->patch,
                       "File for what was learned, written after each epoch that is the best so far; the one from "
                       "before stays as OUT.previous")
        ->type_name("OUT")
        ->required();
    command->add_flag("--resume", options->resume,
                      "Go on from the patch: its parameters, words and step; the optimizer starts afresh");
    add_data(*command, *options);
    add_training(*command, *options);
    command->add_option("--history", options->history, "Losses and accuracies of each epoch, written with the patch")
        ->type_name("FILE.csv");
    command->add_option("--plot", options->plot, "Their curves, drawn by gnuplot")->type_name("FILE.svg");
    command->callback([options] {
        verify_usage(*options);
        tune(*options);
    });
}

}  // namespace runnel
