#!/usr/bin/env python3
"""Judges the mean of several models' probabilities with ONNX Runtime.

    ensemble.py MODEL-ID MODEL-ID ...             on the validation part of the training set
    ensemble.py MODEL-ID MODEL-ID ... --test      on FER2013's test images, once the members are chosen
    ensemble.py [--test]                          of the members that ensemble.json declares

`aviary compare --ensemble MODEL-ID,MODEL-ID` judges the same mean. Each picture is judged as it is, or with --mirror also as its mirror image.
"""

import argparse
import json

import numpy as np
from PIL import Image

from inference import ZOO, Model, manifest, stands_in_training, test_set
from training import dataset
from training.pixels import LABELS


def declared():
    """The members of the zoo's ensemble."""
    return json.loads((ZOO / "ensemble.json").read_text())["members"]


def probabilities(model_id, pictures, mirror=False):
    """One row a picture (Pillow), in the order of LABELS."""
    description = manifest(model_id)
    output, model = description["output"], Model(model_id, description)
    versions = [pictures]
    if mirror:
        versions.append([picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT) for picture in pictures])
    total = sum(np.float64(softmax(model.classify(version), output["kind"])) for version in versions)
    return total[:, [output["labels"].index(label) for label in LABELS]] / len(versions)


def softmax(values, kind):
    if kind == "probabilities":
        return values
    powers = np.exp(values - values.max(1, keepdims=True))
    return powers / powers.sum(1, keepdims=True)


def report(rows, truth, parts):
    """Prints the accuracy of each model and of the mean, on each part (a name and which pictures it has)."""
    for name, scores in {**rows, "mean": sum(rows.values()) / len(rows)}.items():
        figures = (f"{part} {(scores.argmax(1) == truth)[which].mean():.2%}" for part, which in parts.items())
        print(f"{name:24} {', '.join(figures)}")


def main():
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("models", nargs="*")
    arguments.add_argument("--test", action="store_true")
    arguments.add_argument("--mirror", action="store_true")
    options = arguments.parse_args()
    if options.test:
        found = test_set(list(LABELS))
        if not found:
            raise SystemExit("FER2013's test set is absent (AVIARY_SHARED)")
        files, truth = found
        pictures = [Image.open(path).convert("L") for path in files]
        parts = {"all": np.full(len(truth), True), "not in the training set": ~stands_in_training(files)}
    else:
        part = dataset.load().validation
        pictures, truth = [Image.fromarray(image) for image in part.images], part.labels
        parts = {"validation": np.full(len(truth), True)}
    members = options.models or declared()
    report({name: probabilities(name, pictures, options.mirror) for name in members}, truth, parts)


if __name__ == "__main__":
    main()
