"""VGG-16 (Simonyan and Zisserman 2014) for small faces: its 13 convolutions of 3x3 in five groups, BatchNorm
behind each, and in place of the three dense layers one on the mean of all places."""

from torch import nn

GROUPS = ((64, 64), (128, 128), (256, 256, 256), (512, 512, 512), (512, 512, 512))


class VGG(nn.Module):
    def __init__(self, classes, groups, channels, dropout):
        super().__init__()
        layers = []
        for group in groups:
            for width in group:
                layers += [nn.Conv2d(channels, width, 3, padding=1, bias=False), nn.BatchNorm2d(width),
                           nn.ReLU(inplace=True)]
                channels = width
            layers.append(nn.MaxPool2d(2))
        self.features = nn.Sequential(*layers)
        self.classifier = nn.Sequential(nn.Dropout(dropout), nn.Linear(channels, classes))
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d):
                nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")

    def forward(self, x):
        return self.classifier(self.features(x).mean((2, 3)))


def build(classes, width=1.0, channels=1, dropout=0.3):
    """`width` multiplies every group's channels."""
    groups = [[round(width * value) for value in group] for group in GROUPS]
    return VGG(classes, groups, channels, dropout)
