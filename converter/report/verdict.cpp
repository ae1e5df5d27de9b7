#include "report/verdict.hpp"

#include <cmath>

#include "common/terminal.hpp"

namespace runnel::converter {
namespace {

std::string percent(double fraction) { return decimals(100 * std::fabs(fraction), 1) + " %"; }

/// What is better where it is less.
Change less_is_better(double change) {
    return change < 0 ? Change::better : change > 0 ? Change::worse : Change::none;
}

}  // namespace

Judgement judge_size(const Comparison& c) {
    const double change = double(c.after.file_bytes) / double(c.before.file_bytes) - 1;
    if (std::fabs(change) < 0.0005) return {"is as large", Change::none};
    return {"is " + percent(change) + (change < 0 ? " smaller" : " larger"), less_is_better(change)};
}

Judgement judge_time(const Comparison& c) {
    constexpr double noise = 0.03;
    const double change = c.after.ns_per_step / c.before.ns_per_step - 1;
    if (!(std::fabs(change) >= noise)) return {"takes the same time for a step", Change::none};
    return {"takes " + percent(change) + (change < 0 ? " less" : " more") + " time for a step", less_is_better(change)};
}

Judgement judge_answers(const Comparison& c) {
    if (c.before.accuracy && c.after.accuracy) {
        const double points = 100 * (*c.after.accuracy - *c.before.accuracy);
        if (std::fabs(points) < 0.005) return {"is as accurate", Change::none};
        return {"is " + decimals(std::fabs(points), 2) + (points > 0 ? " points more" : " points less") + " accurate",
                points > 0 ? Change::better : Change::worse};
    }
    if (c.before.loss && c.after.loss) {
        const double change = *c.after.loss / *c.before.loss - 1;
        if (!(std::fabs(change) >= 0.0005)) return {"has the same loss", Change::none};
        return {"has a loss " + percent(change) + (change < 0 ? " lower" : " higher"), less_is_better(change)};
    }
    if (c.output().largest() == 0) return {"gives the same answers", Change::none};
    return {"gives answers that differ by at most " + significant(c.output().largest(), 3), Change::none};
}

std::string verdict(const Comparison& c) {
    return "The converted model " + judge_size(c).text + ", " + judge_time(c).text + " and " + judge_answers(c).text +
           ".";
}

}  // namespace runnel::converter
