"""Golden values of Dropout where it does not drop: `python golden_control.py` writes golden_control.json."""

import pathlib
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
from golden import Cases  # noqa: E402

cases = Cases()
X = np.arange(6, dtype=np.float32).reshape(2, 3)
NO, YES = np.array(False), np.array(True)

cases.add("Dropout", 7, [X], ratio=0.5)
# Nothing is dropped, so everything is kept; ONNX Runtime leaves this mask zero.
cases.add("Dropout", 10, [X], outputs=2, expected=[X, np.ones_like(X, bool)], ratio=0.5)
cases.add("Dropout", 6, [X], outputs=2, expected=[X, np.ones_like(X)], is_test=1)
cases.add("Dropout", 13, [X], outputs=2)
cases.add("Dropout", 13, [X, np.float32(0.5)], outputs=2)
cases.add("Dropout", 13, [X, np.float32(0.5), NO], outputs=2, seed=3)
cases.add("Dropout", 13, [X, np.float32(0), YES], outputs=2)
cases.add("Dropout", 12, [X.astype(np.float64), None, NO])
# In training, with the draws of the specification's reference.
LONG = np.arange(1, 701, dtype=np.float32).reshape(7, 100)
cases.add("Dropout", 13, [LONG, np.float32(0.75), YES], outputs=2, engine="reference", seed=1, tolerance=1e-6)
cases.add("Dropout", 22, [LONG, np.float32(0.5), YES], outputs=2, engine="reference", seed=2**31 - 1, tolerance=1e-6)
cases.fails("Dropout", 13, [X, np.float32(1), YES])
cases.fails("Dropout", 13, [X, np.float32(-0.5)])
cases.fails("Dropout", 13, [X.astype(np.int64)])

cases.write(__file__)
