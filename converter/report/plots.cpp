#include "report/plots.hpp"

#include <algorithm>
#include <sstream>

#include "common/gnuplot.hpp"

namespace runnel::converter {
namespace {

constexpr std::size_t most_points = 800;  ///< a plot has about as many pixels

/// Steps that share a point.
std::size_t steps_a_point(std::size_t steps) { return (steps + most_points - 1) / most_points; }

}  // namespace

std::string plot_differences(const Comparison& c) {
    std::ostringstream script;
    script << "set xlabel 'step of the sequence'\nset ylabel 'difference of the output'\nset yrange [0:*]\n$d << EOD\n";
    const std::size_t width = steps_a_point(c.by_step.size());
    for (std::size_t first = 0; first < c.by_step.size(); first += width) {
        double largest = 0, rms = 0;
        for (std::size_t t = first; t < std::min(first + width, c.by_step.size()); ++t) {
            largest = std::max(largest, c.by_step[t].largest());
            rms = std::max(rms, c.by_step[t].root_mean_square());
        }
        script << first << ' ' << largest << ' ' << rms << '\n';
    }
    script << "EOD\nplot $d using 1:2 with lines lw 1.5 lc rgb '#d08743' title 'largest of all sequences', "
              "$d using 1:3 with lines lw 2 lc rgb '#20718f' title 'root mean square'\n";
    return gnuplot(script.str(), 280);
}

std::string plot_trace(const Comparison& c) {
    std::ostringstream script;
    script << "set xlabel 'step of sequence " << c.traced_sequence << "'\nset ylabel 'output " << c.traced
           << "'\n$d << EOD\n";
    for (std::size_t t = 0; t < c.trace_before.size(); t += steps_a_point(c.trace_before.size()))
        script << t << ' ' << c.trace_before[t] << ' ' << c.trace_after[t] << '\n';
    script << "EOD\nplot $d using 1:2 with lines lw 4 lc rgb '#e2a25c' title 'float32', "
              "$d using 1:3 with lines lw 1.5 lc rgb '#12506a' title 'converted'\n";
    return gnuplot(script.str(), 280);
}

std::string plot_layers(const Comparison& c) {
    std::ostringstream script;
    std::size_t bars = 0;
    script << "$d << EOD\n";
    for (const LayerComparison& layer : c.layers)
        if (layer.output && layer.output->snr())
            script << *layer.output->snr() << " \"" << label(layer.name) << "\"\n", ++bars;
    script << "EOD\n";
    if (bars == 0) return "";
    script << "set ylabel 'signal to noise, dB'\nset yrange [0:*]\nset style fill solid border lc rgb '#20718f'\nset "
              "boxwidth 0.5\n"
           << "set xrange [-0.7:" << double(bars) - 0.3 << "]\nset offsets 0,0,4,0\nunset key\n"
           << "plot $d using 0:1:xtic(2) with boxes lc rgb '#7fb0c2', "
              "$d using 0:1:(sprintf('%.1f', $1)) with labels offset 0,0.7 textcolor rgb '#27313a'\n";
    return gnuplot(script.str(), 260);
}

}  // namespace runnel::converter
