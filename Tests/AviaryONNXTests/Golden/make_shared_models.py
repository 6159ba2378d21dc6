#!/usr/bin/env python3
"""Describes the shared models as the `onnx` package reads them.

Usage: make_shared_models.py SHARED_FOLDER > shared-models.json
"""
import collections
import json
import pathlib
import sys

import numpy as np
import onnx
from onnx import TensorProto, numpy_helper


def checksum(tensor):
    """Sum of byte times (position mod 65521 + 1), modulo 2**64, over the bytes as in raw_data."""
    raw = np.frombuffer(numpy_helper.from_array(numpy_helper.to_array(tensor)).raw_data, np.uint8)
    weights = np.arange(len(raw), dtype=np.uint64) % 65521 + 1
    return str(int((raw.astype(np.uint64) * weights).sum(dtype=np.uint64)))


def describe(path):
    model = onnx.load(path)
    graph = model.graph
    initializers = {
        t.name: [TensorProto.DataType.Name(t.data_type).lower(), list(t.dims), checksum(t)]
        for t in graph.initializer
    }
    return {
        "ir_version": model.ir_version,
        "inputs": [i.name for i in graph.input if i.name not in initializers],
        "defaulted": [i.name for i in graph.input if i.name in initializers],
        "outputs": [o.name for o in graph.output],
        "operators": collections.Counter(n.op_type for n in graph.node),
        "attributes": sum(len(n.attribute) for n in graph.node),
        "initializers": {n: f"{t} {d} {c}" for n, (t, d, c) in initializers.items()},
    }


root = pathlib.Path(sys.argv[1])
models = {str(p.relative_to(root)): describe(p) for p in sorted((root / "models").rglob("*.onnx"))}
json.dump(models, sys.stdout, indent=1, sort_keys=True)
print()
