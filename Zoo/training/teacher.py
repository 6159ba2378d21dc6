"""Targets from models that are trained already (Hinton, Vinyals, Dean 2015). FER2013's labels are noisy; what
a trained model thinks of a training image says more than its label alone."""

import json

import numpy as np
import onnxruntime
import torch

from .pixels import cache
from .preprocess import normalise, to_unit
from .recipe import ZOO


def probabilities(model_id, images, batch=256):
    """A zoo model's probabilities for images (N x 48 x 48, uint8): of each and its mirror image, averaged."""
    manifest = json.loads((ZOO / model_id / "model.json").read_text())
    path = ZOO / model_id / manifest["file"]["path"]
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    contract, rows = manifest["input"], []
    for start in range(0, len(images), batch):
        x = normalise(to_unit(images[start:start + batch]), contract)
        both = []
        for values in (x, x.flip(-1)):
            values = values if contract["layout"] == "NCHW" else values.permute(0, 2, 3, 1)
            output = torch.as_tensor(session.run([manifest["output"]["name"]],
                                                 {contract["name"]: values.contiguous().numpy()})[0])
            both.append(output.softmax(1) if manifest["output"]["kind"] == "logits" else output)
        rows.append((both[0] + both[1]) / 2)
    return torch.cat(rows).numpy()


def soft_targets(models, images):
    """The models' mean probabilities, each model's kept in the cache under its file's hash."""
    total = np.zeros(0)
    for model_id in models:
        digest = json.loads((ZOO / model_id / "model.json").read_text())["file"]["sha256"]
        path = cache() / f"teacher-{digest[:16]}.npy"
        if not path.exists():
            np.save(path, probabilities(model_id, images))
        rows = np.load(path)
        if len(rows) != len(images):
            raise ValueError(f"{path} has {len(rows)} rows for {len(images)} images; delete it")
        total = total + rows if len(total) else rows
    return total / len(models)
