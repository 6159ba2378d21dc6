"""Augmentation of a whole batch at once, on tensors: values 0...1, N x C x H x W, on any device. The random
amounts come from that device's generator, so nothing has to be moved between devices."""

import torch
import torch.nn.functional as F


def uniform(x, low, high):
    """One amount for each image of `x`."""
    return torch.empty(len(x), device=x.device).uniform_(low, high)


def affine(x, degrees, shift, scale, side):
    """Flips half of the images, turns, moves (part of the side) and scales each by its own amount; the
    result has `side` rows and columns."""
    angle = torch.deg2rad(uniform(x, -degrees, degrees))
    zoom = 1 / uniform(x, 1 - scale, 1 + scale)
    flip = torch.where(uniform(x, 0, 1) < 0.5, -1.0, 1.0)
    cos, sin = torch.cos(angle) * zoom, torch.sin(angle) * zoom
    move_x, move_y = uniform(x, -2 * shift, 2 * shift), uniform(x, -2 * shift, 2 * shift)
    matrix = torch.stack([
        torch.stack([cos * flip, -sin, move_x], 1),
        torch.stack([sin * flip, cos, move_y], 1),
    ], 1)
    grid = F.affine_grid(matrix, [len(x), x.shape[1], side, side], align_corners=False)
    return F.grid_sample(x, grid, mode="bilinear", padding_mode="border", align_corners=False)


def light(x, brightness, contrast):
    """Brightness and contrast, about each image's own mean."""
    mean = x.mean((1, 2, 3), keepdim=True)
    factor = uniform(x, 1 - contrast, 1 + contrast).view(-1, 1, 1, 1)
    offset = uniform(x, -brightness, brightness).view(-1, 1, 1, 1)
    return ((x - mean) * factor + mean + offset).clamp_(0, 1)


def erase(x, probability, largest):
    """Fills one rectangle in some of the images with a grey of its own."""
    height, width = x.shape[2:]
    rows = torch.arange(height, device=x.device).view(1, -1, 1)
    columns = torch.arange(width, device=x.device).view(1, 1, -1)

    def inside(positions, side):
        extent = (uniform(x, 0.15, largest) * side).view(-1, 1, 1)
        start = uniform(x, 0, 1).view(-1, 1, 1) * (side - extent)
        return (positions >= start) & (positions < start + extent)

    mask = inside(rows, height) & inside(columns, width)
    mask &= (uniform(x, 0, 1) < probability).view(-1, 1, 1)
    return torch.where(mask.unsqueeze(1), uniform(x, 0, 1).view(-1, 1, 1, 1), x)


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


def mixup(x, targets, alpha):
    """Blends each image and its target (a row of label weights) with those of another one of the batch."""
    if alpha <= 0:
        return x, targets
    share = torch.distributions.Beta(*torch.full((2,), float(alpha), device=x.device)).sample((len(x),))
    share = torch.maximum(share, 1 - share)
    other = torch.randperm(len(x), device=x.device)
    weights = share.view(-1, 1, 1, 1)
    return (x * weights + x[other] * (1 - weights),
            targets * share[:, None] + targets[other] * (1 - share[:, None]))
