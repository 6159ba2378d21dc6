"""The tests of the page in a real browser: `make test-page`, or
`python Tests/Peers/page/run.py [names of tests]` with a built `aviary`.

AVIARY_PAGE_URL names a running server, AVIARY_BINARY another command, CHROMIUM another browser. Screenshots go to
out/page. Where there is no Chromium, one line says so.
"""

import sys
import unittest

import support
from devtools import chromium

LIMIT = 300  # seconds for everything; a usual run takes a fraction


def main():
    if not chromium():
        print("the tests of the page were not run: there is no Chromium here (Debian's package is 'chromium')")
        return 0
    timer = support.watchdog(LIMIT)
    support.world = support.World()
    try:
        for note in support.world.notes:
            print(f"tests of the page: {note}")
        names = sys.argv[1:] or ["test_photos", "test_camera", "test_trouble", "test_access", "test_docs"]
        tests = unittest.defaultTestLoader.loadTestsFromNames(names)
        result = unittest.TextTestRunner(verbosity=2).run(tests)
    finally:
        support.world.close()
        timer.cancel()
    return 0 if result.wasSuccessful() and result.testsRun else 1


if __name__ == "__main__":
    sys.exit(main())
