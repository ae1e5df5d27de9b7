#include <sstream>

#include "common/terminal.hpp"
#include "common/text.hpp"
#include "report/plots.hpp"
#include "report/ranges_text.hpp"
#include "report/report.hpp"
#include "report/verdict.hpp"

namespace runnel::converter {
namespace {

constexpr const char* style = R"(
:root { color: #27313a; font: 15px/1.55 system-ui, "Segoe UI", Helvetica, Arial, sans-serif; }
body { max-width: 920px; margin: 2.5rem auto; padding: 0 1.2rem; background: #fbfcfc; }
h1 { font-size: 1.6rem; font-weight: 600; margin: 0; }
h2 { font-size: 1.1rem; font-weight: 600; margin: 2.4rem 0 .6rem; }
p { margin: .3rem 0; } .quiet { color: #66717a; }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(190px, 1fr)); gap: 14px; margin: 1.6rem 0; }
.card { background: #fff; border: 1px solid #e1e6e9; border-radius: 8px; padding: .8rem 1rem; }
.card b { display: block; font-size: 1.45rem; font-weight: 600; }
.better b { color: #20718f; } .worse b { color: #b3541e; }
.verdict { font-size: 1.1rem; margin: 1.2rem 0; } code { overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; background: #fff; border: 1px solid #e1e6e9; }
th, td { padding: .42rem .7rem; text-align: left; border-bottom: 1px solid #edf0f2; white-space: nowrap; }
th { font-weight: 600; color: #4a545c; background: #f4f6f7; } td.number, th.number { text-align: right; }
td { font-variant-numeric: tabular-nums; vertical-align: top; } td small { display: block; color: #66717a; }
.wide { overflow-x: auto; }
figure { margin: 0; background: #fff; border: 1px solid #e1e6e9; border-radius: 8px; padding: .8rem; }
figure svg { display: block; width: 100%; height: auto; } figcaption { color: #66717a; margin-top: .4rem; }
)";

std::string escaped(const std::string& text) {
    std::string result;
    for (const char c : printable(text)) {
        switch (c) {
        case '&':
            result += "&amp;";
            break;
        case '<':
            result += "&lt;";
            break;
        case '>':
            result += "&gt;";
            break;
        case '"':
            result += "&quot;";
            break;
        default:
            result += c;
        }
    }
    return result;
}

std::string snr_text(const Difference& d) { return d.snr() ? decimals(*d.snr(), 1) + " dB" : "exact"; }

std::string card(const std::string& name, const std::string& value, const std::string& below,
                 Change change = Change::none) {
    const char* colour = change == Change::better ? " better" : change == Change::worse ? " worse" : "";
    return std::string("<div class=\"card") + colour + "\"><span class=\"quiet\">" + name + "</span><b>" + value +
           "</b><span class=\"quiet\">" + below + "</span></div>\n";
}

std::string figure(const std::string& svg, const std::string& caption) {
    return svg.empty() ? "" : "<figure>" + svg + "<figcaption>" + caption + "</figcaption></figure>\n";
}

std::string percent(double fraction) { return decimals(100 * fraction, 2) + " %"; }

std::string cards(const Comparison& c) {
    const Change answers = judge_answers(c).change;
    std::string text = "<div class=\"cards\">\n";
    text +=
        card("file", decimals(100 * double(c.after.file_bytes) / double(c.before.file_bytes), 1) + " %",
             grouped(c.before.file_bytes) + " &rarr; " + grouped(c.after.file_bytes) + " bytes", judge_size(c).change);
    text += card("step", decimals(c.after.ns_per_step, 1) + " ns",
                 "float32 " + decimals(c.before.ns_per_step, 1) + " ns, on " + c.isa, judge_time(c).change);
    text += card("output", snr_text(c.output()), "largest difference " + significant(c.output().largest(), 3));
    if (c.after.accuracy)
        text += card("accuracy", percent(*c.after.accuracy), "float32 " + percent(*c.before.accuracy), answers);
    if (c.after.loss)
        text += card("loss (" + c.loss + ")", significant(*c.after.loss, 4),
                     "float32 " + significant(*c.before.loss, 4), c.after.accuracy ? Change::none : answers);
    text += card("saturated", grouped(c.saturations), "numbers beyond their range",
                 c.saturations > 0 ? Change::worse : Change::none);
    return text + "</div>\n";
}

std::string cell(const std::string& value, const std::string& below, const char* attribute = "") {
    const std::string small = below.empty() ? "" : "<small>" + below + "</small>";
    return std::string("<td") + attribute + ">" + value + small + "</td>";
}

std::string layer_row(const LayerComparison& layer, const Comparison& c) {
    constexpr auto number = " class=\"number\"";
    std::string row = "<tr>" + cell(escaped(layer.name), layer.kind) + cell(layer.format, layer.ranges) +
                      cell(grouped(layer.bytes_after), "float32 " + grouped(layer.bytes_before), number);
    if (!layer.output) return row + "<td></td><td></td></tr>\n";
    const Difference& d = *layer.output;
    const std::string place =
        "step " + std::to_string(d.worst_step() % c.steps) + " of sequence " + std::to_string(d.worst_step() / c.steps);
    row += cell(snr_text(d), "", number);
    row += d.largest() > 0 ? cell(significant(d.largest(), 3), place, number) : "<td></td>";
    return row + "</tr>\n";
}

std::string layer_table(const Comparison& c) {
    std::string text =
        "<div class=\"wide\"><table><thead><tr><th>layer</th><th>numbers</th><th class=\"number\">bytes"
        "</th><th class=\"number\">signal to noise</th><th class=\"number\">largest difference</th>"
        "</tr></thead><tbody>\n";
    for (const LayerComparison& layer : c.layers) text += layer_row(layer, c);
    return text + "</tbody></table></div>\n";
}

/// Why the ranges are as they are.
std::string choices_part(const Comparison& c) {
    return c.choices ? "<pre>" + escaped(choices_text(*c.choices)) + "</pre>\n" : "";
}

}  // namespace

std::string html_report(const Comparison& c) {
    std::ostringstream page;
    const std::string title = escaped(c.title);
    page << "<!DOCTYPE html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><meta name=\"viewport\" "
            "content=\"width=device-width, initial-scale=1\"><title>"
         << title << "</title>\n<style>" << style << "</style></head>\n<body>\n<h1>" << title
         << "</h1>\n<p class=\"quiet\">"
         << "The converted model beside its float32 original, on " << grouped(c.sequences)
         << (c.sequences == 1 ? " sequence of " : " sequences of ") << grouped(c.steps) << " steps.</p>\n"
         << "<p class=\"verdict\">" << verdict(c) << "</p>\n"
         << cards(c) << "<h2>Layers</h2>\n"
         << layer_table(c)
         << "<p class=\"quiet\">Ranges: <i>known</i> ones follow from the table or the activation below, "
            "<i>maximum</i>, <i>percentile</i> and <i>least squared error</i> ones "
            "from the data, <i>dynamic</i> ones from each step. Steps and sequences count from 0.</p>\n"
         << choices_part(c) << "<h2>Signal to noise of the layers' outputs</h2>\n"
         << figure(plot_layers(c),
                   "Each layer's output beside the float32 model's; a layer inherits the noise of those before it.")
         << "<h2>Difference of the output</h2>\n"
         << figure(plot_differences(c), "Over all sequences, at each step since their zero state.")
         << "<h2>The worst sequence</h2>\n"
         << figure(plot_trace(c), "Both outputs over the sequence with the largest difference.")
         << "<h2>How it was made</h2>\n<p>" << escaped(c.date) << ", on " << escaped(c.cpu) << " (" << c.isa
         << ")</p>\n<p><code>" << escaped(c.command) << "</code></p>\n</body>\n</html>\n";
    return page.str();
}

}  // namespace runnel::converter
