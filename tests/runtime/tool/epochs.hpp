/// Two short histories.
#pragma once
#include "history.hpp"

namespace runnel::test {

inline Measure measure(double loss, double accuracy) {
    Measure m;
    m.loss = loss;
    m.accuracy = accuracy;
    return m;
}

inline const Epoch validated[] = {{1, measure(0.5, 0.75), measure(0.625, 0.5), 1.5},
                                  {2, measure(0.25, 1), measure(0.5, 0.75), 2}};
inline const Epoch plain[] = {{1, measure(0.5, 0), std::nullopt, 1.5}};

}  // namespace runnel::test
