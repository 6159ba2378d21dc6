"""Which family does Aviary see in real exports? Exports networks with random weights from torchvision, timm and Keras,
asks `aviary inspect`, prints a table, and fails where an answer is not the expected one.

    families.py [--only PART] [--with-keras PYTHON] [--models FILE=FAMILY ...] [--keep DIR]

Needs torch, torchvision, timm, transformers and onnx (requirements-networks.txt); Keras' networks need a Python with
tensorflow and tf2onnx. Every network is exported by both of PyTorch's exporters, and asked about a second time with its
nodes and values renamed, metadata removed and another file name. The whole list takes about an hour and, kept, 19 GB;
with --keep the exports are made once. tf2onnx wants more than 24 GB of memory for VGG-16 and VGG-19 at 224x224.
"""

import argparse
import contextlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import warnings

ROOT = pathlib.Path(__file__).resolve().parents[2]
AVIARY = pathlib.Path(os.environ.get("AVIARY", ROOT / ".build/release/aviary"))

UNKNOWN = None
# name, expected family, size, channels
TORCHVISION = [
    ("resnet18", "ResNet"), ("resnet34", "ResNet"), ("resnet50", "ResNet"), ("resnext50_32x4d", "ResNet"),
    ("resnext101_32x8d", "ResNet"), ("wide_resnet50_2", "ResNet"),
    ("efficientnet_b0", "EfficientNet"), ("efficientnet_b1", "EfficientNet"), ("efficientnet_v2_s", "EfficientNet"),
    ("vgg11", "VGG"), ("vgg16", "VGG"), ("vgg19", "VGG"), ("vgg11_bn", "VGG"), ("vgg16_bn", "VGG"), ("vit_b_16", "ViT"),
    ("alexnet", "CNN"),
    ("mobilenet_v2", UNKNOWN), ("mobilenet_v3_small", UNKNOWN), ("mobilenet_v3_large", UNKNOWN),
    ("densenet121", UNKNOWN), ("convnext_tiny", UNKNOWN), ("swin_t", UNKNOWN), ("swin_v2_t", UNKNOWN),
    ("squeezenet1_1", UNKNOWN), ("googlenet", UNKNOWN), ("inception_v3", UNKNOWN), ("regnet_x_400mf", UNKNOWN),
    ("regnet_y_400mf", UNKNOWN), ("mnasnet1_0", UNKNOWN), ("shufflenet_v2_x1_0", UNKNOWN), ("maxvit_t", UNKNOWN),
]
TIMM = [
    ("resnet18d", "ResNet"), ("resnet26", "ResNet"), ("seresnet50", "ResNet"), ("resnetv2_50", "ResNet"),
    ("resnext50_32x4d", "ResNet"), ("tf_efficientnet_b0", "EfficientNet"), ("efficientnet_b0", "EfficientNet"),
    ("tf_efficientnetv2_b0", "EfficientNet"), ("vgg16", "VGG"), ("vit_tiny_patch16_224", "ViT"),
    ("vit_small_patch16_224", "ViT"), ("deit_tiny_patch16_224", "ViT"), ("vit_small_patch16_36x1_224", "ViT"),
    ("mobilenetv2_100", UNKNOWN), ("mobilenetv3_small_100", UNKNOWN), ("mobilenetv1_100", UNKNOWN),
    ("semnasnet_075", UNKNOWN), ("convnext_atto", UNKNOWN), ("swin_tiny_patch4_window7_224", UNKNOWN),
    ("mixer_s16_224", UNKNOWN), ("mobilevit_xs", UNKNOWN), ("ghostnet_100", UNKNOWN), ("regnetx_002", UNKNOWN),
    ("regnety_002", UNKNOWN), ("xception41", UNKNOWN), ("hrnet_w18_small", UNKNOWN), ("dpn68", UNKNOWN),
    ("res2net50_14w_8s", UNKNOWN), ("levit_128s", UNKNOWN), ("poolformer_s12", UNKNOWN), ("efficientnet_lite0", "EfficientNet"),
    ("rexnet_100", UNKNOWN), ("darknet53", UNKNOWN), ("pvt_v2_b0", UNKNOWN), ("edgenext_xx_small", UNKNOWN),
    ("coatnet_0_rw_224", UNKNOWN),
]
KERAS = [
    ("ResNet50", "ResNet"), ("ResNet50V2", "ResNet"), ("EfficientNetB0", "EfficientNet"),
    ("EfficientNetV2B0", "EfficientNet"), ("VGG16", "VGG"), ("VGG19", "VGG"), ("MobileNet", UNKNOWN),
    ("MobileNetV2", UNKNOWN), ("MobileNetV3Small", UNKNOWN), ("DenseNet121", UNKNOWN), ("NASNetMobile", UNKNOWN),
    ("Xception", UNKNOWN), ("InceptionV3", UNKNOWN), ("ConvNeXtTiny", UNKNOWN),
]


def grey(build, size=48):
    """The network as people fit it to FER2013: one channel, seven classes, small pictures."""
    def made():
        import timm
        return timm.create_model(build, pretrained=False, num_classes=7, in_chans=1,
                                 **({"img_size": size, "patch_size": 6} if build.startswith("vit") else {}))
    return made


GREY = [("resnet18", "ResNet"), ("efficientnet_b0", "EfficientNet"), ("vgg16_bn", "VGG"),
        ("vit_tiny_patch16_224", "ViT"), ("mobilenetv2_100", UNKNOWN), ("densenet121", UNKNOWN)]


# Layers that people put in place of a network's last one.
def with_head(name):
    def made():
        import torchvision
        from torch import nn
        model = torchvision.models.get_model(name, weights=None)
        last = {"resnet": "fc", "efficientnet": "classifier", "vgg": "classifier", "vit": "heads"}[name.split("_")[0].rstrip("0123456789")]
        width = {"resnet50": 2048, "efficientnet_b0": 1280, "vgg16": 25088, "vit_b_16": 768}[name]
        setattr(model, last, nn.Sequential(nn.Dropout(0.4), nn.Linear(width, 256), nn.ReLU(), nn.Dropout(0.3),
                                           nn.Linear(256, 7), nn.Softmax(1)))
        return model
    return made


HEADS = [("resnet50", "ResNet"), ("efficientnet_b0", "EfficientNet"), ("vgg16", "VGG"), ("vit_b_16", "ViT")]

# configuration, model, settings that make it small, family
TRANSFORMERS = [
    ("ViTConfig", "ViTForImageClassification", {}, "ViT"),
    ("DeiTConfig", "DeiTForImageClassification", {}, "ViT"),
    ("ResNetConfig", "ResNetForImageClassification", {}, "ResNet"),
    ("ConvNextConfig", "ConvNextForImageClassification", {}, UNKNOWN),
    ("SwinConfig", "SwinForImageClassification", {}, UNKNOWN),
    ("MobileNetV2Config", "MobileNetV2ForImageClassification", {}, UNKNOWN),
    ("EfficientNetConfig", "EfficientNetForImageClassification",
     {"width_coefficient": 1.0, "depth_coefficient": 1.0, "image_size": 224, "hidden_dim": 1280}, "EfficientNet"),
    ("MobileViTConfig", "MobileViTForImageClassification", {"image_size": 224}, UNKNOWN),
    ("PoolFormerConfig", "PoolFormerForImageClassification", {}, UNKNOWN),
    ("RegNetConfig", "RegNetForImageClassification", {}, UNKNOWN),
]


def hugging_face(configuration, model, settings):
    def made():
        import transformers
        from torch import nn
        network = getattr(transformers, model)(
            getattr(transformers, configuration)(num_labels=7, **settings)).eval()

        class Logits(nn.Module):
            def __init__(self):
                super().__init__()
                self.network = network

            def forward(self, pixels):
                return self.network(pixel_values=pixels).logits

        return Logits()
    return made


def cases():
    import timm
    import torchvision
    for name, family in HEADS:
        yield f"head/{name}", family, 3, 224, with_head(name)
    for configuration, model, settings, family in TRANSFORMERS:
        yield f"transformers/{model}", family, 3, 224, hugging_face(configuration, model, settings)
    for name, family in TORCHVISION:
        extra = {"aux_logits": False, "init_weights": False} if name in ("googlenet", "inception_v3") else {}
        yield f"torchvision/{name}", family, 3, 299 if "inception" in name else 224, \
            lambda n=name, e=extra: torchvision.models.get_model(n, weights=None, **e)
    for name, family in TIMM:
        yield f"timm/{name}", family, 3, 224, lambda n=name: timm.create_model(n, pretrained=False)
    for name, family in GREY:
        yield f"grey/{name}", family, 1, 48, grey(name)


def export(model, channels, size, path, dynamo):
    import torch
    x = torch.randn(2, channels, size, size)  # 1 would be taken for a constant
    model = model.eval()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if dynamo:
            torch.onnx.export(model, (x,), path, dynamo=True, verbose=False, external_data=False,
                              dynamic_shapes=({0: torch.export.Dim("batch")},))
        else:
            torch.onnx.export(model, (x,), path, dynamo=False, opset_version=16, input_names=["input"],
                              output_names=["logits"], dynamic_axes={"input": {0: "batch"}})


def anonymous(path, target):
    """The same graph with nothing to read but its structure."""
    import onnx
    model = onnx.load(path)
    rename(model.graph, {"": ""})
    model.producer_name, model.producer_version, model.doc_string = "x", "", ""
    del model.metadata_props[:]
    onnx.save(model, target)


def rename(graph, names):
    def new(name):
        return names.setdefault(name, f"v{len(names)}")
    del graph.value_info[:]
    for value in list(graph.input) + list(graph.output) + list(graph.initializer):
        value.name = new(value.name)
    for node in graph.node:
        node.name, node.doc_string = "", ""
        del node.metadata_props[:]
        node.input[:] = [new(n) for n in node.input]
        node.output[:] = [new(n) for n in node.output]
        for attribute in node.attribute:
            if attribute.HasField("g"):
                rename(attribute.g, names)


def ask(path):
    run = subprocess.run([AVIARY, "inspect", path, "--json"], capture_output=True, text=True)
    if run.returncode:
        return {"name": f"exit {run.returncode}", "variant": run.stderr.strip()[:120], "stages": []}
    return json.loads(run.stdout)["family"]


class Table:
    def __init__(self):
        self.wrong = 0
        self.rows = 0

    def row(self, name, how, expected, found):
        shown = found.get("name") or "unknown"
        right = found.get("name") == expected
        self.rows += 1
        self.wrong += not right
        print(f"{name:44} {how:22} {expected or 'unknown':13} {shown:13} {'' if right else 'WRONG':6}"
              f"{found.get('variant') or found.get('problem') or '':44} {len(found['stages']):4}", flush=True)

    def ask(self, name, how, expected, path, folder):
        found = ask(path)
        self.row(name, how, expected, found)
        other = os.path.join(folder, "vgg-resnet-vit.onnx")
        anonymous(path, other)
        if (again := ask(other)) and again.get("variant") != found.get("variant"):
            self.row(name, how + " renamed", expected, again)
            self.wrong += 1
        os.remove(other)


class Exports:
    """Files by name, made where they are not there yet; kept where the user wants them."""

    def __init__(self, folder, keep):
        self.folder, self.keep = pathlib.Path(keep or folder), bool(keep)
        self.folder.mkdir(parents=True, exist_ok=True)

    def get(self, name, make):
        path = self.folder / (name.replace("/", "-") + ".onnx")
        if not path.exists():
            # Under another name first: what was interrupted must not be taken for an export.
            unfinished = path.with_suffix(".unfinished")
            make(str(unfinished))
            unfinished.rename(path)
        return str(path)

    def done(self, path):
        if not self.keep:
            os.remove(path)


KERAS_SCRIPT = """
import sys, os, keras
name, path, kind = sys.argv[1:]
extra = dict(input_shape=(48, 48, 1), classes=7) if kind == "grey" else {}
model = getattr(keras.applications, name)(weights=None, **extra)
model(keras.ops.zeros((1, *model.input_shape[1:])))
model.export(path, format="onnx", verbose=False)
"""


def keras_cases(python, ask, exports, only):
    import onnx
    for name, family in KERAS:
        for kind in ("colour", "grey"):
            if kind == "grey" and name not in ("EfficientNetB0", "VGG16", "ResNet50", "MobileNetV2"):
                continue
            if only not in f"keras/{name}":
                continue

            def make(path):
                run = subprocess.run([python, "-c", KERAS_SCRIPT, name, path, kind], capture_output=True, text=True,
                                     env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""})
                if run.returncode < 0:
                    raise RuntimeError(f"ended by signal {-run.returncode} (9: out of memory)")
                if run.returncode:
                    raise RuntimeError(run.stderr.strip().splitlines()[-1])
                # tf2onnx may leave TensorFlow's own operators in a file (the ConvNeXts).
                onnx.checker.check_model(path)

            try:
                path = exports.get(f"keras/{name}-{kind}", make)
            except (RuntimeError, onnx.checker.ValidationError) as error:
                print(f"keras/{name} {kind}: not exported: {str(error).splitlines()[0][:150]}", flush=True)
                continue
            ask(f"keras/{name}", f"tf2onnx {kind}", family, path)
            exports.done(path)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="part of a name, such as timm/ or resnet")
    parser.add_argument("--with-keras", metavar="PYTHON")
    parser.add_argument("--skip", default="-", help="part of names to leave out")
    parser.add_argument("--exporters", default="torchscript,dynamo")
    parser.add_argument("--models", nargs="*", default=[], metavar="FILE=FAMILY")
    parser.add_argument("--keep", metavar="DIR", help="keeps the exports, and takes those that are there")
    parser.add_argument("--export-only", action="store_true", help="asks nothing")
    arguments = parser.parse_args()
    table = Table()
    with tempfile.TemporaryDirectory() as folder:
        exports = Exports(folder, arguments.keep)

        def ask(name, how, expected, path):
            if not arguments.export_only:
                table.ask(name, how, expected, path, folder)

        for pair in arguments.models:
            path, _, family = pair.partition("=")
            ask(os.path.basename(path), "file", family or UNKNOWN, path)
        if arguments.with_keras:
            keras_cases(arguments.with_keras, ask, exports, arguments.only)
        for name, family, channels, size, build in cases():
            if arguments.only not in name or arguments.skip in name or arguments.models:
                continue
            for exporter in arguments.exporters.split(","):
                def make(path):
                    with open(os.devnull, "w") as quiet, contextlib.redirect_stdout(quiet):
                        export(build(), channels, size, path, exporter == "dynamo")

                try:
                    path = exports.get(f"{name}-{exporter}", make)
                except Exception as error:  # An exporter's failure is not what is tested here.
                    print(f"{name} {exporter}: not exported: {str(error).strip().splitlines()[0][:120]}", flush=True)
                    continue
                ask(name, exporter, family, path)
                exports.done(path)
    print(f"{table.rows} exports, {table.wrong} wrong")
    return 1 if table.wrong or not (table.rows or arguments.export_only) else 0


if __name__ == "__main__":
    sys.exit(main())
