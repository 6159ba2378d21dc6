"""The documentation page shows what the OpenAPI document says."""

import support
from support import OUT, PageTest


class Docs(PageTest):
    path = "docs"

    def test_every_operation_and_schema_is_there(self):
        page = self.tab(ready="done")
        api = support.world.server.get("openapi.json")
        wanted = {f"{verb.upper()} {path}" for path, item in api["paths"].items() for verb in item
                  if verb in ("get", "put", "post", "delete", "patch", "head", "options")}
        shown = page.evaluate("[...document.querySelectorAll('.operation')].map((one) => one.ariaLabel)")
        self.assertEqual(set(shown), wanted)
        self.assertEqual(len(shown), len(wanted))
        schemas = page.evaluate("[...document.querySelectorAll('.schema summary')].map((one) => one.innerText)")
        self.assertEqual(schemas, list(api["components"]["schemas"]))
        self.assertNotIn("undefined", page.evaluate("document.body.innerText"))
        self.assertNotIn("[object", page.evaluate("document.body.innerText"))
        broken = page.evaluate("[...document.querySelectorAll('main a, nav.contents a')]"
                               ".map((one) => one.getAttribute('href'))"
                               ".filter((to) => to.startsWith('#') && !document.getElementById(to.slice(1)))")
        self.assertEqual(broken, [])
        page.screenshot(f"{OUT}/docs-1280.png")

    def test_a_link_opens_its_schema(self):
        page = self.tab(ready="done")
        page.evaluate("document.querySelector('.responses a').click()")
        page.until("document.querySelector('.schema[open]') && location.hash === "
                   "'#' + document.querySelector('.schema[open]').id")

    def test_asking_the_server(self):
        page = self.tab(ready="done")
        page.evaluate("document.querySelector('#get-v1-models .tried button').click()")
        page.until("document.querySelector('#get-v1-models .tried pre')?.innerText.includes('\"models\"')")

    def test_phone(self):
        page = self.tab(390, 844, ready="done", dark=True, phone=True)
        self.assertLessEqual(page.evaluate("document.documentElement.scrollWidth - innerWidth"), 0)
        page.screenshot(f"{OUT}/docs-390.png")

    def test_no_document(self):
        page = self.tab(ready=None)
        page.intercept("*/openapi.json", lambda request: (500, {}, "no"))
        page.open(support.world.server.url + "docs")
        page.until("document.body.dataset.state === 'error'")
        self.assertIn("could not be loaded", page.evaluate("document.querySelector('#loading').innerText"))
