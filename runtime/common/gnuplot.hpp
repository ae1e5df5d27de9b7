/// Plots, drawn by gnuplot (http://www.gnuplot.info).
#pragma once
#include <string>

namespace runnel {

/// The SVG element that the script draws; its terminal is set here, `height` in pixels at a width of 860. Nothing in
/// the script may come from a file but numbers and what `label` made of it. Throws std::runtime_error if gnuplot is not
/// installed or does not like the script.
std::string gnuplot(const std::string& script, int height);

/// A text that is safe within quotes of a script: other characters than letters, digits and " _-.,()" are '_'.
std::string label(const std::string& text);

}  // namespace runnel
