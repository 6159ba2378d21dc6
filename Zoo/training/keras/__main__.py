"""Trains a Keras recipe of the zoo: `python -m training.keras MODEL-ID` in the folder Zoo.

Checkpoints go to `.cache/training/<model-id>/`; a second call goes on where the first one stopped.
`python -m training.keras.export MODEL-ID` writes the ONNX file.
"""

import argparse
import json
import os
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402

from .. import dataset, recipe as recipes  # noqa: E402
from ..pixels import LABELS, cache  # noqa: E402
from ..soft import soft_targets  # noqa: E402
from . import initial  # noqa: E402
from .augment import augmentation  # noqa: E402
from .models import build  # noqa: E402


LONGEST_STEP = 60.0
"""Seconds that one step may count, the first one's compilation included; a longer one was held up."""


def normalise(images, contract):
    """uint8 N x 48 x 48 to the model's input; all channels are the grey one."""
    channels = 1 if contract["channels"] == "grey" else 3
    x = np.repeat(np.asarray(images, np.float32)[..., None] * contract["scale"], channels, axis=-1)
    return (x - np.float32(contract["mean"])) / np.float32(contract["std"])


def one_hot(labels):
    return np.eye(len(LABELS), dtype=np.float32)[labels]


class Schedule(keras.callbacks.Callback):
    """Learning rate up, then down by a cosine, by steps or by the clock where that is further. Stops at its
    end."""

    def __init__(self, recipe, steps, minutes):
        super().__init__()
        self.recipe, self.steps, self.minutes = recipe, steps, minutes
        self.step, self.seconds = 0, 0.0

    def progress(self):
        by_clock = self.seconds / (60 * self.minutes) if self.minutes else 0
        return min(max(self.step / self.steps, by_clock), 1)

    def on_train_batch_begin(self, batch, logs=None):
        self.began, progress, warmup = time.monotonic(), self.progress(), self.recipe.warmup
        if progress < warmup:
            part = max(progress / warmup, 0.02)
        else:
            part = 0.5 + 0.5 * np.cos(np.pi * (progress - warmup) / (1 - warmup))
        self.model.optimizer.learning_rate = self.recipe.learning_rate * float(part)

    def on_train_batch_end(self, batch, logs=None):
        self.seconds += min(time.monotonic() - self.began, LONGEST_STEP)
        self.step += 1
        if self.progress() >= 1:
            self.model.stop_training = True


def targets(data, recipe):
    """Of the real training images: a row of label weights each, a part of it from the recipe's teachers."""
    rows = one_hot(data.train.labels)
    if recipe.teacher:
        rows += recipe.teacher_share * (soft_targets(recipe.teacher, data.train.images) - rows)
    return rows.astype(np.float32)


def batches(data, rows, recipe, seed):
    """One epoch: all real images of the training part, with their `targets`, and some drawn faces,
    augmented."""
    random = np.random.default_rng(seed)
    chosen = random.permutation(len(data.drawn_train))[:recipe.drawn_per_epoch]
    images = np.concatenate([data.train.images, data.drawn_train.images[chosen]])
    rows = np.concatenate([rows, one_hot(data.drawn_train.labels[chosen])])
    order, augment = random.permutation(len(images)), augmentation(recipe.augment)
    mean, deviation = (np.float32(recipe.input[key]) for key in ("mean", "std"))

    def prepare(x, y):
        x = augment(tf.cast(x[..., None], tf.float32) / 255)
        return (x * (255 * recipe.input["scale"]) - mean) / deviation, y

    return (tf.data.Dataset.from_tensor_slices((images[order], rows[order]))
            .batch(recipe.batch, drop_remainder=True).map(prepare).prefetch(2))


def compiled(recipe, log=print):
    """A new network, and the names of the layers that the recipe's `init` gave weights."""
    model = build(len(LABELS), **recipe.settings)
    taken = initial.apply(model, recipes.ZOO / recipe.init, log) if recipe.init else []
    prepare(model, recipe)
    return model, [layer.name for layer in taken]


def hold(model, recipe, names, held):
    """Lets the layers of those names learn, or not; they keep their statistics as well. Keras wants the model
    compiled anew for that."""
    if any(model.get_layer(name).trainable == held for name in names):
        for name in names:
            model.get_layer(name).trainable = not held
        prepare(model, recipe)


def prepare(model, recipe):
    optimizer = keras.optimizers.SGD(recipe.learning_rate, momentum=0.9, nesterov=True,
                                     weight_decay=recipe.weight_decay or None)
    model.compile(optimizer, keras.losses.CategoricalCrossentropy(label_smoothing=recipe.label_smoothing),
                  metrics=["accuracy"])


def train(recipe, data, folder, minutes=None, log=print, epochs=None):
    """Trains to the end of the schedule, or to `epochs`. One line of history an epoch: Keras' own names, and those that the PyTorch side writes."""
    folder.mkdir(parents=True, exist_ok=True)
    state, last = folder / "history.json", folder / "last.keras"
    history = json.loads(state.read_text()) if state.exists() else []
    keras.utils.set_random_seed(recipe.seed + len(history))
    if history:
        model, given = keras.models.load_model(last), json.loads((folder / "given.json").read_text())
    else:
        model, given = compiled(recipe, log)
        (folder / "given.json").write_text(json.dumps(given))
    per_epoch = (len(data.train) + min(recipe.drawn_per_epoch, len(data.drawn_train))) // recipe.batch
    schedule = Schedule(recipe, per_epoch * recipe.epochs, minutes)
    if history:
        schedule.step, schedule.seconds = history[-1]["step"], history[-1]["minutes"] * 60
    validation = [(normalise(part.images, recipe.input), one_hot(part.labels))
                  for part in (data.validation, data.drawn_validation)]
    rows = targets(data, recipe)
    while len(history) < (epochs or recipe.epochs) and schedule.progress() < 1:
        epoch = len(history) + 1
        hold(model, recipe, given, schedule.progress() < recipe.frozen)
        images = batches(data, rows, recipe, recipe.seed + epoch)
        fitted = model.fit(images, epochs=1, verbose=0, callbacks=[schedule])
        (loss, accuracy), (_, drawn) = (
            model.evaluate(x, y, batch_size=256, verbose=0) for x, y in validation)
        entry = {name: round(values[0], 4) for name, values in fitted.history.items()}
        entry |= {"epoch": epoch, "step": schedule.step, "minutes": round(schedule.seconds / 60, 2),
                  "val_loss": round(loss, 4), "val_accuracy": round(accuracy, 4),
                  "validation_accuracy": round(accuracy, 4), "drawn_accuracy": round(drawn, 4),
                  "keras": keras.__version__}
        log(json.dumps(entry))
        if not history or accuracy > max(line["validation_accuracy"] for line in history):
            model.save(folder / "best.keras")
        model.save(last)
        history.append(entry)
        state.write_text(json.dumps(history, indent=1) + "\n")
    return history


def main():
    arguments = argparse.ArgumentParser(
        prog="python -m training.keras", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("model", help="a folder of Zoo/ with a Keras recipe")
    arguments.add_argument("--minutes", type=float, help="the schedule is shortened to end after so many")
    arguments.add_argument("--threads", type=int, default=2)
    options = arguments.parse_args()
    tf.config.threading.set_intra_op_parallelism_threads(options.threads)
    tf.config.threading.set_inter_op_parallelism_threads(options.threads)
    train(recipes.load(options.model), dataset.load(), cache() / "training" / options.model, options.minutes,
          lambda line: print(line, flush=True))


if __name__ == "__main__":
    main()
