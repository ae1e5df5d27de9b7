/// All kinds of layers: what runs, verifies, describes and saves a network folds over this list.
#pragma once
#include "activate.hpp"
#include "combine.hpp"
#include "concatenate.hpp"
#include "dense.hpp"
#include "embedding.hpp"
#include "masking.hpp"
#include "recurrent.hpp"
#include "slice.hpp"
#include "window.hpp"

namespace runnel {

template <class... L> struct LayerList {
    /// f.operator()<L>() for the L of that kind; false: there is none.
    template <class F> [[gnu::always_inline]] static bool with(schema::Kind kind, F f) {
        const auto call = [&]<class Candidate>() __attribute__((always_inline)) {
            if (kind != schema::KindTraits<typename Candidate::Table>::enum_value) return false;
            f.template operator()<Candidate>();
            return true;
        };
        return (call.template operator()<L>() || ...);
    }
};

/// The layers that run most often come first: a step compares in this order.
using Layers = LayerList<RecurrentLayer, EmbeddingLayer, DenseLayer, ActivateLayer, ConcatenateLayer, CombineLayer,
                         WindowLayer, SliceLayer, MaskingLayer>;

}  // namespace runnel
