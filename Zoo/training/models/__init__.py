"""Model definitions, one file each. A module has `build(classes, **settings) -> torch.nn.Module`,
which takes images N x C x H x W after preprocessing and returns logits N x classes."""

import importlib


def build(name, classes, settings):
    return importlib.import_module(f"{__name__}.{name}").build(classes, **settings)
