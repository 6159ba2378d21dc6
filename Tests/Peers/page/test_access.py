"""Keyboard, screen readers, phones, dark and light."""

import support
from support import OUT, PageTest


class Keyboard(PageTest):
    def focused(self, page):
        return page.evaluate("""(() => {
          const at = document.activeElement, style = getComputedStyle(at);
          const chip = at.closest(".chip");
          const rim = chip ? getComputedStyle(chip) : style;
          return { name: at.innerText || at.getAttribute("aria-label") || at.value || at.id, tag: at.tagName,
            action: at.dataset.action, rim: parseFloat(rim.outlineWidth) > 0 && rim.outlineStyle !== "none" };
        })()""")

    def tab_to(self, page, matches, limit=30):
        seen = []
        for _ in range(limit):
            page.key("Tab")
            at = self.focused(page)
            seen.append(at["name"])
            if at["tag"] != "BODY":
                self.assertTrue(at["rim"], f"the focus on '{at['name']}' is visible")
            if matches(at):
                return at
        self.fail(f"Tab does not reach it: {seen}")

    def test_a_photo_by_keyboard(self):
        page = self.tab()
        self.tab_to(page, lambda at: at["name"] == "Skip to the results", 1)
        self.tab_to(page, lambda at: at.get("action") == "choose")
        opened = []
        page.call("Page.setInterceptFileChooserDialog", {"enabled": True})
        handle = page.event
        page.event = lambda method, values: (opened.append(values) if method == "Page.fileChooserOpened"
                                             else handle(method, values))
        page.key("Enter")
        page._pump(lambda: opened, 10, "the file dialog opens")
        page.call("DOM.setFileInputFiles", {"files": [str(support.world.subject.path)],
                                            "backendNodeId": opened[0]["backendNodeId"]})
        self.done(page)
        self.tab_to(page, lambda at: at["tag"] == "BUTTON" and at["name"].startswith("1"))
        page.key("Enter")
        self.assertTrue(page.evaluate("document.activeElement.matches('.card')"))
        page.key("Escape")
        page.until("document.body.dataset.mode === 'empty'")
        self.assertEqual(self.focused(page).get("action"), "choose")

    def test_models_by_keyboard(self):
        page = self.tab()
        self.tab_to(page, lambda at: at["name"] == self.chosen()[0])
        page.key(" ")
        self.assertFalse(page.evaluate("document.activeElement.checked"))
        self.tab_to(page, lambda at: at["tag"] == "SELECT")

    def test_everything_has_a_name(self):
        page = self.tab()
        self.upload(page)
        page.call("Accessibility.enable")
        controls = {"button", "checkbox", "combobox", "link", "textbox", "image", "region", "table"}
        nodes = page.call("Accessibility.getFullAXTree")["nodes"]
        nameless = [node["role"]["value"] for node in nodes if not node.get("ignored")
                    and node["role"]["value"] in controls and not node.get("name", {}).get("value")]
        self.assertEqual(nameless, [])
        roles = {node["role"]["value"] for node in nodes if not node.get("ignored")}
        self.assertTrue({"main", "banner", "heading", "table", "rowheader", "status"} <= roles, roles)

    def test_results_are_announced(self):
        page = self.tab()
        self.upload(page)
        told = page.evaluate("document.querySelector('[aria-live=polite]').innerText")
        self.assertRegex(told, r"^1 face\. Face 1: \w+")
        self.assertEqual(page.evaluate("document.querySelector('#message').getAttribute('role')"), "alert")


class Looks(PageTest):
    def chosen(self):
        return support.world.models[:5]

    def look(self, width, height, dark, phone):
        page = self.tab(width, height, dark=dark, phone=phone)
        name = f"{OUT}/{width}-{'dark' if dark else 'light'}"
        page.screenshot(f"{name}-empty.png", whole=True)
        self.assert_fits(page)
        self.upload(page)
        self.assert_one_face(page)
        self.assert_fits(page)
        page.screenshot(f"{name}-photo.png", whole=True)
        paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
        light = sum(int(part) for part in paper[4:-1].split(",")) > 384
        self.assertEqual(light, not dark)
        return page

    def assert_fits(self, page):
        self.assertLessEqual(page.evaluate("document.documentElement.scrollWidth - innerWidth"), 0,
                             "nothing reaches beyond the window's right edge")

    def test_wide_light(self):
        self.look(1280, 900, dark=False, phone=False)

    def test_wide_dark(self):
        self.look(1280, 900, dark=True, phone=False)

    def test_phone_light(self):
        self.look(390, 844, dark=False, phone=True)

    def test_phone_dark(self):
        page = self.look(390, 844, dark=True, phone=True)
        small = page.evaluate("""[...document.querySelectorAll("button:not(.box), select, .chip")]
          .filter((one) => one.checkVisibility() && !one.matches(".quiet"))
          .map((one) => [one.innerText, one.getBoundingClientRect().height]).filter(([, height]) => height < 38)""")
        self.assertEqual(small, [], "large enough for a thumb")

    def test_contrast(self):
        """Text against what is behind it: at least 4.5 to 1, in both themes."""
        for dark in (False, True):
            page = self.tab(dark=dark)
            self.upload(page)
            poor = page.evaluate(CONTRAST)
            self.assertEqual(poor, [], "dark" if dark else "light")

    def test_reduced_motion(self):
        page = self.tab(media=[{"name": "prefers-reduced-motion", "value": "reduce"}])
        self.assertEqual(page.evaluate("getComputedStyle(document.documentElement).scrollBehavior"), "auto")
        self.assertEqual(page.evaluate("getComputedStyle(document.querySelector('#working')).animationName"), "none")


CONTRAST = """(() => {
  const pen = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgba = (color) => {
    pen.clearRect(0, 0, 1, 1);
    pen.fillStyle = color;
    pen.fillRect(0, 0, 1, 1);
    return [...pen.getImageData(0, 0, 1, 1).data];
  };
  const behind = (one) => {
    for (; one; one = one.parentElement) {
      const color = rgba(getComputedStyle(one).backgroundColor);
      if (color[3] > 250) return color;
    }
    return [255, 255, 255, 255];
  };
  const light = ([r, g, b]) => [r, g, b].map((part) => part / 255)
    .map((part) => (part <= .04045 ? part / 12.92 : ((part + .055) / 1.055) ** 2.4))
    .reduce((sum, part, index) => sum + part * [.2126, .7152, .0722][index], 0);
  return [...document.querySelectorAll("p, h1, h2, h3, th, td, dt, dd, button, label, a, legend, span, caption")]
    .filter((one) => one.checkVisibility() && !one.closest(".hidden, .skip")
      && [...one.childNodes].some((child) => child.nodeType === 3 && child.data.trim()))
    .map((one) => {
      const [a, b] = [light(rgba(getComputedStyle(one).color)), light(behind(one))];
      return [one.textContent.trim().slice(0, 30), (Math.max(a, b) + .05) / (Math.min(a, b) + .05)];
    })
    .filter(([, ratio]) => ratio < 4.5);
})()"""
