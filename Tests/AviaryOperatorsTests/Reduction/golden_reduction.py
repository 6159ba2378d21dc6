"""Golden values of the reductions: `python golden_reduction.py` writes golden_reduction.json beside it."""

import pathlib
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
from golden import Cases, bf16  # noqa: E402

np.seterr(all="ignore")
random = np.random.default_rng(11)
cases = Cases()
add, fails = cases.add, cases.fails
F = np.float32
INF, NAN = np.inf, np.nan


def normal(*shape, dtype=F):
    return random.standard_normal(shape).astype(dtype)


def i64(*values):
    return np.array(values, np.int64)


NAMES = ["ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceL1", "ReduceL2", "ReduceSumSquare", "ReduceLogSum", "ReduceLogSumExp"]
FORMULAS = {
    "ReduceSum": lambda x, a, k: np.sum(x, axis=a, keepdims=k),
    "ReduceMean": lambda x, a, k: np.mean(x, axis=a, keepdims=k),
    "ReduceMax": lambda x, a, k: np.max(x, axis=a, keepdims=k),
    "ReduceMin": lambda x, a, k: np.min(x, axis=a, keepdims=k),
    "ReduceProd": lambda x, a, k: np.prod(x, axis=a, keepdims=k),
    "ReduceL1": lambda x, a, k: np.sum(np.abs(x), axis=a, keepdims=k),
    "ReduceL2": lambda x, a, k: np.sqrt(np.sum(np.square(x), axis=a, keepdims=k)),
    "ReduceSumSquare": lambda x, a, k: np.sum(np.square(x), axis=a, keepdims=k),
    "ReduceLogSum": lambda x, a, k: np.log(np.sum(x, axis=a, keepdims=k)),
    "ReduceLogSumExp": lambda x, a, k: np.log(np.sum(np.exp(x), axis=a, keepdims=k)),
}
for name in NAMES:
    attribute = 11  # axes are an attribute
    given = 18  # axes are an input
    for shape, axes in [
        ([2, 3, 4], None), ([2, 3, 4], [0]), ([2, 3, 4], [1]), ([2, 3, 4], [-1]), ([2, 3, 4], [0, 2]),
        ([2, 3, 4], [-2, 0]), ([2, 3, 4, 5], [2, 3]), ([2, 3, 4, 5], [1, 2]), ([2, 3, 4, 5], [0, 2]),
        ([2, 1, 4, 1], [1, 3]), ([7], [0]), ([3, 50], [1]), ([50, 3], [0]),
    ]:
        x = np.abs(normal(*shape)) + F(0.1)
        for keep in (0, 1):
            extra = {} if axes is None else {"axes": axes}
            add(name, attribute, [x], keepdims=keep, tolerance=4e-6, **extra)
            add(name, given, [x] + ([] if axes is None else [i64(*axes)]), keepdims=keep, tolerance=4e-6)
    x = np.abs(normal(3, 4))
    add(name, given, [x], noop_with_empty_axes=1, engine="reference", tolerance=2e-6)
    add(name, given, [x, i64()], noop_with_empty_axes=1, engine="reference", tolerance=2e-6)
    add(name, given, [x, i64()], engine="reference", tolerance=2e-6)
    add(name, given, [np.array(2.5, F)], tolerance=1e-6)
    add(name, given, [x.astype(np.float64), i64(1)], engine="reference", tolerance=1e-14)
    half = x.astype(np.float16)
    single = FORMULAS[name](half.astype(F), (1,), True)
    add(name, given, [half, i64(1)], expected=[single.astype(np.float16)], tolerance=1e-3)
    single = FORMULAS[name](bf16(x).astype(F), (0,), False)
    add(name, given, [bf16(x), i64(0)], keepdims=0, expected=[bf16(single)], tolerance=8e-3)
    # Reducing nothing gives the neutral value; an output without elements is nothing at all.
    if name not in ("ReduceMean", "ReduceLogSumExp"):
        add(name, 20, [np.zeros([2, 0, 3], F), i64(1)], engine="reference")
    add(name, 20, [np.zeros([2, 0, 3], F), i64(0)], expected=[np.zeros([1, 0, 3], F)])
    fails(name, given, [x, i64(2)])
    fails(name, attribute, [x], axes=[-3])
    fails(name, given, [x, np.array([0.5], F)])
    for dtype in [np.int32, np.int64, np.uint32, np.uint64]:
        values = np.array([[1, 2, 3], [7, 5, 6]], dtype)
        exact = FORMULAS[name](values, (1,), True).astype(dtype)
        add(name, given, [values, i64(1)], expected=[exact])
add("ReduceMean", 18, [np.array([[-7, 2, 0], [7, -1, 1]], np.int32), i64(1)], expected=[np.array([[-1], [2]], np.int32)])
add("ReduceMean", 18, [np.zeros([2, 0], F), i64(1)], expected=[np.full([2, 1], NAN, F)])
add("ReduceLogSumExp", 18, [np.zeros([2, 0], F), i64(1)], expected=[np.full([2, 1], -INF, F)])
add("ReduceLogSumExp", 18, [np.array([[1000, 1001], [-1000, -INF], [-INF, -INF], [INF, 3]], F), i64(1)], keepdims=0,
    expected=[np.array([1001.3132617, -1000, -INF, INF], F)], tolerance=1e-6)
for name in ["ReduceMax", "ReduceMin"]:
    add(name, 20, [np.array([[True, False], [True, True], [False, False]]), i64(1)], engine="reference")
    add(name, 20, [np.array([[1, NAN], [NAN, 2], [INF, -INF]], F), i64(1)], engine="reference")
    for dtype in [np.int8, np.uint8]:
        add(name, 18, [np.array([[1, -5, 100], [0, 7, -128]]).astype(dtype), i64(1)])
    for dtype in [np.int8, np.uint8, np.int32, np.uint32, np.int64, np.uint64]:
        info = np.iinfo(dtype)
        add(name, 20, [np.zeros([2, 0], dtype), i64(1)], expected=[np.full([2, 1], info.min if name == "ReduceMax" else info.max, dtype)])
    add(name, 20, [np.zeros([0], np.bool_), i64(0)], expected=[np.array([name == "ReduceMin"])])
add("ReduceSum", 13, [normal(2, 3, 4), i64(1)], keepdims=0, tolerance=2e-6)
add("ReduceSum", 13, [normal(2, 3)], tolerance=2e-6)
add("ReduceMean", 13, [normal(2, 3, 4)], axes=[1], tolerance=2e-6)

# ArgMax, ArgMin.
TIES = np.array([[2, 2, 1, 1], [1, 3, 3, 0], [0, 0, 0, 0]], F)
for name in ["ArgMax", "ArgMin"]:
    for x in [TIES, normal(2, 3, 4), normal(5)]:
        for axis in range(-x.ndim, x.ndim):
            add(name, 11, [x], axis=axis, keepdims=axis % 2)
            for last in (0, 1):
                add(name, 13, [x], axis=axis, keepdims=axis % 2, select_last_index=last, engine="reference")
    add(name, 13, [TIES])
    for dtype in [np.int8, np.uint8, np.int16, np.uint16, np.int32, np.uint32, np.int64, np.uint64, np.float16, np.float64]:
        add(name, 13, [np.array([[3, 100, 7], [100, 0, 100]], dtype)], axis=1, engine="reference")
    add(name, 13, [bf16([[3, 100, 7], [100, 0, 100]])], axis=1, engine="reference")
    add(name, 13, [np.array([1, NAN, 3, NAN, 0], F)], expected=[i64(1)])
    add(name, 13, [np.array([2**53, 2**53 + 1, 2**53])], engine="reference")
    add(name, 13, [np.zeros([0, 3], F)], axis=1, expected=[np.zeros([0, 1], np.int64)])
    fails(name, 13, [np.zeros([0, 3], F)], axis=0)
    fails(name, 13, [TIES], axis=2)

# CumSum, CumProd.
for name, opset in [("CumSum", 14), ("CumProd", 26)]:
    for shape in [[5], [2, 3], [2, 3, 4]]:
        x = normal(*shape)
        for axis in range(-len(shape), len(shape)):
            for exclusive in (0, 1):
                for reverse in (0, 1):
                    if axis < 0 and exclusive == reverse:
                        continue
                    add(name, opset, [x, np.array(axis, np.int32 if reverse else np.int64)], exclusive=exclusive,
                        reverse=reverse, tolerance=2e-6, engine="reference")
    for dtype in [np.int32, np.int64, np.uint32, np.uint64, np.float64]:
        add(name, opset, [np.array([[1, 2, 3], [4, 5, 6]], dtype), np.array(1)], engine="reference")
    add(name, opset, [np.array([1, 2, 3], np.float16), np.array(0)], engine="reference")
    add(name, opset, [np.zeros([2, 0], F), np.array(1)], expected=[np.zeros([2, 0], F)])
    fails(name, opset, [normal(2, 3), np.array(2)])
    fails(name, opset, [normal(2, 3), i64(0, 1)])
add("CumSum", 11, [np.array([2**31 - 1, 1], np.int32), np.array(0)], engine="reference")

# Softmax, LogSoftmax, Hardmax.
for name in ["Softmax", "LogSoftmax", "Hardmax"]:
    for shape in [[4], [3, 5], [2, 3, 4], [2, 3, 4, 5]]:
        x = normal(*shape) * F(3)
        for axis in range(-len(shape), len(shape)):
            add(name, 13, [x], axis=axis, tolerance=2e-6)
            add(name, 11, [x], axis=axis, tolerance=2e-6)
        add(name, 13, [x], tolerance=2e-6)
    add(name, 9, [normal(2, 3, 4)], tolerance=2e-6)
    add(name, 13, [np.array([[1000, 1001, 999], [-1000, -1001, -5000]], F)], tolerance=2e-6)
    add(name, 13, [np.array([[0, -INF, 1]], F)], engine="reference", tolerance=2e-6)
    add(name, 13, [normal(3, 5, dtype=np.float64)], engine="reference", tolerance=1e-14)
    add(name, 13, [normal(2, 3, 4, dtype=np.float64)], axis=1, engine="reference", tolerance=1e-14)
    add(name, 13, [normal(3, 5).astype(np.float16)], engine="reference", tolerance=2e-3)
    add(name, 13, [np.zeros([0, 3], F)], expected=[np.zeros([0, 3], F)])
    add(name, 13, [np.zeros([3, 0], F)], expected=[np.zeros([3, 0], F)])
    fails(name, 13, [normal(2, 3)], axis=2)
    fails(name, 13, [i64(1, 2)])
add("Hardmax", 13, [TIES], engine="reference")
add("Hardmax", 13, [TIES], axis=0, engine="reference")
# Rows longer than a piece of columns, and columns in several pieces.
add("Softmax", 13, [normal(2, 300)], tolerance=2e-6)
add("LogSoftmax", 13, [normal(1, 700)], tolerance=2e-6)
add("Softmax", 13, [normal(3, 300)], axis=0, tolerance=2e-6)
add("LogSoftmax", 13, [normal(3, 300)], axis=0, tolerance=2e-6)

cases.write(__file__)
