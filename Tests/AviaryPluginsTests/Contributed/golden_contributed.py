"""Golden values of the contributed operators from ONNX Runtime: `python golden_contributed.py` writes
golden_contributed.json beside it."""

import pathlib
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "AviaryOperatorsTests"))
from golden import Cases  # noqa: E402

cases = Cases()
rng = np.random.default_rng(11)
F = np.float32


def add(op, inputs, outputs=1, tolerance=1e-5, **attributes):
    cases.add(op, 1, inputs, outputs, "ort", domain="com.microsoft", tolerance=tolerance, **attributes)


def fails(op, inputs, outputs=1, **attributes):
    cases.fails(op, 1, inputs, outputs, domain="com.microsoft", **attributes)


def f(*shape):
    return np.round(rng.normal(size=shape), 3).astype(F)


def q(dtype, *shape):
    info = np.iinfo(dtype)
    return rng.integers(info.min, info.max + 1, shape).astype(dtype)


def s(value):
    return np.array(value, F)


def activations():
    add("Gelu", [f(3, 5)])
    add("QuickGelu", [f(3, 5)])
    add("QuickGelu", [f(3, 5)], alpha=1.5)
    add("FastGelu", [f(3, 5)])
    add("FastGelu", [f(3, 5), f(5)])
    add("BiasGelu", [f(3, 5), f(5)])
    fails("BiasGelu", [f(3, 5), f(4)])


def products():
    for a, b, options in [((3, 4), (4, 5), {}), ((2, 3, 4), (2, 4, 5), {"alpha": 0.5}),
                          ((2, 4, 3), (2, 4, 5), {"transA": 1}), ((2, 3, 4), (2, 5, 4), {"transB": 1}),
                          ((4, 3), (5, 4), {"transA": 1, "transB": 1, "alpha": 2.0}), ((4,), (4, 5), {"transA": 1}),
                          ((3, 2, 4), (2, 4, 5), {"transBatchA": 1}), ((2, 3, 4), (4, 2, 5), {"transBatchB": 1}),
                          ((4, 2, 3), (2, 4, 5), {"transBatchA": 1, "transA": 1})]:
        add("FusedMatMul", [f(*a), f(*b)], **options)
    add("TransposeMatMul", [f(4, 3), f(4, 5)], transA=1)
    fails("FusedMatMul", [f(3, 4), f(3, 5)])
    for name, parameters in [("Relu", {}), ("LeakyRelu", {"activation_alpha": 0.2}), ("Tanh", {}), ("Sigmoid", {})]:
        add("FusedGemm", [f(3, 4), f(5, 4), f(5)], transB=1, activation=name, **parameters)
    add("FusedGemm", [f(3, 4), f(4, 5)], alpha=0.5, activation="Relu")
    x, w, b = f(1, 3, 6, 6), f(4, 3, 3, 3), f(4)
    for name, parameters in [("Relu", None), ("LeakyRelu", [0.1]), ("Clip", [-0.5, 1.0]), ("HardSigmoid", [0.3, 0.4]),
                             ("Tanh", None), ("Sigmoid", None)]:
        extra = {"activation_params": parameters} if parameters else {}
        add("FusedConv", [x, w, b], activation=name, pads=[1, 1, 1, 1], kernel_shape=[3, 3], **extra)
    add("FusedConv", [x, w, b, f(1, 4, 4, 4)], activation="Relu", kernel_shape=[3, 3])
    fails("FusedConv", [x, w, b], activation="Sine", kernel_shape=[3, 3])


def quantized():
    for kind in (np.uint8, np.int8):
        zero = np.array(7, kind)
        for op in ("QLinearAdd", "QLinearMul"):
            add(op, [q(kind, 3, 5), s(0.031), zero, q(kind, 3, 5), s(0.017), np.array(3, kind), s(0.053), zero])
            add(op, [q(kind, 3, 5), s(0.031), zero, q(kind, 5), s(0.017), np.array(3, kind), s(0.053), zero])
        one = [q(kind, 2, 4), s(0.031), zero, s(0.019), np.array(-3 if kind is np.int8 else 3, kind)]
        add("QLinearLeakyRelu", one, alpha=0.1)
        add("QLinearSigmoid", one[:3] + [s(1 / 256), np.array(0 if kind is np.uint8 else -128, kind)])
        soft = one[:3] + [s(1 / 256), np.array(0 if kind is np.uint8 else -128, kind)]
        add("QLinearSoftmax", soft, axis=-1, opset=13)
        image = [q(kind, 1, 3, 5, 5), s(0.031), zero, s(0.02), zero]
        add("QLinearGlobalAveragePool", image)
        add("QLinearGlobalAveragePool", [q(kind, 1, 5, 5, 3)] + image[1:], channels_last=1)
        add("QLinearAveragePool", image, kernel_shape=[2, 2])
        add("QLinearAveragePool", image[:3] + [s(0.0237), zero], kernel_shape=[3, 3], pads=[1, 1, 1, 1], strides=[2, 2],
            count_include_pad=1)
        add("QLinearConcat", [s(0.03), zero, q(kind, 2, 3), s(0.02), zero, q(kind, 2, 2), s(0.041), zero], axis=1)
        add("QLinearWhere", [rng.random((2, 3)) < 0.5, q(kind, 2, 3), s(0.02), zero, q(kind, 2, 3), s(0.04), zero,
                             s(0.05), zero])
        add("QuantizeLinear", [f(3, 4), s(0.02), zero])
        add("DequantizeLinear", [q(kind, 3, 4), s(0.02), zero])
    add("QuantizeLinear", [f(3, 4), s(0.0002), np.array(100, np.uint16)])
    add("DequantizeLinear", [q(np.int16, 3, 4), s(0.02), np.array(-5, np.int16)])
    fails("QLinearAdd", [q(np.uint8, 3, 5), s(0.03), np.array(1, np.uint8), q(np.uint8, 4), s(0.03),
                         np.array(1, np.uint8), s(0.03), np.array(1, np.uint8)])
    fails("QLinearConcat", [s(0.03), np.array(1, np.uint8), q(np.uint8, 2)], axis=0)


def integer_products():
    u, i = np.uint8, np.int8
    # Weights of 7 bits: with 8 ONNX Runtime's sums of pairs overflow 16 bits on processors without VNNI.
    a, b = q(u, 3, 8), q(i, 8, 5) // 2
    bz = np.array(0, i)
    for scale, zero in ((s(0.02), bz), (np.abs(f(5)) * F(0.01), np.zeros(5, i))):
        add("MatMulIntegerToFloat", [a, b, s(0.1), scale, np.array(9, u), zero, f(5)])
        add("DynamicQuantizeMatMul", [f(3, 8), b, scale, zero, f(5)], tolerance=1e-4)
    add("MatMulIntegerToFloat", [a, b, s(0.1), s(0.2)])
    add("DynamicQuantizeMatMul", [f(2, 3, 8), q(u, 8, 5) // 2, s(0.2), np.array(60, u)], tolerance=1e-4)
    c = rng.integers(-100, 100, 5).astype(np.int32)
    base = [a, s(0.02), np.array(9, u), b, s(0.03), bz]
    add("QGemm", base)
    add("QGemm", base + [c, s(0.4), np.array(128, u)])
    add("QGemm", [q(u, 8, 3), s(0.02), np.array(9, u), q(i, 5, 8) // 2, s(0.03), bz, c], transA=1, transB=1, alpha=0.5)
    for bits in (4, 8):
        for zeros in (False, True):
            k, n, block = 40, 6, 16
            blocks = -(-k // block)
            packed = q(u, n, blocks, block * bits // 8)
            inputs = [f(3, k), packed, np.abs(f(n * blocks)) * F(0.1)]
            if zeros:
                inputs.append(q(u, n * -(-blocks * bits // 8)))
            add("MatMulNBits", inputs, tolerance=1e-4, K=k, N=n, bits=bits, block_size=block)
    fails("MatMulNBits", [f(3, 40), q(u, 6, 3, 7), f(18)], K=40, N=6, bits=4, block_size=16)
    fails("MatMulNBits", [f(3, 40), q(u, 6, 3, 8), f(18)], K=40, N=0, bits=4, block_size=16)


def normalizations():
    x, skip, gamma, beta, bias = f(2, 3, 8), f(2, 3, 8), f(8), f(8), f(8)
    for inputs in ([x, skip, gamma], [x, skip, gamma, beta], [x, skip, gamma, beta, bias]):
        add("SkipLayerNormalization", inputs, epsilon=1e-6)
    for inputs in ([x, skip, gamma], [x, skip, gamma, bias]):
        add("SkipSimplifiedLayerNormalization", inputs, epsilon=1e-6)
    fails("SkipLayerNormalization", [x, f(2, 3, 7), gamma])
    ids, segments = rng.integers(0, 9, (2, 4)).astype(np.int32), rng.integers(0, 2, (2, 4)).astype(np.int32)
    words, positions, kinds = f(9, 8), f(6, 8), f(2, 8)
    mask = np.array([[1, 1, 1, 0], [1, 1, 0, 0]], np.int32)
    add("EmbedLayerNormalization", [ids, segments, words, positions, kinds, gamma, beta, mask], 2)
    add("EmbedLayerNormalization", [ids, None, words, positions, None, gamma, beta], 2)
    add("EmbedLayerNormalization", [ids, segments, words, positions, kinds, gamma, beta, mask], 3)
    fails("EmbedLayerNormalization", [ids + 50, None, words, positions, None, gamma, beta], 2)


def attention():
    x, w, b = f(2, 3, 8), f(8, 24), f(24)
    mask2, mask1 = np.array([[1, 1, 0], [1, 1, 1]], np.int32), np.array([2, 3], np.int32)
    mask3 = np.tril(np.ones((2, 3, 3), np.int32))
    add("Attention", [x, w, b], num_heads=2)
    for mask in (mask1, mask2, mask3):
        add("Attention", [x, w, b, mask], num_heads=2)
    add("Attention", [x, w, b], num_heads=2, unidirectional=1)
    add("Attention", [x, w, b], num_heads=2, scale=0.7)
    add("Attention", [x, w, b, None, f(2, 2, 2, 5, 4)], 2, num_heads=2)
    add("Attention", [x, w, b, None, f(2, 2, 2, 5, 4)], 2, num_heads=2, unidirectional=1)
    add("Attention", [x, w, b, None, None, f(2, 2, 3, 3)], num_heads=2)
    add("Attention", [x, f(8, 28), f(28)], num_heads=2, qkv_hidden_sizes=[8, 8, 12])
    fails("Attention", [x, f(8, 25), f(25)], num_heads=2)
    fails("Attention", [x, w, b], num_heads=0)
    q_, k_, v_ = f(2, 3, 8), f(2, 5, 8), f(2, 5, 8)
    keys = np.array([[1, 1, 1, 0, 0], [1, 1, 1, 1, 1]], np.int32)
    add("MultiHeadAttention", [q_, k_, v_], num_heads=2)
    add("MultiHeadAttention", [q_, k_, v_, f(24)], num_heads=2)
    add("MultiHeadAttention", [q_, k_, v_, f(24), keys], num_heads=2)
    add("MultiHeadAttention", [q_, k_, v_, None, None, f(2, 2, 3, 5)], num_heads=2)
    add("MultiHeadAttention", [q_, f(2, 2, 5, 4), f(2, 2, 5, 4)], num_heads=2)
    same = f(2, 3, 8)
    add("MultiHeadAttention", [q_, same, f(2, 3, 8), None, None, None, f(2, 2, 4, 4), f(2, 2, 4, 4)], 3, num_heads=2)
    add("MultiHeadAttention", [q_, same, f(2, 3, 8)], num_heads=2, unidirectional=1)
    fails("MultiHeadAttention", [q_, k_, f(2, 4, 8)], num_heads=2)


def recurrent():
    hidden, inputs = 4, 3
    for directions, name in ((1, "forward"), (2, "bidirectional")):
        w, r = (q(np.int8, directions, n, 4 * hidden) // 2 for n in (inputs, hidden))  # 7 bits, as above
        scale = np.full(directions, 0.01, F)
        zero = np.zeros(directions, np.int8)
        # ONNX Runtime rounds what it multiplies to 8 bits, Aviary does not.
        add("DynamicQuantizeLSTM", [f(5, 2, inputs), w, r, f(directions, 8 * hidden), None, None, None, None,
                                    scale, zero, scale, zero], 3, tolerance=0.02, hidden_size=hidden, direction=name)


def tokens():
    words = np.array(["abc,def", "x y--z", "", "grün 猫"], dtype=object)
    base = dict(pad_value="#", mincharnum=1)
    add("Tokenizer", [words], tokenexp="[a-zA-Z0-9_]+", mark=0, **base)
    add("Tokenizer", [words.reshape(2, 2)], tokenexp="[a-z]+|[a-z]+,[a-z]+", mark=1, **base)
    add("Tokenizer", [words], separators=[",", "[ -]"], mark=0, pad_value="", mincharnum=2)
    add("Tokenizer", [words], separators=[""], mark=0, **base)
    fails("Tokenizer", [words], tokenexp="(", mark=0, **base)
    fails("Tokenizer", [words], tokenexp="a", mark=0, pad_value="", mincharnum=0)


for part in (tokens, activations, products, quantized, integer_products, normalizations, attention, recurrent):
    try:
        part()
    except RuntimeError as error:
        print(part.__name__, str(error)[:600])
        raise
cases.write(__file__)
