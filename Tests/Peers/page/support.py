"""What the tests of the page share: one server, one browser, a tab a test."""

import json
import os
import pathlib
import tempfile
import threading
import unittest

from devtools import Browser, end
from media import PHOTO, ROOT, WEIGHTS, Subject, overlap
from serving import Server

OUT = pathlib.Path(os.environ.get("AVIARY_PAGE_OUT", ROOT / "out" / "page"))
FINDERS = ("yunet", "haar", "ultraface", "mtcnn")


class World:
    """Made once for the whole run."""

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="aviary-page-media-")
        self.notes = []
        self.server = self.browser = None
        try:
            self._open()
        except BaseException:
            self.close()
            raise

    def _open(self):
        # Weights of detectors are not in the repository; the shared folder has YuNet's.
        self.server = Server(*(["--detector", f"yunet:{WEIGHTS}"] if WEIGHTS.is_file() else []))
        available = [one["id"] for one in self.server.get("v1/detectors")["detectors"] if one["available"]]
        finder = next((name for name in FINDERS if name in available), None)
        if not PHOTO.is_file():
            self.notes.append(f"{PHOTO} is not there: a drawn face and the detector 'none' take its place; not run "
                              "are the overlap with a known face and pictures without a face")
        elif not finder:
            self.notes.append("this server has no detector that finds faces: a drawn face takes the photo's place")
        self.finds = PHOTO.is_file() and finder is not None
        self.detector = finder if self.finds else "none"
        self.models = [one["id"] for one in self.server.get("v1/models")["models"]]
        self.subject = Subject(self.finds, self.folder.name)
        film = self.subject.film()
        self.browser = Browser("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream",
                               f"--use-file-for-fake-video-capture={film}")

    def close(self):
        for part in (self.browser, self.server):
            if part:
                part.close()
        self.folder.cleanup()


world = None  # set by run.py


class PageTest(unittest.TestCase):
    """A tab of its own for every test, with the page loaded and the detector chosen. What the page complains about
    fails the test: exceptions, errors on the console, refusals of the content security policy."""

    path = ""

    def tab(self, width=1280, height=900, ready="idle", **options):
        choice = json.dumps({"detector": world.detector, "models": self.chosen()})
        remember = ("if (location.protocol.startsWith('http') && !localStorage.getItem('aviary.settings'))"
                    f"localStorage.setItem('aviary.settings', {json.dumps(choice)})")
        scripts = [remember, *options.pop("scripts", ())]
        page = world.browser.page("about:blank", width, height, scripts=scripts, **options)
        self.addCleanup(self.leave, page)
        page.open(world.server.url + self.path)
        if ready:
            page.until(f"document.body.dataset.state === '{ready}'")
        return page

    def chosen(self):
        return world.models[:2]

    def leave(self, page):
        problems, foreign = page.problems, [url for url in page.requests if not self.is_own(url)]
        page.close()
        self.assertEqual(problems, [])
        self.assertEqual(foreign, [], "the page asked other places")

    @staticmethod
    def is_own(url):
        return url.startswith((world.server.url, "blob:", "about:", "data:"))

    # What the user sees

    def done(self, page, timeout=20):
        page.until("document.body.dataset.state === 'done'", timeout)

    def upload(self, page, path=None):
        page.files("#file", path or world.subject.path)
        self.done(page)

    def boxes(self, page, size=None):
        """Boxes as they are drawn, in pixels of the picture: (x, y, width, height)."""
        return page.evaluate("""(() => {
          const frame = document.querySelector("#photo:not([hidden]), #video:not([hidden])");
          const size = [frame.naturalWidth || frame.videoWidth, frame.naturalHeight || frame.videoHeight];
          const whole = frame.getBoundingClientRect();
          const scale = size[0] / whole.width;
          return [...document.querySelectorAll(".box")].map((box) => {
            const at = box.getBoundingClientRect();
            return [(at.x - whole.x) * scale, (at.y - whole.y) * scale, at.width * scale, at.height * scale];
          });
        })()""")

    def bars(self, page):
        """For each face: {model: {label: (text of the percentage, part of the bar that is filled)}}."""
        return page.evaluate("""[...document.querySelectorAll(".card")].map((card) => Object.fromEntries(
          [...card.querySelectorAll(".model")].map((model) => [model.dataset.model, Object.fromEntries(
            [...model.querySelectorAll("tbody tr")].map((row) => {
              const part = row.querySelector(".fill").getBoundingClientRect().width
                / row.querySelector(".bar").getBoundingClientRect().width;
              return [row.querySelector("th").innerText, [row.querySelector(".value").innerText, part]];
            }))])))""")

    def message(self, page):
        return page.evaluate("document.querySelector('#message').hidden ? '' : "
                             "document.querySelector('#message-text').innerText")

    def press(self, page, text):
        """Presses the button of the message that has this text."""
        page.until(f"[...document.querySelectorAll('#message-actions button')].some((b) => b.innerText === {text!r})")
        page.evaluate("[...document.querySelectorAll('#message-actions button')]"
                      f".find((button) => button.innerText === {text!r}).click()", gesture=True)

    def assert_one_face(self, page):
        boxes = self.boxes(page)
        self.assertEqual(len(boxes), 1)
        self.assertGreaterEqual(overlap(boxes[0], world.subject.box), 0.5)

    def assert_bars_equal(self, page, answer):
        """Every bar says what the API says: as text to the digit shown, as length within a pixel or two."""
        shown = self.bars(page)
        self.assertEqual(len(shown), len(answer["faces"]))
        for card, face in zip(shown, answer["faces"]):
            self.assertEqual(list(card), [one["model"] for one in face["predictions"]])
            for prediction in face["predictions"]:
                bars = card[prediction["model"]]
                self.assertEqual(set(bars), {one["label"] for one in prediction["probabilities"]})
                for one in prediction["probabilities"]:
                    text, part = bars[one["label"]]
                    self.assertAlmostEqual(float(text.rstrip("%")), 100 * one["probability"], delta=0.0501)
                    self.assertAlmostEqual(part, one["probability"], delta=0.02)


def watchdog(seconds):
    """Ends the run, its browser and its server when time is up: no test may hang."""

    def bite():
        print(f"the tests of the page took longer than {seconds} s and were ended", flush=True)
        for part in (world and world.browser, world and world.server):
            if part and part.process:
                end(part.process, 1)
        os._exit(3)

    timer = threading.Timer(seconds, bite)
    timer.daemon = True
    timer.start()
    return timer
