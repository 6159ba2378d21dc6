#!/usr/bin/env python3
"""Compares `aviary run` with ONNX Runtime on seeded random inputs, model by model.

    parity.py MODEL.onnx [...] [--batch 1,3,8] [--aviary .build/release/aviary] [--limit 1e-4]
              [--shape input=1,3,112,112] [--aviary-args "--no-optimize"]

The error is the largest difference over all outputs, divided by the largest magnitude of the output it is in.
A dynamic first axis becomes the batch; other dynamic extents count as --extent unless --shape gives them. Where the
first axis is fixed the model is run once, as it is. Prints one line a case; exit status 1 where one exceeds
the limit. Needs `numpy`, `onnx` and `onnxruntime` (`make peers`).
"""

import argparse
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import numpy_helper

TYPES = {"tensor(float)": np.float32, "tensor(double)": np.float64, "tensor(float16)": np.float16,
         "tensor(int64)": np.int64, "tensor(int32)": np.int32, "tensor(uint8)": np.uint8, "tensor(bool)": np.bool_}


def random_input(rng, description, batch, fixed, extent):
    dtype = TYPES[description.type]
    shape = fixed.get(description.name)
    if shape is None:
        shape = [dim if isinstance(dim, int) else extent for dim in description.shape]
        if shape and not isinstance(description.shape[0], int):
            shape[0] = batch
    if np.issubdtype(dtype, np.floating):
        return rng.standard_normal(shape).astype(dtype)
    return rng.integers(0, 2 if dtype is np.bool_ else 8, shape).astype(dtype)


def error(found, expected):
    if found.shape != expected.shape or found.dtype != expected.dtype:
        return float("inf")
    if expected.size == 0:
        return 0.0
    difference = np.abs(found.astype(np.float64) - expected.astype(np.float64)).max()
    return float(difference / max(np.abs(expected.astype(np.float64)).max(), 1e-30))


def compare(model, batch, arguments, fixed):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    rng = np.random.default_rng(batch)
    feeds = {i.name: random_input(rng, i, batch, fixed, arguments.extent) for i in session.get_inputs()}
    expected = session.run(None, feeds)
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for index, description in enumerate(session.get_inputs()):
            path = Path(folder) / f"input_{index}.pb"
            path.write_bytes(numpy_helper.from_array(feeds[description.name]).SerializeToString())
            paths.append(str(path))
        command = [arguments.aviary, "run", model, "--inputs", *paths, "--output-dir", folder,
                   *shlex.split(arguments.aviary_args)]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            return float("inf"), done.stderr.strip().splitlines()[-1:] or [f"exit status {done.returncode}"]
        errors = []
        for index, value in enumerate(expected):
            proto = onnx.TensorProto.FromString((Path(folder) / f"output_{index}.pb").read_bytes())
            errors.append(error(numpy_helper.to_array(proto), np.asarray(value)))
    return float(np.max(errors)), []


def batches(model, wanted):
    """The batches to run: all that are asked for where the first input's first axis is dynamic, else one."""
    graph = onnx.load(model, load_external_data=False).graph
    constants = {i.name for i in graph.initializer}
    first = next((i for i in graph.input if i.name not in constants), None)
    dims = first.type.tensor_type.shape.dim if first is not None else []
    return wanted if dims and not dims[0].HasField("dim_value") else [1]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="+")
    parser.add_argument("--batch", default="1,3,8")
    parser.add_argument("--aviary", default=".build/release/aviary")
    parser.add_argument("--aviary-args", default="")
    parser.add_argument("--extent", type=int, default=48)
    parser.add_argument("--limit", type=float, default=1e-4)
    parser.add_argument("--shape", action="append", default=[], metavar="NAME=D,D,..")
    arguments = parser.parse_args()
    fixed = {name: [int(d) for d in dims.split(",")]
             for name, dims in (shape.rsplit("=", 1) for shape in arguments.shape)}
    failed = 0
    for model in arguments.models:
        for batch in batches(model, [int(b) for b in arguments.batch.split(",")]):
            worst, why = compare(model, batch, arguments, fixed)
            good = worst <= arguments.limit
            failed += not good
            print(f"{'ok  ' if good else 'FAIL'} {worst:9.2e}  {model}  batch {batch}  {' '.join(why)}", flush=True)
    print(f"{failed} of the cases exceed {arguments.limit:g}" if failed else "all agree")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
