"""Writes `Zoo/<model-id>/model.onnx` from the best checkpoint, and `history.json`, the log of its training:
`python -m training.export MODEL-ID`.

Opset 17 or later, dynamic batch, input `input`, output `probabilities` (softmax, in the order of `LABELS`).
BatchNorm stays in the graph: to fold it is the business of whoever runs the model.
"""

import argparse
import json
import warnings

import onnx
import torch

from . import recipe as recipes
from .half import store_half
from .models import build
from .pixels import LABELS, cache

OPSET = {"trace": 17, "dynamo": 18}
"""The exporter by torch.export writes opset 18 and only converts from there."""


class WithSoftmax(torch.nn.Module):
    def __init__(self, network):
        super().__init__()
        self.network = network

    def forward(self, x):
        return self.network(x).softmax(1)


def load(model_id):
    """The averaged network of the best checkpoint, its recipe, and the history up to the last epoch."""
    recipe = recipes.load(model_id)
    folder = cache() / "training" / model_id
    state = torch.load(folder / "best.pt", map_location="cpu")
    network = build(recipe.model, len(LABELS), recipe.settings)
    network.load_state_dict(state["average"])
    return network.eval(), recipe, json.loads((folder / "history.json").read_text()), state["history"][-1]


def write(network, example, path, exporter, name):
    """`network`: from images to probabilities; `example`: one image; `name`: the input's."""
    if exporter == "dynamo":
        batch = {0: torch.export.Dim("batch", min=1)}
        # Two images: the exporter takes a batch of one for a constant.
        program = torch.onnx.export(
            network, (example.repeat(2, 1, 1, 1),), opset_version=OPSET[exporter], dynamo=True, verbose=False,
            input_names=[name], output_names=["probabilities"], dynamic_shapes=(batch,))
        program.save(path, external_data=False)
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the former exporter makes opset 17 as it stands
        torch.onnx.export(
            network, (example,), path, opset_version=OPSET[exporter], dynamo=False, input_names=[name],
            output_names=["probabilities"], dynamic_axes={name: {0: "batch"}, "probabilities": {0: "batch"}},
            training=torch.onnx.TrainingMode.PRESERVE)


def export(model_id, folder):
    """Writes `model.onnx` and `history.json` to the folder."""
    network, recipe, history, entry = load(model_id)
    contract = recipe.input
    channels = 1 if contract["channels"] == "grey" else 3
    example = torch.zeros(1, channels, contract["height"], contract["width"])
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "model.onnx"
    write(WithSoftmax(network).eval(), example, path, recipe.exporter, contract["name"])
    if recipe.float16:
        onnx.save(store_half(onnx.load(path)), path)
    (folder / "history.json").write_text(json.dumps(history, indent=1) + "\n")
    print(f"{path}: {path.stat().st_size:,} bytes, from epoch {entry['epoch']} "
          f"(validation {entry['validation_accuracy']:.4f})")


def main():
    arguments = argparse.ArgumentParser(
        prog="python -m training.export", description=__doc__.split("\n\n")[0])
    arguments.add_argument("model")
    model_id = arguments.parse_args().model
    export(model_id, recipes.ZOO / model_id)


if __name__ == "__main__":
    main()
