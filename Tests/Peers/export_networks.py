#!/usr/bin/env python3
"""Exports the seven reference classifiers with seeded random weights, for measuring speed and agreement.

    export_networks.py FOLDER [NAME ...]

    fer_cnn resnet9                                    1 x 48 x 48
    resnet18 resnet50 efficientnet_b0 vgg16 vit_b16    3 x 224 x 224

Opset 17, input "input" with an open batch axis, output "output". The statistics and factors of batch
normalisations are random too, so that a wrong folding shows. Files that exist are left alone. Needs what
requirements-networks.txt lists.
"""

import argparse
import warnings
from pathlib import Path

import torch
from torch import nn


def convolution(inputs, outputs, *after):
    return [nn.Conv2d(inputs, outputs, 3, padding=1), *after]


def fer_cnn():
    """Six convolutions with the batch normalisation behind the activation, as Keras tutorials write them."""
    layers = []
    for first, second in (((1, 32), (32, 64)), ((64, 128), (128, 128)), ((128, 256), (256, 256))):
        for inputs, outputs in (first, second):
            layers += convolution(inputs, outputs, nn.ReLU(), nn.BatchNorm2d(outputs))
        layers += [nn.MaxPool2d(2), nn.Dropout(0.25)]
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(256 * 36, 2048), nn.ReLU(), nn.Dropout(0.5),
                         nn.Linear(2048, 7), nn.Softmax(1))


class Residual(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.body = nn.Sequential(*normalised(channels, channels), *normalised(channels, channels))

    def forward(self, x):
        return x + self.body(x)


def normalised(inputs, outputs):
    return convolution(inputs, outputs, nn.BatchNorm2d(outputs), nn.ReLU())


def resnet9():
    return nn.Sequential(
        *normalised(1, 64), nn.MaxPool2d(2), *normalised(64, 128), nn.MaxPool2d(2), Residual(128),
        *normalised(128, 256), nn.MaxPool2d(2), *normalised(256, 512), nn.MaxPool2d(2), Residual(512),
        nn.MaxPool2d(3), nn.Flatten(), nn.Linear(512, 7))


def torchvision_network(name):
    import torchvision.models

    return getattr(torchvision.models, name)(weights=None)


def vit_b16():
    import timm

    # Attention written out, as most exporters leave it.
    timm.layers.set_fused_attn(False)
    return timm.create_model("vit_base_patch16_224", pretrained=False)


NETWORKS = {
    "fer_cnn": (fer_cnn, (1, 48, 48)),
    "resnet9": (resnet9, (1, 48, 48)),
    **{name: (lambda name=name: torchvision_network(name), (3, 224, 224))
       for name in ("resnet18", "resnet50", "efficientnet_b0", "vgg16")},
    "vit_b16": (vit_b16, (3, 224, 224)),
}


def export(name, path):
    torch.manual_seed(0)
    make, shape = NETWORKS[name]
    network = make().eval()
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            with torch.no_grad():
                module.running_mean.uniform_(-0.1, 0.1)
                module.running_var.uniform_(0.5, 1.5)
                module.weight.uniform_(0.5, 1)
                module.bias.uniform_(-0.1, 0.1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            network, (torch.randn(1, *shape),), path, opset_version=17, dynamo=False, input_names=["input"],
            output_names=["output"], dynamic_axes={"input": {0: "N"}, "output": {0: "N"}})


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("names", nargs="*", metavar="NAME", choices=[*NETWORKS, []])
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    for name in arguments.names or NETWORKS:
        path = arguments.folder / f"{name}.onnx"
        if not path.exists():
            export(name, path)
            print(f"{path}: {path.stat().st_size / 1e6:.1f} MB", flush=True)


if __name__ == "__main__":
    main()
