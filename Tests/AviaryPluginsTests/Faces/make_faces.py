"""Writes faces.json: what the reference implementations of face detectors find.

Pictures are made of the two photos of the shared data (which are not in the repository) by steps that
FacePictures.swift makes too; a checksum says whether both made the same. References: OpenCV's
CascadeClassifier and FaceDetectorYN, facenet-pytorch's MTCNN, and for UltraFace the published
post-processing over ONNX Runtime, written out here.

    pip install "opencv-python-headless<5" onnxruntime pillow torch
    pip install --no-deps facenet-pytorch torchvision
    python make_faces.py ../../../../shared

Cascades are those of Debian's opencv-data.
"""

import json
import math
import pathlib
import random
import sys

import cv2
import numpy as np
import onnxruntime
import torch
from facenet_pytorch import MTCNN
from facenet_pytorch.models.utils.detect_face import detect_face
from PIL import Image

CASCADES = pathlib.Path("/usr/share/opencv4/haarcascades")


# Pictures


def noise(shape, seed, amplitude):
    values = np.empty(int(np.prod(shape)), np.int64)
    state = seed
    for index in range(values.size):
        state = (state * 1664525 + 1013904223) % 2**32
        values[index] = (state >> 16) % (2 * amplitude + 1) - amplitude
    return values.reshape(shape)


def turned(picture, cosine, sine):
    """About the centre, the nearest pixel, black outside."""
    height, width = picture.shape[:2]
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    u, v = x + 0.5 - width / 2, y + 0.5 - height / 2
    left = np.floor(u * cosine - v * sine + width / 2).astype(int)
    top = np.floor(u * sine + v * cosine + height / 2).astype(int)
    inside = (left >= 0) & (left < width) & (top >= 0) & (top < height)
    result = np.zeros_like(picture)
    result[inside] = picture[top[inside], left[inside]]
    return result


def step(picture, name, *numbers, made):
    if name == "crop":
        x, y, width, height = numbers
        return picture[y : y + height, x : x + width]
    if name == "resize":
        return np.asarray(Image.fromarray(picture).resize(tuple(numbers), Image.Resampling.BILINEAR))
    if name == "mirror":
        return picture[:, ::-1]
    if name == "brightness":
        return np.clip(np.rint(picture * numbers[0]), 0, 255).astype(np.uint8)
    if name == "turn":
        return turned(picture, *numbers)
    if name == "grey":
        return np.asarray(Image.fromarray(picture).convert("L"))
    if name == "noise":
        return np.clip(picture + noise(picture.shape, *numbers), 0, 255).astype(np.uint8)
    if name == "paste":
        other, x, y = made[numbers[0]], *numbers[1:]
        result = picture.copy()
        result[y : y + other.shape[0], x : x + other.shape[1]] = other
        return result
    raise ValueError(name)


def checksum(picture):
    """Adler-32 of the samples."""
    import zlib

    return zlib.adler32(np.ascontiguousarray(picture).tobytes())


def recipes():
    astronaut, solvay = "astronaut.png", "solvay_conference_1927.jpg"
    yield "astronaut", astronaut, []
    for width, height in [(160, 160), (250, 250), (333, 300), (640, 480), (801, 777)]:
        yield f"astronaut-{width}x{height}", astronaut, [["resize", width, height]]
    yield "astronaut-mirrored", astronaut, [["mirror"]]
    yield "astronaut-grey", astronaut, [["grey"]]
    for factor in [0.35, 1.5]:
        yield f"astronaut-light-{factor}", astronaut, [["brightness", factor]]
    for degrees in [-20, -8, 12]:
        angle = math.radians(degrees)
        yield f"astronaut-turned{degrees}", astronaut, [["turn", math.cos(angle), math.sin(angle)]]
    yield "astronaut-noise", astronaut, [["noise", 7, 25]]
    yield "astronaut-face", astronaut, [["crop", 150, 30, 150, 190]]
    yield "astronaut-no-face", astronaut, [["crop", 0, 300, 180, 200]]
    yield "noise", astronaut, [["brightness", 0], ["noise", 3, 255]]
    yield "tiny", astronaut, [["resize", 19, 17]]
    yield "solvay", solvay, []
    yield "solvay-grey-700", solvay, [["grey"], ["resize", 700, 675]]
    yield "solvay-mirrored", solvay, [["mirror"]]
    yield "solvay-dark", solvay, [["grey"], ["brightness", 0.5]]
    boxes = {"left": (0, 20, 400, 320), "middle": (300, 30, 420, 320), "right": (560, 20, 435, 320)}
    for name, box in boxes.items():
        yield f"solvay-{name}", solvay, [["crop", *box]]
        yield f"solvay-{name}-large", solvay, [["grey"], ["crop", *box], ["resize", box[2] * 2, box[3] * 2]]
    chance = random.Random(20261129)
    for index in range(6):
        side = chance.randrange(60, 200)
        yield f"piece-{index}", astronaut, [["crop", 130, 10, 190, 190], ["resize", side, side]]
        width, height = chance.randrange(500, 800), chance.randrange(400, 700)
        steps = [["crop", chance.randrange(0, 995 - 400), chance.randrange(0, 500), 400, 400]]
        steps += [["resize", width, height], ["brightness", round(chance.uniform(0.6, 1.3), 2)]]
        steps += [["paste", f"piece-{index}", chance.randrange(0, width - side), chance.randrange(0, height - side)]]
        yield f"composite-{index}", solvay, steps


# References


def haar(picture, cascade, scale, neighbors, smallest, largest):
    reference = cv2.CascadeClassifier(str(CASCADES / f"haarcascade_{cascade}.xml"))
    assert not reference.empty()
    bgr = picture if picture.ndim == 2 else np.ascontiguousarray(picture[:, :, ::-1])
    boxes = reference.detectMultiScale(
        bgr, scaleFactor=scale, minNeighbors=neighbors, minSize=(smallest,) * 2, maxSize=(largest,) * 2)
    return [[float(value) for value in box] for box in boxes]


def color(picture):
    return picture if picture.ndim == 3 else np.repeat(picture[:, :, None], 3, axis=2)


def yunet(picture, model, score):
    height, width = picture.shape[:2]
    reference = cv2.FaceDetectorYN.create(str(model), "", (width, height), score, 0.3, 5000)
    _, faces = reference.detect(np.ascontiguousarray(color(picture)[:, :, ::-1]))
    return [] if faces is None else [[float(value) for value in [*face[:4], face[14], *face[4:14]]] for face in faces]


def ultraface(picture, session, score):
    height, width = picture.shape[:2]
    small = cv2.resize(color(picture), (320, 240)).astype(np.float32)
    scores, boxes = session.run(["scores", "boxes"], {"input": ((small - 127) / 128).transpose(2, 0, 1)[None]})
    scores, boxes = scores[0, :, 1], boxes[0]
    order = [int(i) for i in np.argsort(scores) if scores[i] > score][-200:]
    faces = []
    while order:
        best = order.pop()
        faces.append(best)
        order = [i for i in order if overlap(boxes[best], boxes[i]) <= 0.3]
    result = []
    for index in faces:
        left, top, right, bottom = boxes[index] * [width, height, width, height]
        result.append([float(v) for v in (left, top, right - left, bottom - top, scores[index])])
    return result


def overlap(a, b):
    def area(left, top, right, bottom):
        return max(0, right - left) * max(0, bottom - top)

    shared = area(max(a[0], b[0]), max(a[1], b[1]), min(a[2], b[2]), min(a[3], b[3]))
    return shared / (area(*a) + area(*b) - shared + 1e-5)


@torch.no_grad()
def mtcnn(picture, networks, smallest):
    if min(picture.shape[:2]) * 12 / smallest < 12:
        return []
    boxes, points = detect_face(
        color(picture), smallest, networks.pnet, networks.rnet, networks.onet, [0.6, 0.7, 0.7], 0.709, "cpu")
    result = []
    for box, point in zip(boxes[0], points[0]):
        left, top, right, bottom, score = (float(value) for value in box)
        result.append([left, top, right - left, bottom - top, score, *(float(v) for v in point.reshape(-1))])
    return result


def main():
    shared = pathlib.Path(sys.argv[1])
    models = shared / "models" / "face"
    onnxruntime.set_default_logger_severity(3)
    session = onnxruntime.InferenceSession(str(models / "ultraface-RFB-320.onnx"))
    networks = MTCNN(keep_all=True, device="cpu")
    made, pictures, cases = {}, [], []

    def add(picture, detector, argument, faces):
        rounded = [[round(value, 3) for value in face] for face in faces]
        cases.append({"picture": picture, "detector": detector, "argument": argument, "faces": rounded})

    for name, photo, steps in recipes():
        picture = np.asarray(Image.open(shared / "data" / "photos" / photo))
        for entry in steps:
            picture = step(picture, *entry, made=made)
        made[name] = picture
        height, width = picture.shape[:2]
        pictures.append({
            "name": name, "photo": photo, "steps": steps, "width": width, "height": height,
            "checksum": checksum(picture)})
        if name.startswith("piece"):
            continue
        add(name, "yunet", "score=0.8", yunet(picture, models / "opencv_yunet_2023mar.onnx", 0.8))
        add(name, "ultraface", "", ultraface(picture, session, 0.7))
        add(name, "mtcnn", "min=20", mtcnn(picture, networks, 20))
        kinds = ["frontalface_default"]
        if name in ("astronaut", "solvay", "composite-1", "solvay-middle"):
            kinds = [
                "frontalface_default", "frontalface_alt", "frontalface_alt2", "frontalface_alt_tree", "profileface",
                "eye_tree_eyeglasses", "upperbody", "smile", "lefteye_2splits"]
        for kind in kinds:
            add(name, "haar", f"{kind},neighbors=3,min=24,max=300", haar(picture, kind, 1.1, 3, 24, 300))
        if name == "solvay":
            add(name, "haar", "frontalface_alt2,neighbors=2,min=20,max=100,scale=1.3", haar(picture, "frontalface_alt2", 1.3, 2, 20, 100))
    output = pathlib.Path(__file__).with_name("faces.json")
    lines = ",\n".join(json.dumps(entry) for entry in pictures), ",\n".join(json.dumps(entry) for entry in cases)
    output.write_text('{"pictures": [\n%s\n], "cases": [\n%s\n]}\n' % lines)
    print(len(pictures), "pictures,", len(cases), "cases,", sum(len(case["faces"]) for case in cases), "faces")


main()
