"""The recipe for MTCNN's files: what it reads, what it refuses, and that it writes what the manifest names."""

import hashlib
import io
import json
import os
import pickle
import struct
import sys
import tempfile
import types
import unittest
from collections import OrderedDict
from pathlib import Path
from unittest import mock

import numpy as np
import onnx
import onnxruntime
from onnx import numpy_helper

ZOO = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ZOO / "recipes"))
import face_detectors  # noqa: E402

SHARED = Path(os.environ.get("AVIARY_SHARED", ZOO.parents[1] / "shared")) / "models" / "face"
# What the exporter called the parameters whose shape it changed, by the order of their layers.
SLOPES = {"pnet": "123", "rnet": "123", "onet": "1234"}


def weights_of(path, name):
    """The weights of another export under the names of the checkpoint."""
    state, slopes = {}, []
    for tensor in onnx.load(path).graph.initializer:
        values = numpy_helper.to_array(tensor)
        if tensor.name.startswith("onnx::PRelu"):
            slopes.append((int(tensor.name.split("_")[-1]), values.reshape(-1)))
        else:
            state[tensor.name] = values
    for number, (_, values) in zip(SLOPES[name], sorted(slopes, key=lambda slope: slope[0])):
        state[f"prelu{number}.weight"] = values
    return state


class Pointer:
    """Stands for a storage, as torch's pickles refer to it."""

    def __init__(self, key, count):
        self.identifier = ("storage", FloatStorage, key, "cpu", count, None)


FloatStorage = type("FloatStorage", (), {"__module__": "torch"})


def rebuild(*arguments):
    raise AssertionError("the recipe must not run what a file names")


class Pickler(pickle.Pickler):
    def persistent_id(self, value):
        return value.identifier if isinstance(value, Pointer) else None


class Rebuilt:
    def __init__(self, *arguments):
        self.arguments = arguments

    def __reduce__(self):
        return rebuild, self.arguments


def written(entries, storages):
    """A file as torch wrote it before 1.6."""
    rebuild.__module__, rebuild.__qualname__ = "torch._utils", "_rebuild_tensor_v2"
    utils = types.ModuleType("torch._utils")
    utils._rebuild_tensor_v2 = rebuild
    torch = types.ModuleType("torch")
    torch.FloatStorage, torch._utils = FloatStorage, utils
    file = io.BytesIO()
    with mock.patch.dict(sys.modules, {"torch": torch, "torch._utils": utils}):
        for part in (119547037146038801333356, 1001, {"little_endian": True}, entries, list(storages)):
            Pickler(file, 2).dump(part)
    for values in storages.values():
        file.write(struct.pack("<q", values.size) + values.astype("<f4").tobytes())
    file.seek(0)
    return file


class Reader(unittest.TestCase):
    def test_views_of_storages(self):
        values = np.arange(24, dtype=np.float32)
        entries = OrderedDict(
            whole=Rebuilt(Pointer("7", 24), 0, (2, 3, 4), (12, 4, 1), False, OrderedDict()),
            turned=Rebuilt(Pointer("7", 24), 4, (4, 2), (1, 4), False, OrderedDict()))
        state = face_detectors.read_state(written(entries, {"7": values}))
        np.testing.assert_array_equal(state["whole"], values.reshape(2, 3, 4))
        np.testing.assert_array_equal(state["turned"], values[4:12].reshape(2, 4).T)

    def test_refuses_what_is_no_tensor(self):
        for harmful in (os.system, eval, json.loads):
            with self.subTest(harmful), self.assertRaises(pickle.UnpicklingError):
                face_detectors.read_state(written({"a": harmful}, {}))

    def test_refuses_another_wheel(self):
        path = Path(self.enterContext(tempfile.TemporaryDirectory())) / "other.whl"
        path.write_bytes(b"PK")
        with self.assertRaisesRegex(SystemExit, "nothing was written"):
            face_detectors.read_wheel(path)


@unittest.skipUnless(SHARED.exists(), "no shared face models: MTCNN's networks were not compared with other exports")
class Networks(unittest.TestCase):
    def test_numbers_and_bytes(self):
        files = json.loads((ZOO / "face-mtcnn" / "model.json").read_text())["files"]
        for name in face_detectors.CONVOLUTIONS:
            with self.subTest(name):
                other = SHARED / f"mtcnn_{name}.onnx"
                data = face_detectors.network(name, weights_of(other, name)).SerializeToString(deterministic=True)
                self.assertEqual(hashlib.sha256(data).hexdigest(), files[name]["sha256"])
                self.assertEqual(len(data), files[name]["bytes"])
                self.assertLessEqual(face_detectors.largest_difference(data, other.read_bytes(), name), 1e-6)

    def test_interfaces(self):
        for name in face_detectors.CONVOLUTIONS:
            with self.subTest(name):
                other = SHARED / f"mtcnn_{name}.onnx"
                made = face_detectors.network(name, weights_of(other, name)).SerializeToString()
                ours, theirs = map(onnxruntime.InferenceSession, (made, other.read_bytes()))
                self.assertEqual([v.name for v in ours.get_inputs()], [v.name for v in theirs.get_inputs()])
                self.assertEqual({v.name for v in ours.get_outputs()}, {v.name for v in theirs.get_outputs()})


if __name__ == "__main__":
    unittest.main()
