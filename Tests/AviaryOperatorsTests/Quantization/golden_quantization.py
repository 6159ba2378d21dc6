"""Golden values of the quantization family: `python golden_quantization.py` writes golden_quantization.json."""

import pathlib
import sys

import ml_dtypes
import numpy as np
from onnx import TensorProto, helper

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
from golden import Cases, bf16  # noqa: E402

np.seterr(all="ignore")
random = np.random.default_rng(13)
cases = Cases()
add, fails = cases.add, cases.fails
F = np.float32
INTEGERS = ["int8", "uint8", "int16", "uint16", "int4", "uint4", "int2", "uint2"]
FLOAT8 = ["float8_e4m3fn", "float8_e4m3fnuz", "float8_e5m2", "float8_e5m2fnuz"]


def dtype(name):
    return np.dtype(getattr(ml_dtypes, name) if name in FLOAT8 + ["int4", "uint4", "int2", "uint2", "float4_e2m1fn"] else name)


def normal(*shape, scale=1.0):
    return (random.standard_normal(shape) * scale).astype(F)


RAMP = np.array([-1e8, -300, -129, -128.5, -8.5, -2.5, -1.5, -0.5, 0, 0.5, 1, 1.5, 2.5, 3.5, 7.5, 8, 127.5, 255.5, 70000, 1e8], F)
for name in INTEGERS:
    kind = dtype(name)
    signed = name.startswith("i")
    zero = {"8": 5, "6": 300, "4": 2, "2": 1}[name[-1]]
    for scale in (1.0, 0.3, 2.0):
        add("QuantizeLinear", 25, [RAMP, F(scale), np.array(0).astype(kind)], engine="reference")
        add("QuantizeLinear", 25, [RAMP, F(scale), np.array(zero).astype(kind)], engine="reference")
    add("QuantizeLinear", 25, [RAMP, F(1)], output_dtype=helper.np_dtype_to_tensor_dtype(kind), engine="reference")
    # One scale a channel, blocks along each axis, the last block shorter.
    x = normal(3, 4, 5, scale=40)
    values = np.arange(6).astype(F)
    for axis in (0, 1, 2, -1, -3):
        n = x.shape[axis]
        scales = np.abs(normal(n)) + F(0.5)
        zeros = (np.arange(n) % 2).astype(kind)
        add("QuantizeLinear", 25, [x, scales, zeros], axis=axis, engine="reference")
        q = (np.arange(60).reshape(3, 4, 5) % 4 - (2 if signed else 0)).astype(kind)
        add("DequantizeLinear", 25, [q, scales, zeros], axis=axis, engine="reference", tolerance=1e-7)
    for axis, block in [(0, 2), (1, 2), (2, 2), (2, 3), (-2, 3), (1, 4), (1, 1)]:
        dims = list(x.shape)
        dims[axis] = -(-dims[axis] // block)
        scales = np.abs(normal(*dims)) + F(0.5)
        zeros = (np.arange(scales.size).reshape(dims) % 2).astype(kind)
        if x.shape[axis] % block == 0:
            add("QuantizeLinear", 25, [x, scales, zeros], axis=axis, block_size=block, engine="reference")
            add("DequantizeLinear", 25, [q, scales, zeros], axis=axis, block_size=block, engine="reference", tolerance=1e-7)
        else:
            wide_scale = np.repeat(scales, block, axis).take(range(x.shape[axis]), axis)
            wide_zero = np.repeat(zeros.astype(F), block, axis).take(range(x.shape[axis]), axis)
            given = (q.astype(F) - wide_zero) * wide_scale
            add("DequantizeLinear", 25, [q, scales, zeros], axis=axis, block_size=block, expected=[given], tolerance=1e-7)
    everything = np.arange(4).astype(kind) if "2" in name else np.array([0, 1, 3, 7]).astype(kind)
    add("DequantizeLinear", 25, [everything, F(0.25), np.array(1).astype(kind)], engine="reference")
    add("DequantizeLinear", 25, [everything, F(0.25)], engine="reference")
    add("DequantizeLinear", 25, [everything, np.float16(0.1), np.array(1).astype(kind)], engine="reference", tolerance=1e-3)
    add("DequantizeLinear", 25, [everything, np.float16(0.1)], output_dtype=TensorProto.FLOAT, engine="reference", tolerance=1e-6)
    add("DequantizeLinear", 25, [everything, bf16(0.5)], engine="reference")

for name in ["int8", "uint8"]:
    kind = dtype(name)
    for opset in (10, 13, 19, 21):
        add("QuantizeLinear", opset, [normal(2, 3, 4, 5, scale=50), F(0.7), np.array(3, kind)])
        add("DequantizeLinear", opset, [np.arange(24).astype(kind).reshape(2, 3, 4), F(0.7), np.array(3, kind)], tolerance=1e-6)
    add("QuantizeLinear", 13, [normal(2, 3, 4, scale=50), np.array([0.5, 1, 2], F), np.array([0, 1, 2], kind)])
    add("DequantizeLinear", 13, [np.arange(24).astype(kind).reshape(2, 3, 4), np.array([0.5, 1, 2], F), np.array([0, 1, 2], kind)])
    # One value in a vector is one scale for all, whatever the axis.
    add("DequantizeLinear", 13, [np.arange(4).astype(kind), np.array([0.5], F), np.array([1], kind)])
add("QuantizeLinear", 13, [RAMP, F(2)])
add("QuantizeLinear", 13, [np.array([-5, 0, 7, 300], np.int32), F(2), np.array(1, np.uint8)], engine="reference")
add("QuantizeLinear", 13, [np.array([np.nan, np.inf, -np.inf], F), F(1), np.array(3, np.uint8)], expected=[np.array([0, 255, 0], np.uint8)])
add("DequantizeLinear", 13, [np.array([-100000, 0, 2**30, -(2**31)], np.int32), F(0.5)])
add("QuantizeLinear", 13, [np.zeros([0, 3], F), F(1)])
add("QuantizeLinear", 13, [F(3.5), F(1), np.uint8(2)])
# The quotient's precision decides ties: 1000.5 is no half-precision number.
x = np.array([1000.6, 33.32, 2049], F)
add("QuantizeLinear", 23, [x, F(1), np.array(0, np.int16)], engine="reference")
add("QuantizeLinear", 23, [x, F(1), np.array(0, np.int16)], precision=TensorProto.FLOAT16, expected=[np.array([1000, 33, 2048], np.int16)])
add("QuantizeLinear", 23, [x.astype(np.float16), np.float16(0.3), np.array(0, np.int16)], engine="reference")

for name in FLOAT8:
    kind = dtype(name)
    x = np.array([0, 0.3, -1.7, 240, 447, 1000, 60000, -70000, 0.002], F)
    for saturate in (0, 1):
        add("QuantizeLinear", 21, [x, F(2), np.zeros([], F).astype(kind)], saturate=saturate, engine="reference")
    add("DequantizeLinear", 21, [x.astype(kind), F(2)], engine="reference")
    add("DequantizeLinear", 21, [x.astype(kind), np.float16(2)], engine="reference")
add("QuantizeLinear", 23, [np.array([0, 0.25, 0.3, 1.3, 2.5, 100, -7, -0.6], F), F(0.5), np.zeros([], F).astype(ml_dtypes.float4_e2m1fn)], engine="reference")
add("DequantizeLinear", 23, [np.array([0, 0.5, 1, 1.5, 2, 3, 4, 6, -6], F).astype(ml_dtypes.float4_e2m1fn), F(0.5)], engine="reference")
powers = np.array([0.5, 4], F).astype(ml_dtypes.float8_e8m0fnu)
add("DequantizeLinear", 24, [np.array([[1, 2], [3, 4]], np.int8), powers], axis=0, output_dtype=TensorProto.FLOAT, expected=[np.array([[0.5, 1], [12, 16]], F)])
add("QuantizeLinear", 24, [np.array([[1, 2], [3, 10]], F), powers, np.array([0, 0], np.int8)], axis=0, expected=[np.array([[2, 4], [1, 2]], np.int8)])

fails("QuantizeLinear", 13, [normal(2, 3), np.array([1, 2], F), np.array([0, 0], np.int8)])
fails("QuantizeLinear", 13, [normal(2, 3), np.array([1, 2, 3], F), np.array([0, 0], np.int8)])
fails("QuantizeLinear", 21, [normal(2, 3), F(1), np.int8(0)], output_dtype=TensorProto.UINT8)
fails("QuantizeLinear", 21, [normal(2, 3), normal(2, 2)], axis=1, block_size=1)
fails("QuantizeLinear", 21, [normal(2, 3), normal(2, 3)], axis=1, block_size=-1)
fails("QuantizeLinear", 13, [normal(2, 3), np.array([1, 2, 3], F)], axis=2)
fails("DequantizeLinear", 13, [np.array([1, 2], np.int8), F(1), np.uint8(0)])
fails("DequantizeLinear", 13, [normal(2), F(1)])

for x in [np.array([0, 2, -3, -2.5, 1.34, 0.5], F), np.array([-1, -2.1, -1.3, -2.5, -3.34, -4], F), np.array([1, 2.1, 1.3, 2.5, 3.34, 4, 1.5, 2.6, 3.9, 4.0, 3, 2.345], F), normal(3, 4)]:
    add("DynamicQuantizeLinear", 11, [x], outputs=3, tolerance=1e-7)
add("DynamicQuantizeLinear", 11, [np.zeros([3], F)], outputs=3, expected=[np.zeros([3], np.uint8), F(1), np.uint8(0)])

cases.write(__file__)
