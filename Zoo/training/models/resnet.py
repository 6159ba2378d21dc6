"""A residual network for small faces: a 3x3 stem, then stages of basic blocks (He et al. 2015), each stage
with half the rows and columns of the one before and more channels, and a dense layer on the mean of all
places."""

import torch.nn.functional as F
from torch import nn


class BasicBlock(nn.Module):
    """Two 3x3 convolutions beside a shortcut, which is a 1x1 convolution where the shape changes."""

    def __init__(self, channels, width, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, width, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.downsample = None
        if stride != 1 or channels != width:
            self.downsample = nn.Sequential(
                nn.Conv2d(channels, width, 1, stride, bias=False), nn.BatchNorm2d(width))

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)), inplace=True)))
        return F.relu(y + (x if self.downsample is None else self.downsample(x)), inplace=True)


class ResNet(nn.Module):
    """`stem`: the first convolution. `block`: makes a block of (channels before, channels, stride)."""

    def __init__(self, classes, stem, block, widths, blocks, strides, dropout):
        super().__init__()
        self.conv1 = stem
        self.bn1 = nn.BatchNorm2d(stem.out_channels)
        before = stem.out_channels
        for index, (width, count, stride) in enumerate(zip(widths, blocks, strides)):
            stage = []
            for number in range(count):
                stage.append(block(before, width, stride if number == 0 else 1))
                before = width
            self.add_module(f"layer{index + 1}", nn.Sequential(*stage))
        self.stages = len(widths)
        self.dropout = nn.Dropout(dropout)
        self.fc = nn.Linear(before, classes)
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d):
                nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")

    def pool(self, x):
        """What lies between the stem and the first stage: here nothing."""
        return x

    def forward(self, x):
        x = self.pool(F.relu(self.bn1(self.conv1(x)), inplace=True))
        for index in range(self.stages):
            x = getattr(self, f"layer{index + 1}")(x)
        return self.fc(self.dropout(x.mean((2, 3))))


def build(classes, stem=64, widths=(64, 128, 256, 512), blocks=(2, 2, 2, 2), strides=(1, 2, 2, 2), channels=1,
          dropout=0.0):
    """`stem`: its channels. `widths`, `blocks`, `strides`: one entry per stage. The standard values are
    ResNet-18's without the stem's large kernel and pooling, which would leave too little of a 48x48 image."""
    first = nn.Conv2d(channels, stem, 3, 1, 1, bias=False)
    return ResNet(classes, first, BasicBlock, widths, blocks, strides, dropout)
