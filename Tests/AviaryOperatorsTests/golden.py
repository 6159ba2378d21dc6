"""Makes golden files for operator tests: one-node models, run by ONNX Runtime (or, where that has no kernel,
by onnx.reference), written with inputs and outputs as JSON that `OperatorCases` (TestSupport) reads.

A family's script (`<Family>/golden_<family>.py`) collects cases and calls `write`.
"""

import json
import pathlib

import ml_dtypes
import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

onnxruntime.set_default_logger_severity(4)

NAMES = {value: key.lower() for key, value in TensorProto.DataType.items()}


def type_of(array):
    return helper.np_dtype_to_tensor_dtype(array.dtype)


def scalar(value):
    if isinstance(value, (bytes, np.bytes_)):
        return value.decode()
    if isinstance(value, (str, np.str_)):
        return str(value)
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if isinstance(value, (int, np.integer)):
        return int(value)
    # The shortest digits that give the same number in its own type.
    value = float(str(value)) if isinstance(value, (np.float32, np.float16)) else float(value)
    return value if np.isfinite(value) else str(value)


def tensor_json(array):
    array = np.asarray(array)
    name = "string" if array.dtype.kind in "OUS" else NAMES[type_of(array)]
    if name.startswith(("float8", "float6", "float4")):
        array = array.view(np.uint8)  # The codes: there are few enough that each one matters.
    elif array.dtype.kind not in "OUSbiuf":
        # Types that numpy lacks; narrow integers as integers, bfloat16 as its float value.
        array = array.astype(np.int32) if "int" in str(array.dtype) else array.astype(np.float32)
    return {"type": name, "shape": list(array.shape), "values": [scalar(v) for v in array.reshape(-1)]}


def attribute_json(value):
    if isinstance(value, onnx.TensorProto):
        return {"tensor": tensor_json(numpy_helper.to_array(value))}
    if isinstance(value, str):
        return {"string": value}
    if isinstance(value, (bool, int)):
        return {"int": int(value)}
    if isinstance(value, float):
        return {"float": scalar(value)}
    if all(isinstance(v, str) for v in value) and value:
        return {"strings": list(value)}
    if any(isinstance(v, float) for v in value):
        return {"floats": [scalar(v) for v in value]}
    return {"ints": [int(v) for v in value]}


def run(op, opset, inputs, attributes, outputs, engine, domain=""):
    names = ["" if x is None else f"i{k}" for k, x in enumerate(inputs)]
    wanted = [f"o{k}" for k in range(outputs)]
    node = helper.make_node(op, names, wanted, domain=domain, **attributes)
    feeds = {n: np.asarray(x) for n, x in zip(names, inputs) if n}
    infos = []
    for name, x in feeds.items():
        kind = TensorProto.STRING if x.dtype.kind in "OUS" else type_of(x)
        infos.append(helper.make_tensor_value_info(name, kind, x.shape))
    results = [helper.make_empty_tensor_value_info(n) for n in wanted]
    graph = helper.make_graph([node], "g", infos, results)
    imports = [helper.make_opsetid(domain, opset)] + ([helper.make_opsetid("", 21)] if domain else [])
    model = helper.make_model(graph, opset_imports=imports, ir_version=10)
    if engine == "ort":
        typed = onnx.shape_inference.infer_shapes(model)
        session = onnxruntime.InferenceSession(typed.SerializeToString(), providers=["CPUExecutionProvider"])
        return session.run(None, feeds)
    return ReferenceEvaluator(model).run(None, feeds)


class Cases:
    def __init__(self):
        self.cases = []

    def add(self, op, opset, inputs, /, outputs=1, engine=None, expected=None, tolerance=0.0, domain="",
            **attributes):
        """Adds a case. `expected` replaces running it (then say where it comes from in a comment)."""
        used = "given"
        if expected is None:
            problems = []
            for used in [engine] if engine else ["ort", "reference"]:
                try:
                    expected = run(op, opset, inputs, attributes, outputs, used, domain)
                    break
                except Exception as error:  # noqa: BLE001 - the next engine may have the kernel
                    problems.append(error)
            else:
                raise RuntimeError(f"{op}-{opset} {attributes}: {problems}")
        index = sum(c["operator"] == op for c in self.cases)
        self.cases.append({
            "name": f"{op}-{opset} #{index}", "operator": op, "domain": domain, "opset": opset, "source": used,
            "tolerance": tolerance,
            "attributes": {k: attribute_json(v) for k, v in attributes.items()},
            "inputs": [None if x is None else tensor_json(x) for x in inputs],
            "outputs": [tensor_json(x) for x in expected],
        })

    def fails(self, op, opset, inputs, outputs=1, domain="", **attributes):
        """Adds a case that the specification forbids: the operator must throw."""
        self.add(op, opset, inputs, expected=[], domain=domain, **attributes)
        self.cases[-1]["outputCount"] = outputs
        self.cases[-1]["fails"] = True

    def write(self, script):
        path = pathlib.Path(script).with_suffix(".json")
        lines = ",\n".join(json.dumps(c) for c in self.cases)
        path.write_text(f'{{"cases": [\n{lines}\n]}}\n')
        sources = {s: sum(c["source"] == s for c in self.cases) for s in ["ort", "reference", "given"]}
        print(f"{path.name}: {len(self.cases)} cases {sources}")


def bf16(values):
    return np.asarray(values, dtype=np.float32).astype(ml_dtypes.bfloat16)
