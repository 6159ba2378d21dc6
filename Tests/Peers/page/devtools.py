"""A small client of Chromium's DevTools protocol over a pipe; needs nothing but Python.

Every wait has a deadline: a call that is not answered in time raises `Late`. Nothing here can hang.
"""

import base64
import json
import os
import select
import shutil
import signal
import subprocess
import tempfile
import time


class Late(Exception):
    """Something did not happen before its deadline."""


class ProtocolError(Exception):
    """The browser refused a call, or a script in the page threw."""


def chromium():
    """The browser's path, or None where there is none."""
    for name in (os.environ.get("CHROMIUM"), "chromium", "chromium-browser", "google-chrome"):
        if name and shutil.which(name):
            return shutil.which(name)
    return None


class Browser:
    def __init__(self, *flags):
        self.folder = tempfile.mkdtemp(prefix="aviary-page-")
        commands, self.writer = os.pipe()
        self.reader, answers = os.pipe()
        arguments = [
            chromium(), "--headless=new", "--remote-debugging-pipe", f"--user-data-dir={self.folder}",
            "--no-first-run", "--no-default-browser-check", "--disable-background-networking", "--disable-gpu",
            "--disable-component-update", "--disable-sync", "--disable-extensions", "--mute-audio",
            "--disable-dev-shm-usage", "--hide-scrollbars", *flags]
        if os.getuid() == 0:
            arguments.append("--no-sandbox")  # Chromium refuses to start as root with it
        # The protocol is spoken on descriptors 3 (commands) and 4 (answers).
        shell = f'exec "$0" "$@" 3<&{commands} 4>&{answers}'
        self.process = subprocess.Popen(
            ["sh", "-c", shell, *arguments, "about:blank"], pass_fds=(commands, answers), start_new_session=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(commands)
        os.close(answers)
        os.set_blocking(self.writer, False)
        self.buffer = b""
        self.number = 0
        self.answers = {}
        self.pages = {}
        self.call("Browser.getVersion", timeout=30)

    def page(self, url="about:blank", width=1280, height=900, **options):
        return Page(self, url, width, height, **options)

    def call(self, method, parameters=None, session=None, timeout=10):
        """Sends a command and returns its result."""
        deadline = time.monotonic() + timeout
        self.number += 1
        number = self.number
        message = {"id": number, "method": method, "params": parameters or {}}
        if session:
            message["sessionId"] = session
        self._write(json.dumps(message).encode() + b"\0", deadline, method)
        while number not in self.answers:
            if not self.receive(deadline):
                raise Late(f"{method}: no answer within {timeout} s")
        answer = self.answers.pop(number)
        if "error" in answer:
            raise ProtocolError(f"{method}: {answer['error'].get('message')}")
        return answer["result"]

    def send(self, method, parameters=None, session=None):
        """Sends a command whose answer nobody waits for."""
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters or {}, "sessionId": session}
        self._write(json.dumps(message).encode() + b"\0", time.monotonic() + 10, method)

    def _write(self, data, deadline, method):
        while data:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([], [self.writer], [], left)[1]:
                raise Late(f"{method}: the browser does not read")
            data = data[os.write(self.writer, data):]

    def receive(self, deadline):
        """Handles what the browser sends, one portion; False if nothing came before the deadline."""
        left = max(0, deadline - time.monotonic())
        if not select.select([self.reader], [], [], left)[0]:
            return False
        data = os.read(self.reader, 1 << 20)
        if not data:
            raise ProtocolError(f"the browser ended with status {self.process.poll()}")
        *messages, self.buffer = (self.buffer + data).split(b"\0")
        for message in map(json.loads, messages):
            if "id" in message:
                self.answers[message["id"]] = message
            elif message.get("sessionId") in self.pages:
                self.pages[message["sessionId"]].event(message["method"], message["params"])
        return True

    def close(self):
        end(self.process)
        os.close(self.writer)
        os.close(self.reader)
        shutil.rmtree(self.folder, ignore_errors=True)


class Page:
    """A tab. `problems` collects exceptions, console errors and refusals of the content security policy."""

    def __init__(self, browser, url, width, height, dark=False, scripts=(), media=(), phone=False):
        self.browser = browser
        self.problems = []
        self.requests = []
        self.responder = None
        self.loaded = False
        context = browser.call("Target.createBrowserContext")["browserContextId"]
        self.context = context
        target = browser.call("Target.createTarget", {"url": "about:blank", "browserContextId": context})
        self.target = target["targetId"]
        self.session = browser.call("Target.attachToTarget", {"targetId": self.target, "flatten": True})["sessionId"]
        browser.pages[self.session] = self
        for domain in ("Page", "Runtime", "Log", "Network", "DOM"):
            self.call(f"{domain}.enable")
        self.resize(width, height, phone)
        features = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}, *media]
        self.call("Emulation.setEmulatedMedia", {"features": features})
        self.call("Emulation.setFocusEmulationEnabled", {"enabled": True})
        for source in scripts:
            self.call("Page.addScriptToEvaluateOnNewDocument", {"source": source})
        if url != "about:blank":
            self.open(url)

    def call(self, method, parameters=None, timeout=10):
        return self.browser.call(method, parameters, self.session, timeout)

    def event(self, method, parameters):
        if method == "Page.loadEventFired":
            self.loaded = True
        elif method == "Runtime.exceptionThrown":
            details = parameters["exceptionDetails"]
            self.problems.append(details.get("exception", {}).get("description") or details["text"])
        elif method == "Log.entryAdded" and parameters["entry"]["level"] == "error":
            entry = parameters["entry"]
            if entry.get("source") != "network":  # refused requests are what some tests are about
                self.problems.append(entry["text"])
        elif method == "Network.requestWillBeSent":
            self.requests.append(parameters["request"]["url"])
        elif method == "Fetch.requestPaused":
            self._respond(parameters)

    def open(self, url):
        self.loaded = False
        self.call("Page.navigate", {"url": url}, timeout=20)
        self._pump(lambda: self.loaded, 20, f"{url} is loaded")

    def resize(self, width, height, phone=False):
        self.call("Emulation.setDeviceMetricsOverride",
                  {"width": width, "height": height, "deviceScaleFactor": 2 if phone else 1, "mobile": phone})
        self.call("Emulation.setTouchEmulationEnabled", {"enabled": phone})

    def grant(self, *permissions):
        self.browser.call("Browser.grantPermissions",
                          {"permissions": list(permissions), "browserContextId": self.context})

    def evaluate(self, expression, timeout=10, gesture=False):
        """The value of a JavaScript expression; a promise is awaited."""
        result = self.call("Runtime.evaluate", {"expression": expression, "awaitPromise": True, "returnByValue": True,
                                                "userGesture": gesture}, timeout)
        if "exceptionDetails" in result:
            details = result["exceptionDetails"]
            raise ProtocolError(details.get("exception", {}).get("description") or details["text"])
        return result["result"].get("value")

    def until(self, expression, timeout=10):
        """Waits until an expression is true, and returns its value."""
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            value = self.evaluate(expression, max(0.5, deadline - time.monotonic()))
            if value:
                return value
            self._pump(lambda: False, 0.04)
        state = self.evaluate("document.body.innerText.slice(0, 600)", 5)
        raise Late(f"not within {timeout} s: {expression}\nthe page shows:\n{state}\nproblems: {self.problems}")

    def _pump(self, condition, timeout, what=None):
        deadline = time.monotonic() + timeout
        while not condition():
            if not self.browser.receive(deadline):
                if what:
                    raise Late(f"not within {timeout} s: {what}")
                return

    def files(self, selector, *paths):
        """Chooses files in a file input, as its dialog would."""
        root = self.call("DOM.getDocument")["root"]["nodeId"]
        node = self.call("DOM.querySelector", {"nodeId": root, "selector": selector})["nodeId"]
        self.call("DOM.setFileInputFiles", {"nodeId": node, "files": [os.path.abspath(path) for path in paths]})

    def key(self, name, text=None, code=None, modifiers=0, commands=()):
        """Presses and releases a key (`Tab`, `Enter`, `Escape`, ` `, a letter)."""
        codes = {"Tab": 9, "Enter": 13, "Escape": 27, " ": 32, "ArrowDown": 40, "ArrowUp": 38}
        texts = {"Enter": "\r", " ": " "}
        number = codes.get(name, ord(name.upper()[0]))
        common = {"key": name, "code": code or {" ": "Space"}.get(name, name), "windowsVirtualKeyCode": number,
                  "nativeVirtualKeyCode": number, "modifiers": modifiers}
        down = dict(common, type="keyDown", commands=list(commands))
        if (text or texts.get(name)) and not modifiers:
            down["text"] = text or texts[name]
        else:
            down["type"] = "rawKeyDown"
        self.call("Input.dispatchKeyEvent", down)
        self.call("Input.dispatchKeyEvent", dict(common, type="keyUp"))

    def type(self, text):
        self.call("Input.insertText", {"text": text})

    def click(self, selector):
        """A real click on the middle of an element, after scrolling to it."""
        box = self.evaluate(f"""(() => {{
          const found = document.querySelector({json.dumps(selector)});
          found.scrollIntoView({{ block: "center", behavior: "instant" }});
          const box = found.getBoundingClientRect();
          return [box.x + box.width / 2, box.y + box.height / 2, box.width * box.height];
        }})()""")
        if not box or box[2] == 0:
            raise ProtocolError(f"{selector} is not to be seen")
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent",
                      {"type": kind, "x": box[0], "y": box[1], "button": "left", "clickCount": 1})

    def drop(self, x, y, *paths):
        """Drags files over a point of the window and lets them go, as a file manager does."""
        data = {"items": [], "files": [os.path.abspath(path) for path in paths], "dragOperationsMask": 1}
        for kind in ("dragEnter", "dragOver", "drop"):
            self.call("Input.dispatchDragEvent", {"type": kind, "x": x, "y": y, "data": data})

    def intercept(self, pattern, respond):
        """Requests of this address pattern are answered by `respond(request)`: (status, headers, body), or None to let
        them through."""
        self.responder = respond
        self.call("Fetch.enable", {"patterns": [{"urlPattern": pattern}]})

    def _respond(self, parameters):
        given = self.responder(parameters["request"]) if self.responder else None
        if given is None:
            self.browser.send("Fetch.continueRequest", {"requestId": parameters["requestId"]}, self.session)
            return
        status, headers, body = given
        self.browser.send("Fetch.fulfillRequest", {
            "requestId": parameters["requestId"], "responseCode": status,
            "responseHeaders": [{"name": name, "value": value} for name, value in headers.items()],
            "body": base64.b64encode(body.encode()).decode()}, self.session)

    def offline(self, yes=True):
        self.call("Network.emulateNetworkConditions",
                  {"offline": yes, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1})

    def screenshot(self, path, whole=False):
        parameters = {"format": "png", "captureBeyondViewport": whole}
        if whole:
            size = self.call("Page.getLayoutMetrics")["cssContentSize"]
            parameters["clip"] = {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}
        data = self.call("Page.captureScreenshot", parameters, timeout=20)["data"]
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(base64.b64decode(data))

    def close(self):
        self.browser.pages.pop(self.session, None)
        self.browser.call("Target.closeTarget", {"targetId": self.target})
        self.browser.call("Target.disposeBrowserContext", {"browserContextId": self.context})


def end(process, patience=5):
    """Ends a process that was started in a session of its own, and its children."""
    for sign in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, sign)
        except ProcessLookupError:
            pass
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            continue
