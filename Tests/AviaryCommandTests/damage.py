"""Writes a damaged copy of a model: what goes wrong when somebody exports a network anew.

    python damage.py weight    MODEL OUT    one weight of the first layer is half a deviation larger
    python damage.py quantised MODEL OUT    weights of convolutions and products are int8, behind DequantizeLinear
    python damage.py int8      MODEL OUT    quantised by ONNX Runtime's tools, activations too (QDQ, int8 weights)
    python damage.py noise=A   MODEL OUT    A standard deviations of noise on every large weight
    python damage.py colour    MODEL OUT    a grey model that takes RGB (N x 3 x H x W) and weighs the channels
    python damage.py nhwc      MODEL OUT    the same for N x H x W x 3, by a Reshape where a Transpose belongs

Needs onnx and numpy; int8 also onnxruntime and pillow.
"""

import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


def weight(model):
    large = [t for t in model.graph.initializer if t.data_type == TensorProto.FLOAT and len(t.dims) > 1]
    # Of the first layer: what stands behind it may be 0 for one picture or another.
    tensor = large[0]
    values = numpy_helper.to_array(tensor).copy()
    values.flat[values.size // 2] += values.std() / 2
    tensor.CopyFrom(numpy_helper.from_array(values, tensor.name))


def quantised(model):
    nodes = []
    for tensor in list(model.graph.initializer):
        values = numpy_helper.to_array(tensor)
        if tensor.data_type != TensorProto.FLOAT or values.ndim < 2:
            continue
        scale = np.float32(np.abs(values).max() / 127)
        name = tensor.name
        model.graph.initializer.remove(tensor)
        model.graph.initializer.extend([
            numpy_helper.from_array(np.round(values / scale).astype(np.int8), name + "/int8"),
            numpy_helper.from_array(scale, name + "/scale")])
        nodes.append(helper.make_node(
            "DequantizeLinear", [name + "/int8", name + "/scale"], [name], name=name + "/dequantize"))
    for node in reversed(nodes):
        model.graph.node.insert(0, node)


def noise(model, amount):
    generator = np.random.default_rng(1)
    for tensor in model.graph.initializer:
        if tensor.data_type == TensorProto.FLOAT and len(tensor.dims) > 1:
            values = numpy_helper.to_array(tensor)
            changed = values + amount * values.std() * generator.standard_normal(values.shape)
            tensor.CopyFrom(numpy_helper.from_array(changed.astype(np.float32), tensor.name))


def int8(source, target):
    """Calibrated on the drawn faces, prepared as the shipped networks want them."""
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
    from PIL import Image

    name = onnx.load(source).graph.input[0].name
    faces = sorted((Path(__file__).parents[2] / "Zoo/samples/drawn-faces").glob("*/00*.png"))

    class Faces(CalibrationDataReader):
        def __init__(self):
            self.left = list(faces)

        def get_next(self):
            if not self.left:
                return None
            pixels = np.asarray(Image.open(self.left.pop()).convert("L").resize((48, 48)), np.float32)
            return {name: ((pixels / 255 - 0.5) / 0.5)[None, None]}

    quantize_static(source, target, Faces(), quant_format=QuantFormat.QDQ, activation_type=QuantType.QUInt8,
                    weight_type=QuantType.QInt8)


def colour(model, reshape=False):
    """In front of the grey input: the channels in one, weighted 0.5, 0.3, 0.2."""
    given = model.graph.input[0]
    grey, (height, width) = given.name, [d.dim_value for d in given.type.tensor_type.shape.dim[2:]]
    batch = given.type.tensor_type.shape.dim[0].dim_param or given.type.tensor_type.shape.dim[0].dim_value
    shape = [batch, height, width, 3] if reshape else [batch, 3, height, width]
    del model.graph.input[:]
    model.graph.input.append(helper.make_tensor_value_info("picture", TensorProto.FLOAT, shape))
    kernel = np.array([0.5, 0.3, 0.2], np.float32).reshape(1, 3, 1, 1)
    model.graph.initializer.append(numpy_helper.from_array(kernel, "channel_weights"))
    planes = "picture"
    front = []
    if reshape:
        planes = "planes"
        model.graph.initializer.append(
            numpy_helper.from_array(np.array([-1, 3, height, width], np.int64), "planes_shape"))
        front.append(helper.make_node("Reshape", ["picture", "planes_shape"], ["planes"]))
    front.append(helper.make_node("Conv", [planes, "channel_weights"], [grey], kernel_shape=[1, 1]))
    for node in reversed(front):
        model.graph.node.insert(0, node)


def main():
    kind, source, target = sys.argv[1:]
    if kind == "int8":
        return int8(source, target)
    kind, _, amount = kind.partition("=")
    model = onnx.load(source)
    {"weight": weight, "quantised": quantised, "colour": colour, "noise": lambda m: noise(m, float(amount)),
     "nhwc": lambda m: colour(m, reshape=True)}[kind](model)
    onnx.checker.check_model(model)
    onnx.save(model, target)


if __name__ == "__main__":
    main()
