#!/usr/bin/env python3
"""Writes the sample set `Zoo/samples/drawn-faces/<class>/NNN.png`, 28 drawn faces of each class.

    make_samples.py            writes the files
    make_samples.py --check    exits 1 unless the committed pictures are what the script draws

The number in a file's name is its seed; training uses other seeds (`training/dataset.py`).
"""

import argparse
import shutil
import sys
from pathlib import Path

import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from training.drawn_faces import draw  # noqa: E402
from training.pixels import LABELS  # noqa: E402

FOLDER = Path(__file__).resolve().parents[1] / "samples" / "drawn-faces"
PER_CLASS = 28


def files():
    for label in LABELS:
        for seed in range(PER_CLASS):
            yield FOLDER / label / f"{seed:03}.png", label, seed


def check():
    for path, label, seed in files():
        if not np.array_equal(np.asarray(Image.open(path)), draw(label, seed)):
            sys.exit(f"{path} is not what drawing {label} with seed {seed} gives")
    count = len(list(FOLDER.glob("*/*.png")))
    if count != PER_CLASS * len(LABELS):
        sys.exit(f"{FOLDER} holds {count} pictures, should hold {PER_CLASS * len(LABELS)}")
    print(f"{count} drawn faces are as the script draws them")


def main():
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--check", action="store_true")
    if arguments.parse_args().check:
        return check()
    shutil.rmtree(FOLDER, ignore_errors=True)
    for path, label, seed in files():
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(draw(label, seed)).save(path, optimize=True)
    check()


if __name__ == "__main__":
    main()
