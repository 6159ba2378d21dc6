"""EfficientNet-B0 (Tan and Le 2019) for small faces: inverted residual blocks with depthwise convolutions,
squeeze-and-excitation and SiLU, with fewer early strides than the original, which expects 224x224."""

import torch
import torch.nn.functional as F
from torch import nn


class SqueezeExcitation(nn.Module):
    """Weighs each channel by what all channels hold on average."""

    def __init__(self, channels, squeezed):
        super().__init__()
        self.fc1 = nn.Conv2d(channels, squeezed, 1)
        self.fc2 = nn.Conv2d(squeezed, channels, 1)

    def forward(self, x):
        weights = self.fc2(F.silu(self.fc1(F.adaptive_avg_pool2d(x, 1))))
        return x * torch.sigmoid(weights)


def normed(channels, width, kernel, stride=1, groups=1, activation=True):
    layers = [nn.Conv2d(channels, width, kernel, stride, kernel // 2, groups=groups, bias=False),
              nn.BatchNorm2d(width)]
    return nn.Sequential(*layers, *([nn.SiLU(inplace=True)] if activation else []))


class MBConv(nn.Module):
    """Expands the channels, filters each, weighs them, and projects back. `drop`: how often a training image
    passes by on the shortcut only."""

    def __init__(self, channels, width, kernel, stride, expansion, drop):
        super().__init__()
        hidden = channels * expansion
        layers = [normed(channels, hidden, 1)] if expansion != 1 else []
        layers += [normed(hidden, hidden, kernel, stride, groups=hidden),
                   SqueezeExcitation(hidden, max(1, channels // 4)),
                   normed(hidden, width, 1, activation=False)]
        self.block = nn.Sequential(*layers)
        self.shortcut = stride == 1 and channels == width
        self.drop = drop

    def forward(self, x):
        y = self.block(x)
        if not self.shortcut:
            return y
        if self.training and self.drop:
            kept = (torch.rand(len(x), 1, 1, 1) >= self.drop).to(y.dtype)
            y = y * kept / (1 - self.drop)
        return x + y


STAGES = (  # expansion, kernel, stride, channels, blocks
    (1, 3, 1, 16, 1), (6, 3, 1, 24, 2), (6, 5, 2, 40, 2), (6, 3, 2, 80, 3), (6, 5, 1, 112, 3),
    (6, 5, 2, 192, 4), (6, 3, 1, 320, 1))


class EfficientNet(nn.Module):
    def __init__(self, classes, stages, stem, stem_stride, head, channels, dropout, drop):
        super().__init__()
        layers = [normed(channels, stem, 3, stem_stride)]
        total, index, before = sum(stage[4] for stage in stages), 0, stem
        for expansion, kernel, stride, width, count in stages:
            blocks = []
            for block in range(count):
                blocks.append(MBConv(before, width, kernel, stride if block == 0 else 1, expansion,
                                     drop * index / total))
                before, index = width, index + 1
            layers.append(nn.Sequential(*blocks))
        layers.append(normed(before, head, 1))
        self.features = nn.Sequential(*layers)
        self.classifier = nn.Sequential(nn.Dropout(dropout), nn.Linear(head, classes))
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d):
                nn.init.kaiming_normal_(layer.weight, mode="fan_out")
                if layer.bias is not None:
                    nn.init.zeros_(layer.bias)

    def forward(self, x):
        return self.classifier(F.adaptive_avg_pool2d(self.features(x), 1).flatten(1))


def build(classes, stages=STAGES, stem=32, stem_stride=2, head=1280, channels=1, dropout=0.2, drop=0.1):
    """`stages`: (expansion, kernel, stride, channels, blocks) each. `head`: channels before the dense
    layer."""
    return EfficientNet(classes, stages, stem, stem_stride, head, channels, dropout, drop)
