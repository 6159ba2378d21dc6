#!/usr/bin/env python3
"""Writes changes.json: what NumPy, SciPy and Pillow make of two small pictures. Needs numpy, scipy and pillow."""

import base64
import io
import json
from pathlib import Path

import numpy as np
from PIL import Image
from scipy.ndimage import gaussian_filter1d

random = np.random.default_rng(3)


def picture(height, width, channels):
    y, x = np.mgrid[0:height, 0:width]
    base = 128 + 90 * np.sin(x / 3) * np.cos(y / 4)
    stack = np.stack([base + 20 * c for c in range(channels)], -1) + random.normal(0, 12, (height, width, channels))
    return np.clip(np.rint(stack), 0, 255).astype(np.uint8)


def rounded(values):
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def pillow(pixels):
    return Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels)


def pixels(image, channels):
    return np.asarray(image).reshape(image.height, image.width, channels)


def blur(values, sigma):
    for axis in (1, 0):
        values = gaussian_filter1d(values, sigma, axis=axis, mode="nearest", truncate=4)
    return values


def changes(p):
    height, width, channels = p.shape
    x = p.astype(np.float64)
    covered = p.copy()
    covered[2:5, 3:9] = int(p.mean())
    small = pillow(p).resize(((width + 1) // 2, (height + 1) // 2), Image.Resampling.BILINEAR)
    file = io.BytesIO()
    pillow(p).save(file, "JPEG", quality=20, subsampling=0)
    return {
        "mirror": p[:, ::-1], "brighter": rounded(x * 1.4), "darker": rounded(x * 0.6),
        "contrast": rounded(x.mean() + (x - x.mean()) * 0.5), "blur": rounded(blur(x, 1.3)), "covered": covered,
        "coarse": pixels(small.resize((width, height), Image.Resampling.BILINEAR), channels),
        "jpeg": pixels(Image.open(file), channels),
    }


def text(p):
    return base64.b64encode(np.ascontiguousarray(p).tobytes()).decode()


if __name__ == "__main__":
    cases = []
    for shape in [(16, 22, 1), (19, 17, 3)]:
        p = picture(*shape)
        cases.append({
            "height": shape[0], "width": shape[1], "channels": shape[2], "samples": text(p),
            "changes": {name: text(result) for name, result in changes(p).items()},
        })
    (Path(__file__).parent / "changes.json").write_text(json.dumps(cases, indent=1) + "\n")
