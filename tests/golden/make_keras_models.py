"""Makes tests/golden/keras: small models in Keras' file layouts with inputs and the answers of a float64 reference.

    /usr/bin/python3 make_keras_models.py

Each case of cases.json: the file, its parameters (without those of BatchNormalization), an input (tokens [time] or
features [time][inputs]) and the expected output, [time][outputs] where the model returns sequences, else [1][outputs].
"""
import json
from pathlib import Path

import numpy as np
import torch

import keras_files as files
import keras_formulas as formulas
from keras_layers import (Activate, Activation, BatchNormalization, Dense, Embedding, Input, Layer, MaskOperation,
                          Masking, Operation, Recurrent, Shape, TimeDistributed, random)

OUT = Path(__file__).parent / "keras"
STEPS = 7
cases = []


def features(width, steps=STEPS):
    return random.normal(0, 1, (steps, width)).astype(np.float32)


def tokens(count, steps=STEPS):
    return random.integers(0, count, steps)


def case(name, layers, x, version="2.13.1", functional=False, one_hot=0, dtype=np.float32, architecture=None):
    """layers may begin with the InputLayer; one without takes its shape from the first layer (Keras before 2.3) or
    from what it reads. architecture: the name of the file that it is written to apart from the weights."""
    major = int(version[0])
    y, mask = np.eye(one_hot)[x] if one_hot else np.asarray(x), None
    for layer in layers:
        if not layer.aside:
            y, mask = layer.call(y, mask, major)
        layer.weights = {key: value.astype(dtype) for key, value in layer.weights.items()}
    model = (files.functional_json if functional else files.sequential_json)(layers, version)
    listed = layers if functional else [layer for layer in layers if layer.class_name != "InputLayer"]
    if architecture:
        files.write_architecture(OUT / architecture, model, version)
        for i, layer in enumerate(listed if name.endswith("renamed.h5") else []):
            layer.name += f"_{i + 5}"
        files.write_weights(OUT / name, listed, version)
    else:
        (files.write_archive if name.endswith(".keras") else files.write_h5)(OUT / name, model, listed, version)
    own = [layer for layer in layers if not isinstance(getattr(layer, "inner", layer), BatchNormalization)]
    cases.append({"file": name, "parameters": sum(w.size for layer in own for w in layer.weights.values()),
                  "input": np.asarray(x).tolist(), "output": np.atleast_2d(y).tolist()}
                 | ({"architecture": architecture} if architecture else {}))
    Layer.counter.clear()


def input_of(width, version):
    return Input([None, width] if width else [None], int(version[0]))


def torch_check():
    """The reference against PyTorch in float64 (which has GRU's reset after the product only)."""
    for kind, make in (("simple_rnn", torch.nn.RNN), ("gru", torch.nn.GRU), ("lstm", torch.nn.LSTM)):
        layer, x = Recurrent(kind, 5, 9, sequences=True), features(5)
        kernel, recurrent_kernel, bias = layer.effective
        order = [1, 0, 2] if kind == "gru" else range(bias.size // 9)
        rows = lambda a: torch.tensor(np.concatenate([np.split(a, len(order), axis=-1)[g].T for g in order]))
        net = make(5, 9).double()
        both = bias if kind == "gru" else np.stack([bias, np.zeros_like(bias)])
        values = (rows(kernel), rows(recurrent_kernel), rows(both[0]), rows(both[1]))
        for parameter, value in zip((net.weight_ih_l0, net.weight_hh_l0, net.bias_ih_l0, net.bias_hh_l0), values):
            parameter.data[:] = value
        expected = net(torch.tensor(x, dtype=torch.float64))[0].detach().numpy()
        assert abs(layer.call(x.astype(np.float64), None, 2)[0] - expected).max() < 1e-12
    Layer.counter.clear()


def cells():
    """Each cell with every shape of blocks, alone and stacked, in both formats."""
    for kind in ("simple_rnn", "gru", "gru_before", "lstm"):
        for units in ((1,), (7, 8), (9, 16), (20,), (33,)):
            for extension, version in ((".h5", "2.13.1"), (".keras", "3.9.2"))[:1 + (units in ((7, 8), (20,)))]:
                widths = (5, *units)
                layers = [input_of(5, version)]
                layers += [Recurrent(kind, widths[i], u, sequences=i + 1 < len(units)) for i, u in enumerate(units)]
                layers.append(Dense(units[-1], 3, "softmax"))
                case(f"{kind}_{'_'.join(map(str, units))}{extension}", layers, features(5), version)
        case(f"{kind}_no_bias.h5",
             [input_of(4, "2"), Recurrent(kind, 4, 6, use_bias=False), Dense(6, 2, use_bias=False)], features(4))
        case(f"{kind}_one_hot.h5", [input_of(11, "2"), Recurrent(kind, 11, 9), Dense(9, 1, "sigmoid")], tokens(11),
             one_hot=11)
        case(f"{kind}_relu.h5",
             [input_of(3, "2"), Recurrent(kind, 3, 5, activation="relu", sequences=True), Dense(5, 2)], features(3))
        case(f"{kind}_linear.keras", [input_of(3, "3"), Recurrent(kind, 3, 5, activation="linear"), Dense(5, 2)],
             features(3), "3.12.0")
        case(f"{kind}_wrapped.h5", [input_of(3, "2"), Recurrent(kind, 3, 5).wrapped(), Dense(5, 2)], features(3))
        case(f"{kind}_wrapped.keras", [input_of(3, "3"), Recurrent(kind, 3, 5).wrapped(), Dense(5, 2)], features(3),
             "3.0.5")
        case(f"{kind}_keras3.h5", [input_of(3, "3"), Recurrent(kind, 3, 5), Dense(5, 2)], features(3), "3.4.1")
    for kind in ("gru", "lstm"):
        case(f"cudnn_{kind}.h5", [input_of(5, "2"), Recurrent(kind, 5, 7, sequences=True).cudnn(),
                                  Recurrent(kind, 7, 7).cudnn(), Dense(7, 2)], features(5), "2.2.4-tf")
    for kind in ("gru_before", "lstm"):
        for extension, version in ((".h5", "2.0.5"), (".keras", "3.9.2")):
            case(f"{kind}_hard_sigmoid{extension}",
                 [input_of(5, version), Recurrent(kind, 5, 6, gate="hard_sigmoid"), Dense(6, 2, "hard_sigmoid")],
                 3 * features(5), version)


def old_layouts():
    """Keras 2.0 to 2.2: no InputLayer, the configuration as a list, no reset_after, strings of fixed length."""
    first = Recurrent("gru_before", 13, 20, activation="linear", gate="hard_sigmoid",
                      batch_input_shape=[None, 29, 13]).without("reset_after")
    case("keras21_list.h5", [first, Dense(20, 1, "sigmoid")], features(13), "2.1.4")
    embedding = Embedding(12, 4)
    embedding.config["batch_input_shape"] = [None, 7]
    case("keras20_embedding.h5", [embedding, Recurrent("lstm", 4, 6), Dense(6, 2)], tokens(12), "2.0.5")
    case("keras22_functional.h5", [input_of(3, "2"), Recurrent("lstm", 3, 6), Dense(6, 2)], features(3), "2.2.4",
         functional=True)


def masks():
    x = np.array([0, 0, 3, 0, 5, 2, 0])
    for kind in ("simple_rnn", "gru", "gru_before", "lstm"):
        case(f"{kind}_mask_zero.h5", [input_of(0, "2"), Embedding(6, 4, True), Recurrent(kind, 4, 5), Dense(5, 2)], x)
    case("mask_zero_sequences.h5", [input_of(0, "2"), Embedding(6, 4, True), Recurrent("gru", 4, 5, sequences=True),
                                    Recurrent("lstm", 5, 6, sequences=True),
                                    TimeDistributed(Dense(6, 2, "softmax"))], x)
    case("mask_zero_sequences.keras", [input_of(0, "3"), Embedding(6, 4, True), Recurrent("gru", 4, 5, sequences=True),
                                       TimeDistributed(Dense(5, 2, "softmax"))], x, "3.9.2")
    case("mask_zero_without_recurrent.h5", [input_of(0, "2"), Embedding(6, 4, True), Dense(4, 2)], x)
    y = features(3)
    y[[0, 3, 4]] = -1.5
    y[5, 1] = -1.5
    case("masking.h5", [input_of(3, "2"), Masking(-1.5), Dense(3, 4, "tanh"), Recurrent("lstm", 4, 5, sequences=True),
                        Recurrent("gru", 5, 6), Dense(6, 2)], y)
    case("masking.keras", [input_of(3, "3"), Masking(-1.5), Recurrent("lstm", 3, 5), Dense(5, 2)], y, "3.9.2")

    source, embedding, dense = input_of(0, "3"), Embedding(6, 4, True), Dense(5, 2)
    unequal = MaskOperation("NotEqual", source.name, 0)
    first, second = Recurrent("gru", 4, 5, sequences=True), Recurrent("lstm", 5, 5)
    first.mask = second.mask = unequal.name
    case("mask_zero_functional.keras", [source, embedding, unequal, first, second, dense], x, "3.9.2", functional=True)
    source, masking, lstm, dense = input_of(3, "3"), Masking(-1.5), Recurrent("lstm", 3, 5), Dense(5, 2)
    unequal = MaskOperation("NotEqual", source.name, -1.5)
    any_of = MaskOperation("Any", unequal.name)
    lstm.mask = any_of.name
    case("masking_functional.keras", [source, masking, unequal, any_of, lstm, dense], y, "3.3.0", functional=True)


def chains():
    case("time_distributed.h5",
         [input_of(4, "2"), TimeDistributed(Dense(4, 6, "relu")), Recurrent("gru", 6, 5, sequences=True),
          TimeDistributed(Layer("Dropout", {"rate": 0.5})), TimeDistributed(Dense(5, 3)),
          TimeDistributed(Activation("softmax"))], features(4))
    training_only = [Layer("SpatialDropout1D", {"rate": 0.5}), Layer("GaussianNoise", {"stddev": 0.1}),
                     Layer("GaussianDropout", {"rate": 0.5}), Layer("AlphaDropout", {"rate": 0.5}),
                     Layer("ActivityRegularization", {"l1": 0.1, "l2": 0.0}), Layer("Dropout", {"rate": 0.5})]
    case("training_only_layers.h5", [input_of(0, "2"), Embedding(9, 4), *training_only, Recurrent("lstm", 4, 5),
                                     Layer("Dropout", {"rate": 0.5}), Dense(5, 2)], tokens(9))
    case("activation_layers.h5",
         [input_of(4, "2"), Dense(4, 9), Activate("LeakyReLU", {"alpha": 0.25}, lambda x: formulas.leaky_relu(x, 0.25)),
          Recurrent("gru", 9, 9, sequences=True), Activate("ELU", {"alpha": 0.75}, lambda x: formulas.elu(x, 0.75)),
          Dense(9, 5), Activate("ReLU", {"max_value": 6.0, "negative_slope": 0.0, "threshold": 0.0}, formulas.relu6),
          Dense(5, 5), Activate("ReLU", {"max_value": None, "negative_slope": 0.5, "threshold": 0.0},
                                lambda x: formulas.leaky_relu(x, 0.5)),
          Activate("Softmax", {"axis": -1}, formulas.softmax), Activation("tanh")], 3 * features(4))
    leaky = Activate("LeakyReLU", {"negative_slope": 0.25}, lambda x: formulas.leaky_relu(x, 0.25))
    case("functional.keras", [input_of(3, "3"), Dense(3, 4), leaky, Recurrent("gru", 4, 6), Dense(6, 2)], features(3),
         "3.12.0", functional=True)
    case("functional.h5", [input_of(0, "2"), Embedding(9, 4), Recurrent("lstm", 4, 5), Dense(5, 3)], tokens(9),
         "2.11.0", functional=True)
    case("float64.h5", [input_of(3, "2"), Recurrent("gru", 3, 5), Dense(5, 2)], features(3), dtype=np.float64)
    case("stateful.h5", [Input([1, 3]), Recurrent("lstm", 3, 5, stateful=True), Dense(5, 2)], features(3))
    case("dense_one_hot.h5", [input_of(9, "2"), Dense(9, 4, "tanh"), Recurrent("gru", 4, 5)], tokens(9), one_hot=9)


def activations():
    for name in [*formulas.ACTIVATIONS, "hard_sigmoid"]:
        case(f"activation_{name}.keras", [input_of(3, "3"), Dense(3, 10, name)], 4 * features(3), "3.12.0")
    case("activation_hard_sigmoid.h5", [input_of(3, "2"), Dense(3, 10, "hard_sigmoid")], 4 * features(3))
    case("activation_serialized.keras",
         [input_of(3, "3"), Dense(3, 4, {"module": "keras.activations", "class_name": "function", "config": "gelu",
                                         "registered_name": "gelu"})], features(3), "3.9.2")


def normalizations():
    norm = BatchNormalization
    for kind in ("simple_rnn", "gru", "gru_before", "lstm"):
        case(f"batch_norm_{kind}.h5",
             [input_of(3, "2"), norm(3, axis=[2]), Recurrent(kind, 3, 5, sequences=True), norm(5, axis=[2]),
              Recurrent(kind, 5, 4, use_bias=False), Layer("Dropout", {"rate": 0.5}), norm(4, axis=[1]),
              Dense(4, 2, "tanh")], 3 * features(3))
    case("batch_norm_before.keras",
         [input_of(3, "3"), Dense(3, 5, use_bias=False), norm(5, epsilon=1e-5), Activation("relu"),
          Recurrent("lstm", 5, 4), Dense(4, 3), Activation("linear"), norm(3, scale=False), norm(3, center=False),
          Activation("softmax")], features(3), "3.9.2")
    case("batch_norm_embedding.h5", [input_of(0, "2"), Embedding(6, 4), norm(4, axis=[2]), Activation("tanh"),
                                     Recurrent("gru", 4, 5), Dense(5, 2), norm(2, axis=[1])], tokens(6))
    case("batch_norm_masked.keras", [input_of(0, "3"), Embedding(6, 4, True), norm(4), Recurrent("lstm", 4, 5),
                                     Dense(5, 2)], np.array([0, 0, 3, 0, 5, 2, 0]), "3.9.2")
    y = features(3)
    y[[0, 3]] = -1.5
    case("batch_norm_masking.h5",
         [input_of(3, "2"), Masking(-1.5), norm(3, axis=[2]), TimeDistributed(Dense(3, 4, "tanh")),
          TimeDistributed(norm(4, axis=[1])), Recurrent("gru", 4, 5), Dense(5, 2)], y)


def shapes():
    """Flatten, Reshape and Permute that rearrange nothing."""
    case("reshape_input.keras", [Input([12], 3), Shape("Reshape", {"target_shape": [4, 3]}), Recurrent("lstm", 3, 5),
                                 Dense(5, 2)], features(3, 4), "3.9.2")
    case("reshape_one_step.h5",
         [Input([1, 5]), Shape("Permute", {"dims": [1, 2]}), Recurrent("gru", 5, 4, sequences=True),
          Shape("Flatten", {}), Dense(4, 3), Shape("Flatten", {}), Shape("Reshape", {"target_shape": [-1]})],
         features(5, 1))
    case("reshape_flat_step.h5",
         [Input([5]), Shape("Flatten", {}), Dense(5, 4), Shape("Reshape", {"target_shape": [1, -1]}),
          Recurrent("gru", 4, 3), Dense(3, 2)], features(5, 1))
    case("reshape_output.h5",
         [input_of(3, "2"), Shape("Reshape", {"target_shape": [-1, 3]}), Recurrent("lstm", 3, 4), Dense(4, 6),
          Shape("Reshape", {"target_shape": [3, 2]}), Activation("sigmoid")], features(3))
    case("reshape_sequence_output.h5",
         [Input([STEPS, 3]), Recurrent("simple_rnn", 3, 4, sequences=True), TimeDistributed(Shape("Flatten", {})),
          TimeDistributed(Dense(4, 1)), Shape("Reshape", {"target_shape": [STEPS]})], features(3))


def operations():
    relu = Operation("ReLU", lambda x: formulas.leaky_relu(x, 0.5), "keras.src.activations.activations",
                     negative_slope=0.5, max_value=None, threshold=0.0)
    chain = [input_of(3, "3"), Dense(3, 6), Operation("HardSigmoid", formulas.HARD_SIGMOID[3]), Dense(6, 6), relu,
             Dense(6, 6), Operation("LeakyRelu", lambda x: formulas.leaky_relu(x, 0.125), negative_slope=0.125),
             Recurrent("gru", 6, 5), Operation("Tanh", np.tanh, "keras.src.ops.numpy"), Dense(5, 5),
             Operation("Exp", np.exp, "keras.src.ops.numpy"),
             Operation("LogSoftmax", formulas.ACTIVATIONS["log_softmax"], axis=-1),
             Dense(5, 4), Operation("Relu", formulas.ACTIVATIONS["relu"]),
             Operation("Gelu", formulas.ACTIVATIONS["gelu"], approximate=False), Dense(4, 2),
             Operation("Sigmoid", formulas.sigmoid)]
    case("operations.keras", chain, features(3), "3.9.2", functional=True)


def archives_and_weights():
    """Two layers of a class behind another one of it tell apart how the groups are numbered."""
    chain = lambda version: [input_of(3, version), Dense(3, 4), Layer("Dropout", {"rate": 0.5}),
                             Recurrent("gru", 4, 5, sequences=True), BatchNormalization(5),
                             TimeDistributed(Dense(5, 5, "tanh")), Recurrent("gru", 5, 5), Dense(5, 5), Dense(5, 2)]
    for version in ("2.12.0", "2.13.1", "2.15.0"):
        short = version[:4].replace(".", "")
        case(f"keras{short}.keras", chain(version), features(3), version, functional=version == "2.13.1")
    for name, version in (("weights_keras2.h5", "2.11.0"), ("weights_keras2_renamed.h5", "2.11.0"),
                          ("weights_keras213.weights.h5", "2.13.1"), ("weights_keras3.weights.h5", "3.9.2")):
        case(name, chain(version), features(3), version, architecture=name.split(".")[0] + ".json")


def main():
    OUT.mkdir(exist_ok=True)
    for old in OUT.iterdir():
        old.unlink()
    torch_check()
    for make in (cells, old_layouts, masks, chains, activations, normalizations, shapes, operations,
                 archives_and_weights):
        make()
    lines = ",\n".join(json.dumps(c) for c in cases)
    (OUT / "cases.json").write_text(f"[\n{lines}\n]\n")


if __name__ == "__main__":
    main()
