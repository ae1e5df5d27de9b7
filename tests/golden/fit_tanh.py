#!/usr/bin/env python3
"""Fits the rationals of runtime/kernels/activation.hpp: tanh(x) ~ x P(x^2) / Q(x^2) on [0, limit], beyond which the
argument is clipped; written as gain x P / Q whose highest coefficients are 1. Lawson-weighted linear least squares,
iterated towards the least largest error.

    python3 tests/golden/fit_tanh.py

Prints, for each arithmetic of that file, the largest error in float32 and the coefficients."""
import numpy as np


def fit(p, q, limit, relative, points=6000, rounds=600):
    x = 0.5 * limit * (1 - np.cos(np.pi * (np.arange(points) + 0.5) / points))
    x = x[x > 1e-3]
    u, t = x * x, np.tanh(x)
    unit = t if relative else np.ones(len(x))
    weight, denominator, best = np.ones(len(x)), np.ones(len(x)), None
    for _ in range(rounds):
        a = np.concatenate([x[:, None] * u[:, None] ** np.arange(p + 1),
                            -t[:, None] * u[:, None] ** np.arange(1, q + 1)], 1)
        scale, w = np.abs(a).max(0), np.sqrt(weight) / (denominator * unit)
        c = np.linalg.lstsq(a / scale * w[:, None], t * w, rcond=None)[0] / scale
        numerator, denominator = c[:p + 1], np.r_[1, c[p + 1:]]
        value = np.polyval(denominator[::-1], u)
        error = np.abs(x * np.polyval(numerator[::-1], u) / value - t) / unit
        if value.min() > 0 and (best is None or error.max() < best[0]):
            best = error.max(), numerator, denominator
        weight = weight * (error / error.max() + 1e-3) ** 0.7
        weight, denominator = weight / weight.sum(), np.abs(value)
    return best


def float32_error(gain, numerator, denominator, limit):
    wanted = np.tanh(x := np.linspace(0, 2 * limit, 400001))
    x = np.minimum(x, limit).astype(np.float32)
    u = x * x

    def horner(c):
        y = u + np.float32(c[-1])
        for k in c[-2::-1]:
            y = y * u + np.float32(k)
        return y

    y = x * horner(numerator) / horner(denominator) * np.float32(gain)
    return np.abs(y - wanted).max(), y.max()


# The float formats need the least relative error: one near zero is a gain other than 1, which a recurrent state feeds
# back at every step. The codes of 8 bits need a limit at which no value is above 1.
for name, p, q, limit, relative in [("Fused", 3, 4, 7.9, True), ("Separate16", 2, 3, 6.25, False),
                                    ("Separate8", 2, 2, 5.2, False)]:
    _, numerator, denominator = fit(p, q, limit, relative)
    gain = numerator[-1] / denominator[-1]
    numerator, denominator = numerator[:-1] / numerator[-1], denominator[:-1] / denominator[-1]
    error, top = float32_error(gain, numerator, denominator, limit)
    print(f"{name}: limit {limit}, error {error:.2e}, largest value {top:.7f}\n  gain {gain:.9g}"
          f"\n  P {[float(f'{c:.9g}') for c in numerator]}\n  Q {[float(f'{c:.9g}') for c in denominator]}")
