"""Both exporters and the storage as float16 give what the network gives. Needs torch."""

import sys
import tempfile
import unittest
from pathlib import Path

import numpy as np
import onnx
import onnxruntime

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from training.half import store_half  # noqa: E402

try:
    import torch
    from training import export, recipe
    from training.models import build
    ABSENT = None
except ImportError:
    ABSENT = "torch is not installed, the exporters are not exercised (Zoo/training/requirements.txt)"

DYNAMO = None
try:
    import onnxscript  # noqa: F401
except ImportError:
    DYNAMO = "onnxscript is absent, the newer exporter is not exercised (Zoo/training/requirements.txt)"

FAMILIES = ("fer-resnet10", "fer-vgg16", "fer-efficientnet", "fer-vit")


def run(path, x):
    return onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"]).run(None, {"input": x})[0]


@unittest.skipIf(ABSENT, ABSENT)
class Exporters(unittest.TestCase):
    def setUp(self):
        torch.manual_seed(3)
        self.x = np.random.default_rng(3).uniform(-1, 1, (3, 1, 48, 48)).astype(np.float32)

    def network(self, model_id):
        value = recipe.load(model_id)
        network = export.WithSoftmax(build(value.model, 7, value.settings))
        for layer in network.modules():  # statistics other than a fresh layer's, which would hide a fault
            if isinstance(layer, torch.nn.BatchNorm2d):
                layer.running_mean.uniform_(-0.1, 0.1)
                layer.running_var.uniform_(0.5, 1.5)
                layer.weight.data.uniform_(0.5, 1.5)
        return network.eval()

    def check(self, exporter):
        for model_id in FAMILIES:
            with self.subTest(model_id), tempfile.TemporaryDirectory() as folder:
                network, path = self.network(model_id), Path(folder) / "model.onnx"
                export.write(network, torch.zeros(1, 1, 48, 48), path, exporter, "input")
                with torch.no_grad():
                    expected = network(torch.as_tensor(self.x)).numpy()
                np.testing.assert_allclose(run(path, self.x), expected, atol=1e-5)
                self.assertEqual(run(path, self.x[:1]).shape, (1, 7))

    def test_by_tracing(self):
        self.check("trace")

    @unittest.skipIf(DYNAMO, DYNAMO)
    def test_by_torch_export(self):
        self.check("dynamo")


class Half(unittest.TestCase):
    def model(self, largest):
        values = np.random.default_rng(1).normal(size=(64, 64)).astype(np.float32)
        values[0, 0] = largest
        weight = onnx.numpy_helper.from_array(values, "w")
        small = onnx.numpy_helper.from_array(np.float32([0.1]), "b")
        nodes = [onnx.helper.make_node("MatMul", ["input", "w"], ["y"]),
                 onnx.helper.make_node("Add", ["y", "b"], ["z"])]
        info = onnx.helper.make_tensor_value_info
        graph = onnx.helper.make_graph(nodes, "g", [info("input", 1, ["n", 64])], [info("z", 1, ["n", 64])],
                                       [weight, small])
        return onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=8)

    def test_weights_take_half_and_arithmetic_stays(self):
        x = np.random.default_rng(2).normal(size=(2, 64)).astype(np.float32)
        before, after = self.model(1), store_half(self.model(1))
        self.assertLess(after.ByteSize(), 0.6 * before.ByteSize())
        weight = onnx.numpy_helper.to_array(before.graph.initializer[0]).astype(np.float16).astype(np.float32)
        np.testing.assert_allclose(run(after.SerializeToString(), x), x @ weight + np.float32(0.1), rtol=1e-5,
                                   atol=1e-5)

    def test_a_weight_beyond_float16_is_refused(self):
        with self.assertRaisesRegex(ValueError, "w reaches 1e\\+06"):
            store_half(self.model(1e6))


if __name__ == "__main__":
    unittest.main()
