#!/usr/bin/env python3
"""Write the expected values of the report tests: CSV by Python's csv module, text widths by Pillow.

    make_golden.py            needs pillow and the DejaVu fonts; writes Golden/report.json beside this file
"""
import csv, io, json, pathlib

from PIL import ImageFont

FONTS = "/usr/share/fonts/truetype/dejavu/DejaVuSans"
ROWS = [
    ["plain", "two words", "1"], ["comma, inside", 'quote " inside', "both, \"of\" them"],
    ["line\nbreak", "carriage\rreturn", " space around "], ["", "", ""], ["ü", "漢字", "=1+1"], ['"', ",", "'"], [""], ["x"],
]
TEXTS = [
    "angry", "disgust", "surprise", "1,538", "59.4%", "predicted class", "mini-xception-102", "illicit",
    "WWWMMM", "ResNet-50 (ImageNet)", "a", "0", "class number 29", "false positive rate", "7,178 samples",
    "EfficientNet-B0, width 1.0, 224x224", "The quick brown fox jumps over the lazy dog", "ÄÖÜäöüß",
]


def line(fields):
    out = io.StringIO()
    # With both characters in the terminator the writer quotes fields that hold either of them.
    csv.writer(out, lineterminator="\r\n").writerow(fields)
    return out.getvalue().removesuffix("\r\n") + "\n"


def width(text, bold):
    return ImageFont.truetype(f"{FONTS}{'-Bold' if bold else ''}.ttf", 1000).getlength(text) / 1000


if __name__ == "__main__":
    golden = {
        "csv": [{"fields": row, "line": line(row)} for row in ROWS],
        "widths": [{"text": t, "regular": width(t, False), "bold": width(t, True)} for t in TEXTS],
    }
    folder = pathlib.Path(__file__).parent / "Golden"
    folder.mkdir(exist_ok=True)
    (folder / "report.json").write_text(json.dumps(golden, indent=1, ensure_ascii=False) + "\n")
