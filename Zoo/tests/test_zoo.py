"""What is committed beside each model: valid against the schema, and what ONNX Runtime gives."""

import copy
import hashlib
import json
import sys
import unittest
from pathlib import Path

import jsonschema
import numpy as np
import onnx

ZOO = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ZOO), str(ZOO / "tools")]
import ensemble  # noqa: E402
from inference import SAMPLES, Model, folder, generate  # noqa: E402

SCHEMAS = {name: json.loads((ZOO.parent / "Schemas" / f"{name}.schema.json").read_text())
           for name in ("model", "golden", "baseline")}
SCHEMA = SCHEMAS["model"]
ALL = sorted(ZOO.glob("*/model.json"))
LARGEST, TOGETHER = 32_000_000, 120_000_000


def read(path):
    return json.loads(path.read_text())


# Face detectors have another kind of manifest, and no files here.
MANIFESTS = [path for path in ALL if read(path)["task"] != "face-detection"]
DETECTORS = [path for path in ALL if read(path)["task"] == "face-detection"]


def changer(manifest):
    def change(path, value):
        copied = copy.deepcopy(manifest)
        *parents, last = path
        target = copied
        for key in parents:
            target = target[key]
        if value is None:
            del target[last]
        else:
            target[last] = value
        return ".".join(map(str, path)), copied
    return change


def broken(manifest):
    """(what is wrong, a manifest with that fault)."""
    change = changer(manifest)
    yield change(["file", "sha256"], "abc")
    yield change(["file", "path"], "../other/model.onnx")
    yield change(["file", "path"], "/etc/model.onnx")
    yield change(["file", "path"], "a/../../model.onnx")
    yield change(["output", "labels"], ["happy", "happy"])
    yield change(["output", "labels"], None)
    yield change(["output", "kind"], "scores")
    yield change(["input", "channels"], "gray")
    yield change(["input", "channels"], "rgb")  # with one mean
    yield change(["input", "mean"], [0.5, 0.5, 0.5])  # with one channel
    yield change(["input", "std"], [0])
    yield change(["input", "width"], 0)
    yield change(["input", "resize", "mode"], "shortest-side")  # without its size
    yield change(["input", "resize", "kernel"], "cubic")
    yield change(["input", "resize"], {"kernel": "lanczos", "antialias": False, "mode": "stretch", "round": True})
    yield change(["input", "resize", "size"], 0)
    yield change(["input", "scale"], 0)
    yield change(["input", "scaling"], 1)
    yield change(["id"], "A model")
    yield change(["task"], "poetry")
    yield change(["task"], "face-detection")
    yield change(["detector"], "yunet")


def broken_detector(manifest):
    change = changer(manifest)
    role = next(iter(manifest["files"]))
    yield change(["task"], "classification")
    yield change(["detector"], None)
    yield change(["detector"], "You Net")
    yield change(["files"], None)
    yield change(["files", role, "path"], "../model.onnx")
    yield change(["files", role, "sha256"], None)
    yield change(["output"], {"name": "a", "kind": "logits", "labels": ["a", "b"]})
    yield change(["golden"], "golden.json")


class Zoo(unittest.TestCase):
    def test_there_are_models(self):
        self.assertGreaterEqual(len(MANIFESTS), 2)

    def test_files_follow_their_schemas(self):
        for name, schema in SCHEMAS.items():
            jsonschema.Draft202012Validator.check_schema(schema)
            for path in ZOO.glob(f"*/{name}.json"):
                with self.subTest(str(path)):
                    jsonschema.validate(read(path), schema)
                    self.assertEqual(read(path).get("id", read(path).get("model")), path.parent.name)

    def test_schema_refuses_broken_manifests(self):
        for fault, manifest in broken(read(MANIFESTS[0])):
            with self.subTest(fault), self.assertRaises(jsonschema.ValidationError):
                jsonschema.validate(manifest, SCHEMA)
        for path in DETECTORS:
            for fault, manifest in broken_detector(read(path)):
                with self.subTest(f"{path.parent.name} {fault}"), self.assertRaises(jsonschema.ValidationError):
                    jsonschema.validate(manifest, SCHEMA)

    def test_face_detectors_bring_no_weights(self):
        self.assertEqual({read(path)["detector"] for path in DETECTORS}, {"yunet", "ultraface", "mtcnn"})
        for path in DETECTORS:
            manifest = read(path)
            for file in manifest["files"].values():
                with self.subTest(f"{path.parent.name}/{file['path']}"):
                    self.assertIn("url" if "url" in file else "command", {**file, **manifest["source"]})

    def test_files_are_what_the_manifest_says(self):
        for path in MANIFESTS:
            with self.subTest(path.parent.name):
                manifest = read(path)
                data = (path.parent / manifest["file"]["path"]).read_bytes()
                self.assertEqual(hashlib.sha256(data).hexdigest(), manifest["file"]["sha256"])
                self.assertEqual(len(data), manifest["file"]["bytes"])
                self.assertLess(len(data), LARGEST)
                graph = onnx.load_from_string(data).graph
                self.assertEqual([value.name for value in graph.input], [manifest["input"]["name"]])
                self.assertEqual([value.name for value in graph.output], [manifest["output"]["name"]])

    def test_all_files_together_stay_small(self):
        self.assertLess(sum(read(path)["file"]["bytes"] for path in MANIFESTS), TOGETHER)

    def test_the_ensemble_is_of_models_that_are_here(self):
        members = ensemble.declared()
        self.assertGreater(len(set(members)), 1)
        self.assertLessEqual(set(members), {path.parent.name for path in MANIFESTS})

    def test_plain_model_has_neither_normalisation_nor_dropout(self):
        def kinds(model_id):
            return {node.op_type for node in onnx.load(ZOO / model_id / "model.onnx").graph.node}

        self.assertIn("BatchNormalization", kinds("fer-cnn-bn"))
        self.assertFalse(kinds("fer-cnn-plain") & {"BatchNormalization", "Dropout"})

    def test_golden_values_are_reproduced(self):
        for path in MANIFESTS:
            with self.subTest(path.parent.name):
                manifest, golden = read(path), read(path.parent / "golden.json")
                self.assertEqual(golden["sha256"], manifest["file"]["sha256"])
                model = Model(path.parent.name, manifest)
                for case in golden["cases"]:
                    if "image" in case:
                        values = model.classify([ZOO / case["image"]])[0]
                    else:
                        made = {k: v for k, v in case["generator"].items() if k != "name"}
                        values = model.run(generate(**made))[0]
                    np.testing.assert_allclose(values, case["values"], atol=golden["tolerance"])

    def test_baseline_is_reproduced_and_clearly_above_chance(self):
        for path in MANIFESTS:
            with self.subTest(path.parent.name):
                manifest, baseline = read(path), read(path.parent / "baseline.json")
                labels = manifest["output"]["labels"]
                files, truth = folder(SAMPLES, labels)
                scores = Model(path.parent.name, manifest).classify(files)
                chosen = scores.argmax(1)
                if "scores" in baseline:
                    columns = [labels.index(name) for name in baseline["classes"]]
                    accepted = [baseline["scores"][f"{p.parent.name}/{p.name}"] for p in files]
                    np.testing.assert_allclose(scores[:, columns], accepted, atol=1e-4)
                self.assertEqual(baseline["predictions"],
                                 {f"{p.parent.name}/{p.name}": labels[k] for p, k in zip(files, chosen)})
                self.assertAlmostEqual((chosen == truth).mean(), baseline["metrics"]["accuracy"], places=6)
                self.assertGreater((chosen == truth).mean(), 3 / len(labels))

    def test_generator_follows_its_definition(self):
        # SplitMix64 from 1234567 begins with 6457827717110365317, 3203168211198807973 (reference code).
        expected = [(6457827717110365317 >> 11) / 2**53, (3203168211198807973 >> 11) / 2**53]
        np.testing.assert_array_equal(generate([2], 1234567, 0.0, 1.0), np.float32(expected))


if __name__ == "__main__":
    unittest.main()
