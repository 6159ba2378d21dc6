"""Writes the films of VideoTests: an AVI by OpenCV's writer and MJPEG streams of Pillow's JPEGs.

Every frame is one grey, 20 + 10 * index, at 12.5 frames a second.

    pip install "opencv-python-headless<5" pillow && python make_films.py
"""

import io
import pathlib

import cv2
import numpy as np
from PIL import Image

FOLDER = pathlib.Path(__file__).parent
GREYS = [20 + 10 * index for index in range(6)]


def jpeg(grey, **options):
    # Noise, so that coded data of some length follow the headers.
    noise = np.random.default_rng(grey).integers(-3, 4, (48, 64, 3))
    buffer = io.BytesIO()
    Image.fromarray((grey + noise).astype(np.uint8)).save(buffer, "JPEG", quality=90, **options)
    return buffer.getvalue()


def main():
    writer = cv2.VideoWriter(str(FOLDER / "film.avi"), cv2.VideoWriter_fourcc(*"MJPG"), 12.5, (64, 48))
    for grey in GREYS:
        writer.write(np.full((48, 64, 3), grey, np.uint8))
    writer.release()
    thumbnail = Image.new("RGB", (32, 32), (9, 9, 9))
    buffer = io.BytesIO()
    thumbnail.save(buffer, "JPEG")
    frames = [jpeg(grey, comment=b"\xff\xd8\xff\xd9" + buffer.getvalue()) for grey in GREYS]
    (FOLDER / "film.mjpeg").write_bytes(b"".join(frames))
    parts = [
        frames[0], b"--boundary\r\nContent-Type: image/jpeg\r\n\r\n", frames[1], frames[2][: len(frames[2]) // 2],
        frames[3], frames[4][:700] + bytes([0xFF, 0x00]) + frames[4][700:], frames[5][:-300]]
    (FOLDER / "damaged.mjpeg").write_bytes(b"".join(parts))


main()
