"""Starts `aviary serve` for the tests of the page, and asks it as another program would."""

import json
import os
import re
import select
import subprocess
import time
import urllib.request
import uuid

from devtools import Late, end
from media import ROOT

BINARY = os.environ.get("AVIARY_BINARY", str(ROOT / ".build" / "release" / "aviary"))


class Server:
    """A server on a free port; AVIARY_PAGE_URL names one that runs already."""

    def __init__(self, *arguments):
        self.process = None
        self.url = os.environ.get("AVIARY_PAGE_URL", "")
        if self.url:
            return
        self.process = subprocess.Popen(
            [BINARY, "serve", "--port", "0", *arguments], cwd=ROOT, start_new_session=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.url = self._address(deadline=time.monotonic() + 60)

    def _address(self, deadline):
        text = b""
        stream = self.process.stdout.fileno()
        while time.monotonic() < deadline:
            if not select.select([stream], [], [], 0.5)[0]:
                continue
            data = os.read(stream, 4096)
            if not data:
                raise RuntimeError(f"{BINARY} serve ended with status {self.process.wait(5)}: {text.decode()}")
            text += data
            found = re.search(rb"http://[\w.:\[\]-]+", text)
            if found:
                return found.group().decode().rstrip("/") + "/"
        raise Late(f"{BINARY} serve named no address within 60 s: {text.decode()}")

    def get(self, path):
        with urllib.request.urlopen(self.url + path, timeout=20) as response:
            return json.load(response)

    def predict(self, path, **fields):
        """POST /v1/predict as `curl -F` sends it."""
        border = uuid.uuid4().hex
        body = b"".join(
            f'--{border}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
            for name, value in fields.items())
        with open(path, "rb") as file:
            body += (f'--{border}\r\nContent-Disposition: form-data; name="image"; filename="photo"\r\n'
                     "Content-Type: application/octet-stream\r\n\r\n").encode() + file.read()
        body += f"\r\n--{border}--\r\n".encode()
        request = urllib.request.Request(
            self.url + "v1/predict", body, {"Content-Type": f"multipart/form-data; boundary={border}"})
        with urllib.request.urlopen(request, timeout=30) as response:
            return json.load(response)

    def close(self):
        if self.process:
            end(self.process)
            self.process.stdout.close()
