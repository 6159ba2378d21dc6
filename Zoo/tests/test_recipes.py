"""The conversion recipes on small models made here, as their users call them. Each part needs its libraries
(Zoo/recipes/requirements.txt, Zoo/training/keras/requirements.txt) and says where they are absent."""

import importlib.util
import json
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import numpy as np
import onnx
import onnxruntime

RECIPES = Path(__file__).resolve().parents[1] / "recipes"


def absent(*modules):
    missing = [name for name in modules if importlib.util.find_spec(name) is None]
    return f"{', '.join(missing)} absent, this conversion is not exercised" if missing else None


NO_TORCH, NO_KERAS = absent("torch"), absent("keras", "tensorflow", "tf2onnx")
NO_TRANSFORMERS = absent("torch", "transformers")


def setUpModule():
    for line in filter(None, {NO_TORCH, NO_KERAS, NO_TRANSFORMERS}):
        print(line)


def call(script, *arguments, cwd=None):
    return subprocess.run([sys.executable, RECIPES / script, *map(str, arguments)], capture_output=True,
                          text=True, cwd=cwd)


class Recipes(unittest.TestCase):
    def setUp(self):
        made = tempfile.TemporaryDirectory()
        self.addCleanup(made.cleanup)
        self.folder = Path(made.name)
        self.random = np.random.default_rng(5)

    def values(self, path, name, x):
        return onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"]).run(None, {name: x})[0]

    def refused(self, ended, said):
        self.assertNotEqual(ended.returncode, 0)
        self.assertIn(said, ended.stderr)
        self.assertNotIn("Traceback", ended.stderr)

    @unittest.skipIf(NO_TORCH, NO_TORCH)
    def test_pytorch_checkpoint(self):
        import torch
        (self.folder / "net.py").write_text(
            "from torch import nn\n\n\ndef make(classes):\n"
            "    layers = nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(144, classes)\n"
            "    return nn.Sequential(*layers)\n")
        sys.path.insert(0, str(self.folder))
        self.addCleanup(sys.path.remove, str(self.folder))
        import net
        network = net.make(7)
        torch.save(network.state_dict(), self.folder / "net.pth")
        where = ["--network", "net:make", "--shape", "1,8,8"]
        ended = call("pytorch_to_onnx.py", "net.pth", "net.onnx", *where, "--arguments", '{"classes": 7}',
                     cwd=self.folder)
        self.assertEqual(ended.returncode, 0, ended.stderr)
        x = self.random.normal(size=(3, 1, 8, 8)).astype(np.float32)
        np.testing.assert_allclose(self.values(self.folder / "net.onnx", "input", x),
                                   network(torch.as_tensor(x)).detach().numpy(), atol=1e-5)
        other = call("pytorch_to_onnx.py", "net.pth", "x.onnx", *where, "--arguments", '{"classes": 8}',
                     cwd=self.folder)
        self.refused(other, "net.pth does not fit")
        torch.save(network, self.folder / "whole.pth")
        self.refused(call("pytorch_to_onnx.py", "whole.pth", "x.onnx", *where, "--arguments", '{"classes": 7}',
                          cwd=self.folder), "state_dict")
        self.refused(call("pytorch_to_onnx.py", "absent.pth", "x.onnx", *where, "--arguments", '{"classes": 7}',
                          cwd=self.folder), "absent.pth cannot be read")
        self.refused(call("pytorch_to_onnx.py", "net.pth", "x.onnx", "--network", "net:make", "--shape", "8x8",
                          cwd=self.folder), "C,H,W")
        self.assertFalse((self.folder / "x.onnx").exists())

    @unittest.skipIf(NO_KERAS, NO_KERAS)
    def test_keras_files(self):
        import keras
        model = keras.Sequential([keras.layers.Input((8, 8, 3)), keras.layers.Conv2D(4, 3, activation="relu"),
                                  keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(7, "softmax")])
        x = self.random.normal(size=(3, 8, 8, 3)).astype(np.float32)
        for kind in ("keras", "h5"):
            with self.subTest(kind):
                file, out = self.folder / f"m.{kind}", self.folder / f"{kind}.onnx"
                model.save(file)
                ended = call("keras_to_onnx.py", file, out)
                self.assertEqual(ended.returncode, 0, ended.stderr)
                np.testing.assert_allclose(self.values(out, "input", x), model(x).numpy(), atol=1e-5)
        model.save_weights(self.folder / "only.weights.h5")
        self.refused(call("keras_to_onnx.py", self.folder / "only.weights.h5", self.folder / "no.onnx"),
                     "weights only")
        absent = call("keras_to_onnx.py", self.folder / "absent.keras", self.folder / "no.onnx")
        self.refused(absent, "no such file")

    @unittest.skipIf(NO_TRANSFORMERS, NO_TRANSFORMERS)
    def test_hugging_face_folder(self):
        import torch
        import transformers
        labels = ["angry", "happy", "neutral"]
        configuration = transformers.ViTConfig(
            hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32, image_size=32,
            patch_size=8, num_labels=3, id2label=dict(enumerate(labels)))
        network = transformers.ViTForImageClassification(configuration).eval()
        network.save_pretrained(self.folder / "hf")
        out = self.folder / "onnx"
        self.refused(call("huggingface_to_onnx.py", self.folder / "hf", out),
                     "preprocessor_config.json is absent")
        (self.folder / "hf" / "preprocessor_config.json").write_text(json.dumps(
            {"size": {"height": 32, "width": 32}, "do_normalize": True, "image_mean": [0.5] * 3,
             "image_std": [0.5] * 3}))
        ended = call("huggingface_to_onnx.py", self.folder / "hf", out)
        self.assertEqual(ended.returncode, 0, ended.stderr)
        self.assertIn(", ".join(labels), ended.stdout)
        self.assertEqual(json.loads((out / "config.json").read_text())["id2label"],
                         {str(k): label for k, label in enumerate(labels)})
        self.assertTrue((out / "preprocessor_config.json").exists())
        x = self.random.normal(size=(3, 3, 32, 32)).astype(np.float32)
        with torch.no_grad():
            expected = network(torch.as_tensor(x)).logits.numpy()
        np.testing.assert_allclose(self.values(out / "model.onnx", "pixel_values", x), expected, atol=1e-5)


class Check(unittest.TestCase):
    """`check.py` with a stand-in for the program, which gives what ONNX Runtime gives, plus an error."""

    def setUp(self):
        made = tempfile.TemporaryDirectory()
        self.addCleanup(made.cleanup)
        self.folder = Path(made.name)
        info = onnx.helper.make_tensor_value_info
        node = onnx.helper.make_node("Neg", ["x"], ["y"])
        graph = onnx.helper.make_graph([node], "g", [info("x", 1, ["n", 3])], [info("y", 1, ["n", 3])])
        opset = onnx.helper.make_opsetid("", 17)
        onnx.save(onnx.helper.make_model(graph, opset_imports=[opset], ir_version=8), self.folder / "m.onnx")

    def check(self, error):
        program = self.folder / "program"
        program.write_text(f"#!{sys.executable}\nimport sys, onnx\nfrom onnx import numpy_helper as n\n"
                           "x = n.to_array(onnx.load_tensor(sys.argv[4]))\n"
                           f"open(sys.argv[6] + '/output_0.pb', 'wb').write(\n"
                           f"    n.from_array(-x + x.dtype.type({error})).SerializeToString())\n")
        program.chmod(0o755)
        return call("check.py", self.folder / "m.onnx", "--aviary", program)

    def test_agreement_and_difference(self):
        self.assertEqual(self.check(0).returncode, 0)
        different = self.check(0.01)
        self.assertEqual(different.returncode, 1)
        self.assertIn("DIFFERS", different.stdout)

    def test_an_unknown_name_lists_the_known(self):
        ended = call("check.py", "resnet51")
        self.assertEqual(ended.returncode, 1)
        self.assertIn("resnet50", ended.stderr)


if __name__ == "__main__":
    unittest.main()
