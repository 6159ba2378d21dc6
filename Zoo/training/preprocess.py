"""uint8 grey images to network input, as the manifest's input block describes it (on tensors)."""

import functools

import torch
import torch.nn.functional as F


@functools.cache
def constants(values, device):
    """One for each channel, on the device; made once, for a training asks for them in every step."""
    return torch.tensor(values, device=device).view(1, -1, 1, 1)


def to_unit(images):
    """uint8 N x H x W to float N x 1 x H x W, 0...1."""
    return torch.as_tensor(images).unsqueeze(1).float().mul_(1 / 255)


def normalise(x, contract, side=None):
    """`x`: 0...1, N x 1 x H x W. Resizes (to `side` squared instead of the contract's size, where given),
    repeats the grey channel where the network wants colour, and applies scale, mean and deviation, which
    the contract states for values 0...255."""
    size = (side, side) if side else (contract["height"], contract["width"])
    if tuple(x.shape[2:]) != size:
        kernel = contract["resize"]["kernel"]
        corners = {} if kernel == "nearest" else {
            "align_corners": False, "antialias": contract["resize"]["antialias"]}
        x = F.interpolate(x, size, mode=kernel, **corners)
    mean, deviation = (constants(tuple(contract[key]), x.device) for key in ("mean", "std"))
    if contract["channels"] != "grey":
        x = x.expand(-1, 3, -1, -1)
    return (x * (255 * contract["scale"]) - mean) / deviation
