"""Golden values of the normalisations: `python golden_normalization.py` writes golden_normalization.json beside it."""

import pathlib
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
from golden import Cases  # noqa: E402

cases = Cases()
rng = np.random.default_rng(14)


def normal(*shape, dtype=np.float32):
    return rng.normal(size=shape).astype(np.float32).round(2).astype(dtype)


def positive(*shape, dtype=np.float32):
    return (np.abs(rng.normal(size=shape)) + 0.1).astype(np.float32).round(2).astype(dtype)


def parameters(*shape, dtype=np.float32):
    return [normal(*shape, dtype=dtype), normal(*shape, dtype=dtype), normal(*shape, dtype=dtype),
            positive(*shape, dtype=dtype)]


# BatchNormalization: inference in every version that differs.
for opset in [7, 9, 14, 15]:
    for shape in [(2, 3, 4, 5), (3, 4), (2, 3, 2, 2, 2), (2, 3, 6)]:
        cases.add("BatchNormalization", opset, [normal(*shape), *parameters(shape[1])], tolerance=1e-5, epsilon=1e-3)
x, p = normal(2, 3, 4), parameters(3)
broad = [q.reshape(1, 3, 1) for q in p]
y = (x - broad[2]) / np.sqrt(broad[3] + 1e-5) * broad[0] + broad[1]
cases.add("BatchNormalization", 6, [x, *p], expected=[y.astype(np.float32)], tolerance=1e-5, is_test=1)
# A statistic per position, by definition.
x, p = normal(2, 3, 4), parameters(3, 4)
y = (x - p[2]) / np.sqrt(p[3] + 1e-5) * p[0] + p[1]
cases.add("BatchNormalization", 7, [x, *p], expected=[y.astype(np.float32)], tolerance=1e-5, spatial=0)
for momentum in [0.9, 0.3]:
    cases.add("BatchNormalization", 15, [normal(2, 3, 4, 5), *parameters(3)], outputs=3, tolerance=1e-5,
              engine="reference", training_mode=1, momentum=momentum)
cases.add("BatchNormalization", 15, [normal(2, 3, 4, dtype=np.float64), *parameters(3, dtype=np.float64)], tolerance=1e-6,
          engine="reference")
cases.add("BatchNormalization", 15, [normal(2, 3, 4, dtype=np.float16), *parameters(3)], tolerance=1e-2, engine="reference")
cases.fails("BatchNormalization", 15, [normal(2, 3, 4), *parameters(4)])

for shape in [(2, 3, 4, 5), (2, 3, 7), (1, 2, 3, 4, 2)]:
    cases.add("InstanceNormalization", 6, [normal(*shape), normal(shape[1]), normal(shape[1])], tolerance=1e-5,
              epsilon=1e-2)
cases.fails("InstanceNormalization", 6, [normal(2, 3, 4), normal(4), normal(3)])

for axis in [-1, 0, 1, 2, -3]:
    shape = (2, 3, 4)
    inner = shape[axis:] if axis else shape
    for outputs in [1, 3]:
        cases.add("LayerNormalization", 17, [normal(*shape), normal(*inner), normal(*inner)], outputs=outputs,
                  tolerance=1e-5, axis=axis)
cases.add("LayerNormalization", 17, [normal(5, 70), normal(70)], tolerance=1e-5, epsilon=1e-2)
cases.add("LayerNormalization", 17, [normal(2, 3, 4), normal(1), normal(4)], tolerance=1e-5, engine="reference")
cases.add("LayerNormalization", 17, [normal(2, 3, 4, dtype=np.float64), normal(4, dtype=np.float64)], tolerance=1e-6)
cases.add("LayerNormalization", 17, [normal(2, 3, 4, dtype=np.float16), normal(4, dtype=np.float16)], tolerance=1e-2)
# A scale for every group of X, by definition.
x, scale = normal(2, 3, 4), normal(2, 1, 4)
mean = x.astype(np.float64).mean(-1, keepdims=True)
y = (x - mean) / np.sqrt(x.astype(np.float64).var(-1, keepdims=True) + 1e-5) * scale
cases.add("LayerNormalization", 17, [x, scale], expected=[y.astype(np.float32)], tolerance=1e-5)
cases.fails("LayerNormalization", 17, [normal(2, 3, 4), normal(3)])
cases.fails("LayerNormalization", 17, [normal(2, 3, 4), normal(4)], axis=3)

for shape, groups in [((2, 6, 4, 5), 3), ((2, 6, 4), 1), ((2, 6, 4), 6)]:
    cases.add("GroupNormalization", 18, [normal(*shape), normal(groups), normal(groups)], tolerance=1e-5,
              engine="reference", num_groups=groups)
    cases.add("GroupNormalization", 21, [normal(*shape), normal(6), normal(6)], tolerance=1e-5, engine="reference",
              num_groups=groups, epsilon=1e-2)
cases.fails("GroupNormalization", 21, [normal(2, 6, 4), normal(6), normal(6)], num_groups=4)
cases.fails("GroupNormalization", 21, [normal(2, 6, 4), normal(6), normal(6)], num_groups=0)

for axis in [-1, 0, 1]:
    shape = (2, 3, 4)
    cases.add("RMSNormalization", 23, [normal(*shape), normal(*(shape[axis:] if axis else shape))], tolerance=1e-5,
              engine="reference", axis=axis)



def local_response(x, size, alpha, beta, bias):
    """The definition: onnx.reference visits as many channels as there are images, ONNX Runtime takes odd sizes only."""
    x = x.astype(np.float64)
    y = np.empty_like(x)
    for c in range(x.shape[1]):
        neighbours = x[:, max(0, c - (size - 1) // 2):c + size - (size - 1) // 2]
        y[:, c] = x[:, c] / (bias + alpha / size * (neighbours**2).sum(1)) ** beta
    return y.astype(np.float32)


for size in [1, 2, 3, 5, 20]:
    x = normal(2, 7, 3, 2)
    cases.add("LRN", 13, [x], tolerance=1e-5, size=size, alpha=0.5, beta=0.6, bias=1.5,
              expected=[local_response(x, size, 0.5, 0.6, 1.5)])
cases.add("LRN", 13, [normal(1, 5, 3, 3)], tolerance=1e-5, size=3)
cases.fails("LRN", 13, [normal(1, 5, 3, 3)], size=0)

cases.write(__file__)
