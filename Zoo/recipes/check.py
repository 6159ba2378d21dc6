#!/usr/bin/env python3
"""Loads a network in Aviary and compares what it gives with ONNX Runtime, on random input.

    check.py NAME|FILE.onnx [--aviary FILE] [--weights FILE] [--exporter trace|dynamo] [--batch N]

NAME is one of export_reference.py, which is exported first. The input is once normalised pixels and once pixels of
0 to 255, because some networks scale them themselves. Exits 1 where the outputs differ by more than 1e-4 of the
largest value.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import numpy_helper

from reference_networks import KERAS, NETWORKS, ZOO

TOLERANCE = 1e-4


def random_inputs(session, batch):
    """Values as normalised pixels have them, and pixels; a free first dimension becomes `batch`."""
    value = session.get_inputs()[0]
    first, *rest = value.shape
    if not all(isinstance(size, int) for size in rest):
        sys.exit(f"input {value.name} has the shape {value.shape}; sizes must be fixed but for the batch")
    shape = [first if isinstance(first, int) else batch, *rest]
    random = np.random.default_rng(7)
    return [random.normal(size=shape).astype(np.float32), random.uniform(0, 255, shape).astype(np.float32)]


def run_aviary(program, model, x, folder):
    """The first output of `aviary run`."""
    given = folder / "input_0.pb"
    given.write_bytes(numpy_helper.from_array(x).SerializeToString())
    ended = subprocess.run([program, "run", str(model), "--inputs", str(given), "--output-dir", str(folder)],
                           capture_output=True, text=True)
    if ended.returncode:
        sys.exit(f"aviary run failed with {ended.returncode}: {(ended.stderr or ended.stdout).strip()}")
    return numpy_helper.to_array(onnx.load_tensor(folder / "output_0.pb"))


def compare(program, model, batch, folder):
    """(largest difference, largest value, shape) where the difference is largest for its values."""
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    results = []
    for x in random_inputs(session, batch):
        expected = session.run(None, {session.get_inputs()[0].name: x})[0]
        found = run_aviary(program, model, x, folder)
        if found.shape != expected.shape:
            sys.exit(f"shape {list(found.shape)}, ONNX Runtime gives {list(expected.shape)}")
        results.append((float(np.abs(found - expected).max()), float(np.abs(expected).max()), list(expected.shape)))
    return max(results, key=lambda result: result[0] / max(1, result[1]))


def main():
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("model", metavar="NAME|FILE.onnx")
    arguments.add_argument("--aviary", default=ZOO.parent / ".build" / "release" / "aviary")
    arguments.add_argument("--weights", type=Path)
    arguments.add_argument("--exporter", choices=("trace", "dynamo"), default="trace")
    arguments.add_argument("--batch", type=int, default=2)
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path, folder = Path(options.model), Path(folder)
        if options.model in NETWORKS or options.model in KERAS:
            from export_reference import export
            path = folder / "model.onnx"
            export(options.model, path, options.weights, options.exporter)
        elif not path.exists():
            sys.exit(f"{path} is no file, and no name of: {', '.join([*NETWORKS, *KERAS])}")
        difference, largest, shape = compare(options.aviary, path, options.batch, folder)
    agrees = difference <= TOLERANCE * max(1, largest)
    print(f"{options.model}: output {shape}, largest value {largest:.4g}, "
          f"largest difference {difference:.2g}: {'agrees' if agrees else 'DIFFERS'}")
    sys.exit(0 if agrees else 1)


if __name__ == "__main__":
    main()
