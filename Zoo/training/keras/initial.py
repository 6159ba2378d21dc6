"""Starts a Keras network from a PyTorch network of the zoo (the recipe's `init`, a `model.onnx` written by
tracing), whose groups of convolutions are the same or shorter. A group's further convolutions begin as the
identity, which leaves what the network computes (Net2DeeperNet; Chen, Goodfellow, Shlens 2016); further ones of
the file are left out. Dense layers are not taken."""

import numpy as np
import onnx
from keras import layers
from onnx import numpy_helper


def read(path):
    """The groups of convolutions in the file: for each a list of (weights of the convolution, of its
    BatchNorm), as Keras orders them. A pooling ends a group."""
    graph = onnx.load(path).graph
    stored = {tensor.name: numpy_helper.to_array(tensor).astype(np.float32) for tensor in graph.initializer}
    groups = [[]]
    for node in graph.node:
        values = [stored[name] for name in node.input[1:] if name in stored]
        if node.op_type == "Conv":
            groups[-1].append(([values[0].transpose(2, 3, 1, 0), *values[1:]], []))
        elif node.op_type == "BatchNormalization" and groups[-1]:
            groups[-1][-1][1].extend(values)
        elif node.op_type == "MaxPool":
            groups.append([])
    return [group for group in groups if group]


def blocks(model):
    """The same groups of a Keras model: lists of (convolution, its BatchNormalization or None)."""
    groups = [[]]
    for layer in model.layers:
        if isinstance(layer, layers.Conv2D):
            groups[-1].append([layer, None])
        elif isinstance(layer, layers.BatchNormalization) and groups[-1]:
            groups[-1][-1][1] = layer
        elif isinstance(layer, layers.MaxPooling2D):
            groups.append([])
    return [group for group in groups if group]


def identity(convolution, norm):
    """Makes a convolution with as many channels out as in, behind a ReLU, and its BatchNorm give back their
    input."""
    kernel, *bias = (np.zeros_like(value) for value in convolution.get_weights())
    middle = kernel.shape[0] // 2
    kernel[middle, middle] = np.eye(kernel.shape[2])
    convolution.set_weights([kernel, *bias])
    if norm:
        zero = np.zeros(kernel.shape[2], np.float32)
        norm.set_weights([zero + 1, zero, zero, zero + 1 - norm.epsilon])


def apply(model, path, log=print):
    """Returns the layers that got weights. Raises ValueError where the groups do not fit."""
    given, own, taken = read(path), blocks(model), []
    for number, group in enumerate(own):
        for index, (convolution, norm) in enumerate(group):
            if number < len(given) and index < len(given[number]):
                weights, statistics = given[number][index]
                shapes = [value.shape for value in weights], [value.shape for value in convolution.get_weights()]
                if shapes[0] != shapes[1] or bool(norm) != bool(statistics):
                    raise ValueError(f"{path}: group {number}, convolution {index} has weights {shapes[0]}, "
                                     f"this network {shapes[1]}, or one has BatchNorm and the other has not")
                convolution.set_weights(weights)
                if norm:
                    scale, shift, mean, variance = statistics
                    norm.set_weights([scale, shift, mean, np.maximum(variance + 1e-5 - norm.epsilon, 0)])
            elif number < len(given) and index > 0:
                identity(convolution, norm)
            else:
                continue
            taken += [convolution, norm] if norm else [convolution]
    log(f"{path}: {len(taken)} layers begin with its weights or as the identity")
    return taken
