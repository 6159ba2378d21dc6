"""Golden values of products of quantised numbers: `python golden_integer.py` writes golden_integer.json."""

import pathlib
import sys

import ml_dtypes
import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
from golden import Cases  # noqa: E402

cases = Cases()
rng = np.random.default_rng(51)
U8, I8, F = np.uint8, np.int8, np.float32


def some(*shape, dtype=U8):
    info = np.iinfo(dtype)
    return rng.integers(info.min, info.max + 1, shape).astype(dtype)


# MatMulInteger: every pair of types, zero points of all forms, shapes.
for a_type in [U8, I8]:
    for b_type in [U8, I8]:
        a, b = some(5, 7, dtype=a_type), some(7, 18, dtype=b_type)
        cases.add("MatMulInteger", 10, [a, b], engine="reference")
        cases.add("MatMulInteger", 10, [a, b, a_type(3), b_type(100)], engine="reference")
        # By definition: one zero point a column, one a row.
        zeros = some(18, dtype=b_type)
        product = (a.astype(np.int32) - 3) @ (b.astype(np.int32) - zeros)
        cases.add("MatMulInteger", 10, [a, b, a_type(3), zeros], expected=[product.astype(np.int32)])
        rows = some(5, dtype=a_type)
        product = (a.astype(np.int32) - rows[:, None]) @ b.astype(np.int32)
        cases.add("MatMulInteger", 10, [a, b, rows], expected=[product.astype(np.int32)])
        cases.add("MatMulInteger", 10, [a, b, rows[:, None].copy()], expected=[product.astype(np.int32)])
for a, b in [((4,), (4, 3)), ((3, 4), (4,)), ((2, 3, 4), (4, 5)), ((2, 1, 3, 4), (3, 4, 2)), ((1, 1), (1, 1)), ((30, 65), (65, 33)),
             ((0, 4), (4, 5)), ((3, 0), (0, 5)), ((50, 3), (3, 1))]:
    a, b = some(*a), some(*b, dtype=I8)
    cases.add("MatMulInteger", 10, [a, b, U8(128), I8(-5)],
              expected=[np.matmul(a.astype(np.int32) - 128, b.astype(np.int32) + 5).astype(np.int32)])
# The largest products: nothing may saturate on the way.
a, b = np.full([2, 64], 255, U8), np.full([64, 20], -128, I8)
cases.add("MatMulInteger", 10, [a, b], expected=[a.astype(np.int32) @ b.astype(np.int32)])
a, b = np.full([2, 64], 255, U8), np.full([64, 20], 255, U8)
cases.add("MatMulInteger", 10, [a, b, U8(0), U8(0)], expected=[a.astype(np.int32) @ b.astype(np.int32)])
zeros = some(2, 5, 1, dtype=U8)
a, b = some(2, 5, 4), some(2, 4, 3, dtype=I8)
cases.add("MatMulInteger", 10, [a, b, zeros], expected=[(a.astype(np.int32) - zeros) @ b.astype(np.int32)])
for bad in [[some(3, 4), some(5, 4)], [some(3, 4).astype(np.int16), some(4, 5)], [some(), some(4)],
            [some(3, 4), some(4, 5), I8(1)], [some(3, 4), some(4, 5), some(2)], [some(3, 4), some(4, 5), None, some(4)]]:
    cases.fails("MatMulInteger", 10, bad)


# ConvInteger by its definition.
def conv(x, w, pads, strides, dilations, group):
    n, c, *size = x.shape
    m, per, *kernel = w.shape
    axes = len(size)
    x = np.pad(x, [(0, 0), (0, 0)] + [(pads[i], pads[axes + i]) for i in range(axes)])
    out = [(x.shape[2 + i] - (kernel[i] - 1) * dilations[i] - 1) // strides[i] + 1 for i in range(axes)]
    y = np.zeros([n, m, *out], np.int64)
    for tap in np.ndindex(*kernel):
        part = x[(slice(None), slice(None)) + tuple(
            slice(tap[i] * dilations[i], tap[i] * dilations[i] + (out[i] - 1) * strides[i] + 1, strides[i]) for i in range(axes))]
        for g in range(group):
            rows = slice(g * m // group, (g + 1) * m // group)
            y[:, rows] += np.einsum("nc...,mc->nm...", part[:, g * per:(g + 1) * per], w[(rows, slice(None)) + tap])
    return y


SHAPES = [
    # x, w, pads, strides, dilations, group
    ((1, 3, 8, 9), (5, 3, 3, 3), [1, 1, 1, 1], [1, 1], [1, 1], 1), ((2, 4, 7, 7), (20, 4, 1, 1), [0, 0, 0, 0], [1, 1], [1, 1], 1),
    ((1, 3, 12, 11), (6, 3, 5, 3), [2, 0, 1, 2], [2, 3], [1, 2], 1), ((1, 6, 6, 6), (6, 1, 3, 3), [1, 1, 1, 1], [1, 1], [1, 1], 6),
    ((2, 6, 9, 7), (6, 1, 3, 3), [0, 1, 2, 1], [2, 2], [2, 1], 6), ((1, 6, 6, 6), (9, 2, 3, 3), [1, 1, 1, 1], [1, 1], [1, 1], 3),
    ((1, 4, 20), (8, 4, 3), [1, 1], [1], [2], 1), ((1, 2, 4, 5, 6), (3, 2, 2, 3, 2), [0, 1, 0, 1, 1, 1], [1, 2, 1], [1, 1, 2], 1),
    ((1, 6, 5, 5), (12, 1, 3, 3), [1, 1, 1, 1], [1, 1], [1, 1], 6), ((1, 33, 10, 10), (17, 33, 3, 3), [1, 1, 1, 1], [1, 1], [1, 1], 1),
    ((1, 5, 1, 1), (3, 5, 1, 1), [0, 0, 0, 0], [1, 1], [1, 1], 1), ((0, 3, 4, 4), (2, 3, 3, 3), [1, 1, 1, 1], [1, 1], [1, 1], 1),
]
for x_type, w_type in [(U8, I8), (U8, U8), (I8, I8), (I8, U8)]:
    for x_shape, w_shape, pads, strides, dilations, group in SHAPES:
        x, w = some(*x_shape, dtype=x_type), some(*w_shape, dtype=w_type)
        attributes = dict(pads=pads, strides=strides, dilations=dilations, group=group)
        if x_type == U8:
            x_zero, w_zero = x_type(7), w_type(90)
            y = conv(x.astype(np.int64) - 7, w.astype(np.int64) - 90, pads, strides, dilations, group)
            cases.add("ConvInteger", 10, [x, w, x_zero, w_zero], expected=[y.astype(np.int32)], **attributes)
        # QLinearConv: one scale a channel, a bias.
        m = w_shape[0]
        x_zero, y_zero = x_type(rng.integers(0, 100)), x_type(rng.integers(0, 100))
        w_zeros = np.zeros(m, w_type) if w_type == I8 else np.full(m, 128, w_type)
        x_scale, y_scale = F(0.02), F(0.9)
        w_scale, bias = rng.uniform(0.001, 0.02, m).astype(F), rng.integers(-2000, 2000, m).astype(np.int32)
        shape = [1, m] + [1] * (len(x_shape) - 2)
        y = conv(x.astype(np.int64) - int(x_zero), w.astype(np.int64) - int(w_zeros[0]), pads, strides, dilations, group)
        factor = (x_scale * w_scale / y_scale).astype(F).reshape(shape)
        values = np.rint((y + bias.reshape(shape)).astype(F) * factor) + float(y_zero)
        info = np.iinfo(x_type)
        cases.add("QLinearConv", 10, [x, x_scale, x_zero, w, w_scale, w_zeros, y_scale, y_zero, bias],
                  expected=[np.clip(values, info.min, info.max).astype(x_type)], **attributes)
w_zeros = some(5, dtype=I8)
x, w = some(1, 3, 6, 6), some(5, 3, 3, 3, dtype=I8)
y = conv(x.astype(np.int64) - 9, w.astype(np.int64) - w_zeros.reshape(5, 1, 1, 1), [0, 0, 0, 0], [1, 1], [1, 1], 1)
cases.add("ConvInteger", 10, [x, w, U8(9), w_zeros], expected=[y.astype(np.int32)])
cases.add("ConvInteger", 10, [x, w, U8(9)], auto_pad="SAME_UPPER",
          expected=[conv(x.astype(np.int64) - 9, w.astype(np.int64), [1, 1, 1, 1], [1, 1], [1, 1], 1).astype(np.int32)])
# ONNX Runtime's own answer, with the scalars that exporters write. Weights are small: on AVX2 its sums of two products
# saturate at 16 bits where weights are large.
w = (w // 4).astype(I8)
cases.add("QLinearConv", 10, [x, F(0.03), U8(10), w, F(0.01), I8(0), F(0.5), U8(120)], engine="ort", pads=[1, 1, 1, 1])
for bad, attributes in [
    ([some(1, 3, 6), some(5, 3, 3, 3)], {}), ([some(1, 4, 6, 6), some(5, 3, 3, 3)], {}), ([some(1, 3, 6, 6), some(5, 3, 7, 7)], {}),
    ([some(1, 3, 6, 6), some(5, 3, 3, 3)], {"kernel_shape": [2, 2]}), ([some(1, 3, 6, 6), some(5, 3, 3, 3)], {"group": 2}),
    ([some(1, 3, 6, 6), some(5, 3, 3, 3), some(2)], {}), ([some(1, 3, 6, 6), some(5, 3, 3, 3), U8(0), some(3)], {}),
    ([some(1, 3, 6, 6), some(5, 3, 3, 3)], {"pads": [2**40, 0, 0, 0]}), ([some(1, 3, 6, 6), some(5, 3, 3, 3), I8(0)], {}),
]:
    cases.fails("ConvInteger", 10, bad, **attributes)
good = [x, F(0.03), U8(10), w, F(0.01), I8(0), F(0.5), U8(120)]
for index, bad in [(1, F([0.1, 0.2])), (2, I8(0)), (4, F([0.1, 0.2])), (5, U8(0)), (6, F([])), (7, np.int32(1)), (0, x[0])]:
    cases.fails("QLinearConv", 10, good[:index] + [bad] + good[index + 1:])
cases.fails("QLinearConv", 10, good + [np.zeros(3, np.int32)])

# QLinearMatMul.
for a_type in [U8, I8]:
    for shape_a, shape_b in [((5, 7), (7, 18)), ((2, 3, 4), (4, 5)), ((2, 5, 6), (2, 6, 7)), ((1, 4), (4, 1))]:
        a, b = some(*shape_a, dtype=a_type), some(*shape_b, dtype=I8)
        m, n = shape_a[-2], shape_b[-1]
        a_zero, y_zero = a_type(5), a_type(60)
        for a_scale, b_scale in [(F(0.01), F(0.02)), (F(0.01), rng.uniform(0.01, 0.05, n).astype(F)),
                                 (rng.uniform(0.01, 0.05, m).astype(F), F(0.02))]:
            y = np.matmul(a.astype(np.int64) - 5, b.astype(np.int64) + 3)
            row = a_scale if a_scale.ndim == 0 else a_scale[:, None]
            column = (b_scale / F(0.7)).astype(F) if a_scale.ndim else (a_scale * b_scale / F(0.7)).astype(F)
            factor = column if a_scale.ndim == 0 else (column * row).astype(F)
            info = np.iinfo(a_type)
            values = np.clip(np.rint(y.astype(F) * factor) + float(y_zero), info.min, info.max).astype(a_type)
            cases.add("QLinearMatMul", 21, [a, a_scale, a_zero, b, b_scale, I8(-3), F(0.7), y_zero], expected=[values])
a, b = some(3, 4), some(4, 5, dtype=I8)
f8 = ml_dtypes.float8_e4m3fn
left, right = rng.normal(size=(3, 4)).astype(f8), rng.normal(size=(4, 5)).astype(f8)
exact = left.astype(F) @ right.astype(F) * F(0.5) * F(0.25) / F(2)
cases.add("QLinearMatMul", 21, [left, F(0.5), np.zeros([], f8), right, F(0.25), np.zeros([], f8), F(2), np.zeros([], f8)],
          expected=[exact.astype(f8)])
good = [a, F(0.1), U8(3), b, F(0.2), I8(1), F(0.5), U8(9)]
for index, bad in [(0, some(3, 5)), (1, F([0.1, 0.2])), (2, I8(0)), (5, U8(0)), (6, F([0.5, 0.5])), (7, np.int32(1)), (0, a.astype(np.int32))]:
    cases.fails("QLinearMatMul", 21, good[:index] + [bad] + good[index + 1:])

cases.write(__file__)
