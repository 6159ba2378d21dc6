"""Trains and exports a model of frames: `python -m training.sequence fer-cnn-blstm` in the folder Zoo.

Frames `[batch, time, 1, 48, 48]` go through the convolutions and the first dense layer of another model of the zoo
(`base`, whose weights stay as they are), an LSTM in both directions goes over what they find, and a dense layer over
its mean gives the class. Sequences are made of FER2013's training images: one image under small shifts and changes
of light, and in half of them the first frames show another, neutral face. So the network learns to wait for an
expression, not how real faces move.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import TensorProto, helper, numpy_helper

from . import dataset
from .pixels import LABELS

ZOO = Path(__file__).resolve().parents[1]
NEUTRAL = LABELS.index("neutral")


def trunk(base):
    """The base model's graph up to the activation before its last Gemm, and the name of that value."""
    model = onnx.load(ZOO / base / "model.onnx")
    gemm = [k for k, node in enumerate(model.graph.node) if node.op_type == "Gemm"][-1]
    name = model.graph.node[gemm].input[0]
    del model.graph.node[gemm:]
    used = {i for node in model.graph.node for i in node.input}
    kept = [i for i in model.graph.initializer if i.name in used]
    del model.graph.initializer[:]
    model.graph.initializer.extend(kept)
    del model.graph.output[:]
    model.graph.output.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, None))
    return model, name


def jitter(images, rng):
    """Every image moved by up to two pixels, with another light, as the network takes them (-1 to 1)."""
    padded = np.pad(images, ((0, 0), (2, 2), (2, 2)), mode="edge").astype(np.float32) / 255
    moved = np.empty((len(images), 1, 48, 48), np.float32)
    for k, image in enumerate(padded):
        y, x = rng.integers(0, 5, 2)
        moved[k, 0] = image[y:y + 48, x:x + 48] * rng.uniform(0.85, 1.15) + rng.uniform(-0.08, 0.08)
    return np.clip(moved, 0, 1) * 2 - 1


def features(model, images, views, rng, threads):
    """What the base sees in `views` versions of each image: `[images, views, width]`."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    rows = [[session.run(None, {name: jitter(images[k:k + 64], rng)})[0] for k in range(0, len(images), 64)]
            for _ in range(views)]
    return np.stack([np.concatenate(view) for view in rows], 1)


class Head(torch.nn.Module):
    def __init__(self, width, hidden):
        super().__init__()
        self.lstm = torch.nn.LSTM(width, hidden, batch_first=True, bidirectional=True)
        self.dense = torch.nn.Linear(2 * hidden, len(LABELS))

    def forward(self, x):
        return self.dense(self.lstm(x)[0].mean(1))


def sequences(seen, labels, rows, frames, rng):
    """Frames of these images, in half of the cases behind some of a neutral face."""
    neutral = np.flatnonzero(labels == NEUTRAL)
    views = rng.integers(0, seen.shape[1], (len(rows), frames))
    made = seen[rows[:, None], views]
    for k in np.flatnonzero(rng.random(len(rows)) < 0.5):
        waiting = rng.integers(1, frames // 2 + 1)
        made[k, :waiting] = seen[rng.choice(neutral), rng.integers(0, seen.shape[1], waiting)]
    return torch.from_numpy(made), torch.from_numpy(labels[rows])


def train(recipe, seen, labels, check):
    rng = np.random.default_rng(recipe["seed"])
    torch.manual_seed(recipe["seed"])
    head = Head(seen.shape[2], recipe["hidden"])
    optimizer = torch.optim.AdamW(head.parameters(), lr=recipe["learning_rate"], weight_decay=recipe["weight_decay"])
    steps = recipe["epochs"] * (len(labels) // recipe["batch"])
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, recipe["learning_rate"], total_steps=steps)
    history = []
    for epoch in range(recipe["epochs"]):
        head.train()
        order, total = rng.permutation(len(labels)), 0.0
        for first in range(0, len(order) - recipe["batch"] + 1, recipe["batch"]):
            x, y = sequences(seen, labels, order[first:first + recipe["batch"]], recipe["frames"], rng)
            loss = torch.nn.functional.cross_entropy(head(x), y, label_smoothing=0.05)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            total += loss.item()
        head.eval()
        with torch.no_grad():
            accuracy = (head(check[0]).argmax(1) == check[1]).float().mean().item()
            single = (head(check[0][:, -1:]).argmax(1) == check[1]).float().mean().item()
        history.append({"epoch": epoch + 1, "loss": round(total / (len(labels) // recipe["batch"]), 4),
                        "validation_accuracy": round(accuracy, 4), "single_frame_accuracy": round(single, 4)})
        print(history[-1], flush=True)
    return head.eval(), history


def reordered(weight, hidden):
    """Gates as ONNX orders them (input, output, forget, cell), from PyTorch's input, forget, cell, output."""
    i, f, c, o = (weight[k * hidden:(k + 1) * hidden] for k in range(4))
    return np.concatenate([i, o, f, c])


def export(recipe, model, feature, head, path):
    hidden = recipe["hidden"]
    width = head.lstm.input_size
    state = {k: v.detach().numpy() for k, v in head.state_dict().items()}
    w, r, b = [], [], []
    for end in ("", "_reverse"):
        w.append(reordered(state[f"lstm.weight_ih_l0{end}"], hidden))
        r.append(reordered(state[f"lstm.weight_hh_l0{end}"], hidden))
        b.append(np.concatenate([reordered(state[f"lstm.bias_ih_l0{end}"], hidden),
                                 reordered(state[f"lstm.bias_hh_l0{end}"], hidden)]))
    graph, node = model.graph, helper.make_node
    constants = {"lstm.W": np.stack(w), "lstm.R": np.stack(r), "lstm.B": np.stack(b),
                 "dense.weight": state["dense.weight"], "dense.bias": state["dense.bias"],
                 "one_frame": np.array([-1, 1, 48, 48]), "zero": np.array([0]), "one": np.array([1]),
                 "two": np.array([2]), "width": np.array([width]), "together": np.array([0, 0, 2 * hidden])}
    graph.initializer.extend(numpy_helper.from_array(v, k) for k, v in constants.items())
    first = graph.input[0].name
    before = [node("Reshape", ["frames", "one_frame"], [first], name="each_frame")]
    after = [
        node("Shape", ["frames"], ["shape"]), node("Slice", ["shape", "zero", "two"], ["batch_and_time"]),
        node("Concat", ["batch_and_time", "width"], ["sequence_shape"], axis=0),
        node("Reshape", [feature, "sequence_shape"], ["sequence"]),
        node("Transpose", ["sequence"], ["by_time"], perm=[1, 0, 2]),
        node("LSTM", ["by_time", "lstm.W", "lstm.R", "lstm.B"], ["hidden"], name="lstm", hidden_size=hidden,
             direction="bidirectional"),
        node("Transpose", ["hidden"], ["by_batch"], perm=[2, 0, 1, 3]),
        node("Reshape", ["by_batch", "together"], ["both_directions"]),
        node("ReduceMean", ["both_directions"], ["mean"], axes=[1], keepdims=0),
        node("Gemm", ["mean", "dense.weight", "dense.bias"], ["logits"], name="dense", transB=1),
        node("Softmax", ["logits"], ["probabilities"], axis=-1)]
    nodes = before + list(graph.node) + after
    del graph.node[:], graph.input[:], graph.output[:], graph.value_info[:]
    graph.node.extend(nodes)
    graph.name = "frames"
    graph.input.append(helper.make_tensor_value_info("frames", TensorProto.FLOAT, ["batch", "time", 1, 48, 48]))
    graph.output.append(helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["batch", len(LABELS)]))
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, path)


def main():
    parser = argparse.ArgumentParser(prog="python -m training.sequence", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", help="a folder of Zoo/ with a sequence.json")
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    recipe = json.loads((ZOO / options.model / "sequence.json").read_text())
    rng = np.random.default_rng(recipe["seed"])
    data = dataset.load()
    model, feature = trunk(recipe["base"])
    chosen = rng.permutation(len(data.train))[:recipe["images"]]
    images, labels = data.train.images[chosen], data.train.labels[chosen].astype(np.int64)
    seen = features(model, images, recipe["views"], rng, options.threads)
    validation = features(model, data.validation.images, 2, rng, options.threads)
    check = sequences(validation, data.validation.labels.astype(np.int64), np.arange(len(data.validation)),
                      recipe["frames"], np.random.default_rng(99))
    head, history = train(recipe, seen, labels, check)
    export(recipe, model, feature, head, ZOO / options.model / "model.onnx")
    (ZOO / options.model / "history.json").write_text(json.dumps(history, indent=1) + "\n")


if __name__ == "__main__":
    main()
