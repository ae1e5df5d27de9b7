#!/usr/bin/python3
"""Makes the models of the comparison with ONNX Runtime, each as ONNX and as Keras HDF5 for runnel-convert.

    /usr/bin/python3 bench/onnxruntime/models.py OUT

    identity.onnx       gives its input back: what a call of the binding costs
    imdb_gru.onnx       the shipped model with its weights: tokens [T] and state [1,1,8] to answers [T,1] and state
    gru_N.onnx, .h5     GRU N->N, weights uniform in +-1/sqrt(N), for N = 64, 128, 256: features [T,1,N] and state

T is free, so that one model serves both one step a call and a sequence.
"""
import sys
from pathlib import Path

import h5py
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

GOLDEN = Path(__file__).resolve().parents[2] / "tests/golden"
sys.path.insert(0, str(GOLDEN))
import keras_h5  # noqa: E402

SIZES, SEED, OPSET, IR_VERSION = (64, 128, 256), 7, 14, 7


def value(name, shape, kind=TensorProto.FLOAT):
    return helper.make_tensor_value_info(name, kind, shape)


def save(path, nodes, inputs, outputs, constants):
    tensors = [numpy_helper.from_array(np.ascontiguousarray(array), name) for name, array in constants.items()]
    model = helper.make_model(helper.make_graph(nodes, path.stem, inputs, outputs, tensors), ir_version=IR_VERSION,
                              opset_imports=[helper.make_opsetid("", OPSET)])
    onnx.checker.check_model(model)
    onnx.save(model, path)


def gru(features, kernel, recurrent_kernel, bias, states=""):
    """Node and constants of a GRU that reads `features` [T,1,F] and `state`, from Keras' weights (same gate order)."""
    node = helper.make_node("GRU", [features, "kernel", "recurrent_kernel", "bias", "", "state"],
                            [states, "next_state"], hidden_size=recurrent_kernel.shape[0], linear_before_reset=1)
    return node, {"kernel": kernel.T[None], "recurrent_kernel": recurrent_kernel.T[None], "bias": bias.reshape(1, -1)}


def save_imdb_gru(path):
    with h5py.File(GOLDEN / "imdb_gru/imdb_gru.h5") as file:
        weights = {}
        file["model_weights"].visititems(
            lambda name, item: weights.update({name.split("/", 1)[1]: item[()]}) if hasattr(item, "shape") else None)
    cell, constants = gru("embedded", *(weights[f"gru/gru_cell/{name}:0"]
                                        for name in ("kernel", "recurrent_kernel", "bias")), "states")
    units = weights["dense/kernel:0"].shape[0]
    constants |= {"table": weights["embedding/embeddings:0"], "dense_kernel": weights["dense/kernel:0"],
                  "dense_bias": weights["dense/bias:0"], "axis": np.array([1]), "rows": np.array([-1, units])}
    nodes = [
        helper.make_node("Gather", ["table", "tokens"], ["gathered"]),
        helper.make_node("Unsqueeze", ["gathered", "axis"], ["embedded"]),
        cell,
        helper.make_node("Reshape", ["states", "rows"], ["flat"]),
        helper.make_node("Gemm", ["flat", "dense_kernel", "dense_bias"], ["logits"]),
        helper.make_node("Sigmoid", ["logits"], ["answers"]),
    ]
    save(path, nodes, [value("tokens", ["T"], TensorProto.INT64), value("state", [1, 1, units])],
         [value("answers", ["T", 1]), value("next_state", [1, 1, units])], constants)


def save_gru(folder, units, random):
    bound = units ** -0.5
    weights = [random.uniform(-bound, bound, shape).astype(np.float32)
               for shape in ((units, 3 * units), (units, 3 * units), (2, 3 * units))]
    node, constants = gru("features", *weights)
    save(folder / f"gru_{units}.onnx", [node], [value("features", ["T", 1, units]), value("state", [1, 1, units])],
         [value("next_state", [1, 1, units])], constants)
    keras_h5.write(folder / f"gru_{units}.h5", [keras_h5.gru("gru", *weights, first=True)])


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    save(folder / "identity.onnx", [helper.make_node("Identity", ["x"], ["y"])], [value("x", [1])], [value("y", [1])],
         {})
    save_imdb_gru(folder / "imdb_gru.onnx")
    random = np.random.default_rng(SEED)
    for units in SIZES:
        save_gru(folder, units, random)


if __name__ == "__main__":
    main()
