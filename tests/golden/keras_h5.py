"""Writes Sequential models in the HDF5 layout of Keras 2.13 (hdf5_format.save_model_to_hdf5, without optimizer).

Each layer function gives (class name, configuration, weights by their Keras names). Weights are stored as float32;
shapes and gate order are Keras': GRU z, r, h with reset_after, kernel [inputs, 3 units],
recurrent_kernel [units, 3 units], bias [2, 3 units].
"""
import json

import h5py
import numpy as np

KERAS_VERSION = "2.13.1"


def initializer(name, **config):
    return {"module": "keras.initializers", "class_name": name, "config": config, "registered_name": None}


GLOROT, ZEROS = initializer("GlorotUniform", seed=None), initializer("Zeros")


def base(name):
    return {"name": name, "trainable": True, "dtype": "float32"}


def embedding(name, table, mask_zero):
    config = base(name) | {
        "batch_input_shape": [None, None], "input_dim": table.shape[0], "output_dim": table.shape[1],
        "embeddings_initializer": initializer("RandomUniform", minval=-0.05, maxval=0.05, seed=None),
        "embeddings_regularizer": None, "activity_regularizer": None, "embeddings_constraint": None,
        "mask_zero": mask_zero, "input_length": None}
    return "Embedding", config, {f"{name}/embeddings:0": table}


def gru(name, kernel, recurrent_kernel, bias, first=False):
    """first: the layer is the model's first one and reads features."""
    shape = {"batch_input_shape": [None, None, kernel.shape[0]]} if first else {}
    config = base(name) | shape | {
        "return_sequences": False, "return_state": False, "go_backwards": False, "stateful": False, "unroll": False,
        "time_major": False, "units": recurrent_kernel.shape[0], "activation": "tanh",
        "recurrent_activation": "sigmoid", "use_bias": True, "kernel_initializer": GLOROT,
        "recurrent_initializer": initializer("Orthogonal", gain=1.0, seed=None), "bias_initializer": ZEROS,
        "kernel_regularizer": None, "recurrent_regularizer": None, "bias_regularizer": None,
        "activity_regularizer": None, "kernel_constraint": None, "recurrent_constraint": None,
        "bias_constraint": None, "dropout": 0.0, "recurrent_dropout": 0.0, "implementation": 2, "reset_after": True}
    return "GRU", config, {f"{name}/gru_cell/kernel:0": kernel,
                           f"{name}/gru_cell/recurrent_kernel:0": recurrent_kernel, f"{name}/gru_cell/bias:0": bias}


def dense(name, kernel, bias, activation):
    config = base(name) | {
        "units": kernel.shape[1], "activation": activation, "use_bias": True, "kernel_initializer": GLOROT,
        "bias_initializer": ZEROS, "kernel_regularizer": None, "bias_regularizer": None,
        "activity_regularizer": None, "kernel_constraint": None, "bias_constraint": None}
    return "Dense", config, {f"{name}/kernel:0": kernel, f"{name}/bias:0": bias}


def write(path, layers):
    """Attributes and groups in Keras' order and with its types of strings."""
    first = layers[0][1]
    input_layer = {"batch_input_shape": first["batch_input_shape"], "dtype": "float32", "sparse": False,
                   "ragged": False, "name": first["name"] + "_input"}
    configs = [("InputLayer", input_layer)] + [(class_name, config) for class_name, config, _ in layers]
    model = {"class_name": "Sequential", "config": {"name": "sequential", "layers": [
        {"class_name": class_name, "config": config} for class_name, config in configs]}}
    with h5py.File(path, "w") as file:
        file.attrs["keras_version"] = KERAS_VERSION
        file.attrs["backend"] = "tensorflow"
        file.attrs["model_config"] = json.dumps(model).encode()
        group = file.create_group("model_weights")
        group.attrs["layer_names"] = [config["name"].encode() for _, config, _ in layers]
        group.attrs["backend"] = b"tensorflow"
        group.attrs["keras_version"] = KERAS_VERSION.encode()
        group.create_group("top_level_model_weights").attrs["weight_names"] = np.array([])
        for _, config, weights in layers:
            layer = group.create_group(config["name"])
            layer.attrs["weight_names"] = [name.encode() for name in weights]
            for name, array in weights.items():
                layer.create_dataset(name, data=np.asarray(array, np.float32))
