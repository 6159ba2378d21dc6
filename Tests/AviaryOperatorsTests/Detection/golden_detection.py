"""Golden values of the detection family: `python golden_detection.py` writes golden_detection.json beside it."""

import pathlib
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
from golden import Cases  # noqa: E402

cases = Cases()
rng = np.random.default_rng(3)


def f32(*values):
    return np.array(values, dtype=np.float32)


def i64(*values):
    return np.array(values, dtype=np.int64)


BOXES = f32([[0, 0, 1, 1], [0, 0.1, 1, 1.1], [0, -0.1, 1, 0.9], [0, 10, 1, 11], [0, 10.1, 1, 11.1], [0, 100, 1, 101]])
SCORES = f32([[0.9, 0.75, 0.6, 0.95, 0.5, 0.3]])
FLIPPED = BOXES[..., [2, 3, 0, 1]].copy()


def random(batch, classes, boxes):
    corners = rng.random((batch, boxes, 4), dtype=np.float32)
    return corners, rng.random((batch, classes, boxes), dtype=np.float32).round(2)


def add(boxes, scores, *limits, **attributes):
    cases.add("NonMaxSuppression", 11, [boxes, scores, *limits], **attributes)


for boxes in [BOXES, FLIPPED]:
    add(boxes, SCORES, i64(3), f32(0.5), f32(0))
    add(boxes, SCORES, i64(3), f32(0.5), f32(0.4))
    add(boxes, SCORES, i64(2), f32(0.5))
add(BOXES, SCORES, i64(9), f32(0))
add(BOXES, SCORES, i64(9), f32(1))
add(BOXES, SCORES, i64(9))
add(BOXES, SCORES, expected=[np.zeros((0, 3), np.int64)])
add(BOXES, SCORES, i64(0), f32(0.5))
add(BOXES, SCORES, i64(3), None, f32(0.7))
for center in [0, 1]:
    boxes, scores = random(2, 3, 40)
    add(boxes, scores, i64(10), f32(0.3), f32(0.2), center_point_box=center)
    add(boxes, scores, i64(100), f32(0.6), center_point_box=center)
cases.add("NonMaxSuppression", 10, [*random(1, 2, 20), i64(5), f32(0.4), f32(0.1)])
fails = cases.fails
fails("NonMaxSuppression", 11, [BOXES[0], SCORES])
fails("NonMaxSuppression", 11, [BOXES, SCORES[:, :, :5]])
fails("NonMaxSuppression", 11, [BOXES[:, :, :3], SCORES])
fails("NonMaxSuppression", 11, [BOXES, SCORES, i64(1, 2)])
fails("NonMaxSuppression", 11, [BOXES, SCORES, i64(1), f32(1.5)])

# RoiAlign, MaxRoiPool, MaxUnpool
FEATURES = rng.normal(size=(2, 3, 8, 9)).astype(np.float32)
REGIONS = f32([0, 0, 7, 6], [1.5, 2.25, 5.75, 7.5], [3, 3, 3, 3], [-4, -4, 20, 20])[0:4]
WHERE = i64(0, 1, 1, 0)
for mode in ["avg", "max"]:
    for ratio in [0, 2]:
        # Maxima of ONNX Runtime are over samples, those of the specification over weighted pixels.
        engine = "ort" if mode == "avg" else "reference"
        common = dict(mode=mode, sampling_ratio=ratio, output_height=3, output_width=2, tolerance=2e-5)
        cases.add("RoiAlign", 10, [FEATURES, REGIONS, WHERE], engine="ort" if mode == "avg" else None, **common)
        for transform in ["half_pixel", "output_half_pixel"]:
            cases.add("RoiAlign", 16, [FEATURES, REGIONS, WHERE], spatial_scale=0.5, engine=engine,
                      coordinate_transformation_mode=transform, **common)
fails("RoiAlign", 16, [FEATURES, REGIONS, i64(0, 1, 2, 0)])
fails("RoiAlign", 16, [FEATURES, f32([0, 0, 1e30, 1]), i64(0)])
fails("RoiAlign", 16, [FEATURES, f32([0, 0, np.nan, 1]), i64(0)])
fails("RoiAlign", 16, [FEATURES, f32([0, 0, 1, 1]), i64(0)], sampling_ratio=2**40)
ROWS = f32([0, 0, 0, 7, 6], [1, 1, 2, 5, 7], [1, 3, 3, 3, 3])
cases.add("MaxRoiPool", 1, [FEATURES, ROWS], pooled_shape=[3, 2])
cases.add("MaxRoiPool", 1, [FEATURES, ROWS], pooled_shape=[2, 2], spatial_scale=0.5)
fails("MaxRoiPool", 1, [FEATURES, f32([2, 0, 0, 7, 6])], pooled_shape=[3, 2])
fails("MaxRoiPool", 1, [FEATURES, f32([0, np.nan, 0, 7, 6])], pooled_shape=[3, 2])
VALUES, PLACES = f32([1, 2], [3, 4]).reshape(1, 1, 2, 2), i64(5, 7, 13, 15).reshape(1, 1, 2, 2)
cases.add("MaxUnpool", 11, [VALUES, PLACES], kernel_shape=[2, 2], strides=[2, 2])
cases.add("MaxUnpool", 11, [VALUES, PLACES, i64(1, 1, 5, 5)], engine="reference", kernel_shape=[2, 2],
          strides=[2, 2])
fails("MaxUnpool", 11, [VALUES, PLACES + 1], kernel_shape=[2, 2], strides=[2, 2])
fails("MaxUnpool", 11, [VALUES, PLACES, i64(1, 1, 3, 3)], kernel_shape=[2, 2], strides=[2, 2])
fails("MaxUnpool", 11, [VALUES, PLACES], kernel_shape=[2, 2], strides=[2**62, 2**62])

cases.write(__file__)
