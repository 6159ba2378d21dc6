"""The Keras side: the same data and recipes (`"model": "keras_cnn"`), Keras 3 on TensorFlow, export by
tf2onnx."""
