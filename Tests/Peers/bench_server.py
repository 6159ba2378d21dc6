#!/usr/bin/env python3
"""Measures `aviary serve` beside FastAPI with ONNX Runtime (fastapi_server.py) under wrk, on loopback.

    bench_server.py [--rounds 3] [--seconds 6] [--connections 1,8,64] [--detectors none,yunet] [--model fer-cnn-bn]
                    [--photo FILE] [--yunet FILE] [--memory 50000] [--readme README.md] [--json OUT]

Both servers get the same form with the same picture: a 48x48 face and a photo of 4000 x 3000 pixels, made by
enlarging --photo. They are started once for each detector and asked in turn, round by round, so that whatever
slows the machine down meets both; while one is measured the other one sleeps. Before anything is measured both must
give the same faces and probabilities. Shown are medians over the rounds: requests a second, median and 99th
percentile of the latency, failed requests (of any round), and the ratio of throughputs.

--memory N sends N further requests of the small picture and shows how resident memory grew after the first tenth.
--readme writes the table between `<!-- bench-server -->` and `<!-- /bench-server -->`. Needs wrk (Debian) and what
requirements-bench-server.txt lists; `make bench-server` installs both.
"""

import argparse
import datetime
import io
import json
import os
import platform
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parent))
from server_process import ROOT, Server, form, sample

MARKERS = ("<!-- bench-server -->", "<!-- /bench-server -->")

LUA = """
local file = io.open("%s", "rb")
wrk.method = "POST"
wrk.body = file:read("*a")
wrk.headers["Content-Type"] = "%s"
file:close()
function done(summary, latency)
  io.write(string.format('JSON {"requests":%%d,"us":%%d,"p50":%%.1f,"p99":%%.1f,"failed":%%d}\\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.status
      + summary.errors.timeout))
end
"""


class Peer:
    """The other server."""

    def __init__(self, model, detector, yunet, workers):
        import socket
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.process = subprocess.Popen(
            [sys.executable, str(ROOT / "Tests/Peers/fastapi_server.py"), "--port", str(self.port), "--model", model,
             "--detector", detector, "--yunet", str(yunet), "--workers", workers], start_new_session=True)
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            try:
                with socket.create_connection(("127.0.0.1", self.port), timeout=1):
                    return
            except OSError:
                time.sleep(0.2)
        raise RuntimeError("the peer did not start")

    def stop(self):
        os.killpg(self.process.pid, signal.SIGCONT)
        os.killpg(self.process.pid, signal.SIGTERM)
        self.process.wait(30)


def ask(url, body, kind):
    import urllib.request
    request = urllib.request.Request(f"{url}/v1/predict", body, {"Content-Type": kind})
    with urllib.request.urlopen(request, timeout=120) as answer:
        return json.load(answer)


def check_agreement(ours, theirs, body, kind, name):
    """Nothing is compared that does not do the same."""
    a, b = ask(ours.url, body, kind), ask(theirs.url, body, kind)
    assert (a["width"], a["height"], len(a["faces"])) == (b["width"], b["height"], len(b["faces"])), (name, a, b)
    worst = 0.0
    for one, other in zip(a["faces"], b["faces"]):
        scores = [{s["label"]: s["probability"] for s in f["predictions"][0]["probabilities"]} for f in (one, other)]
        worst = max([worst] + [abs(scores[0][label] - scores[1][label]) for label in scores[0]])
    print(f"  {name}: {len(a['faces'])} faces, probabilities differ by {worst:.1e} at most", file=sys.stderr)
    return len(a["faces"]), worst


def load(url, script, connections, seconds):
    run = subprocess.run(
        ["wrk", "-t", str(min(2, connections)), "-c", str(connections), "-d", f"{seconds}s", "--timeout", "60s",
         "--latency", "-s", script, f"{url}/v1/predict"], capture_output=True, text=True, check=True)
    result = json.loads(re.search(r"JSON (.*)", run.stdout).group(1))
    return {"rps": result["requests"] / (result["us"] / 1e6), "p50": result["p50"] / 1000,
            "p99": result["p99"] / 1000, "failed": result["failed"], "requests": result["requests"]}


def pause(peer, asleep):
    os.killpg(peer.process.pid, signal.SIGSTOP if asleep else signal.SIGCONT)


def median(results, key):
    return statistics.median(r[key] for r in results)


def number(value):
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def photo(path):
    """A JPEG of 12 megapixels, as a phone makes it."""
    image = Image.open(path).convert("RGB").resize((4000, 3000), Image.LANCZOS)
    data = io.BytesIO()
    image.save(data, "JPEG", quality=90)
    return data.getvalue()


def small():
    data = io.BytesIO()
    Image.open(io.BytesIO(sample())).convert("L").resize((48, 48)).save(data, "JPEG", quality=95)
    return data.getvalue()


def processor():
    try:
        text = Path("/proc/cpuinfo").read_text()
        name = re.search(r"model name\s*: (.*)", text).group(1)
    except (OSError, AttributeError):
        name = platform.processor()
    return f"{name.strip()}, {os.cpu_count()} hardware threads"


def measure(arguments, folder):
    pictures = {"48x48": small(), "12 MP": photo(arguments.photo)}
    rows = []
    for detector in arguments.detectors.split(","):
        environment = {"AVIARY_WEIGHTS": str(Path(arguments.yunet).parent)} if arguments.yunet else {}
        # The peer's threshold, and faces that are not turned.
        name = f"yunet:{arguments.yunet},score=0.9" if detector == "yunet" else detector
        ours = Server("--detector", name, "--no-align", *arguments.options.split(), models=arguments.model, environment=environment)
        theirs = Peer(arguments.model, detector, arguments.yunet, arguments.workers)
        try:
            for title, data in pictures.items():
                body, kind = form([("image", data, "photo.jpg")])
                file = Path(folder) / "body"
                file.write_bytes(body)
                script = Path(folder) / "post.lua"
                script.write_text(LUA % (file, kind))
                faces, difference = check_agreement(ours, theirs, body, kind, f"{detector}, {title}")
                for connections in map(int, arguments.connections.split(",")):
                    found = {"aviary": [], "fastapi": []}
                    for index in range(arguments.rounds):
                        order = ["aviary", "fastapi"] if index % 2 == 0 else ["fastapi", "aviary"]
                        for which in order:
                            server = ours if which == "aviary" else theirs
                            pause(theirs, asleep=which == "aviary")
                            load(server.url, str(script), connections, 1)
                            found[which].append(load(server.url, str(script), connections, arguments.seconds))
                    pause(theirs, asleep=False)
                    rows.append({"picture": title, "detector": detector, "connections": connections, "faces": faces,
                                 "difference": difference, **found})
                    print(line(rows[-1]), file=sys.stderr, flush=True)
        finally:
            theirs.stop()
            ours.stop()
    return rows


def delays(results):
    if not median(results, "rps"):
        return "–"
    return f"{number(median(results, 'p50'))} / {number(median(results, 'p99'))}"


def line(row):
    a, b = row["aviary"], row["fastapi"]
    # In a short run a slow server may finish nothing at all; then there is nothing to divide.
    ratios = [x["rps"] / y["rps"] for x, y in zip(a, b) if x["rps"] and y["rps"]]
    ratio = f"{statistics.median(ratios):.2f} ({min(ratios):.2f}..{max(ratios):.2f})" if ratios else "–"
    failed = sum(r["failed"] for r in a), sum(r["failed"] for r in b)
    return (f"| {row['picture']} | {row['detector']} | {row['connections']} | {number(median(a, 'rps'))} | "
            f"{number(median(b, 'rps'))} | {ratio} | {delays(a)} | {delays(b)} | {failed[0]} / {failed[1]} |")


def memory(arguments, folder):
    """Resident MiB after a tenth of the requests and after all of them."""
    body, kind = form([("image", small(), "photo.jpg")])
    file = Path(folder) / "body"
    file.write_bytes(body)
    script = Path(folder) / "post.lua"
    script.write_text(LUA % (file, kind))
    with Server("--detector", "none", models=arguments.model) as server:
        count, early, failed = 0, None, 0
        while count < arguments.memory:
            result = load(server.url, str(script), 64, 2)
            count += result["requests"]
            failed += result["failed"]
            if early is None and count >= arguments.memory / 10:
                early = server.memory
        return count, early / 2**20, server.memory / 2**20, failed


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    shared = Path(os.environ.get("AVIARY_SHARED", ROOT.parent / "shared"))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=6)
    parser.add_argument("--connections", default="1,8,64")
    parser.add_argument("--detectors", default="none,yunet")
    parser.add_argument("--model", default="fer-cnn-bn")
    parser.add_argument("--photo", default=str(shared / "data/photos/astronaut.png"))
    parser.add_argument("--yunet", default=str(shared / "models/face/opencv_yunet_2023mar.onnx"))
    parser.add_argument("--workers", default="1", help="processes of the peer")
    parser.add_argument("--options", default="", help="further options of aviary serve")
    parser.add_argument("--memory", type=int, default=0)
    parser.add_argument("--note", default="", help="a sentence for the line above the table")
    parser.add_argument("--readme")
    parser.add_argument("--json")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        rows = measure(arguments, folder)
        text = [
            f"{processor()}; {arguments.model}; FastAPI on uvicorn, {arguments.workers} process(es); medians of "
            f"{arguments.rounds} rounds of {arguments.seconds} s, {datetime.date.today()}. {arguments.note}".strip(),
            "",
            "| picture | detector | connections | aviary requests/s | FastAPI | ratio | aviary p50 / p99 ms | FastAPI | failed |",
            "|---|---|--:|--:|--:|--:|--:|--:|--:|", *map(line, rows)]
        if arguments.memory:
            count, early, late, failed = memory(arguments, folder)
            text += ["", f"{count:,} requests of the small picture over 64 connections: {failed} failed; resident memory "
                     f"{early:.0f} MiB after a tenth of them, {late:.0f} MiB at the end."]
    print("\n".join(text))
    if arguments.json:
        Path(arguments.json).write_text(json.dumps(rows, indent=1))
    if arguments.readme:
        path = Path(arguments.readme)
        before, rest = path.read_text().split(MARKERS[0])
        _, after = rest.split(MARKERS[1])
        path.write_text(before + MARKERS[0] + "\n" + "\n".join(text) + "\n" + MARKERS[1] + after)


if __name__ == "__main__":
    main()
