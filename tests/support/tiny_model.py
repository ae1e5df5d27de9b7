#!/usr/bin/env python3
"""Prints what the models of tiny_model.hpp answer, in float64 by Keras' equations for GRU(reset_after=True)."""
import numpy as np


class Weights:
    def __init__(self):
        self.count = 0

    def take(self, *shape):
        n = int(np.prod(shape))
        index = np.arange(self.count, self.count + n)
        self.count += n
        return ((index * 37 % 101 - 50) / 128).reshape(shape)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def softmax(x):
    e = np.exp(x - x.max())
    return e / e.sum()


class Tiny:
    def __init__(self, tokens, inputs, units, outputs):
        weights = Weights()
        self.embedding = weights.take(tokens, inputs) if tokens else None
        self.kernel = weights.take(inputs, 3 * units)
        self.recurrent = weights.take(units, 3 * units)
        self.bias = weights.take(2, 3 * units)
        self.dense = weights.take(units, outputs)
        self.dense_bias = weights.take(outputs)
        self.units = units

    def answers(self, sequence):
        u, h, result = self.units, np.zeros(self.units), []
        for x in sequence:
            if self.embedding is not None:
                x = self.embedding[x]
            elif np.isscalar(x):
                x = np.eye(len(self.kernel))[x]
            a = x @ self.kernel + self.bias[0]
            b = h @ self.recurrent + self.bias[1]
            z, r = sigmoid(a[:u] + b[:u]), sigmoid(a[u:2 * u] + b[u:2 * u])
            h = z * h + (1 - z) * np.tanh(a[2 * u:] + r * b[2 * u:])
            y = h @ self.dense + self.dense_bias
            result.append(sigmoid(y) if len(y) == 1 else softmax(y))
        return np.array(result)


np.set_printoptions(precision=9, floatmode="fixed", suppress=True)
reviews = Tiny(7, 3, 5, 1)
for sequence in [[1, 4, 5, 2], [6, 6, 3, 0]]:
    print("classifier", sequence, reviews.answers(sequence).ravel())
tagger = Tiny(0, 4, 9, 3)
for sequence in [[1, 3], [0, 2]]:
    print("tagger one-hot", sequence, tagger.answers(sequence))
features = [[0.5, -1, 0.25, 2], [1, 0, -0.5, 0]]
print("tagger features", features, tagger.answers(np.array(features)))
