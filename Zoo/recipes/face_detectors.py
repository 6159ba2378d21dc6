#!/usr/bin/env python3
"""Makes the files of face detectors that no address serves as ONNX.

    python recipes/face_detectors.py mtcnn                  # into Zoo/face-mtcnn
    python recipes/face_detectors.py mtcnn --wheel FILE     # with the wheel that is here already
    python recipes/face_detectors.py mtcnn --check DIR      # and beside other exports of the three networks

MTCNN's weights (Zhang et al. 2016) come from the wheel of the PyPI package facenet-pytorch, under the MIT licence. pip
fetches it, its hash is checked, and nothing of it is run or installed: the weights are read by a reader that knows
tensors and nothing else. The networks are written node by node, so that the bytes are the same everywhere and the
manifest can name their hash. Needs numpy and onnx; --check needs onnxruntime.
"""

import argparse
import hashlib
import io
import json
import pickle
import struct
import subprocess
import sys
import tempfile
import zipfile
from collections import OrderedDict
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

ZOO = Path(__file__).resolve().parents[1]
PACKAGE, VERSION = "facenet-pytorch", "2.6.0"
WHEEL_SHA256 = "ecb82b27beb226d106f2219efe8f829b01b87a8595badd01545679bdb9f19cca"

# Layers of each network: a convolution with its kernel, and the window of the max pool behind it (stride 2).
CONVOLUTIONS = {
    "pnet": [("1", 2), ("2", None), ("3", None)],
    "rnet": [("1", 3), ("2", 3), ("3", None)],
    "onet": [("1", 3), ("2", 3), ("3", 2), ("4", None)],
}
DENSE = {"rnet": "4", "onet": "5"}
# Output name -> layer; softmax stands behind `prob`.
HEADS = {
    "pnet": {"reg": "conv4_2", "prob": "conv4_1"},
    "rnet": {"reg": "dense5_2", "prob": "dense5_1"},
    "onet": {"reg": "dense6_2", "landmarks": "dense6_3", "prob": "dense6_1"},
}
SIDES = {"pnet": ("h", "w"), "rnet": (24, 24), "onet": (48, 48)}
WIDTHS = {"reg": 4, "landmarks": 10, "prob": 2}


def fetch(folder):
    """The wheel, by pip."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--disable-pip-version-check",
               "--dest", str(folder), f"{PACKAGE}=={VERSION}"]
    try:
        subprocess.run(command, check=True)
    except subprocess.CalledProcessError:
        sys.exit(f"{PACKAGE} {VERSION} could not be fetched; give a wheel that is here already with --wheel")
    return next(folder.glob("*.whl"))


def read_wheel(path):
    data = Path(path).read_bytes()
    found = hashlib.sha256(data).hexdigest()
    if found != WHEEL_SHA256:
        sys.exit(f"{path}: has sha256 {found}, {PACKAGE} {VERSION} has {WHEEL_SHA256}; nothing was written")
    return zipfile.ZipFile(io.BytesIO(data))


class Tensors(pickle.Unpickler):
    """Reads a state dictionary as torch wrote it before 1.6; refuses every other object."""

    KNOWN = {
        ("collections", "OrderedDict"): OrderedDict,
        ("torch", "FloatStorage"): np.dtype("<f4"),
        ("torch._utils", "_rebuild_tensor_v2"): lambda *arguments: arguments[:4],
    }

    def find_class(self, module, name):
        if (module, name) not in self.KNOWN:
            raise pickle.UnpicklingError(f"{module}.{name} has no place in a file of weights")
        return self.KNOWN[module, name]

    def persistent_load(self, identifier):
        kind, dtype, key, _, count, *_ = identifier
        if kind != "storage":
            raise pickle.UnpicklingError(f"unknown reference {kind}")
        return key, dtype, count


def read_state(file):
    """Name -> array. The format: magic, version, system, dictionary, keys of storages; then count and bytes of each."""
    for _ in range(3):
        Tensors(file).load()
    entries, keys = Tensors(file).load(), Tensors(file).load()
    kinds = {key: dtype for (key, dtype, _), *_ in entries.values()}
    storages = {}
    for key in keys:
        (count,) = struct.unpack("<q", file.read(8))
        storages[key] = np.frombuffer(file.read(count * kinds[key].itemsize), kinds[key])
    state = {}
    for name, ((key, _, _), offset, shape, strides) in entries.items():
        values = storages[key][offset:]
        state[name] = np.ascontiguousarray(
            np.lib.stride_tricks.as_strided(values, shape, [s * values.itemsize for s in strides]))
    return state


def network(name, state):
    """The ONNX model of one of the three networks."""
    nodes, weights = [], []

    def add(kind, inputs, output, **attributes):
        nodes.append(helper.make_node(kind, inputs, [output], name=output, **attributes))
        return output

    def weight(key, shape=None):
        values = state[key] if shape is None else state[key].reshape(shape)
        weights.append(numpy_helper.from_array(np.ascontiguousarray(values), key))
        return key

    def layer(kind, value, key, output, **attributes):
        return add(kind, [value, weight(f"{key}.weight"), weight(f"{key}.bias")], output, **attributes)

    value = "input"
    for number, window in CONVOLUTIONS[name]:
        value = layer("Conv", value, f"conv{number}", f"conv{number}")
        value = add("PRelu", [value, weight(f"prelu{number}.weight", (-1, 1, 1))], f"prelu{number}")
        if window:
            value = add("MaxPool", [value], f"pool{number}", kernel_shape=[window, window], strides=[2, 2], ceil_mode=1)
    dense = DENSE.get(name)
    if dense:
        # The weights were trained on maps stored column by column.
        value = add("Transpose", [value], "columns", perm=[0, 3, 2, 1])
        value = add("Flatten", [value], "flat", axis=1)
        value = layer("Gemm", value, f"dense{dense}", f"dense{dense}", transB=1)
        value = add("PRelu", [value, weight(f"prelu{dense}.weight")], f"prelu{dense}")
    for output, key in HEADS[name].items():
        target = f"{output}_logits" if output == "prob" else output
        made = layer("Gemm", value, key, target, transB=1) if dense else layer("Conv", value, key, target)
        if output == "prob":
            add("Softmax", [made], output, axis=1)

    def declare(value, sides):
        return helper.make_tensor_value_info(value, TensorProto.FLOAT, ["batch", *sides])

    maps = () if dense else ("map_h", "map_w")
    graph = helper.make_graph(
        nodes, f"mtcnn_{name}", [declare("input", (3, *SIDES[name]))],
        [declare(output, (WIDTHS[output], *maps)) for output in HEADS[name]], weights)
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8, producer_name="aviary-zoo")
    onnx.checker.check_model(model, full_check=True)
    return model


def largest_difference(data, other, name):
    """Between two files of one network, by ONNX Runtime on random pictures; outputs are matched by name."""
    import onnxruntime

    ours, theirs = (onnxruntime.InferenceSession(d, providers=["CPUExecutionProvider"]) for d in (data, other))
    worst = 0.0
    for seed in range(3):
        sides = (61 + 10 * seed, 47) if name == "pnet" else SIDES[name]
        picture = np.random.default_rng(seed).uniform(-1, 1, (2, 3, *sides)).astype(np.float32)
        names = [value.name for value in ours.get_outputs()]
        pairs = zip(*(s.run(names, {"input": picture}) for s in (ours, theirs)))
        worst = max(worst, *(float(np.abs(a - b).max()) for a, b in pairs))
    return worst


def mtcnn(arguments):
    target = arguments.zoo / "face-mtcnn"
    manifest = json.loads((target / "model.json").read_text()) if (target / "model.json").exists() else None
    with tempfile.TemporaryDirectory() as folder:
        wheel = read_wheel(arguments.wheel or fetch(Path(folder)))
    made = {}
    for name in CONVOLUTIONS:
        state = read_state(io.BytesIO(wheel.read(f"facenet_pytorch/data/{name}.pt")))
        made[name] = network(name, state).SerializeToString(deterministic=True)
    failed = False
    for name, data in made.items():
        sha256 = hashlib.sha256(data).hexdigest()
        line = f"{name}.onnx  {len(data)} bytes  sha256 {sha256}"
        if manifest and manifest["files"][name]["sha256"] != sha256:
            line, failed = f"{line}: not what {target / 'model.json'} says", True
        if arguments.check:
            others = [path for path in arguments.check.glob(f"*{name}*.onnx")]
            if not others:
                sys.exit(f"{arguments.check}: holds no file *{name}*.onnx to compare with")
            worst = largest_difference(data, others[0].read_bytes(), name)
            line, failed = f"{line}  largest difference from {others[0].name} {worst:.2g}", failed or worst > 1e-5
        print(line)
    if failed:
        sys.exit("nothing was written")
    target.mkdir(exist_ok=True)
    for name, data in made.items():
        (target / f"{name}.onnx").write_bytes(data)
    print(f"written to {target}")


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("detector", choices=["mtcnn"])
    parser.add_argument("--zoo", type=Path, default=ZOO, help="the zoo's folder")
    parser.add_argument("--wheel", type=Path, help=f"the wheel of {PACKAGE} {VERSION}; by default pip fetches it")
    parser.add_argument("--check", type=Path, metavar="DIR",
                        help="folder with other exports of the networks, called *pnet*.onnx and so on")
    mtcnn(parser.parse_args())


if __name__ == "__main__":
    main()
