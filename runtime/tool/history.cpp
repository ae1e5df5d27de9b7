#include "history.hpp"

#include <sstream>

#include "common/gnuplot.hpp"

namespace runnel {

std::string history_csv(std::span<const Epoch> history, bool has_accuracy) {
    const bool validated = !history.empty() && history[0].validation;
    std::ostringstream csv;
    csv << "epoch,loss" << (has_accuracy ? ",accuracy" : "") << (validated ? ",val_loss" : "")
        << (validated && has_accuracy ? ",val_accuracy" : "") << ",seconds\n";
    const auto measure = [&](const Measure& m) {
        csv << ',' << m.loss;
        if (has_accuracy) csv << ',' << m.accuracy;
    };
    for (const Epoch& epoch : history) {
        csv << epoch.number;
        measure(epoch.training);
        if (validated) measure(*epoch.validation);
        csv << ',' << epoch.seconds << '\n';
    }
    return csv.str();
}

std::string history_plot(std::span<const Epoch> history, bool has_accuracy, std::uint32_t best_epoch,
                         const std::string& title) {
    const bool validated = !history.empty() && history[0].validation;
    std::ostringstream script;
    script << "$d << EOD\n";
    for (const Epoch& e : history) {
        script << e.number << ' ' << e.training.loss << ' ' << e.training.accuracy;
        if (validated) script << ' ' << e.validation->loss << ' ' << e.validation->accuracy;
        script << '\n';
    }
    script << "EOD\nset xlabel 'epoch'\nset xtics 1," << 1 + history.size() / 8
           << "\nset key outside top center horizontal\nset tmargin 4\n";
    const std::string heading = "'" + label(title) + "' textcolor rgb '#27313a'\n";
    script << (has_accuracy ? "set multiplot layout 1,2 title " : "set title offset 0,1 ") << heading;
    if (best_epoch > 0)
        script << "set arrow from " << best_epoch << ", graph 0 to " << best_epoch
               << ", graph 1 nohead dt 2 lw 1.5 lc rgb '#8b959e'\nset label 'best epoch " << best_epoch << "' at "
               << best_epoch << ", graph 0.97 " << (2 * best_epoch > history.size() ? "right" : "left")
               << " offset " << (2 * best_epoch > history.size() ? "-0.6" : "0.6") << ",0 textcolor rgb '#4a545c'\n";
    const auto curves = [&](const char* name, int training, int validation) {
        script << "set ylabel '" << name << "'\nplot $d using 1:" << training
               << " with linespoints pt 7 ps 0.4 lw 2 lc rgb '#20718f' title 'training'";
        if (validated)
            script << ", $d using 1:" << validation
                   << " with linespoints pt 7 ps 0.4 lw 2 lc rgb '#d08743' title 'validation'";
        script << '\n';
    };
    curves("loss", 2, 4);
    if (has_accuracy) curves("accuracy", 3, 5);
    return "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n" + gnuplot(script.str(), 320) + "\n";
}

}  // namespace runnel
