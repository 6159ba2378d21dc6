#!/usr/bin/env python3
"""Write the expected values of the metric tests, computed by scikit-learn and scipy.

    make_golden.py            needs numpy, scipy, scikit-learn 1.9; writes Golden/*.json beside this file
    make_golden.py FILE.csv   print the metrics of the scores in a file with a header, columns file, label name, and
                              a probability per class; rows are made to sum to one
Every case is seeded, so a second run writes the same files. JSON null stands for NaN.
"""
import csv, itertools, json, math, pathlib, sys, warnings

import numpy as np
from scipy import optimize, special, stats
from sklearn import metrics as M
from sklearn.calibration import calibration_curve

warnings.filterwarnings("ignore")
FOLDER = pathlib.Path(__file__).parent / "Golden"
ZERO_DIVISION = {"zero": 0.0, "one": 1.0, "nan": math.nan}


def plain(value):
    """numpy and NaN to what JSON can say."""
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def write(name, value):
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / name).write_text(json.dumps(plain(value), separators=(",", ":"), ensure_ascii=False) + "\n")


def softmax(x):
    e = np.exp(x - x.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def calibration(correct, confidence, bins):
    """Reliability bins by scikit-learn; the error from them and the bin sizes."""
    accuracy, mean = calibration_curve(correct, confidence, n_bins=bins, strategy="uniform", pos_label=1) \
        if len(set(correct)) == 2 else constant_calibration(correct, confidence, bins)
    index = np.searchsorted(np.linspace(0, 1, bins + 1)[1:-1], confidence)
    sizes = np.bincount(index, minlength=bins)
    gaps = np.abs(accuracy - mean)
    return {"bins": bins, "sizes": sizes, "accuracy": accuracy, "confidence": mean,
            "expected": float((sizes[sizes > 0] * gaps).sum() / len(correct)), "maximum": float(gaps.max())}


def constant_calibration(correct, confidence, bins):
    """calibration_curve refuses a single class of labels; the same bins by hand."""
    index = np.searchsorted(np.linspace(0, 1, bins + 1)[1:-1], confidence)
    used = np.unique(index)
    return (np.array([correct[index == b].mean() for b in used]),
            np.array([confidence[index == b].mean() for b in used]))


def rates(truth, predicted, classes):
    """Per class what precision and recall leave out; specificity is the recall of not being of the class."""
    one = [(truth == c, predicted == c) for c in range(classes)]
    return {
        "predicted": [int(p.sum()) for _, p in one],
        "specificity": [M.recall_score(t, p, pos_label=0, zero_division=0) for t, p in one],
        "npv": [M.precision_score(t, p, pos_label=0, zero_division=0) for t, p in one],
        "f0.5": M.fbeta_score(truth, predicted, beta=0.5, labels=range(classes), average=None, zero_division=0),
        "f2": M.fbeta_score(truth, predicted, beta=2, labels=range(classes), average=None, zero_division=0),
    }


def averaged_rates(truth, predicted, classes):
    one, support = rates(truth, predicted, classes), np.bincount(truth, minlength=classes)
    onehot = np.eye(classes, dtype=int)
    inverse = (1 - onehot[truth], 1 - onehot[predicted])
    result = {}
    for name, score in (("specificity", M.recall_score), ("npv", M.precision_score)):
        # A single class makes the indicator matrix a binary vector.
        micro = score(*(m.ravel() for m in inverse), zero_division=0)
        result |= {f"{name}_micro": micro, f"{name}_macro": np.mean(one[name]),
                   f"{name}_weighted": np.average(one[name], weights=support)}
    for beta in (0.5, 2):
        for average in ("micro", "macro", "weighted"):
            result[f"f{beta}_{average}"] = M.fbeta_score(
                truth, predicted, beta=beta, labels=range(classes), average=average, zero_division=0)
    return result


def area_of_mean_roc(onehot, scores):
    """The macro average as scikit-learn's example of multiclass ROC computes it."""
    grid, mean = np.linspace(0.0, 1.0, 1000), np.zeros(1000)
    for truth, column in zip(onehot.T, scores.T):
        if len(set(truth)) < 2:
            return math.nan
        fpr, tpr, _ = M.roc_curve(truth, column)
        mean += np.interp(grid, fpr, tpr)
    return M.auc(grid, mean / scores.shape[1])


def area_of_mean_precision(onehot, scores):
    grid, mean = np.linspace(0.0, 1.0, 1000), np.zeros(1000)
    for truth, column in zip(onehot.T, scores.T):
        precision, recall, _ = M.precision_recall_curve(truth, column)
        mean += [precision[np.flatnonzero(recall >= r)[-1]] for r in grid]
    return float((np.diff(grid) * (mean / scores.shape[1])[1:]).sum())


def risk_coverage(correct, confidence):
    points = []
    for threshold in sorted(set(confidence.tolist()), reverse=True):
        answered = confidence >= threshold
        points.append((answered.mean(), 1 - correct[answered].mean()))
    coverage, risk = np.array(points).T
    return {"coverage": coverage, "risk": risk, "area": float((np.diff(coverage, prepend=0) * risk).sum())}


def temperature(truth, scores):
    """Fitted by scipy; None where the best one lies at an end of the range."""
    logits = np.log(np.maximum(scores, 1e-30))
    truth = np.asarray(truth)

    def loss(log_t):
        return -special.log_softmax(logits / math.exp(log_t), axis=1)[np.arange(len(truth)), truth].mean()

    bounds = (math.log(0.01), math.log(100))
    found = optimize.minimize_scalar(loss, bounds=bounds, method="bounded", options={"xatol": 1e-12})
    if min(found.x - bounds[0], bounds[1] - found.x) < 1e-3 or abs(found.fun - loss(0)) < 1e-12 \
            or found.fun < 1e-12:
        return None
    return {"value": math.exp(found.x), "before": loss(0), "after": found.fun}


def split_mix(seed, count):
    """The first numbers of SplitMix64."""
    with np.errstate(over="ignore"):
        z = np.uint64(seed) + np.uint64(0x9E3779B97F4A7C15) * np.arange(1, count + 1, dtype=np.uint64)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return z ^ (z >> np.uint64(31))


def intervals(truth, scores, classes, confidence=0.9, resamples=100, seed=7):
    """Percentile bootstrap with the samples drawn as Aviary draws them and the metrics of scikit-learn."""
    count = len(truth)
    numbers = split_mix(seed, resamples * count) >> np.uint64(32)
    drawn = ((numbers * np.uint64(count)) >> np.uint64(32)).astype(int).reshape(resamples, count)
    values = {}
    for index in drawn:
        t, s = truth[index], scores[index]
        onehot = np.eye(classes, dtype=int)[t]
        row = table(t, s.argmax(axis=1), s, classes)
        f1 = M.f1_score(t, s.argmax(axis=1), labels=range(classes), average=None, zero_division=0)
        row |= {f"f1[{c}]": f1[c] for c in range(classes)}
        for c in range(classes):
            both = 0 < onehot[:, c].sum() < count
            row[f"roc_auc[{c}]"] = M.roc_auc_score(onehot[:, c], s[:, c]) if both else math.nan
        for name, value in row.items():
            values.setdefault(name, []).append(value)
    result = {}
    for name, column in values.items():
        column = np.array(column, dtype=float)
        defined = column[~np.isnan(column)]
        if 2 * len(defined) > len(column):
            result[name] = np.quantile(defined, [(1 - confidence) / 2, (1 + confidence) / 2])
    return {"confidence": confidence, "resamples": resamples, "seed": seed, "classes": classes,
            "truth": truth, "scores": scores.ravel(), "intervals": result}


def interval_cases():
    rng = np.random.default_rng(50)
    for classes, samples in [(2, 40), (4, 60), (7, 90)]:
        truth = rng.integers(0, classes, samples)
        logits = rng.normal(size=(samples, classes))
        logits[np.arange(samples), truth] += 1.5
        yield intervals(truth, softmax(logits), classes)
    # Ties, and a class so rare that most drawings leave it out.
    truth = np.r_[rng.integers(0, 3, 49), 3]
    yield intervals(truth, rng.multinomial(4, [0.25] * 4, size=50) / 4, 4)


def table(truth, predicted, scores, classes):
    """The values of Metric.all by name."""
    labels = list(range(classes))
    onehot = np.eye(classes, dtype=int)[truth]
    result = {
        "accuracy": M.accuracy_score(truth, predicted),
        "balanced_accuracy": M.balanced_accuracy_score(truth, predicted),
        "cohen_kappa": M.cohen_kappa_score(truth, predicted, labels=labels),
        "cohen_kappa_linear": M.cohen_kappa_score(truth, predicted, labels=labels, weights="linear"),
        "cohen_kappa_quadratic": M.cohen_kappa_score(truth, predicted, labels=labels, weights="quadratic"),
        "matthews_corrcoef": M.matthews_corrcoef(truth, predicted),
    }
    for average in ("micro", "macro", "weighted"):
        p, r, f, _ = M.precision_recall_fscore_support(
            truth, predicted, labels=labels, average=average, zero_division=0)
        result |= {f"precision_{average}": p, f"recall_{average}": r, f"f1_{average}": f}
    result |= averaged_rates(truth, predicted, classes)
    if classes < 2 or scores is None:
        return result
    for k in (2, 3):
        # With two classes scikit-learn takes one column of scores; two of two is always a hit.
        result[f"top_{k}_accuracy"] = 1.0 if classes == 2 else M.top_k_accuracy_score(
            truth, scores, k=k, labels=labels)
    for average in ("micro", "macro", "weighted"):
        auc = M.roc_auc_score(onehot, scores, average=average)
        if classes > 2:
            multiclass = M.roc_auc_score(truth, scores, multi_class="ovr", average=average, labels=labels)
            np.testing.assert_equal(auc, multiclass)
        result[f"roc_auc_ovr_{average}"] = auc
        result[f"average_precision_{average}"] = M.average_precision_score(onehot, scores, average=average)
    result["roc_auc_ovr_macro_curve"] = area_of_mean_roc(onehot, scores)
    result["average_precision_macro_curve"] = area_of_mean_precision(onehot, scores)
    result["log_loss"] = M.log_loss(truth, y_proba=scores, labels=labels)
    result["brier_score"] = M.brier_score_loss(truth, y_proba=scores, labels=labels, scale_by_half=False)
    correct = (scores.argmax(axis=1) == truth).astype(int)
    bins = calibration(correct, scores.max(axis=1), 15)
    result["expected_calibration_error"] = bins["expected"]
    result["maximum_calibration_error"] = bins["maximum"]
    result["risk_coverage_area"] = risk_coverage(correct, scores.max(axis=1))["area"]
    return result


def case(name, truth, predicted, scores, classes):
    truth = np.asarray(truth, dtype=int)
    if predicted is None:
        predicted = scores.argmax(axis=1)
    predicted = np.asarray(predicted, dtype=int)
    labels = list(range(classes))
    matrix = M.confusion_matrix(truth, predicted, labels=labels)
    result = {
        "name": name, "classes": classes, "truth": truth, "predicted": predicted,
        "scores": None if scores is None else scores.ravel(),
        "metrics": table(truth, predicted, scores, classes),
        "balancedAdjusted": M.balanced_accuracy_score(truth, predicted, adjusted=True),
        "confusion": matrix,
        "normalized": {n: M.confusion_matrix(truth, predicted, labels=labels, normalize=n).ravel()
                       for n in ("true", "pred", "all")},
        "perClass": {}, "averages": {}, "rates": rates(truth, predicted, classes),
    }
    for key, value in ZERO_DIVISION.items():
        p, r, f, s = M.precision_recall_fscore_support(
            truth, predicted, labels=labels, average=None, zero_division=value)
        result["perClass"][key] = {"precision": p, "recall": r, "f1": f, "support": s}
        result["averages"][key] = {
            average: list(M.precision_recall_fscore_support(
                truth, predicted, labels=labels, average=average, zero_division=value)[:3])
            for average in ("micro", "macro", "weighted")}
    if scores is not None and classes > 1:
        result["topK"] = [1.0 if classes == 2 else M.top_k_accuracy_score(truth, scores, k=k, labels=labels)
                          for k in range(2 if classes == 2 else 1, classes + 2)]
        correct = (scores.argmax(axis=1) == truth).astype(int)
        result["riskCoverage"] = risk_coverage(correct, scores.max(axis=1))
        result["temperature"] = temperature(truth, scores)
        result["calibration"] = [calibration(correct, scores.max(axis=1), bins) for bins in (1, 5, 10, 15)]
    return result


def cases():
    rng = np.random.default_rng(20)
    for classes, samples in [(2, 30), (3, 40), (4, 25), (7, 60), (10, 50), (30, 120)]:
        truth = rng.integers(0, classes, samples)
        logits = rng.normal(size=(samples, classes))
        logits[np.arange(samples), truth] += 1.2
        yield case(f"random {classes} classes", truth, None, softmax(logits), classes)
    for seed in range(6):
        rng = np.random.default_rng(100 + seed)
        classes, samples = int(rng.integers(3, 8)), int(rng.integers(2, 40))
        truth, predicted = rng.integers(0, classes, (2, samples))
        yield case(f"labels against scores {seed}", truth, predicted,
                   softmax(rng.normal(size=(samples, classes)) * 3), classes)
    rng = np.random.default_rng(21)
    truth = rng.integers(0, 4, 40)
    # Quarters: many equal scores within a row and within a column.
    coarse = rng.multinomial(4, [0.25] * 4, size=40) / 4
    yield case("ties", truth, None, coarse, 4)
    yield case("all scores equal", truth, None, np.full((40, 4), 0.25), 4)
    yield case("certain", truth, None, np.eye(4)[truth], 4)
    yield case("certain and wrong", truth, None, np.eye(4)[(truth + 1) % 4], 4)
    half = np.where(rng.random(40) < 0.5, truth, (truth + 2) % 4)
    yield case("certain and half wrong", truth, None, np.eye(4)[half], 4)
    scores = softmax(rng.normal(size=(30, 5)))
    truth = rng.integers(0, 5, 30)
    yield case("class missing in truth", np.where(truth == 2, 1, truth), None, scores, 5)
    without = scores.copy()
    without[:, 3] = 0
    without /= without.sum(axis=1, keepdims=True)
    yield case("class missing in prediction", truth, None, without, 5)
    yield case("class missing in both", np.where(truth == 3, 0, truth), None, without, 5)
    yield case("one class in truth", np.full(12, 2), None, scores[:12], 5)
    yield case("one class in prediction", truth, np.full(30, 4), scores, 5)
    yield case("one class in both", np.full(9, 1), np.full(9, 1), softmax(rng.normal(size=(9, 3))), 3)
    yield case("disjoint classes", [0, 0, 1], [2, 3, 3], softmax(rng.normal(size=(3, 4))), 4)
    yield case("single sample right", [1], None, np.array([[0.2, 0.5, 0.3]]), 3)
    yield case("single sample wrong", [0], None, np.array([[0.2, 0.5, 0.3]]), 3)
    # Rows whose sums round away from one as stored six-digit probabilities do.
    yield case("rounded probabilities", truth, None, np.round(scores, 6), 5)
    yield case("imbalanced", np.r_[np.zeros(50, int), 1, 2, 2], None,
               softmax(rng.normal(size=(53, 3)) + np.array([2.0, 0, 0])), 3)
    yield case("one class", [0, 0, 0], [0, 0, 0], None, 1)


def reports():
    """Texts and numbers of classification_report."""
    rng = np.random.default_rng(30)
    emotions = ["angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"]
    settings = [
        ("seven emotions", 7, 500, None, emotions), ("numbers as names", 4, 30, None, None),
        ("thousands", 3, 40000, None, ["a", "b", "c"]),
        ("long names", 3, 40, None, ["a very long label name, longer than any heading", "b", "ü ñ 漢字"]),
        ("subset", 6, 80, [4, 1], ["four", "one"]), ("one of the classes", 3, 20, [2], None),
        ("other order", 4, 50, [3, 2, 1, 0], ["d", "c", "b", "a"]),
        ("labels beyond those present", 4, 25, [0, 1, 2, 3, 4, 5], None),
        ("only absent labels beside one", 3, 25, [5, 1], None),
        ("single sample", 2, 1, None, None), ("binary", 2, 33, None, ["no", "yes"]),
        ("thirty", 30, 400, list(range(30)), [f"class {i}" for i in range(30)]),
    ]
    for name, classes, samples, labels, names in settings:
        truth = rng.integers(0, classes, samples)
        predicted = np.where(rng.random(samples) < 0.6, truth, rng.integers(0, classes, samples))
        total = max([classes] + [l + 1 for l in labels or []])
        if names is not None and labels is None:
            labels = list(range(classes))
        for zero in ("zero", "nan") if "absent" in name or "beyond" in name else ("zero",):
            options = dict(labels=labels, target_names=names, zero_division=ZERO_DIVISION[zero])
            yield {
                "name": name, "classes": total, "labels": labels, "names": names, "zeroDivision": zero,
                "confusion": M.confusion_matrix(truth, predicted, labels=list(range(total))),
                "texts": {str(d): M.classification_report(truth, predicted, digits=d, **options)
                          for d in (0, 2, 4, 6, 14)},
                "values": M.classification_report(truth, predicted, output_dict=True, **options),
            }


def curves():
    """ROC and precision-recall curves, with and without the points that a drawing does not need."""
    rng = np.random.default_rng(40)
    inputs = {
        "random": (rng.integers(0, 2, 40), rng.random(40)),
        "ties": (rng.integers(0, 2, 60), rng.integers(0, 8, 60) / 8),
        "negative scores": (rng.integers(0, 2, 25), rng.normal(size=25) * 10),
        "perfect": (np.r_[np.zeros(5, int), np.ones(7, int)], np.arange(12.0)),
        "inverted": (np.r_[np.ones(5, int), np.zeros(7, int)], np.arange(12.0)),
        "all equal": (rng.integers(0, 2, 10), np.full(10, 0.5)),
        "no positives": (np.zeros(6, int), rng.random(6)),
        "no negatives": (np.ones(6, int), rng.random(6)),
        "one sample": (np.array([1]), np.array([0.3])),
        "signed zeros": (np.array([0, 1, 0, 1]), np.array([0.0, -0.0, 1.0, -0.0])),
    }
    for name, (truth, scores) in inputs.items():
        for drop in (True, False):
            fpr, tpr, roc = M.roc_curve(truth, scores, pos_label=1, drop_intermediate=drop)
            precision, recall, pr = M.precision_recall_curve(
                truth, scores, pos_label=1, drop_intermediate=drop)
            yield {
                "name": name, "dropIntermediate": drop, "truth": truth, "scores": scores,
                # The first ROC threshold is infinite and left out here.
                "roc": {"x": fpr, "y": tpr, "thresholds": roc[1:]},
                "precisionRecall": {"x": recall, "y": precision, "thresholds": pr},
                "area": M.roc_auc_score(truth, scores) if len(set(truth)) == 2 else None,
                "averagePrecision": M.average_precision_score(truth, scores),
            }


def statistics():
    wilson = [
        {"successes": k, "trials": n, "confidence": c,
         "interval": list(stats.binomtest(k, n).proportion_ci(confidence_level=c, method="wilson"))}
        for (k, n), c in itertools.product(
            [(0, 1), (1, 1), (0, 20), (20, 20), (3, 10), (4707, 7178), (999999, 1000000)],
            [0.5, 0.9, 0.95, 0.99, 0.999999])]
    mcnemar = []
    for b, c in [(0, 0), (1, 0), (0, 1), (3, 3), (5, 2), (10, 25), (0, 40), (121, 59), (400, 380), (3000, 2500),
                 (60000, 61000)]:
        corrected = 0.0 if b == c else (abs(b - c) - 1) ** 2 / (b + c)
        mcnemar.append({
            "onlyFirst": b, "onlySecond": c, "exact": stats.binomtest(b, b + c).pvalue if b + c else 1.0,
            "loss": stats.binomtest(b, b + c, alternative="greater").pvalue if b > c else 1.0,
            "chiSquared": corrected, "chiSquaredPValue": stats.chi2.sf(corrected, 1)})
    return {"wilson": wilson, "mcnemar": mcnemar}


def table_of_file(path):
    header, *rows = csv.reader(open(path))
    labels = header[2:]
    truth = np.array([labels.index(row[1]) for row in rows])
    scores = np.array([[float(x) for x in row[2:]] for row in rows])
    return table(truth, scores.argmax(axis=1), scores / scores.sum(axis=1, keepdims=True), len(labels))


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps(plain(table_of_file(sys.argv[1]))))
        sys.exit()
    write("cases.json", list(cases()))
    write("reports.json", list(reports()))
    write("curves.json", list(curves()))
    write("statistics.json", statistics())
    write("intervals.json", list(interval_cases()))
