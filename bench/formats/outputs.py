#!/usr/bin/env python3
"""A model with several outputs, streamed in each number format: decibels of each output beside the recorded ones, and
nanoseconds a step with its answer, as a Markdown table. Needs NumPy (Debian: python3-numpy).

usage: outputs.py MODEL INPUTS CONVERTER RUNNEL

Beside MODEL lie its recorded outputs, MODEL.NAME.npy for each output's name. The formats with a range are converted
with and without INPUTS (--calibrate).
"""
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy

VARIANTS = [("f32", False), ("f16", False), ("int8x16", False), ("int8x16", True), ("int8", False), ("int8", True)]


def run(*command):
    return subprocess.run([str(part) for part in command], check=True, capture_output=True, text=True).stdout


def decibels(signal, answer):
    return 10 * numpy.log10(numpy.square(signal).sum() / numpy.square(answer - signal).sum())


def main():
    if len(sys.argv) != 5:
        sys.exit(__doc__)
    model, inputs, converter, runnel = (pathlib.Path(argument) for argument in sys.argv[1:])
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        rows = []
        for number_format, calibrated in VARIANTS:
            run(converter, model, "-o", folder / "m.rnl", "--quantize", number_format,
                *(["--calibrate", inputs] if calibrated else []))
            ports = json.loads(run(runnel, "info", "--json", folder / "m.rnl"))["output"]["ports"]
            run(runnel, "run", folder / "m.rnl", "--input", inputs, "--output", folder / "y.npy")
            y = numpy.load(folder / "y.npy").astype(float)
            cells = []
            for port in ports:
                recorded = numpy.load(f"{model}.{port['name']}.npy").astype(float)
                part = y[..., port["first"]:port["first"] + port["count"]].reshape(recorded.shape)
                cells.append(f"{decibels(recorded, part):.1f}")
            timing = json.loads(run(runnel, "bench", "--json", folder / "m.rnl"))
            cells.append(f"{timing['ns_per_answer']['best_mean']:.0f}")
            rows.append([number_format + (", calibrated" if calibrated else ""), *cells])
        print("| format | " + " | ".join(port["name"] for port in ports) + " | ns a step |")
        print("|---" * (len(ports) + 2) + "|")
        for row in rows:
            print("| " + " | ".join(row) + " |")


if __name__ == "__main__":
    main()
