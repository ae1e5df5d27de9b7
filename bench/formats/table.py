#!/usr/bin/env python3
"""What each number format costs real models, as a Markdown table: decibels of the output beside the float32 model's
over the given data, and the change of accuracy in points where there are labels.

usage: table.py DATA CONVERTER [OLDER_CONVERTER]

DATA: the folder with keras/ and imdb/. With OLDER_CONVERTER a cell whose figures differ has that of the older one
before that of CONVERTER.
"""
import json
import pathlib
import subprocess
import sys
import tempfile

FORMATS = ["f16", "int8", "int8x16", "fixed", "fixed8"]


def models(data):
    """(model, calibration input, targets or None) of each real model."""
    keras, imdb = data / "keras", data / "imdb"
    for name in ["turbofan/regression_model.h5", "precise/hey-mycroft.net", "pos_tagger/gru_model.h5",
                 "rnnoise/weights.hdf5"]:
        yield keras / name, keras / (name + ".x.npy"), None
    for folder in ["tutorial_h5", "tutorial_keras3"]:
        for model in sorted(path for path in (keras / folder).iterdir() if path.suffix in (".h5", ".keras")):
            words = 200 if folder == "tutorial_keras3" and "simplernn" in model.name else 500
            yield model, imdb / f"val_tokens_vocab{words}_len100.npy", imdb / "val_labels.npy"


def report(converter, folder, model, inputs, targets, number_format):
    """The JSON report of one conversion; None: the converter refuses it."""
    out = folder / "report.json"
    command = [converter, model, "-o", folder / "m.rnl", "--quantize", number_format, "--calibrate", inputs,
               "--report", out] + (["--targets", targets] if targets else [])
    if subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode != 0:
        return None
    return json.loads(out.read_text())


def decibels(made):
    if made is None:
        return "refused"
    snr = made["output"]["snr_db"]
    return "exact" if snr is None else f"{snr:.1f}"


def points(made):
    before, after = made["before"]["accuracy"], made["after"]["accuracy"]
    return "" if before is None else f" ({100 * (after - before):+.2f})"


def main():
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    data, converters = pathlib.Path(sys.argv[1]), list(reversed(sys.argv[2:]))
    print("| model | " + " | ".join(FORMATS) + " |")
    print("|---" * (len(FORMATS) + 1) + "|")
    with tempfile.TemporaryDirectory() as folder:
        for model, inputs, targets in models(data):
            cells = []
            for number_format in FORMATS:
                made = [report(c, pathlib.Path(folder), model, inputs, targets, number_format) for c in converters]
                figures = dict.fromkeys(decibels(m) for m in made)  # one where both are the same
                cells.append(" to ".join(figures) + (points(made[-1]) if made[-1] else ""))
            print(f"| {model.parent.name}/{model.name} | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
