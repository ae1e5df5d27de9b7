#include "guard.hpp"

#include "common/terminal.hpp"

namespace runnel {
namespace {

std::string refusal_by_loss(double limit, const Measure& before, const Measure& after) {
    if (after.loss <= before.loss) return {};  // both may be 0
    const double worse = 100 * (after.loss / before.loss - 1);
    if (worse <= limit) return {};
    return decimals(worse, 2) + " % of its loss, more than " + shortest(static_cast<float>(limit));
}

std::string refusal_by_accuracy(double limit, const Measure& before, const Measure& after) {
    if (after.correct + 1 >= before.correct) return {};
    const double one = 100.0 / before.count, worse = (before.correct - after.correct) * one;
    if (worse <= limit) return {};
    return decimals(worse, 2) + " points, more than " +
           (limit < one ? "one sequence's " + decimals(one, 2) : shortest(static_cast<float>(limit)));
}

}  // namespace

std::string guard_refusal(const GuardRule& rule, const Measure& before, const Measure& after, bool has_accuracy) {
    const std::string worse = rule.by == GuardBy::loss ? refusal_by_loss(rule.limit, before, after)
                                                       : refusal_by_accuracy(rule.limit, before, after);
    if (worse.empty()) return {};
    return "what must not be forgotten got worse by " + worse + " (" + guard_text(before, after, has_accuracy) +
           "); see --guard-limit and --guard-measure";
}

std::string guard_text(const Measure& before, const Measure& after, bool has_accuracy) {
    std::string loss = "loss " + decimals(after.loss, 4) + ", before " + decimals(before.loss, 4);
    if (!has_accuracy) return loss;
    return grouped(after.correct) + " of " + grouped(after.count) + " right, before " + grouped(before.correct) + "; " +
           loss;
}

}  // namespace runnel
