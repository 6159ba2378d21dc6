"""The Keras side on a few drawn faces. Needs Keras, TensorFlow and tf2onnx
(Zoo/training/keras/requirements.txt)."""

import dataclasses
import os
import sys
import tempfile
import unittest
from pathlib import Path

import numpy as np
import onnx
import onnxruntime

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
from training import dataset, recipe  # noqa: E402

try:
    import keras
    from training.keras.augment import augmentation
    from training.keras.__main__ import compiled, normalise, train
    from training.keras.convert import convert
    ABSENT = None
except ImportError:
    ABSENT = "Keras, TensorFlow or tf2onnx is absent, the Keras recipes are not exercised " \
             "(Zoo/training/keras/requirements.txt)"

VARIANTS = ("fer-keras-concept", "fer-keras-best", "fer-keras-no-dropout", "fer-keras-plain")


def setUpModule():
    if ABSENT:
        print(ABSENT)


@unittest.skipIf(ABSENT, ABSENT)
class KerasRecipes(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        part = dataset.drawn(range(5_000_000, 5_000_008))
        cls.data = dataset.Data(train=part, validation=part, drawn_train=part, drawn_validation=part)

    def settings(self, **changes):
        return dataclasses.replace(recipe.load("fer-keras-concept"), batch=16, epochs=3, drawn_per_epoch=8,
                                   teacher=[], init="", **changes)

    def test_training_goes_on_where_it_stopped(self):
        with tempfile.TemporaryDirectory() as folder:
            value, folder = self.settings(), Path(folder)
            train(dataclasses.replace(value, epochs=1), self.data, folder, log=lambda line: None)
            first = keras.models.load_model(folder / "last.keras").get_weights()
            said = []
            history = train(value, self.data, folder, log=said.append)
            self.assertEqual([entry["epoch"] for entry in history], [1, 2, 3])
            self.assertEqual(len(said), 2)
            last = keras.models.load_model(folder / "last.keras")
            self.assertFalse(np.array_equal(first[0], last.get_weights()[0]))
            self.assertTrue((folder / "best.keras").exists())

    def test_flip_alone_mirrors_or_leaves(self):
        x = np.float32(self.data.train.images)[..., None] / 255
        y = augmentation({})(x).numpy()
        kept = [np.allclose(a, b, atol=1e-5) for a, b in zip(x, y)]
        flipped = [np.allclose(a[:, ::-1], b, atol=1e-5) for a, b in zip(x, y)]
        self.assertTrue(all(a or b for a, b in zip(kept, flipped)))
        self.assertTrue(any(kept) and any(flipped))

    def test_augmentation_keeps_range_and_moves_as_far_as_it_says(self):
        x = np.float32(self.data.train.images)[..., None] / 255
        y = augmentation(recipe.load("fer-keras-best").augment)(x).numpy()
        self.assertEqual(y.shape, x.shape)
        self.assertTrue(0 <= y.min() and y.max() <= 1)
        column = np.zeros((64, 48, 48, 1), np.float32)
        column[:, :, 23:25] = 1  # in the middle, so that a flip leaves it
        moved = augmentation({"affine": {"degrees": 0, "shift": 0.1, "scale": 0}})(column).numpy()
        centres = (moved.mean(1)[..., 0] * np.arange(48)).sum(1) / moved.mean(1)[..., 0].sum(1)
        self.assertLessEqual(np.abs(centres - 23.5).max(), 4.81)
        self.assertGreater(np.abs(centres - 23.5).max(), 3)

    def test_starts_from_a_network_of_the_zoo(self):
        # What its first three groups compute is what those of fer-cnn-bn do, identities among them.
        value = recipe.load("fer-keras-best")
        model, taken = compiled(value, str)
        self.assertEqual(len(taken), 14)
        graph = onnx.load(recipe.ZOO / value.init)
        pools = [node.output[0] for node in graph.graph.node if node.op_type == "MaxPool"]
        graph.graph.output.append(onnx.helper.make_tensor_value_info(pools[2], 1, None))
        x = normalise(self.data.train.images[:4], value.input)
        expected = onnxruntime.InferenceSession(graph.SerializeToString()).run(
            [pools[2]], {"input": x.transpose(0, 3, 1, 2)})[0]
        third = [layer for layer in model.layers if isinstance(layer, keras.layers.MaxPooling2D)][2]
        found = keras.Model(model.inputs, third.output)(x).numpy()
        np.testing.assert_allclose(found.transpose(0, 3, 1, 2), expected, atol=1e-4)

    def test_given_layers_stay_until_they_are_unfrozen(self):
        with tempfile.TemporaryDirectory() as folder:
            value = dataclasses.replace(self.settings(), init="fer-cnn-plain/model.onnx", frozen=0.5, epochs=2,
                                        teacher=[])
            before = compiled(value, str)[0].layers[0].get_weights()[0]
            weights = []
            for epochs in (1, 2):
                train(value, self.data, Path(folder), log=str, epochs=epochs)
                weights.append(keras.models.load_model(Path(folder) / "last.keras").layers[0].get_weights()[0])
            self.assertTrue(np.array_equal(before, weights[0]))
            self.assertFalse(np.array_equal(before, weights[1]))

    def test_the_clock_ends_a_training(self):
        with tempfile.TemporaryDirectory() as folder:
            history = train(self.settings(), self.data, Path(folder), minutes=1e-6, log=lambda line: None)
            self.assertEqual((len(history), history[0]["step"]), (1, 1))

    def test_variants_differ_in_what_their_names_say(self):
        def kinds(model_id):
            return {type(layer).__name__ for layer in compiled(recipe.load(model_id), str)[0].layers}

        self.assertLessEqual({"BatchNormalization", "Dropout"}, kinds("fer-keras-best"))
        self.assertIn("BatchNormalization", kinds("fer-keras-no-dropout"))
        self.assertNotIn("Dropout", kinds("fer-keras-no-dropout"))
        self.assertFalse({"BatchNormalization", "Dropout"} & kinds("fer-keras-plain"))

    def test_the_onnx_file_gives_what_keras_gives(self):
        for model_id in VARIANTS:
            with self.subTest(model_id), tempfile.TemporaryDirectory() as folder:
                value, path = recipe.load(model_id), Path(folder) / "model.onnx"
                keras.utils.set_random_seed(7)
                model, _ = compiled(value, str)
                model.set_weights([w + 0.01 * np.random.default_rng(1).uniform(0, 1, w.shape)
                                   for w in model.get_weights()])
                convert(model, path)
                graph = onnx.load(path).graph
                self.assertEqual([v.name for v in (*graph.input, *graph.output)], ["input", "probabilities"])
                x = normalise(self.data.train.images[:5], value.input)
                found = onnxruntime.InferenceSession(path).run(None, {"input": x})[0]
                np.testing.assert_allclose(found, model(x).numpy(), atol=1e-4)


if __name__ == "__main__":
    unittest.main()
