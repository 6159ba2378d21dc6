"""Targets from models that are trained already (Hinton, Vinyals, Dean 2015). FER2013's labels are noisy; what
a trained model thinks of a training image says more than its label alone.

A teacher is a model of the zoo, or the best checkpoint of one in training: `checkpoint:MODEL-ID`."""

import json

import onnxruntime
import torch

from .models import build
from .pixels import LABELS
from .preprocess import normalise, to_unit
from .recipe import ZOO, load
from .soft import CHECKPOINT, checkpoint


def probabilities(name, images, device="cpu", batch=256):
    """A teacher's probabilities for images (N x 48 x 48, uint8): of each and its mirror image, averaged."""
    model_id = name.removeprefix(CHECKPOINT)
    contract, judge = of_model(model_id) if name == model_id else of_checkpoint(model_id, device)
    rows = []
    for start in range(0, len(images), batch):
        x = normalise(to_unit(torch.as_tensor(images[start:start + batch]).to(device)), contract)
        rows.append((judge(x) + judge(x.flip(-1))).cpu() / 2)
    return torch.cat(rows).numpy()


def of_model(model_id):
    """(input block, from a batch to probabilities) of a model of the zoo, which ONNX Runtime runs."""
    manifest = json.loads((ZOO / model_id / "model.json").read_text())
    contract, output = manifest["input"], manifest["output"]
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    session = onnxruntime.InferenceSession(ZOO / model_id / manifest["file"]["path"], options,
                                           providers=["CPUExecutionProvider"])

    def judge(x):
        values = x.cpu() if contract["layout"] == "NCHW" else x.cpu().permute(0, 2, 3, 1)
        found = session.run([output["name"]], {contract["name"]: values.contiguous().numpy()})[0]
        found = torch.as_tensor(found)
        return found.softmax(1) if output["kind"] == "logits" else found

    return contract, judge


def of_checkpoint(model_id, device):
    """The same of the averaged weights of a checkpoint, on `device`."""
    recipe = load(model_id)
    network = build(recipe.model, len(LABELS), recipe.settings)
    network.load_state_dict(torch.load(checkpoint(model_id), map_location="cpu")["average"])
    network = network.eval().to(device)

    def judge(x):
        with torch.no_grad():
            return network(x).softmax(1)

    return recipe.input, judge
