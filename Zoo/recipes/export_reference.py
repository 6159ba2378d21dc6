#!/usr/bin/env python3
"""Exports one of the networks that people bring, with seven classes and random weights or your own.

    export_reference.py NAME OUT.onnx [--weights FILE] [--exporter trace|dynamo]

PyTorch (input N x 3 x 224 x 224): resnet50 efficientnet-b0 efficientnet-v2-s vgg16 vit-b16-timm
                                   vit-b16-transformers
PyTorch (input N x 1 x 48 x 48):   efficientnet-b0-48
Keras (input N x 48 x 48 x 1):     keras-concept keras-best keras-no-dropout keras-plain

Needs Zoo/recipes/requirements.txt; for Keras Zoo/training/keras/requirements.txt.
"""

import argparse
import os
import warnings
from pathlib import Path

from reference_networks import CLASSES, KERAS, NETWORKS, build

OPSET = {"trace": 17, "dynamo": 18}


def export_torch(name, path, weights, exporter, seed=0):
    """Input `input`, output `logits`, any batch."""
    import torch

    class Logits(torch.nn.Module):
        """transformers wraps its outputs in an object."""

        def __init__(self, network):
            super().__init__()
            self.network = network

        def forward(self, x):
            found = self.network(x)
            return found if isinstance(found, torch.Tensor) else found.logits

    network, shape = Logits(build(name, weights, seed)).eval(), NETWORKS[name][1]
    x = torch.zeros(2, *shape)
    names = {"input_names": ["input"], "output_names": ["logits"], "opset_version": OPSET[exporter]}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if exporter == "dynamo":
            program = torch.onnx.export(network, (x,), dynamo=True, verbose=False, **names,
                                        dynamic_shapes=({0: torch.export.Dim("batch", min=1)},))
            program.save(path, external_data=False)
        else:
            torch.onnx.export(network, (x,), path, dynamo=False, **names,
                              dynamic_axes={"input": {0: "batch"}, "logits": {0: "batch"}})


def export_keras(name, path, weights, seed=0):
    """Input `input`, output `probabilities`, any batch."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import keras
    import numpy as np
    from training import recipe
    from training.keras.convert import convert
    from training.keras.models import build as build_keras

    keras.utils.set_random_seed(seed)
    model = build_keras(CLASSES, **recipe.load(KERAS[name]).settings)
    if weights:
        model.load_weights(weights)
    else:
        random = np.random.default_rng(seed)
        for layer in model.layers:
            if isinstance(layer, keras.layers.BatchNormalization):
                layer.set_weights([random.uniform(0.5, 1.5, value.shape) for value in layer.get_weights()])
    convert(model, path)


def export(name, path, weights=None, exporter="trace", seed=0):
    if name in KERAS:
        export_keras(name, path, weights, seed)
    else:
        export_torch(name, path, weights, exporter, seed)


def main():
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("name", choices=[*NETWORKS, *KERAS], metavar="NAME")
    arguments.add_argument("out", type=Path)
    arguments.add_argument("--weights", type=Path, help="a state dict (.pth, .safetensors) or Keras weights")
    arguments.add_argument("--exporter", choices=OPSET, default="trace", help="PyTorch's former or newer one")
    options = arguments.parse_args()
    export(options.name, options.out, options.weights, options.exporter)
    print(f"{options.out}: {options.out.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
