"""Trains several models one after another within given minutes: `python -m training.queue --minutes 15` in the
folder Zoo. The models and what part of the time each gets stand in `training/queue.json`; a later one may have
the checkpoints of earlier ones as its teachers.

Each is exported when it is done: to `Zoo/<model-id>/`, or to `FOLDER/<model-id>/` with --output. Called again,
it goes on: models whose schedule is over are only exported.
"""

import argparse
import json
import time
from pathlib import Path

import torch

from . import dataset, export, recipe
from .__main__ import parser, train

QUEUE = Path(__file__).with_suffix(".json")
SPARED = 0.04
"""Part of the time that is kept for loading, teachers and exporting."""


def shares(chosen, queue):
    """(model id, its part of the time that is left when it begins), in the queue's order. Of the models that
    are not `chosen`, where any are, the others take the time."""
    rest = [(name, share) for name, share in queue.items() if not chosen or name in chosen]
    if missing := [name for name in chosen if name not in queue]:
        raise SystemExit(f"{missing[0]} is not in {QUEUE.name}, which has {', '.join(queue)}")
    return [(name, share / sum(part for _, part in rest[index:])) for index, (name, share) in enumerate(rest)]


def main():
    arguments = argparse.ArgumentParser(
        prog="python -m training.queue", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("models", nargs="*", metavar="MODEL", help="of the queue; all where none is named")
    arguments.add_argument("--minutes", type=float, required=True, help="for everything together")
    arguments.add_argument("--output", type=Path, default=recipe.ZOO, metavar="FOLDER")
    arguments.add_argument("--checkpoint-seconds", default="30", metavar="N", help="30 where it is not given")
    arguments.add_argument("--threads", default="2", metavar="N")
    options = arguments.parse_args()
    began, planned = time.monotonic(), shares(options.models, json.loads(QUEUE.read_text()))
    torch.set_num_threads(int(options.threads))
    data = dataset.load()
    for name, part in planned:
        left = options.minutes * (1 - SPARED) - (time.monotonic() - began) / 60
        if left <= 0:
            print(f"{name}: no time is left, it was not trained", flush=True)
            continue
        print(f"{name}: {left * part:.1f} minutes", flush=True)
        train(parser().parse_args([name, "--minutes", f"{left * part:.3f}",
                                   "--checkpoint-seconds", options.checkpoint_seconds]), data)
        export.export(name, options.output / name)


if __name__ == "__main__":
    main()
