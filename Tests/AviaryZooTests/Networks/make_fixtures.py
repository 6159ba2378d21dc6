"""Exports networks as others do and keeps their structure only: weights become sparse tensors without values, so that
a ResNet-50 is a few kilobytes; names become numbers, metadata go.

    make_fixtures.py [NAME ...]        # needs torch, torchvision, timm, onnx
    KERAS=python make_fixtures.py      # a Python with tensorflow and tf2onnx, for the exports of Keras

The folder's files were made with PyTorch 2.15, torchvision 0.29, timm 1.0.31, Keras 3.15, tf2onnx 1.17.
"""

import os
import pathlib
import subprocess
import sys
import tempfile
import warnings

import onnx
from onnx import helper

HERE = pathlib.Path(__file__).resolve().parent
KEPT = 16  # Constants up to this many elements say something: exponents, axes, means of the input.


def strip(model):
    names = {"": ""}
    graph = model.graph
    rename(graph, names)
    kept = []
    for tensor in graph.initializer:
        count = 1
        for extent in tensor.dims:
            count *= extent
        if count <= KEPT or tensor.data_type not in (onnx.TensorProto.FLOAT, onnx.TensorProto.FLOAT16):
            kept.append(tensor)
            continue
        sparse = graph.sparse_initializer.add()
        sparse.dims.extend(tensor.dims)
        sparse.values.CopyFrom(helper.make_tensor(tensor.name, tensor.data_type, [0], []))
        sparse.indices.CopyFrom(helper.make_tensor("", onnx.TensorProto.INT64, [0], []))
    del graph.initializer[:]
    graph.initializer.extend(kept)
    graph.name = "g"
    model.producer_name, model.producer_version, model.doc_string = "", "", ""
    del model.metadata_props[:]
    return model


def rename(graph, names):
    def new(name):
        return names.setdefault(name, str(len(names)))
    del graph.value_info[:]
    del graph.metadata_props[:]
    for value in list(graph.input) + list(graph.output) + list(graph.initializer):
        value.name, value.doc_string = new(value.name), ""
        if hasattr(value, "metadata_props"):
            del value.metadata_props[:]
    for node in graph.node:
        node.name, node.doc_string = "", ""
        del node.metadata_props[:]
        node.input[:] = [new(n) for n in node.input]
        node.output[:] = [new(n) for n in node.output]
        for attribute in node.attribute:
            if attribute.HasField("g"):
                rename(attribute.g, names)


def export(module, channels, size, dynamo, opset=16):
    import torch
    x = torch.randn(2, channels, size, size)
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        path = os.path.join(folder, "m.onnx")
        if dynamo:
            torch.onnx.export(module.eval(), (x,), path, dynamo=True, external_data=False, verbose=False,
                              dynamic_shapes=({0: torch.export.Dim("batch")},))
        else:
            torch.onnx.export(module.eval(), (x,), path, dynamo=False, opset_version=opset,
                              do_constant_folding=True, input_names=["input"],
                              dynamic_axes={"input": {0: "batch"}})
        return onnx.load(path)


def torchvision(name, **options):
    import torchvision as tv
    return tv.models.get_model(name, weights=None, **options)


def timm(name, **options):
    import timm as library
    return library.create_model(name, pretrained=False, **options)


def small_swin():
    from torchvision.models import SwinTransformer
    return SwinTransformer([4, 4], 24, [2, 2], [2, 4], [7, 7], num_classes=7)


def small_vit():
    from torchvision.models import VisionTransformer
    return VisionTransformer(48, 6, 4, 4, 64, 128, num_classes=7)


def separate_projections():
    """A ViT as Hugging Face writes it: queries, keys and values apart, GELU by erf, first token to the classifier."""
    import torch
    from torch import nn

    class Layer(nn.Module):
        def __init__(self, width, heads):
            super().__init__()
            self.before, self.after = nn.LayerNorm(width, 1e-12), nn.LayerNorm(width, 1e-12)
            self.query, self.key, self.value = (nn.Linear(width, width) for _ in range(3))
            self.out, self.up, self.down = nn.Linear(width, width), nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
            self.heads = heads

        def split(self, x):
            return x.view(x.shape[0], x.shape[1], self.heads, -1).permute(0, 2, 1, 3)

        def forward(self, x):
            y = self.before(x)
            q, k, v = self.split(self.query(y)), self.split(self.key(y)), self.split(self.value(y))
            weights = torch.softmax(q @ k.transpose(-1, -2) / (q.shape[-1] ** 0.5), -1)
            y = (weights @ v).permute(0, 2, 1, 3).reshape(x.shape)
            x = x + self.out(y)
            return self.down(nn.functional.gelu(self.up(self.after(x)))) + x

    class Network(nn.Module):
        def __init__(self, width=48, layers=3):
            super().__init__()
            self.patches = nn.Conv2d(3, width, 8, 8)
            self.token, self.places = nn.Parameter(torch.zeros(1, 1, width)), nn.Parameter(torch.zeros(1, 37, width))
            self.layers = nn.Sequential(*(Layer(width, 4) for _ in range(layers)))
            self.norm, self.classifier = nn.LayerNorm(width), nn.Linear(width, 7)

        def forward(self, x):
            x = self.patches(x).flatten(2).transpose(1, 2)
            x = torch.cat((self.token.expand(x.shape[0], -1, -1), x), 1) + self.places
            return self.classifier(self.norm(self.layers(x))[:, 0])

    return Network()


def resnet9():
    from torch import nn

    def conv(a, b, pool=False):
        return nn.Sequential(nn.Conv2d(a, b, 3, padding=1, bias=False), nn.BatchNorm2d(b), nn.ReLU(),
                             *([nn.MaxPool2d(2)] if pool else []))

    class Residual(nn.Module):
        def __init__(self, width):
            super().__init__()
            self.f = nn.Sequential(conv(width, width), conv(width, width))

        def forward(self, x):
            return x + self.f(x)

    return nn.Sequential(conv(1, 16), conv(16, 32, True), Residual(32), conv(32, 64, True), conv(64, 64, True),
                         Residual(64), nn.AdaptiveMaxPool2d(1), nn.Flatten(), nn.Linear(64, 7))


# name: network, channels, size, exported by dynamo, opset
CASES = {
    "resnet18": (lambda: torchvision("resnet18"), 3, 224, False, 16),
    "resnet18-dynamo": (lambda: torchvision("resnet18"), 3, 224, True, 0),
    "resnet18d-grey48": (lambda: timm("resnet18d", num_classes=7, in_chans=1), 1, 48, False, 13),
    "resnet50-dynamo": (lambda: torchvision("resnet50"), 3, 224, True, 0),
    "resnetv2-50": (lambda: timm("resnetv2_50", num_classes=7), 3, 224, False, 16),
    "resnext50": (lambda: torchvision("resnext50_32x4d"), 3, 224, False, 16),
    "resnet9-grey48": (resnet9, 1, 48, False, 16),
    "seresnet50": (lambda: timm("seresnet50", num_classes=7), 3, 112, False, 16),
    "efficientnet-b0": (lambda: torchvision("efficientnet_b0"), 3, 224, False, 16),
    "efficientnet-b0-dynamo": (lambda: timm("efficientnet_b0"), 3, 224, True, 0),
    "efficientnet-b0-grey48": (lambda: timm("efficientnet_b0", num_classes=7, in_chans=1), 1, 48, False, 16),
    "efficientnet-lite0": (lambda: timm("efficientnet_lite0"), 3, 224, False, 16),
    "efficientnetv2-b0": (lambda: timm("tf_efficientnetv2_b0"), 3, 224, False, 16),
    "vgg11": (lambda: torchvision("vgg11"), 3, 224, False, 16),
    "vgg16-bn-grey48-dynamo": (lambda: timm("vgg16_bn", num_classes=7, in_chans=1), 1, 48, True, 0),
    "vit-tiny": (lambda: timm("vit_tiny_patch16_224"), 3, 224, False, 16),
    "vit-tiny-dynamo": (lambda: timm("vit_tiny_patch16_224"), 3, 224, True, 0),
    "vit-tiny-grey48": (lambda: timm("vit_tiny_patch16_224", img_size=48, patch_size=6, in_chans=1, num_classes=7),
                        1, 48, False, 17),
    "vit-torchvision-dynamo": (small_vit, 3, 48, True, 0),
    "vit-separate": (separate_projections, 3, 48, False, 14),
    "alexnet": (lambda: torchvision("alexnet", num_classes=7), 3, 224, False, 16),
    "no-mobilenet-v2": (lambda: torchvision("mobilenet_v2"), 3, 224, False, 16),
    "no-mobilenet-v3-dynamo": (lambda: torchvision("mobilenet_v3_small"), 3, 224, True, 0),
    "no-mobilenet-v1": (lambda: timm("mobilenetv1_100"), 3, 224, False, 16),
    "no-densenet121": (lambda: torchvision("densenet121"), 3, 224, False, 16),
    "no-convnext-dynamo": (lambda: timm("convnext_atto"), 3, 224, True, 0),
    "no-swin": (small_swin, 3, 56, False, 16),
    "no-squeezenet": (lambda: torchvision("squeezenet1_1"), 3, 224, False, 16),
    "no-googlenet": (lambda: torchvision("googlenet", aux_logits=False, init_weights=False), 3, 224, False, 16),
    "no-regnet-x": (lambda: torchvision("regnet_x_400mf"), 3, 224, False, 16),
    "no-regnet-y-dynamo": (lambda: torchvision("regnet_y_400mf"), 3, 224, True, 0),
    "no-mnasnet": (lambda: torchvision("mnasnet0_5"), 3, 224, False, 16),
    "no-semnasnet": (lambda: timm("semnasnet_075"), 3, 224, False, 16),
    "no-mixer": (lambda: timm("mixer_s16_224"), 3, 224, False, 16),
    "no-mobilevit": (lambda: timm("mobilevit_xs"), 3, 256, False, 16),
    "no-poolformer": (lambda: timm("poolformer_s12"), 3, 224, False, 16),
}

KERAS = {
    "efficientnet-b0-keras": "keras.applications.EfficientNetB0(weights=None)",
    "resnet50-keras-grey48": "keras.applications.ResNet50(weights=None, input_shape=(48, 48, 1), classes=7)",
    "vgg16-keras-grey48": "keras.applications.VGG16(weights=None, input_shape=(48, 48, 1), classes=7)",
    "cnn-keras-grey48": """keras.Sequential([keras.Input((48, 48, 1)), L.Conv2D(32, 3, padding="same", activation="relu"),
        L.Conv2D(64, 3, padding="same", activation="relu"), L.BatchNormalization(), L.MaxPooling2D(), L.Dropout(0.25),
        L.Conv2D(128, 5, padding="same", activation="relu"), L.BatchNormalization(), L.MaxPooling2D(), L.Dropout(0.25),
        L.Flatten(), L.Dense(256, activation="relu"), L.Dropout(0.5), L.Dense(7, activation="softmax")])""",
    "no-mobilenet-keras-grey48": "keras.applications.MobileNetV2(weights=None, input_shape=(48, 48, 1), classes=7)",
    "no-xception-keras": "keras.applications.Xception(weights=None)",
}
SCRIPT = """
import sys, keras
L = keras.layers
model = {}
model(keras.ops.zeros((1, *model.input_shape[1:])))
model.export(sys.argv[1], format="onnx", verbose=False)
"""


def save(model, name):
    path = HERE / f"{name}.onnx"
    onnx.save(strip(model), path)
    print(f"{name:28} {path.stat().st_size:7}", flush=True)


def main(wanted):
    for name, (build, channels, size, dynamo, opset) in CASES.items():
        if wanted and name not in wanted:
            continue
        save(export(build(), channels, size, dynamo, opset), name)
    for name, expression in KERAS.items():
        if not os.environ.get("KERAS") or (wanted and name not in wanted):
            continue
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "m.onnx")
            subprocess.run([os.environ["KERAS"], "-c", SCRIPT.format(expression), path], check=True,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                           env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"})
            save(onnx.load(path), name)


if __name__ == "__main__":
    main(sys.argv[1:])
