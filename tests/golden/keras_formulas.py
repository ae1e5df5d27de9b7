"""Keras' layers in float64 NumPy, after https://keras.io/api/layers: the reference of the golden models.

Sequences are [time, features] of one example. Kernels are Keras' own: [inputs, gates * units], gates z r h and i f c o.
"""
import math

import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def softmax(x):
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def sparsemax(x):
    """Martins and Astudillo, 2016: the Euclidean projection onto the simplex."""
    z = -np.sort(-x, axis=-1)
    k = np.arange(1, x.shape[-1] + 1)
    total = np.cumsum(z, axis=-1)
    count = (1 + k * z > total).sum(axis=-1, keepdims=True)
    threshold = (np.take_along_axis(total, count - 1, axis=-1) - 1) / count
    return np.maximum(x - threshold, 0)


def glu(x):
    half = x.shape[-1] // 2
    return x[..., :half] * sigmoid(x[..., half:])


def elu(x, alpha=1.0):
    return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))


def leaky_relu(x, slope=0.2):
    return np.where(x > 0, x, slope * x)


erf = np.vectorize(math.erf)
relu6 = lambda x: np.clip(x, 0, 6)
softplus = lambda x: np.logaddexp(x, 0)

ACTIVATIONS = {
    "linear": lambda x: x,
    "tanh": np.tanh,
    "sigmoid": sigmoid,
    "relu": lambda x: np.maximum(x, 0),
    "softmax": softmax,
    "log_softmax": lambda x: np.log(softmax(x)),
    "softplus": softplus,
    "softsign": lambda x: x / (1 + abs(x)),
    "elu": elu,
    "selu": lambda x: 1.05070098735548049342 * elu(x, 1.67326324235437728481),
    "exponential": np.exp,
    "silu": lambda x: x * sigmoid(x),
    "swish": lambda x: x * sigmoid(x),
    "hard_silu": lambda x: x * relu6(x + 3) / 6,
    "hard_swish": lambda x: x * relu6(x + 3) / 6,
    "gelu": lambda x: x * (1 + erf(x / math.sqrt(2))) / 2,
    "relu6": relu6,
    "leaky_relu": leaky_relu,
    "mish": lambda x: x * np.tanh(softplus(x)),
    "celu": lambda x: elu(x, 1.0),
    "hard_tanh": lambda x: np.clip(x, -1, 1),
    "log_sigmoid": lambda x: -softplus(-x),
    "tanh_shrink": lambda x: x - np.tanh(x),
    "squareplus": lambda x: (x + np.sqrt(x * x + 4)) / 2,
    "soft_shrink": lambda x: np.where(x > 0.5, x - 0.5, np.where(x < -0.5, x + 0.5, 0)),
    "hard_shrink": lambda x: np.where(abs(x) > 0.5, x, 0),
    "sparse_plus": lambda x: np.where(x <= -1, 0, np.where(x < 1, (x + 1) ** 2 / 4, x)),
    "sparse_sigmoid": lambda x: np.clip((x + 1) / 2, 0, 1),
    "sparsemax": sparsemax,
    "glu": glu,
}
HARD_SIGMOID = {2: lambda x: np.clip(0.2 * x + 0.5, 0, 1), 3: lambda x: relu6(x + 3) / 6}


def activation(name, keras_major):
    return HARD_SIGMOID[keras_major] if name == "hard_sigmoid" else ACTIVATIONS[name]


def recurrent(cell, x, mask, kernel, recurrent_kernel, bias, act, gate_act):
    """All outputs [time, units]. cell: "simple_rnn", "gru" (reset after), "gru_before" or "lstm". A masked step keeps
    the state and repeats the output before it (zero at first). bias: [2, 3 units] for "gru", else one row."""
    units = recurrent_kernel.shape[0]
    h, c, last, outputs = np.zeros(units), np.zeros(units), np.zeros(units), []
    split = lambda v: np.split(v, v.size // units)
    for t in range(len(x)):
        if mask is not None and not mask[t]:
            outputs.append(last)
            continue
        w = x[t] @ kernel
        if cell == "simple_rnn":
            h = act(w + h @ recurrent_kernel + bias)
        elif cell == "lstm":
            i, f, g, o = split(w + h @ recurrent_kernel + bias)
            c = gate_act(f) * c + gate_act(i) * act(g)
            h = gate_act(o) * act(c)
        elif cell == "gru":
            (wz, wr, wh), (uz, ur, uh) = split(w + bias[0]), split(h @ recurrent_kernel + bias[1])
            z, r = gate_act(wz + uz), gate_act(wr + ur)
            h = z * h + (1 - z) * act(wh + r * uh)
        else:
            wz, wr, wh = split(w + bias)
            uz, ur, uh = np.split(recurrent_kernel, 3, axis=1)
            z, r = gate_act(wz + h @ uz), gate_act(wr + h @ ur)
            h = z * h + (1 - z) * act(wh + (r * h) @ uh)
        last = h
        outputs.append(h)
    return np.array(outputs)
