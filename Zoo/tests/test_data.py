"""The training data: apart from the test set, divided without leaks, and the same every time.

    python -m unittest discover -s Zoo/tests      (make test runs it)
"""

import sys
import unittest
from pathlib import Path

import numpy as np

ZOO = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ZOO), str(ZOO / "tools")]
import find_overlap  # noqa: E402
import make_samples  # noqa: E402
from training import dataset  # noqa: E402
from training.drawn_faces import draw  # noqa: E402
from training.pixels import LABELS, identity, read_training_archive, training_archive  # noqa: E402

opened = []
"""Every path that this process opened, from an audit hook."""
sys.addaudithook(lambda event, arguments: opened.append(str(arguments[0])) if event == "open" else None)


ABSENT = None if training_archive().exists() else (
    f"FER2013: {training_archive()} is absent, that the parts are disjoint is not checked (AVIARY_SHARED)")


def setUpModule():
    if ABSENT:
        print(ABSENT)


@unittest.skipIf(ABSENT, ABSENT)
class RealData(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        del opened[:]
        cls.entries = list(read_training_archive())
        cls.excluded = dataset.excluded_identities()
        cls.train, cls.validation = dataset.split(cls.entries, cls.excluded)
        cls.opened = list(opened)
        cls.test = find_overlap.test_identities()

    def test_training_code_opens_no_test_image(self):
        self.assertTrue(any("train.tar" in path for path in self.opened), "the hook sees what is opened")
        self.assertEqual([path for path in self.opened if "fer2013/test" in path], [])

    def test_excludes_exactly_the_files_that_equal_a_test_image(self):
        self.assertEqual(len(self.entries), 28_709)
        self.assertEqual(len(self.entries) - len(self.train) - len(self.validation), 703)
        listed = [line.split() for line in dataset.EXCLUDED.read_text().splitlines() if line[0] != "#"]
        found = [(digest, name) for name, digest in find_overlap.overlap()]
        self.assertEqual([tuple(line) for line in listed], found)

    def test_parts_share_no_pixels(self):
        train, validation = ({entry[3] for entry in part} for part in (self.train, self.validation))
        self.assertEqual(len(self.test), 7_092)
        self.assertFalse(train & validation)
        self.assertFalse(train & self.test)
        self.assertFalse(validation & self.test)

    def test_duplicates_stay_on_one_side(self):
        repeated = len(self.train) - len({entry[3] for entry in self.train})
        self.assertGreater(repeated, 100, "the training set has duplicates, so the rule matters")
        self.assertAlmostEqual(len(self.validation) / (len(self.train) + len(self.validation)), 0.1, delta=0.01)

    def test_split_depends_on_pixels_alone(self):
        again, _ = dataset.split(reversed(self.entries), self.excluded)
        self.assertEqual({entry[0] for entry in again}, {entry[0] for entry in self.train})


class DrawnFaces(unittest.TestCase):
    def test_sample_set_is_what_the_script_draws(self):
        make_samples.check()

    def test_shipped_training_and_validation_faces_differ(self):
        ranges = [range(make_samples.PER_CLASS), dataset.DRAWN_TRAINING, dataset.DRAWN_VALIDATION]
        for k, a in enumerate(ranges):
            for b in ranges[k + 1:]:
                self.assertFalse(set(a) & set(b))

    def test_every_seed_gives_another_face(self):
        faces = {identity(draw(label, seed)) for label in LABELS for seed in range(3)}
        self.assertEqual(len(faces), 3 * len(LABELS))

    def test_drawing_depends_on_label_and_seed_alone(self):
        np.random.seed(5)
        first = draw("fear", 7)
        np.random.seed(6)
        self.assertTrue(np.array_equal(first, draw("fear", 7)))


if __name__ == "__main__":
    unittest.main()
