"""Starts a network from weights that somebody else trained: `--init FILE`."""

from pathlib import Path

import torch


def read(path):
    """A file's tensors by name: a state dict saved by torch (.pth, .pt), one inside a checkpoint under
    `state_dict`, `model` or `average`, safetensors, or a model that `training.export` wrote by tracing
    (.onnx)."""
    if Path(path).suffix == ".safetensors":
        from safetensors.torch import load_file
        return load_file(path)
    if Path(path).suffix == ".onnx":
        return read_onnx(path)
    state = torch.load(path, map_location="cpu", weights_only=True)
    for key in ("state_dict", "model", "average"):
        if isinstance(state, dict) and isinstance(state.get(key), dict):
            state = state[key]
    tensors = {name.removeprefix("module."): value for name, value in state.items()
               if isinstance(value, torch.Tensor)} if isinstance(state, dict) else {}
    if not tensors:
        raise ValueError(f"{path} holds no tensors by name; save model.state_dict() to it")
    return tensors


def read_onnx(path):
    """The weights of an ONNX file under the names that the network had before it was exported. The exporter
    transposes a dense layer without bias and names only its node after it: /network/network.24/MatMul. Of
    equal tensors, as the biases of two BatchNorms whose results are added always are, it keeps one and gives
    the others by Identity."""
    import onnx
    graph = onnx.load(path).graph
    stored = {tensor.name.removesuffix(".half"): torch.tensor(onnx.numpy_helper.to_array(tensor)).float()
              for tensor in graph.initializer}
    stored |= {node.output[0]: stored[node.input[0]] for node in graph.node
               if node.op_type == "Identity" and node.input[0] in stored}
    tensors = {name.removeprefix("network."): value for name, value in stored.items()}
    for node in graph.node:
        if node.op_type == "MatMul" and node.input[1] in stored:
            layer = node.name.split("/")[-2].removeprefix("network.")
            tensors[f"{layer}.weight"] = stored[node.input[1]].T
    return tensors


def biases(path):
    """The biases of an ONNX file's convolutions, by the names that those had before the model was exported."""
    import onnx
    graph = onnx.load(path).graph
    stored = {tensor.name: tensor for tensor in graph.initializer}
    return {node.input[1].removeprefix("network.").removesuffix(".weight"):
            torch.tensor(onnx.numpy_helper.to_array(stored[node.input[2]])).float()
            for node in graph.node if node.op_type == "Conv" and len(node.input) > 2 and node.input[2] in stored}


def apply(network, path, log=print, under=""):
    """Copies every tensor of the file whose name, behind `under`, and shape the network has; a first
    convolution for colour is summed for a grey network. Returns the names copied; what stays as it was built is logged."""
    tensors = {under + name: value for name, value in read(path).items()}
    own, taken = network.state_dict(), set()
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
        raise ValueError(f"{path}: none of its {len(tensors)} tensors has name and shape of this network; "
                         f"the first here is {next(iter(own))}, in the file {next(iter(tensors))}")
    log(f"{path}: {len(taken)} of {len(own)} tensors taken; trained from scratch: "
        + (", ".join(name for name in own if name not in taken and not name.endswith("num_batches_tracked"))
           or "none"))
    return taken
