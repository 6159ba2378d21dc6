"""Makes Fixtures/plugins/: models that need the example plugins, and what Pillow makes of pictures.

    python make_plugin_fixtures.py        needs onnx, numpy, pillow

Expected values are computed with numpy from the definitions of the operators, never by a plugin.
"""

import hashlib
import json
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from PIL import Image, ImageOps

FIXTURES = Path(__file__).resolve().parent / "Fixtures" / "plugins"


def value(name, dims):
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, dims)


def save(name, nodes, inputs, outputs, weights, domain):
    graph = helper.make_graph(nodes, name, inputs, outputs, [numpy_helper.from_array(v, k) for k, v in weights.items()])
    opsets = [helper.make_opsetid("", 17)] + ([helper.make_opsetid(domain, 1)] if domain else [])
    path = FIXTURES / f"{name}.onnx"
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=8, producer_name="fixtures"), path)
    return path


def blend(expected):
    """relu(x), blended with a constant and clamped, plus one; the number of rows is open."""
    constant = np.array([[4, -4, 0, 8], [1, 2, 3, 4]], np.float32)
    nodes = [
        helper.make_node("Relu", ["x"], ["r"]),
        helper.make_node("Blend", ["r", "c"], ["b"], domain="org.example", alpha=0.25, limits=[-0.5, 2.5]),
        helper.make_node("Add", ["b", "one"], ["y"]),
    ]
    weights = {"c": constant, "one": np.float32([1])}
    save("blend", nodes, [value("x", [2, 4])], [value("y", [2, 4])], weights, "org.example")
    x = np.array([[-1, 2, 0.5, 3], [1, -2, 5, 0.25]], np.float32)
    blended = np.clip(0.75 * np.maximum(x, 0) + 0.25 * constant, -0.5, 2.5)
    expected["blend"] = {"x": x.ravel().tolist(), "y": (blended + 1).ravel().tolist()}


def distance(expected):
    """For each point, the distances to three others and the smallest one."""
    others = np.array([[0, 0], [3, 4], [-6, 8]], np.float32)
    x = np.array([[0, 0], [6, 8], [1, 1], [-6, 0]], np.float32)
    for name, attributes in (("distance", {}), ("distance_l1", {"p": 1})):
        nodes = [
            helper.make_node("PairwiseDistance", ["x", "b"], ["d"], domain="com.example", **attributes),
            helper.make_node("ReduceMin", ["d"], ["least"], axes=[1], keepdims=0),
        ]
        outputs = [value("d", ["n", 3]), value("least", ["n"])]
        save(name, nodes, [value("x", ["n", 2])], outputs, {"b": others}, "com.example")
        difference = x[:, None, :].astype(np.float64) - others[None]
        d = np.abs(difference).sum(2) if attributes else np.sqrt((difference**2).sum(2))
        expected[name] = {"x": x.ravel().tolist(), "d": d.ravel().tolist(), "least": d.min(1).tolist()}


def stripes():
    """Tells horizontal stripes from vertical ones by the mean change along each axis; its contract asks for the
    step `example-threshold`."""
    weights = {
        "vertical": np.array([[[[1], [-1]]]], np.float32), "horizontal": np.array([[[[1, -1]]]], np.float32),
    }
    nodes = [
        helper.make_node("Conv", ["input", "vertical"], ["dv"]), helper.make_node("Abs", ["dv"], ["av"]),
        helper.make_node("Conv", ["input", "horizontal"], ["dh"]), helper.make_node("Abs", ["dh"], ["ah"]),
        helper.make_node("GlobalAveragePool", ["av"], ["mv"]), helper.make_node("GlobalAveragePool", ["ah"], ["mh"]),
        helper.make_node("Concat", ["mv", "mh"], ["both"], axis=1), helper.make_node("Flatten", ["both"], ["logits"]),
    ]
    path = save("stripes", nodes, [value("input", ["n", 1, 16, 16])], [value("logits", ["n", 2])], weights, None)
    data = path.read_bytes()
    manifest = {
        "schema": 1, "id": "stripes", "name": "stripes", "family": "other", "task": "classification",
        "license": "Apache-2.0",
        "file": {"path": path.name, "sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)},
        "source": {"framework": "none", "exporter": "onnx.helper"},
        "input": {
            "name": "input", "layout": "NCHW", "width": 16, "height": 16, "channels": "grey",
            "steps": [{"name": "example-threshold", "parameters": {"level": 100}}], "resize": None, "crop": None,
            "scale": 1 / 255, "mean": [0], "std": [1],
        },
        "output": {"name": "logits", "kind": "logits", "labels": ["horizontal", "vertical"]},
    }
    (FIXTURES / "stripes.model.json").write_text(json.dumps(manifest, indent=2) + "\n")


def pictures(expected):
    """Pillow's equalisation of pictures whose histograms have gaps, steps and a single value."""
    random = np.random.default_rng(5)
    cases = [
        np.clip(random.normal(90, 25, (23, 31)), 0, 255), random.integers(100, 120, (40, 40, 3)),
        np.full((9, 7), 77), np.minimum(random.integers(0, 512, (64, 48, 3)), 255), random.integers(0, 2, (16, 16)) * 200,
    ]
    expected["equalize"] = []
    for case in cases:
        picture = Image.fromarray(case.astype(np.uint8))
        expected["equalize"].append({
            "width": picture.width, "height": picture.height, "channels": len(picture.getbands()),
            "input": np.asarray(picture).ravel().tolist(),
            "output": np.asarray(ImageOps.equalize(picture)).ravel().tolist(),
        })


def main():
    FIXTURES.mkdir(parents=True, exist_ok=True)
    expected = {}
    blend(expected)
    distance(expected)
    stripes()
    pictures(expected)
    (FIXTURES / "expected.json").write_text(json.dumps(expected) + "\n")


if __name__ == "__main__":
    main()
