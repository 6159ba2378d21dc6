"""What the page says and does when something goes wrong. Answers that are hard to provoke are put in their place on
their way to the page."""

import json
import urllib.request

import support
from support import OUT, PageTest

JSON = {"Content-Type": "application/json"}


class Trouble(PageTest):
    def answering(self, page, *answers):
        """These answers come first, then the server's own. `asked` are the requests that were seen."""
        waiting = list(answers)
        asked = []

        def respond(request):
            asked.append(request)
            return waiting.pop(0) if waiting else None

        page.intercept("*/v1/predict", respond)
        return asked

    def start(self, page):
        page.files("#file", support.world.subject.path)

    def test_busy(self):
        page = self.tab()
        busy = (503, {**JSON, "Retry-After": "1"}, '{"error": "too many requests wait already"}')
        asked = self.answering(page, busy, busy)
        self.start(page)
        page.until("document.querySelector('#message-text').innerText.includes('Trying again in')")
        self.assertIn("Too many requests wait already. Trying again in 1 second.", self.message(page))
        self.done(page)
        self.assertEqual(len(asked), 3)
        self.assertEqual(self.message(page), "")
        self.assert_one_face(page)

    def test_busy_without_end(self):
        page = self.tab()
        busy = (503, {**JSON, "Retry-After": "60"}, '{"error": "full"}')
        self.answering(page, *[busy] * 5)
        self.start(page)
        for _ in range(4):
            self.press(page, "Try now")
            page.until("document.querySelector('#message-text').innerText !== ''")
        page.until("document.body.dataset.state === 'error'")
        self.press(page, "Try again")
        self.done(page)

    def test_too_large(self):
        page = self.tab()
        asked = self.answering(page, (413, JSON, '{"error": "the picture has 20 megapixels, at most 10 are taken"}'))
        page.files("#file", support.world.subject.large(4))
        page.until("document.body.dataset.state === 'error'")
        self.assertIn("20 megapixels", self.message(page))
        page.screenshot(f"{OUT}/too-large.png")
        self.press(page, "Send a smaller copy")
        self.done(page)
        self.assertEqual(len(asked), 2)
        self.assertLess(page.evaluate("document.querySelector('#photo').naturalWidth"),
                        4 * support.world.subject.image.width)
        self.assertEqual(len(self.boxes(page)), 1)

    def test_the_servers_words(self):
        page = self.tab()
        self.answering(page, (422, JSON, '{"error": "The picture is damaged: <b>row 3</b>"}'))
        self.start(page)
        page.until("document.body.dataset.state === 'error'")
        self.assertIn("The picture is damaged: <b>row 3</b>.", self.message(page))
        self.assertEqual(page.evaluate("document.querySelectorAll('#message b').length"), 0)

    def test_an_answer_that_is_no_json(self):
        page = self.tab()
        self.answering(page, (502, {"Content-Type": "text/html"}, "<h1>Bad gateway</h1>"),
                       (200, {"Content-Type": "text/html"}, "<h1>Hotel network: please log in</h1>"))
        self.start(page)
        page.until("document.body.dataset.state === 'error'")
        self.assertIn("502", self.message(page))
        self.press(page, "Try again")
        page.until("document.querySelector('#message-text').innerText.includes('could not be read')")
        self.press(page, "Try again")
        self.done(page)

    def test_offline(self):
        page = self.tab()
        page.offline()
        self.start(page)
        page.until("document.body.dataset.state === 'error'")
        self.assertIn("cannot be reached", self.message(page))
        page.screenshot(f"{OUT}/offline.png")
        page.offline(False)
        # The page asks again by itself when the network is back, or on the button, which may be gone by now.
        page.evaluate("[...document.querySelectorAll('#message-actions button')]"
                      ".find((button) => button.innerText === 'Try again')?.click()", gesture=True)
        self.done(page)
        self.assert_one_face(page)

    def test_not_a_picture(self):
        page = self.tab()
        path = support.world.subject.folder / "broken.jpg"
        path.write_bytes(b"\xff\xd8\xff\xe0 no picture at all")
        page.files("#file", path)
        page.until("!document.querySelector('#message').hidden")
        self.assertIn("cannot be read as a picture", self.message(page))
        path = support.world.subject.folder / "nothing.png"
        path.write_bytes(b"")
        page.files("#file", path)
        page.until("document.querySelector('#message-text').innerText.includes('empty')")
        self.upload(page)
        self.assert_one_face(page)

    def test_a_late_answer_to_an_earlier_question_is_not_shown(self):
        page = self.tab()
        empty = {"width": 8, "height": 8, "detector": "none", "models": [], "faces": [], "milliseconds": {}}
        self.answering(page, (503, {**JSON, "Retry-After": "2"}, '{"error": "full"}'), None)
        self.start(page)
        page.until("document.querySelector('#message-text').innerText.includes('Trying again')")
        page.files("#file", support.world.subject.path)
        self.done(page)
        self.answering(page, (200, JSON, json.dumps(empty)))
        page.evaluate("new Promise((done) => setTimeout(done, 2300))")
        self.assertEqual(len(self.boxes(page)), 1)

    def test_token(self):
        page = self.tab(ready=None)
        token = "right one"
        refused = (401, {**JSON, "WWW-Authenticate": "Bearer"}, '{"error": "the token is missing or wrong"}')

        def respond(request):
            given = {name.lower(): value for name, value in request["headers"].items()}.get("authorization")
            return None if given == f"Bearer {token}" else refused

        page.intercept("*/v1/*", respond)
        page.open(support.world.server.url)
        page.until("!document.querySelector('#token-form').hidden && document.activeElement.id === 'token'")
        page.screenshot(f"{OUT}/token.png")
        page.type("wrong")
        page.key("Enter")
        page.until("document.querySelector('#message-text').innerText.includes('missing or wrong')")
        page.type(token)
        page.key("Enter")
        page.until("document.body.dataset.state === 'idle' && document.querySelector('#token-form').hidden")
        self.upload(page)
        page.open(support.world.server.url)
        page.until("document.body.dataset.state === 'idle'")
        self.upload(page)
        self.assertNotIn(token, page.evaluate("JSON.stringify(localStorage)"))

    def test_security_headers(self):
        with urllib.request.urlopen(support.world.server.url, timeout=10) as response:
            policy = response.headers["Content-Security-Policy"]
            self.assertEqual(response.headers["X-Content-Type-Options"], "nosniff")
        self.assertIn("default-src 'none'", policy)
        self.assertNotIn("unsafe", policy)
