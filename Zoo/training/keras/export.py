"""Writes `Zoo/<model-id>/model.onnx` from a Keras recipe's best checkpoint by tf2onnx, and its
`history.json`: `python -m training.keras.export MODEL-ID`. The input stays as Keras has it, N x 48 x 48 x
channels."""

import argparse
import os
import shutil

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras  # noqa: E402

from .. import recipe as recipes  # noqa: E402
from ..pixels import cache  # noqa: E402
from .convert import convert  # noqa: E402


def main():
    arguments = argparse.ArgumentParser(prog="python -m training.keras.export", description=__doc__)
    arguments.add_argument("model")
    model_id = arguments.parse_args().model
    checkpoints, folder = cache() / "training" / model_id, recipes.ZOO / model_id
    path = folder / "model.onnx"
    convert(keras.models.load_model(checkpoints / "best.keras"), path)
    shutil.copyfile(checkpoints / "history.json", folder / "history.json")
    print(f"{path}: {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
