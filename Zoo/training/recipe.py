"""A recipe: `Zoo/<model-id>/recipe.json`. Everything that makes one model differ from another."""

import json
from dataclasses import dataclass, field

from .pixels import ROOT

ZOO = ROOT / "Zoo"


@dataclass
class Recipe:
    name: str
    description: str
    model: str
    """The module in `training/models/`."""
    settings: dict
    """What its `build` gets."""
    input: dict
    """The manifest's input block (Schemas/model.schema.json); training prepares images the same way."""
    epochs: int
    batch: int = 128
    optimizer: str = "sgd"
    learning_rate: float = 0.05
    weight_decay: float = 5e-4
    warmup: float = 0.15
    """Part of the steps in which the learning rate rises to `learning_rate`; then it falls to 0 (cosine)."""
    label_smoothing: float = 0.0
    mixup: float = 0.0
    average: float = 0.999
    """Decay of the running average of the weights, which is what is validated and exported."""
    clip: float = 0.0
    """Largest norm of the gradient; 0 means no limit."""
    drawn_per_epoch: int = 1000
    small_side: int = 0
    """Side of the images in the first part of the training, which is cheaper; 0 means full size always."""
    small_until: float = 0.0
    """Where that part ends, 0...1 of the training."""
    seed: int = 1
    augment: dict = field(default_factory=dict)
    notes: str = ""
    """Where the shipped model's training differed from what this file says."""


def load(model_id):
    return Recipe(**json.loads((ZOO / model_id / "recipe.json").read_text()))
