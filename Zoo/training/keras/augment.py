"""The recipe's `augment` block on batches of TensorFlow: 0...1, N x H x W x C. Turning, moving, scaling and
flipping are one transformation of each image; layer by layer they took longer than the training itself. Erasing
and mixing are left to PyTorch's recipes."""

import numpy as np
import tensorflow as tf


def transforms(count, side, degrees=0.0, shift=0.0, scale=0.0):
    """Rows (a, b, c, d, e, f, 0, 0): the place (x, y) shows what was at (ax + by + c, dx + ey + f). Half of the
    images are flipped as well; `shift` is a part of the side."""
    def uniform(low, high):
        return tf.random.uniform((count,), low, high)

    angle, zoom = uniform(-degrees, degrees) * (np.pi / 180), 1 / uniform(1 - scale, 1 + scale)
    flip = tf.where(uniform(0, 1) < 0.5, -1.0, 1.0)
    cos, sin, middle = tf.cos(angle) * zoom, tf.sin(angle) * zoom, (side - 1) / 2
    a, b, d, e = cos * flip, -sin, sin * flip, cos
    c = middle - a * middle - b * middle + uniform(-shift, shift) * side
    f = middle - d * middle - e * middle + uniform(-shift, shift) * side
    zero = tf.zeros((count,))
    return tf.stack([a, b, c, d, e, f, zero, zero], 1)


def augmentation(settings):
    """From a batch to its augmented images."""
    def augment(x):
        count, side = tf.shape(x)[0], x.shape[1]
        x = tf.raw_ops.ImageProjectiveTransformV3(
            images=x, transforms=transforms(count, side, **settings.get("affine", {})),
            output_shape=tf.constant([side, side]), fill_value=0.0, interpolation="BILINEAR", fill_mode="NEAREST")
        if light := settings.get("light"):
            mean = tf.reduce_mean(x, (1, 2, 3), keepdims=True)
            factor = tf.random.uniform((count, 1, 1, 1), 1 - light["contrast"], 1 + light["contrast"])
            offset = tf.random.uniform((count, 1, 1, 1), -light["brightness"], light["brightness"])
            x = tf.clip_by_value((x - mean) * factor + mean + offset, 0, 1)
        return x

    return augment
