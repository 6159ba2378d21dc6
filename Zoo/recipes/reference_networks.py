"""The networks that people bring, with seven classes: by name, built with random or given weights. Their
weights are not part of the zoo."""

import sys
from pathlib import Path

ZOO = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ZOO))

CLASSES = 7
COLOUR, GREY = (3, 224, 224), (1, 48, 48)


def torchvision_network(name):
    from torchvision import models
    return getattr(models, name)(weights=None, num_classes=CLASSES)


def timm_network(name):
    import timm
    return timm.create_model(name, pretrained=False, num_classes=CLASSES)


def transformers_vit():
    import transformers
    return transformers.ViTForImageClassification(transformers.ViTConfig(num_labels=CLASSES))


def efficientnet_for_small_faces():
    """EfficientNet-B0 with a stem of one channel and stride 1: 48x48 images keep 2x2 places at the end."""
    import torch
    network = torchvision_network("efficientnet_b0")
    network.features[0][0] = torch.nn.Conv2d(1, 32, 3, stride=1, padding=1, bias=False)
    return network


NETWORKS = {
    "resnet50": (lambda: torchvision_network("resnet50"), COLOUR),
    "efficientnet-b0": (lambda: torchvision_network("efficientnet_b0"), COLOUR),
    "efficientnet-v2-s": (lambda: torchvision_network("efficientnet_v2_s"), COLOUR),
    "vgg16": (lambda: torchvision_network("vgg16"), COLOUR),
    "vit-b16-timm": (lambda: timm_network("vit_base_patch16_224"), COLOUR),
    "vit-b16-transformers": (transformers_vit, COLOUR),
    "efficientnet-b0-48": (efficientnet_for_small_faces, GREY),
}
"""Name: (what builds it, the shape of one image)."""

KERAS = {name: f"fer-keras-{name.removeprefix('keras-')}"
         for name in ("keras-concept", "keras-best", "keras-no-dropout", "keras-plain")}
"""Name: the recipe's folder."""


def randomise(network, seed):
    """Gives normalisations statistics and factors other than a fresh layer's, which would hide a wrong
    folding."""
    import torch
    torch.manual_seed(seed)
    for layer in network.modules():
        if isinstance(layer, (torch.nn.BatchNorm1d, torch.nn.BatchNorm2d)):
            with torch.no_grad():
                layer.running_mean.uniform_(-0.1, 0.1)
                layer.running_var.uniform_(0.5, 1.5)
                layer.weight.uniform_(0.5, 1.0)
                layer.bias.uniform_(-0.1, 0.1)


def build(name, weights=None, seed=0):
    """The network in PyTorch, ready to be exported. `weights`: a state dict's file, which must fit
    throughout."""
    import torch
    torch.manual_seed(seed)
    network = NETWORKS[name][0]()
    if weights:
        from training.initial import read
        network.load_state_dict(read(weights))
    else:
        randomise(network, seed)
    return network.eval()
