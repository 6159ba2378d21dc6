#!/usr/bin/env python3
"""Writes what stands beside a model's ONNX file: `model.json` and `golden.json`.

    describe.py MODEL-ID     from recipe.json, model.onnx and the training history

`evaluate.py MODEL-ID --write` then adds the figures, `baseline.json` and `CARD.md`.
"""

import argparse
import hashlib
import json
import re

import numpy as np
import onnx
import onnxruntime

from inference import SAMPLES, ZOO, Model, generate
from training.pixels import LABELS

FAMILIES = {"cnn": "CNN", "cnn_blstm": "other", "keras_cnn": "CNN", "resnet": "ResNet", "faceresnet": "ResNet",
            "efficientnet": "EfficientNet", "vgg": "VGG", "vit": "ViT"}
EXPORTERS = {"trace": "torch.onnx.export (by tracing)", "dynamo": "torch.onnx.export (by torch.export)",
             "tf2onnx": "tf2onnx", "sequence": "training.sequence, around the base's graph"}
GOLDEN_PICTURES_PER_CLASS = 2
GOLDEN_SEEDS = (1, 2)


def write_json(path, value):
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def read_history(model_id):
    """One object per epoch with at least `epoch`, `minutes` and `validation_accuracy`."""
    return json.loads((ZOO / model_id / "history.json").read_text())


def keras_version(model_id):
    return f"Keras {read_history(model_id)[-1]['keras']}"


def build_manifest(model_id):
    name = "sequence.json" if (ZOO / model_id / "sequence.json").exists() else "recipe.json"
    recipe = json.loads((ZOO / model_id / name).read_text())
    path = ZOO / model_id / "model.onnx"
    data, graph = path.read_bytes(), onnx.load(path)
    parameters = sum(int(np.prod(tensor.dims)) for tensor in graph.graph.initializer
                     if tensor.data_type in (onnx.TensorProto.FLOAT, onnx.TensorProto.FLOAT16))
    exporter, producer = recipe.get("exporter", "trace"), graph.producer_version
    return {
        "schema": 1,
        "id": model_id,
        "name": recipe["name"],
        "description": recipe["description"],
        "family": FAMILIES[recipe["model"]],
        "task": "sequence-classification" if recipe["input"]["layout"] == "NTCHW" else "classification",
        "license": "Apache-2.0",
        "file": {"path": path.name, "sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)},
        "source": {
            "framework": keras_version(model_id) if exporter == "tf2onnx" else f"PyTorch {producer}",
            "exporter": EXPORTERS[exporter] + (f" {producer.split()[0]}" if exporter == "tf2onnx" else ""),
            "opset": graph.opset_import[0].version,
            "recipe": name,
            "data": ["FER2013 training set", "drawn faces"],
        },
        "parameters": parameters,
        "input": recipe["input"],
        "output": {"name": graph.graph.output[0].name, "kind": "probabilities", "labels": list(LABELS)},
        "golden": "golden.json",
        "baseline": "baseline.json",
    }


def build_golden(model_id, description):
    """ONNX Runtime's outputs for pictures of the sample set and for generated inputs, one at a time."""
    model, contract, cases = Model(model_id, description), description["input"], []
    for label in LABELS:
        for path in sorted((SAMPLES / label).glob("*.png"))[:GOLDEN_PICTURES_PER_CLASS]:
            cases.append({"image": f"samples/drawn-faces/{label}/{path.name}", "label": label,
                          "values": [float(v) for v in model.classify([path])[0]]})
    channels = 1 if contract["channels"] == "grey" else 3
    sides = [contract["height"], contract["width"]]
    shape = {"NCHW": [1, channels, *sides], "NHWC": [1, *sides, channels],
             "NTCHW": [1, 1, channels, *sides]}[contract["layout"]]
    for seed in GOLDEN_SEEDS:
        values = model.run(generate(shape, seed, -1.0, 1.0))[0]
        cases.append({"generator": {"name": "splitmix64-uniform", "seed": seed, "low": -1.0, "high": 1.0,
                                    "shape": shape},
                      "values": [float(v) for v in values]})
    return {"schema": 1, "model": model_id, "sha256": description["file"]["sha256"],
            "madeWith": f"ONNX Runtime {onnxruntime.__version__}", "tolerance": 1e-4, "cases": cases}


def write_baseline(model_id, description, predictions, scores):
    """`scores` are probabilities in the order of the labels, by the sample's id like `predictions`."""
    metrics = next(m for m in description["metrics"] if m["data"] == "drawn-faces")
    baseline = {
        "schema": 1, "model": model_id, "sha256": description["file"]["sha256"],
        "data": "folder:Zoo/samples/drawn-faces",
        "metrics": {key: value for key, value in metrics.items() if key != "data"},
        "classes": description["output"]["labels"], "predictions": predictions,
        "scores": {name: [float(f"{value:.9g}") for value in row] for name, row in scores.items()}}
    # A line per sample, so that a change is a line in a diff.
    text = re.sub(r"\[\s+([^\[\]]*?)\s+\]", lambda m: "[" + re.sub(r"\s*\n\s*", " ", m[1]) + "]",
                  json.dumps(baseline, indent=2, ensure_ascii=False))
    (ZOO / model_id / "baseline.json").write_text(text + "\n")


def main():
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("model")
    model_id = arguments.parse_args().model
    description = build_manifest(model_id)
    write_json(ZOO / model_id / "model.json", description)
    write_json(ZOO / model_id / "golden.json", build_golden(model_id, description))


if __name__ == "__main__":
    main()
