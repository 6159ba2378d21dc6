#!/usr/bin/env python3
"""Lays the ONNX backend test suite out as folders: the cases of the installed `onnx` package.

    onnx_suite.py [FOLDER]        default .cache/onnx-suite in the repository

    FOLDER/<group>/<case>/model.onnx
    FOLDER/<group>/<case>/test_data_set_<k>/input_<i>.pb, output_<i>.pb
    FOLDER/<group>/<case>/data.json      {"rtol": ..., "atol": ...} where they differ from 1e-3 and 1e-7
    FOLDER/operators.txt                 a line a case: its name, and the operator that it is about

Groups: `node` (made from the package's Python cases), `simple`, `pytorch-converted`, `pytorch-operator`
(stored in the package) and `real` (well-known networks with small made-up weights). Does nothing where the
folder is already complete for this version of `onnx` and of this script.
"""

import hashlib
import json
import os
import shutil
import sys
import warnings
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper
from onnx.backend.test.loader import DATA_DIR, load_model_tests
from onnx.backend.test.runner import Runner

STORED = ("simple", "pytorch-converted", "pytorch-operator")
TOLERANCE = {"rtol": 1e-3, "atol": 1e-7}
DATA = Path(DATA_DIR)


def message(value, info):
    """The protobuf message that holds `value`, of the kind that the graph's input or output declares."""
    if hasattr(value, "SerializeToString"):  # some cases come as messages already
        return value
    kind = info.type.WhichOneof("value")
    make = {"sequence_type": numpy_helper.from_list, "optional_type": numpy_helper.from_optional,
            "map_type": numpy_helper.from_dict}.get(kind)
    return make(value, info.name) if make else numpy_helper.from_array(np.asarray(value), info.name)


def write_set(folder, values, infos, prefix):
    for index, (value, info) in enumerate(zip(values, infos, strict=True)):
        (folder / f"{prefix}_{index}.pb").write_bytes(message(value, info).SerializeToString())


def write_tolerance(folder, rtol, atol):
    if (rtol, atol) != (TOLERANCE["rtol"], TOLERANCE["atol"]):
        (folder / "data.json").write_text(json.dumps({"rtol": rtol, "atol": atol}))


def present(infos, values):
    """The declared values that a case really feeds: those not left out as an empty name."""
    return list(infos)[:len(values)]


def write_node(out):
    for case in load_model_tests(kind="node"):
        folder = out / "node" / case.name
        folder.mkdir(parents=True)
        (folder / "model.onnx").write_bytes(case.model.SerializeToString())
        write_tolerance(folder, case.rtol, case.atol)
        graph = case.model.graph
        for index, (inputs, outputs) in enumerate(case.data_sets):
            data_set = folder / f"test_data_set_{index}"
            data_set.mkdir()
            write_set(data_set, inputs, present(graph.input, inputs), "input")
            write_set(data_set, outputs, present(graph.output, outputs), "output")


def write_stored(out):
    for group in STORED:
        for source in sorted((DATA / group).iterdir()):
            if (source / "model.onnx").is_file():
                shutil.copytree(source, out / group / source.name)


def write_real(out):
    """The package has a small stand-in for each network, its outputs, and the rule that makes the input."""
    for source in sorted((DATA / "real").iterdir()):
        if not (source / "data.json").is_file():
            continue
        about = json.loads((source / "data.json").read_text())
        light = DATA / "light" / Path(about["url"]).name
        folder = out / "real" / source.name
        data_set = folder / "test_data_set_0"
        data_set.mkdir(parents=True)
        shutil.copy(light, folder / "model.onnx")
        write_tolerance(folder, about["rtol"], about["atol"])
        graph = onnx.load(light).graph
        constants = {tensor.name for tensor in graph.initializer}
        inputs = [info for info in graph.input if info.name not in constants]
        values = [Runner.generate_dummy_data(info, seed=0, name=source.name, random=False) for info in inputs]
        write_set(data_set, values, inputs, "input")
        for index in range(len(graph.output)):
            shutil.copy(light.with_name(f"{light.stem}_output_{index}.pb"), data_set / f"output_{index}.pb")


def write_operators(out):
    """An expanded case is about the operator whose function it expands; a network about many."""
    found = {}
    for path in sorted(out.glob("*/*/model.onnx")):
        name = f"{path.parts[-3]}/{path.parts[-2]}"
        nodes = onnx.load(path, load_external_data=False).graph.node
        # Stored cases: the first that is not of the default domain, which the others only feed.
        last = nodes[-1] if path.parts[-3] == "node" else next((n for n in nodes if n.domain), nodes[0])
        found[name] = f"{last.domain}.{last.op_type}".lstrip(".") if path.parts[-3] != "real" else "networks"
    for name in found:
        found[name] = found.get(name.removesuffix("_expanded"), found[name])
    (out / "operators.txt").write_text("".join(f"{name} {operator}\n" for name, operator in found.items()))


def main():
    root = Path(__file__).resolve().parents[2]
    out = Path(sys.argv[1]) if len(sys.argv) > 1 else root / ".cache" / "onnx-suite"
    version = f"onnx {onnx.__version__}, {hashlib.sha256(Path(__file__).read_bytes()).hexdigest()}\n"
    stamp = out / "version.txt"
    if stamp.is_file() and stamp.read_text() == version:
        return
    part = out.with_name(f"{out.name}.{os.getpid()}")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the cases divide by zero and overflow on purpose
        for write in (write_node, write_stored, write_real):
            write(part)
    write_operators(part)
    (part / "version.txt").write_text(version)
    shutil.rmtree(out, ignore_errors=True)
    part.rename(out)
    groups = {folder.name: len(list(folder.iterdir())) for folder in sorted(out.iterdir()) if folder.is_dir()}
    print(f"{out}: {sum(groups.values())} cases", json.dumps(groups))


if __name__ == "__main__":
    main()
