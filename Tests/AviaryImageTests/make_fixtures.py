#!/usr/bin/env python3
"""Pictures and what Pillow and torchvision make of them.

    make_fixtures.py          needs pillow, numpy, libturbojpeg; with torchvision also the float values
Writes Fixtures/*.png, *.jpg, decode.json (Pillow's samples), resize.json, preprocess.json and float.json.
Samples are base64 of bytes, floats base64 of little-endian float32. All pictures are made here
from formulas.
"""
import base64, ctypes, io, json, os, struct, zlib
import numpy as np
from PIL import Image

OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "Fixtures")
os.makedirs(OUT, exist_ok=True)
b64 = lambda a: base64.b64encode(np.ascontiguousarray(a).tobytes()).decode()
path = lambda name: os.path.join(OUT, name)


def picture(w, h, channels, seed):
    """Gradients, a disc, noise: smooth and sharp parts. uint16, h x w x channels."""
    r = np.random.default_rng(seed)
    y, x = np.mgrid[0:h, 0:w]
    disc = ((x - w / 3) ** 2 + (y - h / 2) ** 2 < (min(w, h) / 3) ** 2)
    planes = [x * 65535 / max(w - 1, 1), y * 65535 / max(h - 1, 1), (x + y) * 65535 / max(w + h - 2, 1),
              r.integers(0, 65536, (h, w))]
    a = np.stack([np.where(disc, 65535 - p, p) * 0.85 + r.integers(0, 9000, (h, w))
                  for p in planes[:channels]], -1)
    return a.clip(0, 65535).astype(np.uint16)


# PNG, written here because Pillow does not write every kind.
CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
PASSES = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def rows(samples, depth, step):
    """Packed and filtered rows (each filter type in turn)."""
    out, previous = b"", None
    for n, row in enumerate(samples):
        flat = row.reshape(-1)
        if depth == 16:
            line = flat.astype(">u2").tobytes()
        elif depth == 8:
            line = flat.astype(np.uint8).tobytes()
        else:
            bits = ((flat[:, None] >> np.arange(depth - 1, -1, -1)) & 1).astype(np.uint8).reshape(-1)
            line = np.packbits(bits).tobytes()
        previous = previous or bytes(len(line))
        kind, coded = n % 5, bytearray(len(line))
        for i, value in enumerate(line):
            a = line[i - step] if i >= step else 0
            b, c = previous[i], previous[i - step] if i >= step else 0
            p = a + b - c
            paeth = min((abs(p - a), 0, a), (abs(p - b), 1, b), (abs(p - c), 2, c))[2]
            coded[i] = (value - [0, a, b, (a + b) // 2, paeth][kind]) & 255
        out, previous = out + bytes([kind]) + bytes(coded), line
    return out


def png(samples, color, depth, interlaced=False, before=b""):
    h, w = samples.shape[:2]
    step = max(1, CHANNELS[color] * depth // 8)
    if interlaced:
        parts = [samples[y::dy, x::dx] for x, y, dx, dy in PASSES]
        data = b"".join(rows(p, depth, step) for p in parts if p.size)
    else:
        data = rows(samples, depth, step)
    header = struct.pack(">IIBBBBB", w, h, depth, color, 0, 0, interlaced)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + before + chunk(b"IDAT", zlib.compress(data, 9))
            + chunk(b"IEND", b""))


def exif(orientation, order="<"):
    mark = b"II" if order == "<" else b"MM"
    other = struct.pack(order + "HHI4s", 0x0100, 4, 1, b"\1\0\0\0")
    entry = struct.pack(order + "HHIHH", 0x0112, 3, 1, orientation, 0)
    return mark + struct.pack(order + "HIH", 42, 8, 2) + other + entry + struct.pack(order + "I", 0)


decode = []


def expect(name, image=None, **extra):
    """Pillow's grey and RGB samples of a file, in one entry."""
    image = image or Image.open(path(name))
    if image.mode == "I;16":  # Pillow's own conversion clips at 255; the high byte is what is wanted
        grey = (np.asarray(image) >> 8).astype(np.uint8)
        image = Image.fromarray(grey)
    grey, rgb = image.convert("L"), image.convert("RGB")
    # Pillow opens 16-bit grey with alpha as RGBA.
    is_grey = image.mode in ("1", "L", "LA") or name.startswith("png_c4")
    decode.append(dict(file=name, width=image.width, height=image.height, color="grey" if is_grey else "rgb",
                       grey=b64(np.asarray(grey)), rgb=None if is_grey else b64(np.asarray(rgb)), **extra))


def write(name, data, **extra):
    with open(path(name), "wb") as f:
        f.write(data)
    expect(name, **extra)


W, H = 21, 13
for color in (0, 2, 3, 4, 6):
    for depth in (1, 2, 4, 8, 16):
        if color in (2, 4, 6) and depth < 8 or color == 3 and depth == 16:
            continue
        samples = picture(W, H, CHANNELS[color], 10 * color + depth) >> (16 - depth)
        palette = b""
        if color == 3:
            r = np.random.default_rng(depth)
            palette = chunk(b"PLTE", r.integers(0, 256, 3 << depth).astype(np.uint8).tobytes())
        for interlaced in (False, True):
            write(f"png_c{color}_d{depth}{'_i' if interlaced else ''}.png",
                  png(samples, color, depth, interlaced, palette))
        if color == 3:
            trns = chunk(b"tRNS", bytes(range(0, 2 << depth if depth < 8 else 256, 2))[:1 << depth])
            write(f"png_c3_d{depth}_trns.png", png(samples, color, depth, False, palette + trns))
        if color in (0, 2):
            key = b"".join(struct.pack(">H", int(v)) for v in samples[3, 4])
            write(f"png_c{color}_d{depth}_trns.png", png(samples, color, depth, False, chunk(b"tRNS", key)))
# A gamma that no viewer ignores: samples must come as stored.
write("png_gamma.png", png(picture(W, H, 3, 77) >> 8, 2, 8, False, chunk(b"gAMA", struct.pack(">I", 100000))))
for w, h in ((1, 1), (1, 17), (17, 1)):
    for interlaced in (False, True):
        write(f"png_{w}x{h}{'_i' if interlaced else ''}.png",
              png(picture(w, h, 3, w + h) >> 8, 2, 8, interlaced))

# Alpha over a background, from the definition.
for color in (4, 6):
    a = (picture(W, H, CHANNELS[color], 10 * color + 8) >> 8).astype(int)
    rgb = np.repeat(a[..., :1], 3, -1) if color == 4 else a[..., :3]
    back = np.array([200, 30, 90])
    mixed = (rgb * a[..., -1:] + back * (255 - a[..., -1:]) + 127) // 255
    next(d for d in decode if d["file"] == f"png_c{color}_d8.png")["composite"] = b64(mixed.astype(np.uint8))

# JPEG: subsamplings, progressive, restart markers, optimised tables, odd sizes, CMYK, stored RGB.
color8 = Image.fromarray((picture(37, 29, 3, 5) >> 8).astype(np.uint8))
grey8 = Image.fromarray((picture(37, 29, 1, 6)[..., 0] >> 8).astype(np.uint8))


def jpeg(name, image, **options):
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", **options)
    write(name, buffer.getvalue())


for label, sub in (("444", 0), ("422", 1), ("420", 2)):
    jpeg(f"jpeg_{label}.jpg", color8, subsampling=sub, quality=85)
    jpeg(f"jpeg_{label}_progressive.jpg", color8, subsampling=sub, quality=70, progressive=True)
turbo = ctypes.CDLL("libturbojpeg.so.0")  # Pillow does not write these two
turbo.tjInitCompress.restype = ctypes.c_void_p
for label, sub in (("440", 4), ("411", 5)):
    size, out = ctypes.c_ulong(), ctypes.c_void_p()
    turbo.tjCompress2(ctypes.c_void_p(turbo.tjInitCompress()), color8.tobytes(), 37, 0, 29, 0,
                      ctypes.byref(out), ctypes.byref(size), sub, 85, 4096)
    write(f"jpeg_{label}.jpg", ctypes.string_at(out, size.value))
jpeg("jpeg_grey.jpg", grey8, quality=85)
jpeg("jpeg_grey_progressive.jpg", grey8, quality=40, progressive=True)
jpeg("jpeg_restart.jpg", color8, quality=85, restart_marker_blocks=2)
jpeg("jpeg_low.jpg", color8, quality=5, optimize=True)
jpeg("jpeg_rgb.jpg", color8, quality=85, keep_rgb=True)
jpeg("jpeg_cmyk.jpg", Image.fromarray((picture(37, 29, 4, 8) >> 8).astype(np.uint8), "CMYK"), quality=85)
for w, h in ((1, 1), (1, 17), (17, 1), (8, 8), (16, 16)):
    jpeg(f"jpeg_{w}x{h}.jpg", Image.fromarray((picture(w, h, 3, w * h) >> 8).astype(np.uint8)), quality=90)

# EXIF orientation: the upright picture is Pillow's exif_transpose.
from PIL import ImageOps
small = Image.fromarray((picture(19, 11, 3, 9) >> 8).astype(np.uint8))
for n in range(1, 9):
    buffer = io.BytesIO()
    small.save(buffer, "JPEG", quality=90, exif=b"Exif\0\0" + exif(n, "<>"[n % 2]))
    for name, data in ((f"exif_{n}.jpg", buffer.getvalue()),
                       (f"exif_{n}.png", png(np.asarray(small).astype(np.uint16), 2, 8, False,
                                             chunk(b"eXIf", exif(n, ">" if n % 2 else "<"))))):
        with open(path(name), "wb") as f:
            f.write(data)
        expect(name, ImageOps.exif_transpose(Image.open(path(name))))
json.dump(decode, open(path("decode.json"), "w"), indent=0)

# Resize: bit-equal to Pillow; without antialiasing the data folder's formula in numpy.
KERNELS = dict(nearest=0, lanczos=1, bilinear=2, bicubic=3, box=4, hamming=5)
SOURCES = {"grey": (23, 17, 1), "rgb": (14, 19, 3), "dot": (1, 1, 1), "column": (1, 9, 1), "row": (9, 1, 1)}
SIZES = [(1, 1), (5, 4), (23, 17), (23, 8), (9, 17), (31, 40), (46, 34), (7, 35), (14, 19)]


def between(x, w, h):
    def taps(source, target):
        p = (np.arange(target) + .5) * source / target - .5
        low = np.floor(p).astype(int)
        return np.clip(low, 0, source - 1), np.clip(low + 1, 0, source - 1), (p - low).astype(np.float32)
    x = x.astype(np.float32)
    a, b, f = taps(x.shape[0], h)
    x = x[a] * (1 - f)[:, None, None] + x[b] * f[:, None, None]
    a, b, f = taps(x.shape[1], w)
    return x[:, a] * (1 - f)[:, None] + x[:, b] * f[:, None]


resize = dict(sources={}, cases=[])
for name, (w, h, c) in SOURCES.items():
    a = (picture(w, h, c, len(name)) >> 8).astype(np.uint8)
    image = Image.fromarray(a if c == 3 else a[..., 0])
    resize["sources"][name] = dict(width=w, height=h, color="grey" if c == 1 else "rgb", samples=b64(a))
    for size in SIZES if c == 3 or name == "grey" else SIZES[:6]:
        for kernel, number in KERNELS.items():
            r = np.asarray(image.resize(size, number))
            resize["cases"].append(dict(source=name, width=size[0], height=size[1], kernel=kernel,
                                        antialias=True, samples=b64(r)))
        r = np.rint(between(a, *size)).astype(np.uint8)
        resize["cases"].append(dict(source=name, width=size[0], height=size[1], kernel="bilinear",
                                    antialias=False, samples=b64(r)))
json.dump(resize, open(path("resize.json"), "w"), indent=0)

try:
    import torch, torchvision
    from torchvision.transforms import functional as F
    from torchvision.transforms import InterpolationMode as M
except ImportError:
    print("torch is absent: float.json and preprocess.json stay as they are")
    raise SystemExit

floats = dict(sources={}, cases=[], crops=[])
for name in ("grey", "rgb", "row"):
    source = resize["sources"][name]
    c = 1 if source["color"] == "grey" else 3
    a = np.frombuffer(base64.b64decode(source["samples"]), np.uint8)
    a = a.reshape(source["height"], source["width"], c)
    floats["sources"][name] = source
    t = torch.from_numpy(a.copy()).permute(2, 0, 1).float()
    for w, h in ((5, 4), (31, 40), (7, 35), (20, 9)):
        for kernel, mode in (("bilinear", M.BILINEAR), ("bicubic", M.BICUBIC)):
            for antialias in (True, False):
                r = F.resize(t, [h, w], mode, antialias=antialias).permute(1, 2, 0).numpy()
                floats["cases"].append(dict(source=name, width=w, height=h, kernel=kernel,
                                            antialias=antialias, samples=b64(r.astype("<f4"))))
    for w, h in ((1, 1), (4, 3), (10, 10), (9, 8), (23, 17), (30, 8), (7, 24), (33, 36)):
        r = F.center_crop(torch.from_numpy(a.copy()).permute(2, 0, 1), [h, w]).permute(1, 2, 0).numpy()
        floats["crops"].append(dict(source=name, width=w, height=h, samples=b64(r)))
floats["shortest"] = [
    [w, h, s, *reversed(F.resize(torch.zeros(1, h, w), [s], M.NEAREST).shape[1:])]
    for w, h in ((23, 17), (17, 23), (640, 427), (99, 100), (100, 99), (7, 500)) for s in (1, 16, 256, 224)]
json.dump(floats, open(path("float.json"), "w"), indent=0)

# Whole descriptions, as torchvision composes them.
MEAN, STD = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
cases = []


def case(file, spec, values):
    cases.append(dict(file=file, input=spec, values=b64(values.astype("<f4"))))


def load(file, mode):
    return Image.open(path(file)).convert(mode)


def normalized(image, mean, std):
    a = np.asarray(image, np.float64)
    a = a[None] if a.ndim == 2 else a.transpose(2, 0, 1)
    return (a / 255 - np.reshape(mean, (-1, 1, 1))) / np.reshape(std, (-1, 1, 1))


spec = dict(name="input", layout="NCHW", width=12, height=12, channels="grey", crop=None, scale=1 / 255,
            resize=dict(kernel="bilinear", antialias=False, mode="stretch", round=True),
            mean=[0.5], std=[0.5])
for file in ("jpeg_grey.jpg", "jpeg_420.jpg"):
    a = np.rint(between(np.asarray(load(file, "L"))[..., None], 12, 12))[..., 0]
    case(file, spec, normalized(a, [0.5], [0.5]))
    case(file, dict(spec, layout="NHWC", resize=dict(spec["resize"], round=False)),
         normalized(between(np.asarray(load(file, "L"))[..., None], 12, 12)[..., 0], [0.5], [0.5]))
for file in ("jpeg_grey.jpg", "jpeg_420.jpg", "png_c6_d8.png", "png_1x17.png"):
    image = load(file, "RGB")
    size = F.resize(image, 20, M.BICUBIC)
    crop = F.center_crop(size, [16, 18])
    color = dict(name="input", layout="NCHW", width=18, height=16, channels="rgb", scale=1 / 255,
                 mean=MEAN, std=STD, crop=dict(width=18, height=16),
                 resize=dict(kernel="bicubic", antialias=True, size=20,
                             mode="shortest-side-then-center-crop"))
    case(file, color, normalized(crop, MEAN, STD))
    case(file, dict(color, layout="NHWC"), normalized(crop, MEAN, STD).transpose(1, 2, 0))
    case(file, dict(color, channels="bgr"), normalized(np.asarray(crop)[..., ::-1], MEAN, STD))
    t = F.center_crop(F.resize(F.pil_to_tensor(image).float(), [20], M.BICUBIC, antialias=True), [16, 18])
    case(file, dict(color, resize=dict(color["resize"], round=False)),
         (t.numpy() / 255 - np.reshape(MEAN, (3, 1, 1))) / np.reshape(STD, (3, 1, 1)))
raw = dict(layout="NHWC", width=37, height=29, channels="bgr", scale=1.0, mean=[0.0], std=[1.0])
case("jpeg_444.jpg", raw, np.asarray(load("jpeg_444.jpg", "RGB"), np.float64)[..., ::-1])
boxed = dict(layout="NCHW", width=16, height=16, channels="grey", scale=1.0, mean=[0], std=[1],
             resize=dict(kernel="bilinear", antialias=True, mode="letterbox"))
fitted = np.asarray(load("jpeg_grey.jpg", "L").resize((16, 13), 2))  # 29 / 37 * 16 = 12.54
case("jpeg_grey.jpg", boxed, np.pad(fitted, ((1, 2), (0, 0))).astype(np.float64))
json.dump(cases, open(path("preprocess.json"), "w"), indent=0)
