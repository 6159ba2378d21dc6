"""What an epoch consists of: images in random order, and a target for each, a row of label weights."""

import torch
import torch.nn.functional as F

from .pixels import LABELS


def one_hot(labels):
    return F.one_hot(torch.as_tensor(labels), len(LABELS)).float()


def balanced(labels, count):
    """Indices of `count` images of each class. A class with fewer is repeated, each image equally often as
    far as that goes; the images of a larger one are drawn anew at each call."""
    chosen = []
    for label in range(len(LABELS)):
        members = (labels == label).nonzero().squeeze(1)
        if len(members) == 0:
            continue
        rounds = -(-count // len(members))
        shuffled = [members[torch.randperm(len(members), device=labels.device)] for _ in range(rounds)]
        chosen.append(torch.cat(shuffled)[:count])
    return torch.cat(chosen)


class Sampler:
    """Batches of (images N x 48 x 48 uint8, targets N x classes) on `device`, where all images are kept.
    `soft`: a teacher's probabilities for the real training images, one row each."""

    def __init__(self, data, recipe, soft=None, device="cpu"):
        self.recipe, self.device = recipe, device
        self.images = torch.as_tensor(data.train.images).to(device)
        self.labels = torch.as_tensor(data.train.labels).to(device)
        self.targets = one_hot(self.labels)
        if soft is not None:
            self.targets.lerp_(torch.as_tensor(soft, dtype=torch.float32).to(device), recipe.teacher_share)
        self.drawn = torch.as_tensor(data.drawn_train.images).to(device)
        self.drawn_targets = one_hot(torch.as_tensor(data.drawn_train.labels).to(device))

    def __len__(self):
        """Batches in an epoch."""
        present = len(self.labels.unique())
        real = self.recipe.balance * present if self.recipe.balance else len(self.labels)
        return (real + min(self.recipe.drawn_per_epoch, len(self.drawn))) // self.recipe.batch

    def epoch(self):
        """Real images, all of them or a balanced choice, and some of the drawn faces."""
        chosen = torch.randperm(len(self.drawn), device=self.device)[:self.recipe.drawn_per_epoch]
        images, targets = self.images, self.targets
        if self.recipe.balance:
            real = balanced(self.labels, self.recipe.balance)
            images, targets = images[real], targets[real]
        images = torch.cat([images, self.drawn[chosen]])
        targets = torch.cat([targets, self.drawn_targets[chosen]])
        order = torch.randperm(len(images), device=self.device)
        # A last, smaller batch would only disturb the batch statistics.
        for start in range(0, len(order) - self.recipe.batch + 1, self.recipe.batch):
            picked = order[start:start + self.recipe.batch]
            yield images[picked], targets[picked]
