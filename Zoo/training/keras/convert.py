"""A Keras model to ONNX by tf2onnx, with the names that the manifests of the zoo use."""

import onnx
import tensorflow as tf
import tf2onnx

OPSET = 17


def convert(model, path, opset=OPSET):
    """Writes `path`: input `input`, output `probabilities`, any batch. `model` has one input and one
    output."""
    if len(model.inputs) != 1 or len(model.outputs) != 1:
        raise ValueError(
            f"the model has {len(model.inputs)} inputs and {len(model.outputs)} outputs, needs one each")
    shape = [None, *model.inputs[0].shape[1:]]
    signature = [tf.TensorSpec(shape, tf.float32, name="input")]

    @tf.function(input_signature=signature)
    def infer(x):
        return {"probabilities": model(x, training=False)}

    proto, _ = tf2onnx.convert.from_function(infer, input_signature=signature, opset=opset)
    onnx.save(rename_batch(proto), path)


def rename_batch(proto):
    """Names the free first dimension; tf2onnx numbers it anew each time, and files should not differ for
    that."""
    for value in (*proto.graph.input, *proto.graph.output):
        value.type.tensor_type.shape.dim[0].dim_param = "batch"
    return proto
