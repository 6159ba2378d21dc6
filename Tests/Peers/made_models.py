"""Models for `real_models.py` that no package has: scikit-learn pipelines by skl2onnx, quantised and half-precision
networks by ONNX Runtime's and ONNX's own tools, sequence models, loops. Weights are seeded noise."""

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

ROOT = Path(__file__).resolve().parents[2]


def all_models(cache):
    """Name, path, kind, feeds and limit of each."""
    folder = Path(cache) / "made"
    folder.mkdir(parents=True, exist_ok=True)
    yield from pipelines(folder)
    yield from quantised(folder)
    yield from networks(folder)


# scikit-learn


def pipelines(folder):
    from skl2onnx import to_onnx
    from skl2onnx.common.data_types import StringTensorType
    from sklearn.compose import ColumnTransformer
    from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_iris
    from sklearn.ensemble import (ExtraTreesRegressor, GradientBoostingClassifier, IsolationForest,
                                  RandomForestClassifier)
    from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression, Ridge, SGDClassifier
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.neural_network import MLPClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import MinMaxScaler, Normalizer, OneHotEncoder, StandardScaler
    from sklearn.svm import SVC, SVR

    def save(name, fitted, x, kind, options=None, limit=1e-4, **more):
        path = folder / f"{name}.onnx"
        proto = to_onnx(fitted, x, options=options, target_opset={"": 18, "ai.onnx.ml": 3}, **more)
        path.write_bytes(proto.SerializeToString())
        feed = {proto.graph.input[0].name: x}
        return f"scikit-learn: {name}", path, kind, feed, limit

    def fit(model, data):
        x, y = data(return_X_y=True)
        x = x.astype(np.float32)
        return model.fit(x, y), x[:64]

    flat = {"zipmap": False}
    for name, model, data, kind, options in [
        ("random-forest", RandomForestClassifier(50, random_state=0), load_digits, "trees", flat),
        ("gradient-boosting", GradientBoostingClassifier(n_estimators=30, random_state=0), load_breast_cancer, "trees",
         flat),
        ("extra-trees", ExtraTreesRegressor(40, random_state=0), load_diabetes, "trees",
         None),
        ("svc-rbf", make_pipeline(StandardScaler(), SVC(random_state=0)), load_iris, "SVM", flat),
        ("svc-probability", SVC(kernel="poly", probability=True, random_state=0), load_iris, "SVM", flat),
        ("svr", make_pipeline(MinMaxScaler(), SVR()), load_diabetes, "SVM", None),
        ("sgd", make_pipeline(StandardScaler(), SGDClassifier(loss="log_loss", random_state=0)), load_breast_cancer, "linear", flat),
        ("logistic", make_pipeline(StandardScaler(), LogisticRegression(max_iter=500)), load_iris, "linear", flat),
        ("ridge", make_pipeline(Normalizer(), Ridge()), load_diabetes, "linear", None),
        ("neighbours", KNeighborsClassifier(3), load_iris, "neighbours", flat),
        ("perceptron", make_pipeline(StandardScaler(), MLPClassifier((20,), max_iter=300, random_state=0)), load_iris,
         "network", flat),
        ("isolation-forest", IsolationForest(n_estimators=20, random_state=0), load_iris, "trees", None),
    ]:
        fitted, x = fit(model, data)
        last = fitted[-1] if hasattr(fitted, "steps") else fitted
        yield save(name, fitted, x, kind, {type(last): options} if options else None)
    words = np.array([["the cat sat on the mat"], ["a dog ran"], ["cats and dogs and birds"], ["the bird sang"]] * 4)
    kinds = [0, 1, 1, 0] * 4
    for name, vectorizer in (("tfidf", TfidfVectorizer()), ("bigrams", CountVectorizer(ngram_range=(1, 2)))):
        fitted = make_pipeline(vectorizer, LogisticRegression()).fit(words.ravel(), kinds)
        path = folder / f"{name}.onnx"
        proto = to_onnx(fitted, initial_types=[("X", StringTensorType([None, 1]))], target_opset={"": 18, "ai.onnx.ml": 3},
                        options={LogisticRegression: flat})
        for node in proto.graph.node:  # not every system has the locale that is meant where none is given
            if node.op_type == "StringNormalizer":
                kept = [a for a in node.attribute if a.name != "locale"]
                del node.attribute[:]
                node.attribute.extend([*kept, helper.make_attribute("locale", "C.UTF-8")])
        path.write_bytes(proto.SerializeToString())
        yield f"scikit-learn: {name}", path, "text", {"X": words.astype(object)}, 1e-4
    table = ColumnTransformer([("numbers", make_pipeline(SimpleImputer(), StandardScaler()), [0, 1])])
    x = np.random.default_rng(0).normal(size=(40, 2)).astype(np.float32)
    x[3, 0] = np.nan
    fitted = make_pipeline(table, RandomForestClassifier(10, random_state=0)).fit(x, x[:, 1] > 0)
    yield save("imputer-scaler-forest", fitted, x, "trees", {RandomForestClassifier: flat})
    labels = np.array([["red"], ["green"], ["blue"], ["red"]])
    encoder = OneHotEncoder(handle_unknown="ignore", sparse_output=False).fit(labels)
    proto = to_onnx(encoder, initial_types=[("X", StringTensorType([None, 1]))], target_opset={"": 18, "ai.onnx.ml": 3})
    path = folder / "one-hot.onnx"
    path.write_bytes(proto.SerializeToString())
    yield "scikit-learn: one-hot", path, "text", {"X": np.array([["red"], ["white"]], dtype=object)}, 1e-4


# Quantised and half-precision networks


def quantised(folder):
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_dynamic, quantize_static
    from onnxruntime.transformers.float16 import convert_float_to_float16

    source = ROOT / "Zoo/fer-cnn-bn/model.onnx"
    model = onnx.load(source)
    constants = {i.name for i in model.graph.initializer}
    info = next(i for i in model.graph.input if i.name not in constants)
    dims = [d.dim_value or 1 for d in info.type.tensor_type.shape.dim]
    rng = np.random.default_rng(2)
    pictures = [rng.uniform(-1, 1, dims).astype(np.float32) for _ in range(8)]

    class Reader(CalibrationDataReader):
        def __init__(self):
            self.rest = iter(pictures)

        def get_next(self):
            picture = next(self.rest, None)
            return None if picture is None else {info.name: picture}

    feeds = {info.name: pictures[0]}
    for name, form in (("QDQ", QuantFormat.QDQ), ("QOperator", QuantFormat.QOperator)):
        path = folder / f"fer-cnn-{name}.onnx"
        quantize_static(str(source), str(path), Reader(), quant_format=form, per_channel=True,
                        activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8, reduce_range=True)
        # Weights of 7 bits (`reduce_range`): with 8 ONNX Runtime's sums overflow on processors without VNNI.
        # Steps of 1/128 of the range: a rounding that falls the other way is one of them.
        yield f"int8 {name} by ONNX Runtime: fer-cnn-bn", path, "int8", feeds, 0.03
    path = folder / "fer-cnn-dynamic.onnx"
    quantize_dynamic(str(source), str(path), weight_type=QuantType.QUInt8)
    yield "int8 dynamic by ONNX Runtime: fer-cnn-bn", path, "int8", feeds, 0.03
    half = convert_float_to_float16(onnx.load(source), keep_io_types=True)
    path = folder / "fer-cnn-fp16.onnx"
    onnx.save(half, path)
    yield "fp16 by ONNX Runtime: fer-cnn-bn", path, "fp16", feeds, 5e-3


# Networks


class Builder:
    """A graph of seeded noise."""

    def __init__(self, name):
        self.name, self.nodes, self.weights, self.rng = name, [], [], np.random.default_rng(3)

    def weight(self, *shape, scale=None):
        scale = scale or 1 / np.sqrt(max(np.prod(shape[1:]), 1))
        return self.constant((self.rng.standard_normal(shape) * scale).astype(np.float32))

    def constant(self, value):
        name = f"w{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(np.asarray(value), name))
        return name

    def __call__(self, op, *inputs, outputs=1, **attributes):
        names = [f"{op}_{len(self.nodes)}_{k}" for k in range(outputs)]
        self.nodes.append(helper.make_node(op, list(inputs), names, **attributes))
        return names[0] if outputs == 1 else names

    def save(self, folder, inputs, outputs, opset=18):
        """Inputs by name: element type and shape; outputs are element types of the named values."""
        graph = helper.make_graph(
            self.nodes, self.name, [helper.make_tensor_value_info(n, t, s) for n, (t, s) in inputs.items()],
            [helper.make_tensor_value_info(n, t, None) for n, t in outputs.items()], self.weights)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=9)
        path = folder / f"{self.name}.onnx"
        onnx.save(model, path)
        return path


def networks(folder):
    rng = np.random.default_rng(4)
    noise = lambda *shape: rng.standard_normal(shape).astype(np.float32)  # noqa: E731
    F = TensorProto.FLOAT
    yield "made: CNN and BLSTM over frames", cnn_blstm(folder), "sequence", {"frames": noise(1, 12, 1, 48, 48)}, 1e-4
    yield "made: two time scales, 1-D CNN", two_scales(folder), "sequence", {"x": noise(2, 16, 128)}, 1e-4
    b = Builder("loop")
    body = helper.make_graph(
        [helper.make_node("Identity", ["go"], ["on"]), helper.make_node("MatMul", ["h", "w0"], ["p"]),
         helper.make_node("Tanh", ["p"], ["next"]), helper.make_node("Identity", ["next"], ["seen"])],
        "body", [helper.make_tensor_value_info("i", TensorProto.INT64, []),
                 helper.make_tensor_value_info("go", TensorProto.BOOL, []), helper.make_tensor_value_info("h", F, [2, 8])],
        [helper.make_tensor_value_info("on", TensorProto.BOOL, []), helper.make_tensor_value_info("next", F, [2, 8]),
         helper.make_tensor_value_info("seen", F, [2, 8])])
    b.weight(8, 8)
    last, all_ = b("Loop", "steps", "", "x", outputs=2, body=body)
    path = b.save(folder, {"steps": (TensorProto.INT64, []), "x": (F, [2, 8])}, {last: F, all_: F})
    yield "made: Loop", path, "control flow", {"steps": np.array(7, np.int64), "x": noise(2, 8)}, 1e-4
    b = Builder("scan")
    body = helper.make_graph(
        [helper.make_node("MatMul", ["s", "w0"], ["p"]), helper.make_node("Add", ["p", "v"], ["q"]),
         helper.make_node("Sigmoid", ["q"], ["t"]), helper.make_node("Identity", ["t"], ["o"])],
        "body", [helper.make_tensor_value_info("s", F, [2, 8]), helper.make_tensor_value_info("v", F, [2, 8])],
        [helper.make_tensor_value_info("t", F, [2, 8]), helper.make_tensor_value_info("o", F, [2, 8])])
    b.weight(8, 8)
    last, all_ = b("Scan", "s0", "x", outputs=2, body=body, num_scan_inputs=1, scan_input_directions=[1])
    path = b.save(folder, {"s0": (F, [2, 8]), "x": (F, ["time", 2, 8])}, {last: F, all_: F})
    yield "made: Scan", path, "control flow", {"s0": noise(2, 8), "x": noise(9, 2, 8)}, 1e-4


def cnn_blstm(folder):
    """Frames `[batch, time, 1, 48, 48]`: a small CNN on each, an LSTM over them in both directions, their mean."""
    b = Builder("cnn-blstm")
    x = b("Reshape", "frames", b.constant(np.array([-1, 1, 48, 48])))
    for inner, outer in ((1, 8), (8, 16), (16, 32)):
        x = b("Conv", x, b.weight(outer, inner, 3, 3), b.weight(outer), pads=[1, 1, 1, 1])
        x = b("MaxPool", b("Relu", x), kernel_shape=[2, 2], strides=[2, 2])
    x = b("Flatten", b("GlobalAveragePool", x))
    shape = b("Slice", b("Shape", "frames"), b.constant(np.array([0])), b.constant(np.array([2])))
    x = b("Reshape", x, b("Concat", shape, b.constant(np.array([32])), axis=0))
    x = b("Transpose", x, perm=[1, 0, 2])
    y, _, _ = b("LSTM", x, b.weight(2, 96, 32), b.weight(2, 96, 24), b.weight(2, 192), outputs=3, hidden_size=24,
                direction="bidirectional")
    y = b("Reshape", b("Transpose", y, perm=[2, 0, 1, 3]), b.constant(np.array([0, 0, 48])))
    y = b("Gemm", b("ReduceMean", y, b.constant(np.array([1])), keepdims=0), b.weight(48, 7))
    y = b("Softmax", y, axis=-1)
    return b.save(folder, {"frames": (TensorProto.FLOAT, ["batch", "time", 1, 48, 48])}, {y: TensorProto.FLOAT})


def two_scales(folder):
    """Signals `[batch, 16, time]`: two branches of convolutions, short and long, joined."""
    b = Builder("two-scales")
    ends = []
    for width in (3, 15):
        x = "x"
        for inner, outer in ((16, 24), (24, 32)):
            x = b("Conv", x, b.weight(outer, inner, width), pads=[width // 2] * 2)
            x = b("MaxPool", b("LeakyRelu", x, alpha=0.1), kernel_shape=[2], strides=[2])
        ends.append(b("GlobalAveragePool", x))
    y = b("Gemm", b("Flatten", b("Concat", *ends, axis=1)), b.weight(64, 5), b.weight(5))
    return b.save(folder, {"x": (TensorProto.FLOAT, ["batch", 16, "time"])}, {y: TensorProto.FLOAT})
