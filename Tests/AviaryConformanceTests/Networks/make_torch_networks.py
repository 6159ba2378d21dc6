#!/usr/bin/env python3
"""Exports small networks of the families that Aviary knows, with both of PyTorch's exporters.

    make_torch_networks.py        writes <name>/model.onnx and data sets beside this script

Each folder has the layout of the ONNX suite: `test_data_set_<k>/input_0.pb` and `output_0.pb` (TensorProto),
the outputs as ONNX Runtime computes them, for batches of 1 and 3. Weights are seeded and random, BatchNorm
statistics too, so that a wrong folding shows. Needs `torch`, `torchvision`, `onnx`, `onnxscript`, `onnxruntime`.
"""

import copy
import sys
from functools import partial
from pathlib import Path

import onnx
import torch
from torch import nn

# torchvision's models need none of its compiled operators, but importing it asks for their schemas, which a
# build for another torch does not register.
SCHEMAS = torch.library.Library("torchvision", "FRAGMENT")
for operator in ("nms", "qnms"):
    if not hasattr(torch.ops.torchvision, operator):
        SCHEMAS.define(f"{operator}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")

from torchvision.models import efficientnet, resnet, vgg, vision_transformer  # noqa: E402

sys.path.insert(0, str(Path(__file__).parent))
from data_sets import write_data_sets  # noqa: E402


class SmallResNet(resnet.ResNet):
    """torchvision's ResNet with a quarter of the channels everywhere."""

    def __init__(self, block, layers):
        super().__init__(block, layers, num_classes=7)
        narrow(self)


def narrow(model, factor=8):
    """Divides every channel count of a network by `factor`, inputs and classes excepted."""
    modules = dict(model.named_modules())
    for name, module in modules.items():
        if isinstance(module, nn.Conv2d):
            inputs = module.in_channels if module.in_channels <= 3 else module.in_channels // factor
            new = nn.Conv2d(inputs, module.out_channels // factor, module.kernel_size, module.stride, module.padding,
                            groups=module.groups if module.groups == 1 else inputs, bias=module.bias is not None)
        elif isinstance(module, nn.BatchNorm2d):
            new = nn.BatchNorm2d(module.num_features // factor)
        elif isinstance(module, nn.Linear):
            new = nn.Linear(module.in_features // factor, module.out_features)
        else:
            continue
        parent, _, leaf = name.rpartition(".")
        setattr(modules[parent] if parent else model, leaf, new)


def networks():
    yield "resnet_basic", SmallResNet(resnet.BasicBlock, [1, 1, 1, 1]), (3, 64, 64)
    yield "resnet_bottleneck", SmallResNet(resnet.Bottleneck, [1, 1, 1, 1]), (3, 64, 64)
    setting = [efficientnet.MBConvConfig(e, k, s, i, o, n, width_mult=0.25)
               for e, k, s, i, o, n in [(1, 3, 1, 32, 16, 1), (6, 3, 2, 16, 24, 2), (6, 5, 2, 24, 40, 1)]]
    yield "efficientnet", efficientnet.EfficientNet(setting, dropout=0.2, num_classes=7, last_channel=64), (3, 48, 48)
    yield "vit", vision_transformer.VisionTransformer(
        image_size=32, patch_size=8, num_layers=2, num_heads=2, hidden_dim=24, mlp_dim=48, num_classes=7,
        norm_layer=partial(nn.LayerNorm, eps=1e-6)), (3, 32, 32)
    layers = vgg.make_layers([8, "M", 16, "M", 16, 16, "M"], batch_norm=True)
    yield "vgg", nn.Sequential(layers, nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(64, 32), nn.ReLU(True),
                               nn.Dropout(), nn.Linear(32, 7)), (3, 48, 48)
    yield "mobile", nn.Sequential(
        nn.Conv2d(1, 8, 3, 2, 1, bias=False), nn.BatchNorm2d(8), nn.Hardswish(),
        nn.Conv2d(8, 8, 5, 1, 2, groups=8), nn.BatchNorm2d(8), nn.ReLU6(), nn.Conv2d(8, 12, 1), nn.GELU(),
        nn.ConvTranspose2d(12, 6, 2, 2), nn.PReLU(6), nn.Upsample(scale_factor=2, mode="bilinear"), nn.AvgPool2d(3, 4, 1),
        nn.InstanceNorm2d(6, affine=True), nn.Flatten(), nn.Linear(6 * 24 * 24, 7), nn.LogSoftmax(1)), (1, 48, 48)


def randomise(model):
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.uniform_(-0.1, 0.1)
            module.running_var.uniform_(0.5, 1.5)
            with torch.no_grad():
                module.weight.uniform_(0.5, 1.0)
                module.bias.uniform_(-0.1, 0.1)


def strip(path):
    """Removes what exporters note about the source: it would name the paths of this machine."""
    model = onnx.load(path)
    for graph in (model.graph, *model.functions):
        for thing in (graph, *graph.node, *graph.value_info):
            thing.doc_string = ""
            thing.ClearField("metadata_props")
    for value in (*model.graph.input, *model.graph.output):
        value.ClearField("metadata_props")
    onnx.save(model, path)


def main():
    for name, model, shape in networks():
        torch.manual_seed(0)
        for module in model.modules():
            if hasattr(module, "reset_parameters"):
                module.reset_parameters()
        randomise(model)
        model.eval()
        for exporter in ("script", "dynamo"):
            folder = Path(__file__).parent / f"torch_{name}_{exporter}"
            folder.mkdir(exist_ok=True)
            path = str(folder / "model.onnx")
            x = torch.randn(2, *shape)
            names = {"input_names": ["input"], "output_names": ["output"]}
            if exporter == "script":
                torch.onnx.export(copy.deepcopy(model), (x,), path, opset_version=17, dynamo=False,
                                  dynamic_axes={"input": {0: "N"}, "output": {0: "N"}}, **names)
            else:
                torch.onnx.export(copy.deepcopy(model), (x,), path, dynamo=True, external_data=False,
                                  dynamic_shapes=({0: torch.export.Dim("N", min=1, max=64)},), **names)
            strip(path)
            write_data_sets(folder, [(n, *shape) for n in (1, 3)])


if __name__ == "__main__":
    main()
