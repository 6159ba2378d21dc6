#!/usr/bin/env python3
"""Compares the speed of single operators with ONNX Runtime: one model an operator and shape.

    bench_operators.py [--filter REGEX] [--rounds 5] [--threads 1,2] [--models FOLDER] [--readme FILE]

Models are made anew (seeded weights) in FOLDER, .cache/bench-operators by default. How engines alternate, what is
shown and what --json and --readme do is `bench.py`'s; this script only brings the models. A ratio above 1 says
that aviary is faster.
"""

import argparse
import json
import re
import sys
from pathlib import Path

import bench
import numpy as np
import onnx
from onnx import helper, numpy_helper

F = np.float32
rng = np.random.default_rng(5)


def normal(*shape, scale=0.1, dtype=F):
    return (rng.standard_normal(shape) * scale).astype(dtype)


def some(*shape, dtype=np.int8):
    info = np.iinfo(dtype)
    return rng.integers(info.min, info.max + 1, shape).astype(dtype)


class Cases:
    """Models by name: the operator first, then what is particular."""

    def __init__(self):
        self.models = {}

    def add(self, name, op, inputs, outputs=1, opset=17, **attributes):
        """`inputs`: arrays are weights, (shape, dtype) is fed, None is absent."""
        names, infos, weights = [], [], []
        for index, value in enumerate(inputs):
            names.append("" if value is None else f"i{index}")
            if isinstance(value, tuple):
                shape, dtype = value
                infos.append(helper.make_tensor_value_info(names[-1], helper.np_dtype_to_tensor_dtype(np.dtype(dtype)), shape))
            elif value is not None:
                weights.append(numpy_helper.from_array(np.asarray(value), names[-1]))
        wanted = [f"o{index}" for index in range(outputs)]
        node = helper.make_node(op, names, wanted, **attributes)
        graph = helper.make_graph([node], name, infos, [helper.make_empty_tensor_value_info(o) for o in wanted], weights)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=9)
        self.models[name] = onnx.shape_inference.infer_shapes(model)


def build():
    cases = Cases()
    add = cases.add
    image = ((1, 64, 56, 56), F)
    # Recurrent: short and long sequences, one and many at a time.
    for op, gates in [("LSTM", 4), ("GRU", 3), ("RNN", 1)]:
        outputs = 3 if op == "LSTM" else 2
        for steps, batch, size, hidden, directions in [(50, 1, 64, 128, 1), (30, 1, 256, 256, 2), (30, 32, 128, 128, 1), (20, 8, 256, 256, 2)]:
            extra = {"linear_before_reset": 1} if op == "GRU" else {}
            add(f"{op} {steps}x{batch}x{size}, {hidden} units{', 2 directions' if directions == 2 else ''}", op,
                [((steps, batch, size), F), normal(directions, gates * hidden, size), normal(directions, gates * hidden, hidden),
                 normal(directions, 2 * gates * hidden)], outputs, hidden_size=hidden,
                direction="bidirectional" if directions == 2 else "forward", **extra)
    add("GRU 30x1x128, 128 units, reset first", "GRU", [((30, 1, 128), F), normal(1, 384, 128), normal(1, 384, 128), normal(1, 768)], 2, hidden_size=128)
    # Softmax and normalisation.
    for rows, length in [(197 * 12, 197), (1, 1000), (64, 4096), (4096, 7)]:
        add(f"Softmax {rows}x{length}", "Softmax", [((rows, length), F)], axis=-1)
    add("Softmax 1x21x64x64, axis 1", "Softmax", [((1, 21, 64, 64), F)], axis=1)
    for rows, length in [(197, 768), (1, 512), (2048, 256)]:
        add(f"LayerNormalization {rows}x{length}", "LayerNormalization", [((rows, length), F), normal(length), normal(length)], axis=-1)
    # Resize.
    add("Resize nearest, 64x56x56 twice", "Resize", [image, None, np.array([1, 1, 2, 2], F)], mode="nearest")
    add("Resize linear, 64x56x56 twice", "Resize", [image, None, np.array([1, 1, 2, 2], F)], mode="linear")
    add("Resize linear, 3x480x640 to 224x224", "Resize", [((1, 3, 480, 640), F), None, None, np.array([1, 3, 224, 224])], mode="linear")
    add("Resize cubic, 3x224x224 to 300x300", "Resize", [((1, 3, 224, 224), F), None, None, np.array([1, 3, 300, 300])], mode="cubic")
    # Moving data.
    for name, shape, perm in [("NCHW to NHWC", (1, 64, 56, 56), [0, 2, 3, 1]), ("NHWC to NCHW", (1, 56, 56, 64), [0, 3, 1, 2]),
                              ("heads", (1, 197, 12, 64), [0, 2, 1, 3]), ("a matrix", (1024, 1024), [1, 0]),
                              ("five axes", (8, 16, 4, 32, 8), [2, 0, 4, 1, 3])]:
        add(f"Transpose {'x'.join(map(str, shape))}, {name}", "Transpose", [(shape, F)], perm=perm)
    add("Concat of 4 x 1x64x56x56, axis 1", "Concat", [image] * 4, axis=1)
    add("Concat of 3 x 4096x16, axis 1", "Concat", [((4096, 16), F)] * 3, axis=1)
    add("Gather 512 rows of 30000x128", "Gather",
        [((30000, 128), F), rng.integers(0, 30000, 512)], axis=0)
    add("Gather 64 of axis 1, 256x1024x16", "Gather", [((256, 1024, 16), F), rng.integers(0, 1024, 64)], axis=1)
    # Reductions.
    for op in ["ReduceMean", "ReduceSum", "ReduceMax"]:
        for axes in [[2, 3], [1], [0, 1, 2, 3]]:
            values = [((8, 64, 28, 28), F)]
            attributes = {"axes": axes} if op != "ReduceSum" else {}
            add(f"{op} 8x64x28x28, axes {','.join(map(str, axes))}", op, values + ([np.array(axes)] if op == "ReduceSum" else []), opset=17, **attributes)
    # Elementwise with broadcasting.
    for name, a, b in [("same shape", (8, 64, 56, 56), (8, 64, 56, 56)), ("a channel", (8, 64, 56, 56), (64, 1, 1)),
                       ("a row", (1576, 768), (768,)), ("outer", (1024, 1), (1, 1024)), ("a number", (1576, 768), ())]:
        add(f"Add {'x'.join(map(str, a))} and {name}", "Add", [(a, F), (b, F)])
    for op in ["Mul", "Sigmoid", "Exp", "Erf", "Relu", "Tanh"]:
        add(f"{op} 1576x768", op, [((1576, 768), F)] * (2 if op == "Mul" else 1))
    # Quantised.
    for shape, weights, pads, strides in [((1, 64, 56, 56), (64, 64, 3, 3), 1, 1), ((1, 256, 14, 14), (256, 256, 3, 3), 1, 1),
                                          ((1, 64, 56, 56), (256, 64, 1, 1), 0, 1), ((1, 3, 224, 224), (64, 3, 7, 7), 3, 2)]:
        channels = weights[0]
        text = f"{'x'.join(map(str, shape[1:]))}, {channels} of {weights[2]}x{weights[3]}"
        add(f"QLinearConv {text}", "QLinearConv",
            [(shape, np.uint8), F(0.02), np.uint8(128), some(*weights), normal(channels, scale=0) + F(0.01), np.zeros(channels, np.int8),
             F(0.5), np.uint8(128), some(channels, dtype=np.int16).astype(np.int32)], pads=[pads] * 4, strides=[strides] * 2)
        if weights[2] == 3:
            add(f"ConvInteger {text}", "ConvInteger", [(shape, np.uint8), some(*weights), np.uint8(128)], pads=[pads] * 4, strides=[strides] * 2)
    add("QLinearConv 144x56x56, depthwise 3x3", "QLinearConv",
        [((1, 144, 56, 56), np.uint8), F(0.02), np.uint8(128), some(144, 1, 3, 3), normal(144, scale=0) + F(0.01), np.zeros(144, np.int8),
         F(0.5), np.uint8(128)], pads=[1] * 4, group=144)
    for m, k, n in [(197, 768, 768), (1, 768, 768), (512, 64, 512)]:
        add(f"MatMulInteger {m}x{k}x{n}", "MatMulInteger", [((m, k), np.uint8), some(k, n), np.uint8(128)])
        add(f"QLinearMatMul {m}x{k}x{n}", "QLinearMatMul",
            [((m, k), np.uint8), F(0.02), np.uint8(128), some(k, n), F(0.01), np.int8(0), F(0.5), np.uint8(128)])
    return cases.models


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--filter", default="", help="only operators whose name this matches")
    parser.add_argument("--aviary", default=".build/release/aviary")
    parser.add_argument("--threads", default="1,2")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=0.3, help="of timed runs in a peer's process")
    parser.add_argument("--models", type=Path, default=Path(__file__).resolve().parents[2] / ".cache" / "bench-operators")
    parser.add_argument("--json", metavar="OUT")
    parser.add_argument("--readme", metavar="FILE")
    arguments = parser.parse_args()
    arguments.peers, arguments.precision = ["onnxruntime"], "fp32"
    arguments.models.mkdir(parents=True, exist_ok=True)
    rows = []
    for number, (name, model) in enumerate(build().items()):
        if not re.search(arguments.filter, name):
            continue
        path = arguments.models / f"{number:02}.onnx"
        onnx.save(model, path)
        row = {"model": name}
        for threads in arguments.threads.split(","):
            found = bench.measure(bench.Case(str(path), 1, int(threads)), arguments)
            row[threads] = found
            told = bench.ratio(found["onnxruntime"]["median_ratio"]) if "onnxruntime" in found else "-"
            print(f"{name:52} threads {threads}  {found['aviary']['median_ms']:9.4f} ms  {told}", file=sys.stderr, flush=True)
        rows.append(row)
    text = section(rows, arguments)
    print(text)
    if arguments.json:
        Path(arguments.json).write_text(json.dumps({"processor": bench.processor(), "rows": rows}, indent=1) + "\n")
    if arguments.readme:
        bench.write_section(arguments.readme, text)
    return 0


def section(rows, arguments):
    threads = arguments.threads.split(",")
    versions = {r[t]["onnxruntime"]["version"] for r in rows for t in threads if "onnxruntime" in r[t]}
    head = ["operator"]
    for count in threads:
        word = "thread" if count == "1" else "threads"
        head += [f"{count} {word}: aviary ms", "ONNX Runtime ms", "ratio"]
    lines = ["| " + " | ".join(head) + " |", "|---|" + "--:|" * (len(head) - 1)]
    for row in rows:
        cells = [row["model"]]
        for count in threads:
            found = row[count]
            cells.append(bench.number(found["aviary"]["median_ms"]))
            peer = found.get("onnxruntime")
            cells += [bench.number(peer["median_ms"]), bench.ratio(peer["median_ratio"])] if peer else ["-", "-"]
        lines.append("| " + " | ".join(cells) + " |")
    return (f"{bench.processor()}; ONNX Runtime {', '.join(sorted(versions))}; medians of {arguments.rounds} rounds. A ratio is "
            "ONNX Runtime's time divided by aviary's: median (min..max).\n\n" + "\n".join(lines))


if __name__ == "__main__":
    sys.exit(main())
