#!/usr/bin/env python3
"""Converts a PyTorch checkpoint, .pth or .pt, to ONNX.

    pytorch_to_onnx.py WEIGHTS.pth OUT.onnx --network MODULE:FUNCTION --shape 3,224,224 [--arguments JSON]

A checkpoint holds tensors by name, not the network: FUNCTION builds that. For example
    --network torchvision.models:resnet18 --arguments '{"num_classes": 7}'
    --network timm:create_model --arguments '{"model_name": "vit_tiny_patch16_224", "num_classes": 7}'
    --network my_file:Net                                        (my_file.py in this folder)
Opset 17, input `input`, output `logits` (or what --output says), any batch. Every tensor must fit.
"""

import argparse
import importlib
import json
import os
import pickle
import sys
import warnings
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from training.initial import read  # noqa: E402


def build(where, arguments):
    module, _, function = where.partition(":")
    if not function:
        sys.exit(f"--network {where}: needs MODULE:FUNCTION")
    sys.path.insert(0, os.getcwd())
    try:
        return getattr(importlib.import_module(module), function)(**arguments)
    except (ImportError, AttributeError) as error:
        sys.exit(f"--network {where}: {error}")


def fill(network, path):
    try:
        network.load_state_dict(read(path))
    except OSError as error:
        sys.exit(f"{path} cannot be read: {error.strerror or error}")
    except pickle.UnpicklingError:
        sys.exit(f"{path} holds more than tensors, such as a whole pickled module, and to load that would run whatever "
                 "code is in it; where you trust it, load it yourself and save model.state_dict()")
    except (RuntimeError, ValueError) as error:
        sys.exit(f"{path} does not fit the network: {error}")
    return network.eval()


def extents(text):
    """C,H,W of one image."""
    try:
        values = [int(part) for part in text.split(",")]
    except ValueError:
        values = []
    if not values or min(values) < 1:
        raise argparse.ArgumentTypeError(f"'{text}' is not C,H,W: positive numbers with commas between, such as 3,224,224")
    return values


def main():
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("weights", type=Path)
    arguments.add_argument("out", type=Path)
    arguments.add_argument("--network", required=True, metavar="MODULE:FUNCTION")
    arguments.add_argument("--arguments", type=json.loads, default={}, metavar="JSON")
    arguments.add_argument("--shape", required=True, metavar="C,H,W", help="of one image", type=extents)
    arguments.add_argument("--output", default="logits")
    options = arguments.parse_args()
    network = fill(build(options.network, options.arguments), options.weights)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(network, (torch.zeros(2, *options.shape),), options.out, dynamo=False,
                          opset_version=17, input_names=["input"], output_names=[options.output],
                          dynamic_axes={"input": {0: "batch"}, options.output: {0: "batch"}})
    print(f"{options.out}: {options.out.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
