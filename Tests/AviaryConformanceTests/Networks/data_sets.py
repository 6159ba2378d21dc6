"""Writes seeded inputs of a model and what ONNX Runtime makes of them, in the layout of the ONNX suite."""

import numpy as np
import onnxruntime
from onnx import numpy_helper


def write_data_sets(folder, shapes):
    """One data set per input shape; the model is `folder/model.onnx` and has one input."""
    session = onnxruntime.InferenceSession(str(folder / "model.onnx"), providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    for index, shape in enumerate(shapes):
        target = folder / f"test_data_set_{index}"
        target.mkdir(exist_ok=True)
        x = np.random.default_rng(index).standard_normal(shape).astype(np.float32)
        (target / "input_0.pb").write_bytes(numpy_helper.from_array(x, name).SerializeToString())
        for output, value in enumerate(session.run(None, {name: x})):
            (target / f"output_{output}.pb").write_bytes(numpy_helper.from_array(value).SerializeToString())
    size = (folder / "model.onnx").stat().st_size
    print(f"{folder.name}: {size / 1000:.0f} kB")
