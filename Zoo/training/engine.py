"""The training loop: resumable after every epoch, limited by epochs and, if wanted, by minutes."""

import copy
import json
import math
import time

import torch
import torch.nn.functional as F

from .augment import augment, mixup
from .models import build
from .pixels import LABELS
from .preprocess import normalise, to_unit

EVALUATION_BATCH = 512


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
    right, loss = 0, 0.0
    for start in range(0, len(part), EVALUATION_BATCH):
        labels = torch.as_tensor(part.labels[start:start + EVALUATION_BATCH])
        logits = network(normalise(to_unit(part.images[start:start + EVALUATION_BATCH]), contract))
        right += (logits.argmax(1) == labels).sum().item()
        loss += F.cross_entropy(logits, labels, reduction="sum").item()
    return right / len(part), loss / len(part)


class Training:
    """Networks, optimiser and counters of one model; `folder` gets its checkpoints."""

    def __init__(self, recipe, data, folder):
        torch.manual_seed(recipe.seed)
        self.recipe, self.data, self.folder = recipe, data, folder
        self.network = build(recipe.model, len(LABELS), recipe.settings).to(memory_format=torch.channels_last)
        self.average = copy.deepcopy(self.network).requires_grad_(False)
        self.optimizer = optimizer(self.network, recipe)
        self.epoch, self.step, self.seconds, self.best, self.history = 0, 0, 0.0, -1.0, []
        folder.mkdir(parents=True, exist_ok=True)

    def state(self):
        return {"network": self.network.state_dict(), "average": self.average.state_dict(),
                "optimizer": self.optimizer.state_dict(), "epoch": self.epoch, "step": self.step,
                "seconds": self.seconds, "best": self.best, "history": self.history,
                "random": torch.get_rng_state()}

    def resume(self):
        path = self.folder / "last.pt"
        if not path.exists():
            return
        state = torch.load(path)
        self.network.load_state_dict(state["network"])
        self.average.load_state_dict(state["average"])
        self.optimizer.load_state_dict(state["optimizer"])
        torch.set_rng_state(state["random"])
        for name in ("epoch", "step", "seconds", "best", "history"):
            setattr(self, name, state[name])

    def save(self, name):
        temporary = self.folder / (name + ".part")
        torch.save(self.state(), temporary)
        temporary.replace(self.folder / name)

    def batches(self):
        """One epoch's images in random order: all of FER2013's part and some of the drawn faces."""
        faces, drawn = self.data.train, self.data.drawn_train
        chosen = torch.randperm(len(drawn))[:self.recipe.drawn_per_epoch]
        images = torch.cat([torch.as_tensor(faces.images), torch.as_tensor(drawn.images)[chosen]])
        labels = torch.cat([torch.as_tensor(faces.labels), torch.as_tensor(drawn.labels)[chosen]])
        order = torch.randperm(len(images))
        # A last, smaller batch would only disturb the batch statistics.
        for start in range(0, len(order) - self.recipe.batch + 1, self.recipe.batch):
            picked = order[start:start + self.recipe.batch]
            yield images[picked], labels[picked]

    def update_average(self):
        decay = min(self.recipe.average, (1 + self.step) / (10 + self.step))
        new, old = self.network.state_dict(), self.average.state_dict()
        for name, value in old.items():
            if value.dtype.is_floating_point:
                value.lerp_(new[name], 1 - decay)
            else:
                value.copy_(new[name])

    def train_batch(self, images, labels, progress):
        recipe = self.recipe
        side = recipe.small_side if progress < recipe.small_until else None
        x = augment(to_unit(images), recipe.augment, side or images.shape[-1])
        x, target = mixup(normalise(x, recipe.input, side), labels, len(LABELS), recipe.mixup)
        loss = F.cross_entropy(self.network(x), target, label_smoothing=recipe.label_smoothing)
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate(recipe, progress)
        self.optimizer.zero_grad()
        loss.backward()
        if recipe.clip:
            torch.nn.utils.clip_grad_norm_(self.network.parameters(), recipe.clip)
        self.optimizer.step()
        self.step += 1
        self.update_average()
        return loss.item()

    def progress(self, minutes):
        """By steps, or by the clock where that is further: a limit shortens the schedule, it does not cut it."""
        steps = (len(self.data.train) + self.recipe.drawn_per_epoch) // self.recipe.batch * self.recipe.epochs
        by_clock = self.seconds / (60 * minutes) if minutes else 0
        return min(max(self.step / steps, by_clock), 1)

    def run(self, minutes=None, log=print):
        while self.epoch < self.recipe.epochs and self.progress(minutes) < 1:
            self.network.train()
            total, count, began = 0.0, 0, time.monotonic()
            for images, labels in self.batches():
                total += self.train_batch(images, labels, self.progress(minutes))
                count += 1
                now = time.monotonic()
                self.seconds += now - began
                began = now
                if self.progress(minutes) >= 1:
                    break
            self.epoch += 1
            accuracy, loss = evaluate(self.average, self.data.validation, self.recipe.input)
            drawn, _ = evaluate(self.average, self.data.drawn_validation, self.recipe.input)
            entry = {"epoch": self.epoch, "minutes": round(self.seconds / 60, 2),
                     "train_loss": round(total / count, 4), "validation_loss": round(loss, 4),
                     "validation_accuracy": round(accuracy, 4), "drawn_accuracy": round(drawn, 4)}
            self.history.append(entry)
            log(json.dumps(entry))
            if accuracy > self.best:
                self.best = accuracy
                self.save("best.pt")
            self.save("last.pt")
            (self.folder / "history.json").write_text(json.dumps(self.history, indent=1) + "\n")
