"""Writes every value that ONNX Runtime computes inside a model, for `aviary trace MODEL --compare FOLDER`.

    python dump_values.py MODEL FOLDER [--input name=file.pb ...] [--shape name=1,3,48,48 ...] [--seed 1]
    python dump_values.py --golden ID [ID ...]      fingerprints of the values into the golden.json of zoo models

The graph runs as it stands, without ONNX Runtime's optimizations, a few nodes at a time, so that the values need not
be in memory together. Needs onnx and onnxruntime.
"""

import argparse
import hashlib
import json
import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import numpy_helper

# Values that are asked for in one run.
GROUP = 40


def options():
    result = onnxruntime.SessionOptions()
    result.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    result.log_severity_level = 3
    return result


def constants(graph):
    """Names of values that do not depend on the inputs."""
    names = {t.name for t in graph.initializer} | {t.values.name for t in graph.sparse_initializer}
    for node in graph.node:
        if not any(a.type == onnx.AttributeProto.GRAPH for a in node.attribute) \
                and all(name in names for name in node.input if name):
            names.update(node.output)
    return names


def values(path, inputs):
    """(name, array) of each value that depends on the inputs, in the order of the graph."""
    model = onnx.load(path)
    known = constants(model.graph)
    names = [name for node in model.graph.node for name in node.output if name and name not in known]
    given = {output.name for output in model.graph.output}
    for start in range(0, len(names), GROUP):
        group = names[start:start + GROUP]
        asked = onnx.ModelProto()
        asked.CopyFrom(model)
        for name in group:
            if name not in given:
                # Without a type: ONNX Runtime infers it.
                asked.graph.output.append(onnx.ValueInfoProto(name=name))
        folder = Path(path).resolve().parent
        temporary = folder / f".{Path(path).name}.dump"
        try:
            # Beside the model, so that external data are found.
            temporary.write_bytes(asked.SerializeToString())
            session = onnxruntime.InferenceSession(str(temporary), options(), providers=["CPUExecutionProvider"])
        finally:
            temporary.unlink(missing_ok=True)
        yield from zip(group, session.run(group, inputs))


def random_inputs(path, shapes, seed):
    generator = np.random.default_rng(seed)
    session = onnxruntime.InferenceSession(str(path), options(), providers=["CPUExecutionProvider"])
    result = {}
    for value in session.get_inputs():
        shape = shapes.get(value.name) or [d if isinstance(d, int) else 1 for d in value.shape]
        kind = value.type.removeprefix("tensor(").removesuffix(")")
        if kind in ("float", "double", "float16"):
            result[value.name] = generator.standard_normal(shape).astype({"float": np.float32}.get(kind, kind))
        else:
            result[value.name] = generator.integers(0, 2, shape).astype(kind)
    return result


def write(folder, number, name, array):
    file = f"{number:05d}.pb"
    (folder / file).write_bytes(numpy_helper.from_array(np.ascontiguousarray(array), name).SerializeToString())
    return {"name": name, "file": file}


def dump(arguments):
    folder = Path(arguments.folder)
    folder.mkdir(parents=True, exist_ok=True)
    shapes = {text.split("=")[0]: [int(d) for d in text.split("=")[1].split(",")] for text in arguments.shape}
    inputs = random_inputs(arguments.model, shapes, arguments.seed)
    for text in arguments.input:
        name, file = text.split("=", 1)
        inputs[name] = numpy_helper.to_array(onnx.load_tensor(file))
    index = {
        "format": 1, "model": Path(arguments.model).name,
        "sha256": hashlib.sha256(Path(arguments.model).read_bytes()).hexdigest(),
        "madeWith": f"ONNX Runtime {onnxruntime.__version__}", "inputs": [], "values": []}
    number = 0
    for name, array in inputs.items():
        index["inputs"].append(write(folder, number, name, array))
        number += 1
    for name, array in values(arguments.model, inputs):
        if isinstance(array, np.ndarray):
            index["values"].append(write(folder, number, name, array))
            number += 1
    (folder / "index.json").write_text(json.dumps(index, indent=1) + "\n")
    print(f"{folder}: {len(index['values'])} values")


def fingerprint(name, array):
    """As the trace of golden.schema.json states."""
    x = array.astype(np.float64).ravel()
    turned = (np.arange(x.size, dtype=np.uint64) * np.uint64(2654435761)) & np.uint64(0xFFFFFFFF) >= 0x80000000
    n = max(1, x.size)
    numbers = x.sum() / n, np.sqrt((x * x).sum() / n), np.where(turned, -x, x).sum() / n
    return {"name": name, "shape": list(array.shape),
            **{key: float(f"{value:.8g}") for key, value in zip(("mean", "rms", "probe"), numbers)}}


def add_to_golden(model_id):
    from inference import ZOO, generate, manifest
    description = manifest(model_id)
    path = ZOO / model_id / description["golden"]
    golden = json.loads(path.read_text())
    number = next(k for k, case in enumerate(golden["cases"]) if "generator" in case)
    made = golden["cases"][number]["generator"]
    picture = generate(made["shape"], made["seed"], made["low"], made["high"])
    # The shape may leave out the batch.
    picture = picture.reshape(-1, *picture.shape[-3:])
    entries = [fingerprint(name, array) for name, array
               in values(ZOO / model_id / description["file"]["path"], {description["input"]["name"]: picture})
               if isinstance(array, np.ndarray) and array.dtype.kind in "fiu"]
    text = path.read_text().rstrip()
    if "trace" in golden:
        text = text[:text.rindex('"trace"')].rstrip().rstrip(",").rstrip()
    else:
        text = text[:-1].rstrip()
    lines = ",\n".join("      " + json.dumps(entry) for entry in entries)
    path.write_text(f'{text},\n  "trace": {{\n    "case": {number},\n    "values": [\n{lines}\n    ]\n  }}\n}}\n')
    json.loads(path.read_text())
    print(f"{path}: fingerprints of {len(entries)} values")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", nargs="?")
    parser.add_argument("folder", nargs="?")
    parser.add_argument("--input", action="append", default=[], metavar="NAME=FILE")
    parser.add_argument("--shape", action="append", default=[], metavar="NAME=D,D,...")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--golden", nargs="+", default=[], metavar="ID")
    arguments = parser.parse_args()
    for model_id in arguments.golden:
        add_to_golden(model_id)
    if not arguments.golden:
        if not arguments.model or not arguments.folder:
            parser.error("a model and a folder are needed, or --golden")
        dump(arguments)


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent))
    main()
