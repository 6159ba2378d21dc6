"""Collects what the variants of a recipe reached into `Zoo/<model-id>/variants.json`, for the card:
`python -m training.variants MODEL-ID`. Each was trained by `python -m training MODEL-ID --epochs N` with or
without `--balance` and `--color`; only those with the same number of epochs are listed."""

import argparse
import json
import re

from .pixels import cache
from .recipe import ZOO


def describe(parts):
    """The parts of a checkpoint folder's name behind the model's id, in words."""
    words = []
    for part in parts:
        if found := re.fullmatch(r"balance-(\d+)", part):
            words.append(f"{int(found[1]):,} images of each class in an epoch")
        elif part in ("rgb", "grey"):
            words.append(f"{part} input")
    return ", ".join(words) or "as the recipe says"


def collect(model_id, folder):
    """One entry for each finished variant below `folder`, the unchanged recipe first."""
    found = []
    paths = folder.glob(f"{model_id}.*/history.json")
    for path in sorted(paths, key=lambda path: (len(path.parent.name), path)):
        parts = path.parent.name.removeprefix(model_id + ".").split(".")
        epochs = next((int(part.removeprefix("epochs-")) for part in parts if part.startswith("epochs-")), 0)
        history = json.loads(path.read_text())
        if epochs and len(history) == epochs:
            found.append({"variant": describe(parts), "epochs": epochs,
                          "validationAccuracy": max(entry["validation_accuracy"] for entry in history)})
    most = max((entry["epochs"] for entry in found), default=0)
    return [entry for entry in found if entry["epochs"] == most]


def main():
    arguments = argparse.ArgumentParser(prog="python -m training.variants", description=__doc__)
    arguments.add_argument("model")
    model_id = arguments.parse_args().model
    entries = collect(model_id, cache() / "training")
    if not entries:
        raise SystemExit(f"{model_id}: no finished variant; train with --epochs N first")
    (ZOO / model_id / "variants.json").write_text(json.dumps(entries, indent=1) + "\n")
    for entry in entries:
        print(f"{entry['variant']}: {entry['validationAccuracy']:.2%}")


if __name__ == "__main__":
    main()
