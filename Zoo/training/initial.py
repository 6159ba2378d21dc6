"""Starts a network from weights that somebody else trained: `--init FILE`."""

from pathlib import Path

import torch


def read(path):
    """A file's tensors by name: a state dict saved by torch (.pth, .pt), one inside a checkpoint under
    `state_dict`, `model` or `average`, or safetensors."""
    if Path(path).suffix == ".safetensors":
        from safetensors.torch import load_file
        return load_file(path)
    state = torch.load(path, map_location="cpu", weights_only=True)
    for key in ("state_dict", "model", "average"):
        if isinstance(state, dict) and isinstance(state.get(key), dict):
            state = state[key]
    tensors = {name.removeprefix("module."): value for name, value in state.items()
               if isinstance(value, torch.Tensor)} if isinstance(state, dict) else {}
    if not tensors:
        raise ValueError(f"{path} holds no tensors by name; save model.state_dict() to it")
    return tensors


def apply(network, path, log=print):
    """Copies every tensor of the file whose name and shape the network has; a first convolution for colour is
    summed for a grey network. Returns the names copied; what stays as it was built is logged."""
    tensors, own, taken = read(path), network.state_dict(), set()
    for name, value in own.items():
        given = tensors.get(name)
        if given is None:
            continue
        if given.ndim == 4 and given.shape[1] == 3 and value.shape[1:2] == (1,):
            given = given.sum(1, keepdim=True)
        if given.shape == value.shape:
            value.copy_(given)
            taken.add(name)
    if not taken:
        raise ValueError(f"{path}: none of its {len(tensors)} tensors has a name and a shape of this network, "
                         f"whose first is {next(iter(own))}; the file's first is {next(iter(tensors))}")
    log(f"{path}: {len(taken)} of {len(own)} tensors taken; trained from scratch: "
        + (", ".join(name for name in own if name not in taken) or "none"))
    return taken
