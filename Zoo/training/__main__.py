"""Trains one model of the zoo: `python -m training MODEL-ID` in the folder Zoo.

Checkpoints go to `.cache/training/<model-id>/`; a second call goes on where the first one stopped, also with
more minutes or epochs than before. `python -m training.export MODEL-ID` writes the ONNX file.

--balance, --color and --epochs train a variant of the recipe, beside the model and for comparison: its
checkpoints have a folder of their own (`<model-id>.rgb.epochs-6`). `python -m training.variants MODEL-ID`
collects what they reached for the card.
"""

import argparse
import dataclasses
import functools

import torch

from . import dataset, recipe
from .engine import Training
from .pixels import cache
from .soft import soft_targets


def variant(value, options):
    """(recipe, name of the checkpoint folder) after the command line's changes."""
    name = options.model
    if options.color and options.color != value.input["channels"]:
        value, name = value.coloured(options.color), f"{name}.{options.color}"
    if options.balance is not None and options.balance != value.balance:
        value, name = dataclasses.replace(value, balance=options.balance), f"{name}.balance-{options.balance}"
    if options.epochs and options.epochs != value.epochs:
        value, name = dataclasses.replace(value, epochs=options.epochs), f"{name}.epochs-{options.epochs}"
    if options.init and not value.frozen:
        value = dataclasses.replace(value, frozen=0.2)
    return value, name


def parser():
    arguments = argparse.ArgumentParser(
        prog="python -m training", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("model", help="a folder of Zoo/ with a recipe.json")
    arguments.add_argument("--minutes", type=float, help="the schedule is shortened to end after so many")
    arguments.add_argument("--init", metavar="FILE", help="starts from these weights (.pth, .safetensors, "
                           ".onnx); they stay as they are for the recipe's `frozen` part, 0.2 by default")
    arguments.add_argument("--balance", type=int, metavar="N", help="N real images of each class in an epoch")
    arguments.add_argument("--color", choices=("grey", "rgb"), help="the network's input channels")
    arguments.add_argument("--epochs", type=int, metavar="N", help="instead of the recipe's number")
    arguments.add_argument("--checkpoint-seconds", type=float, default=0, metavar="N", help="checkpoints are "
                           "written at most so often, and at the end; without it after every epoch")
    arguments.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    arguments.add_argument("--threads", type=int, default=2)
    return arguments


def main():
    options = parser().parse_args()
    torch.set_num_threads(options.threads)
    train(options, dataset.load())


def train(options, data):
    """`options`: what the command line says (`parser`)."""
    value, name = variant(recipe.load(options.model), options)
    soft = soft_targets(value.teacher, data.train.images, options.device) if value.teacher else None
    if options.init and (cache() / "training" / name / "last.pt").exists():
        raise SystemExit(f"{name} has a checkpoint to go on from, --init would be lost; remove "
                         f"{cache() / 'training' / name} to begin anew")
    init = options.init or (recipe.ZOO / value.init if value.init else None)
    log = functools.partial(print, flush=True)
    training = Training(value, data, cache() / "training" / name, soft, init, options.device, log)
    training.resume()
    training.run(options.minutes, log, options.checkpoint_seconds)


if __name__ == "__main__":
    main()
