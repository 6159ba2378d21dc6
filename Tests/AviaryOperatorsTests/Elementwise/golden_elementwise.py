"""Golden values of the element-wise family: `python golden_elementwise.py` writes golden_elementwise.json."""

import pathlib
import sys

import ml_dtypes
import numpy as np
from onnx import TensorProto, helper

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
from golden import Cases, bf16  # noqa: E402

np.seterr(all="ignore")
random = np.random.default_rng(7)
cases = Cases()
add, fails = cases.add, cases.fails

INF, NAN = np.inf, np.nan
F = np.float32
LINE = np.array([-30, -5.5, -3, -2.5, -1, -0.6, -0.5, -0.1, 0, 1e-4, 0.1, 0.5, 0.7, 1, 1.5, 2.5, 6, 30], F)
EDGES = np.array([0.0, -0.0, INF, -INF, NAN, 1e-30, -1e-30, 80, -80], F)
UNIT = np.array([-1, -0.9, -0.5, 0, 0.25, 0.5, 0.99, 1], F)
INTS = np.array([-7, -2, -1, 0, 1, 2, 7, 100], np.int64)


def normal(*shape, dtype=F):
    return random.standard_normal(shape).astype(dtype)


# Unary functions of real numbers: name, opset, inputs of interest, tolerance.
REAL = [
    ("Sigmoid", 13, [LINE, EDGES]), ("Tanh", 13, [LINE, EDGES]), ("Erf", 13, [LINE, EDGES]),
    ("Exp", 13, [LINE, EDGES]), ("Log", 13, [np.abs(LINE), EDGES]), ("Sqrt", 13, [np.abs(LINE)]),
    ("Reciprocal", 13, [LINE, EDGES]), ("Floor", 13, [LINE, EDGES]), ("Ceil", 13, [LINE, EDGES]),
    ("Round", 11, [LINE, EDGES]), ("Sin", 7, [LINE]), ("Cos", 7, [LINE]), ("Tan", 7, [LINE]),
    ("Asin", 7, [UNIT]), ("Acos", 7, [UNIT]), ("Atan", 7, [LINE, EDGES]), ("Sinh", 9, [LINE / 3]),
    ("Cosh", 9, [LINE / 3]), ("Asinh", 9, [LINE]), ("Acosh", 9, [np.abs(LINE) + 1]),
    ("Atanh", 9, [UNIT * F(0.99)]), ("HardSwish", 14, [LINE]), ("Softplus", 1, [LINE, EDGES]),
    ("Softsign", 1, [LINE]), ("Mish", 18, [LINE]), ("Gelu", 20, [LINE, EDGES[EDGES != -INF]]),
]
for name, opset, inputs in REAL:
    for x in inputs:
        add(name, opset, [x], tolerance=2e-6)
    x = inputs[0]
    add(name, opset, [x.reshape(2, 1, -1).astype(np.float16)], engine="reference", tolerance=2e-3)
    latest = max(opset, 22)
    # The reference computes erf and the slope of HardSwish in single precision.
    rough = name in ("Erf", "Gelu", "HardSwish")
    add(name, latest, [x.astype(np.float64)], tolerance=1e-6 if rough else 1e-12, engine="reference")
    add(name, latest, [bf16(x)], tolerance=1.6e-2, engine="reference")
    add(name, opset, [np.array(x.flat[3])], tolerance=2e-6)
    add(name, opset, [np.zeros([2, 0, 3], F)])
add("Gelu", 20, [LINE], approximate="tanh", tolerance=2e-6)
add("Gelu", 20, [LINE.astype(np.float64)], approximate="tanh", engine="reference", tolerance=1e-6)
add("Erf", 9, [INTS.astype(np.int32)], expected=[np.array([-1, -.9953, -.8427, 0, .8427, .9953, 1, 1]).astype(np.int32)])
fails("Gelu", 20, [LINE], approximate="other")
fails("Sigmoid", 13, [INTS])

# Relu, Abs, Neg, Sign: integers too.
for x in [LINE, np.array([0.0, -0.0, INF, -INF, NAN], F)]:
    add("Relu", 14, [x], engine="reference")
    add("Abs", 13, [x], engine="reference")
    add("Neg", 13, [x], engine="reference")
    add("Sign", 13, [x], engine="reference")
for dtype in [np.int8, np.int16, np.int32, np.int64]:
    low = np.array([np.iinfo(dtype).min, -3, 0, 5, np.iinfo(dtype).max], dtype)
    for name in ["Relu", "Neg", "Sign", "Abs"]:
        add(name, 14, [low], engine="reference")
for dtype in [np.uint8, np.uint16, np.uint32, np.uint64]:
    high = np.array([0, 1, np.iinfo(dtype).max], dtype)
    add("Abs", 14, [high], engine="reference")
    add("Sign", 14, [high], engine="reference")
add("Relu", 6, [normal(3, 4)])
add("Relu", 14, [bf16(LINE)], engine="reference")
add("Relu", 6, [normal(4, 30)])

# Activations with attributes.
for x in [LINE, LINE.astype(np.float16)]:
    t = 2e-6 if x.dtype == F else 4e-3
    e = "reference" if x.dtype != F else None
    add("HardSigmoid", 6, [x], tolerance=t, engine=e)
    add("HardSigmoid", 22, [x], alpha=0.1666, beta=0.4, tolerance=t, engine=e)
    add("LeakyRelu", 6, [x], tolerance=t, engine=e)
    add("LeakyRelu", 16, [x], alpha=0.3, tolerance=t, engine=e)
    add("Elu", 6, [x], tolerance=t, engine=e)
    add("Elu", 22, [x], alpha=2.5, tolerance=t, engine=e)
    add("Selu", 6, [x], tolerance=t, engine=e)
    add("Selu", 22, [x], alpha=2.0, gamma=3.0, tolerance=t, engine=e)
    add("ThresholdedRelu", 10, [x], tolerance=t, engine=e)
    add("ThresholdedRelu", 22, [x], alpha=0.5, tolerance=t, engine=e)
    add("Shrink", 9, [x], tolerance=t, engine=e)
    add("Shrink", 9, [x], bias=1.5, lambd=1.5, tolerance=t, engine=e)
    add("Swish", 24, [x], tolerance=t, engine="reference")
    add("Swish", 24, [x], alpha=0.5, tolerance=t, engine="reference")
add("Celu", 12, [LINE], tolerance=2e-6)
add("Celu", 12, [LINE], alpha=2.0, tolerance=2e-6)
add("Shrink", 9, [INTS.astype(np.int8)], bias=1.5, lambd=1.5)
add("Shrink", 9, [INTS.astype(np.uint8) // 2], lambd=1.5)

# Properties.
SPECIAL = np.array([[INF, -INF, NAN], [0, 1, -2]], F)
for dtype in [F, np.float64, np.float16]:
    add("IsNaN", 20, [SPECIAL.astype(dtype)], engine="reference")
    add("IsInf", 20, [SPECIAL.astype(dtype)], engine="reference")
    add("IsInf", 20, [SPECIAL.astype(dtype)], engine="reference", detect_negative=0)
    add("IsInf", 10, [SPECIAL], detect_positive=0)
add("IsNaN", 20, [SPECIAL.astype(ml_dtypes.float8_e5m2)], expected=[np.isnan(SPECIAL)])
add("IsNaN", 20, [SPECIAL.astype(ml_dtypes.float8_e4m3fnuz)], expected=[~np.isfinite(SPECIAL)])
add("IsInf", 20, [SPECIAL.astype(ml_dtypes.float8_e5m2)], expected=[np.isinf(SPECIAL)])
add("Not", 1, [np.array([[True], [False]])])
add("Not", 1, [np.array(True)])
fails("Not", 1, [INTS])
for dtype in [np.int8, np.uint8, np.int32, np.uint64]:
    add("BitwiseNot", 18, [INTS.astype(dtype)])

# Two operands: every way of broadcasting.
SHAPES = [
    ([3, 4], [3, 4]), ([3, 4], []), ([], [3, 4]), ([], []), ([3, 4], [4]), ([3, 4], [3, 1]),
    ([2, 3, 4, 5], [1, 3, 1, 1]), ([2, 3, 4, 5], [3, 1, 1]), ([2, 3, 4, 5], [5]), ([3, 1], [1, 4]),
    ([2, 1, 4, 1], [3, 1, 5]), ([1, 1, 1], [2]), ([0, 3], [3]), ([2, 0], [1]), ([2, 1, 0], [3, 1]),
    ([4, 1, 1, 3], [4, 2, 1, 3]), ([2, 3, 1, 5], [1, 1, 4, 5]), ([1], []), ([5, 7], [5, 1]),
]
for a, b in SHAPES:
    add("Sub", 14, [normal(*a), normal(*b)])
    add("Div", 7, [normal(*a).astype(np.float16), normal(*b).astype(np.float16)], engine="reference")
    add("Greater", 13, [normal(*a), normal(*b)])
    add("Mod", 13, [random.integers(-9, 9, a).astype(np.int8), random.integers(1, 5, b).astype(np.int8)], engine="reference")
    add("Max", 13, [normal(*a), normal(*b)])
    add("Where", 16, [random.integers(0, 2, a) == 1, normal(*b), normal()])
    add("Where", 16, [random.integers(0, 2, b) == 1, normal(), normal(*a)])
fails("Add", 7, [normal(2, 3), normal(2)])
fails("Add", 7, [normal(2, 3), normal(3).astype(np.float64)])
fails("Add", 7, [normal(2), np.array([True, False])])

INTEGERS = [np.int8, np.int16, np.int32, np.int64, np.uint8, np.uint16, np.uint32, np.uint64]
for dtype in INTEGERS:
    info = np.iinfo(dtype)
    a = np.array([info.max, info.min, 5, info.max, info.max // 3], dtype)
    b = np.array([1, 1, 7, 3, 5], dtype)
    for name in ["Add", "Sub", "Mul", "Div", "Mod"]:
        add(name, 14, [a, b], engine="reference")
    add("Mod", 13, [a, b], engine="reference", fmod=1)
    for name in ["Equal", "Greater", "Less", "GreaterOrEqual", "LessOrEqual"]:
        add(name, 16, [a, b[::-1].copy()], engine="reference")
    for name in ["BitwiseAnd", "BitwiseOr", "BitwiseXor"]:
        add(name, 18, [a, b], engine="reference")
    add("Max", 13, [a, b], engine="reference")
    add("Min", 13, [a, b, a[::-1].copy()], engine="reference")
    if info.min == 0:
        shift = np.array([0, 1, 3, info.bits - 1, info.bits], dtype)
        for direction in ["LEFT", "RIGHT"]:
            add("BitShift", 11, [a, shift], engine="reference", direction=direction)
    else:
        # By zero, and the least value by -1: what must not stop the process.
        add("Div", 14, [np.array([5, info.min], dtype), np.array([0, -1], dtype)], expected=[np.array([0, info.min], dtype)])
        add("Mod", 14, [np.array([5, info.min], dtype), np.array([0, -1], dtype)], expected=[np.array([0, 0], dtype)])
        shift = np.array([0, 1, 3, info.bits - 1, info.bits], dtype)
        for direction in ["LEFT", "RIGHT"]:
            add("BitShift", 28, [a, shift], engine="reference", direction=direction)
for name in ["Add", "Sub", "Mul", "Div"]:
    add(name, 14, [normal(2, 3, dtype=np.float64), normal(3, dtype=np.float64)], tolerance=1e-15)
    add(name, 13, [bf16(normal(2, 3)), bf16(normal(3))], engine="reference")
    add(name, 14, [normal(9, 30), normal(30)])
SIGNS_A = np.array([7, -7, 7, -7, 5.5, -5.5, 0, INF, 3], F)
SIGNS_B = np.array([3, 3, -3, -3, 2, 2, 5, 2, INF], F)
add("Mod", 13, [SIGNS_A, SIGNS_B], fmod=1)
add("Mod", 13, [SIGNS_A.astype(np.float16), SIGNS_B.astype(np.float16)], fmod=1, engine="reference")
add("Mod", 10, [np.array([-4, 7, 5, 4, -7, 8]), np.array([2, -3, 8, -2, 3, 5])])
add("Equal", 13, [np.array([NAN, 1, 0.0], F), np.array([NAN, 1, -0.0], F)])
add("Equal", 13, [np.array([True, False]), np.array([[True], [False]])])
add("Equal", 19, [np.array(["a", "b", "é"], object), np.array(["a", "c", "e\u0301"], object)], expected=[np.array([True, False, False])])
add("Equal", 19, [np.array([["a"], ["b"]], object), np.array("b", object)], engine="reference")
for name in ["And", "Or", "Xor"]:
    add(name, 7, [np.array([True, True, False, False]), np.array([[True], [False]])])
fails("And", 7, [INTS, INTS])

# Before opset 7: `broadcast` and `axis`.
A = normal(2, 3, 4, 5)
for b, axis in [([5], None), ([4, 5], None), ([3, 4], 1), ([2], 0), ([3], -3), ([1], None), ([2, 3, 4, 5], None), ([3, 1], 1)]:
    b = normal(*b)
    start = A.ndim - b.ndim if axis is None else axis % A.ndim
    wide = b.reshape([1] * start + list(b.shape) + [1] * (A.ndim - start - b.ndim))
    extra = {} if axis is None else {"axis": axis}
    for name, f in [("Add", np.add), ("Sub", np.subtract), ("Mul", np.multiply), ("Div", np.divide), ("Greater", np.greater)]:
        add(name, 6, [A, b], expected=[f(A, wide)], broadcast=1, **extra)
add("Add", 6, [A, A], expected=[A + A])
fails("Add", 6, [A, normal(5)])
fails("Add", 6, [A, normal(3)], broadcast=1, axis=2)
fails("Add", 6, [A, normal(4, 5)], broadcast=1, axis=3)
fails("Add", 6, [normal(5), A], broadcast=1)

# Pow.
add("Pow", 13, [np.abs(normal(3, 4)), normal(4)], tolerance=2e-6)
for e in [2, 3, 0.5, -1, 0, 1]:
    add("Pow", 13, [LINE, np.array(e, F)], tolerance=2e-6, engine="reference")
add("Pow", 15, [LINE, np.array(2, np.int64)], tolerance=2e-6)
add("Pow", 15, [LINE.astype(np.float16), np.array(2, np.int32)], engine="reference", tolerance=1e-3)
add("Pow", 15, [INTS, np.array([2, 3, 2, 0, 5, 10, 3, 2])])
add("Pow", 15, [INTS.astype(np.int32), np.array(3, np.int32)])
add("Pow", 15, [np.abs(INTS), np.array(0.5, F)], expected=[np.sqrt(np.abs(INTS)).astype(np.int64)])
add("Pow", 15, [INTS, np.array(-1)], expected=[np.array([0, 0, -1, 0, 1, 0, 0, 0])])
add("Pow", 7, [np.array([2.0, -8, 3]), np.array([0.5, 3, -2.5])], tolerance=1e-15)

# PRelu.
for x, slope in [([2, 3, 4], [4]), ([2, 3, 4, 5], [3, 1, 1]), ([2, 3], []), ([2, 3, 4], [2, 3, 4]), ([2, 3], [1, 1]), ([], []), ([0, 3], [3])]:
    add("PRelu", 16, [normal(*x), normal(*slope)], engine="reference")
    add("PRelu", 9, [random.integers(-9, 9, x).astype(np.int32), random.integers(-9, 9, slope).astype(np.int32)], engine="reference")
x, slope = normal(2, 3, 4, 5), normal(3)
add("PRelu", 6, [x, slope], expected=[np.where(x < 0, x * slope.reshape(3, 1, 1), x)])
add("PRelu", 6, [x, slope[:1]], expected=[np.where(x < 0, x * slope[0], x)])
fails("PRelu", 9, [normal(3), normal(2, 3)])
fails("PRelu", 9, [normal(2, 3, 4), normal(3)])

# Any number of operands.
for name in ["Sum", "Mean", "Max", "Min"]:
    add(name, 8, [normal(2, 3)])
    add(name, 13, [normal(2, 3), normal(3), normal(2, 1), normal()], tolerance=1e-6)
    add(name, 13, [normal(2, 3, dtype=np.float64), normal(3, dtype=np.float64)], tolerance=1e-15)
    add(name, 13, [normal(2, 0), normal(1)])
    add(name, 13, [normal(), normal()])
    add(name, 13, [normal(3, 4).astype(np.float16) for _ in range(3)], engine="reference", tolerance=2e-3)
    add(name, 6, [normal(3, 7), normal(3, 7)], engine="reference", tolerance=1e-6)
for name in ["Max", "Min"]:
    add(name, 13, [np.array([NAN, 1, NAN, INF], F), np.array([1, NAN, NAN, -INF], F)])
fails("Sum", 13, [normal(2), INTS])
fails("Max", 13, [normal(2), normal(3)])

# Where.
for dtype in [np.int8, np.int16, np.int32, np.int64, np.float16, np.float64, np.bool_, np.uint8, np.uint64]:
    add("Where", 16, [np.array([[True], [False]]), np.array([1, 0, 3]).astype(dtype), np.array([[7], [8]]).astype(dtype)], engine="reference")
add("Where", 9, [np.array([True, False]), np.array(["x", "y"], object), np.array("z", object)], engine="reference")
fails("Where", 9, [np.array([1, 0]), LINE[:2], LINE[:2]])
fails("Where", 9, [np.array([True, False]), LINE[:2], INTS[:2]])

# Clip.
add("Clip", 13, [LINE, F(-1), F(1.5)])
add("Clip", 13, [LINE, F(-1)])
add("Clip", 13, [LINE, None, F(1)])
add("Clip", 13, [LINE])
add("Clip", 13, [LINE, F(2), F(1)])
add("Clip", 13, [np.array([NAN, INF, -INF, 1], F), F(0), F(2)], engine="reference")
add("Clip", 6, [LINE], min=-1.0, max=1.5)
add("Clip", 6, [LINE], max=1.5)
add("Clip", 6, [LINE])
add("Clip", 6, [LINE.astype(np.float64)], min=0.0, max=6.0)
add("Clip", 11, [LINE, F(0), F(6)])
add("Clip", 13, [LINE.astype(np.float16), np.float16(0), np.float16(6)], engine="reference")
add("Clip", 13, [bf16(LINE), bf16(0), bf16(6)], expected=[bf16(np.clip(LINE, 0, 6))])
for dtype in INTEGERS:
    add("Clip", 13, [np.array([0, 1, 50, 100, 127], dtype), np.array(3, dtype), np.array(90, dtype)], engine="reference")
add("Clip", 13, [np.zeros([0, 2], F), F(0)])
fails("Clip", 13, [LINE, np.array([0, 1], F)])
fails("Clip", 13, [LINE, np.array(0, np.int64)])

# Cast.
TYPES = {t: helper.tensor_dtype_to_np_dtype(t) for t in [1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13, 16, 17, 18, 19, 20, 21, 22, 23, 25, 26]}
SMALL = np.array([0, 1, 2, 3, 1.5, 0.25, 6, 7, -1, -3, -0.75], F)
WIDE = np.array([0.1, -0.1, 0.06, 17, 18.2, 100.7, 240, 300.5, -300.5, 447, 465, 1000, 57344, 61440, 70000, -1e6, 1e-3, 2**-9, 1.7e-5], F)
for source, source_type in TYPES.items():
    x = SMALL
    if np.dtype(source_type).kind in "u" or source in (21, 25, 2, 4, 12, 13):
        x = np.abs(SMALL)
    x = x.astype(source_type)
    for target in TYPES:
        # Negative numbers have no unsigned value: numpy and C++ agree on wrapping for integers only.
        if target in (13, 12) and source not in (2, 4, 9, 12, 13, 21, 25):
            continue
        try:
            add("Cast", 25, [x], to=target, engine="reference")
        except RuntimeError:
            # ml_dtypes has no direct conversion; all these values are exact in single precision.
            add("Cast", 25, [x], to=target, expected=[x.astype(F).astype(TYPES[target])])
for target in (17, 18, 19, 20):
    dtype = TYPES[target]
    for saturate in (0, 1):
        for x in [np.concatenate([WIDE, EDGES[:5]]), LINE.astype(np.float16), WIDE.astype(np.float64)]:
            add("Cast", 21, [x], to=target, saturate=saturate, engine="reference")
add("Cast", 23, [np.array([0, -0.0, 0.25, 0.26, 0.75, 1.25, 1.75, 2.5, 3.5, 5, 5.01, 7, 100, INF, -INF, -0.1], F)], to=23, engine="reference")
# Every code of the small formats, and rounding at, just below and just above every midpoint.
for target, codes in [(17, 256), (18, 256), (19, 256), (20, 256), (23, 16)]:
    every = np.arange(codes, dtype=np.uint8).view(TYPES[target])
    add("Cast", 23, [every], to=1, engine="reference")
    add("Cast", 23, [every], to=10, engine="reference")
    values = every.astype(F)
    values = np.unique(values[np.isfinite(values)])
    middles = (values[1:] + values[:-1]) / 2
    close = np.concatenate([middles, np.nextafter(middles, F(np.inf)), np.nextafter(middles, F(-np.inf))])
    add("Cast", 23, [close], to=target, engine="reference")
POWERS = np.array([1, 1.2, 1.5, 1.7, 2, 3, 0.75, 100, 1e30, 1e-30, 2**-126], F)
for mode in ["up", "down", "nearest"]:
    add("Cast", 24, [POWERS], to=24, round_mode=mode, engine="reference")
add("Cast", 24, [np.array([0, 3e38, INF, NAN, 2**-127, 2**-130], F)], to=24, expected=[np.array([0, 254, 254, 255, 0, 0], np.uint8).view(ml_dtypes.float8_e8m0fnu)])
add("Cast", 24, [np.array([0, 3e38, INF, NAN, 2**-127], F)], to=24, saturate=0, round_mode="nearest", expected=[np.array([255, 255, 255, 255, 0], np.uint8).view(ml_dtypes.float8_e8m0fnu)])
add("Cast", 24, [np.array([0, 1, 127, 128, 254, 255], np.uint8).view(ml_dtypes.float8_e8m0fnu)], to=1, engine="reference")
OUT = np.array([-200, -129, -1, 0, 127, 128, 255, 256, 65535, 70000, 2**31, 2**32 + 5], np.int64)
for target in [2, 3, 4, 5, 6, 12, 13, 21, 22, 25, 26, 1, 10, 16]:
    add("Cast", 25, [OUT], to=target, engine="reference")
add("Cast", 13, [np.array([2**63 + 5, 7, 2**64 - 1], np.uint64)], to=7, engine="reference")
add("Cast", 13, [np.array([2**63 + 1024, 7, 2**40], np.uint64)], to=1, engine="reference")
add("Cast", 13, [np.array([1e10, -1e10, 300.7, -300.7, NAN, INF], F)], to=6, engine="reference")
add("Cast", 13, [np.array([1e20, -1e20, 300.7, -2.5, NAN], np.float64)], to=7, engine="reference")
add("Cast", 13, [np.array([300.7, -1.5, 255.9, 0.9], F)], to=2, engine="reference")
add("Cast", 13, [np.array([1e6, 65519, 65520, 1e-8, 6e-8, NAN, -INF], F)], to=10, engine="reference")
add("Cast", 13, [np.array([1 + 2**-11, 1 + 2**-11 + 2**-40, 2049.0, 1e300], np.float64)], to=10, engine="reference")
add("Cast", 13, [np.array([0.0, -0.0, 0.3, NAN, INF], F)], to=9, engine="reference")
add("Cast", 13, [np.array([0.1, 1.0, 1e-5, 1e16, 123456789, -2.5], F)], to=8, engine="reference")
add("Cast", 13, [np.array([0.1, 1.0, 1e-5, 1e16, 123456789, -2.5])], to=8, engine="reference")
add("Cast", 13, [np.array([0.1, -2.5, 3], np.float16)], to=8, engine="reference")
add("Cast", 13, [np.array([NAN, INF, -INF], F)], to=8, expected=[np.array(["NaN", "INF", "-INF"], object)])
add("Cast", 13, [np.array([-5, 0, 2**62])], to=8, engine="reference")
add("Cast", 13, [np.array([2**64 - 1, 3], np.uint64)], to=8, engine="reference")
add("Cast", 13, [np.array([True, False])], to=8, engine="reference")
TEXT = np.array(["3.14", "1000", "1e-5", "1E8", "-2", "+INF", "inf", "-INF", "nAn", " 7 "], object)
NUMBERS = np.array([3.14, 1000, 1e-5, 1e8, -2, INF, INF, -INF, NAN, 7])
for target in [1, 11, 10]:
    add("Cast", 13, [TEXT], to=target, expected=[NUMBERS.astype(TYPES[target])])
for target in [2, 3, 6, 7, 13, 21, 22]:
    add("Cast", 21, [np.array(["0", "1", "5"], object)], to=target, expected=[np.array([0, 1, 5]).astype(TYPES[target])])
add("Cast", 13, [np.array(["9223372036854775807", "100.5"], object)], to=7, expected=[np.array([2**63 - 1, 100])])
add("Cast", 13, [np.array(["True", "0", "2", "false"], object)], to=9, expected=[np.array([True, False, True, False])])
add("Cast", 9, [TEXT[:2]], to=8, expected=[TEXT[:2]])
add("Cast", 5, [LINE], to="INT32", expected=[LINE.astype(np.int32)])
add("Cast", 13, [np.zeros([0, 4], F)], to=7)
add("Cast", 13, [F(2.5)], to=7)
add("Cast", 13, [normal(3, 30)], to=10)
add("Cast", 13, [normal(3, 30)], to=6)
fails("Cast", 13, [np.array(["Hello"], object)], to=1)
fails("Cast", 13, [LINE], to=99)
fails("Cast", 13, [LINE], to=14)
fails("Cast", 13, [LINE])
fails("Cast", 5, [LINE], to="WHAT")
add("CastLike", 19, [LINE, np.zeros([0], np.int8)], engine="reference")
add("CastLike", 19, [LINE * 1000, np.zeros([3], F).astype(ml_dtypes.float8_e4m3fn)], saturate=0, engine="reference")
add("CastLike", 15, [INTS, np.array("x", object)], expected=[np.array([str(i) for i in INTS], object)])

# BitCast.
for x, to in [(LINE, 6), (LINE, 12), (INTS, 11), (INTS.astype(np.int8), 2), (INTS.astype(np.int16), 16), (np.array([True, False]), 2), (np.array(3, np.int32), 1)]:
    add("BitCast", 26, [x], to=to, expected=[x.view(helper.tensor_dtype_to_np_dtype(to))])
fails("BitCast", 26, [LINE], to=7)
fails("BitCast", 26, [LINE], to=8)

# The 6-bit floats, by ml_dtypes; ties, values that saturate, every code back.
SIX = {27: ml_dtypes.float6_e2m3fn, 28: ml_dtypes.float6_e3m2fn}
for to, kind in SIX.items():
    line = np.array([0, -0.0, 0.05, 0.0625, 0.1, 0.1875, 0.3, 1, 1.0625, 1.125, 2.3, -3.7, 5, 7.4, 7.5], F)
    add("Cast", 28, [line], to=to, expected=[line.astype(kind)])
    large = np.array([1e6, -1e6, INF, -INF, 30, -30], F)
    add("Cast", 28, [large], to=to, expected=[np.clip(large, float(ml_dtypes.finfo(kind).min), float(ml_dtypes.finfo(kind).max)).astype(kind)])
    codes = np.arange(64, dtype=np.uint8).view(kind)
    add("Cast", 28, [codes], to=1, expected=[codes.astype(F)])
    add("Cast", 28, [codes[:5]], to=10, expected=[codes[:5].astype(np.float16)])

# SwiGLU.
for dtype, tolerance in [(F, 2e-6), (np.float64, 1e-12), (np.float16, 2e-3)]:
    gate, value = np.linspace(-9, 9, 40).reshape(5, 8).astype(dtype), np.linspace(2, -3, 40).reshape(5, 8).astype(dtype)
    for alpha in [1.0, 1.702]:
        wide, a = gate.astype(np.float64), np.float64(F(alpha))
        add("SwiGLU", 28, [gate, value], alpha=alpha, tolerance=tolerance,
            expected=[(wide / (1 + np.exp(-a * wide)) * value).astype(dtype)])
fails("SwiGLU", 28, [np.ones([2, 3], F), np.ones([3], F)])
fails("SwiGLU", 28, [np.ones([2, 3], F), np.ones([2, 3], np.float64)])
fails("SwiGLU", 28, [INTS, INTS])

cases.write(__file__)
