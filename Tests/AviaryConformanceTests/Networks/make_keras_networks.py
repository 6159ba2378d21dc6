#!/usr/bin/env python3
"""Exports small Keras networks through tf2onnx, in the layout that make_torch_networks.py describes.

Needs `tensorflow-cpu`, `tf2onnx`, `onnxruntime`. Channel-last, with BatchNorm, flattening and pooled heads.
"""

import sys
from pathlib import Path

import numpy as np
import tensorflow as tf
import tf2onnx
from tensorflow.keras import applications, layers

sys.path.insert(0, str(Path(__file__).parent))
from data_sets import write_data_sets  # noqa: E402


def sequential():
    """The emotion CNN of Keras tutorials, with few channels."""
    return tf.keras.Sequential([
        layers.Input((48, 48, 1)),
        layers.Conv2D(4, 3, padding="same", activation="relu"), layers.BatchNormalization(),
        layers.Conv2D(8, 3, activation="relu"), layers.BatchNormalization(), layers.MaxPooling2D(), layers.Dropout(0.25),
        layers.Conv2D(8, 3, strides=2, padding="same", activation="elu"), layers.BatchNormalization(),
        layers.MaxPooling2D(), layers.Flatten(), layers.Dense(16, activation="relu"), layers.Dropout(0.5),
        layers.Dense(7, activation="softmax")])


def separable():
    """Depthwise-separable blocks with skip connections, global pooling: the shape of mini-XCEPTION."""
    x = inputs = layers.Input((None, None, 3))
    x = layers.Conv2D(8, 3, strides=2, padding="same", use_bias=False)(x)
    x = layers.Activation("swish")(layers.BatchNormalization()(x))
    for width in (12, 16):
        skip = layers.BatchNormalization()(layers.Conv2D(width, 1, strides=2, padding="same", use_bias=False)(x))
        x = layers.BatchNormalization()(layers.SeparableConv2D(width, 3, padding="same", use_bias=False)(x))
        x = layers.SeparableConv2D(width, 3, padding="same", use_bias=False)(layers.Activation("relu")(x))
        x = layers.MaxPooling2D(3, strides=2, padding="same")(layers.BatchNormalization()(x))
        x = layers.Add()([x, skip])
    x = layers.GlobalAveragePooling2D()(x)
    return tf.keras.Model(inputs, layers.Dense(7, activation="softmax")(x))


def squeeze_excite():
    """An inverted bottleneck with squeeze-and-excite, as in EfficientNet."""
    x = inputs = layers.Input((32, 32, 3))
    x = layers.Rescaling(1 / 255)(x)
    x = layers.ZeroPadding2D(((0, 1), (0, 1)))(x)
    x = layers.Conv2D(8, 3, strides=2, use_bias=False)(x)
    x = layers.Activation("swish")(layers.BatchNormalization()(x))
    y = layers.Activation("swish")(layers.BatchNormalization()(layers.DepthwiseConv2D(5, padding="same", use_bias=False)(x)))
    s = layers.Reshape((1, 1, 8))(layers.GlobalAveragePooling2D()(y))
    s = layers.Conv2D(8, 1, activation="sigmoid")(layers.Conv2D(2, 1, activation="swish")(s))
    y = layers.BatchNormalization()(layers.Conv2D(8, 1, use_bias=False)(layers.Multiply()([y, s])))
    x = layers.Add()([x, y])
    return tf.keras.Model(inputs, layers.Dense(7)(layers.GlobalMaxPooling2D()(x)))


def randomise(model):
    rng = np.random.default_rng(0)
    for weight in model.weights:
        low, high = (0.5, 1.5) if weight.path.endswith(("gamma", "moving_variance")) else (-0.3, 0.3)
        weight.assign(rng.uniform(low, high, weight.shape))


def export(name, model, shape, opset):
    folder = Path(__file__).parent / f"keras_{name}"
    folder.mkdir(exist_ok=True)
    randomise(model)
    # Keras 3 models are converted as functions; tf2onnx's own Keras path expects Keras 2.
    spec = tf.TensorSpec((None, *model.inputs[0].shape[1:]), tf.float32, name="input")
    function = tf.function(lambda x: model(x, training=False), input_signature=[spec])
    tf2onnx.convert.from_function(function, input_signature=[spec], opset=opset, output_path=str(folder / "model.onnx"))
    write_data_sets(folder, [(n, *shape) for n in (1, 3)])


def main():
    export("sequential", sequential(), (48, 48, 1), 13)
    export("separable", separable(), (48, 40, 3), 17)
    export("squeeze_excite", squeeze_excite(), (32, 32, 3), 15)
    if len(sys.argv) > 1:  # a folder for the full-size networks, which are too large to commit
        for name, make in (("resnet50", applications.ResNet50), ("efficientnetb0", applications.EfficientNetB0)):
            model = make(weights=None, input_shape=(64, 64, 3), classes=7)
            folder = Path(sys.argv[1]) / f"keras_{name}"
            folder.mkdir(parents=True, exist_ok=True)
            randomise_large(model)
            spec = tf.TensorSpec((None, 64, 64, 3), tf.float32, name="input")
            function = tf.function(lambda x, model=model: model(x, training=False), input_signature=[spec])
            tf2onnx.convert.from_function(
                function, input_signature=[spec], opset=17, output_path=str(folder / "model.onnx"))


def randomise_large(model):
    """Only the statistics: random weights in deep networks overflow."""
    rng = np.random.default_rng(0)
    for weight in model.weights:
        if weight.path.endswith("moving_variance"):
            weight.assign(rng.uniform(0.5, 1.5, weight.shape))
        elif weight.path.endswith("moving_mean"):
            weight.assign(rng.uniform(-0.1, 0.1, weight.shape))


if __name__ == "__main__":
    main()
