"""Golden values of Resize and Upsample: `python golden_resize.py` writes golden_resize.json beside it."""

import itertools
import pathlib
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
from golden import Cases  # noqa: E402

cases = Cases()
rng = np.random.default_rng(5)


def image(*shape, dtype=np.float32):
    if np.dtype(dtype).kind in "iu":
        return rng.integers(0, 100, shape).astype(dtype)
    return rng.normal(size=shape).astype(dtype).round(3)


def f32(*values):
    return np.array(values, dtype=np.float32)


def i64(*values):
    return np.array(values, dtype=np.int64)


def add(opset, x, scales=None, sizes=None, roi=None, engine=None, op="Resize", **attributes):
    inputs = [x, roi, scales, sizes]
    while inputs[-1] is None:
        inputs.pop()
    cases.add(op, opset, inputs, tolerance=2e-5, engine=engine, **attributes)


MODES = ["half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric"]
TARGETS = [(7, 9), (3, 2), (1, 1), (5, 4)]

for mode, (h, w) in itertools.product([*MODES, "half_pixel_symmetric"], TARGETS):
    x = image(1, 2, 5, 4)
    for nearest in ["round_prefer_floor", "round_prefer_ceil", "floor", "ceil"]:
        # ONNX Runtime misses whole positions by a rounding error in the symmetric mode.
        add(19, x, sizes=i64(1, 2, h, w), mode="nearest", coordinate_transformation_mode=mode,
            nearest_mode=nearest, engine="reference" if mode == "half_pixel_symmetric" else None)
    add(19, x, sizes=i64(1, 2, h, w), mode="linear", coordinate_transformation_mode=mode)
    add(19, x, sizes=i64(1, 2, h, w), mode="cubic", coordinate_transformation_mode=mode)
    add(19, x, sizes=i64(1, 2, h, w), mode="cubic", coordinate_transformation_mode=mode,
        cubic_coeff_a=-0.5, exclude_outside=1)

for antialias_mode in ["linear", "cubic"]:
    for target in [(3, 3), (2, 9), (7, 4), (1, 1)]:
        for exclude in [0, 1]:
            if exclude and antialias_mode == "linear":
                continue
            add(18, image(1, 3, 7, 9), sizes=i64(1, 3, *target), mode=antialias_mode, antialias=1,
                exclude_outside=exclude)
    add(18, image(1, 1, 4, 4), scales=f32(1, 1, 0.6, 0.6), mode=antialias_mode, antialias=1)

for scales in [(1, 1, 2, 3), (1, 1, 0.6, 1.7), (1, 1, 0.5, 0.5), (1, 1, 1.5, 1)]:
    for mode in ["nearest", "linear", "cubic"]:
        add(13, image(2, 2, 4, 5), scales=f32(*scales), mode=mode)
    add(10, image(2, 2, 4, 5), op="Resize", roi=f32(*scales), mode="nearest")
    add(10, image(2, 2, 4, 5), op="Resize", roi=f32(*scales), mode="linear")

# Other ranks, axes in question, regions, policies, types.
add(11, image(7), scales=f32(), roi=f32(), sizes=i64(4), mode="linear")
add(13, image(2, 6), scales=f32(1, 1.5), mode="nearest")
add(13, image(1, 2, 3, 4, 5), sizes=i64(1, 2, 4, 6, 3), mode="linear")
add(11, image(1, 1, 4, 4), scales=f32(1, 1, 2, 2), roi=f32(), mode="nearest",
    coordinate_transformation_mode="tf_half_pixel_for_nn")
for kind in ["linear", "cubic", "nearest"]:
    add(13, image(1, 1, 4, 4), sizes=i64(1, 1, 3, 3), roi=f32(0, 0, 0.4, 0.6, 1, 1, 0.6, 0.8), mode=kind,
        coordinate_transformation_mode="tf_crop_and_resize")
    add(13, image(1, 1, 4, 4), sizes=i64(1, 1, 3, 3), roi=f32(0, 0, 0.4, 0.6, 1, 1, 1.2, 1.7), mode=kind,
        coordinate_transformation_mode="tf_crop_and_resize", extrapolation_value=10.0)
add(18, image(2, 3, 4, 5), sizes=i64(6, 3), mode="linear", axes=[2, 3])
add(18, image(2, 3, 4, 5), sizes=i64(3, 6), mode="nearest", axes=[3, 2])
add(18, image(2, 3, 4, 5), scales=f32(2, 0.5), mode="cubic", axes=[-2, -1])
for policy in ["not_larger", "not_smaller"]:
    add(18, image(1, 1, 4, 6), sizes=i64(7, 8), mode="linear", axes=[2, 3], keep_aspect_ratio_policy=policy)
    add(18, image(1, 1, 4, 6), sizes=i64(2, 8), mode="nearest", axes=[2, 3], keep_aspect_ratio_policy=policy)
for dtype in [np.uint8, np.int8, np.int32, np.float16, np.float64]:
    add(13, image(1, 2, 3, 4, dtype=dtype), scales=f32(1, 1, 2, 2), mode="nearest")
cases.add("Resize", 13, [image(1, 1, 3, 4, dtype=np.float16), None, f32(1, 1, 2, 2)], tolerance=2e-3,
          engine="reference", mode="linear")
cases.add("Resize", 13, [image(1, 1, 3, 4, dtype=np.float64), None, f32(1, 1, 2, 2)], tolerance=1e-6,
          engine="reference", mode="cubic")
cases.add("Resize", 13, [image(1, 1, 3, 4, dtype=np.uint8), None, f32(1, 1, 2, 1)], engine="reference",
          mode="linear")
cases.add("Resize", 13, [np.zeros((0, 2, 3), np.float32), None, f32(1, 2, 2)],
          expected=[np.zeros((0, 4, 6), np.float32)], mode="linear")

for scales in [(1, 1, 2, 3), (1, 1, 1.5, 1)]:
    for mode in ["nearest", "linear"]:
        cases.add("Upsample", 9, [image(1, 2, 3, 4), f32(*scales)], mode=mode, tolerance=2e-5)
        cases.add("Upsample", 7, [image(1, 2, 3, 4)], scales=[float(s) for s in scales], mode=mode,
                  tolerance=2e-5)

BAD = [
    dict(scales=f32(1, 1, 0, 1)), dict(scales=f32(1, 1, np.nan, 1)), dict(scales=f32(1, 1, -2, 1)),
    dict(scales=f32(1, 1, 1e38, 1e38)), dict(scales=f32(1, 1)), dict(sizes=i64(1, 1, -3, 4)),
    dict(sizes=i64(1, 1, 2**62, 2**62)), dict(sizes=i64(1, 1, 2**40, 4)), dict(sizes=i64(3, 3)), dict(),
]
for bad in BAD:
    for kind in ["nearest", "linear"]:
        inputs = [image(1, 1, 3, 3), None, bad.get("scales"), bad.get("sizes")]
        cases.fails("Resize", 13, inputs, mode=kind)

# GridSample, AffineGrid
for padding in ["zeros", "border", "reflection"]:
    for align in [0, 1]:
        grid = rng.uniform(-1.6, 1.6, (2, 4, 5, 2)).astype(np.float32)
        for mode in ["linear", "nearest", "cubic"]:
            cases.add("GridSample", 20, [image(2, 3, 4, 6), grid], mode=mode, padding_mode=padding,
                      align_corners=align, tolerance=2e-5)
            old = {"linear": "bilinear", "cubic": "bicubic"}.get(mode, mode)
            cases.add("GridSample", 16, [image(2, 1, 3, 3), grid], mode=old, padding_mode=padding,
                      align_corners=align, tolerance=2e-5)
        volume = rng.uniform(-1.3, 1.3, (1, 2, 3, 2, 3)).astype(np.float32)
        for mode in ["linear", "nearest"]:
            cases.add("GridSample", 20, [image(1, 2, 3, 4, 2), volume], mode=mode, padding_mode=padding,
                      align_corners=align, tolerance=2e-5)
FAR = f32(np.inf, np.nan, -np.inf, 1e30).reshape(1, 1, 2, 2)
cases.add("GridSample", 20, [image(1, 1, 2, 2), FAR], expected=[np.zeros((1, 1, 1, 2), np.float32)])
cases.fails("GridSample", 20, [image(1, 1, 2, 2), np.zeros((1, 1, 1, 3), np.float32)])
cases.fails("GridSample", 20, [image(1, 1, 2, 2), np.zeros((2, 1, 1, 2), np.float32)])
for align in [0, 1]:
    cases.add("AffineGrid", 20, [image(2, 2, 3), i64(2, 3, 4, 5)], align_corners=align, tolerance=2e-5)
    cases.add("AffineGrid", 20, [image(1, 3, 4), i64(1, 3, 2, 4, 3)], align_corners=align, tolerance=2e-5)
cases.fails("AffineGrid", 20, [image(1, 2, 3), i64(1, 3, 4)])
cases.fails("AffineGrid", 20, [image(1, 2, 3), i64(1, 3, 2**40, 2**40)])

cases.write(__file__)
