"""Runs a model of the zoo with ONNX Runtime as its manifest says, on folders of pictures."""

import json
import sys
from pathlib import Path

import numpy as np
import onnxruntime
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from training.pixels import ROOT, identity, read_training_archive, shared  # noqa: E402

ZOO = ROOT / "Zoo"
SAMPLES = ZOO / "samples" / "drawn-faces"
KERNELS = {"nearest": Image.Resampling.NEAREST, "bilinear": Image.Resampling.BILINEAR,
           "bicubic": Image.Resampling.BICUBIC}
MASK = (1 << 64) - 1


def manifest(model_id):
    return json.loads((ZOO / model_id / "model.json").read_text())


def prepare(picture, contract):
    """A Pillow picture to the values of one input, as the manifest's input block states."""
    picture = picture.convert("L" if contract["channels"] == "grey" else "RGB")
    size, resize = (contract["width"], contract["height"]), contract["resize"]
    if picture.size != size:
        if resize["mode"] != "stretch" or not (resize["antialias"] or resize["kernel"] == "nearest"):
            raise ValueError(f"no picture of the zoo needs the resize {resize}")
        picture = picture.resize(size, KERNELS[resize["kernel"]])
    pixels = np.asarray(picture, np.float32).reshape(size[1], size[0], -1)
    if contract["channels"] == "bgr":
        pixels = pixels[..., ::-1]
    pixels = pixels * np.float32(contract["scale"])
    if over := contract.get("standardize"):
        axes = (0, 1, 2) if over == "image" else (0, 1)
        count = pixels.size if over == "image" else pixels[..., 0].size
        deviation = np.maximum(pixels.std(axes, keepdims=True), np.float32(1 / np.sqrt(count)))
        pixels = (pixels - pixels.mean(axes, keepdims=True)) / deviation
    values = (pixels - np.float32(contract["mean"])) / np.float32(contract["std"])
    if contract["layout"] == "NHWC":
        return values
    planes = values.transpose(2, 0, 1)
    # A picture alone is a sequence of one frame.
    return planes[None] if contract["layout"] == "NTCHW" else planes


def generate(shape, seed, low, high):
    """The named generator `splitmix64-uniform`: the k-th value is low + (high - low) * (r >> 11) / 2**53 as
    float32, r being the k-th output of SplitMix64 (Steele, Lea, Flood 2014) started at `seed`."""
    state, values = seed & MASK, np.empty(int(np.prod(shape)), np.float32)
    for k in range(len(values)):
        state = (state + 0x9E3779B97F4A7C15) & MASK
        z = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        values[k] = low + (high - low) * ((z ^ (z >> 31)) >> 11) / 2**53
    return values.reshape(shape)


class Model:
    def __init__(self, model_id, description):
        self.description = description
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self.session = onnxruntime.InferenceSession(
            ZOO / model_id / description["file"]["path"], options, providers=["CPUExecutionProvider"])

    def run(self, values):
        output, name = self.description["output"], self.description["input"]["name"]
        return self.session.run([output["name"]], {name: values})[0]

    def classify(self, pictures, batch=256):
        """Outputs, one row a picture (paths or Pillow pictures)."""
        contract, rows = self.description["input"], []
        for start in range(0, len(pictures), batch):
            opened = [p if isinstance(p, Image.Image) else Image.open(p) for p in pictures[start:start + batch]]
            rows.append(self.run(np.stack([prepare(picture, contract) for picture in opened])))
        return np.concatenate(rows)


def folder(path, labels):
    """(paths, label indices) of `<class>/<picture>`, sorted by class and name."""
    files = sorted(p for p in Path(path).glob("*/*") if p.suffix in (".png", ".jpg"))
    return files, np.array([labels.index(p.parent.name) for p in files])


def test_set(labels):
    """FER2013's 7,178 test images, or None where the shared data is absent."""
    path = shared() / "data" / "fer2013" / "test"
    return folder(path, labels) if path.is_dir() else None


def stands_in_training(files):
    """Which pictures equal, pixel for pixel, a file of the training archive."""
    training = {identity(pixels) for _, _, pixels in read_training_archive()}
    return np.array([identity(np.asarray(Image.open(p).convert("L"))) in training for p in files])
