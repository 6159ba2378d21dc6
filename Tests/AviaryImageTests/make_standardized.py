"""What TensorFlow makes of pictures that are standardised one by one; writes Fixtures/standardized.json.

    make_standardized.py          needs tensorflow, numpy, pillow

`image` is tf.image.per_image_standardization; `channel`, which TensorFlow has not, is the same function on each
channel by itself.
"""
import base64
import json
import os

import numpy as np
import tensorflow as tf
from PIL import Image

FIXTURES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "Fixtures")
CASES = [  # picture, channels, layout, over, scale, mean, std
    ("png_c2_d8.png", "rgb", "NHWC", "image", 1.0, [0.0], [1.0]),
    ("png_c2_d8.png", "rgb", "NCHW", "image", 1 / 255, [0.5, 0.25, 0.125], [0.5, 1.0, 2.0]),
    ("png_c2_d8.png", "bgr", "NCHW", "channel", 1 / 255, [0.0, 0.5, 1.0], [1.0]),
    ("png_c2_d8.png", "grey", "NHWC", "image", -0.5, [0.0], [1.0]),
    ("jpeg_grey.jpg", "grey", "NCHW", "channel", 1 / 255, [0.0], [1.0]),
    ("png_1x1.png", "rgb", "NHWC", "channel", 1.0, [0.0], [1.0]),  # one value: no deviation at all
]


def standardized(values, over):
    values = tf.constant(values)
    if over == "image":
        return tf.image.per_image_standardization(values).numpy()
    channels = [tf.image.per_image_standardization(values[..., k:k + 1]) for k in range(values.shape[-1])]
    return np.concatenate([c.numpy() for c in channels], -1)


cases = []
for file, channels, layout, over, scale, mean, std in CASES:
    picture = Image.open(os.path.join(FIXTURES, file)).convert("L" if channels == "grey" else "RGB")
    values = np.asarray(picture, np.float32).reshape(picture.height, picture.width, -1)
    if channels == "bgr":
        values = values[..., ::-1]
    values = (standardized(values * np.float32(scale), over) - np.float32(mean)) / np.float32(std)
    values = values.transpose(2, 0, 1) if layout == "NCHW" else values
    spec = dict(layout=layout, width=picture.width, height=picture.height, channels=channels, resize=None, crop=None,
                scale=scale, standardize=over, mean=mean, std=std)
    cases.append(dict(file=file, input=spec, values=base64.b64encode(values.astype("<f4").tobytes()).decode()))
json.dump(cases, open(os.path.join(FIXTURES, "standardized.json"), "w"), indent=0)
