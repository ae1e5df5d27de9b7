#include <array>
#include <string_view>

#include "readers/keras_layers.hpp"

namespace runnel::converter::keras {
namespace {

struct Refusal {
    std::string_view classes;  ///< beginning of the class name
    std::string_view why;
};

constexpr std::string_view merge = "multiplies two branches as matrices, which cannot be converted";
constexpr std::string_view reshape = "rearranges time steps, which a stream sees one at a time; reshape the input "
                                     "before the model, and train a model that begins with the recurrent layer";
constexpr std::string_view whole_sequence = "needs the whole sequence at once, where a stream gives one step at a time";
constexpr std::string_view normalization = "is not supported, and cannot be part of the weights beside it, for its "
                                           "scale depends on each step's data; train with BatchNormalization, or "
                                           "without it";

constexpr std::array refusals = {
    Refusal{"Bidirectional",
            "reads the sequence from both ends, so that it has no output before the stream has ended; "
            "train with a layer that only reads forward"},
    Refusal{"Conv", "is not supported; Conv1D over time is"},
    Refusal{"SeparableConv", "is not supported; Conv1D over time is"},
    Refusal{"DepthwiseConv", "is not supported; Conv1D over time is"},
    Refusal{"MaxPool", whole_sequence},
    Refusal{"AveragePool", whole_sequence},
    Refusal{"GlobalMaxPool", whole_sequence},
    Refusal{"GlobalAveragePool", whole_sequence},
    Refusal{"Attention", whole_sequence},
    Refusal{"AdditiveAttention", whole_sequence},
    Refusal{"MultiHeadAttention", whole_sequence},
    Refusal{"Reshape", reshape},
    Refusal{"Flatten", reshape},
    Refusal{"Permute", reshape},
    Refusal{"RepeatVector", reshape},
    Refusal{"Cropping", reshape},
    Refusal{"UpSampling", reshape},
    Refusal{"ZeroPadding", reshape},
    Refusal{"Dot", merge},
    Refusal{"LayerNormalization", normalization},
    Refusal{"GroupNormalization", normalization},
    Refusal{"UnitNormalization", normalization},
    Refusal{"RMSNormalization", normalization},
    Refusal{"Normalization", "is not supported; normalize the data before the model, or train with BatchNormalization"},
    Refusal{"Rescaling", "is not supported; scale the data before the model"},
    Refusal{"TextVectorization", "turns text into tokens; remove it from the model and give its words by --vocabulary"},
    Refusal{"StringLookup", "turns text into tokens; remove it from the model and give its words by --vocabulary"},
    Refusal{"Lambda", "holds Python code, which is never run; use layers in its place"},
    Refusal{"Sequential", "is a model within the model; build the model from its layers directly"},
    Refusal{"Functional", "is a model within the model; build the model from its layers directly"},
    Refusal{"Model", "is a model within the model; build the model from its layers directly"},
    Refusal{"StackedRNNCells", "holds several cells; use one recurrent layer for each, with return_sequences=True"},
    Refusal{"PReLU", "has weights of its own; use LeakyReLU"},
    Refusal{"ThresholdedReLU", "is not supported; use ReLU or LeakyReLU"},
};

}  // namespace

std::string refusal(const std::string& class_name) {
    for (const Refusal& entry : refusals)
        if (class_name.starts_with(entry.classes)) return std::string(entry.why);
    return "this kind of layer is not supported; there are Embedding, Masking, SimpleRNN, GRU, LSTM, CuDNNGRU, "
           "CuDNNLSTM, Dense, Conv1D, TimeDistributed, BatchNormalization, Flatten, Reshape, Permute, Concatenate, Add, Subtract, Multiply, "
           "Average, Maximum, Minimum, activations and dropout";
}

}  // namespace runnel::converter::keras
