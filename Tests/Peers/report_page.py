"""Opens a report of `aviary compare --html` in headless Chromium and uses it as a reader would.

    python report_page.py REPORT.html [--screenshots FOLDER]

Checked on a wide and a narrow screen, dark and light: nothing is fetched from anywhere, no script fails, the page is
no wider than the screen, a click on a cell of a matrix shows the pictures behind it, the keyboard does the same, charts
say what they show, tables and charts can be saved, print unfolds everything. Status 0: all is well, 1: something is
not (each on a line), 77: there is no Chromium. Needs nothing but Python and Chromium (AVIARY_CHROMIUM, or in PATH).
"""

import argparse
import base64
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

SCREENS = [("wide", 1280, 900), ("narrow", 390, 844)]
SCHEMES = ["light", "dark"]


class Browser:
    """A page of a headless Chromium, spoken to through a pipe (--remote-debugging-pipe)."""

    def __init__(self, executable):
        self.profile = tempfile.mkdtemp(prefix="aviary-browser-")
        theirs_in, self.out = os.pipe()
        self.inp, theirs_out = os.pipe()

        def wire():
            # First out of the way, in case one of them is 3 or 4 already.
            reading, writing = os.dup(theirs_in), os.dup(theirs_out)
            spare = [os.dup(reading), os.dup(writing)]
            os.dup2(spare[0], 3)
            os.dup2(spare[1], 4)

        self.process = subprocess.Popen(
            [executable, "--headless=new", "--remote-debugging-pipe", "--no-sandbox", "--disable-gpu",
             "--disable-dev-shm-usage", "--no-first-run", "--disable-background-networking", "--hide-scrollbars",
             "--mute-audio", f"--user-data-dir={self.profile}", "about:blank"],
            preexec_fn=wire, close_fds=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(theirs_in)
        os.close(theirs_out)
        self.number, self.buffer, self.events, self.session = 0, b"", [], None
        targets = self.call("Target.getTargets")["targetInfos"]
        page = next(t for t in targets if t["type"] == "page")
        self.session = self.call("Target.attachToTarget", targetId=page["targetId"], flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(domain + ".enable")

    def message(self):
        while b"\0" not in self.buffer:
            data = os.read(self.inp, 1 << 16)
            if not data:
                raise RuntimeError("Chromium ended")
            self.buffer += data
        text, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(text)

    def call(self, method, **parameters):
        self.number += 1
        request = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            request["sessionId"] = self.session
        data = json.dumps(request).encode() + b"\0"
        while data:
            data = data[os.write(self.out, data):]
        while True:
            answer = self.message()
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']['message']}")
                return answer["result"]
            self.events.append(answer)

    def wait(self, method):
        while True:
            for event in self.events:
                if event.get("method") == method:
                    self.events.remove(event)
                    return event["params"]
            self.events.append(self.message())

    def run(self, script):
        """The value of an expression; promises are waited for."""
        answer = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(f"{script[:80]}: {answer['exceptionDetails']}")
        return answer["result"].get("value")

    def open(self, url):
        self.call("Page.navigate", url=url)
        self.wait("Page.loadEventFired")

    def screen(self, width, height, scheme):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1,
                  mobile=width < 600)
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def click(self, selector):
        """A real click in the middle of the element, as the mouse does it."""
        box = self.run(
            f"(() => {{ const e = document.querySelector({json.dumps(selector)});"
            " e.scrollIntoView({block: 'center', inline: 'center', behavior: 'instant'});"
            " const r = e.getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2]; })()")
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=box[0], y=box[1], button="left", clickCount=1)

    def key(self, name, code):
        for kind in ("keyDown", "keyUp"):
            extra = {"text": "\r"} if name == "Enter" and kind == "keyDown" else {}
            self.call("Input.dispatchKeyEvent", type=kind, key=name, code=name, windowsVirtualKeyCode=code, **extra)

    def screenshot(self, path, whole=False):
        options = {"captureBeyondViewport": True} if whole else {}
        if whole:
            size = self.call("Page.getLayoutMetrics")["cssContentSize"]
            options["clip"] = {"x": 0, "y": 0, "width": size["width"], "height": min(size["height"], 16000), "scale": 1}
        data = self.call("Page.captureScreenshot", format="png", **options)["data"]
        Path(path).write_bytes(base64.b64decode(data))

    def close(self):
        self.process.kill()
        self.process.wait()
        shutil.rmtree(self.profile, ignore_errors=True)


# What an element must not be: cut off by the screen, or text too small or too pale to read.
OVERFLOW = """(() => {
  const wide = document.documentElement.clientWidth, found = [];
  for (const e of document.querySelectorAll("body *")) {
    const r = e.getBoundingClientRect();
    if (!r.width || r.right <= wide + 1 || e.closest(".wide, .chart div, dialog, nav")) continue;
    found.push(e.tagName + "." + e.className + " ends at " + Math.round(r.right));
  }
  return [document.documentElement.scrollWidth > wide ? "the page is " + document.documentElement.scrollWidth + " wide" : "",
          ...found].filter(Boolean).slice(0, 5);
})()"""

PALE = """(() => {
  const light = (c) => { const v = c.map((x) => (x /= 255) <= .03928 ? x / 12.92 : ((x + .055) / 1.055) ** 2.4);
    return .2126 * v[0] + .7152 * v[1] + .0722 * v[2]; };
  const parse = (t) => { const n = t.match(/[\\d.]+/g).map(Number); return [n.slice(0, 3), n.length > 3 ? n[3] : 1]; };
  const behind = (e) => { const layers = [];
    for (; e; e = e.parentElement) { const [c, a] = parse(getComputedStyle(e).backgroundColor); layers.push([c, a]); if (a === 1) break; }
    return layers.reverse().reduce((under, [c, a]) => under.map((u, i) => u * (1 - a) + c[i] * a), [255, 255, 255]); };
  const found = new Set();
  for (const e of document.querySelectorAll("p, li, th, td, button, caption, summary, a, h1, h2, h3, figcaption")) {
    if (!e.offsetParent || !e.textContent.trim() || e.querySelector("button, p, table")) continue;
    const style = getComputedStyle(e), size = parseFloat(style.fontSize);
    const [a, b] = [light(parse(style.color)[0]), light(behind(e))];
    const contrast = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
    if (contrast < 4.5 || size < 11)
      found.add(e.tagName + "." + e.className + " in " + (e.closest("table")?.className || e.parentElement.tagName) +
        ": contrast " + contrast.toFixed(1) + ", " + size.toFixed(1) + " px, '" + e.textContent.trim().slice(0, 20) + "'");
  }
  return [...found].slice(0, 8);
})()"""

CHARTS = """[...document.querySelectorAll(".chart")].filter((f) => {
  const svg = f.querySelector("svg");
  return !svg || svg.getAttribute("role") !== "img" || !svg.querySelector("title")?.textContent ||
    !f.querySelector(".words p")?.textContent;
}).length"""

PICTURES = """(async () => {
  const all = [...document.querySelectorAll("#samples-grid img")];
  await Promise.all(all.map((i) => i.decode().catch(() => 0)));
  return { open: document.getElementById("samples").open, title: document.getElementById("samples-title").textContent,
    note: document.getElementById("samples-note").textContent,
    cards: document.querySelectorAll("#samples-grid figure").length,
    pictures: all.length, broken: all.filter((i) => !i.naturalWidth).length,
    fits: document.getElementById("samples").getBoundingClientRect().right <= innerWidth + 1 };
})()"""

# A cell that is wrong and full, so that there is something to see.
CELL = """(() => {
  let best = null;
  for (const b of document.querySelectorAll(".matrix td.wrong button"))
    if (!best || +b.textContent.replace(/\\D/g, "") > +best.textContent.replace(/\\D/g, "")) best = b;
  if (!best) best = document.querySelector(".matrix td button");
  best.id = "chosen-cell";
  return { count: +best.textContent.replace(/\\D/g, ""), label: best.getAttribute("aria-label") };
})()"""


def check(browser, url, screenshots):
    problems = []

    def expect(condition, text):
        if not condition:
            problems.append(text)

    for screen, width, height in SCREENS:
        for scheme in SCHEMES:
            where = f"{screen}, {scheme}"
            browser.events.clear()
            browser.screen(width, height, scheme)
            browser.open(url)
            for text in browser.run(OVERFLOW):
                problems.append(f"{where}: {text}")
            for text in browser.run(PALE):
                problems.append(f"{where}: hard to read: {text}")
            expect(browser.run(CHARTS) == 0, f"{where}: a chart without words")
            if screenshots:
                browser.screenshot(screenshots / f"{screen}-{scheme}.png", whole=True)
            cell = browser.run(CELL)
            browser.click("#chosen-cell")
            state = browser.run(PICTURES)
            expect(state["open"], f"{where}: the click opens nothing")
            expect(state["cards"] == min(60, cell["count"]), f"{where}: {state['cards']} cards for {cell['count']}")
            expect(state["note"].startswith(f"{cell['count']} sample"), f"{where}: says '{state['note']}'")
            expect(state["pictures"] > 0 and state["broken"] == 0,
                   f"{where}: {state['broken']} of {state['pictures']} pictures are broken")
            expect(state["fits"], f"{where}: the pictures' window is wider than the screen")
            if screenshots:
                browser.screenshot(screenshots / f"{screen}-{scheme}-cell.png")
            if cell["count"] > 60:
                browser.click("#samples-more")
                more = browser.run(PICTURES)["cards"]
                expect(more == min(120, cell["count"]), f"{where}: 'show more' gives {more} cards")
            browser.key("Escape", 27)
            expect(not browser.run(PICTURES)["open"], f"{where}: Escape does not close the window")
            # The same without a mouse.
            browser.run("document.getElementById('chosen-cell').focus()")
            browser.key("Enter", 13)
            expect(browser.run(PICTURES)["open"], f"{where}: Enter on a cell opens nothing")
            browser.key("Escape", 27)
            if browser.run("!!document.querySelector('button.link[data-pair]')"):
                browser.click("button.link[data-pair]")
                expect(browser.run(PICTURES)["open"], f"{where}: a number of the differences opens nothing")
                browser.key("Escape", 27)
            for event in browser.events:
                method, parameters = event.get("method"), event.get("params", {})
                if method == "Runtime.exceptionThrown":
                    problems.append(f"{where}: {parameters['exceptionDetails'].get('text')}")
                if method == "Log.entryAdded" and parameters["entry"]["level"] == "error":
                    problems.append(f"{where}: {parameters['entry']['text']}")
                if method == "Network.requestWillBeSent":
                    asked = parameters["request"]["url"]
                    expect(asked.split(":")[0] in ("file", "data", "blob", "about"), f"{where}: asks for {asked}")

    browser.screen(1280, 900, "light")
    browser.open(url)
    saved = browser.run("""(async () => {
      const made = [], real = URL.createObjectURL;
      URL.createObjectURL = (blob) => { made.push(blob); return real(blob); };
      const click = HTMLAnchorElement.prototype.click;
      const names = [];
      HTMLAnchorElement.prototype.click = function () { names.push(this.download); };
      const buttons = [...document.querySelectorAll("button.save")].filter((b) => b.offsetParent);
      for (const b of buttons) b.click();
      // Pictures take their time.
      for (let k = 0; k < 300 && names.length < buttons.length; k++) await new Promise((done) => setTimeout(done, 100));
      HTMLAnchorElement.prototype.click = click;
      const types = await Promise.all(made.map(async (b) => [b.type, b.size, await b.slice(0, 60).text()]));
      return { names, types, tables: [...document.querySelectorAll("table")].filter((t) => t.offsetParent).length,
        charts: [...document.querySelectorAll(".chart")].filter((t) => t.offsetParent).length };
    })()""")
    kinds = [name.rsplit(".", 1)[-1] for name in saved["names"]]
    expect(kinds.count("csv") == saved["tables"], f"{kinds.count('csv')} CSV files for {saved['tables']} tables")
    for kind in ("svg", "png"):
        expect(kinds.count(kind) == saved["charts"], f"{kinds.count(kind)} {kind} files for {saved['charts']} charts")
    expect(len(set(saved["names"])) == len(saved["names"]), "two files have one name")
    expect(all(size > 20 for _, size, _ in saved["types"]), "a saved file is empty")

    browser.call("Emulation.setEmulatedMedia", media="print")
    browser.run("window.dispatchEvent(new Event('beforeprint'))")
    expect(browser.run("[...document.querySelectorAll('details')].every((d) => d.open)"), "print folds parts")
    expect(browser.run("getComputedStyle(document.querySelector('nav')).display") == "none", "print shows the links")
    pdf = base64.b64decode(browser.call("Page.printToPDF", printBackground=True)["data"])
    expect(pdf.startswith(b"%PDF"), "cannot be printed")
    if screenshots:
        (screenshots / "print.pdf").write_bytes(pdf)
    return problems


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("report", type=Path)
    parser.add_argument("--screenshots", type=Path)
    arguments = parser.parse_args()
    names = [os.environ.get("AVIARY_CHROMIUM"), "chromium", "chromium-browser", "google-chrome"]
    executable = next((path for path in (shutil.which(name) for name in names if name) if path), None)
    if not executable:
        print("not run: the report in a browser (no Chromium)")
        return 77
    if arguments.screenshots:
        arguments.screenshots.mkdir(parents=True, exist_ok=True)
    browser = Browser(executable)
    try:
        problems = check(browser, arguments.report.resolve().as_uri(), arguments.screenshots)
    finally:
        browser.close()
    for problem in problems:
        print(problem)
    if not problems:
        print(f"{arguments.report}: fine on {len(SCREENS)} screens, light and dark, and in print")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
