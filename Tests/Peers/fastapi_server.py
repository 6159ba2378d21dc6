"""What the tutorials show: one model behind FastAPI and ONNX Runtime, faces by OpenCV. The peer of `make bench-server`.

    fastapi_server.py --port 8001 [--model fer-cnn-bn] [--detector none|yunet] [--yunet FILE] [--workers 1]

It answers POST /v1/predict with the field `image` of a form, in the shape `aviary serve` answers in, and scales as
that does: Pillow's antialiased bilinear resize to the model's input, pictures of at most 1024 pixels a side for
YuNet, square crops around the box. The endpoint is a plain `def`, so that FastAPI runs it on its threads and both
cores have work; Pillow, OpenCV and ONNX Runtime all leave the interpreter's lock while they compute.
"""

import argparse
import io
import json
import os
import sys
import threading
import time
from pathlib import Path

import cv2
import numpy
import onnxruntime
from fastapi import FastAPI, File, UploadFile
from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
MODEL = os.environ.get("PEER_MODEL", "fer-cnn-bn")
DETECTOR = os.environ.get("PEER_DETECTOR", "none")
YUNET = os.environ.get("PEER_YUNET", "")

manifest = json.loads((ROOT / f"Zoo/{MODEL}/model.json").read_text())
session = onnxruntime.InferenceSession(
    str(ROOT / f"Zoo/{MODEL}/model.onnx"), providers=["CPUExecutionProvider"])
inputs, labels = manifest["input"], manifest["output"]["labels"]
# OpenCV's detector keeps state from call to call: one for each thread.
local = threading.local()
app = FastAPI()


def boxes(image):
    """Boxes with scores and landmarks in pixels of the picture."""
    if DETECTOR == "none":
        return [((0, 0, image.width, image.height), 1.0, [])]
    if not hasattr(local, "yunet"):
        local.yunet = cv2.FaceDetectorYN.create(YUNET, "", (320, 320), 0.9, 0.3)
    for side in (1024, 320):
        scale = min(1.0, side / max(image.size))
        size = tuple(max(1, round(extent * scale)) for extent in image.size)
        small = image if scale == 1 else image.resize(size, Image.BILINEAR)
        local.yunet.setInputSize(size)
        _, rows = local.yunet.detect(numpy.ascontiguousarray(numpy.asarray(small)[:, :, ::-1]))
        if rows is not None:
            factors = [image.width / size[0], image.height / size[1]]
            return [
                (tuple(v * factors[i % 2] for i, v in enumerate(row[:4].tolist())), float(row[14]),
                 [(row[4 + 2 * i] * factors[0], row[5 + 2 * i] * factors[1]) for i in range(5)])
                for row in rows]
    return []


def prepare(image, box):
    """The model's input for one face: a square around its box, grey, small."""
    if DETECTOR != "none":
        x, y, width, height = box
        side, x, y = max(width, height), x + width / 2, y + height / 2
        image = image.crop(tuple(round(v) for v in (x - side / 2, y - side / 2, x + side / 2, y + side / 2)))
    if inputs["channels"] == "grey":
        image = image.convert("L")
    image = image.resize((inputs["width"], inputs["height"]), Image.BILINEAR)
    pixels = numpy.asarray(image, dtype=numpy.float32) * inputs["scale"]
    if pixels.ndim == 2:
        pixels = pixels[:, :, None]
    pixels = (pixels - numpy.float32(inputs["mean"])) / numpy.float32(inputs["std"])
    return pixels.transpose(2, 0, 1) if inputs["layout"] == "NCHW" else pixels


@app.post("/v1/predict")
def predict(image: UploadFile = File(...)):
    start = time.perf_counter()
    picture = Image.open(io.BytesIO(image.file.read())).convert("RGB")
    found = boxes(picture)
    faces = []
    if found:
        batch = numpy.stack([prepare(picture, box) for box, _, _ in found]).astype(numpy.float32)
        [scores] = session.run([manifest["output"]["name"]], {inputs["name"]: batch})
        if manifest["output"]["kind"] == "logits":
            powers = numpy.exp(scores - scores.max(axis=1, keepdims=True))
            scores = powers / powers.sum(axis=1, keepdims=True)
        for (box, score, points), row in zip(found, scores):
            order = numpy.argsort(-row)
            faces.append({
                "box": dict(zip(("x", "y", "width", "height"), map(float, box))), "score": score,
                "landmarks": [{"x": float(x), "y": float(y)} for x, y in points],
                "predictions": [{
                    "model": MODEL, "label": labels[order[0]],
                    "probabilities": [{"label": labels[i], "probability": float(row[i])} for i in order]}]})
    return {
        "width": picture.width, "height": picture.height, "detector": DETECTOR, "models": [MODEL], "faces": faces,
        "milliseconds": {"total": 1000 * (time.perf_counter() - start)}}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=8001)
    parser.add_argument("--model", default="fer-cnn-bn")
    parser.add_argument("--detector", choices=["none", "yunet"], default="none")
    parser.add_argument("--yunet", default="", help="the file of YuNet's weights")
    parser.add_argument("--workers", default="1")
    arguments = parser.parse_args()
    os.environ.update(
        PEER_MODEL=arguments.model, PEER_DETECTOR=arguments.detector, PEER_YUNET=arguments.yunet)
    os.chdir(Path(__file__).resolve().parent)
    os.execv(sys.executable, [
        sys.executable, "-m", "uvicorn", "fastapi_server:app", "--port", str(arguments.port), "--workers",
        arguments.workers, "--no-access-log", "--log-level", "warning"])


if __name__ == "__main__":
    main()
