"""dlib's network for face recognition: ResNet-34 (He et al. 2015) with fewer blocks and half the channels, here
with a dense layer for classes. Where a stage begins, its shortcut is the mean of 2x2 places and a 1x1 convolution.
dlib's last block, a stage of its own, is left out: of a face of 96x96 it would leave one place.

What a stage halves gets a row and a column of zeros at its end where its sides are even, not one all round, so that
the published weights find each place where they found it before."""

import torch.nn.functional as F
from torch import nn

from .resnet import ResNet


class BasicBlock(nn.Module):
    """Two 3x3 convolutions beside a shortcut; a stride of 2 halves rows and columns."""

    def __init__(self, channels, width, stride):
        super().__init__()
        self.down = down = stride == 2
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


class FaceResNet(ResNet):
    def pool(self, x):
        return F.max_pool2d(x, 3, 2, ceil_mode=True)


def build(classes, widths=(32, 64, 128, 256), blocks=(3, 4, 3, 3), channels=1, dropout=0.2):
    """`widths`, `blocks`: one entry per stage; the standard values are dlib's."""
    stem = nn.Conv2d(channels, widths[0], 7, 2, 3, bias=False)
    return FaceResNet(classes, stem, BasicBlock, widths, blocks, (1, *[2] * (len(widths) - 1)), dropout)
