"""Golden values of the pools: `python golden_pooling.py` writes golden_pooling.json beside it."""

import pathlib
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
from golden import Cases  # noqa: E402

cases = Cases()
rng = np.random.default_rng(13)


def normal(*shape, dtype=np.float32):
    return rng.normal(size=shape).astype(np.float32).round(2).astype(dtype)


WINDOWS = [
    ((2, 3, 9), dict(kernel_shape=[3], strides=[2], pads=[1, 0])),
    ((1, 2, 6, 7), dict(kernel_shape=[2, 3], strides=[2, 1], pads=[0, 1, 1, 2])),
    ((1, 2, 7, 7), dict(kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1], ceil_mode=1)),
    ((1, 1, 5, 6), dict(kernel_shape=[2, 2], strides=[3, 3], ceil_mode=1)),
    ((1, 1, 4, 4), dict(kernel_shape=[2, 2], strides=[3, 3], pads=[0, 0, 1, 1], ceil_mode=1)),
    ((1, 2, 3, 4, 5), dict(kernel_shape=[2, 2, 2], strides=[1, 2, 2], pads=[0, 0, 1, 1, 0, 0])),
    ((1, 2, 6, 6), dict(kernel_shape=[3, 3], strides=[2, 2], auto_pad="SAME_UPPER")),
    ((1, 2, 6, 6), dict(kernel_shape=[3, 3], strides=[2, 2], auto_pad="SAME_LOWER")),
    ((1, 2, 6, 6), dict(kernel_shape=[4, 2], strides=[1, 3], auto_pad="VALID")),
]
DILATED = ((1, 2, 8, 9), dict(kernel_shape=[2, 3], dilations=[3, 2], strides=[1, 2], pads=[1, 1, 0, 1]))

for shape, attributes in [*WINDOWS, DILATED]:
    cases.add("MaxPool", 12, [normal(*shape)], **attributes)
    for order in [0, 1]:
        # ONNX Runtime counts columns first only along two axes.
        if order == 1 and len(shape) != 4:
            continue
        cases.add("MaxPool", 12, [normal(*shape)], outputs=2, engine="ort", storage_order=order, **attributes)
for dtype in [np.int8, np.uint8]:
    x = rng.integers(np.iinfo(dtype).min, np.iinfo(dtype).max, (1, 2, 6, 6)).astype(dtype)
    cases.add("MaxPool", 12, [x], kernel_shape=[3, 3], pads=[1, 1, 1, 1], strides=[2, 2])
cases.add("MaxPool", 12, [normal(1, 2, 6, 6, dtype=np.float64)], kernel_shape=[3, 2])
cases.add("MaxPool", 12, [normal(1, 2, 6, 6, dtype=np.float16)], kernel_shape=[3, 2], engine="reference")
# Of equal elements the first one counts.
cases.add("MaxPool", 12, [np.ones((1, 1, 4, 4), np.float32)], outputs=2, engine="ort", kernel_shape=[2, 2], strides=[2, 2])
cases.add("MaxPool", 1, [normal(1, 2, 6, 6)], kernel_shape=[3, 3], pads=[1, 1, 1, 1])

for shape, attributes in [*WINDOWS, DILATED]:
    for include in [0, 1]:
        cases.add("AveragePool", 19, [normal(*shape)], tolerance=1e-6, count_include_pad=include, **attributes)
cases.add("AveragePool", 7, [normal(1, 2, 6, 6)], tolerance=1e-6, kernel_shape=[3, 3], pads=[1, 1, 1, 1])
cases.add("AveragePool", 19, [normal(1, 2, 6, 6, dtype=np.float64)], tolerance=1e-12, engine="reference",
          kernel_shape=[3, 3], pads=[1, 1, 1, 1])
cases.add("AveragePool", 19, [normal(1, 2, 6, 6, dtype=np.float16)], tolerance=2e-3, engine="reference",
          kernel_shape=[3, 3])

for shape, attributes in [w for w in WINDOWS if "ceil_mode" not in w[1] and "auto_pad" not in w[1]]:
    for p in [1, 2, 3]:
        cases.add("LpPool", 18, [normal(*shape)], tolerance=1e-5, p=p, **attributes)
x = normal(1, 1, 6)
# In version 1 the exponent is a float; by definition.
powers = np.abs(x.astype(np.float64)) ** 2.5
cases.add("LpPool", 1, [x], tolerance=1e-5, p=2.5, kernel_shape=[2],
          expected=[((powers[..., :-1] + powers[..., 1:]) ** 0.4).astype(np.float32)])

for shape in [(2, 3, 7), (2, 3, 5, 4), (1, 2, 3, 4, 5), (2, 300, 7, 7)]:
    cases.add("GlobalAveragePool", 1, [normal(*shape)], tolerance=1e-6)
    cases.add("GlobalMaxPool", 1, [normal(*shape)])
    cases.add("GlobalLpPool", 2, [normal(*shape)], tolerance=1e-5, p=3)
cases.add("GlobalAveragePool", 22, [normal(1, 2, 5, 5, dtype=np.float64)], tolerance=1e-12, engine="reference")
cases.add("GlobalAveragePool", 22, [normal(1, 2, 5, 5, dtype=np.float16)], tolerance=2e-3, engine="reference")

x = normal(1, 2, 4, 4)
for op in ["MaxPool", "AveragePool", "LpPool"]:
    cases.fails(op, 12, [x], kernel_shape=[5, 5])
    cases.fails(op, 12, [x], kernel_shape=[2])
    cases.fails(op, 12, [x], kernel_shape=[0, 2])
    cases.fails(op, 12, [x], kernel_shape=[2, 2], strides=[0, 1])
    cases.fails(op, 12, [x], kernel_shape=[2, 2], pads=[-1, 0, 0, 0])
    cases.fails(op, 12, [x], kernel_shape=[2**62, 2])
    cases.fails(op, 12, [x])
cases.fails("LpPool", 12, [x], kernel_shape=[2, 2], p=0)
cases.fails("MaxPool", 12, [x.astype(np.int32)], kernel_shape=[2, 2])
cases.fails("GlobalAveragePool", 12, [normal(4)])

# Rounded up there is one window where less than a stride is missing; what of it lies beyond the padding never counts.
for shape, attributes in [
    ((1, 2, 2, 3), dict(kernel_shape=[10, 10], strides=[10, 10])),
    ((1, 2, 2, 3), dict(kernel_shape=[10, 10], strides=[10, 10], auto_pad="VALID")),
    ((1, 2, 3, 3), dict(kernel_shape=[5, 3], strides=[3, 1], pads=[1, 0, 0, 2])),
]:
    x = normal(*shape)
    for include in [0, 1]:
        cases.add("AveragePool", 19, [x], tolerance=1e-6, engine="ort", ceil_mode=1, count_include_pad=include,
                  **attributes)
    cases.add("MaxPool", 12, [x], engine="ort", ceil_mode=1, **attributes)
    cases.add("LpPool", 18, [x], tolerance=1e-5, engine="ort", ceil_mode=1, p=2, **attributes)
for op in ["MaxPool", "AveragePool", "LpPool"]:
    cases.fails(op, 18, [normal(1, 1, 2, 3)], kernel_shape=[4, 4], strides=[1, 1], ceil_mode=1)

cases.write(__file__)
