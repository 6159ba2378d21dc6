"""A recipe: `Zoo/<model-id>/recipe.json`. Everything that makes one model differ from another."""

import json
from dataclasses import dataclass, field, replace

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
    balance: int = 0
    """Real images of each class in an epoch, drawn anew, rare classes several times; 0 takes every image
    once."""
    teacher: list = field(default_factory=list)
    """Models of the zoo whose mean probabilities for a training image become a part of its target;
    `checkpoint:MODEL-ID` stands for the best checkpoint of one that was trained here."""
    teacher_share: float = 0.5
    """That part, 0...1; the rest is the label."""
    init: str = ""
    """Weights to start from, a path in Zoo/; `--init FILE` replaces it."""
    init_under: str = ""
    """Put before the names in that file: the part of the network (with a dot behind) that they are for."""
    frozen: float = 0.0
    """With `init`: the part of the training in which only what the file did not give is trained."""
    fixed: list = field(default_factory=list)
    """With `init`: beginnings of names of parameters that stay as the file gave them to the end."""
    small_side: int = 0
    """Side of the images in the first part of the training, which is cheaper; 0 means full size always."""
    small_until: float = 0.0
    """Where that part ends, 0...1 of the training."""
    seed: int = 1
    augment: dict = field(default_factory=dict)
    exporter: str = "trace"
    """`trace` (TorchScript) or `dynamo` (torch.export)."""
    float16: bool = False
    """Whether the file holds its weights as float16, each behind a Cast to float32."""
    notes: str = ""
    """Where the shipped model's training differed from what this file says."""

    def coloured(self, channels):
        """The same recipe for images of `channels` (grey or rgb); all channels get one mean and deviation."""
        count = 3 if channels == "rgb" else 1
        block = {**self.input, "channels": channels, "mean": self.input["mean"][:1] * count,
                 "std": self.input["std"][:1] * count}
        return replace(self, input=block, settings={**self.settings, "channels": count})


def load(model_id):
    path = ZOO / model_id / "recipe.json"
    if not path.is_file():
        known = sorted(p.parent.name for p in ZOO.glob("*/recipe.json"))
        raise SystemExit(f"{path} is absent; there are recipes for {', '.join(known)}")
    return Recipe(**json.loads(path.read_text()))
