"""The training loop: resumable after every epoch, limited by epochs and, if wanted, by minutes."""

import copy
import json
import math
import time

import torch
import torch.nn.functional as F

from . import initial
from .augment import augment, mixup
from .models import build
from .pixels import LABELS
from .preprocess import normalise, to_unit
from .sampling import Sampler

EVALUATION_BATCH = 512

LONGEST_STEP = 20.0
"""Seconds that one step may count: one that took longer was held up, and the schedule should not end for
that."""


def optimizer(network, recipe):
    """Weight decay acts on weights only, not on biases and normalisation."""
    decay = [p for p in network.parameters() if p.ndim > 1]
    rest = [p for p in network.parameters() if p.ndim <= 1]
    groups = [{"params": decay, "weight_decay": recipe.weight_decay}, {"params": rest, "weight_decay": 0.0}]
    if recipe.optimizer == "adamw":
        return torch.optim.AdamW(groups, lr=recipe.learning_rate)
    return torch.optim.SGD(groups, lr=recipe.learning_rate, momentum=0.9, nesterov=True)


def learning_rate(recipe, progress):
    """`progress`: the part of the training that is done, 0...1."""
    if progress < recipe.warmup:
        return recipe.learning_rate * max(progress / recipe.warmup, 0.02)
    rest = (progress - recipe.warmup) / (1 - recipe.warmup)
    return recipe.learning_rate * (0.5 + 0.5 * math.cos(math.pi * min(rest, 1)))


@torch.no_grad()
def evaluate(network, part, contract):
    """(accuracy, mean cross entropy) on images as they are."""
    network.eval()
    device = next(network.parameters()).device
    right, loss = 0, 0.0
    for start in range(0, len(part), EVALUATION_BATCH):
        labels = torch.as_tensor(part.labels[start:start + EVALUATION_BATCH]).to(device)
        images = torch.as_tensor(part.images[start:start + EVALUATION_BATCH]).to(device)
        logits = network(normalise(to_unit(images), contract)).float()
        right += (logits.argmax(1) == labels).sum().item()
        loss += F.cross_entropy(logits, labels, reduction="sum").item()
    return right / len(part), loss / len(part)


class Training:
    """Networks, optimiser and counters of one model; `folder` gets its checkpoints. `soft`: a teacher's
    probabilities, a row for each real training image. `init`: a file of weights to start from."""

    def __init__(self, recipe, data, folder, soft=None, init=None, device="cpu", log=print):
        torch.manual_seed(recipe.seed)
        self.recipe, self.data, self.folder, self.device = recipe, data, folder, torch.device(device)
        self.sampler = Sampler(data, recipe, soft, self.device)
        network = build(recipe.model, len(LABELS), recipe.settings)
        self.given = initial.apply(network, init, log, recipe.init_under) if init else set()
        self.network = network.to(self.device, memory_format=torch.channels_last)
        self.average = copy.deepcopy(self.network).requires_grad_(False)
        self.tensors = list(zip(self.network.state_dict().values(), self.average.state_dict().values()))
        self.optimizer = optimizer(self.network, recipe)
        self.epoch, self.step, self.seconds, self.best, self.history = 0, 0, 0.0, -1.0, []
        self.chosen, self.held = None, None
        folder.mkdir(parents=True, exist_ok=True)
        if self.device.type == "cuda":
            torch.backends.cudnn.benchmark = True

    def state(self):
        random = [torch.get_rng_state()]
        if self.device.type == "cuda":
            random += torch.cuda.get_rng_state_all()
        return {"network": self.network.state_dict(), "average": self.average.state_dict(),
                "optimizer": self.optimizer.state_dict(), "epoch": self.epoch, "step": self.step,
                "seconds": self.seconds, "best": self.best, "history": self.history,
                "given": sorted(self.given), "random": random}

    def resume(self):
        path = self.folder / "last.pt"
        if not path.exists():
            return
        state = torch.load(path, map_location="cpu")
        self.network.load_state_dict(state["network"])
        self.average.load_state_dict(state["average"])
        self.optimizer.load_state_dict(state["optimizer"])
        random = state["random"] if isinstance(state["random"], list) else [state["random"]]
        torch.set_rng_state(random[0])
        if self.device.type == "cuda" and len(random) > 1:
            torch.cuda.set_rng_state_all(random[1:])
        for name in ("epoch", "step", "seconds", "best", "history"):
            setattr(self, name, state[name])
        self.given = set(state.get("given", ()))

    def save(self, name, state):
        temporary = self.folder / (name + ".part")
        torch.save(state, temporary)
        temporary.replace(self.folder / name)

    def checkpoint(self):
        """`last.pt` to go on from, `best.pt` with the averaged weights that were the best so far."""
        if self.chosen:
            self.save("best.pt", self.chosen)
            self.chosen = None
        self.save("last.pt", self.state())
        (self.folder / "history.json").write_text(json.dumps(self.history, indent=1) + "\n")

    def update_average(self):
        decay = min(self.recipe.average, (1 + self.step) / (10 + self.step))
        real = [(new, old) for new, old in self.tensors if old.dtype.is_floating_point]
        torch._foreach_lerp_([old for _, old in real], [new for new, _ in real], 1 - decay)
        for new, old in self.tensors:
            if not old.dtype.is_floating_point:
                old.copy_(new)

    def freeze(self, progress):
        """In the first part of a training from given weights only the others learn; a given BatchNorm keeps its
        statistics as well."""
        held = self.given
        if progress >= self.recipe.frozen:
            held = {name for name in self.given if name.startswith(tuple(self.recipe.fixed))}
        if self.held == (len(held), self.epoch):
            return  # as it was in this epoch's last step
        self.held = (len(held), self.epoch)
        for name, parameter in self.network.named_parameters():
            parameter.requires_grad_(name not in held)
        for name, module in self.network.named_modules():
            if isinstance(module, torch.nn.BatchNorm2d):
                module.train(f"{name}.weight" not in held)

    def train_batch(self, images, targets, progress):
        recipe = self.recipe
        if self.given:
            self.freeze(progress)
        side = recipe.small_side if progress < recipe.small_until else None
        x = augment(to_unit(images), recipe.augment, side or images.shape[-1])
        x, targets = mixup(normalise(x, recipe.input, side), targets, recipe.mixup)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.device.type == "cuda"):
            logits = self.network(x)
        loss = F.cross_entropy(logits.float(), targets, label_smoothing=recipe.label_smoothing)
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate(recipe, progress)
        self.optimizer.zero_grad()
        loss.backward()
        if recipe.clip:
            torch.nn.utils.clip_grad_norm_(self.network.parameters(), recipe.clip)
        self.optimizer.step()
        self.step += 1
        self.update_average()
        return loss.detach()

    def progress(self, minutes):
        """By steps, or by the clock where that is further: a limit shortens the schedule, it does not cut
        it."""
        by_clock = self.seconds / (60 * minutes) if minutes else 0
        return min(max(self.step / (len(self.sampler) * self.recipe.epochs), by_clock), 1)

    def run(self, minutes=None, log=print, checkpoint_seconds=0.0):
        """Trains to the end of the schedule, or of `minutes`. Checkpoints are written after an epoch, where
        `checkpoint_seconds` have passed since the last ones, and at the end."""
        written = time.monotonic()
        while self.epoch < self.recipe.epochs and self.progress(minutes) < 1:
            self.network.train()
            total, count, began = 0, 0, time.monotonic()
            for images, targets in self.sampler.epoch():
                total += self.train_batch(images, targets, self.progress(minutes))
                count += 1
                now = time.monotonic()
                self.seconds += min(now - began, LONGEST_STEP)
                began = now
                if self.progress(minutes) >= 1:
                    break
            self.epoch += 1
            accuracy, loss = evaluate(self.average, self.data.validation, self.recipe.input)
            drawn, _ = evaluate(self.average, self.data.drawn_validation, self.recipe.input)
            entry = {"epoch": self.epoch, "minutes": round(self.seconds / 60, 2),
                     "train_loss": round(float(total) / count, 4), "validation_loss": round(loss, 4),
                     "validation_accuracy": round(accuracy, 4), "drawn_accuracy": round(drawn, 4)}
            self.history.append(entry)
            log(json.dumps(entry))
            if accuracy > self.best:
                self.best = accuracy
                self.chosen = {"average": {name: value.clone() for name, value in self.average.state_dict().items()},
                               "epoch": self.epoch, "history": list(self.history)}
            if time.monotonic() - written >= checkpoint_seconds:
                self.checkpoint()
                written = time.monotonic()
        self.checkpoint()
