"""dlib's network for face recognition: ResNet-34 (He et al. 2015) with fewer blocks and half the channels, here
with a dense layer for classes. Where a stage begins, its shortcut is the mean of 2x2 places and a 1x1 convolution.
dlib's last block, a stage of its own, is left out: of a face of 96x96 it would leave one place.

What a stage halves gets a row and a column of zeros at its end where its sides are even, not one all round, so that
the published weights find each place where they found it before."""

import torch
import torch.nn.functional as F
from torch import nn


class BasicBlock(nn.Module):
    """Two 3x3 convolutions beside a shortcut; `down` halves rows and columns."""

    def __init__(self, channels, width, down):
        super().__init__()
        self.down = down
        self.conv1 = nn.Conv2d(channels, width, 3, 2 if down else 1, 0 if down else 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.shortcut = nn.Conv2d(channels, width, 1, bias=False) if down else None

    def forward(self, x):
        y = x
        if self.down:
            y = F.pad(x, (0, 1 - x.shape[-1] % 2, 0, 1 - x.shape[-2] % 2))
            x = self.shortcut(F.avg_pool2d(x, 2))
        y = F.relu(self.bn1(self.conv1(y)), inplace=True)
        return F.relu(self.bn2(self.conv2(y)) + x, inplace=True)


class FaceResNet(nn.Module):
    def __init__(self, classes, widths, blocks, channels, dropout):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, widths[0], 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(widths[0])
        before = widths[0]
        for index, (width, count) in enumerate(zip(widths, blocks)):
            stage = []
            for block in range(count):
                stage.append(BasicBlock(before, width, index > 0 and block == 0))
                before = width
            self.add_module(f"layer{index + 1}", nn.Sequential(*stage))
        self.stages = len(widths)
        self.dropout = nn.Dropout(dropout)
        self.fc = nn.Linear(before, classes)
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d):
                nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)), inplace=True)
        x = F.max_pool2d(x, 3, 2, ceil_mode=True)
        for index in range(self.stages):
            x = getattr(self, f"layer{index + 1}")(x)
        return self.fc(self.dropout(x.mean((2, 3))))


def build(classes, widths=(32, 64, 128, 256), blocks=(3, 4, 3, 3), channels=1, dropout=0.2):
    """`widths`, `blocks`: one entry per stage; the standard values are dlib's."""
    return FaceResNet(classes, widths, blocks, channels, dropout)
