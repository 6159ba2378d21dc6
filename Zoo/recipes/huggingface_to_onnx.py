#!/usr/bin/env python3
"""Converts a Hugging Face folder of an image classifier to ONNX.

    huggingface_to_onnx.py FOLDER OUT_FOLDER

FOLDER holds config.json, the weights and preprocessor_config.json, as `save_pretrained` writes them.
OUT_FOLDER gets model.onnx (opset 17, input `pixel_values`, output `logits`, any batch) and beside it
config.json, with its `id2label`, and preprocessor_config.json: `aviary zoo add` reads both. Nothing is
downloaded.
"""

import argparse
import json
import shutil
import sys
import warnings
from pathlib import Path

import torch

BESIDE = ("config.json", "preprocessor_config.json")


class Logits(torch.nn.Module):
    def __init__(self, network):
        super().__init__()
        self.network = network

    def forward(self, x):
        return self.network(pixel_values=x).logits


def input_shape(configuration, preprocessor):
    """Channels, height and width of one image."""
    size = preprocessor.get("crop_size") if preprocessor.get("do_center_crop") else preprocessor.get("size")
    size = size or configuration.get("image_size")
    if isinstance(size, dict):
        size = [size["height"], size["width"]] if "height" in size else [size["shortest_edge"]] * 2
    if not size:
        raise ValueError("neither preprocessor_config.json nor config.json states the size of the images")
    height, width = size if isinstance(size, list) else (size, size)
    return configuration.get("num_channels", 3), height, width


def main():
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("out", type=Path)
    options = arguments.parse_args()
    for name in BESIDE:
        if not (options.folder / name).exists():
            sys.exit(f"{options.folder / name} is absent; a folder of Hugging Face has it")
    from transformers import AutoModelForImageClassification
    configuration, preprocessor = (json.loads((options.folder / name).read_text()) for name in BESIDE)
    network = AutoModelForImageClassification.from_pretrained(options.folder, local_files_only=True)
    options.out.mkdir(parents=True, exist_ok=True)
    path = options.out / "model.onnx"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        example = torch.zeros(2, *input_shape(configuration, preprocessor))
        torch.onnx.export(Logits(network).eval(), (example,), path, dynamo=False, opset_version=17,
                          input_names=["pixel_values"], output_names=["logits"],
                          dynamic_axes={"pixel_values": {0: "batch"}, "logits": {0: "batch"}})
    for name in BESIDE:
        shutil.copyfile(options.folder / name, options.out / name)
    labels = configuration.get("id2label", {})
    print(f"{path}: {path.stat().st_size:,} bytes, {len(labels)} labels: "
          + ", ".join(labels[key] for key in sorted(labels, key=int)))


if __name__ == "__main__":
    main()
