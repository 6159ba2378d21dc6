"""Augmentation of a whole batch at once, on tensors: values 0...1, N x C x H x W."""

import torch
import torch.nn.functional as F


def uniform(n, low, high):
    return torch.empty(n).uniform_(low, high)


def affine(x, degrees, shift, scale, side):
    """Flips half of the images, turns, moves (part of the side) and scales each by its own amount; the
    result has `side` rows and columns."""
    n = len(x)
    angle = torch.deg2rad(uniform(n, -degrees, degrees))
    zoom = 1 / uniform(n, 1 - scale, 1 + scale)
    flip = torch.where(torch.rand(n) < 0.5, -1.0, 1.0)
    cos, sin = torch.cos(angle) * zoom, torch.sin(angle) * zoom
    move_x, move_y = uniform(n, -2 * shift, 2 * shift), uniform(n, -2 * shift, 2 * shift)
    matrix = torch.stack([
        torch.stack([cos * flip, -sin, move_x], 1),
        torch.stack([sin * flip, cos, move_y], 1),
    ], 1)
    grid = F.affine_grid(matrix, [n, x.shape[1], side, side], align_corners=False)
    return F.grid_sample(x, grid, mode="bilinear", padding_mode="border", align_corners=False)


def light(x, brightness, contrast):
    """Brightness and contrast, about each image's own mean."""
    n = len(x)
    mean = x.mean((1, 2, 3), keepdim=True)
    factor = uniform(n, 1 - contrast, 1 + contrast).view(n, 1, 1, 1)
    offset = uniform(n, -brightness, brightness).view(n, 1, 1, 1)
    return ((x - mean) * factor + mean + offset).clamp_(0, 1)


def erase(x, probability, largest):
    """Fills one rectangle in some of the images with a grey of its own."""
    n, _, height, width = x.shape
    rows, columns = torch.arange(height).view(1, -1, 1), torch.arange(width).view(1, 1, -1)

    def inside(positions, side):
        extent = (uniform(n, 0.15, largest) * side).view(n, 1, 1)
        start = torch.rand(n).view(n, 1, 1) * (side - extent)
        return (positions >= start) & (positions < start + extent)

    mask = inside(rows, height) & inside(columns, width)
    mask &= (torch.rand(n) < probability).view(n, 1, 1)
    return torch.where(mask.unsqueeze(1), torch.rand(n).view(n, 1, 1, 1), x)


def augment(x, settings, side):
    """`settings` is the recipe's `augment` object; an absent key leaves its step out. The result has `side`
    rows and columns."""
    if "affine" in settings:
        x = affine(x, **settings["affine"], side=side)
    elif x.shape[-1] != side:
        x = F.interpolate(x, (side, side), mode="bilinear", antialias=True)
    if "light" in settings:
        x = light(x, **settings["light"])
    if "erase" in settings:
        x = erase(x, **settings["erase"])
    return x


def mixup(x, labels, classes, alpha):
    """Blends each image and its label with another one of the batch; returns soft labels."""
    target = F.one_hot(labels, classes).to(x.dtype)
    if alpha <= 0:
        return x, target
    share = torch.distributions.Beta(alpha, alpha).sample((len(x),))
    share = torch.maximum(share, 1 - share)
    other = torch.randperm(len(x))
    weights = share.view(-1, 1, 1, 1)
    return x * weights + x[other] * (1 - weights), target * share[:, None] + target[other] * (1 - share[:, None])
