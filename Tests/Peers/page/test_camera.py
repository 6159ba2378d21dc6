"""The camera: a fake device plays a film of the photo."""

import time

import support
from media import overlap
from support import OUT, PageTest


class Camera(PageTest):
    def chosen(self):
        small = [name for name in ("fer-cnn", "fer-cnn-bn") if name in support.world.models]
        return (small or support.world.models)[:1]

    def live(self, **options):
        page = self.tab(**options)
        page.click(".invitation [data-action=camera]")
        page.until("document.body.dataset.mode === 'live' && document.querySelectorAll('.box').length === 1", 20)
        return page

    def test_live(self):
        page = self.live()
        # Frames go on being answered: the page counts them.
        page.until("parseFloat(document.querySelector('#times dd').innerText) > 0", 15)
        self.assertTrue(page.evaluate("document.querySelector('#video').currentTime > 0"))
        x, y, width, height = support.world.subject.film_box()
        mirrored = (640 - x - width, y, width, height)
        self.assertGreaterEqual(overlap(self.boxes(page)[0], mirrored), 0.5)
        self.assertEqual(len(next(iter(self.bars(page)[0].values()))), 7)
        page.click("#mirror")
        page.until("!document.querySelector('#video').classList.contains('mirrored')")
        deadline = time.monotonic() + 10
        while overlap(self.boxes(page)[0], (x, y, width, height)) < 0.5:
            self.assertLess(time.monotonic(), deadline, "the box follows the mirror")
            time.sleep(0.1)
        page.screenshot(f"{OUT}/camera-1280.png")

    def test_rate(self):
        """No speed is demanded here: it is printed, and shown to be measured."""
        page = self.live()
        for _ in range(2):
            time.sleep(2)
            told = page.evaluate("document.querySelector('#times').innerText.replaceAll(/\\s+/g, ' ')")
        with open("/proc/loadavg") as file:
            load = file.read().split()[0]
        print(f"\n  camera, {support.world.detector}, {self.chosen()[0]}: {told} (load {load})", flush=True)
        self.assertRegex(told, r"Frames per second [\d.]+ Frame to boxes [\d.]+ m?s")

    def test_pause_and_go_on(self):
        page = self.live()
        page.evaluate("document.activeElement.blur()")
        page.key(" ")
        page.until("!document.querySelector('#paused').hidden && document.querySelector('#video').paused")
        # The question under way when it was paused still goes out, on a busy machine later; then there are none.
        number, deadline = -1, time.monotonic() + 5
        while number != len(page.requests):
            self.assertLess(time.monotonic(), deadline, "frames are sent while it is paused")
            number = len(page.requests)
            time.sleep(0.5)
            page.evaluate("1")
        page.click("[data-action=pause]")
        page.until("!document.querySelector('#video').paused")
        time.sleep(0.5)
        page.evaluate("1")
        self.assertGreater(len(page.requests), number)

    def test_freeze(self):
        page = self.live()
        page.click("[data-action=freeze]")
        page.until("document.body.dataset.mode === 'photo'")
        self.done(page)
        self.assertEqual(len(self.boxes(page)), 1)
        self.assertTrue(page.evaluate("document.querySelector('#video').srcObject === null"))

    def test_stop_gives_the_camera_back(self):
        page = self.live()
        page.evaluate("window.track = document.querySelector('#video').srcObject.getTracks()[0]")
        page.key("Escape")
        page.until("document.body.dataset.mode === 'empty'")
        self.assertEqual(page.evaluate("window.track.readyState"), "ended")
        self.assertTrue(page.evaluate("document.activeElement.matches('[data-action=choose]')"))

    def test_a_photo_ends_the_camera(self):
        page = self.live()
        self.upload(page)
        self.assertEqual(page.evaluate("document.body.dataset.mode"), "photo")
        self.assertTrue(page.evaluate("document.querySelector('#video').srcObject === null"))

    def test_the_camera_goes_away(self):
        page = self.live()
        page.evaluate("document.querySelector('#video').srcObject.getTracks()[0].dispatchEvent(new Event('ended'))")
        page.until("document.body.dataset.mode === 'empty'")
        self.assertIn("switched off or unplugged", self.message(page))

    def test_a_busy_server_is_asked_again(self):
        page = self.live()
        answers = [(503, {"Content-Type": "application/json", "Retry-After": "1"}, '{"error": "the queue is full"}')]
        page.intercept("*/v1/predict", lambda request: answers.pop() if answers else None)
        page.until("document.querySelector('#message-text').innerText.includes('queue is full')")
        page.until("document.body.dataset.state === 'live' && document.querySelector('#message').hidden")


class NoCamera(PageTest):
    def refused(self, name, **options):
        script = ("navigator.mediaDevices.getUserMedia = () => "
                  f"Promise.reject(new DOMException('refused', '{name}'));")
        page = self.tab(scripts=[script], **options)
        page.click(".invitation [data-action=camera]")
        page.until("!document.querySelector('#message').hidden")
        return page

    def test_none(self):
        page = self.refused("NotFoundError")
        self.assertIn("No camera was found", self.message(page))
        self.assertIn("Photos work without", self.message(page))
        page.screenshot(f"{OUT}/no-camera.png")
        self.upload(page)
        self.assert_one_face(page)

    def test_blocked(self):
        page = self.refused("NotAllowedError")
        self.assertIn("Allow it", self.message(page))

    def test_in_use(self):
        page = self.refused("NotReadableError")
        self.assertIn("in use by another program", self.message(page))

    def test_not_a_secure_address(self):
        script = ("Object.defineProperty(Navigator.prototype, 'mediaDevices', { get: () => undefined });"
                  "Object.defineProperty(window, 'isSecureContext', { get: () => false });")
        page = self.tab(scripts=[script])
        page.click(".invitation [data-action=camera]")
        page.until("!document.querySelector('#message').hidden")
        self.assertIn("HTTPS", self.message(page))
