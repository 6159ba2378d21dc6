"""Makes Fixtures/: four tiny models with manifests, a folder of labelled pictures, and what is to be expected.

    python make_fixtures.py        needs onnx, onnxruntime, numpy, pillow, scikit-learn

The classifiers look at a picture's mean brightness. Probabilities in golden.json come from ONNX Runtime, metrics and
the report's text from scikit-learn.
"""

import hashlib
import json
import shutil
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
from onnx import TensorProto, helper, numpy_helper
from PIL import Image
from sklearn import metrics

FIXTURES = Path(__file__).resolve().parent / "Fixtures"
CLASSES = ["bright", "dark", "medium"]
CENTRES = {"bright": 200, "dark": 60, "medium": 130}
SIZE = 8


def model(name, nodes, inputs, outputs, weights, domains=()):
    graph = helper.make_graph(nodes, name, inputs, outputs, [numpy_helper.from_array(v, k) for k, v in weights.items()])
    opsets = [helper.make_opsetid("", 17)] + [helper.make_opsetid(d, 1) for d in domains]
    made = helper.make_model(graph, opset_imports=opsets, ir_version=8, producer_name="fixtures")
    path = FIXTURES / f"{name}.onnx"
    onnx.save(made, path)
    return path


def value(name, dims):
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, dims)


def classifier(name, labels, sharpness, bias, softmax, layout, batch, side=SIZE):
    """Scores -(brightness - centre)^2 * sharpness, expanded so that one Gemm gives them (up to a common term)
    plus `bias` times the position of the label."""
    centres = np.array([CENTRES[c] / 255 for c in labels], np.float32)
    weights = {
        "w": (2 * sharpness * centres)[None, :].astype(np.float32),
        "b": (-sharpness * centres**2 + bias * np.arange(len(labels))).astype(np.float32),
    }
    dims = [batch, 1, side, side] if layout == "NCHW" else [batch, side, side, 1]
    nodes = [
        helper.make_node("Flatten", ["input"], ["flat"], axis=1),
        helper.make_node("ReduceMean", ["flat"], ["mean"], axes=[1], keepdims=1),
        helper.make_node("Gemm", ["mean", "w", "b"], ["logits"]),
    ]
    if softmax:
        nodes.append(helper.make_node("Softmax", ["logits"], ["scores"], axis=1))
    output = "scores" if softmax else "logits"
    path = model(name, nodes, [value("input", dims)], [value(output, [batch, len(labels)])], weights)
    data = path.read_bytes()
    manifest = {
        "schema": 1, "id": name, "name": name, "family": "other", "task": "classification", "license": "Apache-2.0",
        "file": {"path": path.name, "sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)},
        "source": {"framework": "none", "exporter": "make_fixtures.py"},
        "input": {"name": "input", "layout": layout, "width": SIZE, "height": SIZE, "channels": "grey",
                  "resize": None, "crop": None, "scale": 1 / 255, "mean": [0], "std": [1]},
        "output": {"name": output, "kind": "probabilities" if softmax else "logits", "labels": labels},
    }
    (FIXTURES / f"{name}.model.json").write_text(json.dumps(manifest, indent=2) + "\n")
    return path, output


def pictures():
    random = np.random.default_rng(7)
    files = []
    for label in CLASSES:
        folder = FIXTURES / "pictures" / label
        folder.mkdir(parents=True)
        for k in range(9 if label == "dark" else 12):
            level = np.clip(random.normal(CENTRES[label], 32), 0, 255)
            pixels = np.clip(random.normal(level, 20, (SIZE, SIZE)), 0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(folder / f"{k:02}.png")
            files.append((label, folder / f"{k:02}.png"))
    return files


def expectation(path, output, labels, layout, files, batch=None):
    session = ort.InferenceSession(path, providers=["CPUExecutionProvider"])
    x = np.stack([np.asarray(Image.open(f), np.float32)[None] / 255 for _, f in files])
    if layout == "NHWC":
        x = x.transpose(0, 2, 3, 1)
    step = batch or len(x)
    scores = np.concatenate([session.run([output], {"input": x[i:i + step]})[0] for i in range(0, len(x), step)])
    scores = scores.astype(np.float64)
    if output == "logits":
        scores = np.exp(scores - scores.max(1, keepdims=True))
    scores /= scores.sum(1, keepdims=True)
    # In the order of the data's classes.
    scores = scores[:, [labels.index(c) for c in CLASSES]]
    truth = np.array([CLASSES.index(label) for label, _ in files])
    chosen = scores.argmax(1)
    names = dict(labels=range(len(CLASSES)), target_names=CLASSES)
    return {
        "samples": [f"{label}/{f.name}" for label, f in files],
        "probabilities": scores.tolist(),
        "report": metrics.classification_report(truth, chosen, digits=4, **names),
        "confusion_matrix": metrics.confusion_matrix(truth, chosen).tolist(),
        "metrics": {
            "accuracy": metrics.accuracy_score(truth, chosen),
            "balanced_accuracy": metrics.balanced_accuracy_score(truth, chosen),
            "f1_macro": metrics.f1_score(truth, chosen, average="macro"),
            "cohen_kappa": metrics.cohen_kappa_score(truth, chosen),
            "matthews_corrcoef": metrics.matthews_corrcoef(truth, chosen),
            "top_2_accuracy": metrics.top_k_accuracy_score(truth, scores, k=2),
            "log_loss": metrics.log_loss(truth, scores),
            "roc_auc_ovr_macro": metrics.roc_auc_score(truth, scores, multi_class="ovr"),
        },
    }


def main():
    shutil.rmtree(FIXTURES, ignore_errors=True)
    FIXTURES.mkdir()
    files = pictures()
    golden = {}
    for name, labels, sharpness, bias, softmax, layout, batch in [
        ("softmax", ["dark", "medium", "bright"], 12, 0, True, "NCHW", None),
        ("logits", ["medium", "bright", "dark"], 3, -0.1, False, "NHWC", None),
        ("one-by-one", ["bright", "dark", "medium"], 40, 2, True, "NCHW", 1),
    ]:
        path, output = classifier(name, labels, sharpness, bias, softmax, layout, batch or "batch")
        golden[name] = expectation(path, output, labels, layout, files, batch)
    # Takes pictures of any size; at its own it is like softmax.
    classifier("any-size", ["dark", "medium", "bright"], 12, 0, True, "NCHW", "batch", "side")
    model("unsupported", [
        helper.make_node("Swish", ["input"], ["a"], name="first", domain="com.example"),
        helper.make_node("Relu", ["a"], ["b"], name="second"),
        helper.make_node("Swish", ["b"], ["c"], name="third", domain="com.example"),
        helper.make_node("NoSuchOperator", ["c"], ["output"], name="fourth"),
    ], [value("input", [1, 4])], [value("output", [1, 4])], {}, ["com.example"])
    (FIXTURES / "golden.json").write_text(json.dumps(golden, indent=1) + "\n")
    print(golden["softmax"]["report"], golden["logits"]["report"], golden["one-by-one"]["report"])


if __name__ == "__main__":
    main()
