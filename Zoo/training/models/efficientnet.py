"""EfficientNet-B0 (Tan and Le 2019) for small faces: inverted residual blocks with depthwise convolutions,
squeeze-and-excitation and SiLU, with fewer early strides than the original, which expects 224x224; or, as
EfficientNet-Lite (Google 2020), without the squeezing, with ReLU6 and with TensorFlow's padding."""

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


class Convolution(nn.Conv2d):
    """On a processor PyTorch has no fast code for kernels nearly as large as the image that filter each
    channel alone (three times the time at 3x3); with the border in the image it has."""

    def forward(self, x):
        small = self.groups > 1 and max(x.shape[2:]) <= self.kernel_size[0]
        if self.training and small and not x.is_cuda and self.padding != (0, 0):
            rows, columns = self.padding
            return F.conv2d(F.pad(x, (columns, columns, rows, rows)), self.weight, self.bias, self.stride, 0,
                            self.dilation, self.groups)
        return super().forward(x)


def normed(channels, width, kernel, stride=1, groups=1, activation=nn.SiLU, lite=False):
    layers, padding = [], kernel // 2
    if lite and stride == 2:
        # TensorFlow pads an even side by one more at its end, and published weights expect that.
        layers, padding = [nn.ZeroPad2d(((kernel - 2) // 2, kernel // 2) * 2)], 0
    layers += [Convolution(channels, width, kernel, stride, padding, groups=groups, bias=False),
               nn.BatchNorm2d(width, eps=1e-3 if lite else 1e-5)]
    return nn.Sequential(*layers, *([activation(inplace=True)] if activation else []))


class MBConv(nn.Module):
    """Expands the channels, filters each, weighs them, and projects back. `drop`: how often a training image
    passes by on the shortcut only."""

    def __init__(self, channels, width, kernel, stride, expansion, drop, lite):
        super().__init__()
        hidden, activation = channels * expansion, nn.ReLU6 if lite else nn.SiLU
        layers = [normed(channels, hidden, 1, activation=activation, lite=lite)] if expansion != 1 else []
        layers += [normed(hidden, hidden, kernel, stride, hidden, activation, lite),
                   *([] if lite else [SqueezeExcitation(hidden, max(1, channels // 4))]),
                   normed(hidden, width, 1, activation=None, lite=lite)]
        self.block = nn.Sequential(*layers)
        self.shortcut = stride == 1 and channels == width
        self.drop = drop

    def forward(self, x):
        y = self.block(x)
        if not self.shortcut:
            return y
        if self.training and self.drop:
            kept = (torch.rand(len(x), 1, 1, 1, device=x.device) >= self.drop).to(y.dtype)
            y = y * kept / (1 - self.drop)
        return x + y


STAGES = (  # expansion, kernel, stride, channels, blocks
    (1, 3, 1, 16, 1), (6, 3, 1, 24, 2), (6, 5, 2, 40, 2), (6, 3, 2, 80, 3), (6, 5, 1, 112, 3),
    (6, 5, 2, 192, 4), (6, 3, 1, 320, 1))

LITE0 = tuple(stage if index != 1 else (6, 3, 2, 24, 2) for index, stage in enumerate(STAGES))
"""EfficientNet-Lite0 has every stride of the original."""


class EfficientNet(nn.Module):
    def __init__(self, classes, stages, stem, stem_stride, head, channels, dropout, drop, lite):
        super().__init__()
        activation = nn.ReLU6 if lite else nn.SiLU
        layers = [normed(channels, stem, 3, stem_stride, activation=activation, lite=lite)]
        total, index, before = sum(stage[4] for stage in stages), 0, stem
        for expansion, kernel, stride, width, count in stages:
            blocks = []
            for block in range(count):
                blocks.append(MBConv(before, width, kernel, stride if block == 0 else 1, expansion,
                                     drop * index / total, lite))
                before, index = width, index + 1
            layers.append(nn.Sequential(*blocks))
        layers.append(normed(before, head, 1, activation=activation, lite=lite))
        self.features = nn.Sequential(*layers)
        self.classifier = nn.Sequential(nn.Dropout(dropout), nn.Linear(head, classes))
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d):
                nn.init.kaiming_normal_(layer.weight, mode="fan_out")
                if layer.bias is not None:
                    nn.init.zeros_(layer.bias)

    def forward(self, x):
        return self.classifier(F.adaptive_avg_pool2d(self.features(x), 1).flatten(1))


def build(classes, stages=None, stem=32, stem_stride=2, head=1280, channels=1, dropout=0.2, drop=0.1, lite=False):
    """`stages`: (expansion, kernel, stride, channels, blocks) each. `head`: channels before the dense
    layer. `lite`: EfficientNet-Lite."""
    stages = stages or (LITE0 if lite else STAGES)
    return EfficientNet(classes, stages, stem, stem_stride, head, channels, dropout, drop, lite)
