#include "quantize/fixed_dropout.hpp"

#include "base/limits.hpp"

namespace runnel::converter {
namespace {

constexpr double max_dropout = (fixed::dropout_end - 0.5) / 65536;  ///< below 0.75 as the file rounds it

/// Sets the share to 0 and says so.
void leave_out(Layer& layer, double& share, const char* what) {
    share = 0;
    layer.left_out += (layer.left_out.empty() ? "" : ", ") + std::string(what);
}

}  // namespace

void leave_out_dropout(Graph& graph, std::size_t index, bool one_hot) {
    Layer& layer = graph.layers[index];
    const bool between = index > 0 && std::holds_alternative<Recurrent>(layer.kind) &&
                         std::holds_alternative<Recurrent>(graph.layers[index - 1].kind);
    if (layer.dropout >= max_dropout) leave_out(layer, layer.dropout, "a dropout of 0.75 or more");
    if (layer.dropout > 0 && layer.dropout_each_step && !between)
        leave_out(layer, layer.dropout, "the Dropout layer before it, which draws a mask for each step");
    if (layer.dropout > 0 && one_hot) leave_out(layer, layer.dropout, "dropout of a one-hot input");
    if (layer.recurrent_dropout >= max_dropout)
        leave_out(layer, layer.recurrent_dropout, "a recurrent dropout of 0.75 or more");
    layer.dropout_each_step &= layer.dropout > 0;
}

}  // namespace runnel::converter
