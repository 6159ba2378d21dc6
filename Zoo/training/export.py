"""Writes `Zoo/<model-id>/model.onnx` from the best checkpoint: `python -m training.export MODEL-ID`.

Opset 17, dynamic batch, input `input`, output `probabilities` (softmax, in the order of `LABELS`).
BatchNorm stays in the graph: to fold it is the business of whoever runs the model.
"""

import argparse
import warnings

import torch

from . import recipe as recipes
from .models import build
from .pixels import LABELS, cache

OPSET = 17


class WithSoftmax(torch.nn.Module):
    def __init__(self, network):
        super().__init__()
        self.network = network

    def forward(self, x):
        return self.network(x).softmax(1)


def load(model_id):
    """The averaged network of the best checkpoint, and that checkpoint's line of the history."""
    recipe = recipes.load(model_id)
    state = torch.load(cache() / "training" / model_id / "best.pt")
    network = build(recipe.model, len(LABELS), recipe.settings)
    network.load_state_dict(state["average"])
    return network.eval(), recipe, state["history"][-1]


def main():
    arguments = argparse.ArgumentParser(prog="python -m training.export", description=__doc__.split("\n")[0])
    arguments.add_argument("model")
    model_id = arguments.parse_args().model
    network, recipe, entry = load(model_id)
    contract = recipe.input
    channels = 1 if contract["channels"] == "grey" else 3
    example = torch.zeros(1, channels, contract["height"], contract["width"])
    path = recipes.ZOO / model_id / "model.onnx"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter by tracing is the one that makes opset 17 as it stands
        torch.onnx.export(
            WithSoftmax(network).eval(), (example,), path, opset_version=OPSET, dynamo=False,
            input_names=[contract["name"]], output_names=["probabilities"],
            dynamic_axes={contract["name"]: {0: "batch"}, "probabilities": {0: "batch"}},
            training=torch.onnx.TrainingMode.PRESERVE)
    print(f"{path}: {path.stat().st_size:,} bytes, from epoch {entry['epoch']} "
          f"(validation {entry['validation_accuracy']:.4f})")


if __name__ == "__main__":
    main()
