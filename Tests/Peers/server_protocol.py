"""The server as its clients see it: curl, http.client, tritonclient, the validator of OpenAPI.

    python -m unittest Tests/Peers/server_protocol.py        (make test-server)

Needs the command (AVIARY, by default .build/release/aviary) and what requirements-server.txt lists.
"""

import base64
import contextlib
import json
import math
import re
import sqlite3
import subprocess
import sys
import tempfile
import threading
import unittest
from pathlib import Path

import numpy
import tritonclient.http as triton

sys.path.insert(0, str(Path(__file__).resolve().parent))
from server_process import AVIARY, MODELS, ROOT, Server, blank, form, picture, sample, wait_until

LABELS = {"angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"}


class ProtocolTests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()

    @classmethod
    def tearDownClass(cls):
        status, errors = cls.server.stop()
        assert status == 0, errors

    def predict(self, body, headers=None, query=""):
        return self.server.json("POST", f"/v1/predict{query}", body, headers)

    def check(self, answer, models=("fer-cnn-bn",)):
        self.assertEqual(answer["models"], list(models))
        for face in answer["faces"]:
            self.assertEqual([p["model"] for p in face["predictions"]], list(models))
            for prediction in face["predictions"]:
                scores = [s["probability"] for s in prediction["probabilities"]]
                self.assertEqual(scores, sorted(scores, reverse=True))
                self.assertAlmostEqual(sum(scores), 1, places=4)
                self.assertEqual(prediction["label"], prediction["probabilities"][0]["label"])

    # Comparisons

    def test_comparisons_are_paired(self):
        """What `/v1/compare` says of two stored runs, against counts of their scores."""
        with tempfile.TemporaryDirectory() as folder:
            store = f"{folder}/runs.sqlite"
            data = "folder:Zoo/samples/drawn-faces"
            for model in MODELS.split(","):
                subprocess.run([AVIARY, "evaluate", model, "--data", data, "--store", store, "--record",
                                f"{folder}/{model}.json"], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
            with Server("--store", store) as server:
                status, answer = server.json("GET", "/v1/compare")
                with contextlib.closing(sqlite3.connect(store)) as database, database:
                    damaged, = database.execute("SELECT model FROM run WHERE id = 1").fetchone()
                    database.execute("UPDATE batch SET rows = substr(rows, 1, 3) WHERE run = 1")
                _, partly = server.json("GET", "/v1/compare")
                missing, _ = Server.json(server, "GET", "/v1/compare/none")
            self.assertEqual((status, missing), (200, 404))
            right = {}
            for model in MODELS.split(","):
                record = json.loads(Path(f"{folder}/{model}.json").read_text())
                right[model] = [int(numpy.argmax(s["scores"])) == s["label"] for s in record["samples"]]
        comparison, = answer["comparisons"]
        self.assertEqual([m["id"] for m in comparison["models"]], sorted(right, key=lambda m: -sum(right[m])))
        for model in comparison["models"]:
            self.assertAlmostEqual(model["accuracy"], numpy.mean(right[model["id"]]))
            low, high = model["accuracyInterval"]
            self.assertTrue(0 <= low < model["accuracy"] <= high <= 1)
        pair, = comparison["pairs"]
        first, second = numpy.array(right[pair["first"]]), numpy.array(right[pair["second"]])
        a, b = int((first & ~second).sum()), int((second & ~first).sum())
        self.assertEqual((pair["samples"], pair["onlyFirst"], pair["onlySecond"]), (len(first), a, b))
        self.assertAlmostEqual(pair["difference"], (a - b) / len(first))
        exact = min(1, 2 * sum(math.comb(a + b, k) for k in range(min(a, b) + 1)) / 2 ** (a + b)) if a != b else 1
        self.assertAlmostEqual(pair["pValue"], exact)
        self.assertEqual(pair["pValue"], pair["adjustedPValue"])
        self.assertEqual(comparison["unpaired"], [])
        comparison, = partly["comparisons"]
        left, = comparison["unpaired"]
        self.assertEqual((comparison["pairs"], left["id"]), ([], damaged))
        self.assertIn("cannot be read", left["reason"])

    # Pictures

    def test_all_forms_of_a_picture_give_one_answer(self):
        image = sample()
        body, kind = form([("image", image, "x.png"), ("detector", b"none", None)])
        address = "data:image/png;base64," + base64.b64encode(image).decode()
        answers = [
            self.predict(image, {"Content-Type": "image/png"}),
            self.predict(image, {"Content-Type": "application/octet-stream"}),
            self.predict(image, {"Content-Type": "application/x-www-form-urlencoded"}),
            self.predict(body, {"Content-Type": kind}),
            self.predict(json.dumps({"image": address}), {"Content-Type": "application/json"}),
            self.predict(json.dumps({"image": base64.b64encode(image).decode(), "models": "fer-cnn-bn"}),
                         {"Content-Type": "application/json; charset=utf-8"}),
        ]
        faces = []
        for status, answer in answers:
            self.assertEqual(status, 200, answer)
            self.check(answer)
            self.assertEqual({s["label"] for s in answer["faces"][0]["predictions"][0]["probabilities"]}, LABELS)
            for face in answer["faces"]:
                for prediction in face["predictions"]:
                    del prediction["milliseconds"]
            faces.append(answer["faces"])
        self.assertTrue(all(other == faces[0] for other in faces))
        self.assertEqual(faces[0][0]["predictions"][0]["label"], "happy")

    def test_the_answer_is_the_commands(self):
        with tempfile.NamedTemporaryFile(suffix=".png") as file:
            file.write(sample("surprise"))
            file.flush()
            run = subprocess.run(
                [AVIARY, "predict", "fer-cnn-bn", file.name, "--json", "--top", "7"],
                capture_output=True, cwd=ROOT, check=True)
        numbers = [float(text) for text in re.findall(r"[0-9]+[.]?[0-9]*(?:[eE][-+]?[0-9]+)?", run.stdout.decode())]
        _, answer = self.predict(sample("surprise"), query="?detector=none")
        for score in answer["faces"][0]["predictions"][0]["probabilities"]:
            # However the command arranges them: each of the server's numbers is among its own.
            self.assertLess(min(abs(score["probability"] - number) for number in numbers), 1e-6)

    def test_parameters(self):
        both = "fer-cnn-bn,fer-cnn-plain"
        status, answer = self.predict(sample(), query=f"?models={both}&top=2")
        self.assertEqual(status, 200)
        self.check_short(answer, both.split(","), 2)
        body, kind = form([("top", b"1", None), ("models", b"all", None), ("image", sample(), "a.png")])
        status, answer = self.predict(body, {"Content-Type": kind}, "?top=5")
        self.check_short(answer, both.split(","), 1)
        request = {"image": base64.b64encode(sample()).decode(), "models": ["fer-cnn-plain"], "top": 3}
        status, answer = self.predict(json.dumps(request), {"Content-Type": "application/json"})
        self.check_short(answer, ["fer-cnn-plain"], 3)

    def check_short(self, answer, models, top):
        self.assertEqual(answer["models"], models)
        for prediction in answer["faces"][0]["predictions"]:
            self.assertEqual(len(prediction["probabilities"]), top)

    def test_no_face_is_an_answer(self):
        _, detectors = self.server.json("GET", "/v1/detectors")
        self.assertEqual(detectors["default"], "none")
        for detector in detectors["detectors"]:
            status, answer = self.predict(blank(), query=f"?detector={detector['id']}&models=all")
            if not detector["available"]:
                self.assertEqual(status, 400, answer)
                print(f"{detector['id']}: its weights are not here, not tried", file=sys.stderr)
                continue
            self.assertEqual((status, len(answer["faces"])), (200, 1 if detector["id"] == "none" else 0), answer)

    def test_what_cannot_be_answered(self):
        image, json_type = sample(), {"Content-Type": "application/json"}
        cases = [
            (400, image, {}, "?models=none-such"), (400, image, {}, "?detector=none:/etc/passwd"),
            (400, image, {}, "?models="), (400, image, {}, "?top=0"), (400, image, {}, "?top=x"),
            (400, image, {}, "?model=fer-cnn-bn"), (400, image, {}, "?top=1&top=2"),
            (400, image, {}, "?models=fer-cnn-bn,fer-cnn-bn"), (400, b"", {}, ""), (400, b"{", json_type, ""),
            (400, b"[]", json_type, ""), (400, b'{"image": 1}', json_type, ""),
            (400, b'{"image": "%%%"}', json_type, ""), (400, b'{"image": "AAAA", "tpo": 1}', json_type, ""),
            (415, b"hello there, no image", {}, ""), (415, b"GIF89a........", {"Content-Type": "image/gif"}, ""),
            (415, image, {"Content-Type": "text/plain"}, ""), (415, image, {"Content-Type": ";"}, ""),
            (415, image, {"Content-Encoding": "gzip"}, ""), (422, image[:-40], {}, ""),
            (422, picture()[:200], {}, ""),
        ]
        for expected, body, headers, query in cases:
            with self.subTest(body=body[:20], headers=headers, query=query):
                status, answer = self.predict(body, headers, query)
                self.assertEqual(status, expected, answer)
                self.assertEqual(list(answer), ["error"])
                self.assertGreater(len(answer["error"]), 10)

    # curl, as the README shows it

    def curl(self, *arguments):
        run = subprocess.run(["curl", "-sS", "-m", "20", *arguments], capture_output=True, check=True)
        return run.stdout

    def test_curl(self):
        url = f"{self.server.url}/v1/predict"
        with tempfile.NamedTemporaryFile(suffix=".jpg") as file:
            # Large enough for curl to ask first (Expect: 100-continue).
            file.write(picture(1600, 1200, quality=98))
            file.flush()
            for arguments in (
                ["-F", f"image=@{file.name}"], ["--data-binary", f"@{file.name}"],
                ["-T", file.name, "-X", "POST", "-H", "Transfer-Encoding: chunked"],
                ["-F", f"image=@{file.name}", "-F", "models=all", "-H", "Expect: 100-continue"],
            ):
                with self.subTest(arguments=arguments):
                    answer = json.loads(self.curl(*arguments, url))
                    self.assertEqual((answer["width"], answer["height"]), (1600, 1200))
        text = self.curl("-i", f"{self.server.url}/").decode()
        for header in ("content-security-policy: default-src 'none'", "x-content-type-options: nosniff",
                       "referrer-policy: no-referrer", "camera=(self)"):
            self.assertIn(header, text.lower())
        self.assertIn(b"HTTP/1.1 200", self.curl("-I", f"{self.server.url}/health/live"))

    def test_keep_alive(self):
        import http.client

        connection = http.client.HTTPConnection(self.server.host, self.server.port, timeout=20)
        for _ in range(5):
            connection.request("POST", "/v1/predict", sample())
            self.assertEqual(connection.getresponse().read()[:1], b"{")
        first = connection.sock
        connection.request("GET", "/no-such-thing")
        self.assertEqual(connection.getresponse().read()[:9], b'{"error":')
        self.assertIs(connection.sock, first)
        connection.close()

    def test_pipelined_requests(self):
        one = b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n"
        last = one.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
        with self.server.connect() as connection:
            connection.sendall(one * 3 + last)
            data = b""
            while piece := connection.recv(65536):
                data += piece
        self.assertEqual(data.count(b'{"status":"ok"}'), 4)

    # The rest of /v1

    def test_lists(self):
        status, models = self.server.json("GET", "/v1/models")
        self.assertEqual([m["id"] for m in models["models"]], ["fer-cnn-bn", "fer-cnn-plain"])
        self.assertEqual(models["default"], ["fer-cnn-bn"])
        self.assertEqual(set(models["models"][0]["labels"]), LABELS)
        _, model = self.server.json("GET", "/v1/models/fer-cnn-bn")
        self.assertEqual(model["manifest"]["id"], "fer-cnn-bn")
        _, detectors = self.server.json("GET", "/v1/detectors")
        self.assertIn(("none", True), [(d["id"], d["available"]) for d in detectors["detectors"]])
        for path in ("/v1/models/x", "/v1/models/..%2F..%2Fetc%2Fpasswd", "/v2/models/x", "/v1/", "/etc/passwd",
                     "/../etc/passwd", "/v2/models/fer-cnn-bn/versions/2"):
            self.assertEqual(self.server.request("GET", path)[0], 404, path)
        status, headers, _ = self.server.request("GET", "/v1/predict")
        self.assertEqual((status, headers["allow"]), (405, "POST"))

    def test_metrics(self):
        self.predict(sample())
        status, headers, text = self.server.request("GET", "/metrics")
        self.assertTrue(headers["content-type"].startswith("text/plain; version=0.0.4"))
        lines = text.decode().splitlines()
        names = {line.split()[2] for line in lines if line.startswith("# TYPE")}
        for line in lines:
            if line.startswith("#"):
                continue
            name, value = line.rsplit(" ", 1)
            float(value)
            base = name.split("{")[0]
            self.assertTrue(
                base in names or any(base == n + s for n in names for s in ("_bucket", "_sum", "_count")), line)
        self.assertTrue(any('route="/v1/predict",method="POST",status="200"' in line for line in lines))

    def test_document_is_valid(self):
        from openapi_spec_validator import validate

        _, document = self.server.json("GET", "/openapi.json")
        validate(document)
        self.assertEqual(document, json.loads((ROOT / "Schemas/openapi.json").read_text()))

    def test_every_documented_address_answers(self):
        _, document = self.server.json("GET", "/openapi.json")
        for path, operations in document["paths"].items():
            concrete = path.format(id="fer-cnn-bn", model="fer-cnn-bn", version="1", file="page.css")
            for method, operation in operations.items():
                with self.subTest(path=path, method=method):
                    body = b"x" if method == "post" else None
                    status, headers, _ = self.server.request(method.upper(), concrete, body)
                    self.assertIn(str(status), operation["responses"])
                    content = operation["responses"][str(status)].get("content")
                    if content:
                        self.assertIn(headers["content-type"].split(";")[0], content)

    # KServe Open Inference Protocol

    def test_triton(self):
        with triton.InferenceServerClient(self.server.url.removeprefix("http://"), concurrency=4) as client:
            self.assertTrue(client.is_server_live() and client.is_server_ready())
            self.assertTrue(client.is_model_ready("fer-cnn-bn") and client.is_model_ready("fer-cnn-bn", "1"))
            self.assertFalse(client.is_model_ready("x"))
            self.assertEqual(client.get_server_metadata()["extensions"], ["binary_tensor_data"])
            metadata = client.get_model_metadata("fer-cnn-bn")
            [spec] = metadata["inputs"]
            shape = [3] + [max(1, extent) for extent in spec["shape"]][1:]
            data = numpy.random.default_rng(1).standard_normal(shape).astype(numpy.float32)
            results = []
            for binary_in in (True, False):
                tensor = triton.InferInput(spec["name"], shape, spec["datatype"])
                tensor.set_data_from_numpy(data, binary_data=binary_in)
                for outputs in (None, True, False):
                    wanted = None if outputs is None else [
                        triton.InferRequestedOutput(metadata["outputs"][0]["name"], binary_data=outputs)]
                    answer = client.infer("fer-cnn-bn", [tensor], outputs=wanted, request_id="17")
                    self.assertEqual(answer.get_response()["id"], "17")
                    results.append(answer.as_numpy(metadata["outputs"][0]["name"]))
            for result in results:
                self.assertEqual(result.shape, (3, 7))
                numpy.testing.assert_allclose(result, results[0], rtol=1e-6)
            futures = [client.async_infer("fer-cnn-bn", [tensor]) for _ in range(8)]
            for future in futures:
                numpy.testing.assert_allclose(future.get_result().as_numpy(metadata["outputs"][0]["name"]),
                                              results[0], rtol=1e-5, atol=1e-7)
            wrong = triton.InferInput("wrong", [1], "FP32")
            wrong.set_data_from_numpy(numpy.zeros(1, numpy.float32))
            with self.assertRaises(triton.InferenceServerException):
                client.infer("fer-cnn-bn", [wrong])

    def test_triton_sees_onnx_runtimes_numbers(self):
        try:
            import onnxruntime
        except ImportError:
            self.skipTest("onnxruntime is not in this environment (requirements-bench-server.txt has it)")
        session = onnxruntime.InferenceSession(str(ROOT / "Zoo/fer-cnn-bn/model.onnx"))
        [spec] = session.get_inputs()
        data = numpy.random.default_rng(2).standard_normal((2, 1, 48, 48)).astype(numpy.float32)
        with triton.InferenceServerClient(self.server.url.removeprefix("http://")) as client:
            tensor = triton.InferInput(spec.name, list(data.shape), "FP32")
            tensor.set_data_from_numpy(data)
            name = session.get_outputs()[0].name
            found = client.infer("fer-cnn-bn", [tensor]).as_numpy(name)
        numpy.testing.assert_allclose(found, session.run([name], {spec.name: data})[0], atol=1e-4)


class TypesTests(unittest.TestCase):
    """All data types, through models that only pass them on."""

    TYPES = {
        "BOOL": numpy.bool_, "UINT8": numpy.uint8, "UINT16": numpy.uint16, "UINT32": numpy.uint32,
        "UINT64": numpy.uint64, "INT8": numpy.int8, "INT16": numpy.int16, "INT32": numpy.int32,
        "INT64": numpy.int64, "FP16": numpy.float16, "FP32": numpy.float32, "FP64": numpy.float64,
        "BYTES": numpy.object_,
    }

    def test_types(self):
        try:
            from onnx import TensorProto, helper, save
        except ImportError:
            self.skipTest("onnx is not in this environment")
        codes = {"BOOL": "BOOL", "FP16": "FLOAT16", "FP32": "FLOAT", "FP64": "DOUBLE", "BYTES": "STRING"}
        with tempfile.TemporaryDirectory() as folder:
            names = list(self.TYPES)
            values = [(f"in{n}", f"out{n}", getattr(TensorProto, codes.get(n, n))) for n in names]
            graph = helper.make_graph(
                [helper.make_node("Identity", [a], [b]) for a, b, _ in values], "types",
                [helper.make_tensor_value_info(a, t, ["n"]) for a, _, t in values],
                [helper.make_tensor_value_info(b, t, ["n"]) for _, b, t in values])
            save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8),
                 f"{folder}/types.onnx")
            with Server(models=f"fer-cnn-plain,{folder}/types.onnx") as server:
                with triton.InferenceServerClient(server.url.removeprefix("http://")) as client:
                    metadata = client.get_model_metadata("types")
                    self.assertEqual({i["name"][2:]: i["datatype"] for i in metadata["inputs"]},
                                     {n: n for n in names})
                    for binary in (True, False):
                        self.pass_on(client, names, binary)
                # It takes no pictures, and says so.
                status, answer = server.json("POST", "/v1/predict?models=types", sample())
                self.assertEqual(status, 400, answer)

    def pass_on(self, client, names, binary):
        inputs, expected = [], {}
        for name in names:
            kind = self.TYPES[name]
            if name == "BYTES":
                data = numpy.array([b"", "zwölf".encode(), b"a\nb"], dtype=numpy.object_)
            elif name == "BOOL":
                data = numpy.array([True, False, True])
            elif numpy.issubdtype(kind, numpy.integer):
                data = numpy.array([numpy.iinfo(kind).min, numpy.iinfo(kind).max, 1], dtype=kind)
            else:
                data = numpy.array([0.1, -1e-3, 65504], dtype=kind)
            tensor = triton.InferInput("in" + name, [3], name)
            # This client sends half precision as bytes only.
            tensor.set_data_from_numpy(data, binary_data=binary or name == "FP16")
            inputs.append(tensor)
            expected[name] = data
        outputs = [triton.InferRequestedOutput("out" + n, binary_data=binary or n == "FP16") for n in names]
        answer = client.infer("types", inputs, outputs=outputs)
        for name in names:
            found = answer.as_numpy("out" + name)
            if name == "BYTES":
                found = [v if isinstance(v, bytes) else v.encode() for v in found.tolist()]
                self.assertEqual(found, expected[name].tolist())
            else:
                numpy.testing.assert_array_equal(found, expected[name], err_msg=name)


class TokenTests(unittest.TestCase):
    def test_token(self):
        with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
            file.write("let-me-in\n")
            file.flush()
            with Server("--token-file", file.name) as server:
                for headers in ({}, {"Authorization": "Bearer let-me-i"}, {"Authorization": "Basic let-me-in"}):
                    status, answers, _ = server.request("POST", "/v1/predict", sample(), headers)
                    self.assertEqual((status, answers["www-authenticate"]), (401, "Bearer"))
                    self.assertEqual(server.request("GET", "/metrics", headers=headers)[0], 401)
                right = {"Authorization": "Bearer let-me-in"}
                self.assertEqual(server.request("POST", "/v1/predict", sample(), right)[0], 200)
                for path in ("/", "/health/ready", "/openapi.json", "/v2"):
                    self.assertEqual(server.request("GET", path)[0], 200)


class ShutdownTests(unittest.TestCase):
    def test_running_requests_finish(self):
        server = Server()
        slow = picture(8000, 6000, quality=80)
        results, started = [], threading.Barrier(7)

        def client():
            started.wait()
            try:
                results.append(server.request("POST", "/v1/predict?models=all", slow)[0])
            except OSError as error:
                results.append(repr(error))

        threads = [threading.Thread(target=client) for _ in range(6)]
        for thread in threads:
            thread.start()
        started.wait()
        running = lambda: b"aviary_queue_requests 6" in server.request("GET", "/metrics")[2]
        self.assertTrue(wait_until(running), "the requests are not there")
        status, errors = server.stop()
        for thread in threads:
            thread.join()
        self.assertEqual(status, 0, errors)
        self.assertEqual(results, [200] * 6)

    def test_idle_connections_do_not_hold_it(self):
        server = Server()
        with server.connect(), server.connect() as half:
            half.sendall(b"POST /v1/predict HTTP/1.1\r\nHost: x\r\n")
            self.assertEqual(server.stop(patience=20)[0], 0)


if __name__ == "__main__":
    unittest.main()
