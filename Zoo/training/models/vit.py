"""A small vision transformer (Dosovitskiy et al. 2020) for small faces: overlapping 3x3 convolutions in place
of one large patch projection (Xiao et al. 2021) or the first groups of a CNN (the hybrid of Dosovitskiy et
al.), a class token, learned positions, pre-norm encoder
layers."""

import torch
import torch.nn.functional as F
from torch import nn


class Attention(nn.Module):
    def __init__(self, dim, heads):
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(dim, 3 * dim)
        self.proj = nn.Linear(dim, dim)

    def forward(self, x):
        n, tokens, dim = x.shape
        q, k, v = self.qkv(x).reshape(n, tokens, 3, self.heads, dim // self.heads).permute(2, 0, 3, 1, 4)
        y = F.scaled_dot_product_attention(q, k, v)
        return self.proj(y.transpose(1, 2).reshape(n, tokens, dim))


class Layer(nn.Module):
    """Attention and a two-layer network, each behind LayerNorm and beside a shortcut. `drop`: how often a
    training image passes by on the shortcut only."""

    def __init__(self, dim, heads, ratio, drop):
        super().__init__()
        self.norm1 = nn.LayerNorm(dim, eps=1e-6)
        self.attn = Attention(dim, heads)
        self.norm2 = nn.LayerNorm(dim, eps=1e-6)
        self.mlp = nn.Sequential(nn.Linear(dim, ratio * dim), nn.GELU(), nn.Linear(ratio * dim, dim))
        self.drop = drop

    def kept(self, y):
        if not (self.training and self.drop):
            return y
        return y * (torch.rand(len(y), 1, 1, device=y.device) >= self.drop).to(y.dtype) / (1 - self.drop)

    def forward(self, x):
        x = x + self.kept(self.attn(self.norm1(x)))
        return x + self.kept(self.mlp(self.norm2(x)))


class ViT(nn.Module):
    def __init__(self, classes, dim, depth, heads, ratio, stem, channels, side, dropout, drop):
        super().__init__()
        layers = []
        for entry in stem:
            group = isinstance(entry, (list, tuple))
            for width in entry if group else [entry]:
                layers += [nn.Conv2d(channels, width, 3, 1 if group else 2, 1, bias=False), nn.BatchNorm2d(width),
                           nn.ReLU(inplace=True)]
                channels = width
            if group:
                layers.append(nn.MaxPool2d(2))
            side = side // 2 if group else (side + 1) // 2
        self.patch = nn.Sequential(*layers, nn.Conv2d(channels, dim, 1))
        self.side = side
        self.token = nn.Parameter(torch.zeros(1, 1, dim))
        self.position = nn.Parameter(torch.zeros(1, side * side + 1, dim))
        self.layers = nn.ModuleList(
            Layer(dim, heads, ratio, drop * k / max(1, depth - 1)) for k in range(depth))
        self.norm = nn.LayerNorm(dim, eps=1e-6)
        self.head = nn.Sequential(nn.Dropout(dropout), nn.Linear(dim, classes))
        for parameter in (self.token, self.position):
            nn.init.trunc_normal_(parameter, std=0.02)
        for layer in self.modules():
            if isinstance(layer, nn.Linear):
                nn.init.trunc_normal_(layer.weight, std=0.02)
                nn.init.zeros_(layer.bias)

    def positions(self, side):
        """The learned positions; for smaller images, as a training may have them, those in between. Of the
        latter nothing is exported."""
        if not self.training or side == self.side:
            return self.position
        grid = self.position[:, 1:].reshape(1, self.side, self.side, -1).permute(0, 3, 1, 2)
        grid = F.interpolate(grid, (side, side), mode="bilinear", align_corners=False)
        return torch.cat([self.position[:, :1], grid.flatten(2).transpose(1, 2)], 1)

    def forward(self, x):
        x = self.patch(x)
        side = x.shape[-1]
        x = torch.cat([self.token.expand(x.shape[0], -1, -1), x.flatten(2).transpose(1, 2)], 1)
        x = x + self.positions(side)
        for layer in self.layers:
            x = layer(x)
        return self.head(self.norm(x)[:, 0])


def build(classes, dim=192, depth=7, heads=3, ratio=3, stem=(32, 64, 128), channels=1, side=48, dropout=0.1,
          drop=0.1):
    """`stem`: channels of convolutions with stride 2 each; a list in it is a group of convolutions with max
    pooling behind, as `cnn.py` has them, so that a trained CNN can give their weights. `ratio`: hidden size of a layer's dense network,
    in `dim`s. `drop`: stochastic depth of the last layer, falling to 0 at the first."""
    return ViT(classes, dim, depth, heads, ratio, stem, channels, side, dropout, drop)
