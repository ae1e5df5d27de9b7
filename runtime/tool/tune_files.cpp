#include "tune_files.hpp"

#include <algorithm>
#include <filesystem>
#include <stdexcept>

#include "common/file.hpp"
#include "history.hpp"
#include "patch_file.hpp"

namespace runnel {
namespace {

void write_text(const std::string& path, const std::string& text) {
    write_whole(path, {reinterpret_cast<const unsigned char*>(text.data()), text.size()});
}

}  // namespace

TuneFiles::TuneFiles(const TuneOptions& options, const std::string& model) : options_(options) {
    if (std::error_code none; std::filesystem::equivalent(options.patch, model, none))
        throw std::runtime_error(options.patch + ": is the model; what it learns goes to a file of its own");
    for (const std::string& path : {options.patch, options.history, options.plot})
        if (!path.empty()) const NewFile writable(path);
}

void TuneFiles::write_patch(std::span<const unsigned char> patch) {
    if (std::ranges::equal(patch, patch_)) return;
    if (patched()) write_whole(options_.patch, patch);
    else write_patch_file(options_.patch, patch);
    patch_.assign(patch.begin(), patch.end());
}

void TuneFiles::write_history(std::span<const Epoch> history, bool has_accuracy) const {
    if (!options_.history.empty()) write_text(options_.history, history_csv(history, has_accuracy));
}

void TuneFiles::write_plot(const Fitted& fitted, bool has_accuracy) const {
    if (options_.plot.empty()) return;
    const std::string model = std::filesystem::path(options_.model).filename().string();
    write_text(options_.plot, history_plot(fitted.history, has_accuracy, fitted.best_epoch, "training of " + model));
}

}  // namespace runnel
