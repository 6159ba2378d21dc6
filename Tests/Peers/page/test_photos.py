"""Photos: chosen, dropped, pasted; boxes and bars are those of the API."""

import support
from media import overlap
from support import OUT, PageTest


class Photos(PageTest):
    def test_upload(self):
        page = self.tab()
        self.upload(page)
        self.assert_one_face(page)
        answer = support.world.server.predict(support.world.subject.path, models=",".join(self.chosen()),
                                              detector=support.world.detector)
        box = answer["faces"][0]["box"]
        size = support.world.subject.image.size
        clipped = (max(0, box["x"]), max(0, box["y"]),
                   min(size[0], box["x"] + box["width"]) - max(0, box["x"]),
                   min(size[1], box["y"] + box["height"]) - max(0, box["y"]))
        for drawn, told in zip(self.boxes(page)[0], clipped):
            self.assertAlmostEqual(drawn, told, delta=1.5)
        self.assertEqual(len(next(iter(self.bars(page)[0].values()))), 7)
        self.assert_bars_equal(page, answer)
        label = answer["faces"][0]["predictions"][0]["label"]
        self.assertIn(label, page.evaluate("document.querySelector('.verdict').innerText").lower())
        self.assertIn("ms", page.evaluate("document.querySelector('#times').innerText"))

    def test_drop(self):
        page = self.tab()
        page.drop(300, 300, support.world.subject.path)
        self.done(page)
        self.assert_one_face(page)

    def test_drop_beside_the_frame_and_of_other_files(self):
        page = self.tab()
        notes = support.world.subject.folder / "notes.txt"
        notes.write_text("no picture")
        page.drop(1000, 700, notes)
        page.until("!document.querySelector('#message').hidden")
        self.assertIn("not a picture", self.message(page))
        page.drop(1000, 700, support.world.subject.path)
        self.done(page)
        self.assert_one_face(page)
        self.assertEqual(self.message(page), "")

    def test_paste(self):
        page = self.tab()
        page.grant("clipboardReadWrite", "clipboardSanitizedWrite")
        # The photo goes to the clipboard as another program would put it there, then Ctrl+V.
        page.files("#file", support.world.subject.path)
        self.done(page)
        self.copy(page)
        page.key("Escape")
        page.until("document.body.dataset.state === 'idle'")
        page.key("v", code="KeyV", modifiers=2, commands=["paste"])
        self.done(page)
        self.assert_one_face(page)

    def copy(self, page):
        """Puts the shown photo on the clipboard; through a canvas, as fetching blobs is not allowed to the page."""
        page.evaluate("""(async () => {
          const photo = document.querySelector("#photo"), canvas = document.createElement("canvas");
          canvas.width = photo.naturalWidth;
          canvas.height = photo.naturalHeight;
          canvas.getContext("2d").drawImage(photo, 0, 0);
          const blob = await new Promise((done) => canvas.toBlob(done, "image/png"));
          await navigator.clipboard.write([new ClipboardItem({ "image/png": blob })]);
        })()""", gesture=True)

    def test_paste_button(self):
        page = self.tab()
        page.grant("clipboardReadWrite", "clipboardSanitizedWrite")
        self.upload(page)
        self.copy(page)
        page.key("Escape")
        page.until("document.body.dataset.state === 'idle'")
        page.click(".invitation [data-action=paste]")
        self.done(page)
        self.assert_one_face(page)

    def test_paste_of_text(self):
        page = self.tab()
        page.grant("clipboardReadWrite", "clipboardSanitizedWrite")
        page.evaluate("navigator.clipboard.writeText('no picture')", gesture=True)
        page.key("v", code="KeyV", modifiers=2, commands=["paste"])
        page.until("!document.querySelector('#message').hidden")
        self.assertIn("no picture in the clipboard", self.message(page))

    def test_a_photo_that_lies_on_its_side(self):
        page = self.tab()
        self.upload(page, support.world.subject.turned())
        self.assert_one_face(page)

    def test_other_formats_are_sent_as_jpeg(self):
        page = self.tab()
        self.upload(page, support.world.subject.save("face.webp", quality=95))
        self.assert_one_face(page)
        self.upload(page, support.world.subject.save("face.bmp"))
        self.assert_one_face(page)

    def test_the_next_photo_replaces_the_first(self):
        page = self.tab()
        self.upload(page)
        if support.world.finds:
            page.files("#file", support.world.subject.empty())
            page.until("document.querySelector('#results-title').innerText === 'No face found'")
            self.assertEqual(self.boxes(page), [])
            self.assertIn("No face found", self.message(page))
            self.press(page, "Take the whole image")
            page.until("document.querySelectorAll('.box').length === 1")
            self.assertGreater(overlap(self.boxes(page)[0], (0, 0, 640, 480)), 0.98)
        self.upload(page)
        self.assertEqual(len(self.boxes(page)), 1)

    def test_all_models(self):
        page = self.tab()
        self.upload(page)
        page.click("[data-models=all]")
        count = len(support.world.models)
        page.until("document.body.dataset.state === 'done' && "
                   f"document.querySelectorAll('.model').length === {count}", 20)
        answer = support.world.server.predict(support.world.subject.path, models=",".join(support.world.models),
                                              detector=support.world.detector)
        self.assert_bars_equal(page, answer)
        labels = page.evaluate("[...document.querySelectorAll('.model')].map((model) => "
                               "[...model.querySelectorAll('th')].map((label) => label.innerText).join())")
        self.assertEqual(len(set(labels)), 1, "bars of different models line up")
        page.screenshot(f"{OUT}/all-models.png", whole=True)

    def test_models_are_switched_and_remembered(self):
        page = self.tab()
        self.upload(page)
        first, second = self.chosen()
        page.click(f"#models input[value='{first}']")
        page.until(f"document.body.dataset.state === 'done' && "
                   f"[...document.querySelectorAll('.model')].map((one) => one.dataset.model).join() === '{second}'")
        page.click(f"#models input[value='{second}']")
        self.assertTrue(page.evaluate(f"document.querySelector(\"#models input[value='{second}']\").checked"))
        self.assertIn("At least one model", page.evaluate("document.querySelector('#announcer').innerText"))
        page.open(support.world.server.url)
        page.until("document.body.dataset.state === 'idle'")
        kept = page.evaluate("[...document.querySelectorAll('#models input:checked')].map((box) => box.value)")
        self.assertEqual(kept, [second])

    def test_box_and_card_belong_together(self):
        page = self.tab()
        self.upload(page)
        page.click(".box")
        self.assertTrue(page.evaluate("document.activeElement.matches('.card.selected')"))
        self.assertTrue(page.evaluate("document.querySelector('.box').classList.contains('selected')"))

    def test_boxes_stay_when_the_window_changes(self):
        page = self.tab()
        self.upload(page)
        before = self.boxes(page)[0]
        for width in (390, 700, 1700):
            page.resize(width, 800)
            page.until(f"innerWidth === {width}")
            for old, new in zip(before, self.boxes(page)[0]):
                self.assertAlmostEqual(old, new, delta=2.5)
