"""Grey images as arrays, and the identity of an image: the SHA-256 of its pixels."""

import hashlib
import io
import os
import tarfile
from pathlib import Path

import numpy as np
from PIL import Image

LABELS = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
"""The classes in the order of Kaggle's `fer2013.csv`; every model of the zoo gives them in this order."""

SIDE = 48

ROOT = Path(__file__).resolve().parents[2]


def shared():
    """The folder of real data that is not part of this repository (`AVIARY_SHARED`, else `../shared`)."""
    return Path(os.environ.get("AVIARY_SHARED", ROOT.parent / "shared"))


def cache():
    """A folder for what can be made again at any time."""
    folder = ROOT / ".cache"
    folder.mkdir(exist_ok=True)
    return folder


def read_grey(data):
    """Decodes an image file's bytes to a uint8 array, 48x48."""
    pixels = np.asarray(Image.open(io.BytesIO(data)).convert("L"), np.uint8)
    if pixels.shape != (SIDE, SIDE):
        raise ValueError(f"image is {pixels.shape[1]}x{pixels.shape[0]}, needs {SIDE}x{SIDE}")
    return pixels


def identity(pixels):
    """The SHA-256 of the pixels, row by row, as hexadecimal digits."""
    return hashlib.sha256(np.ascontiguousarray(pixels).tobytes()).hexdigest()


def training_archive():
    return shared() / "data" / "fer2013" / "train.tar"


def read_training_archive(path=None):
    """Yields (id, label, pixels) of `train/<class>/<name>.jpg` in a tar, in the archive's own order."""
    with tarfile.open(path or training_archive()) as archive:
        for member in archive:
            if not member.isfile():
                continue
            label = LABELS.index(member.name.split("/")[-2])
            yield member.name, label, read_grey(archive.extractfile(member).read())
