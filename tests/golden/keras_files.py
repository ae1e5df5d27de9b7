"""Writes models in the file layouts of Keras: HDF5 of Keras 2 and 3 (legacy_h5_format), .keras of Keras 2.12 to 3
(saving_lib), architecture and weights apart. Members of the configurations that do not change a model's answer
(initializers and the like) are left out.
"""
import io
import json
import re
import zipfile

import h5py
import numpy as np


def since(version, other):
    """Whether a version is another one or a later one."""
    number = lambda text: [int(part) for part in text.split("-")[0].split(".")]
    return number(version) >= number(other)


def fixed_or_variable(version, strings):
    """Keras 2.0 to 2.2 wrote strings of fixed length, later ones of variable length."""
    if not strings:
        return np.array([])
    encoded = [s.encode() for s in strings]
    return np.array(encoded, dtype=h5py.special_dtype(vlen=str)) if since(version, "2.3") else np.array(encoded)


def layer_json(layer, keras3):
    config = {key: value for key, value in layer.config.items()}
    if keras3:
        return {"module": layer.module, "class_name": layer.class_name, "config": config, "registered_name": None}
    return {"class_name": layer.class_name, "config": config}


def sequential_json(layers, version):
    major = int(version[0])
    listed = [layer_json(layer, major == 3) for layer in layers]
    if not since(version, "2.2.3"):
        return {"class_name": "Sequential", "config": listed}
    return {"class_name": "Sequential", "config": {"name": "sequential", "layers": listed}}


def tensor_json(name):
    return {"class_name": "__keras_tensor__",
            "config": {"shape": [None, None, None], "dtype": "float32", "keras_history": [name, 0, 0]}}


def functional_json(layers, version):
    """layers: a chain; a layer's `mask` names the operation whose output it takes as mask (Keras 3); a layer's `reads`
    names another layer than the one before it."""
    major, listed, before = int(version[0]), [], None
    for layer in layers:
        entry = layer_json(layer, major == 3)
        entry["name"] = layer.name
        reads = layer.reads or before
        if reads is None:
            entry["inbound_nodes"] = []
        elif major == 3:
            keywords = {"mask": tensor_json(layer.mask)} if layer.mask else {}
            entry["inbound_nodes"] = [{"args": [tensor_json(reads), *layer.arguments], "kwargs": keywords}]
        else:
            entry["inbound_nodes"] = [[[reads, 0, 0, {}]]]
        listed.append(entry)
        if not layer.aside:
            before = layer.name
    single = lambda name: [name, 0, 0] if since(version, "3.5") else [[name, 0, 0]]
    return {"class_name": "Functional" if since(version, "2.4") else "Model",
            "config": {"name": "model", "layers": listed, "input_layers": single(layers[0].name),
                       "output_layers": single(before)}}


def write_named(group, layers, version):
    """Each layer under its name: Keras' .h5, whole or with the weights alone."""
    group.attrs["layer_names"] = fixed_or_variable(version, [layer.name for layer in layers])
    for layer in layers:
        part = group.create_group(layer.name)
        cell = f"/{layer.cell}" if layer.cell and since(version, "2.3") else ""
        prefix = ("sequential/" if version[0] == "3" else "") + layer.name + cell
        suffix = "" if version[0] == "3" else ":0"
        names = [f"{prefix}/{name}{suffix}" for name in layer.weights]
        part.attrs["weight_names"] = fixed_or_variable(version, names)
        for name, array in zip(names, layer.weights.values()):
            part.create_dataset(name, data=array)


def write_h5(path, model, layers, version):
    with h5py.File(path, "w") as file:
        text = json.dumps(model)
        file.attrs["keras_version"] = version if since(version, "2.3") else version.encode()
        file.attrs["backend"] = "tensorflow"
        file.attrs["model_config"] = text if since(version, "2.3") else text.encode()
        write_named(file.create_group("model_weights"), layers, version)


def write_architecture(path, model, version):
    """model.to_json()"""
    keras2 = {"keras_version": version, "backend": "tensorflow"} if version[0] == "2" else {}
    path.write_text(json.dumps(model | keras2))


def write_weights(path, layers, version):
    """model.save_weights()"""
    if path.name.endswith(".weights.h5"):
        path.write_bytes(numbered(layers, version))
        return
    with h5py.File(path, "w") as file:
        file.attrs["keras_version"], file.attrs["backend"] = version, "tensorflow"
        write_named(file, layers, version)


def snake_case(name):
    name = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()


def numbered(layers, version):
    """model.weights.h5, each layer under its class and a number. saving_lib of Keras 2.12 and 2.13 comes upon the
    layers in _layer_checkpoint_dependencies, where those with weights are listed, and counted, twice."""
    weights, used, early = io.BytesIO(), {}, not since(version, "2.14")
    with h5py.File(weights, "w") as file:
        for layer in layers:
            name = snake_case(layer.class_name)
            number = used[name] = used.get(name, -1) + 1
            used[name] += early and bool(layer.weights)
            place = "_layer_checkpoint_dependencies" if early else "layers"
            group = file.create_group(f"{place}/{name}" + (f"_{number}" if number else ""))
            group.create_group("vars").attrs["name"] = layer.name
            if layer.weights and layer.part:
                group = group.create_group(layer.part)
            for i, array in enumerate(layer.weights.values()):
                group.require_group("vars").create_dataset(str(i), data=array)
        file.create_group("vars")
    return weights.getvalue()


def write_archive(path, model, layers, version):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        members = {"metadata.json": json.dumps({"keras_version": version, "date_saved": "2026-01-01@00:00:00"}),
                   "config.json": json.dumps(model), "model.weights.h5": numbered(layers, version)}
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)
