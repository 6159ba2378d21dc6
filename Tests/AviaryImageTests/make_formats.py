"""Pictures in BMP, PNM, TIFF, WebP and JPEG 2000 and what Pillow reads from them: `python make_formats.py`
writes Formats/ and Formats/formats.json."""

import base64
import io
import json
import pathlib
import struct

import numpy as np
from PIL import Image

out = pathlib.Path(__file__).parent / "Formats"
out.mkdir(exist_ok=True)
rng = np.random.default_rng(5)
W, H = 13, 7
smooth = np.stack([np.add.outer(np.arange(H) * 30, np.arange(W) * k) % 256 for k in (5, 9, 14)], -1).astype(np.uint8)
colour = Image.fromarray(smooth)
grey = Image.fromarray(smooth[..., 0])
bitmap = Image.fromarray((smooth[..., 0] > 100).astype(np.uint8) * 255).convert("1")
palette = colour.quantize(11)
index = []


def expect(name, picture, tolerance=0):
    kind = "grey" if picture.mode in ("1", "L", "I;16", "I") else "rgb"
    if picture.mode.startswith("I"):
        picture = Image.fromarray((np.asarray(picture).astype(np.int64) >> 8).astype(np.uint8))
    pixels = np.asarray(picture.convert("L" if kind == "grey" else "RGB"))
    index.append({"file": name, "width": picture.width, "height": picture.height, "color": kind,
                  "tolerance": tolerance, "samples": base64.b64encode(pixels.tobytes()).decode()})


def save(name, picture, as_colour=False, tolerance=0, **options):
    picture.save(out / name, **options)
    read = Image.open(out / name)
    expect(name, read.convert("RGB") if as_colour else read, tolerance)


def write(name, data, expected):
    (out / name).write_bytes(data)
    expect(name, expected)


for name, picture in (("c24", colour), ("p8", palette), ("l8", grey), ("m1", bitmap)):
    save(f"bmp_{name}.bmp", picture, as_colour=True)
save("bmp_a32.bmp", colour.convert("RGBA"), as_colour=True)


def bmp(bits, compression, data, top_down=False, masks=b"", colours=b""):
    offset = 54 + len(masks) + len(colours)
    info = struct.pack("<IiiHHIIiiII", 40, W, -H if top_down else H, 1, bits, compression, len(data), 0, 0,
                       len(colours) // 4, 0)
    return b"BM" + struct.pack("<IHHI", offset + len(data), 0, 0, offset) + info + masks + colours + data


packed = (smooth[..., 0].astype(np.uint16) >> 3 << 11) | (smooth[..., 1].astype(np.uint16) >> 2 << 5) | (smooth[..., 2] >> 3)
rows = b"".join(r.tobytes() + b"\0" * (-len(r.tobytes()) % 4) for r in packed)
from565 = np.stack([(packed >> 11) * 255 // 31, (packed >> 5 & 63) * 255 // 63, (packed & 31) * 255 // 31], -1)
write("bmp_565_top.bmp", bmp(16, 3, rows, True, struct.pack("<III", 0xF800, 0x7E0, 0x1F)),
      Image.fromarray(from565.astype(np.uint8)))
colours = bytes(v for k in range(4) for v in (k * 10, k * 20, k * 30, 0))
table = np.array([[k * 30, k * 20, k * 10] for k in range(4)], np.uint8)
places = np.zeros((H, W), int)
run = b""
for y in range(H):  # A run, three colours one by one (an odd number, so a byte of padding), the end of the row.
    places[y] = [1] * 5 + [2, 3, 1] + [0] * 5
    run += bytes([5, 1, 0, 3, 2, 3, 1, 0, 5, 0, 0, 0])
write("bmp_rle8.bmp", bmp(8, 1, run + bytes([0, 1]), colours=colours), Image.fromarray(table[places[::-1]]))
run4 = b"".join(bytes([6, 0x12, 0, 4, 0x31, 0x20, 0, 0]) for _ in range(H)) + bytes([0, 1])
places4 = np.array([[1, 2, 1, 2, 1, 2, 3, 1, 2, 0, 0, 0, 0]] * H)
write("bmp_rle4.bmp", bmp(4, 2, run4, colours=colours), Image.fromarray(table[places4]))

for name, picture in (("p4.pbm", bitmap), ("p5.pgm", grey), ("p6.ppm", colour)):
    save(name, picture)
write("p1.pbm", b"P1 # text\n13 7\n" + "".join("10"[int(v)] for v in np.asarray(bitmap).reshape(-1)).encode(), bitmap)
write("p2.pgm", b"P2\n13 7\n255\n" + " ".join(map(str, np.asarray(grey).reshape(-1))).encode(), grey)
write("p3.ppm", b"P3\n# colours\n13 7\n255\n" + " ".join(map(str, smooth.reshape(-1))).encode(), colour)
deep = (np.asarray(grey).astype(np.uint16) * 257)
write("p5_16.pgm", b"P5 13 7 65535\n" + deep.astype(">u2").tobytes(), grey)
write("p7.pam", b"P7\nWIDTH 13\nHEIGHT 7\nDEPTH 4\nMAXVAL 255\nTUPLTYPE RGB_ALPHA\nENDHDR\n"
      + np.dstack([smooth, smooth[..., :1]]).tobytes(), colour)
for name, picture in (("rgb", colour), ("grey", grey)):
    for compression in ("raw", "tiff_lzw", "tiff_adobe_deflate", "packbits"):
        save(f"{name}_{compression}.tif", picture, compression=compression)
save("palette.tif", palette, as_colour=True)
Image.fromarray(deep).save(out / "grey16.tif")
expect("grey16.tif", grey)
save("lossless.webp", colour, lossless=True)
save("lossy.webp", colour, quality=80)
save("alpha.webp", colour.convert("RGBA"), as_colour=True, lossless=True)
for name, picture in (("rgb", colour), ("grey", grey)):
    save(f"{name}.jp2", picture)
    save(f"{name}_lossy.jp2", picture, tolerance=1, irreversible=True, quality_layers=[4])
bare = io.BytesIO()
colour.save(bare, "JPEG2000", no_jp2=True)
write("bare.j2k", bare.getvalue(), colour)
(out / "formats.json").write_text("[\n" + ",\n".join(json.dumps(i) for i in index) + "\n]\n")
print(len(index), "pictures", sum(f.stat().st_size for f in out.iterdir()), "bytes")
