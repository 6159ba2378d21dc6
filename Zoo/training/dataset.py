"""What a model is trained and chosen on. Nothing here opens a test image.

- FER2013's training archive without the files of `excluded.txt` (their pixels equal a test image);
- drawn faces (`drawn_faces.py`), with other seeds than the shipped sample set.

A tenth of either is the validation part, on which checkpoints are chosen. A FER2013 image belongs to
it by the hash of its pixels, so duplicates stay on one side.
"""

import multiprocessing
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from . import drawn_faces
from .pixels import LABELS, cache, identity, read_training_archive

EXCLUDED = Path(__file__).with_name("excluded.txt")
VALIDATION_PARTS = 10

# Seeds of drawn faces; the shipped sample set uses those below 1,000,000.
DRAWN_TRAINING = range(1_000_000, 1_000_600)
DRAWN_VALIDATION = range(2_000_000, 2_000_060)


@dataclass
class Part:
    """Images N x 48 x 48 (uint8) and their labels (int64)."""

    images: np.ndarray
    labels: np.ndarray

    def __len__(self):
        return len(self.labels)


@dataclass
class Data:
    train: Part
    validation: Part
    drawn_train: Part
    drawn_validation: Part


def excluded_identities(path=EXCLUDED):
    """The pixel hashes of the training files that must not be used."""
    lines = path.read_text().splitlines()
    return {line.split()[0] for line in lines if line and not line.startswith("#")}


def is_validation(digest):
    return int(digest[:8], 16) % VALIDATION_PARTS == 0


def split(entries, excluded):
    """Divides (id, label, pixels) into (train, validation), each a list of (id, label, pixels, hash)."""
    train, validation = [], []
    for name, label, pixels in entries:
        digest = identity(pixels)
        if digest not in excluded:
            (validation if is_validation(digest) else train).append((name, label, pixels, digest))
    return train, validation


def part(entries):
    return Part(np.stack([entry[2] for entry in entries]), np.array([entry[1] for entry in entries]))


def drawn(seeds):
    """A face of each class for each seed. Many are drawn by all processors together."""
    faces = [(name, seed) for name in LABELS for seed in seeds]
    if len(faces) < 500:
        images = [drawn_faces.draw(*face) for face in faces]
    else:
        with multiprocessing.get_context("spawn").Pool() as pool:
            images = pool.starmap(drawn_faces.draw, faces, chunksize=50)
    return Part(np.stack(images), np.array([LABELS.index(name) for name, _ in faces]))


def load():
    """Reads everything, from a cache beside the build folders where there is one."""
    path = cache() / "training-data.npz"
    if not path.exists():
        train, validation = split(read_training_archive(), excluded_identities())
        parts = Data(part(train), part(validation), drawn(DRAWN_TRAINING), drawn(DRAWN_VALIDATION))
        arrays = {f"{name}_{field}": getattr(value, field) for name, value in vars(parts).items()
                  for field in ("images", "labels")}
        np.savez_compressed(path, **arrays)
    with np.load(path) as file:
        names = ("train", "validation", "drawn_train", "drawn_validation")
        return Data(**{name: Part(file[f"{name}_images"], file[f"{name}_labels"]) for name in names})
