#!/usr/bin/env python3
"""Converts a Keras model, .keras or .h5, to ONNX by tf2onnx.

    keras_to_onnx.py MODEL.keras OUT.onnx [--opset N]

The input stays N x H x W x C, as Keras has it. Needs Zoo/training/keras/requirements.txt. A model with layers
of its own must be loaded by a script of yours; call `training.keras.convert.convert(model, path)` there.
"""

import argparse
import os
import sys
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))


def load(path):
    import keras
    if path.suffix not in (".keras", ".h5", ".hdf5"):
        sys.exit(f"{path}: a Keras model's file ends in .keras or .h5")
    if not path.exists():
        sys.exit(f"{path}: no such file")
    try:
        return keras.models.load_model(path, compile=False)
    except Exception as error:  # Keras raises whatever its parts raise
        sys.exit(f"{path}: Keras {keras.__version__} does not load it: {error}\n"
                 "A file of weights only needs the model they belong to: build it, load_weights, save it.")


def main():
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("model", type=Path)
    arguments.add_argument("out", type=Path)
    arguments.add_argument("--opset", type=int, default=17)
    options = arguments.parse_args()
    from training.keras.convert import convert
    model = load(options.model)
    convert(model, options.out, options.opset)
    print(f"{options.out}: input {model.inputs[0].shape}, output {model.outputs[0].shape}, "
          f"{options.out.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
