"""Golden values of the string operators: `python golden_text.py` writes golden_text.json beside it."""

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

for pattern, words in [(r"www\.[\w.-]+\.\bcom\b", ["www.google.com", "www.x.bbc", ""]),
                       (r"(\W|^)[\w.\-]{0,25}@(yahoo|gmail)\.com(\W|$)", ["account@gmail.com", "not email"]),
                       (r"a.b|猫+", ["axb", "axbc", "猫猫", "\n"])]:
    cases.add("RegexFullMatch", 20, [text(*words)], pattern=pattern)
cases.add("RegexFullMatch", 20, [np.array([], dtype=object).reshape(0, 2)], pattern="a",
          expected=[np.array([], bool).reshape(0, 2)])
cases.fails("RegexFullMatch", 20, [text("a")], pattern="(")
cases.fails("RegexFullMatch", 20, [np.array([1], np.int64)], pattern="a")

DAYS = text("Monday", "tuesday", "WEDNESDAY", "tuesday")
for shape in ((4,), (1, 4)):
    for action in ("NONE", "LOWER", "UPPER"):
        for sensitive in (0, 1):
            cases.add("StringNormalizer", 10, [DAYS.reshape(shape)], case_change_action=action,
                      is_case_sensitive=sensitive, stopwords=["monday", "WEDNESDAY"], locale="C.UTF-8")
    cases.add("StringNormalizer", 10, [DAYS[:1].reshape(shape[:-1] + (1,))], is_case_sensitive=1,
              stopwords=["Monday"], locale="C.UTF-8")
cases.add("StringNormalizer", 10, [text("É", "ß")], case_change_action="LOWER", expected=[text("é", "ß")])
cases.fails("StringNormalizer", 10, [DAYS.reshape(2, 2)])
cases.fails("StringNormalizer", 10, [DAYS], case_change_action="TITLE")

TOKENS = np.array([[1, 1, 3, 3, 3, 7], [8, 6, 7, 5, 6, 8]], np.int64)
POOL = dict(ngram_counts=[0, 4], ngram_indexes=[0, 1, 2, 3, 4, 5, 6], pool_int64s=[2, 3, 5, 4, 5, 6, 7, 8, 6, 7])
for mode in ("TF", "IDF", "TFIDF"):
    for shortest, longest, skips in ((1, 1, 0), (1, 2, 0), (1, 2, 5), (2, 2, 0), (2, 2, 3)):
        for weights in (None, [0.5, 1.0, 2.0, 3.0, 0.25, 4.0, 8.0]):
            extra = dict(POOL, mode=mode, min_gram_length=shortest, max_gram_length=longest, max_skip_count=skips)
            if weights:
                extra["weights"] = weights
            cases.add("TfIdfVectorizer", 9, [TOKENS], **extra)
cases.add("TfIdfVectorizer", 9, [TOKENS[0].astype(np.int32)], mode="TF", min_gram_length=1, max_gram_length=2,
          max_skip_count=1, **POOL)
THREE = dict(ngram_counts=[0, 2, 4], ngram_indexes=[4, 3, 1, 0], mode="TF", min_gram_length=1, max_gram_length=3,
             pool_strings=["a", "b", "a", "b", "a", "c", "b"], max_skip_count=2)
cases.add("TfIdfVectorizer", 9, [text("a", "c", "b", "a", "b", "c", "b", "b")], **THREE)
cases.fails("TfIdfVectorizer", 9, [TOKENS], **THREE)
cases.fails("TfIdfVectorizer", 9, [text("a")], **dict(THREE, ngram_counts=[0, 2, 99]))
cases.fails("TfIdfVectorizer", 9, [text("a")], **dict(THREE, ngram_indexes=[4, 3, 1, -1]))
cases.fails("TfIdfVectorizer", 9, [text("a")], **dict(THREE, min_gram_length=4))

cases.write(__file__)
