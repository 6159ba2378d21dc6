#!/usr/bin/env python3
"""Writes Golden/paired.json: Holm's correction by statsmodels, the paired bootstrap by NumPy and scikit-learn.

Needs numpy, scikit-learn and statsmodels. The drawings of the bootstrap come from SplitMix64, written anew
here, so that every interval can be compared digit by digit; scipy's own bootstrap (with its own drawings) says
whether they are of the right width.
"""

import json
from pathlib import Path

import numpy as np
from scipy import stats
from sklearn.metrics import accuracy_score, f1_score
from statsmodels.stats.multitest import multipletests

MASK = (1 << 64) - 1


class SplitMix:
    def __init__(self, seed):
        self.state = seed

    def next(self):
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        return z ^ (z >> 31)

    def below(self, bound):
        return ((self.next() >> 32) * bound) >> 32


def holm():
    random = np.random.default_rng(5)
    cases = [[], [0.3], [0.01, 0.04, 0.03, 0.005], [0.5, 0.5, 0.5], [0, 1, 1e-300, 0.02], [0.02, 0.02, 0.5]]
    cases += [list(random.random(n) ** 3) for n in (5, 21, 66)]
    return [
        {"p": case, "adjusted": list(multipletests(case, method="holm")[1]) if case else []}
        for case in cases
    ]


def macro_f1(truth, predicted, classes):
    return f1_score(truth, predicted, labels=range(classes), average="macro", zero_division=0)


def estimate(value, drawn, confidence):
    tail = (1 - confidence) / 2
    low, high = np.quantile(drawn, [tail, 1 - tail])
    return {"value": value, "lower": low, "upper": high}


def bootstrap(name, truth, predicted, classes, resamples, seed, confidence):
    truth, predicted = np.array(truth), np.array(predicted)
    generator = SplitMix(seed)
    drawings = [
        np.array([generator.below(len(truth)) for _ in truth]) for _ in range(resamples)
    ]
    scores = {
        "accuracy": lambda t, p: accuracy_score(t, p),
        "macroF1": lambda t, p: macro_f1(t, p, classes),
    }
    result = {
        "name": name, "classes": classes, "resamples": resamples, "seed": seed, "confidence": confidence,
        "truth": truth.tolist(), "predicted": predicted.tolist(),
    }
    for key, score in scores.items():
        whole = [score(truth, one) for one in predicted]
        drawn = np.array([[score(truth[d], one[d]) for d in drawings] for one in predicted])
        result[key] = [estimate(w, d, confidence) for w, d in zip(whole, drawn)]
        result[key + "Difference"] = estimate(whole[0] - whole[1], drawn[0] - drawn[1], confidence)
    if len(truth) >= 200:
        reference = stats.bootstrap(
            (np.arange(len(truth)),),
            lambda i: np.mean(truth[i] == predicted[0][i]) - np.mean(truth[i] == predicted[1][i]),
            vectorized=False, paired=False, n_resamples=4000, confidence_level=confidence,
            method="percentile", rng=np.random.default_rng(1),
        ).confidence_interval
        result["scipy"] = [reference.low, reference.high]
    return result


def bootstraps():
    random = np.random.default_rng(11)

    def noisy(truth, classes, right):
        wrong = random.integers(0, classes, len(truth))
        return np.where(random.random(len(truth)) < right, truth, wrong).tolist()

    truth = random.integers(0, 4, 400).tolist()
    skewed = random.choice(5, 60, p=[0.7, 0.2, 0.08, 0.02, 0]).tolist()
    return [
        bootstrap("four classes", truth, [noisy(truth, 4, 0.7), noisy(truth, 4, 0.6)], 4, 200, 1, 0.95),
        bootstrap("a class is absent", skewed, [noisy(skewed, 4, 0.8), noisy(skewed, 4, 0.5)], 5, 100, 7, 0.9),
        bootstrap("one sample", [1], [[1], [0]], 2, 20, 3, 0.95),
        bootstrap("all alike", [0, 1, 2] * 5, [[0, 1, 2] * 5, [0, 1, 2] * 5], 3, 50, 2**64 - 1, 0.99),
        bootstrap("never predicted", [0, 1, 2, 2], [[0, 0, 0, 0], [2, 2, 2, 2]], 3, 51, 9, 0.5),
    ]


if __name__ == "__main__":
    target = Path(__file__).parent / "Golden" / "paired.json"
    target.write_text(json.dumps({"holm": holm(), "bootstrap": bootstraps()}, indent=1) + "\n")
