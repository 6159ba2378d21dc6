#!/usr/bin/env python3
"""Evaluates a model of the zoo with ONNX Runtime and scikit-learn.

    evaluate.py MODEL-ID               the shipped sample set, and FER2013's test set where it is present
    evaluate.py MODEL-ID --write       and puts the figures into the manifest, the baseline and the card; the
                                           card needs the command `aviary` (make build)
    evaluate.py MODEL-ID --aviary FILE     takes the scores from that program, and says how often ONNX Runtime
                                           decides otherwise

No training code runs here, and nothing here trains: this is the only place where test images are judged.
"""

import argparse
import json
import subprocess
import tempfile
from pathlib import Path

import numpy as np
from sklearn.metrics import accuracy_score, balanced_accuracy_score, classification_report, f1_score, log_loss

import card
import describe
from inference import SAMPLES, ZOO, Model, folder, manifest, stands_in_training, test_set
from training.pixels import shared


def measure(name, labels, truth, scores):
    chosen = scores.argmax(1)
    clipped = scores.astype(np.float64) / scores.sum(1, keepdims=True, dtype=np.float64)
    return {
        "data": name, "samples": len(truth), "accuracy": accuracy_score(truth, chosen),
        "balancedAccuracy": balanced_accuracy_score(truth, chosen),
        "macroF1": f1_score(truth, chosen, average="macro"),
        "logLoss": log_loss(truth, clipped, labels=range(len(labels))),
    }


def scores_of_aviary(program, model_id, labels, data, files, others):
    """What `aviary evaluate` gives for the pictures of `data` (its arguments), in the order of `labels` and `files`;
    prints how that differs from `others`, ONNX Runtime's scores."""
    with tempfile.TemporaryDirectory() as made:
        record = Path(made) / "record.json"
        subprocess.run([program, "evaluate", model_id, "--data", *data, "--no-store", "--record", record],
                       check=True, cwd=ZOO.parent, stdout=subprocess.DEVNULL)
        judged = json.loads(record.read_text())
    samples = {Path(s["id"]).parts[-2:]: s["scores"] for s in judged["samples"]}
    # A record has the classes of the data in their order.
    columns = [judged["classes"].index(label) for label in labels]
    scores = np.array([samples[path.parts[-2:]] for path in files], np.float32)[:, columns]
    different = (others.argmax(1) != scores.argmax(1)).sum()
    print(f"{different} decisions of {len(files)} differ from ONNX Runtime's, "
          f"scores by {np.abs(others - scores).max():.2g} at most")
    return scores


def main():
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("model")
    arguments.add_argument("--write", action="store_true")
    arguments.add_argument("--aviary", type=Path, help="the program that judges the pictures")
    options = arguments.parse_args()
    program = (options.aviary or ZOO.parent / ".build" / "release" / "aviary").resolve()
    if options.write and not program.exists():
        raise SystemExit(f"{program}: is not there, and writes the card; make build, or give --aviary")
    description = manifest(options.model)
    labels = description["output"]["labels"]
    model = Model(options.model, description)

    judge = options.aviary.resolve() if options.aviary else None
    files, truth = folder(SAMPLES, labels)
    scores = model.classify(files)
    if judge:
        scores = scores_of_aviary(judge, options.model, labels, [f"folder:{SAMPLES}"], files, scores)
    results = [measure("drawn-faces", labels, truth, scores)]
    predictions = {f"{p.parent.name}/{p.name}": labels[k] for p, k in zip(files, scores.argmax(1))}
    accepted = {f"{p.parent.name}/{p.name}": row for p, row in zip(files, scores)}

    if test := test_set(labels):
        files, truth = test
        scores = model.classify(files)
        if judge:
            data = [f"fer2013:{shared() / 'data' / 'fer2013'}", "--split", "test"]
            scores = scores_of_aviary(judge, options.model, labels, data, files, scores)
        apart = ~stands_in_training(files)
        results.append(measure("fer2013 test", labels, truth, scores))
        results.append(measure("fer2013 test without the images that stand in the training set", labels,
                               truth[apart], scores[apart]))
        print(classification_report(truth, scores.argmax(1), target_names=labels, digits=4))
    for result in results:
        print(json.dumps(result))
    if options.write:
        if not test:
            raise SystemExit("FER2013's test set is absent: nothing is written")
        description["metrics"] = [
            {key: round(value, 6) if isinstance(value, float) else value for key, value in result.items()}
            for result in results]
        describe.write_json(ZOO / options.model / "model.json", description)
        describe.write_baseline(options.model, description, predictions, accepted)
        card.write_card(options.model, "Aviary" if options.aviary else "ONNX Runtime", program)


if __name__ == "__main__":
    main()
