"""Golden values of attention and what goes with it: `python golden_attention.py` writes golden_attention.json."""

import pathlib
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
from golden import Cases  # noqa: E402

cases = Cases()
rng = np.random.default_rng(71)
F = np.float32


def normal(*shape, dtype=F):
    return rng.normal(size=shape).round(3).astype(dtype)


def add(op, opset, values, outputs=1, tolerance=2e-5, **attributes):
    cases.add(op, opset, values, outputs=outputs, engine="reference", tolerance=tolerance, **attributes)


# Attention: shapes the suite has not: long and odd sequences, sizes of one, values wider than keys, masks of all ranks.
for batch, q_heads, kv_heads, queries, keys, size, value_size in [
    (1, 1, 1, 1, 1, 1, 1), (1, 4, 2, 3, 19, 5, 7), (1, 2, 1, 17, 9, 6, 3), (2, 1, 1, 1, 33, 9, 9), (1, 1, 1, 6, 6, 3, 20),
]:
    q, k = normal(batch, q_heads, queries, size), normal(batch, kv_heads, keys, size)
    v = normal(batch, kv_heads, keys, value_size)
    add("Attention", 23, [q, k, v])
    add("Attention", 23, [q, k, v], scale=0.3, softcap=2.0)
    if queries <= keys:
        add("Attention", 23, [q, k, v], is_causal=1)
    for mask_shape in [(queries, keys), (1, 1, queries, keys), (batch, q_heads, queries, keys)]:
        add("Attention", 23, [q, k, v, normal(*mask_shape)])
    mask = rng.random((queries, keys)) < 0.7
    mask[:, 0] = True
    add("Attention", 23, [q, k, v, mask])
    for mode in range(4):
        add("Attention", 24, [q, k, v, normal(queries, keys)], qk_matmul_output_mode=mode, softcap=3.0)
    flat = [x.transpose(0, 2, 1, 3).reshape(batch, x.shape[2], -1) for x in (q, k, v)]
    add("Attention", 23, flat, q_num_heads=q_heads, kv_num_heads=kv_heads)
    past = [normal(batch, kv_heads, 4, size), normal(batch, kv_heads, 4, value_size)]
    add("Attention", 23, [q, k, v, normal(queries, keys + 4)] + past, outputs=3)
q, k, v = normal(1, 2, 3, 4), normal(1, 2, 5, 4), normal(1, 2, 5, 4)
for bad, attributes in [
    ([q, k, normal(1, 2, 4, 4)], {}), ([q, normal(1, 2, 5, 3), v], {}), ([q[0], k, v], {}), ([q[0], k[0], v[0]], {}),
    ([q, normal(1, 3, 5, 4), normal(1, 3, 5, 4)], {}), ([q, k, v, normal(3, 6)], {}), ([q, k, v, None, normal(1, 2, 1, 4)], {}),
    ([q, k, v], {"qk_matmul_output_mode": 4}), ([q.astype(np.int32), k, v], {}),
]:
    cases.fails("Attention", 23, bad, **attributes)

# RotaryEmbedding.
for shape, heads in [((2, 3, 5, 8), 0), ((2, 5, 24), 3), ((1, 1, 1, 2), 0), ((1, 7, 40), 4)]:
    size = shape[3] if len(shape) == 4 else shape[2] // heads
    batch, positions = shape[0], shape[2] if len(shape) == 4 else shape[1]
    for turned in sorted({0, size // 2 // 2 * 2}):
        half = (turned or size) // 2
        for interleaved in [0, 1]:
            extra = dict(interleaved=interleaved, rotary_embedding_dim=turned, **({"num_heads": heads} if heads else {}))
            add("RotaryEmbedding", 23, [normal(*shape), normal(50, half), normal(50, half), rng.integers(0, 50, (batch, positions))], **extra)
            add("RotaryEmbedding", 23, [normal(*shape), normal(batch, positions, half), normal(batch, positions, half)], **extra)
x, cache, ids = normal(2, 3, 5, 8), normal(50, 4), np.zeros([2, 5], np.int64)
for bad, attributes in [
    ([x, cache, cache, ids + 50], {}), ([x, cache, cache, ids - 1], {}), ([x, cache, cache], {}), ([x, normal(50, 3), cache, ids], {}),
    ([normal(2, 5, 24), cache, cache, ids], {}), ([x, cache, cache, ids], {"rotary_embedding_dim": 10}),
    ([x, cache, cache, ids], {"rotary_embedding_dim": 3}), ([x, cache, cache, ids[:1]], {}), ([x, cache, cache, ids.astype(np.int32)], {}),
]:
    cases.fails("RotaryEmbedding", 23, bad, **attributes)

# CausalConvWithState.
for batch, channels, length, k in [(2, 3, 20, 4), (1, 5, 2, 6), (1, 1, 1, 1), (3, 2, 9, 2)]:
    for activation in ["none", "silu"]:
        x, w = normal(batch, channels, length), normal(channels, 1, k)
        add("CausalConvWithState", 27, [x, w], outputs=2, activation=activation)
        add("CausalConvWithState", 27, [x, w, normal(channels), normal(batch, channels, k - 1)], outputs=2, activation=activation)
x, w = normal(2, 3, 5), normal(3, 1, 4)
for bad in [[x, normal(2, 1, 4)], [x, normal(3, 2, 4)], [x, normal(3, 1, 0)], [x, w, normal(2)], [x, w, None, normal(2, 3, 4)], [x[0], w]]:
    cases.fails("CausalConvWithState", 27, bad, outputs=2)

# LinearAttention.
for rule in ["linear", "gated", "delta", "gated_delta"]:
    for batch, length, q_heads, kv_heads, size, value_size in [(2, 6, 4, 2, 5, 7), (1, 1, 1, 1, 1, 1), (1, 9, 3, 3, 8, 4)]:
        for each in [1, size]:
            q, k = normal(batch, length, q_heads * size), normal(batch, length, kv_heads * size) * F(0.4)
            v = normal(batch, length, kv_heads * value_size)
            decay = -np.abs(normal(batch, length, kv_heads * each)) if rule.startswith("gated") else None
            beta = rng.random((batch, length, kv_heads)).astype(F) if rule.endswith("delta") else None
            state = normal(batch, kv_heads, size, value_size)
            values = [q, k, v, state, decay, beta]
            while values[-1] is None:
                values.pop()
            add("LinearAttention", 27, values, outputs=2, q_num_heads=q_heads, kv_num_heads=kv_heads, update_rule=rule)
q = normal(1, 2, 8)
for bad, attributes in [
    ([q, q, q], {"q_num_heads": 2, "kv_num_heads": 2}), ([q, q, q], {"q_num_heads": 3, "kv_num_heads": 2, "update_rule": "linear"}),
    ([q, q, q], {"q_num_heads": 3, "kv_num_heads": 3, "update_rule": "linear"}), ([q, q, q], {"update_rule": "linear"}),
    ([q, q, normal(1, 3, 8)], {"q_num_heads": 2, "kv_num_heads": 2, "update_rule": "linear"}),
    ([q, q, q, normal(1, 2, 4, 3)], {"q_num_heads": 2, "kv_num_heads": 2, "update_rule": "linear"}),
    ([q, q, q, None, normal(1, 2, 3)], {"q_num_heads": 2, "kv_num_heads": 2, "update_rule": "gated"}),
    ([q, q, q], {"q_num_heads": 0, "kv_num_heads": 0, "update_rule": "linear"}),
]:
    cases.fails("LinearAttention", 27, bad, outputs=2, **attributes)

cases.write(__file__)
