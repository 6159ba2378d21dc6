"""The training code itself, on a few drawn faces. Needs torch (Zoo/training/requirements.txt)."""

import json
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import numpy as np
import onnxruntime

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from training import dataset  # noqa: E402
from training.pixels import LABELS  # noqa: E402

try:
    import torch
    from training import initial, pretrained, queue, recipe, soft, variants
    from training.augment import augment, mixup
    from training.__main__ import parser, variant
    from training.engine import Training, learning_rate
    from training.models import build
    from training.preprocess import normalise, to_unit
    from training.sampling import Sampler, balanced, one_hot
    ABSENT = None
except ImportError:
    ABSENT = "torch is not installed, the training code is not exercised (Zoo/training/requirements.txt)"

MODELS = ("fer-cnn-bn", "fer-cnn-plain", "fer-resnet10", "fer-resnet28", "fer-vgg16", "fer-efficientnet", "fer-vit")


def few():
    part = dataset.drawn(range(5_000_000, 5_000_008))
    return dataset.Data(train=part, validation=part, drawn_train=part, drawn_validation=part)


def tensor(name, *parts):
    """A layer with its numbers as dlib writes them."""
    values = b"".join(np.ascontiguousarray(part, "<f4").tobytes() for part in parts)
    count = len(values) // 4
    extents = b"".join(bytes([(size.bit_length() + 7) // 8]) + size.to_bytes((size.bit_length() + 7) // 8, "little")
                       for size in (count, 1, 1, 1))
    return bytes([1, len(name)]) + name + b"\x01\x02" + extents + values


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

    def test_every_family_learns_a_few_faces(self):
        for model_id in MODELS:
            with self.subTest(model_id), tempfile.TemporaryDirectory() as folder:
                own = recipe.load(model_id)
                value = self.settings(
                    model=own.model, settings=own.settings, optimizer=own.optimizer, augment={}, epochs=25,
                    learning_rate=own.learning_rate / 4, small_side=32, small_until=2)
                training = Training(value, self.data, Path(folder))
                training.run(log=lambda line: None)
                losses = [entry["train_loss"] for entry in training.history]
                self.assertLess(losses[-1], 0.8 * losses[0])

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
        _, target = mixup(x, one_hot(labels), 0.4)
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

    def test_balanced_epoch_has_each_class_equally_often(self):
        labels = torch.tensor([0] * 50 + [1] * 3 + [2] * 20)
        chosen = balanced(labels, 10)
        self.assertEqual(torch.bincount(labels[chosen]).tolist(), [10, 10, 10])
        rare = torch.bincount(chosen, minlength=73)[50:53]
        self.assertEqual(sorted(rare.tolist()), [3, 3, 4])
        self.assertEqual(len(set(chosen[:10].tolist())), 10)  # none of a large class twice

    def test_epoch_has_as_many_batches_as_the_schedule_counts(self):
        for balance in (0, 3):
            sampler = Sampler(self.data, self.settings(balance=balance))
            self.assertEqual(len(list(sampler.epoch())), len(sampler))

    def test_teacher_has_its_share_of_the_targets(self):
        soft = np.full((len(self.data.train), len(LABELS)), 1 / len(LABELS), np.float32)
        sampler = Sampler(self.data, self.settings(teacher_share=0.7), soft)
        torch.testing.assert_close(sampler.targets.sum(1), torch.ones(len(soft)))
        own = sampler.targets.gather(1, torch.as_tensor(self.data.train.labels)[:, None])
        torch.testing.assert_close(own, torch.full_like(own, 0.3 + 0.7 / len(LABELS)))

    def test_given_weights_stay_until_they_are_unfrozen(self):
        with tempfile.TemporaryDirectory() as folder:
            value = self.settings(epochs=2, frozen=0.5)
            weights = build(value.model, len(LABELS), value.settings).state_dict()
            last = [name for name in weights if name.endswith("weight")][-1]
            del weights[last]  # as with a head for other classes
            torch.save({"state_dict": weights}, Path(folder) / "given.pth")
            said = []
            training = Training(value, self.data, Path(folder) / "run", init=Path(folder) / "given.pth",
                                log=said.append)
            self.assertIn(last, said[0])
            steps = training.progress
            training.progress = lambda minutes: 1 if training.epoch == 1 else steps(minutes)
            training.run(log=lambda line: None)
            now = training.network.state_dict()
            self.assertTrue(all(torch.equal(now[name], weights[name]) for name in weights))
            again = Training(value, self.data, Path(folder) / "run")
            again.resume()
            again.run(log=lambda line: None)
            now = again.network.state_dict()
            self.assertFalse(any(torch.equal(now[name], weights[name]) for name in weights))

    def test_starts_from_a_model_of_the_zoo(self):
        path = recipe.ZOO / "fer-cnn-bn" / "model.onnx"
        value = recipe.load("fer-cnn-bn")
        network = build(value.model, len(LABELS), value.settings)
        taken = initial.apply(network, path, log=lambda line: None)
        counters = {name for name in network.state_dict() if name.endswith("num_batches_tracked")}
        self.assertEqual(taken, set(network.state_dict()) - counters)
        x = to_unit(self.data.train.images[:6]) * 2 - 1
        session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
        with torch.no_grad():
            found = network.eval()(x).softmax(1).numpy()
        np.testing.assert_allclose(found, session.run(None, {"input": x.numpy()})[0], atol=1e-5)

    def test_weights_of_another_network_are_refused(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "other.pth"
            torch.save({"conv.weight": torch.zeros(3, 3)}, path)
            with self.assertRaisesRegex(ValueError, "other.pth"):
                Training(self.settings(), self.data, Path(folder) / "run", init=path)
            torch.save({"conv": 1}, path)
            with self.assertRaisesRegex(ValueError, "state_dict"):
                Training(self.settings(), self.data, Path(folder) / "run", init=path)

    def test_published_weights_take_this_folders_names(self):
        network = build("efficientnet", 10, {"channels": 3, "lite": True})
        own = network.state_dict()
        body = [value for name, value in own.items() if not name.startswith("classifier")]
        published = {f"_layers.{index}": value.clone() for index, value in enumerate(body)}
        published |= {"_fc.weight": torch.zeros(1000, 1280), "_fc.bias": torch.zeros(1000)}
        found = pretrained.renamed(published, network)
        self.assertEqual({name.split(".")[0] for name in set(own) - set(found)}, {"classifier"})
        self.assertTrue(all(torch.equal(value, own[name]) for name, value in found.items()))
        with self.assertRaisesRegex(ValueError, "_layers.0"):
            pretrained.renamed({**published, "_layers.0": torch.zeros(2)}, network)
        with self.assertRaises(ValueError):
            pretrained.renamed({name: published[name] for name in list(published)[1:]}, network)

    def test_dlibs_file_becomes_the_same_function(self):
        """Against dlib's layers as they are: colour, biases, an affine layer for each convolution, shortcuts that
        only take a mean. The file is written here, with small random numbers."""
        random = np.random.default_rng(5)
        filters, affines, stages = [], [], [(32, 3), (64, 4), (128, 3), (256, 3)]
        shapes = [(32, 3, 7, 7)]
        before = 32
        for width, count in stages:
            for _ in range(count):
                shapes += [(width, before, 3, 3), (width, width, 3, 3)]
                before = width
        data = b"\x01\x01\x01\rloss_metric_2"
        for shape in shapes:
            weights = random.normal(0, np.sqrt(1 / np.prod(shape[1:])), shape).astype("<f4")
            bias, scale, offset = (random.normal(center, 0.1, shape[0]).astype("<f4") for center in (0, 1, 0))
            data += tensor(b"con_4", weights, bias) + tensor(b"affine_", scale, offset) + b"\x01\x05relu_"
            filters.append((torch.tensor(weights), torch.tensor(bias)))
            affines.append((torch.tensor(scale), torch.tensor(offset)))

        network = build("faceresnet", 7, {})
        images = torch.tensor(random.uniform(-1, 1, (4, 1, 96, 96)).astype("float32"))
        with mock.patch.object(pretrained, "published", return_value=data), \
                mock.patch.object(pretrained.dataset, "load", return_value=self.data):
            own = pretrained.faceresnet()
        self.assertEqual({name for name in network.state_dict() if name not in own}, {"fc.weight", "fc.bias"})
        network.load_state_dict(own, strict=False)

        layers = iter(zip(filters, affines))

        def layer(x, stride, padding):
            (weights, bias), (scale, offset) = next(layers)
            x = torch.nn.functional.conv2d(x, weights, bias, stride, padding)
            return x * scale.view(1, -1, 1, 1) + offset.view(1, -1, 1, 1)

        # Padded with what the network takes for zero, the grey in the middle.
        pixels = torch.nn.functional.pad(images, (3, 3, 3, 3)).add(1).mul(127.5).expand(-1, 3, -1, -1)
        x = (pixels - torch.tensor(pretrained.DLIB_MEAN).view(1, 3, 1, 1)) / 256
        x = torch.nn.functional.max_pool2d(layer(x, 2, 0).relu(), 3, 2, ceil_mode=True)
        for index, (width, count) in enumerate(stages):
            for block in range(count):
                shortcut, stride = x, 1
                if index > 0 and block == 0:
                    shortcut, stride = torch.nn.functional.avg_pool2d(x, 2), 2
                    shortcut = torch.nn.functional.pad(shortcut, (0, 0, 0, 0, 0, width - shortcut.shape[1]))
                    x = torch.nn.functional.pad(x, (0, x.shape[3] % 2 == 0, 0, x.shape[2] % 2 == 0))
                y = layer(x, stride, 0 if stride == 2 else 1).relu()
                x = (layer(y, 1, 1) + shortcut).relu()
        self.assertIsNone(next(layers, None))
        expected = x.mean((2, 3))
        network.fc, network.dropout = torch.nn.Identity(), torch.nn.Identity()
        with torch.no_grad():
            found = network.eval()(images)
        self.assertGreater(float(expected.std()), 0.01)
        self.assertLess(float((found - expected).abs().max()), 1e-3 * float(expected.abs().max()))

        for broken in (data[:-30], data.replace(b"\x01\x02\x02\x80\x12", b"\x01\x03\x02\x80\x12")):
            with self.assertRaisesRegex(ValueError, "no tensor of version 2|no whole number"):
                list(pretrained.dlib_layers(broken))

    def test_models_of_the_zoo_get_their_norms_back(self):
        for model_id in ("fer-vgg16", "fer-resnet28"):
            value = recipe.load(model_id)
            network = build(value.model, len(LABELS), value.settings)
            with mock.patch.object(dataset, "load", lambda: self.data):
                network.load_state_dict(pretrained.with_norms(model_id))
            x = normalise(to_unit(torch.as_tensor(self.data.train.images)), value.input)
            session = onnxruntime.InferenceSession(recipe.ZOO / model_id / "model.onnx")
            expected = session.run(None, {"input": x.numpy()})[0]
            with torch.no_grad():
                found = network.eval()(x).softmax(1)
            np.testing.assert_allclose(found, expected, atol=1e-5)
        with self.assertRaisesRegex(ValueError, "no convolution with a bias"):
            pretrained.with_norms("fer-cnn")

    def test_weights_for_a_part_of_the_network(self):
        value = recipe.load("fer-vit")
        network = build(value.model, len(LABELS), value.settings)
        given = recipe.ZOO / "fer-cnn-bn" / "model.onnx"
        taken = initial.apply(network, given, log=lambda line: None, under=value.init_under)
        self.assertEqual({name.split(".")[0] for name in taken}, {"patch"})
        stem, cnn = network.patch.state_dict(), initial.read(given)
        self.assertTrue(all(torch.equal(stem[name.removeprefix("patch.")], cnn[name.removeprefix("patch.")])
                            for name in taken))
        self.assertEqual(sum(name.endswith("running_var") for name in taken), 4)

    def test_equal_tensors_of_an_onnx_file_are_all_read(self):
        value = recipe.load("fer-resnet10")
        network = build(value.model, len(LABELS), value.settings)
        taken = initial.apply(network, recipe.ZOO / "fer-resnet10" / "model.onnx", log=lambda line: None)
        counters = {name for name in network.state_dict() if name.endswith("num_batches_tracked")}
        self.assertEqual(taken, set(network.state_dict()) - counters)

    def test_fixed_parts_stay_to_the_end(self):
        with tempfile.TemporaryDirectory() as folder:
            value = self.settings(epochs=2, fixed=["0."])
            torch.save(build(value.model, len(LABELS), value.settings).state_dict(), Path(folder) / "given.pth")
            training = Training(value, self.data, Path(folder) / "run", init=Path(folder) / "given.pth",
                                log=lambda line: None)
            before = {name: tensor.clone() for name, tensor in training.network.state_dict().items()}
            training.run(log=lambda line: None)
            same = {name for name, tensor in training.network.state_dict().items()
                    if torch.equal(tensor, before[name])}
            self.assertEqual(same, {"0.weight", "0.bias"})

    def test_checkpoints_may_be_written_seldom(self):
        with tempfile.TemporaryDirectory() as folder:
            often, seldom = ([], "often", 0), ([], "seldom", 3600)
            for written, name, seconds in (often, seldom):
                training = Training(self.settings(epochs=3), self.data, Path(folder) / name)
                save = training.save
                training.save = lambda name, state: (written.append(name), save(name, state))
                training.run(log=lambda line: None, checkpoint_seconds=seconds)
            self.assertGreaterEqual(often[0].count("last.pt"), 3)
            self.assertEqual(sorted(seldom[0]), ["best.pt", "last.pt"])
            best = [torch.load(Path(folder) / name / "best.pt") for name in ("often", "seldom")]
            self.assertEqual(best[0]["epoch"], best[1]["epoch"])
            for name, tensor in best[0]["average"].items():
                self.assertTrue(torch.equal(tensor, best[1]["average"][name]), name)

    def test_a_checkpoint_teaches(self):
        with tempfile.TemporaryDirectory() as folder, mock.patch.object(soft, "cache", lambda: Path(folder)):
            value = recipe.load("fer-cnn-plain")
            network = build(value.model, len(LABELS), value.settings).eval()
            path = soft.checkpoint("fer-cnn-plain")
            with self.assertRaisesRegex(SystemExit, "train fer-cnn-plain first"):
                soft.soft_targets(["checkpoint:fer-cnn-plain"], self.data.train.images)
            path.parent.mkdir(parents=True)
            torch.save({"average": network.state_dict()}, path)
            found = soft.soft_targets(["checkpoint:fer-cnn-plain"], self.data.train.images)
            x = to_unit(self.data.train.images) * 2 - 1
            with torch.no_grad():
                expected = (network(x).softmax(1) + network(x.flip(-1)).softmax(1)) / 2
            np.testing.assert_allclose(found, expected, atol=1e-6)

    def test_a_queue_divides_its_time(self):
        parts = queue.shares([], {"a": 2, "b": 1, "c": 1})
        self.assertEqual(parts, [("a", 0.5), ("b", 0.5), ("c", 1)])
        self.assertEqual(queue.shares(["c", "a"], {"a": 3, "b": 1, "c": 1}), [("a", 0.75), ("c", 1)])
        with self.assertRaisesRegex(SystemExit, "d is not in"):
            queue.shares(["d"], {"a": 1})

    def test_the_queue_can_be_run(self):
        names = list(json.loads(queue.QUEUE.read_text()))
        for index, name in enumerate(names):
            value = recipe.load(name)
            build(value.model, len(LABELS), value.settings)
            before = {f"checkpoint:{earlier}" for earlier in names[:index]}
            self.assertLessEqual(set(value.teacher), before)

    def test_variants_of_one_length_are_collected(self):
        with tempfile.TemporaryDirectory() as folder:
            for name, accuracies in {"m.epochs-2": (0.3, 0.5), "m.rgb.epochs-2": (0.4, 0.6), "m": (0.9, 0.9),
                                     "m.balance-1500.epochs-2": (0.2, 0.1), "m.rgb.epochs-1": (0.7,),
                                     "m.grey.epochs-2": (0.8,)}.items():
                (Path(folder) / name).mkdir()
                (Path(folder) / name / "history.json").write_text(
                    json.dumps([{"validation_accuracy": value} for value in accuracies]))
            found = variants.collect("m", Path(folder))
            self.assertEqual([(v["variant"], v["validationAccuracy"]) for v in found],
                             [("as the recipe says", 0.5), ("rgb input", 0.6),
                              ("1,500 images of each class in an epoch", 0.2)])

    def test_a_colour_variant_takes_colour_and_has_its_own_checkpoints(self):
        options = parser().parse_args(["fer-cnn-bn", "--color", "rgb", "--balance", "500"])
        value, name = variant(recipe.load("fer-cnn-bn"), options)
        self.assertEqual((name, value.balance), ("fer-cnn-bn.rgb.balance-500", 500))
        x = normalise(to_unit(self.data.train.images[:4]), value.input)
        self.assertEqual(tuple(x.shape), (4, 3, 48, 48))
        self.assertEqual(tuple(build(value.model, len(LABELS), value.settings)(x).shape), (4, len(LABELS)))
        same = variant(recipe.load("fer-cnn-bn"), parser().parse_args(["fer-cnn-bn", "--color", "grey"]))
        self.assertEqual(same, (recipe.load("fer-cnn-bn"), "fer-cnn-bn"))


if __name__ == "__main__":
    unittest.main()
