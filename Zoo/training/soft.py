"""The teachers' probabilities for the training images, which are computed once and kept in the cache. What is
kept can be read without PyTorch: `python -m training.soft MODEL-ID` makes it for a Keras recipe."""

import argparse
import hashlib
import json

import numpy as np

from .pixels import cache
from .recipe import ZOO, load

CHECKPOINT = "checkpoint:"


def checkpoint(model_id):
    return cache() / "training" / model_id / "best.pt"


def kept(name):
    """The file for a teacher's probabilities, named by the hash of the teacher's weights."""
    model_id = name.removeprefix(CHECKPOINT)
    if name == model_id:
        digest = json.loads((ZOO / model_id / "model.json").read_text())["file"]["sha256"]
    elif checkpoint(model_id).exists():
        digest = hashlib.sha256(checkpoint(model_id).read_bytes()).hexdigest()
    else:
        raise SystemExit(f"{name}: {checkpoint(model_id)} is absent; train {model_id} first, or name a model "
                         "with weights")
    return cache() / f"teacher-{digest[:16]}.npy"


def soft_targets(models, images, device="cpu"):
    """The teachers' mean probabilities, one row for each image."""
    total = np.zeros(0)
    for name in models:
        path = kept(name)
        if not path.exists():
            try:
                from . import teacher
            except ImportError as error:
                raise SystemExit(f"{error}: call python -m training.soft with this recipe's name where "
                                 "Zoo/training/requirements.txt is installed, then again here") from error
            np.save(path, teacher.probabilities(name, images, device))
        rows = np.load(path)
        if len(rows) != len(images):
            raise ValueError(f"{path} has {len(rows)} rows for {len(images)} images; delete it")
        total = total + rows if len(total) else rows
    return total / len(models)


def main():
    from . import dataset
    arguments = argparse.ArgumentParser(prog="python -m training.soft", description=__doc__)
    arguments.add_argument("model", help="a folder of Zoo/ with a recipe that has teachers")
    teachers = load(arguments.parse_args().model).teacher
    print(f"{', '.join(teachers) or 'no teachers'}: kept in {cache()}")
    if teachers:
        soft_targets(teachers, dataset.load().train.images)


if __name__ == "__main__":
    main()
