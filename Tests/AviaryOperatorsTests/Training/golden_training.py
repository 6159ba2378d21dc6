"""Golden values of the optimizers: `python golden_training.py` writes golden_training.json beside it."""

import pathlib
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
from golden import Cases, run  # noqa: E402

cases = Cases()
rng = np.random.default_rng(3)
DOMAIN = "ai.onnx.preview.training"


def values(count, states, kind):
    """`count` tensors' values, gradients and states, in the operators' order."""
    shapes = [(2, 3), (4,)][:count]
    return [np.abs(rng.normal(size=s)).astype(kind) for _ in range(2 + states) for s in shapes]


def add(op, inputs, outputs, kind, **attributes):
    """ONNX's reference, whose results have another type than its inputs here and there."""
    found = run(op, 1, inputs, attributes, outputs, "reference", DOMAIN)
    cases.add(op, 1, inputs, outputs, domain=DOMAIN, expected=[np.asarray(x).astype(kind) for x in found],
              tolerance=1e-6, **attributes)


for kind in (np.float32, np.float64):
    for steps in (0, 3):
        for count in (1, 2):
            rate = [np.array(0.1, kind), np.array(steps, np.int64)]
            add("Adagrad", rate + values(count, 1, kind), 2 * count, kind, norm_coefficient=0.001, epsilon=1e-5,
                decay_factor=0.1)
            add("Adam", rate + values(count, 2, kind), 3 * count, kind, norm_coefficient=0.001, alpha=0.95, beta=0.1,
                epsilon=1e-7, norm_coefficient_post=0.01)
            for mode in ("standard", "nesterov"):
                add("Momentum", rate + values(count, 1, kind), 2 * count, kind, norm_coefficient=0.001, alpha=0.95,
                    beta=0.1, mode=mode)
rate = [np.array(0.1, np.float32), np.array(1, np.int64)]
cases.fails("Adagrad", 1, rate + values(1, 2, np.float32), 2, domain=DOMAIN)
cases.fails("Adam", 1, rate, 3, domain=DOMAIN)
cases.fails("Momentum", 1, rate + values(1, 1, np.float32), 2, domain=DOMAIN, alpha=0.9, beta=0.9,
            norm_coefficient=0.0, mode="neither")
cases.write(__file__)
