"""Golden values of the losses, Det, DeformConv and two normalisations: `python golden_loss.py` writes golden_loss.json.

What the suite covers thinly: ignored labels with every reduction, double, no axes, determinants of many sizes,
deformed taps far outside, groups, one and three axes.
"""

import pathlib
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
from golden import Cases  # noqa: E402

cases = Cases()
rng = np.random.default_rng(61)
F = np.float32


def normal(*shape, dtype=F):
    return rng.normal(size=shape).round(3).astype(dtype)


for op, outputs in [("NegativeLogLikelihoodLoss", 1), ("SoftmaxCrossEntropyLoss", 2)]:
    opset = 13
    for shape in [(4, 3), (2, 5, 3), (2, 4, 2, 3)]:
        for reduction in ["none", "sum", "mean"]:
            for weighted in [False, True]:
                for ignored in [None, 1, -7]:
                    x = normal(*shape)
                    labels = rng.integers(0, shape[1], (shape[0],) + shape[2:])
                    if ignored is not None:
                        labels.flat[0] = ignored
                    values = [x, labels.astype(np.int32 if weighted else np.int64)]
                    if weighted:
                        values.append(rng.uniform(0.2, 2, shape[1]).astype(F))
                    extra = {} if ignored is None else {"ignore_index": ignored}
                    cases.add(op, opset, values, outputs=outputs, engine="reference", tolerance=1e-5, reduction=reduction, **extra)
    x = normal(3, 4, dtype=np.float64)
    cases.add(op, opset, [x, np.array([0, 3, 1])], outputs=outputs, engine="reference", tolerance=1e-12)
    for bad, attributes in [
        ([normal(3), np.array([0])], {}), ([normal(3, 4), np.array([0, 4, 1])], {}), ([normal(3, 4), np.array([0, -1, 1])], {}),
        ([normal(3, 4), np.array([0, 1])], {}), ([normal(3, 4), np.array([0.0, 1, 2], F)], {}), ([normal(3, 4)], {}),
        ([normal(3, 4), np.array([0, 1, 2]), normal(3)], {}), ([normal(3, 4), np.array([0, 1, 2])], {"reduction": "product"}),
    ]:
        cases.fails(op, opset, bad, outputs=outputs, **attributes)

for shape in [(1, 1), (2, 2), (5, 5), (3, 4, 4), (2, 3, 6, 6), (0, 3, 3), (0, 0)]:
    x = normal(*shape, dtype=np.float64)
    cases.add("Det", 11, [x], expected=[np.asarray(np.linalg.det(x))], tolerance=1e-10)
    cases.add("Det", 22, [x.astype(F)], expected=[np.asarray(np.linalg.det(x.astype(F).astype(np.float64))).astype(F)], tolerance=1e-5)
cases.add("Det", 11, [F([[1, 2], [2, 4]])], expected=[F(0)])
cases.add("Det", 11, [F([[0, 2], [3, 0]])], expected=[F(-6)])
for bad in [normal(3), normal(2, 3), np.ones([2, 2], np.int32)]:
    cases.fails("Det", 11, [bad])

for p in [1, 2]:
    for shape, axis in [((3, 4), -1), ((3, 4), 0), ((2, 3, 4), 1), ((5,), 0)]:
        x = normal(*shape)
        x.flat[:1] = 0
        norm = np.linalg.norm(x.astype(np.float64), ord=p, axis=axis, keepdims=True)
        cases.add("LpNormalization", 22, [x], expected=[(x / norm).astype(F)], tolerance=1e-6, axis=axis, p=p)
cases.add("LpNormalization", 1, [np.zeros([2, 3], F)], expected=[np.zeros([2, 3], F)])
cases.fails("LpNormalization", 1, [normal(2, 3)], p=3)
cases.fails("LpNormalization", 1, [normal(2, 3)], axis=2)
for axes in [[0, 2, 3], [0, 1, 2, 3], [1], [2, 3], [-1]]:
    x = normal(2, 3, 4, 5)
    deviation = x.std(axis=tuple(axes), keepdims=True) + 1e-9
    cases.add("MeanVarianceNormalization", 13, [x], tolerance=1e-5, axes=axes,
              expected=[((x - x.mean(axis=tuple(axes), keepdims=True)) / deviation).astype(F)])
cases.fails("MeanVarianceNormalization", 13, [normal(2, 3)])
cases.fails("MeanVarianceNormalization", 13, [normal(2, 3, 4, 5)], axes=[0, 0])


def deform(x, w, offset, bias, mask, strides, pads, dilations, group, offset_group):
    """The definition, sample by sample."""
    n, c, *size = x.shape
    m, per, *kernel = w.shape
    axes = len(size)
    out = offset.shape[2:]
    taps = int(np.prod(kernel))
    offset = offset.reshape(n, offset_group, taps, axes, *out)
    mask = np.ones([n, offset_group, taps, *out]) if mask is None else mask.reshape(n, offset_group, taps, *out)
    y = np.zeros([n, m, *out])
    for b in range(n):
        for o in np.ndindex(*out):
            for t, tap in enumerate(np.ndindex(*kernel)):
                for ch in range(c):
                    g = ch // (c // offset_group)
                    place = [o[i] * strides[i] - pads[i] + tap[i] * dilations[i] + offset[(b, g, t, i) + o] for i in range(axes)]
                    value = 0.0
                    for corner in np.ndindex(*[2] * axes):
                        low = [int(np.floor(p)) + k for p, k in zip(place, corner)]
                        if all(0 <= q < s for q, s in zip(low, size)):
                            value += x[(b, ch) + tuple(low)] * np.prod([1 - abs(p - q) for p, q in zip(place, low)])
                    value *= mask[(b, g, t) + o]
                    for k in range(ch // per * (m // group), (ch // per + 1) * (m // group)):
                        y[(b, k) + o] += value * w[(k, ch % per) + tap]
    if bias is not None:
        y += bias.reshape([1, m] + [1] * axes)
    return y


for size, kernel, c, m, group, offset_group, strides, pads, dilations in [
    ((5, 6), (3, 3), 2, 3, 1, 1, [1, 1], [1, 1, 1, 1], [1, 1]), ((6, 5), (2, 3), 4, 4, 2, 2, [2, 1], [0, 1, 1, 0], [1, 2]),
    ((7,), (3,), 2, 2, 1, 2, [2], [1, 1], [1]), ((3, 4, 3), (2, 2, 2), 2, 2, 1, 1, [1, 1, 1], [0] * 6, [1, 1, 1]),
]:
    axes = len(size)
    out = [(size[i] + pads[i] + pads[axes + i] - (kernel[i] - 1) * dilations[i] - 1) // strides[i] + 1 for i in range(axes)]
    taps = int(np.prod(kernel))
    x, w = normal(2, c, *size), normal(m, c // group, *kernel)
    offset = (rng.normal(size=[2, offset_group * taps * axes, *out]) * 1.5).round(3).astype(F)
    offset.flat[0] = 1e30
    mask = rng.uniform(0, 1, [2, offset_group * taps, *out]).astype(F)
    bias = normal(m)
    attributes = dict(strides=strides, pads=pads, dilations=dilations, group=group, offset_group=offset_group)
    for b, k in [(None, None), (bias, mask)]:
        values = [x, w, offset] + ([] if b is None else [b, k])
        safe = np.where(np.abs(offset) > 1e6, 1e6, offset)
        y = deform(x, w, safe, b, k, strides, pads, dilations, group, offset_group)
        cases.add("DeformConv", 19, values, expected=[y.astype(F)], tolerance=1e-4, **attributes)
        if b is not None:
            wide = [v.astype(np.float64) for v in values]
            cases.add("DeformConv", 22, wide, expected=[y], tolerance=1e-5, **attributes)
x, w = normal(1, 2, 4, 4), normal(3, 2, 3, 3)
for bad in [[x, w, normal(1, 18, 3, 3)], [x, w, normal(1, 9, 2, 2)], [x, normal(3, 1, 3, 3), normal(1, 18, 2, 2)],
            [x, w, normal(1, 18, 2, 2), normal(2)], [x, w, normal(1, 18, 2, 2), normal(3), normal(1, 18, 2, 2)], [x, w]]:
    cases.fails("DeformConv", 19, bad)

cases.write(__file__)
