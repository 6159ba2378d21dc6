"""Golden values of Gemm and MatMul: `python golden_linear.py` writes golden_linear.json beside it."""

import pathlib
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
from golden import Cases, bf16  # noqa: E402

cases = Cases()
rng = np.random.default_rng(12)


def normal(*shape, dtype=np.float32):
    return rng.normal(size=shape).astype(np.float32).round(2).astype(dtype)


def integers(*shape, dtype=np.int32, limit=100):
    return rng.integers(0 if np.dtype(dtype).kind == "u" else -limit, limit, shape).astype(dtype)


# Gemm: transposes, factors, every shape that C may have.
for trans_a in [0, 1]:
    for trans_b in [0, 1]:
        a, b = normal(*((5, 3) if trans_a else (3, 5))), normal(*((4, 5) if trans_b else (5, 4)))
        cases.add("Gemm", 13, [a, b, normal(3, 4)], tolerance=1e-5, transA=trans_a, transB=trans_b, alpha=0.5, beta=2.0)
for shape in [(), (1,), (4,), (1, 4), (3, 1), (1, 1), (3, 4)]:
    cases.add("Gemm", 11, [normal(3, 5), normal(5, 4), normal(*shape)], tolerance=1e-5, beta=0.75)
cases.add("Gemm", 11, [normal(3, 5), normal(5, 4)], tolerance=1e-5)
cases.add("Gemm", 11, [normal(1, 40), normal(70, 40), normal(70)], tolerance=1e-5, transB=1)
cases.add("Gemm", 13, [normal(3, 0), normal(0, 4), normal(4)], tolerance=1e-5, engine="reference")
cases.add("Gemm", 13, [normal(3, 5, dtype=np.float64), normal(5, 4, dtype=np.float64), normal(4, dtype=np.float64)],
          tolerance=1e-12, alpha=0.5)
cases.add("Gemm", 13, [normal(3, 5, dtype=np.float16), normal(5, 4, dtype=np.float16), normal(4, dtype=np.float16)],
          tolerance=2e-3)
cases.add("Gemm", 13, [integers(3, 5), integers(5, 4), integers(4)], engine="reference")
cases.add("Gemm", 13, [integers(3, 5, dtype=np.uint64), integers(5, 4, dtype=np.uint64)], engine="reference")
cases.add("Gemm", 6, [normal(3, 5), normal(5, 4), normal(4)], tolerance=1e-5, engine="reference", broadcast=1)
cases.fails("Gemm", 13, [normal(3, 5), normal(4, 5)])
cases.fails("Gemm", 13, [normal(3, 5), normal(5, 4), normal(3)])
cases.fails("Gemm", 13, [normal(3, 5), normal(5, 4), normal(1, 3, 4)])
cases.fails("Gemm", 13, [normal(3, 5, 1), normal(5, 4)])
cases.fails("Gemm", 13, [normal(3, 5), normal(5, 4, dtype=np.float64)])

# MatMul: ranks, broadcasting, vectors.
for a, b in [
    ((3, 4), (4, 5)), ((4,), (4,)), ((4,), (4, 5)), ((3, 4), (4,)), ((2, 3, 4), (4, 5)), ((2, 3, 4), (2, 4, 5)),
    ((2, 1, 3, 4), (3, 4, 2)), ((3, 4), (2, 4, 5)), ((4,), (2, 4, 3)), ((2, 3, 4), (4,)), ((1, 3, 4), (7, 4, 2)),
    ((5, 1, 2, 3), (1, 4, 3, 2)), ((2, 20, 30), (30, 50)),
]:
    cases.add("MatMul", 13, [normal(*a), normal(*b)], tolerance=1e-5)
for a, b in [((0, 4), (4, 5)), ((3, 0), (0, 5)), ((2, 0, 4), (4, 5)), ((0, 3, 4), (1, 4, 5))]:
    cases.add("MatMul", 13, [normal(*a), normal(*b)], engine="reference", tolerance=1e-5)
cases.add("MatMul", 13, [normal(2, 3, 4, dtype=np.float64), normal(4, 5, dtype=np.float64)], tolerance=1e-12)
cases.add("MatMul", 13, [normal(2, 3, 4, dtype=np.float16), normal(4, 5, dtype=np.float16)], tolerance=2e-3)
a, b = bf16(normal(3, 4)), bf16(normal(4, 5))
# numpy's product in single precision, rounded once.
cases.add("MatMul", 13, [a, b], expected=[bf16(a.astype(np.float32) @ b.astype(np.float32))], tolerance=1e-2)
for dtype in [np.int32, np.uint32, np.int64, np.uint64]:
    a, b = integers(2, 3, 4, dtype=dtype), integers(4, 5, dtype=dtype)
    cases.add("MatMul", 13, [a, b], expected=[np.matmul(a, b)])
big = np.full((1, 3), 2**31 - 1, np.int32)
cases.add("MatMul", 13, [big, big.T.copy()], expected=[np.matmul(big, big.T)])  # wraps, as numpy does
cases.fails("MatMul", 13, [normal(3, 4), normal(5, 4)])
cases.fails("MatMul", 13, [normal(2, 3, 4), normal(3, 4, 5)])
cases.fails("MatMul", 13, [normal(), normal(3)])

cases.write(__file__)
