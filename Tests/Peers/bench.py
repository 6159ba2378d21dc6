#!/usr/bin/env python3
"""Compares the speed of `aviary` with ONNX Runtime and OpenVINO on the same models, side by side.

    bench.py MODEL.onnx [...] [--batch 1,32] [--threads 1,2] [--rounds 7] [--peers onnxruntime,openvino]
             [--shape input=1,3,480,640] [--case "MODEL.onnx batch=1,64 threads=2"] [--precision bf16]
             [--json OUT] [--readme README.md]

Every measurement is a process of its own on seeded random input: `aviary bench MODEL --json`, or this script as
the peer. A round runs all engines once, in turn, so that whatever slows the machine down meets all of them; the
order rotates from round to round. Shown are medians over the rounds: the time of a run (each process's own median),
the time from opening the file to the first answer, the peak of resident memory (a peer's includes Python), and
the ratio peer / aviary of each round as median (min..max). Above 1 aviary is faster, or smaller.

--case replaces --batch, --threads and --shape for one model. --readme writes the table between the lines
`<!-- bench -->` and `<!-- /bench -->` of a file, with the name of the processor. Needs what
requirements-bench.txt lists (`make bench` installs it).
"""

import argparse
import json
import os
import platform
import resource
import shlex
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

TITLES = {"onnxruntime": "ONNX Runtime", "openvino": "OpenVINO"}
MARKERS = ("<!-- bench -->", "<!-- /bench -->")


@dataclass
class Case:
    """One model at one batch size and number of threads."""

    model: str
    batch: int
    threads: int
    shapes: list = field(default_factory=list)

    @property
    def name(self):
        path = Path(self.model)
        return path.parent.name if path.stem == "model" else path.stem


# The peers. Each returns seconds of loading, the function that runs once, and the version.

def onnxruntime_peer(model, batch, threads, fixed):
    import numpy as np
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    start = time.perf_counter()
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    load = time.perf_counter() - start
    types = {"tensor(float)": np.float32, "tensor(double)": np.float64, "tensor(float16)": np.float16,
             "tensor(int64)": np.int64, "tensor(int32)": np.int32, "tensor(uint8)": np.uint8}
    random = np.random.default_rng(0)
    feeds = {}
    for value in session.get_inputs():
        shape = fixed.get(value.name) or open_extents(value.shape, batch)
        feeds[value.name] = random.standard_normal(shape).astype(types[value.type])
    return load, lambda: session.run(None, feeds), onnxruntime.__version__


def openvino_peer(model, batch, threads, fixed):
    import numpy as np
    import openvino

    start = time.perf_counter()
    core = openvino.Core()
    network = core.read_model(model)
    shapes = {}
    for value in network.inputs:
        extents = [None if d.is_dynamic else d.get_length() for d in value.get_partial_shape()]
        shapes[value] = fixed.get(value.get_any_name()) or open_extents(extents, batch)
    network.reshape(shapes)
    compiled = core.compile_model(network, "CPU", {
        "INFERENCE_NUM_THREADS": threads, "NUM_STREAMS": 1, "INFERENCE_PRECISION_HINT": "f32",
        "PERFORMANCE_HINT": "LATENCY"})
    load = time.perf_counter() - start
    request = compiled.create_infer_request()
    random = np.random.default_rng(0)
    for index, value in enumerate(network.inputs):
        data = random.standard_normal(shapes[value]).astype(value.get_element_type().to_dtype())
        request.set_input_tensor(index, openvino.Tensor(data))
    return load, request.infer, openvino.__version__.split("-")[0]


def open_extents(shape, batch):
    """The extents of an input: an open first axis is the batch, other open ones are 1."""
    return [d if isinstance(d, int) and d > 0 else (batch if axis == 0 else 1) for axis, d in enumerate(shape)]


def measure_peer(arguments):
    """The process of one peer: prints one JSON object with the keys of `aviary bench --json`."""
    make = {"onnxruntime": onnxruntime_peer, "openvino": openvino_peer}[arguments.peer]
    load, run, version = make(arguments.models[0], int(arguments.batch), int(arguments.threads),
                              parsed_shapes(arguments.shape))
    start = time.perf_counter()
    run()
    first = time.perf_counter() - start
    run()
    times = []
    begin = time.perf_counter()
    while len(times) < 5 or time.perf_counter() - begin < arguments.seconds:
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    print(json.dumps({
        "load_ms": 1e3 * load, "first_ms": 1e3 * first, "median_ms": 1e3 * statistics.median(times),
        "peak_rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, "version": version}))


# The rounds.

def parsed_shapes(texts):
    return {name: [int(d) for d in dims.split(",")] for name, dims in (t.rsplit("=", 1) for t in texts)}


def run_json(command, environment):
    """What the command prints, or `None` and a note where it fails."""
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        print(f"failed with status {done.returncode}: {shlex.join(command)}\n  {last}", file=sys.stderr)
        return None
    return json.loads(done.stdout[done.stdout.index("{"):])


def command(engine, case, arguments):
    sizes = ["--batch", str(case.batch), "--threads", str(case.threads)]
    for shape in case.shapes:
        sizes += ["--shape", shape]
    if engine == "aviary":
        return [arguments.aviary, "bench", case.model, "--json", "--precision", arguments.precision, *sizes]
    return [sys.executable, __file__, case.model, "--peer", engine, "--seconds", str(arguments.seconds), *sizes]


def measure(case, arguments):
    """One row of the table: medians of each engine, ratios against each peer; a peer that cannot run the model
    is missing from it."""
    engines = ["aviary", *arguments.peers]
    rounds = {engine: [] for engine in engines}
    environment = {**os.environ, "OMP_NUM_THREADS": str(case.threads)}
    for number in range(arguments.rounds):
        turn = number % len(engines)
        for engine in engines[turn:] + engines[:turn]:
            if engine not in rounds:
                continue
            found = run_json(command(engine, case, arguments), environment)
            if found is None:
                if engine == "aviary":
                    sys.exit(1)
                del rounds[engine]
                continue
            found["start_ms"] = found["load_ms"] + found["first_ms"]
            rounds[engine].append(found)
    row = {"model": case.name, "batch": case.batch, "threads": case.threads, "shapes": case.shapes,
           "rounds": arguments.rounds, "precision": arguments.precision}
    for engine in rounds:
        row[engine] = {key: statistics.median(r[key] for r in rounds[engine])
                       for key in ("median_ms", "start_ms", "peak_rss_mb")}
        if engine == "aviary":
            continue
        row[engine]["version"] = rounds[engine][0]["version"]
        for key in ("median_ms", "start_ms", "peak_rss_mb"):
            ratios = [peer[key] / own[key] for own, peer in zip(rounds["aviary"], rounds[engine])]
            row[engine][key.rsplit("_", 1)[0] + "_ratio"] = {
                "median": statistics.median(ratios), "min": min(ratios), "max": max(ratios)}
    return row


def cases(arguments):
    """The cases of the command line: --case by itself, the other models at all batch sizes and threads."""
    found = []
    for model in arguments.models:
        for batch in arguments.batch.split(","):
            for threads in arguments.threads.split(","):
                found.append(Case(model, int(batch), int(threads), arguments.shape))
    for text in arguments.case:
        model, *settings = shlex.split(text)
        values = {"batch": arguments.batch, "threads": arguments.threads}
        shapes = []
        for setting in settings:
            key, value = setting.split("=", 1)
            if key in values:
                values[key] = value
            elif key == "shape":
                shapes.append(value)
            else:
                sys.exit(f"--case {text}: '{key}' is none of batch, threads, shape")
        for batch in values["batch"].split(","):
            for threads in values["threads"].split(","):
                found.append(Case(model, int(batch), int(threads), shapes))
    return found


# The table.

def number(value):
    return f"{value:.3g}" if value < 100 else f"{value:.0f}"


def ratio(entry):
    return f"{entry['median']:.2f} ({entry['min']:.2f}..{entry['max']:.2f})"


def markdown(rows, peers):
    """One row a case: times, ratios, then starting and memory."""
    head = ["model", "batch", "threads", "aviary ms"]
    for peer in peers:
        head += [f"{TITLES[peer]} ms", "ratio"]
    head += ["start ms", *(f"{TITLES[peer]}" for peer in peers), "peak MiB", *(f"{TITLES[peer]}" for peer in peers)]
    lines = ["| " + " | ".join(head) + " |", "|---|" + "--:|" * (len(head) - 1)]
    for row in rows:
        cells = [" ".join([row["model"], *row["shapes"]]), str(row["batch"]), str(row["threads"]),
                 number(row["aviary"]["median_ms"])]
        for peer in peers:
            cells += [number(row[peer]["median_ms"]), ratio(row[peer]["median_ratio"])] if peer in row else ["-", "-"]
        for key in ("start_ms", "peak_rss_mb"):
            cells += [number(row[engine][key]) if engine in row else "-" for engine in ("aviary", *peers)]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def processor():
    """The processor's name, how many of its threads there are and the widest instruction set that counts."""
    name, flags = platform.processor() or platform.machine(), ""
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            key, _, value = line.partition(":")
            if key.strip() == "model name":
                name = value.strip()
            elif key.strip() == "flags":
                flags = value.split()
    except OSError:
        pass
    wide = next((title for flag, title in (("avx512f", "AVX-512"), ("avx2", "AVX2"), ("avx", "AVX"))
                 if flag in flags), platform.machine())
    return f"{name}, {len(os.sched_getaffinity(0))} hardware threads, {wide}"


def section(rows, peers, arguments):
    found = {peer: row[peer]["version"] for row in rows for peer in peers if peer in row}
    versions = ", ".join(f"{TITLES[peer]} {version}" for peer, version in found.items())
    return (f"{processor()}; {versions}; aviary in {arguments.precision}; medians of {arguments.rounds} rounds, "
            f"{time.strftime('%Y-%m-%d')}.\nA ratio is the peer's time divided by aviary's: median (min..max) over "
            f"the rounds. Start is from opening the file to the first answer.\n\n{markdown(rows, peers)}")


def write_section(path, text):
    content = Path(path).read_text()
    if any(content.count(marker) != 1 for marker in MARKERS):
        sys.exit(f"{path}: needs the lines {MARKERS[0]} and {MARKERS[1]} once each")
    before, rest = content.split(MARKERS[0])
    after = rest.split(MARKERS[1])[1]
    Path(path).write_text(f"{before}{MARKERS[0]}\n{text}\n{MARKERS[1]}{after}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*", metavar="MODEL.onnx")
    parser.add_argument("--aviary", default=".build/release/aviary")
    parser.add_argument("--batch", default="1,32", help="batch sizes (default: %(default)s)")
    parser.add_argument("--threads", default="1,2", help="numbers of threads (default: %(default)s)")
    parser.add_argument("--shape", action="append", default=[], metavar="NAME=D,D,..")
    parser.add_argument("--case", action="append", default=[], metavar="MODEL [batch=..] [threads=..] [shape=..]")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=1.0, help="of timed runs in a peer's process")
    parser.add_argument("--peers", type=lambda text: text.split(","), default=list(TITLES))
    parser.add_argument("--precision", default="fp32", help="of aviary; the peers always compute in fp32")
    parser.add_argument("--json", metavar="OUT", help="write every row here")
    parser.add_argument("--readme", metavar="FILE", help="write the table into this file's marked section")
    parser.add_argument("--peer", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.peer:
        return measure_peer(arguments)
    unknown = [peer for peer in arguments.peers if peer not in TITLES]
    if unknown:
        parser.error(f"no such peer: {', '.join(unknown)}; there are {', '.join(TITLES)}")
    rows = []
    for case in cases(arguments):
        row = measure(case, arguments)
        rows.append(row)
        told = "  ".join(f"{peer} {ratio(row[peer]['median_ratio'])}" for peer in arguments.peers if peer in row)
        print(f"{case.name:24} batch {case.batch:<3} threads {case.threads}  "
              f"{row['aviary']['median_ms']:9.3f} ms  {told}", file=sys.stderr, flush=True)
    if not rows:
        parser.error("no model is given")
    text = section(rows, arguments.peers, arguments)
    print(text)
    if arguments.json:
        Path(arguments.json).write_text(json.dumps({"processor": processor(), "rows": rows}, indent=1) + "\n")
    if arguments.readme:
        write_section(arguments.readme, text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
