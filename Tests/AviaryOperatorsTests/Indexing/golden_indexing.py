"""Golden values of the indexing family: `python golden_indexing.py` writes golden_indexing.json beside it."""

import pathlib
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
from golden import Cases, bf16  # noqa: E402

MAX, MIN = 2**63 - 1, -(2**63)
cases = Cases()
add, fails = cases.add, cases.fails
rng = np.random.default_rng(11)


def i64(*values):
    return np.array(values, dtype=np.int64)


def ramp(*shape, dtype=np.float32):
    return np.arange(int(np.prod(shape)), dtype=dtype).reshape(shape)


TEXT = np.array(["a", "bc", "", "d", "a", "f"], dtype=object).reshape(2, 3)

# Gather
add("Gather", 13, [ramp(3, 4, 5), i64(2, -1, 0)])
add("Gather", 13, [ramp(3, 4, 5), np.array([[1, 3], [-4, 0]], np.int32)], axis=1)
add("Gather", 13, [ramp(3, 4), np.int64(1)], axis=-1)
add("Gather", 1, [ramp(5), np.int64(-2)])
add("Gather", 13, [TEXT, i64(1, 1, 0)], engine="reference", axis=0)
add("Gather", 13, [ramp(3, 4), np.zeros([0], np.int64)], axis=1)
add("Gather", 13, [ramp(3, 4, dtype=np.uint8), i64(2)], axis=1)
fails("Gather", 13, [ramp(3, 4), i64(3)])
fails("Gather", 13, [ramp(3, 4), i64(-4)])
fails("Gather", 13, [ramp(3, 4), i64(MIN)])
fails("Gather", 13, [ramp(3, 4), i64(0)], axis=2)
fails("Gather", 13, [np.float32(3), i64(0)])
fails("Gather", 13, [np.zeros((0, 2), np.float32), i64(0)])

# GatherElements, GatherND
add("GatherElements", 13, [ramp(3, 3), np.array([[1, 2, 0], [2, 0, -3]], np.int64)])
add("GatherElements", 13, [ramp(3, 3), np.array([[1, 2], [-1, 0], [0, 0]], np.int32)], axis=1)
add("GatherElements", 11, [ramp(2, 3, 4), rng.integers(-3, 3, (2, 5, 4))], axis=-2)
add("GatherElements", 13, [TEXT, np.array([[0], [2]], np.int64)], axis=1)
fails("GatherElements", 13, [ramp(3, 3), np.array([[3]], np.int64)])
fails("GatherElements", 13, [ramp(3, 3), np.zeros((1, 4), np.int64)])
fails("GatherElements", 13, [ramp(3, 3), i64(0)])
add("GatherND", 13, [ramp(2, 3, 4), np.array([[0, 1], [-1, 2]], np.int64)])
add("GatherND", 11, [ramp(2, 3), np.array([[1, -1], [0, 0]], np.int64)])
add("GatherND", 13, [ramp(2, 3, 4), np.array([[1], [-2]], np.int64)], batch_dims=1)
add("GatherND", 13, [ramp(2, 3, 4), rng.integers(0, 3, (2, 5, 1))], batch_dims=1)
add("GatherND", 13, [ramp(2, 2, 3), rng.integers(0, 3, (2, 2, 4, 1))], batch_dims=2)
add("GatherND", 13, [TEXT, np.array([[1, 2]], np.int64)])
fails("GatherND", 13, [ramp(2, 3), np.array([[2, 0]], np.int64)])
fails("GatherND", 13, [ramp(2, 3), np.array([[0, 0, 0]], np.int64)])
fails("GatherND", 13, [ramp(2, 3), np.array([[0]], np.int64)], batch_dims=2)
fails("GatherND", 13, [ramp(2, 3), np.array([[0]], np.int64)], batch_dims=-1)

# ScatterND, ScatterElements
add("ScatterND", 16, [ramp(8), np.array([[4], [3], [-7]], np.int64), ramp(3)])
add("ScatterND", 18, [ramp(4, 4, 2), np.array([[0], [2]], np.int64), -ramp(2, 4, 2)])
add("ScatterND", 11, [ramp(2, 3), np.array([[[0, 1]], [[1, -1]]], np.int64), np.float32([[10], [20]])])
TWICE = np.array([[1], [1], [0]], np.int64)
for reduction in ["add", "mul", "min", "max"]:
    add("ScatterND", 18, [ramp(3) + 1, TWICE, np.float32([2, 3, -4])], reduction=reduction)
    add("ScatterElements", 18, [ramp(2, 3) + 1, np.array([[1, 1, 0]], np.int64), np.float32([[2, 3, -4]])],
        axis=1, reduction=reduction)
    for dtype in [np.int32, np.int64, np.float64, np.float16, np.uint8, np.int8]:
        x, update = ramp(4).astype(dtype) + dtype(1), np.array([200, 3, 5]).astype(dtype)
        add("ScatterND", 18, [x, TWICE, update], engine="reference", reduction=reduction)
    add("ScatterND", 18, [bf16(ramp(4) + 1), TWICE, bf16([2.5, 3, 5])], engine="reference", reduction=reduction)
add("ScatterND", 13, [TEXT, np.array([[1, 0]], np.int64), np.array(["new"], dtype=object)])
add("ScatterElements", 13, [ramp(3, 3), np.array([[1, 0, 2], [0, -1, 1]], np.int64), -ramp(2, 3)])
add("ScatterElements", 11, [ramp(1, 5), np.array([[1, 3]], np.int32), np.float32([[1.1, 2.1]])], axis=1)
add("Scatter", 9, [ramp(1, 5), np.array([[1, 3]], np.int64), np.float32([[1.1, 2.1]])], axis=1)
fails("ScatterND", 16, [ramp(8), np.array([[8]], np.int64), ramp(1)])
fails("ScatterND", 16, [ramp(8), np.array([[0]], np.int64), ramp(2)])
fails("ScatterND", 16, [ramp(8), np.array([[0, 0]], np.int64), ramp(1)])
fails("ScatterND", 16, [ramp(8), np.array([[0]], np.int64), ramp(1)], reduction="max2")
fails("ScatterND", 18, [TEXT, np.array([[0, 0]], np.int64), TEXT[0, :1]], reduction="add")
fails("ScatterElements", 16, [ramp(3), i64(3), ramp(1)])
fails("ScatterElements", 16, [ramp(3), i64(0), ramp(2)])

# TopK
TIES = np.float32([[3, 1, 3, 2], [0, 5, 5, 5]])
for dtype in [np.float32, np.float64, np.int32, np.int64, np.int8, np.uint8, np.float16]:
    engine = "ort" if dtype not in (np.float16,) else "reference"
    try:
        add("TopK", 11, [TIES.astype(dtype), i64(3)], outputs=2, engine=engine)
    except RuntimeError:
        add("TopK", 11, [TIES.astype(dtype), i64(3)], outputs=2, engine="reference")
add("TopK", 11, [TIES, i64(2)], outputs=2, largest=0)
add("TopK", 10, [TIES, i64(1)], outputs=2, axis=0)
add("TopK", 1, [TIES], outputs=2, engine="reference", k=2, axis=1)
add("TopK", 11, [rng.permutation(60).reshape(3, 4, 5).astype(np.float32), i64(3)], outputs=2, axis=1)
add("TopK", 11, [rng.permutation(400).astype(np.float32), i64(37)], outputs=2, largest=0)
add("TopK", 11, [rng.permutation(400).astype(np.float32), i64(400)], outputs=2)
add("TopK", 24, [bf16(TIES), i64(2)], outputs=2, engine="reference")
add("TopK", 11, [np.array([2**64 - 1, 0, 2**63], np.uint64), i64(2)], outputs=2, engine="reference")
add("TopK", 11, [ramp(3), i64(0)], outputs=2)
# NaN counts as the largest, as numpy sorts it.
NAN = np.float32([1, np.nan, -np.inf, np.inf])
add("TopK", 11, [NAN, i64(2)], outputs=2, expected=[np.float32([np.nan, np.inf]), i64(1, 3)])
add("TopK", 11, [NAN, i64(2)], outputs=2, expected=[np.float32([-np.inf, 1]), i64(2, 0)], largest=0)
fails("TopK", 11, [ramp(3), i64(4)], outputs=2)
fails("TopK", 11, [ramp(3), i64(-1)], outputs=2)
fails("TopK", 11, [ramp(3), i64(MAX)], outputs=2)
fails("TopK", 11, [np.float32(1), i64(1)], outputs=2)
fails("TopK", 11, [TEXT, i64(1)], outputs=2)

# NonZero, OneHot, Compress, ReverseSequence, Unique
for dtype in [np.float32, np.int32, np.int64, np.uint8, np.bool_]:
    add("NonZero", 13, [np.array([[1, 0, 1], [0, 1, 0]]).astype(dtype)])
add("NonZero", 13, [np.zeros((0, 2), np.float32)])
add("NonZero", 9, [np.float32([-0.0, np.nan, 1e-45])], engine="reference")
add("OneHot", 11, [i64(1, -1, 3, 7, -5), np.int64(4), np.float32([-2, 5])])
add("OneHot", 9, [np.array([[0, 2], [1, 1]], np.int64), i64(3), np.int64([0, 1])], axis=1)
add("OneHot", 11, [np.float32([0, 1]), np.float32(2), np.float32([0, 1])], axis=0)
fails("OneHot", 11, [i64(0), np.int64(-1), ramp(2)])
fails("OneHot", 11, [i64(0), np.int64(MAX), ramp(2)])
fails("OneHot", 11, [i64(0), np.int64(3), ramp(3)])
FLAGS = np.array([False, True, True])
add("Compress", 11, [ramp(3, 2), FLAGS], axis=0)
add("Compress", 9, [ramp(2, 4), FLAGS], axis=-1)
add("Compress", 11, [ramp(2, 4), FLAGS])
fails("Compress", 11, [ramp(2, 2), FLAGS], axis=0)
add("ReverseSequence", 10, [ramp(4, 3), i64(4, 1, 2)])
add("ReverseSequence", 10, [ramp(3, 4, 2), i64(4, 0, 2)], batch_axis=0, time_axis=1)
fails("ReverseSequence", 10, [ramp(4, 3), i64(5, 1, 1)])
fails("ReverseSequence", 10, [ramp(4, 3), i64(-1, 1, 1)])
fails("ReverseSequence", 10, [ramp(4, 3), i64(1, 1)])
X = np.float32([2, 1, 1, 3, 4, 3])
add("Unique", 11, [X], outputs=4)
add("Unique", 11, [X], outputs=4, sorted=0)
add("Unique", 11, [np.float32([[1, 0, 0], [1, 0, 0], [2, 3, 4]])], outputs=4, axis=0)
add("Unique", 11, [np.float32([[[1, 1], [0, 1], [2, 1], [0, 1]], [[1, 1], [0, 1], [2, 1], [0, 1]]])], outputs=4,
    axis=1)
add("Unique", 11, [TEXT], outputs=4)
add("Unique", 11, [np.int64([5, -5, 5])], outputs=4)

# TensorScatter
CACHE, UPDATE = ramp(2, 1, 4, 3), -ramp(2, 1, 2, 3)
for mode, starts in [("linear", (1, 2)), ("circular", (3, 0))]:
    add("TensorScatter", 24, [CACHE, UPDATE, i64(*starts)], engine="reference", mode=mode)
add("TensorScatter", 24, [CACHE, UPDATE], engine="reference")
fails("TensorScatter", 24, [CACHE, UPDATE, i64(1, 3)])
fails("TensorScatter", 24, [CACHE, UPDATE, i64(-1, 0)], mode="circular")
fails("TensorScatter", 24, [CACHE, UPDATE, i64(MAX, 0)], mode="circular")

cases.write(__file__)
