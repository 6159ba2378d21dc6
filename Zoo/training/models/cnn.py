"""A plain convolutional network for small grey faces: groups of 3x3 convolutions, each group followed by
2x2 max pooling, then one hidden dense layer. BatchNorm and dropout can be left out."""

import torch.nn.functional as F
from torch import nn


class FlattenAt(nn.Module):
    """Flattens feature maps. Those of smaller images, as the first part of a training may have them, are
    brought to the side that the dense layer takes; of this nothing is exported."""

    def __init__(self, side):
        super().__init__()
        self.side = side

    def forward(self, x):
        if self.training and x.shape[-1] != self.side:
            x = F.interpolate(x, (self.side, self.side), mode="bilinear", align_corners=False)
        return x.flatten(1)


def build(classes, groups=((32,), (64,), (128,), (128,)), hidden=512, batch_norm=True,
          dropout=(0.0, 0.5), channels=1, side=48):
    """`groups`: output channels of the convolutions of each group. `dropout`: after the last pooling and
    before the output layer; 0 leaves it out."""
    layers = []
    for group in groups:
        for width in group:
            layers.append(nn.Conv2d(channels, width, 3, padding=1, bias=not batch_norm))
            if batch_norm:
                layers.append(nn.BatchNorm2d(width))
            layers.append(nn.ReLU(inplace=True))
            channels = width
        layers.append(nn.MaxPool2d(2))
        side //= 2
    layers.append(FlattenAt(side))
    if dropout[0]:
        layers.append(nn.Dropout(dropout[0]))
    layers += [nn.Linear(channels * side * side, hidden, bias=not batch_norm)]
    if batch_norm:
        layers.append(nn.BatchNorm1d(hidden))
    layers.append(nn.ReLU(inplace=True))
    if dropout[1]:
        layers.append(nn.Dropout(dropout[1]))
    layers.append(nn.Linear(hidden, classes))
    network = nn.Sequential(*layers)
    for layer in network:
        if isinstance(layer, (nn.Conv2d, nn.Linear)):
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
    nn.init.normal_(network[-1].weight, std=0.01)
    return network
