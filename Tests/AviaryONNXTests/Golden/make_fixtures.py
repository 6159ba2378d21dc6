#!/usr/bin/env python3
"""Writes the small models of fixtures/ and fixtures.json, what the `onnx` package (1.23.2) says of them.

Usage: make_fixtures.py        (writes beside itself)
"""
import hashlib
import json
import pathlib
import sys

import ml_dtypes
import numpy as np
import onnx
import onnxruntime
from onnx import AttributeProto, TensorProto, helper, inliner, numpy_helper, parser

if onnx.__version__ != "1.23.2":
    sys.exit(f"needs onnx 1.23.2, found {onnx.__version__}")

HERE = pathlib.Path(__file__).parent
OUT = HERE / "fixtures"
OUT.mkdir(exist_ok=True)
expected = {}
DEFAULT = helper.make_opsetid("", 21)


def save(name, model):
    (OUT / f"{name}.onnx").write_bytes(model.SerializeToString(deterministic=True))


def type_name(number):
    return TensorProto.DataType.Name(number).lower()


def describe(tensor, base=""):
    """Element type, dims and the bytes as raw_data would hold them (text for strings)."""
    array = numpy_helper.to_array(tensor, base_dir=str(base)) if base else numpy_helper.to_array(tensor)
    entry = {"type": type_name(tensor.data_type), "dims": list(tensor.dims)}
    if tensor.data_type == TensorProto.STRING:
        entry["strings"] = [s if isinstance(s, str) else s.decode() for s in array.reshape(-1).tolist()]
    else:
        entry["hex"] = numpy_helper.from_array(array).raw_data.hex()
    return entry


def tensor_model(tensors, **extra):
    graph = helper.make_graph([], "tensors", [], [], initializer=tensors)
    return helper.make_model(graph, opset_imports=[DEFAULT], ir_version=14, **extra)


# Every element type, raw and in its typed field, with an odd number of elements.
def encodings():
    values = {
        "float": [1.5, -2, 3e-40, np.inf, -0.0], "double": [1.5, -2, 5e-324, np.inf, -0.0],
        "float16": [1.5, -2, 6e-8, np.inf, -0.0], "bfloat16": [1.5, -2, 1e-40, np.inf, -0.0],
        "complex64": [1 + 2j, -3.5j, 4, 0, -1], "complex128": [1 + 2j, -3.5j, 4, 0, -1],
        "int8": [-128, 127, 0, -1, 5], "int16": [-32768, 32767, 0, -1, 5],
        "int32": [-(2**31), 2**31 - 1, 0, -1, 5], "int64": [-(2**63), 2**63 - 1, 0, -1, 5],
        "uint8": [0, 255, 128, 1, 5], "uint16": [0, 65535, 32768, 1, 5],
        "uint32": [0, 2**32 - 1, 2**31, 1, 5], "uint64": [0, 2**64 - 1, 2**63, 1, 5],
        "bool": [True, False, True, True, False],
        "int4": [-8, 7, 0, -1, 5], "uint4": [0, 15, 8, 1, 5],
        "int2": [-2, 1, 0, -1, 1], "uint2": [0, 3, 2, 1, 3],
        "float4e2m1": [0.5, -6, 0, -1, 3],
        "float6e2m3": [0.125, -7.5, 0, -1, 3], "float6e3m2": [0.25, -28, 0, -1, 3],
        "float8e4m3fn": [0.5, -448, 0, -1, 3], "float8e4m3fnuz": [0.5, -240, 0, -1, 3],
        "float8e5m2": [0.5, -57344, 0, -1, 3], "float8e5m2fnuz": [0.5, -57344, 0, -1, 3],
        "float8e8m0": [0.5, 2, 4, 1, 0.25],
    }
    tensors = []
    for name, data in values.items():
        number = TensorProto.DataType.Value(name.upper())
        array = np.array(data, dtype=helper.tensor_dtype_to_np_dtype(number))
        tensors.append(numpy_helper.from_array(array, f"{name}_raw"))
        assert tensors[-1].HasField("raw_data")
        typed = helper.make_tensor(f"{name}_typed", number, [5], data)
        assert not typed.HasField("raw_data")
        tensors.append(typed)
    tensors.append(helper.make_tensor("string_typed", TensorProto.STRING, [2, 2], ["a", "", "\u00e9\u4e2d", "d"]))
    tensors.append(numpy_helper.from_array(np.zeros((0, 3), np.float32), "empty"))
    tensors.append(numpy_helper.from_array(np.array(7, np.int64), "scalar"))
    save("encodings", tensor_model(tensors))
    expected["encodings"] = {t.name: describe(t) for t in tensors}


def attributes():
    tensor = helper.make_tensor("t", TensorProto.FLOAT, [2], [1, 2])
    sparse = helper.make_sparse_tensor(
        helper.make_tensor("v", TensorProto.FLOAT, [2], [5, 6]),
        helper.make_tensor("i", TensorProto.INT64, [2], [1, 3]), [2, 2])
    graph = helper.make_graph(
        [helper.make_node("Relu", ["x"], ["inner"])], "body", [],
        [helper.make_tensor_value_info("inner", TensorProto.FLOAT, None)])
    other = helper.make_graph(
        [helper.make_node("Neg", ["x"], ["inner2"])], "other", [],
        [helper.make_tensor_value_info("inner2", TensorProto.FLOAT, None)])
    kind = helper.make_tensor_type_proto(TensorProto.FLOAT, ["n", 3, None])
    sequence = helper.make_sequence_type_proto(kind)
    node = helper.make_node("Everything", ["x"], ["y"], name="every", domain="test")
    values = {
        "float": 1.5, "int": -7, "string": "caf\u00e9", "tensor": tensor, "graph": graph,
        "sparse_tensor": sparse, "type": kind, "floats": [1.0, 2.5], "ints": [1, -2, 3],
        "strings": ["a", "b"], "tensors": [tensor, tensor], "graphs": [graph, other],
        "sparse_tensors": [sparse, sparse], "types": [kind, sequence],
    }
    for name, value in values.items():
        node.attribute.append(helper.make_attribute(name, value))
    # proto3 writers leave out what is zero.
    zero = node.attribute.add()
    zero.name, zero.type = "zero", AttributeProto.INT
    empty = node.attribute.add()
    empty.name, empty.type = "empty", AttributeProto.INTS
    graph = helper.make_graph(
        [node], "g", [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)])
    model = helper.make_model(
        graph, opset_imports=[DEFAULT, helper.make_opsetid("test", 3)], ir_version=14,
        producer_name="fixture", producer_version="2", domain="org.example", doc_string="all kinds",
        model_version=9)
    helper.set_model_props(model, {"author": "nobody", "empty": ""})
    save("attributes", model)


# A value as the expression that computes it, so that two graphs compare whatever their inner names are.
def attribute_text(attribute, names):
    value = helper.get_attribute_value(attribute)
    if attribute.type == AttributeProto.GRAPH:
        return "{" + ";".join(outputs_text(value, names)) + "}"
    if attribute.type == AttributeProto.TENSOR:
        return describe(value)["hex"]
    if attribute.type == AttributeProto.STRING:
        return value.decode()
    if attribute.type == AttributeProto.FLOAT:
        return np.float32(value).tobytes().hex()
    if attribute.type == AttributeProto.FLOATS:
        return "[" + ",".join(np.float32(v).tobytes().hex() for v in value) + "]"
    if attribute.type == AttributeProto.INTS:
        return "[" + ",".join(map(str, value)) + "]"
    return str(value)


def outputs_text(graph, outer):
    names = dict(outer)
    names.update({i.name: i.name for i in graph.input})
    names.update({t.name: f"<{describe(t)['hex']}>" for t in graph.initializer})
    for node in graph.node:
        attributes = sorted(f"{a.name}={attribute_text(a, names)}" for a in node.attribute)
        text = f"{node.op_type}({','.join([names[i] if i else '' for i in node.input] + attributes)})"
        for index, output in enumerate(node.output):
            names[output] = text if index == 0 else f"{text}.{index}"
    return [names[o.name] for o in graph.output]


FUNCTIONS = {
    "nested": """
      <ir_version: 10, opset_import: ["" : 18, "local" : 1]>
      agraph (float[N] x, float[N] z) => (float[N] y, float[N] w) {
        inner = Relu(x)
        y = local.outer <alpha = 2.5> (inner, z)
        w = local.outer (z, inner)
      }
      <opset_import: ["" : 18], domain: "local">
      scaled <factor> (v) => (r) {
        k = Constant <value_float: float = @factor> ()
        r = Mul(v, k)
      }
      <opset_import: ["" : 18, "local" : 1], domain: "local">
      outer <alpha: float = 0.5> (a, b) => (c) {
        inner = local.scaled <factor: float = @alpha> (a)
        x = Add(inner, b)
        c = LeakyRelu <alpha: float = @alpha> (x)
      }
    """,
    "optional_parts": """
      <ir_version: 10, opset_import: ["" : 18, "local" : 1]>
      agraph (float[N] x) => (float[N] y, float[N] w, float[N] v) {
        y, = local.two (x)
        w = local.clip (x)
        unused, v = local.two (w)
      }
      <opset_import: ["" : 18], domain: "local">
      two (a) => (b, c) {
        b = Neg(a)
        c = Abs(b)
      }
      <opset_import: ["" : 18], domain: "local">
      clip (a, lo, hi) => (b) {
        b = Clip(a, lo, hi)
      }
    """,
    "subgraph": """
      <ir_version: 10, opset_import: ["" : 18, "local" : 1]>
      agraph (float[N] x, bool cond) => (float[N] y, float[N] z) {
        t = Neg(x)
        y = local.choose (cond, t)
        z = local.choose (cond, y)
      }
      <opset_import: ["" : 18], domain: "local">
      choose (c, a) => (r) {
        t = Relu(a)
        r = If (c) <
          then_branch = g1 () => (float[N] o1) { o1 = Add(t, a) },
          else_branch = g2 () => (float[N] o2) { u = Abs(t) o2 = Sub(u, a) }
        >
      }
    """,
}


def with_defaults(model):
    """Spells out the defaults of function attributes at each call; the inliner does not apply them."""
    defaults = {(f.domain, f.name): f.attribute_proto for f in model.functions}
    result = onnx.ModelProto.FromString(model.SerializeToString())
    for nodes in [result.graph.node] + [f.node for f in result.functions]:
        for node in nodes:
            given = {a.name for a in node.attribute}
            for attribute in defaults.get((node.domain, node.op_type), []):
                if attribute.name not in given:
                    node.attribute.append(attribute)
    return result


def same_results(model, flat):
    """ONNX Runtime computes the same from the model with functions and from the one without."""
    rng = np.random.default_rng(0)
    feeds = {
        i.name: np.array(True) if i.type.tensor_type.elem_type == TensorProto.BOOL
        else rng.standard_normal(4).astype(np.float32)
        for i in model.graph.input
    }
    first, second = (
        onnxruntime.InferenceSession(m.SerializeToString()).run(None, feeds) for m in (model, flat))
    assert all(np.array_equal(a, b) for a, b in zip(first, second))


def functions():
    for name, text in FUNCTIONS.items():
        text = "\n".join(line for line in text.splitlines() if line.strip())
        model = parser.parse_model(text.replace("y, = ", "y = "))
        onnx.checker.check_model(model)
        save(f"functions_{name}", model)
        flat = inliner.inline_local_functions(with_defaults(model))
        if name != "optional_parts":  # ONNX Runtime does not load calls that leave outputs out
            same_results(model, flat)
        expected[f"functions_{name}"] = {
            "outputs": outputs_text(flat.graph, {"": ""}),
            "operators": sorted(n.op_type for n in flat.graph.node),
        }


def opset_imports():
    graph = helper.make_graph(
        [helper.make_node("Relu", ["x"], ["y"])], "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1])])
    pairs = [("", 17), ("ai.onnx.ml", 2), ("ai.onnx", 17), ("com.unused", 1), ("ai.onnx.ml", 3)]
    imports = [helper.make_opsetid(d, v) for d, v in pairs]
    save("opsets", helper.make_model(graph, opset_imports=imports, ir_version=8))


def shapes():
    tensor = helper.make_tensor_type_proto
    types = {
        "known": tensor(TensorProto.FLOAT, [1, 2]), "scalar": tensor(TensorProto.INT64, []),
        "symbolic": tensor(TensorProto.FLOAT, ["batch", 3, None]),
        "no_rank": tensor(TensorProto.DOUBLE, None), "minus_one": tensor(TensorProto.FLOAT, [-1, 2]),
        "sequence": helper.make_sequence_type_proto(tensor(TensorProto.UINT8, ["n"])),
        "optional": helper.make_optional_type_proto(
            helper.make_sequence_type_proto(tensor(TensorProto.FLOAT, None))),
        "map": helper.make_map_type_proto(TensorProto.STRING, tensor(TensorProto.FLOAT, [])),
        "sparse": helper.make_sparse_tensor_type_proto(TensorProto.FLOAT, [4, 5]),
    }
    inputs = [helper.make_value_info(n, t) for n, t in types.items()]
    inputs.append(onnx.ValueInfoProto(name="untyped"))
    graph = helper.make_graph([], "g", inputs, [])
    save("shapes", helper.make_model(graph, opset_imports=[DEFAULT], ir_version=14))


def initializers_as_inputs():
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, [2])
    w = helper.make_tensor_value_info("w", TensorProto.FLOAT, [2])
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, [2])
    graph = helper.make_graph(
        [helper.make_node("Add", ["x", "w"], ["y"])], "g", [w, x], [y],
        initializer=[helper.make_tensor("w", TensorProto.FLOAT, [2], [1, 2])])
    save("ir3", helper.make_model(graph, opset_imports=[helper.make_opsetid("", 7)], ir_version=3))


def sparse():
    def entry(name, number, values, indices, index_dims, dims):
        return helper.make_sparse_tensor(
            helper.make_tensor(name, number, [len(values)], values),
            helper.make_tensor("", TensorProto.INT64, index_dims, indices), dims)

    items = [
        entry("flat", TensorProto.FLOAT, [1.5, -2], [1, 5], [2], [2, 3]),
        entry("coordinates", TensorProto.INT16, [7, 8], [0, 2, 1, 0], [2, 2], [2, 3]),
        entry("bits", TensorProto.UINT4, [9, 10, 11], [0, 3, 4], [3], [5]),
    ]
    graph = helper.make_graph([], "g", [], [], sparse_initializer=items)
    save("sparse", helper.make_model(graph, opset_imports=[DEFAULT], ir_version=14))
    bits = np.array([9, 0, 0, 10, 11], dtype=ml_dtypes.uint4)
    dense = [
        np.array([[0, 1.5, 0], [0, 0, -2]], np.float32), np.array([[0, 0, 7], [8, 0, 0]], np.int16), bits]
    expected["sparse"] = {
        i.values.name: describe(numpy_helper.from_array(a)) for i, a in zip(items, dense)}


def external():
    rng = np.random.default_rng(1)
    arrays = {
        "aligned": rng.standard_normal((3, 5)).astype(np.float32),
        "unaligned": rng.standard_normal((4, 2)).astype(np.float64),
        "to_end": rng.integers(0, 255, (6,), np.uint8),
    }
    data, tensors = b"", []
    for name, array in arrays.items():
        data += b"\xee" * ((64 - len(data) % 64) % 64) + (b"\xee" * 3 if name != "aligned" else b"")
        tensor = numpy_helper.from_array(array, name)
        raw = tensor.raw_data
        tensor.ClearField("raw_data")
        tensor.data_location = TensorProto.EXTERNAL
        pairs = {"location": "weights/external.bin", "offset": str(len(data)), "length": str(len(raw))}
        if name == "to_end":
            del pairs["length"]
        for key, value in pairs.items():
            tensor.external_data.add(key=key, value=value)
        data += raw
        tensors.append(tensor)
    (OUT / "weights").mkdir(exist_ok=True)
    (OUT / "weights" / "external.bin").write_bytes(data)
    save("external", tensor_model(tensors))
    expected["external"] = {t.name: describe(t, OUT) for t in tensors}


for build in (encodings, attributes, functions, opset_imports, shapes, initializers_as_inputs, sparse, external):
    build()
(HERE / "fixtures.json").write_text(json.dumps(expected, indent=1, sort_keys=True) + "\n")
