"""Golden values of the generation family: `python golden_generation.py` writes golden_generation.json."""

import pathlib
import sys

import numpy as np
from onnx import numpy_helper

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
from golden import Cases, bf16  # noqa: E402

MAX, MIN = 2**63 - 1, -(2**63)
cases = Cases()
add, fails = cases.add, cases.fails


def i64(*values):
    return np.array(values, dtype=np.int64)


def tensor(array):
    return numpy_helper.from_array(np.asarray(array))


add("Constant", 13, [], value=tensor(np.float32([[1, 2], [3, 4]])))
add("Constant", 1, [], value=tensor(np.float32(5)))
add("Constant", 13, [], value_int=7)
add("Constant", 13, [], value_ints=[1, -2])
add("Constant", 13, [], value_float=1.5)
add("Constant", 13, [], value_floats=[1.5, 2.5])
add("Constant", 13, [], value_string="text", engine="reference")
add("Constant", 13, [], value_strings=["a", "b"], engine="reference")
fails("Constant", 13, [])
fails("Constant", 13, [], value_int=1, value_float=2.0)

add("ConstantOfShape", 9, [i64(2, 3)])
add("ConstantOfShape", 9, [i64(2, 3)], value=tensor(np.int64([7])))
add("ConstantOfShape", 20, [i64(2)], value=tensor(np.array([True])))
add("ConstantOfShape", 9, [np.zeros([0], np.int64)], value=tensor(np.float16([2])))
add("ConstantOfShape", 9, [i64(0, 3)], value=tensor(np.uint8([2])))
fails("ConstantOfShape", 9, [i64(-1)])
fails("ConstantOfShape", 9, [i64(MAX, MAX)])
fails("ConstantOfShape", 9, [i64(2**40)])
fails("ConstantOfShape", 9, [i64(2)], value=tensor(np.int64([7, 8])))

for values in [(3, 9, 3), (10, 4, -2), (1, 5, 2), (5, 1, 2), (1, 1, 1), (0, -7, -3)]:
    for dtype in [np.float32, np.float64, np.int16, np.int32, np.int64]:
        add("Range", 11, [dtype(v) for v in values])
add("Range", 11, [np.float32(1), np.float32(2), np.float32(0.3)], tolerance=1e-6)
add("Range", 27, [np.float16(1), np.float16(2), np.float16(0.25)], engine="reference", stash_type=1)
add("Range", 27, [bf16(1), bf16(3), bf16(0.5)], engine="reference", stash_type=1)
RANGES = {
    (MIN, MAX, MAX): [MIN, -1, MAX - 1], (MAX, MIN, MIN): [MAX, -1], (MAX - 2, MAX, 2): [MAX - 2],
}
for values, expected in RANGES.items():
    add("Range", 11, [np.int64(v) for v in values], expected=[i64(*expected)])
add("Range", 11, [np.int16(v) for v in (32766, 32767, 5)], expected=[np.int16([32766])])
fails("Range", 11, [np.int64(v) for v in (0, 5, 0)])
fails("Range", 11, [np.float32(v) for v in (0, 5, 0)])
fails("Range", 11, [np.float32(v) for v in (0, np.inf, 1)])
fails("Range", 11, [np.int64(v) for v in (MIN, MAX, 1)])
fails("Range", 11, [np.int64(v) for v in (0, 2**50, 1)])
fails("Range", 11, [np.int64(0), np.float32(3), np.int64(1)])
fails("Range", 11, [i64(0, 1), np.int64(3), np.int64(1)])
# A limit that is no number gives nothing.
add("Range", 11, [np.float32(v) for v in (0, np.nan, 1)], expected=[np.zeros([0], np.float32)])

add("EyeLike", 9, [np.zeros((3, 4), np.int32)])
for k in [1, -1, 3, -2, MAX, MIN, 4]:
    add("EyeLike", 9, [np.zeros((3, 4), np.float32)], expected=[np.eye(3, 4, k=max(min(k, 9), -9), dtype=np.float32)],
        k=k)
add("EyeLike", 22, [np.zeros((2, 2), np.float32)], dtype=11)
fails("EyeLike", 9, [np.zeros(3, np.float32)])

cases.write(__file__)
