"""Golden values of RNN, GRU and LSTM: `python golden_recurrent.py` writes golden_recurrent.json beside it.

ONNX Runtime is the truth: the suite's own cases have neither clipping nor unusual activations, and the
specification's reference ignores both.
"""

import pathlib
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
from golden import Cases  # noqa: E402

cases = Cases()
rng = np.random.default_rng(31)
GATES = {"RNN": 1, "GRU": 3, "LSTM": 4}
OUTPUTS = {"RNN": 2, "GRU": 2, "LSTM": 3}


def normal(*shape, scale=0.5, dtype=np.float32):
    return (rng.normal(size=shape) * scale).round(3).astype(dtype)


def inputs(op, steps, batch, size, hidden, directions=1, *, bias=True, lengths=None, state=True, peep=False, dtype=np.float32):
    gates = GATES[op]
    values = [
        normal(steps, batch, size, scale=1, dtype=dtype), normal(directions, gates * hidden, size, dtype=dtype),
        normal(directions, gates * hidden, hidden, dtype=dtype),
        normal(directions, 2 * gates * hidden, dtype=dtype) if bias else None,
        None if lengths is None else np.array(lengths, np.int32),
        normal(directions, batch, hidden, dtype=dtype) if state else None,
    ]
    if op == "LSTM":
        values += [normal(directions, batch, hidden, dtype=dtype) if state else None,
                   normal(directions, 3 * hidden, dtype=dtype) if peep else None]
    while values[-1] is None:
        values.pop()
    return values


def add(op, opset, values, tolerance=2e-5, **attributes):
    cases.add(op, opset, values, outputs=OUTPUTS[op], tolerance=tolerance, **attributes)


for op in GATES:
    for direction, count in [("forward", 1), ("reverse", 1), ("bidirectional", 2)]:
        common = dict(hidden_size=5, direction=direction)
        add(op, 14, inputs(op, 4, 3, 3, 5, count), **common)
        add(op, 14, inputs(op, 4, 3, 3, 5, count, lengths=[4, 1, 3], bias=False), **common)
        add(op, 7, inputs(op, 1, 1, 2, 5, count, state=False), **common)
        add(op, 14, inputs(op, 3, 2, 3, 5, count, bias=True), clip=0.3, **common)
    # More units than a register, sequences that are cut among threads.
    add(op, 14, inputs(op, 6, 9, 7, 19), hidden_size=19)
    add(op, 22, inputs(op, 3, 13, 4, 33, 2, lengths=[3] * 6 + [2] * 4 + [1] * 3), hidden_size=33, direction="bidirectional")

FUNCTIONS = ["Relu", "Tanh", "Sigmoid", "Affine", "LeakyRelu", "ThresholdedRelu", "ScaledTanh", "HardSigmoid", "Elu",
             "Softsign", "Softplus"]
PARAMETERS = {"Affine": ([0.8], [0.1]), "LeakyRelu": ([0.2], []), "ThresholdedRelu": ([0.3], []),
              "ScaledTanh": ([1.1], [0.7]), "HardSigmoid": ([0.3], [0.4]), "Elu": ([0.9], [])}
for name in FUNCTIONS:
    alpha, beta = PARAMETERS.get(name, ([], []))
    extra = {k: v for k, v in [("activation_alpha", alpha), ("activation_beta", beta)] if v}
    add("RNN", 14, inputs("RNN", 3, 2, 3, 4), hidden_size=4, activations=[name], **extra)
for names, alpha, beta in [
    (["HardSigmoid", "Softsign", "ScaledTanh"], [0.3, 1.2], [0.6, 0.5]),
    (["Sigmoid", "LeakyRelu", "Affine"], [0.1, 0.5], [0.2]),
    (["HardSigmoid", "Relu", "Tanh"], [], []),
]:
    extra = {k: v for k, v in [("activation_alpha", alpha), ("activation_beta", beta)] if v}
    add("LSTM", 14, inputs("LSTM", 3, 2, 3, 4, peep=True), hidden_size=4, activations=names, **extra)
add("GRU", 14, inputs("GRU", 3, 2, 3, 4), hidden_size=4, activations=["HardSigmoid", "LeakyRelu"],
    activation_alpha=[0.25, 0.05], activation_beta=[0.4])
add("GRU", 14, inputs("GRU", 3, 2, 3, 4, 2), hidden_size=4, direction="bidirectional",
    activations=["Sigmoid", "Tanh", "HardSigmoid", "Softsign"], activation_alpha=[0.25], activation_beta=[0.4])
for linear in [0, 1]:
    add("GRU", 14, inputs("GRU", 5, 3, 4, 11), hidden_size=11, linear_before_reset=linear)
    add("GRU", 14, inputs("GRU", 5, 3, 4, 11), hidden_size=11, linear_before_reset=linear, clip=0.4)
    add("GRU", 14, inputs("GRU", 4, 3, 4, 6, 2, lengths=[2, 4, 1]), hidden_size=6, linear_before_reset=linear,
        direction="bidirectional", activations=["Sigmoid", "Softsign", "Sigmoid", "Tanh"])
add("LSTM", 14, inputs("LSTM", 4, 3, 3, 5, peep=True), hidden_size=5)
add("LSTM", 14, inputs("LSTM", 4, 3, 3, 5, 2, peep=True, lengths=[4, 2, 3]), hidden_size=5, direction="bidirectional")
add("LSTM", 14, inputs("LSTM", 4, 3, 3, 5, peep=True), hidden_size=5, input_forget=1)
add("LSTM", 14, inputs("LSTM", 4, 3, 3, 5), hidden_size=5, input_forget=1)
add("LSTM", 14, inputs("LSTM", 4, 3, 3, 5, peep=True), hidden_size=5, clip=0.5)
add("LSTM", 14, inputs("LSTM", 3, 2, 3, 4, dtype=np.float64), hidden_size=4, tolerance=1e-10)

# What must be refused.
x, w, r = normal(3, 2, 4), normal(1, 20, 4), normal(1, 20, 5)
for bad, attributes in [
    ([normal(3, 2), w, r], {}), ([x, normal(1, 20, 3), r], {}), ([x, w, normal(1, 20, 4)], {}),
    ([x, normal(2, 20, 4), r], {}), ([x, w, r, normal(1, 20)], {}), ([x, w, r], {"hidden_size": 6}),
    ([x, w, r], {"activations": ["Sine", "Tanh", "Tanh"]}), ([x, w, r], {"activations": ["Tanh"]}),
    ([x, w, r], {"direction": "sideways"}), ([x, w, r], {"layout": 2}), ([x, w, r], {"clip": -1.0}),
    ([x, w, r, None, np.array([4, 1], np.int32)], {}), ([x, w, r, None, np.array([3], np.int32)], {}),
    ([x, w, r.astype(np.float64)], {}), ([x.astype(np.int32), w, r], {}),
    ([x, w, r, None, None, normal(1, 3, 5)], {}),
]:
    cases.fails("LSTM", 14, bad, outputs=3, **attributes)

cases.write(__file__)
