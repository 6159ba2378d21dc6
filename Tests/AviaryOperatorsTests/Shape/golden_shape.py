"""Golden values of the shape family: `python golden_shape.py` writes golden_shape.json beside it."""

import pathlib
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
from golden import Cases, bf16  # noqa: E402

MAX, MIN = 2**63 - 1, -(2**63)
cases = Cases()
add, fails = cases.add, cases.fails


def i64(*values):
    return np.array(values, dtype=np.int64)


def ramp(*shape, dtype=np.float32):
    return np.arange(int(np.prod(shape)), dtype=dtype).reshape(shape)


TEXT = np.array(["a", "bc", "", "d", "e", "f"], dtype=object).reshape(2, 3)
FLAGS = np.array([[True, False, True], [False, False, True]])

# Reshape
for target, zero in [([4, 6], 0), ([0, -1], 0), ([-1, 3], 0), ([0, 0, 4], 0), ([24], 0), ([2, 0, -1, 1], 0)]:
    add("Reshape", 14, [ramp(2, 3, 4), i64(*target)], allowzero=zero)
add("Reshape", 5, [ramp(2, 3, 4), i64(3, -1)])
add("Reshape", 13, [ramp(1), np.zeros([0], np.int64)])
add("Reshape", 14, [np.zeros([0, 3, 4], np.float32), i64(3, 4, 0)], allowzero=1)
# What is left over is the other axis, although the batch is empty (numpy and ONNX Runtime refuse this).
add("Reshape", 14, [np.zeros([0, 3], np.float32), i64(0, -1)], expected=[np.zeros([0, 3], np.float32)])
add("Reshape", 21, [TEXT, i64(3, -1)])
fails("Reshape", 13, [ramp(2, 3), i64(4, 2)])
fails("Reshape", 13, [ramp(2, 3), i64(-1, -1)])
fails("Reshape", 13, [ramp(2, 3), i64(-2, 3)])
fails("Reshape", 13, [ramp(2, 3), i64(2, 3, 0)])
fails("Reshape", 13, [ramp(2, 3), i64(MAX, MAX)])
fails("Reshape", 13, [ramp(2, 3), i64(MIN, -1)])
fails("Reshape", 14, [np.zeros([0, 3], np.float32), i64(0, -1)], allowzero=1)

# Flatten
for axis in [0, 1, 2, 3, -1, -3]:
    add("Flatten", 13, [ramp(2, 3, 4)], axis=axis)
add("Flatten", 9, [ramp(2, 3, 4)])
add("Flatten", 13, [np.float32(3)], axis=0)
add("Flatten", 13, [np.zeros([2, 0, 3], np.float32)])
fails("Flatten", 13, [ramp(2, 3)], axis=3)

# Transpose
for dtype in [np.uint8, np.float16, np.float32, np.float64, np.int64]:
    add("Transpose", 13, [ramp(3, 5, dtype=dtype)])
add("Transpose", 13, [bf16(ramp(2, 3))], engine="reference", perm=[1, 0])
add("Transpose", 13, [TEXT], perm=[1, 0])
add("Transpose", 13, [FLAGS], perm=[1, 0])
add("Transpose", 13, [ramp(2, 3, 4, 5)], perm=[0, 2, 3, 1])
add("Transpose", 13, [ramp(2, 4, 5, 3)], perm=[0, 3, 1, 2])
add("Transpose", 13, [ramp(2, 3, 4, 5)], perm=[3, 1, 0, 2])
add("Transpose", 13, [ramp(2, 3, 1, 2, 3, 2)], perm=[5, 0, 2, 4, 1, 3])
add("Transpose", 13, [ramp(2, 67, 21)], perm=[0, 2, 1])
add("Transpose", 13, [ramp(70, 130)], perm=[1, 0])
add("Transpose", 13, [ramp(2, 0, 3)], perm=[2, 0, 1])
add("Transpose", 13, [np.float32(7)])
fails("Transpose", 13, [ramp(2, 3)], perm=[0])
fails("Transpose", 13, [ramp(2, 3)], perm=[0, 0])
fails("Transpose", 13, [ramp(2, 3)], perm=[0, 2])

# Concat
add("Concat", 13, [ramp(2, 3), ramp(2, 1), ramp(2, 4)], axis=1)
add("Concat", 13, [ramp(2, 3), ramp(1, 3)], axis=-2)
add("Concat", 13, [ramp(2, 2, 3), ramp(2, 1, 3)], axis=1)
add("Concat", 4, [i64(1), i64(2, 3), np.zeros([0], np.int64)], axis=0)
add("Concat", 13, [TEXT, TEXT[:, :1]], axis=1)
add("Concat", 13, [ramp(2, 3)], axis=0)
fails("Concat", 13, [ramp(2, 3), ramp(3, 3)], axis=1)
fails("Concat", 13, [ramp(2, 3), ramp(2, 3, dtype=np.float64)], axis=1)
fails("Concat", 13, [np.float32(1), np.float32(2)], axis=0)

# Split
add("Split", 2, [ramp(6, 2)], outputs=3)
add("Split", 11, [ramp(6, 2)], outputs=2, axis=0, split=[1, 5])
add("Split", 13, [ramp(2, 6), i64(2, 4)], outputs=2, axis=-1)
add("Split", 13, [ramp(2, 6)], outputs=2, axis=1)
add("Split", 18, [ramp(7)], outputs=3, num_outputs=3)
add("Split", 18, [ramp(2, 7)], outputs=4, num_outputs=4, axis=1)
add("Split", 13, [ramp(6), i64(0, 6, 0)], outputs=3)
add("Split", 13, [TEXT, i64(1, 2)], outputs=2, axis=1)
fails("Split", 13, [ramp(7)], outputs=3)
fails("Split", 13, [ramp(6), i64(3, 4)], outputs=2)
fails("Split", 13, [ramp(6), i64(-1, 7)], outputs=2)
fails("Split", 13, [ramp(6), i64(MAX, MAX)], outputs=2)

# Slice
add("Slice", 9, [ramp(4, 5)], starts=[1, -3], ends=[3, 2**31 - 1])
add("Slice", 1, [ramp(4, 5)], starts=[1], ends=[-1], axes=[1])
for start, end, step in [
    (0, 10, 1), (2, 8, 3), (9, 0, -1), (-1, MIN, -1), (MAX, MIN, -2), (MIN, MAX, 1), (5, 2, 1), (2, 5, -1),
    (0, MAX, MAX), (-1, MIN, MIN + 1), (20, 30, 1), (-20, -15, 1), (-20, 3, 2), (3, -20, -1), (-3, -1, 1),
]:
    add("Slice", 13, [ramp(10), i64(start), i64(end), i64(0), i64(step)])
add("Slice", 13, [ramp(4, 5, 6), i64(1, 5), i64(3, 0), i64(0, -1), i64(1, -2)])
add("Slice", 13, [ramp(4, 5), i64(1), i64(2)])
add("Slice", 10, [TEXT, i64(2), i64(-4), i64(1), i64(-1)])
add("Slice", 13, [ramp(4, 5), np.array([1], np.int32), np.array([9], np.int32), np.array([1], np.int32)])
add("Slice", 13, [ramp(0, 5), i64(0), i64(5), i64(0), i64(-1)])
fails("Slice", 13, [ramp(4), i64(0), i64(2), i64(0), i64(0)])
fails("Slice", 13, [ramp(4), i64(0), i64(2), i64(1)])
fails("Slice", 13, [ramp(4), i64(0), i64(2, 3), i64(0)])
fails("Slice", 13, [ramp(4, 4), i64(0, 0), i64(2, 3), i64(0, 0)])
# numpy itself: ONNX Runtime negates the smallest step, which overflows.
add("Slice", 13, [ramp(10), i64(-1), i64(MIN), i64(0), i64(MIN)], expected=[ramp(10)[-1:]])

# Squeeze, Unsqueeze
add("Squeeze", 11, [ramp(1, 3, 1, 2)], axes=[0, -2])
add("Squeeze", 11, [ramp(1, 3, 1, 2)])
add("Squeeze", 13, [ramp(1, 3, 1, 2), i64(2)])
add("Squeeze", 13, [ramp(1, 1)])
add("Squeeze", 13, [np.float32(2)])
fails("Squeeze", 13, [ramp(2, 3), i64(0)])
fails("Squeeze", 13, [ramp(1, 3), i64(2)])
fails("Squeeze", 13, [ramp(1, 3), i64(MIN)])
add("Unsqueeze", 11, [ramp(2, 3)], axes=[0, 3])
add("Unsqueeze", 13, [ramp(2, 3), i64(-1, 1)])
add("Unsqueeze", 13, [np.float32(2), i64(0)])
fails("Unsqueeze", 13, [ramp(2, 3), i64(0, 0)])
fails("Unsqueeze", 13, [ramp(2, 3), i64(3)])
fails("Unsqueeze", 11, [ramp(2, 3)])

# Expand, Tile
add("Expand", 13, [ramp(3, 1), i64(2, 1, 6)])
add("Expand", 8, [ramp(1, 3), i64(2, 1)])
add("Expand", 13, [np.float32(2), i64(2, 3)])
add("Expand", 13, [ramp(3, 1), i64(3, 0)])
add("Expand", 13, [TEXT[:, :1], i64(2, 2)])
fails("Expand", 13, [ramp(3), i64(2)])
fails("Expand", 13, [ramp(3), i64(-1, 3)])
fails("Expand", 13, [ramp(1), i64(2**40, 2**40)])
fails("Expand", 13, [ramp(1), i64(2**40)])
add("Tile", 13, [ramp(2, 3), i64(2, 2)])
add("Tile", 6, [ramp(2, 1, 3), i64(1, 3, 2)])
add("Tile", 13, [ramp(2, 3), i64(0, 2)])
add("Tile", 13, [TEXT, i64(1, 2)])
add("Tile", 13, [np.float32(4), np.zeros([0], np.int64)])
fails("Tile", 13, [ramp(2, 3), i64(2)])
fails("Tile", 13, [ramp(2, 3), i64(-1, 2)])
fails("Tile", 13, [ramp(2, 3), i64(MAX, MAX)])

# Shape, Size, Identity
add("Shape", 13, [ramp(2, 3, 4)])
for start, end in [(1, 3), (-1, MAX), (0, -1), (-9, 2), (2, 1), (MIN, MAX)]:
    add("Shape", 15, [ramp(2, 3, 4)], start=start, end=end)
add("Shape", 15, [np.float32(1)])
add("Size", 13, [ramp(2, 3, 4)])
add("Size", 13, [np.zeros([2, 0], np.float32)])
add("Identity", 16, [TEXT])

# 4-bit integers, whose elements share bytes; numpy is the truth.
import ml_dtypes  # noqa: E402

NIBBLES = np.arange(-7, 8).astype(ml_dtypes.int4).reshape(3, 5)
add("Transpose", 21, [NIBBLES], expected=[NIBBLES.T], perm=[1, 0])
add("Reshape", 21, [NIBBLES, i64(5, 3)], expected=[NIBBLES.reshape(5, 3)])
add("Concat", 13, [NIBBLES, NIBBLES[:1]], expected=[np.concatenate([NIBBLES, NIBBLES[:1]])], axis=0)
add("Slice", 13, [NIBBLES, i64(4), i64(-6), i64(1), i64(-2)], expected=[NIBBLES[:, ::-2]])

# Pad
for mode in ["constant", "reflect", "edge", "wrap"]:
    add("Pad", 19, [ramp(3, 4), i64(1, 2, 2, 3)], mode=mode)
    add("Pad", 19, [ramp(2, 3, 4), i64(0, 1, -1, 0, -1, 2)], engine="ort", mode=mode)
    add("Pad", 19, [ramp(3, 4), i64(1, 2), None, i64(-1)], mode=mode)
    add("Pad", 19, [ramp(3, 4), i64(2, 1, 0, 1), None, i64(1, 0)], mode=mode)
    fails("Pad", 19, [ramp(3, 4), i64(0, 0, MAX, MAX)], mode=mode)
    fails("Pad", 19, [ramp(3, 4), i64(0, 0, 0, MIN)], mode=mode)
    fails("Pad", 19, [ramp(3, 4), i64(-2, 0, -2, 0)], mode=mode)
    fails("Pad", 19, [ramp(3, 4), i64(1, 2)], mode=mode)
for mode in ["reflect", "edge"]:
    add("Pad", 2, [ramp(1, 1, 3, 4)], mode=mode, pads=[0, 0, 1, 2, 0, 0, 2, 1])
    fails("Pad", 13, [np.zeros((0, 2), np.float32), i64(1, 0, 0, 0)], mode=mode)
add("Pad", 2, [ramp(1, 1, 3, 4)], pads=[0, 0, 1, 2, 0, 0, -2, 1], value=1.5)
add("Pad", 13, [ramp(3, 4), i64(1, 0, 0, 2), np.float32(9)])
add("Pad", 13, [ramp(3, 4, dtype=np.int64), i64(1, 0, 0, 2), np.int64(-9)])
add("Pad", 13, [FLAGS, i64(1, 0, 0, 2), np.array(True)])
add("Pad", 13, [ramp(3, 4, dtype=np.uint8), i64(1, 0, 0, -2)])
add("Pad", 13, [np.zeros((0, 2), np.float32), i64(1, 0, 1, 0), np.float32(5)])
# More than there is, taken from one end: what is left is padding.
add("Pad", 13, [ramp(3), i64(-5, 4), np.float32(7)], expected=[np.full(2, 7, np.float32)])
# A mirror in a mirror (numpy), which ONNX Runtime does not do.
add("Pad", 13, [ramp(3), i64(5, 4)], expected=[np.pad(ramp(3), (5, 4), mode="reflect")], mode="reflect")
add("Pad", 13, [TEXT, i64(0, 1, 0, 0)], expected=[np.pad(TEXT, ((0, 0), (1, 0)), constant_values="")])
fails("Pad", 13, [ramp(3), i64(1, 1), ramp(2)])
fails("Pad", 13, [ramp(3), i64(1, 1), np.int64(1)])

# DepthToSpace, SpaceToDepth, Trilu, CenterCropPad
for mode in ["DCR", "CRD"]:
    add("DepthToSpace", 13, [ramp(2, 8, 2, 3)], blocksize=2, mode=mode)
add("DepthToSpace", 1, [ramp(1, 9, 1, 2)], engine="reference", blocksize=3)
add("SpaceToDepth", 13, [ramp(2, 2, 4, 6)], blocksize=2)
# The reverse of the other rearrangement, by transposition.
X = ramp(2, 2, 4, 6)
CRD = X.reshape(2, 2, 2, 2, 3, 2).transpose(0, 1, 3, 5, 2, 4).reshape(2, 8, 2, 3)
add("SpaceToDepth", 28, [X], expected=[CRD], blocksize=2, mode="CRD")
fails("DepthToSpace", 13, [ramp(1, 6, 2, 2)], blocksize=2)
fails("DepthToSpace", 13, [ramp(1, 6, 2, 2)], blocksize=0)
fails("DepthToSpace", 13, [ramp(1, 6, 2, 2)], blocksize=MAX)
fails("SpaceToDepth", 13, [ramp(1, 1, 3, 4)], blocksize=2)
for upper in [0, 1]:
    for k in [0, 1, -2, 9, -9, MAX, MIN]:
        add("Trilu", 14, [ramp(2, 3, 4) + 1, np.int64(k)], upper=upper,
            expected=[(np.triu if upper else np.tril)(ramp(2, 3, 4) + 1, max(min(k, 9), -9))])
add("Trilu", 14, [ramp(3, 3, dtype=np.int64)])
add("Trilu", 14, [np.zeros((2, 0, 3), np.float32)])
fails("Trilu", 14, [ramp(3)])
add("CenterCropPad", 18, [ramp(5, 8), i64(3, 11)])
add("CenterCropPad", 18, [ramp(5, 8), i64(6, 3)])
add("CenterCropPad", 18, [ramp(5, 4, 3), i64(2, 6)], axes=[-1, 0])
fails("CenterCropPad", 18, [ramp(5), i64(-1)])

# Einsum, Col2Im
rng = np.random.default_rng(2)


def noise(*shape):
    return rng.normal(size=shape).astype(np.float32)


EQUATIONS = {
    "bij,bjk->bik": [(2, 3, 4), (2, 4, 5)], "ij->ji": [(2, 3)], "ij->": [(2, 3)], "ii->i": [(3, 3)],
    "...ii->...i": [(2, 3, 3)], "i,i": [(4,), (4,)], "i,j->ij": [(3,), (2,)], "bhid,bhjd->bhij": [(1, 2, 3, 4)] * 2,
    "...ij,...jk->...ik": [(2, 1, 3, 4), (5, 4, 2)], "ij,jk,kl->il": [(2, 3), (3, 4), (4, 2)], "ba": [(2, 3)],
    "ij , jk": [(2, 3), (3, 2)], "b...,b...->b": [(2, 3, 2), (2, 3, 2)],
}
for equation, shapes in EQUATIONS.items():
    add("Einsum", 12, [noise(*s) for s in shapes], equation=equation, tolerance=2e-5)
add("Einsum", 12, [ramp(2, 3, dtype=np.int64), ramp(3, 2, dtype=np.int64)], equation="ij,jk->ik")
add("Einsum", 12, [np.zeros((2, 0), np.float32), np.zeros((0, 3), np.float32)], engine="reference",
    equation="ij,jk->ik")
for equation in ["ij,jk->iz", "i1->i", "ij->ii", "ij->i->j", "", "i......->i", "ijk->i"]:
    fails("Einsum", 12, [noise(2, 3)] * (equation.count(",") + 1), equation=equation)
fails("Einsum", 12, [noise(2, 3), noise(2, 3)], equation="ij,jk->ik")
add("Col2Im", 18, [noise(2, 2 * 4, 9), i64(4, 4), i64(2, 2)], tolerance=2e-5)
add("Col2Im", 18, [noise(1, 9, 4), i64(5, 5), i64(3, 3)], tolerance=2e-5, strides=[2, 2])
add("Col2Im", 18, [noise(1, 8, 9), i64(2, 3, 4), i64(2, 2, 2)], tolerance=2e-5, pads=[0, 0, 0, 0, 1, 0])
fails("Col2Im", 18, [noise(2, 8, 8), i64(4, 4), i64(2, 2)])
fails("Col2Im", 18, [noise(2, 7, 9), i64(4, 4), i64(2, 2)])
fails("Col2Im", 18, [noise(2, 8, 9), i64(4, 4), i64(2, 0)])
fails("Col2Im", 18, [noise(2, 8, 9), i64(2**62, 2**62), i64(2, 2)])
fails("Col2Im", 18, [noise(2, 8, 9), i64(-4, 4), i64(2, 2)])

cases.write(__file__)
