#!/usr/bin/env python3
"""Writes what stands beside a model's ONNX file: `model.json` and `golden.json`.

    describe.py MODEL-ID     from recipe.json, model.onnx and the training history

`evaluate.py MODEL-ID --write` then adds the figures, `baseline.json` and `CARD.md`.
"""

import argparse
import hashlib
import json

import numpy as np
import onnx
import onnxruntime

from inference import SAMPLES, ZOO, Model, generate
from training.pixels import LABELS, cache

FAMILIES = {"cnn": "CNN", "resnet": "ResNet", "efficientnet": "EfficientNet", "vgg": "VGG", "vit": "ViT"}
GOLDEN_PICTURES_PER_CLASS = 2
GOLDEN_SEEDS = (1, 2)


def write_json(path, value):
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def build_manifest(model_id):
    recipe = json.loads((ZOO / model_id / "recipe.json").read_text())
    path = ZOO / model_id / "model.onnx"
    data, graph = path.read_bytes(), onnx.load(path)
    parameters = sum(int(np.prod(tensor.dims)) for tensor in graph.graph.initializer)
    return {
        "schema": 1,
        "id": model_id,
        "name": recipe["name"],
        "description": recipe["description"],
        "family": FAMILIES[recipe["model"]],
        "task": "classification",
        "license": "Apache-2.0",
        "file": {"path": path.name, "sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)},
        "source": {
            "framework": f"PyTorch {graph.producer_version}",
            "exporter": "torch.onnx.export (by tracing)",
            "opset": graph.opset_import[0].version,
            "recipe": "recipe.json",
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
    shape = [1, channels, *sides] if contract["layout"] == "NCHW" else [1, *sides, channels]
    for seed in GOLDEN_SEEDS:
        values = model.run(generate(shape, seed, -1.0, 1.0))[0]
        cases.append({"generator": {"name": "splitmix64-uniform", "seed": seed, "low": -1.0, "high": 1.0,
                                    "shape": shape},
                      "values": [float(v) for v in values]})
    return {"schema": 1, "model": model_id, "sha256": description["file"]["sha256"],
            "madeWith": f"ONNX Runtime {onnxruntime.__version__}", "tolerance": 1e-4, "cases": cases}


def write_baseline(model_id, description, predictions):
    metrics = next(m for m in description["metrics"] if m["data"] == "drawn-faces")
    write_json(ZOO / model_id / "baseline.json", {
        "schema": 1, "model": model_id, "sha256": description["file"]["sha256"],
        "data": "folder:Zoo/samples/drawn-faces",
        "metrics": {key: value for key, value in metrics.items() if key != "data"},
        "predictions": predictions})


def write_card(model_id, description):
    history = json.loads((cache() / "training" / model_id / "history.json").read_text())
    best = max(history, key=lambda entry: entry["validation_accuracy"])
    rows = "\n".join(
        f"| {m['data']} | {m['samples']:,} | {m['accuracy']:.2%} | {m['balancedAccuracy']:.2%} "
        f"| {m['macroF1']:.4f} | {m['logLoss']:.4f} |" for m in description["metrics"])
    contract, resize = description["input"], description["input"]["resize"]
    notes = json.loads((ZOO / model_id / "recipe.json").read_text()).get("notes", "")
    (ZOO / model_id / "CARD.md").write_text(f"""# {description['name']}

{description['description']}

| | |
|---|---|
| file | `{description['file']['path']}`, {description['file']['bytes']:,} bytes, {description['parameters']:,} parameters |
| family | {description['family']} |
| licence | {description['license']} |
| input | `{contract['name']}`: N x {1 if contract['channels'] == 'grey' else 3} x {contract['height']} x {contract['width']} ({contract['layout']}, {contract['channels']}), {resize['mode']} by {resize['kernel']}{' with' if resize['antialias'] else ' without'} antialiasing, (pixel / 255 - {contract['mean'][0]}) / {contract['std'][0]} |
| output | `{description['output']['name']}`: {description['output']['kind']} of {', '.join(description['output']['labels'])} |
| made with | {description['source']['framework']}, {description['source']['exporter']}, opset {description['source']['opset']} |

## Results

![Confusion matrix on the drawn faces](confusion_matrix.svg)

| data | images | accuracy | balanced accuracy | macro F1 | log-loss |
|---|---|---|---|---|---|
{rows}

Measured with ONNX Runtime and scikit-learn (`Zoo/tools/evaluate.py`). The drawn faces of the sample set come
from the same script as part of the training images, with other seeds: their figure says that the model works,
not how well it reads real faces.

## Training

`recipe.json`, {len(history)} epochs, {history[-1]['minutes']:.0f} minutes on two shared processor cores. Chosen on the
validation part (a tenth of the training set, by the hash of the pixels): epoch {best['epoch']}, accuracy
{best['validation_accuracy']:.2%}. The 703 training files whose pixels equal a test image were left out; the training code opens no test
image. FER2013's labels are noisy: people agree with them in about 65 % of the cases.
{notes}

## Limits

Trained on small, grey, cropped, mostly frontal faces found by a web search in 2013. It reads the look of a face
in a picture, not what a person feels, and differs in quality between groups of people in ways nobody has measured
here. Not fit for decisions about people.
""")


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
