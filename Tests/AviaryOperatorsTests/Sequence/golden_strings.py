"""Golden values of the string operators: `python golden_strings.py` writes golden_strings.json beside it."""

import pathlib
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
from golden import Cases  # noqa: E402

cases = Cases()


def text(*values):
    return np.array(values, dtype=object)


cases.add("StringConcat", 20, [text("abc", "def"), text(".com", ".net")])
cases.add("StringConcat", 20, [text("a", "b"), text("-")])
cases.add("StringConcat", 20, [text("a", "b").reshape(2, 1), text("", "é", "猫")])
cases.fails("StringConcat", 20, [text("a", "b"), text("a", "b", "c")])
PHRASES = text("a.com", "x.y.z", "", "..", " lead  and trail ")
for attributes in [dict(delimiter="."), dict(delimiter=".", maxsplit=1), dict(), dict(maxsplit=1),
                   dict(delimiter="", maxsplit=0), dict(delimiter="an")]:
    cases.add("StringSplit", 20, [PHRASES], outputs=2, engine="reference", **attributes)
cases.add("StringSplit", 20, [PHRASES[:4].reshape(2, 2)], outputs=2, engine="reference", delimiter=".")
cases.add("StringSplit", 20, [np.array([], dtype=object)], outputs=2,
          expected=[np.array([], dtype=object).reshape(0, 0), np.array([], np.int64)])

cases.write(__file__)
