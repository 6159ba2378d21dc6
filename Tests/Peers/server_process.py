"""Starts `aviary serve` for tests and benchmarks, and speaks to it byte by byte."""

import contextlib
import http.client
import io
import json
import os
import signal
import socket
import subprocess
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
AVIARY = Path(os.environ.get("AVIARY", ROOT / ".build/release/aviary"))
SAMPLES = ROOT / "Zoo/samples/drawn-faces"
MODELS = "fer-cnn-bn,fer-cnn-plain"


class Server:
    """A running server; `with Server("--queue", "4") as server`."""

    def __init__(self, *arguments, models=MODELS, environment=None):
        if "--detector" not in arguments:
            arguments = ("--detector", "none", *arguments)
        command = [str(AVIARY), "serve", "--port", "0", "--models", models, "--log-level", "warning", *arguments]
        self.process = subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env={**os.environ, **(environment or {})})
        line = self.process.stdout.readline()
        if "http://" not in line:
            raise RuntimeError(f"the server did not start: {line}{self.process.stderr.read()}")
        self.url = line.split()[-1].strip()
        self.host, port = self.url.removeprefix("http://").rsplit(":", 1)
        self.port = int(port)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self, patience=30):
        """Ends the server as an operator would; returns its status and what it wrote to stderr."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            _, errors = self.process.communicate(timeout=patience)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        return self.process.returncode, errors

    @property
    def memory(self):
        """Resident bytes."""
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGESIZE")

    def request(self, method, path, body=None, headers=None, timeout=30):
        """Status, headers (lower case) and bytes of an answer, over a connection of its own."""
        connection = http.client.HTTPConnection(self.host, self.port, timeout=timeout)
        with contextlib.closing(connection):
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read()

    def json(self, method, path, body=None, headers=None):
        status, _, data = self.request(method, path, body, headers)
        return status, json.loads(data)

    def connect(self, timeout=20):
        connection = socket.create_connection((self.host, self.port), timeout=timeout)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection

    def raw(self, data, finish=False, timeout=20):
        """Sends bytes as they are; status and bytes of what comes back until the server closes."""
        with self.connect(timeout) as connection:
            try:
                connection.sendall(data)
                if finish:
                    connection.shutdown(socket.SHUT_WR)
            except (BrokenPipeError, ConnectionResetError):
                pass
            return read_answer(connection)

    def is_alive(self):
        return self.process.poll() is None and self.request("GET", "/health/live")[0] == 200


def read_answer(connection):
    """Status (0: none) and bytes of everything until the connection ends."""
    data = b""
    with contextlib.suppress(ConnectionResetError):
        while piece := connection.recv(65536):
            data += piece
            head, separator, rest = data.partition(b"\r\n\r\n")
            if separator and not head.startswith(b"HTTP/1.1 100"):
                length = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
                if length and len(rest) >= int(length[0].split(b":")[1]):
                    break
    return (int(data.split()[1]) if data.startswith(b"HTTP/") else 0), data


def blank(width=320, height=240):
    """A picture of nothing."""
    from PIL import Image

    data = io.BytesIO()
    Image.new("RGB", (width, height), (90, 120, 90)).save(data, "JPEG")
    return data.getvalue()


def picture(width=48, height=48, kind="JPEG", seed=0, **options):
    """Bytes of a picture of seeded noise, coarse enough to look like something to a codec."""
    import numpy
    from PIL import Image

    noise = numpy.random.default_rng(seed).integers(0, 255, (8, 8, 3), dtype=numpy.uint8)
    data = io.BytesIO()
    Image.fromarray(noise).resize((width, height)).save(data, kind, **options)
    return data.getvalue()


def sample(emotion="happy"):
    """A drawn face of the zoo."""
    return next(iter(sorted((SAMPLES / emotion).glob("*.png")))).read_bytes()


def form(parts, boundary="frontier"):
    """A multipart body and its type; parts are (name, bytes, file name or None)."""
    body = b""
    for name, data, file in parts:
        extra = f'; filename="{file}"' if file else ""
        body += f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"{extra}\r\n\r\n'.encode()
        body += data + b"\r\n"
    return body + f"--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"


def wait_until(condition, seconds=10):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.05)
    return False
