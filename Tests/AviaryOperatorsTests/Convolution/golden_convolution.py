"""Golden values of Conv and ConvTranspose: `python golden_convolution.py` writes golden_convolution.json beside it."""

import pathlib
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
from golden import Cases, bf16  # noqa: E402

cases = Cases()
rng = np.random.default_rng(11)


def normal(*shape, dtype=np.float32):
    return rng.normal(size=shape).astype(np.float32).round(2).astype(dtype)


def conv(opset, x, w, bias=True, tolerance=1e-5, op="Conv", **attributes):
    """`x` and `w` are shapes, or arrays."""
    x = normal(*x) if isinstance(x, tuple) else x
    w = normal(*w) if isinstance(w, tuple) else w
    inputs = [x, w]
    if bias:
        channels = w.shape[0] if op == "Conv" else w.shape[1] * attributes.get("group", 1)
        inputs.append(normal(channels, dtype=x.dtype))
    cases.add(op, opset, inputs, tolerance=tolerance, **attributes)


# Ranks, strides, dilations, asymmetric pads.
conv(11, (2, 3, 9), (4, 3, 3), pads=[2, 0], strides=[2])
conv(22, (2, 3, 7, 8), (5, 3, 3, 2), pads=[1, 0, 2, 1], strides=[2, 1], dilations=[1, 2])
conv(11, (1, 2, 4, 5, 6), (3, 2, 2, 3, 2), pads=[0, 1, 1, 1, 0, 2], strides=[1, 2, 3])
conv(1, (1, 2, 3, 3, 4, 4), (2, 2, 2, 2, 2, 2), bias=False, pads=[0, 0, 1, 1, 0, 1, 0, 0],
     kernel_shape=[2, 2, 2, 2])
# auto_pad: an odd total goes to the end or to the beginning.
for auto_pad in ["SAME_UPPER", "SAME_LOWER", "VALID"]:
    for stride, kernel in [(1, 4), (2, 3), (3, 2), (2, 4)]:
        conv(11, (1, 2, 7, 6), (3, 2, kernel, kernel), auto_pad=auto_pad, strides=[stride, stride])
    conv(11, (1, 2, 9), (3, 2, 4), auto_pad=auto_pad, strides=[2])
# Groups, depthwise with and without multiplier, pointwise.
conv(11, (2, 6, 5, 5), (4, 3, 3, 3), group=2, pads=[1, 1, 1, 1])
conv(11, (2, 6, 5, 7), (6, 1, 3, 3), group=6, pads=[1, 1, 1, 1], strides=[2, 2])
conv(11, (1, 3, 6, 6), (6, 1, 5, 5), group=3, pads=[2, 2, 2, 2], dilations=[1, 1])
conv(11, (1, 3, 9, 9), (3, 1, 3, 3), group=3, pads=[3, 0, 1, 2], dilations=[2, 3], strides=[3, 2])
conv(11, (3, 17, 4, 5), (33, 17, 1, 1))
conv(11, (2, 5, 6, 6), (3, 5, 1, 1), strides=[2, 2])
conv(11, (1, 5, 3, 3), (3, 5, 1, 1), pads=[1, 1, 1, 1])
# Deep enough for several blocks of depth; many small images.
conv(11, (5, 40, 3, 3), (19, 40, 3, 3), pads=[1, 1, 1, 1])
# Empty batch.
cases.add("Conv", 11, [np.zeros((0, 2, 4, 4), np.float32), normal(3, 2, 3, 3)],
          expected=[np.zeros((0, 3, 2, 2), np.float32)])
# Other types.
conv(11, normal(1, 2, 5, 5, dtype=np.float64), normal(3, 2, 3, 3, dtype=np.float64), pads=[1, 0, 0, 1], tolerance=1e-12)
conv(11, normal(1, 2, 5, 5, dtype=np.float64), normal(4, 1, 3, 3, dtype=np.float64), group=2, tolerance=1e-12)
conv(11, normal(1, 2, 5, 5, dtype=np.float16), normal(3, 2, 3, 3, dtype=np.float16), tolerance=2e-3)


def bfloat16_case():
    x, w = bf16(normal(1, 2, 4, 4)), bf16(normal(3, 2, 3, 3))
    # The definition, in double, rounded once.
    y = np.zeros((1, 3, 2, 2))
    for m in range(3):
        for i in range(2):
            for j in range(2):
                window = x[0, :, i:i + 3, j:j + 3].astype(np.float64)
                y[0, m, i, j] = (window * w[m].astype(np.float64)).sum()
    cases.add("Conv", 22, [x, w], expected=[bf16(y)], tolerance=1e-2)


bfloat16_case()

# What cannot be.
x = normal(1, 2, 4, 4)
cases.fails("Conv", 11, [x, normal(3, 3, 3, 3)])
cases.fails("Conv", 11, [x, normal(3, 2, 5, 5)])
cases.fails("Conv", 11, [x, normal(3, 2, 3)])
cases.fails("Conv", 11, [x, normal(3, 2, 3, 3), normal(4)])
cases.fails("Conv", 11, [x, normal(3, 1, 3, 3)], group=2)
cases.fails("Conv", 11, [x, normal(3, 2, 3, 3)], strides=[0, 1])
cases.fails("Conv", 11, [x, normal(3, 2, 3, 3)], strides=[1])
cases.fails("Conv", 11, [x, normal(3, 2, 3, 3)], pads=[1, 1, 1])
cases.fails("Conv", 11, [x, normal(3, 2, 3, 3)], pads=[-1, 0, 0, 0])
cases.fails("Conv", 11, [x, normal(3, 2, 3, 3)], dilations=[2**62, 1])
cases.fails("Conv", 11, [x, normal(3, 2, 3, 3)], pads=[2**62, 0, 2**62, 0])
cases.fails("Conv", 11, [x, normal(3, 2, 3, 3)], group=0)
cases.fails("Conv", 11, [x, normal(3, 2, 3, 3)], kernel_shape=[2, 2])
cases.fails("Conv", 11, [x, normal(3, 2, 3, 3)], auto_pad="SAME")
cases.fails("Conv", 11, [normal(4, 4), normal(4, 4)])

# ConvTranspose.
transposed = lambda *args, **kwargs: conv(*args, op="ConvTranspose", **kwargs)  # noqa: E731
transposed(11, (1, 2, 4), (2, 3, 3), strides=[2], pads=[1, 0])
transposed(11, (2, 3, 4, 5), (3, 2, 3, 2), strides=[2, 3], pads=[1, 0, 0, 1], output_padding=[1, 2])
transposed(11, (1, 2, 2, 3, 4), (2, 2, 2, 3, 2), strides=[1, 2, 2], dilations=[1, 1, 2])
transposed(11, (2, 4, 3, 3), (4, 2, 3, 3), group=2, dilations=[2, 1], bias=False)
transposed(11, (1, 4, 5, 5), (4, 1, 3, 3), group=4, strides=[2, 2], pads=[1, 1, 1, 1], output_padding=[1, 1])
transposed(11, (1, 2, 3, 3), (2, 2, 3, 3), strides=[3, 2], output_shape=[10, 8])
transposed(11, (1, 2, 3, 3), (2, 2, 3, 3), strides=[3, 2], output_shape=[8, 6])
for auto_pad in ["SAME_UPPER", "SAME_LOWER", "VALID"]:
    transposed(11, (1, 2, 4, 4), (2, 2, 3, 4), strides=[2, 3], auto_pad=auto_pad)
    transposed(11, (1, 2, 4, 4), (2, 2, 4, 3), strides=[1, 1], auto_pad=auto_pad)
transposed(11, normal(1, 2, 4, 4, dtype=np.float64), normal(2, 3, 3, 3, dtype=np.float64), engine="reference",
           strides=[2, 2], tolerance=1e-12)
cases.fails("ConvTranspose", 11, [x, normal(3, 2, 3, 3)])
cases.fails("ConvTranspose", 11, [x, normal(2, 2, 3, 3)], pads=[9, 9, 9, 9])
cases.fails("ConvTranspose", 11, [x, normal(2, 2, 3, 3)], strides=[2**62, 1])

cases.write(__file__)
