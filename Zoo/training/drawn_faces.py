"""Draws grey faces with one of seven expressions, each from a seed. The faces are free of anybody's rights.

`draw(label, seed)` is a pure function of its arguments. Geometry, skin, hair, pose, light, blur and noise
vary; `expressions.py` says what makes an expression. A face is drawn four times as large and scaled down.
"""

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from .expressions import sample
from .pixels import LABELS, SIDE

LARGE = 4 * SIDE


def curve(start, middle, end, n=15):
    """Points of the parabola through three points, x from `start` to `end`; the middle one at half way."""
    t = np.linspace(0, 1, n)[:, None]
    start, middle, end = (np.asarray(p, float) for p in (start, middle, end))
    return start * (1 - t) * (1 - 2 * t) + middle * 4 * t * (1 - t) + end * t * (2 * t - 1)


def ellipse(centre, radius_x, radius_y, n=28):
    angle = np.linspace(0, 2 * np.pi, n, endpoint=False)
    return np.stack([centre[0] + radius_x * np.cos(angle), centre[1] + radius_y * np.sin(angle)], 1)


class Canvas:
    """Draws in face coordinates: x to the right, y down, the face about 2 wide and 2.6 high."""

    def __init__(self, random, background):
        self.image = Image.fromarray(background)
        self.pen = ImageDraw.Draw(self.image)
        self.scale = LARGE / 2 * random.uniform(0.82, 1.04)
        self.stretch = random.uniform(0.94, 1.06)
        angle = np.deg2rad(random.normal(0, 5))
        self.turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        self.centre = LARGE / 2 + random.normal(0, 0.025, 2) * LARGE + np.array([0, -0.03 * LARGE])
        self.yaw = random.normal(0, 0.09)
        self.nod = random.normal(0, 0.03)

    def place(self, points, depth=True):
        """To pixels. `depth`: points lie on the front of a rounded head, so that turning it moves them."""
        points = np.array(points, float)
        if depth:
            front = np.sqrt(np.clip(1 - np.clip(points[:, 0], -1, 1) ** 2 * 0.8, 0, 1))
            points[:, 0] += self.yaw * front
            points[:, 1] += self.nod * front
        points[:, 1] *= self.stretch
        return (points @ self.turn.T) * self.scale * 0.95 + self.centre

    def fill(self, points, grey, depth=True):
        self.pen.polygon([tuple(p) for p in self.place(points, depth)], fill=int(np.clip(grey, 0, 255)))

    def line(self, points, grey, width, depth=True):
        placed = [tuple(p) for p in self.place(points, depth)]
        self.pen.line(placed, fill=int(np.clip(grey, 0, 255)),
                      width=max(1, round(width * self.scale)), joint="curve")

    def soft(self, draw, amount, blur):
        """Blends in what `draw` paints, softened at its border: for folds, cheeks and shadows."""
        before = self.image.copy()
        draw()
        if amount >= 1 and not blur:
            return
        changed = Image.fromarray(np.asarray(self.image) != np.asarray(before))
        mask = changed.convert("L").filter(ImageFilter.GaussianBlur(blur)).point(lambda v: int(v * amount))
        painted = self.image.filter(ImageFilter.GaussianBlur(blur / 2))
        self.image = Image.composite(painted, before, mask)
        self.pen = ImageDraw.Draw(self.image)


class Face:
    """One face's own features, drawn from the seed; the expression only moves them."""

    def __init__(self, label, random):
        self.random = random
        self.move = sample(label, random)
        self.skin = random.uniform(95, 225)
        self.dark = self.skin * random.uniform(0.25, 0.45)
        self.hair = random.choice([random.uniform(15, 60), random.uniform(60, 130), random.uniform(150, 225)])
        self.width = random.uniform(0.80, 0.95)
        self.chin = random.uniform(1.05, 1.20)
        self.eye_x = random.uniform(0.36, 0.43)
        self.eye_y = random.uniform(-0.30, -0.22)
        self.eye_w = random.uniform(0.17, 0.22)
        self.brow_y = random.uniform(0.19, 0.25)
        self.brow_thick = random.uniform(0.03, 0.085)
        self.nose = random.uniform(0.14, 0.24)
        self.mouth_y = random.uniform(0.56, 0.64)
        self.style = int(random.integers(5))

    def draw(self, canvas):
        self.head(canvas)
        self.skin_lines(canvas)
        for side in (-1, 1):
            self.eye(canvas, side)
            self.brow(canvas, side)
        self.nose_part(canvas)
        self.mouth(canvas)
        self.extras(canvas)

    def head(self, c):
        if self.style in (1, 2):  # long hair behind the head
            c.fill(ellipse((0, 0.05), self.width * 1.25, 1.45), self.hair, depth=False)
        if self.random.random() < 0.7:
            c.fill([(-0.45, 0.8), (0.45, 0.8), (0.55, 2), (-0.55, 2)], self.skin * 0.75, depth=False)
        for side in (-1, 1):
            c.fill(ellipse((side * self.width * 0.99, -0.1), 0.1, 0.22), self.skin * 0.85, depth=False)
        angle = np.linspace(0, 2 * np.pi, 60, endpoint=False)
        lower = np.sin(angle) > 0
        jaw = np.where(lower, 1 - 0.18 * np.abs(np.sin(angle)) ** 3, 1.0)
        height = np.where(lower, self.chin, 1.25)
        c.fill(np.stack([self.width * jaw * np.cos(angle), height * np.sin(angle)], 1), self.skin, depth=False)
        if self.style == 0:
            return
        line = self.random.uniform(-0.82, -0.66)
        side_line = line + self.random.uniform(0.1, 0.3)
        fringe = curve((-self.width * 1.02, side_line), (self.random.uniform(-0.1, 0.1), line),
                       (self.width * 1.02, side_line))
        top = ellipse((0, -0.35), self.width * 1.08, 1.1, 60)
        c.fill(np.concatenate([fringe, top[top[:, 1] < side_line][::-1]]), self.hair, depth=False)

    def eye(self, c, side):
        m, x, y = self.move, side * self.eye_x, self.eye_y
        half, high = self.eye_w, m["eye_open"]
        low = high * (1 - 0.45 * m["cheeks"])
        c.soft(lambda: c.fill(ellipse((x, y), half * 1.25, high + 0.09), self.skin * 0.8), 0.6, 3)
        upper = curve((x - half, y + 0.01), (x, y - high), (x + half, y + 0.01))
        lower = curve((x + half, y + 0.01), (x, y + low), (x - half, y + 0.01))
        c.fill(np.concatenate([upper, lower]), min(self.skin * 0.6 + 130, 245))
        look = self.random.normal(0, 0.02)
        c.fill(ellipse((x + look, y - 0.01), m["iris"], m["iris"]), self.dark * 0.9)
        c.fill(ellipse((x + look, y - 0.01), m["iris"] * 0.5, m["iris"] * 0.5), 8)
        c.fill(ellipse((x + look - 0.03, y - 0.04), 0.018, 0.018, 8), 245)
        # The iris must not stand out of the eye: skin above and below covers what does.
        slant = side * m["lid_slant"]
        drop = 2 * high * m["lid"]
        lid = curve((x - half * 1.05, y + 0.01 + slant), (x, y - high + drop), (x + half * 1.05, y + 0.01 - slant))
        c.fill(np.concatenate([lid, [(x + half * 1.1, y - high - 0.08), (x - half * 1.1, y - high - 0.08)]]),
               self.skin * 0.86)
        c.fill(np.concatenate([lower, [(x - half, y + low + 0.1), (x + half, y + low + 0.1)]]), self.skin * 0.95)
        c.line(lid, self.dark * 0.6, 0.035)
        c.line(lower, self.skin * 0.62, 0.018)
        if m["cheeks"] > 0.3:
            bag = curve((x - half, y + low + 0.10), (x, y + low + 0.15), (x + half, y + low + 0.10))
            c.soft(lambda: c.line(bag, self.dark, 0.03), 0.5 * m["cheeks"], 1.5)

    def brow(self, c, side):
        m, y = self.move, self.eye_y - self.brow_y
        inner = (side * (0.15 - m["brow_gather"]), y - m["brow_inner"])
        outer = (side * (self.eye_x + self.eye_w + 0.03), y + 0.02 - m["brow_outer"])
        middle = ((inner[0] + outer[0]) / 2, (inner[1] + outer[1]) / 2 - m["brow_arch"])
        upper = curve(inner, middle, outer)
        taper = np.linspace(1, 0.4, len(upper))[:, None] * np.array([[0, self.brow_thick]])
        shade = min(self.hair, self.skin * 0.6)
        c.soft(lambda: c.fill(np.concatenate([upper - taper, (upper + taper)[::-1]]), shade), 0.95, 1)

    def nose_part(self, c):
        m, bottom, wide = self.move, 0.22, self.nose
        side = 1 if self.random.random() < 0.5 else -1
        c.soft(lambda: c.line([(side * 0.05, -0.2), (side * 0.08, 0.1)], self.skin * 0.6, 0.05), 0.5, 2.5)
        c.soft(lambda: c.fill(ellipse((0, bottom), wide, 0.09), self.skin * 0.84), 0.7, 2)
        for s in (-1, 1):
            c.fill(ellipse((s * wide * 0.5, bottom + 0.04), 0.05 * m["nostrils"], 0.028 * m["nostrils"]), self.dark)
            wing = curve((s * wide * 0.85, bottom - 0.05), (s * wide * m["nostrils"], bottom),
                         (s * wide * 0.8, bottom + 0.06))
            c.line(wing, self.skin * 0.6, 0.02)

    def skin_lines(self, c):
        m = self.move
        for s in (-1, 1):
            fold = curve((s * self.nose * 1.05, 0.18), (s * 0.34, 0.36),
                         (s * (m["mouth_width"] + 0.06), self.mouth_y - m["smile"]))
            c.soft(lambda: c.line(fold, self.dark, 0.035), m["folds"], 1.5)
            frown = [(s * 0.06, self.eye_y - 0.26), (s * 0.045, self.eye_y - 0.06)]
            c.soft(lambda: c.line(frown, self.dark, 0.03), m["frown_lines"], 1)
            for k in range(3):
                wrinkle = [(s * 0.03, self.eye_y + 0.08 * k), (s * 0.13, self.eye_y + 0.05 + 0.08 * k)]
                c.soft(lambda: c.line(wrinkle, self.dark, 0.025), m["nose_wrinkles"], 0.8)
            if m["cheeks"] > 0.3:
                c.soft(lambda: c.fill(ellipse((s * 0.5, 0.16), 0.2, 0.13), self.skin * 1.15), 0.7, 5)
        for k in range(3):
            y = -0.62 - 0.09 * k
            c.soft(lambda: c.line(curve((-0.42, y + 0.03), (0, y), (0.42, y + 0.03)), self.dark, 0.025),
                   m["forehead_lines"], 1)

    def mouth(self, c):
        m, y, half = self.move, self.mouth_y, self.move["mouth_width"]
        left, right = (-half, y - m["smile"] - m["skew"]), (half, y - m["smile"] + m["skew"])
        opening, thick = m["mouth_open"], m["lips"]

        def edge(middle, bulge):
            """From corner to corner through `middle`; `bulge` 0 a parabola, 1 nearly a box."""
            points = curve(left, (0, middle), right, 21)
            t = np.linspace(-1, 1, 21)
            base = left[1] + (right[1] - left[1]) * (t + 1) / 2
            middle_line = (left[1] + right[1]) / 2
            points[:, 1] = base + (middle - middle_line) * (1 - np.abs(t) ** (2 + 4 * bulge))
            return points

        bulge = max(m["roundness"] - 0.3, 0) if opening > 0.03 else 0
        top, bottom = y - opening * 0.55 - m["upper_lip"], y + opening * 1.2
        lip = self.skin * self.random.uniform(0.55, 0.78)
        c.fill(np.concatenate([edge(top - thick, bulge), edge(bottom + thick * 1.3, bulge)[::-1]]), lip)
        inner_top, inner_bottom = edge(top, bulge), edge(bottom, bulge)
        if opening > 0.03:
            c.fill(np.concatenate([inner_top, inner_bottom[::-1]]), self.dark * 0.45)
            if m["teeth"]:
                depth = self.random.uniform(0.35, 0.6)
                teeth = inner_top + (inner_bottom - inner_top) * depth
                c.fill(np.concatenate([inner_top[2:-2], teeth[2:-2][::-1]]), 225)
                if m["roundness"] > 0.65:  # both rows
                    lower = inner_top + (inner_bottom - inner_top) * (depth + 0.15)
                    c.fill(np.concatenate([lower[3:-3], inner_bottom[3:-3][::-1]]), 210)
            if m["tongue"]:
                c.fill(ellipse((0, bottom + 0.02), half * 0.5, opening * 0.9), self.skin * 0.62)
                c.line([(0, bottom - 0.03), (0, bottom + opening * 0.5)], self.dark, 0.02)
        else:
            c.line(edge((top + bottom) / 2, 0), self.dark * 0.7, 0.035)

    def extras(self, c):
        m, random = self.move, self.random
        if m["tears"]:
            for s in (-1, 1):
                x, y = s * (self.eye_x + random.uniform(-0.05, 0.05)), self.eye_y + m["eye_open"] + 0.05
                length = random.uniform(0.15, 0.5)
                c.soft(lambda: c.line([(x, y), (x + s * 0.03, y + length)], self.skin + 70, 0.045), 0.8, 1)
                c.fill(ellipse((x + s * 0.03, y + length), 0.04, 0.06), self.skin + 60)
        if random.random() < 0.12:  # glasses
            for s in (-1, 1):
                ring = ellipse((s * self.eye_x, self.eye_y), 0.29, 0.24)
                c.line(np.concatenate([ring, ring[:1]]), 25, 0.03)
            c.line([(-0.12, self.eye_y), (0.12, self.eye_y)], 25, 0.03)
        if random.random() < 0.15:  # beard
            shadow = np.concatenate([curve((-self.width * 0.8, 0.4), (0, 1.15 * self.chin), (self.width * 0.8, 0.4)),
                                     curve((self.width * 0.8, 0.4), (0, 1.12), (-self.width * 0.8, 0.4))])
            c.soft(lambda: c.fill(shadow, self.hair), 0.5, 4)


def background(random):
    ramp = np.linspace(-1, 1, LARGE)
    grey = random.uniform(20, 235) + random.normal(0, 25) * ramp[None] + random.normal(0, 25) * ramp[:, None]
    return np.clip(grey, 0, 255).astype(np.uint8)


def lit(image, random):
    """Light from one side on a rounded head, then exposure."""
    ramp = np.linspace(-1, 1, LARGE)
    x, y = ramp[None] * np.ones((LARGE, 1)), ramp[:, None] * np.ones((1, LARGE))
    side, above = random.normal(0, 0.35), random.normal(-0.15, 0.2)
    round_off = 1 - 0.25 * np.clip(x ** 2 + 0.6 * y ** 2, 0, 1.3)
    light = (1 + side * x + above * y) * round_off * random.uniform(0.8, 1.15)
    grey = np.clip(image * np.clip(light, 0.25, 1.7), 0, 255)
    return 255 * (grey / 255) ** random.uniform(0.75, 1.35)


def draw(label, seed):
    """A face with the expression `label` (of `LABELS`): uint8, 48 x 48."""
    random = np.random.Generator(np.random.PCG64([LABELS.index(label), seed]))
    canvas = Canvas(random, background(random))
    Face(label, random).draw(canvas)
    grey = Image.fromarray(lit(np.asarray(canvas.image, float), random).astype(np.uint8))
    grey = grey.filter(ImageFilter.GaussianBlur(random.uniform(0.3, 2.2)))
    small = np.asarray(grey.resize((SIDE, SIDE), Image.Resampling.BOX), float)
    small += random.normal(0, random.uniform(0.5, 5), small.shape)
    return np.clip(np.rint(small), 0, 255).astype(np.uint8)
