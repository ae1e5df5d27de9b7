"""Layers of the golden models: their configuration, their weights, and what they answer (keras_formulas)."""
import numpy as np

import keras_formulas as formulas

random = np.random.default_rng(7)


def weights(*shape):
    return random.uniform(-0.6, 0.6, shape).astype(np.float32)


class Layer:
    """`weights`: by their Keras names, in Keras' order. `part`: below which Keras 3 keeps them; `cell`: its name in the
    .h5 of Keras 2.3 and later."""
    part, cell, module = "", "", "keras.layers"
    reads, mask, aside, arguments = None, None, False, ()
    counter = {}

    def __init__(self, class_name, config, weights=None):
        prefix = class_name.lower()
        number = Layer.counter[prefix] = Layer.counter.get(prefix, -1) + 1
        self.class_name, self.name = class_name, f"{prefix}_{number}" if number else prefix
        self.config = {"name": self.name, "trainable": True, "dtype": "float32"} | config
        self.weights = weights or {}

    def call(self, x, mask, keras_major):
        """[time, ...] -> outputs and the mask that is passed on."""
        return x, mask

    def float64(self):
        return [np.asarray(w, np.float64) for w in self.weights.values()]


class Input(Layer):
    def __init__(self, shape, keras_major=2):
        key = "batch_shape" if keras_major == 3 else "batch_input_shape"
        super().__init__("InputLayer", {key: [None, *shape], "sparse": False})


class Embedding(Layer):
    def __init__(self, tokens, width, mask_zero=False):
        config = {"input_dim": tokens, "output_dim": width, "mask_zero": mask_zero}
        super().__init__("Embedding", config, {"embeddings": weights(tokens, width)})

    def call(self, x, mask, keras_major):
        return self.float64()[0][x], x != 0 if self.config["mask_zero"] else mask


class Masking(Layer):
    def __init__(self, value):
        super().__init__("Masking", {"mask_value": value})

    def call(self, x, mask, keras_major):
        keep = np.any(x != self.config["mask_value"], axis=-1)
        return x * keep[:, None], keep


class Dense(Layer):
    def __init__(self, inputs, units, activation="linear", use_bias=True):
        arrays = {"kernel": weights(inputs, units)} | ({"bias": weights(units)} if use_bias else {})
        super().__init__("Dense", {"units": units, "activation": activation, "use_bias": use_bias}, arrays)

    def call(self, x, mask, keras_major):
        kernel, *bias = self.float64()
        name = self.config["activation"]
        name = name["config"] if isinstance(name, dict) else name
        return formulas.activation(name, keras_major)(x @ kernel + (bias[0] if bias else 0)), mask


class TimeDistributed(Layer):
    part = "layer"

    def __init__(self, inner):
        super().__init__("TimeDistributed", {}, inner.weights)
        self.inner = inner
        self.config["layer"] = {"class_name": inner.class_name, "config": inner.config}

    def call(self, x, mask, keras_major):
        return self.inner.call(x, mask, keras_major)[0], mask


class Activate(Layer):
    """A layer without weights that computes `function`."""
    def __init__(self, class_name, config, function):
        super().__init__(class_name, config)
        self.function = function

    def call(self, x, mask, keras_major):
        return self.function(x), mask


class Activation(Layer):
    def __init__(self, name):
        super().__init__("Activation", {"activation": name})

    def call(self, x, mask, keras_major):
        return formulas.activation(self.config["activation"], keras_major)(x), mask


class Operation(Activate):
    """One of Keras 3's operations, which it saves where a function was called on a layer's output."""
    def __init__(self, class_name, function, module="keras.src.ops.nn", **config):
        super().__init__(class_name, {}, function)
        self.module, self.config = module, {"name": self.name} | config


class BatchNormalization(Layer):
    """Its statistics are those of data far from mean 0 and variance 1."""
    def __init__(self, width, axis=-1, epsilon=1e-3, scale=True, center=True, **config):
        arrays = {"gamma": weights(width) + np.float32(1)} if scale else {}
        arrays |= {"beta": weights(width)} if center else {}
        arrays |= {"moving_mean": 2 * weights(width), "moving_variance": abs(weights(width)) + np.float32(0.02)}
        options = {"axis": axis, "momentum": 0.99, "epsilon": epsilon, "center": center, "scale": scale}
        super().__init__("BatchNormalization", options | config, arrays)

    def call(self, x, mask, keras_major):
        arrays = {name: np.asarray(w, np.float64) for name, w in self.weights.items()}
        root = np.sqrt(arrays["moving_variance"] + self.config["epsilon"])
        return arrays.get("gamma", 1) * (x - arrays["moving_mean"]) / root + arrays.get("beta", 0), mask


class Shape(Layer):
    """Flatten, Reshape or Permute that leaves the values in their order; what follows takes them as it took them."""
    def call(self, x, mask, keras_major):
        return x, mask


class MaskOperation(Layer):
    """An operation of Keras 3 that computes a mask beside the chain."""
    aside = True

    def __init__(self, class_name, reads, *arguments):
        super().__init__(class_name, {})
        self.reads, self.arguments = reads, arguments


GATES = {"simple_rnn": 1, "gru": 3, "gru_before": 3, "lstm": 4}
CLASS = {"simple_rnn": "SimpleRNN", "gru": "GRU", "gru_before": "GRU", "lstm": "LSTM"}


class Recurrent(Layer):
    part = "cell"

    def __init__(self, cell, inputs, units, sequences=False, activation="tanh", gate="sigmoid", use_bias=True,
                 **config):
        self.kind, n = cell, GATES[cell] * units
        bias = weights(2, n) if cell == "gru" else weights(n)
        arrays = {"kernel": weights(inputs, n),
                  "recurrent_kernel": weights(units, n) * np.float32(3 / units ** 0.5 / 2)}
        if use_bias:
            arrays["bias"] = bias
        options = {"return_sequences": sequences, "return_state": False, "go_backwards": False, "stateful": False,
                   "units": units, "activation": activation, "use_bias": use_bias, "dropout": 0.2}
        if cell != "simple_rnn":
            options["recurrent_activation"] = gate
        if cell.startswith("gru"):
            options["reset_after"] = cell == "gru"
        super().__init__(CLASS[cell], options | config, arrays)
        self.cell = {"SimpleRNN": "simple_rnn_cell", "GRU": "gru_cell", "LSTM": "lstm_cell"}[CLASS[cell]]
        self.sequences, self.act, self.gate = sequences, activation, gate
        self.effective = [np.asarray(a, np.float64) for a in (arrays["kernel"], arrays["recurrent_kernel"])]
        self.effective.append(np.asarray(bias, np.float64) * (1 if use_bias else 0))

    def call(self, x, mask, keras_major):
        act, gate = (formulas.activation(a, keras_major) for a in (self.act, self.gate))
        y = formulas.recurrent(self.kind, x, mask, *self.effective, act, gate)
        return (y, mask) if self.sequences else (y[-1], None)

    def without(self, *keys):
        for key in keys:
            del self.config[key]
        return self

    def wrapped(self):
        """The same as RNN(cell)."""
        outer = ("name", "trainable", "dtype", "return_sequences", "return_state", "go_backwards", "stateful")
        inner = {key: value for key, value in self.config.items() if key not in outer[3:]} | {"name": self.cell}
        self.config = {key: self.config[key] for key in outer}
        self.config["cell"] = {"class_name": self.class_name + "Cell", "config": inner}
        self.class_name = "RNN"
        return self

    def cudnn(self):
        """The same as CuDNNGRU or CuDNNLSTM: for each gate cuDNN's [units][inputs] under the shape [inputs, units],
        and the biases of input and state one behind the other."""
        gates, units = GATES[self.kind], self.config["units"]
        for name in ("kernel", "recurrent_kernel"):
            blocks = np.split(self.weights[name], gates, axis=1)
            self.weights[name] = np.hstack([b.T.reshape(b.shape) for b in blocks])
        if self.kind == "lstm":
            second = weights(gates * units)
            self.effective[2] = self.effective[2] + second
            self.weights["bias"] = np.concatenate([self.weights["bias"], second])
        else:
            self.weights["bias"] = self.weights["bias"].ravel()
        self.class_name = "CuDNN" + self.class_name
        return self.without("activation", "recurrent_activation", "use_bias", "dropout",
                            *self.config.keys() & {"reset_after"})
