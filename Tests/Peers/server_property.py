"""Requests made up from the OpenAPI document (schemathesis): whatever is sent, the answer is one that the document
names, in the shape that it names, and never the server's own failure.

    python -m unittest Tests/Peers/server_property.py        (make property; a short run in make test-server)
"""

import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from server_process import Server

CHECKS = ["not_a_server_error", "status_code_conformance", "content_type_conformance", "response_headers_conformance",
          "response_schema_conformance", "unsupported_method", "allow_header_conformance"]
# Random bytes are no picture, so that "valid requests are accepted" cannot be asked. The phase of examples ends in an
# error of Python 3.11 itself; what it would send, server_protocol.py sends.


class PropertyTests(unittest.TestCase):
    def test_the_document_holds(self):
        examples = "300" if os.environ.get("AVIARY_LONG") else "12"
        with Server("--queue", "1000") as server, tempfile.TemporaryDirectory() as folder:
            run = subprocess.run(
                [str(Path(sys.executable).parent / "schemathesis"), "run", f"{server.url}/openapi.json",
                 "--checks", ",".join(CHECKS), "--max-examples", examples, "--seed", "1",
                 "--phases", "coverage,fuzzing", "--workers", "2", "--suppress-health-check", "all",
                 "--generation-database", "none"],
                capture_output=True, text=True, cwd=folder)
            self.assertEqual(run.returncode, 0, run.stdout[-6000:] + run.stderr[-2000:])
            self.assertTrue(server.is_alive())


if __name__ == "__main__":
    unittest.main()
