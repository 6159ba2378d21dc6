"""Trains one model of the zoo: `python -m training MODEL-ID` in the folder Zoo.

Checkpoints go to `.cache/training/<model-id>/`; a second call goes on where the first one stopped.
`python -m training.export MODEL-ID` writes the ONNX file.
"""

import argparse
import functools

import torch

from . import dataset, recipe
from .engine import Training
from .pixels import cache


def main():
    arguments = argparse.ArgumentParser(
        prog="python -m training", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("model", help="a folder of Zoo/ with a recipe.json")
    arguments.add_argument("--minutes", type=float, help="the schedule is shortened to end after so many")
    arguments.add_argument("--threads", type=int, default=2)
    options = arguments.parse_args()
    torch.set_num_threads(options.threads)
    training = Training(recipe.load(options.model), dataset.load(), cache() / "training" / options.model)
    training.resume()
    training.run(options.minutes, functools.partial(print, flush=True))


if __name__ == "__main__":
    main()
