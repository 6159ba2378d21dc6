"""The training code itself, on a few drawn faces. Needs torch (Zoo/training/requirements.txt)."""

import sys
import tempfile
import unittest
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from training import dataset  # noqa: E402
from training.pixels import LABELS  # noqa: E402

try:
    import torch
    from training import recipe
    from training.augment import augment, mixup
    from training.engine import Training, learning_rate
    from training.models import build
    from training.preprocess import normalise, to_unit
    ABSENT = None
except ImportError:
    ABSENT = "torch is not installed, the training code is not exercised (Zoo/training/requirements.txt)"

MODELS = ("fer-cnn-bn", "fer-cnn-plain")


def few():
    part = dataset.drawn(range(5_000_000, 5_000_008))
    return dataset.Data(train=part, validation=part, drawn_train=part, drawn_validation=part)


def setUpModule():
    if ABSENT:
        print(ABSENT)


@unittest.skipIf(ABSENT, ABSENT)
class TrainingCode(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.data = few()

    def settings(self, **changes):
        value = recipe.load("fer-cnn-plain")
        for name, change in {"batch": 16, "epochs": 2, "drawn_per_epoch": 8, **changes}.items():
            setattr(value, name, change)
        return value

    def test_resumed_training_equals_an_uninterrupted_one(self):
        with tempfile.TemporaryDirectory() as folder:
            whole = Training(self.settings(), self.data, Path(folder) / "whole")
            whole.run(log=lambda line: None)
            first = Training(self.settings(), self.data, Path(folder) / "parts")
            first.recipe.epochs = 2
            steps = first.progress
            first.progress = lambda minutes: 1 if first.epoch == 1 else steps(minutes)
            first.run(log=lambda line: None)
            second = Training(self.settings(), self.data, Path(folder) / "parts")
            second.resume()
            self.assertEqual(second.epoch, 1)
            second.run(log=lambda line: None)
            for name, value in whole.network.state_dict().items():
                self.assertTrue(torch.equal(value, second.network.state_dict()[name]), name)

    def test_learns_a_few_faces(self):
        with tempfile.TemporaryDirectory() as folder:
            training = Training(self.settings(epochs=12, augment={}, small_side=0), self.data, Path(folder))
            training.run(log=lambda line: None)
            losses = [entry["train_loss"] for entry in training.history]
            self.assertLess(losses[-1], 0.7 * losses[0])

    def test_learning_rate_rises_then_falls_to_zero(self):
        value = self.settings(warmup=0.25, learning_rate=2.0)
        rates = [learning_rate(value, k / 100) for k in range(101)]
        self.assertEqual(max(rates), rates[25])
        self.assertEqual(rates[:26], sorted(rates[:26]))
        self.assertEqual(rates[25:], sorted(rates[25:], reverse=True))
        self.assertAlmostEqual(rates[-1], 0)

    def test_augmentation_keeps_range_and_shape(self):
        x = to_unit(self.data.train.images)
        for side in (48, 32):
            y = augment(x, recipe.load("fer-cnn-bn").augment, side)
            self.assertEqual(tuple(y.shape), (len(x), 1, side, side))
            self.assertTrue(0 <= y.min() and y.max() <= 1)
        self.assertTrue(torch.equal(augment(x, {}, 48), x))

    def test_flip_alone_mirrors_or_leaves(self):
        x = to_unit(self.data.train.images)
        y = augment(x, {"affine": {"degrees": 0, "shift": 0, "scale": 0}}, 48)
        kept = [torch.allclose(a, b, atol=1e-5) for a, b in zip(x, y)]
        flipped = [torch.allclose(a.flip(-1), b, atol=1e-5) for a, b in zip(x, y)]
        self.assertTrue(all(a or b for a, b in zip(kept, flipped)))
        self.assertTrue(any(kept) and any(flipped))

    def test_mixup_keeps_the_weights_of_labels(self):
        x, labels = to_unit(self.data.train.images), torch.as_tensor(self.data.train.labels)
        _, target = mixup(x, labels, len(LABELS), 0.4)
        torch.testing.assert_close(target.sum(1), torch.ones(len(labels)))
        self.assertTrue((target.gather(1, labels[:, None]) >= 0.5).all())

    def test_preprocessing_is_what_the_manifest_says(self):
        contract = {**recipe.load("fer-cnn-bn").input, "channels": "rgb", "width": 64, "height": 64,
                    "mean": [0.4, 0.5, 0.6], "std": [0.2, 0.3, 0.4]}
        images = np.full((1, 48, 48), 51, np.uint8)
        values = normalise(to_unit(images), contract)
        self.assertEqual(tuple(values.shape), (1, 3, 64, 64))
        torch.testing.assert_close(values[0, :, 0, 0], torch.tensor([-1.0, -1.0, -1.0]))

    def test_networks_are_what_their_recipes_say(self):
        for model_id in MODELS:
            value = recipe.load(model_id)
            network = build(value.model, len(LABELS), value.settings).train()
            for side in (48, 32):
                self.assertEqual(tuple(network(torch.rand(4, 1, side, side)).shape), (4, len(LABELS)))


if __name__ == "__main__":
    unittest.main()
