"""Golden values of the classical models: `python golden_ml.py` writes golden_ml.json beside it.

ONNX Runtime is the judge; what it does not do as the specification says is marked where it stands.
"""

import pathlib
import sys

import numpy as np
from onnx import helper, numpy_helper

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
from golden import Cases, run  # noqa: E402

ML = "ai.onnx.ml"
cases = Cases()
rng = np.random.default_rng(7)
F = np.float32
KINDS = [np.float32, np.float64, np.int64, np.int32]
TRANSFORMS = ["NONE", "SOFTMAX", "LOGISTIC", "SOFTMAX_ZERO", "PROBIT"]


def add(op, version, inputs, outputs=1, **attributes):
    cases.add(op, version, inputs, outputs, domain=ML, **attributes)


def fails(op, version, inputs, outputs=1, **attributes):
    cases.fails(op, version, inputs, outputs, domain=ML, **attributes)


def text(*values):
    return np.array(values, dtype=object)


def floats(*shape, low=-1.0, high=1.0):
    return [round(float(v), 3) for v in rng.uniform(low, high, shape).reshape(-1)]


def rows(n, c, dtype=np.float32):
    x = rng.normal(size=(n, c)) * (1 if np.dtype(dtype).kind == "f" else 3)
    return np.round(x, 3).astype(dtype)


def small():
    for kind in KINDS:
        add("ArrayFeatureExtractor", 1, [rows(3, 4, kind), np.array([2, 0], np.int64)])
        add("Binarizer", 1, [rows(3, 4, kind)], threshold=0.25) if kind in KINDS[:2] else None
        add("Scaler", 1, [rows(3, 4, kind)], offset=floats(4), scale=floats(4), tolerance=1e-6)
        for norm in ["MAX", "L1", "L2"] if kind != np.float64 else ["L1"]:
            add("Normalizer", 1, [np.abs(rows(3, 4, kind))], norm=norm, tolerance=1e-6)
    add("Scaler", 1, [rows(3, 4)], offset=[0.5], scale=[2.0])
    fails("Scaler", 1, [rows(3, 4)], offset=[0.5, 1.0], scale=[2.0])
    add("Normalizer", 1, [np.array([[0, 0], [3, -4]], F)], norm="L2", tolerance=1e-6)
    # The norm is of magnitudes; ONNX Runtime takes the largest value as it stands.
    cases.add("Normalizer", 1, [np.array([[1, -4]], F)], domain=ML, norm="MAX", engine="reference")
    add("ArrayFeatureExtractor", 1, [text("a", "b", "c"), np.array([2, 0, 2], np.int64)])
    add("ArrayFeatureExtractor", 1, [rows(2, 5).reshape(1, 2, 5), np.array([[4]], np.int64)])
    fails("ArrayFeatureExtractor", 1, [rows(2, 5), np.array([5], np.int64)])
    fails("ArrayFeatureExtractor", 1, [rows(2, 5), np.array([-1], np.int64)])
    # ONNX Runtime has no integer kernels here.
    cases.add("Binarizer", 1, [np.array([[0, 1, -1, 2]], np.int64)], domain=ML, threshold=0.5, engine="reference")
    cases.add("Binarizer", 1, [np.array([[0, 1, -1, 2]], np.int32)], domain=ML, threshold=-0.5, engine="reference")
    add("Imputer", 1, [np.array([[1, np.nan], [np.nan, 2]], F)], imputed_value_floats=[7.0, 8.0],
        replaced_value_float=float("nan"))
    add("Imputer", 1, [np.array([[1, 0], [0, 2]], F)], imputed_value_floats=[7.5])
    cases.add("Imputer", 1, [np.array([[1, np.nan]], np.float64)], domain=ML, imputed_value_floats=[7.5],
              replaced_value_float=float("nan"), engine="reference")
    add("Imputer", 1, [np.array([[1, 0], [0, 2]], np.int64)], imputed_value_int64s=[7, 9], replaced_value_int64=0)
    fails("Imputer", 1, [np.array([[1, 0, 3]], F)], imputed_value_floats=[7.0, 8.0])
    add("FeatureVectorizer", 1, [rows(3, 2), rows(3, 3)], inputdimensions=[2, 3])
    add("FeatureVectorizer", 1, [rows(3, 2, np.int64), rows(3, 3, np.int64)], inputdimensions=[2, 3])
    cases.add("FeatureVectorizer", 1, [rows(3, 2), rows(3, 3)], domain=ML, inputdimensions=[1, 5],
              engine="reference")
    fails("FeatureVectorizer", 1, [rows(3, 2), rows(2, 3)], inputdimensions=[2, 3])


def lookups():
    words = text("cat", "dog", "?", "bird").reshape(2, 2)
    add("LabelEncoder", 1, [words], classes_strings=["cat", "dog"], default_int64=9)
    add("LabelEncoder", 1, [np.array([0, 1, 5], np.int64)], classes_strings=["cat", "dog"], default_string="none")
    add("LabelEncoder", 2, [words], keys_strings=["dog", "bird", "dog"], values_int64s=[4, 6, 5])
    add("LabelEncoder", 2, [words], keys_strings=["dog", "bird"], values_floats=[4.5, 6.0], default_float=0.25)
    add("LabelEncoder", 2, [np.array([[3, 7]], np.int64)], keys_int64s=[3, 4], values_strings=["a", "b"])
    add("LabelEncoder", 2, [np.array([[3, 7]], np.int64)], keys_int64s=[3, 4], values_floats=[0.5, 1.5])
    nan = float("nan")
    # A key may be NaN, says the specification; ONNX Runtime does not find it.
    add("LabelEncoder", 2, [np.array([0.5, nan, 2, -0.0], F)], keys_floats=[nan, 2.0, 0.0],
        values_strings=["nan", "two", "zero"], expected=[np.array(["_Unused", "nan", "two", "zero"], object)])
    add("LabelEncoder", 2, [np.array([0.5, 2], F)], keys_floats=[2.0], values_int64s=[7], default_int64=-5)
    tensor = helper.make_tensor

    def of(name, array):
        return numpy_helper.from_array(array, name)

    add("LabelEncoder", 4, [np.array([1.5, 3.0], np.float64)], keys_tensor=of("k", np.array([1.5, 2.5])),
        values_tensor=of("v", np.array([10.5, 20.5])), default_tensor=of("d", np.array([-7.0])))
    add("LabelEncoder", 4, [words], keys_strings=["cat", "dog"],
        values_tensor=of("v", np.array([10, 20], np.int16)), default_tensor=of("d", np.array([3], np.int16)))
    add("LabelEncoder", 4, [np.array([5, 6], np.int64)], keys_int64s=[5], values_strings=["five"])
    del tensor
    fails("LabelEncoder", 2, [words], keys_strings=["a", "b"], values_int64s=[1])
    fails("LabelEncoder", 2, [np.array([1], np.int64)], keys_strings=["a"], values_int64s=[1])
    for x in (words, np.array([[1, 2, 3]], np.int64)):
        add("CategoryMapper", 1, [x], cats_int64s=[2, 3], cats_strings=["cat", "bird"])
        add("CategoryMapper", 1, [x], cats_int64s=[2, 3], cats_strings=["cat", "bird"], default_int64=8,
            default_string="other")
    add("OneHotEncoder", 1, [words], cats_strings=["dog", "cat"], zeros=1)
    fails("OneHotEncoder", 1, [words], cats_strings=["dog", "cat"], zeros=0)
    for kind in KINDS:
        add("OneHotEncoder", 1, [np.array([[1, 5], [3, 1]], kind)], cats_int64s=[5, 1])
    add("OneHotEncoder", 1, [np.array([1.7, -3.0, 5.0], F)], cats_int64s=[5, 1])


def linear():
    for kind in KINDS:
        add("LinearRegressor", 1, [rows(3, 4, kind)] if kind == F else [rows(3, 4, F)], tolerance=1e-5, targets=2,
            coefficients=floats(8), intercepts=floats(2))
        add("LinearClassifier", 1, [rows(5, 4, kind)], 2, tolerance=1e-5, coefficients=floats(12),
            intercepts=floats(3), classlabels_ints=[4, 7, 9])
    for transform in TRANSFORMS:
        low, high = (0.1, 0.2) if transform == "PROBIT" else (-1, 1)
        x = np.abs(rows(5, 4)) if transform == "PROBIT" else rows(5, 4)
        weights = dict(coefficients=floats(12, low=low, high=high), intercepts=floats(3, low=low, high=high))
        add("LinearClassifier", 1, [x * F(0.3)], 2, tolerance=1e-5, post_transform=transform,
            classlabels_strings=["a", "b", "c"], **weights)
        add("LinearRegressor", 1, [x * F(0.3)], tolerance=1e-5, post_transform=transform, targets=3, **weights)
        if transform in ("NONE", "LOGISTIC"):
            one = dict(coefficients=floats(4), intercepts=floats(1))
            add("LinearClassifier", 1, [rows(6, 4)], 2, tolerance=1e-5, post_transform=transform,
                classlabels_ints=[10, 20], **one)
            add("LinearClassifier", 1, [rows(6, 4)], 2, tolerance=1e-5, classlabels_strings=["no", "yes"],
                post_transform=transform, **one)
    add("LinearClassifier", 1, [rows(1, 4)[0]], 2, tolerance=1e-5, coefficients=floats(12), intercepts=floats(3),
        classlabels_ints=[4, 7, 9])
    fails("LinearClassifier", 1, [rows(3, 5)], 2, coefficients=floats(12), intercepts=floats(3),
          classlabels_ints=[4, 7, 9])
    fails("LinearClassifier", 1, [rows(3, 4)], 2, coefficients=floats(11), intercepts=floats(3),
          classlabels_ints=[4, 7, 9])
    fails("LinearRegressor", 1, [rows(3, 4)], coefficients=floats(8), targets=0)
    fails("LinearRegressor", 1, [rows(3, 4).reshape(1, 3, 4)], coefficients=floats(8), targets=2)


def machines():
    for kernel in ["LINEAR", "POLY", "RBF", "SIGMOID"]:
        vectors = dict(kernel_type=kernel, kernel_params=[0.3, 0.5, 3.0], support_vectors=floats(5, 3))
        add("SVMRegressor", 1, [rows(4, 3)], tolerance=1e-5, coefficients=floats(5), n_supports=5,
            rho=[0.25], **vectors)
        for labels in (["a", "b", "c"], ["no", "yes"]):
            k = len(labels)
            split = [2, 3] if k == 2 else [1, 2, 2]
            pairs = k * (k - 1) // 2
            base = dict(classlabels_strings=labels, coefficients=floats(5 * (k - 1)), vectors_per_class=split,
                        rho=floats(pairs), tolerance=1e-5, **vectors)
            add("SVMClassifier", 1, [rows(6, 3)], 2, **base)
            add("SVMClassifier", 1, [rows(6, 3)], 2, prob_a=floats(pairs, low=-2, high=-1), prob_b=floats(pairs),
                **base)
    add("SVMRegressor", 1, [rows(6, 3)], coefficients=floats(5), n_supports=5, rho=[0.25], one_class=1,
        kernel_type="RBF", kernel_params=[0.3, 0.0, 3.0], support_vectors=floats(5, 3))
    add("SVMRegressor", 1, [rows(6, 3)], coefficients=floats(3), rho=[0.25], tolerance=1e-5)
    # One row of weights a class: the largest score wins. ONNX Runtime takes the second label for any score above 0,
    # and cuts the scores of integers to integers; its scores of floats are the truth here.
    for kind, transform in [(F, t) for t in TRANSFORMS[:4]] + [(k, "NONE") for k in KINDS[1:]]:
        x, names = rows(6, 3, kind), np.array([4, 5], np.int64)
        model = dict(coefficients=floats(6), rho=[0.25], classlabels_ints=[4, 5], kernel_type="LINEAR",
                     kernel_params=[0.0, 0.0, 3.0], post_transform=transform)
        scores = run("SVMClassifier", 1, [x.astype(F)], model, 2, "ort", ML)[1]
        cases.add("SVMClassifier", 1, [x], 2, domain=ML, expected=[names[scores.argmax(1)], scores], tolerance=1e-5,
                  **model)
    fails("SVMClassifier", 1, [rows(6, 3)], 2, coefficients=floats(4), rho=[0.1], vectors_per_class=[2, 9],
          support_vectors=floats(5, 3), classlabels_ints=[0, 1])
    fails("SVMRegressor", 1, [rows(6, 4)], coefficients=floats(5), n_supports=5, rho=[0.25],
          support_vectors=floats(5, 3))


def forest(prefix, count, features, depth, targets, modes=("BRANCH_LEQ",), low=-1.0, high=1.0, missing=False,
           only=None):
    """`count` random trees; a leaf votes for one or two of `targets` (for `only` where it is given)."""
    out = {f"nodes_{k}": [] for k in ("treeids", "nodeids", "featureids", "modes", "values", "truenodeids",
                                      "falsenodeids", "missing_value_tracks_true")}
    votes = {k: [] for k in ("treeids", "nodeids", "ids", "weights")}
    for tree in range(count):
        def grow(level):
            node = grow.next
            grow.next += 1
            place = len(out["nodes_nodeids"])
            leaf = level == depth or (level > 0 and rng.random() < 0.2)
            for key, value in (("treeids", tree), ("nodeids", node), ("featureids", int(rng.integers(features))),
                               ("modes", "LEAF" if leaf else modes[int(rng.integers(len(modes)))]),
                               ("values", round(float(rng.normal()), 2)), ("truenodeids", 0), ("falsenodeids", 0),
                               ("missing_value_tracks_true", int(missing and rng.random() < 0.5))):
                out[f"nodes_{key}"].append(value)
            if leaf:
                chosen = [only] if only is not None else rng.choice(targets, min(targets, 2), replace=False)
                for target in chosen:
                    for key, value in (("treeids", tree), ("nodeids", node), ("ids", int(target)),
                                       ("weights", round(float(rng.uniform(low, high)), 3))):
                        votes[key].append(value)
            else:
                out["nodes_truenodeids"][place] = grow(level + 1)
                out["nodes_falsenodeids"][place] = grow(level + 1)
            return node
        grow.next = 0
        grow(0)
    if not missing:
        del out["nodes_missing_value_tracks_true"]
    out.update({("class_ids" if prefix == "class" else "target_ids") if k == "ids" else f"{prefix}_{k}": v
                for k, v in votes.items()})
    return out


def holes(x):
    x[rng.random(x.shape) < 0.2] = np.nan
    return x


def trees():
    all_modes = ["BRANCH_LEQ", "BRANCH_LT", "BRANCH_GTE", "BRANCH_GT", "BRANCH_EQ", "BRANCH_NEQ"]
    for kind in KINDS:
        add("TreeEnsembleClassifier", 1, [rows(9, 4, kind)], 2, tolerance=1e-5, classlabels_int64s=[3, 5, 8],
            **forest("class", 5, 4, 4, 3))
    for aggregate in ["SUM", "AVERAGE", "MIN", "MAX"]:
        for targets in (1, 3):
            add("TreeEnsembleRegressor", 1, [rows(9, 4)], tolerance=1e-5, n_targets=targets,
                aggregate_function=aggregate, base_values=floats(targets), **forest("target", 6, 4, 4, targets))
    add("TreeEnsembleRegressor", 1, [holes(rows(20, 4))], tolerance=1e-5, n_targets=2,
        **forest("target", 6, 4, 4, 2, missing=True))
    add("TreeEnsembleRegressor", 1, [np.round(rows(20, 4), 1)], tolerance=1e-5, n_targets=1,
        **forest("target", 6, 4, 4, 1, modes=all_modes))
    for count, n in ((70, 3), (70, 70), (3, 70)):  # many trees, few rows and the other way round
        add("TreeEnsembleRegressor", 1, [rows(n, 4)], tolerance=1e-4, n_targets=2,
            **forest("target", count, 4, 2, 2))
    for transform in TRANSFORMS:
        low, high = (0.05, 0.1) if transform == "PROBIT" else (-1, 1)
        add("TreeEnsembleRegressor", 1, [rows(5, 4)], tolerance=1e-5, n_targets=3, post_transform=transform,
            **forest("target", 5, 4, 3, 3, low=low, high=high))
        add("TreeEnsembleClassifier", 1, [rows(9, 4)], 2, tolerance=1e-5, classlabels_strings=["a", "b", "c"],
            post_transform=transform, base_values=floats(3, low=low, high=high),
            **forest("class", 5, 4, 3, 3, low=low, high=high))
        # Two classes: both voted for, or one of them only, with weights of one sign or both.
        for only in (None, 0, 1):
            for low, high in ((0, 0.2), (-1, 1)):
                # ONNX Runtime writes one number of two where the transform is PROBIT.
                if transform == "PROBIT" and (low < 0 or only is not None):
                    continue
                # Where both classes are voted for it gives labels that are none: 0 and 1.
                cases.add("TreeEnsembleClassifier", 1, [rows(9, 4)], 2, "reference" if only is None else "ort",
                          domain=ML, tolerance=1e-5, classlabels_int64s=[10, 20], post_transform=transform,
                          **forest("class", 5, 4, 3, 2, low=low, high=high, only=only))
    add("TreeEnsembleClassifier", 1, [rows(9, 4)], 2, tolerance=1e-5, classlabels_strings=["x", "y"],
        base_values=[0.3], **forest("class", 5, 4, 3, 2, only=0))
    double = forest("target", 5, 4, 3, 1)
    for name in ("nodes_values", "target_weights"):
        values = np.array(double.pop(name), np.float64)
        double[name + "_as_tensor"] = numpy_helper.from_array(values, name)
    add("TreeEnsembleRegressor", 3, [rows(9, 4, np.float64)], tolerance=1e-6, n_targets=1, **double)
    good = forest("target", 1, 4, 3, 1)
    good_x = rows(2, 4)
    cycle = dict(good, nodes_truenodeids=[0] * len(good["nodes_truenodeids"]))
    fails("TreeEnsembleRegressor", 1, [good_x], n_targets=1, **cycle)
    fails("TreeEnsembleRegressor", 1, [good_x], n_targets=1, **dict(good, nodes_featureids=good["nodes_featureids"][1:]))
    fails("TreeEnsembleRegressor", 1, [rows(2, 1)], n_targets=1, **dict(good, nodes_featureids=[3] * len(good["nodes_featureids"])))
    fails("TreeEnsembleRegressor", 1, [good_x], n_targets=0, **good)
    fails("TreeEnsembleRegressor", 1, [good_x], n_targets=1, **dict(good, target_ids=[9] * len(good["target_ids"])))


def ensemble():
    for kind in (np.float32, np.float64):
        def tensor(name, values, dtype=kind):
            return numpy_helper.from_array(np.array(values, dtype), name)
        base = dict(
            n_targets=2, tree_roots=[0, 3], nodes_featureids=[0, 1, 2, 1],
            nodes_modes=tensor("m", [0, 1, 4, 6], np.uint8), nodes_splits=tensor("s", [0.1, -0.2, 0.5, 0.0]),
            nodes_truenodeids=[1, 0, 2, 3], nodes_trueleafs=[0, 1, 1, 1], nodes_falsenodeids=[2, 1, 0, 4],
            nodes_falseleafs=[0, 1, 1, 1], leaf_targetids=[0, 1, 0, 1, 1],
            leaf_weights=tensor("w", [0.5, -1.0, 2.0, 0.25, 4.0]),
            membership_values=tensor("v", [1.0, 2.0, float("nan")]))
        x = np.array([[0, -1, 0.5], [1, 2, 0.5], [1, 1, 3], [0.1, 0, 0], [np.nan, 2, 1]], kind)
        for aggregate in range(4):
            add("TreeEnsemble", 5, [x], tolerance=1e-6, aggregate_function=aggregate, **base)
        # 1 is SOFTMAX and 2 is LOGISTIC in the specification; ONNX Runtime has them the other way round.
        for transform in (1, 2):
            swapped = run("TreeEnsemble", 5, [x], dict(base, post_transform=3 - transform), 1, "ort", ML)
            add("TreeEnsemble", 5, [x], expected=swapped, tolerance=1e-6, post_transform=transform, **base)
        add("TreeEnsemble", 5, [x], tolerance=1e-6, nodes_missing_value_tracks_true=[1, 0, 0, 1], **base)
        fails("TreeEnsemble", 5, [x], **dict(base, nodes_truenodeids=[0, 0, 2, 3]))
        fails("TreeEnsemble", 5, [x], **dict(base, tree_roots=[7]))


small()
lookups()
linear()
machines()
trees()
ensemble()
cases.write(__file__)
