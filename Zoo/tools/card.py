"""A model's CARD.md: the part that its recipe and history tell."""

import json
import subprocess

from describe import read_history
from inference import ZOO

LIMITS = """
Trained on small, grey, cropped, mostly frontal faces found by a web search in 2013. It reads the look of a
face in a picture, not what a person feels, and differs in quality between groups of people in ways nobody has
measured here. Not fit for decisions about people.
""".strip()


def about_training(recipe, history):
    """A paragraph; `history` as `read_history` gives it."""
    best = max(history, key=lambda entry: entry["validation_accuracy"])
    text = (
        f"`recipe.json`, seed {recipe.get('seed', 1)}, {len(history)} epochs, "
        f"{history[-1]['minutes']:.0f} minutes on two shared processor cores; `history.json` is the log.\n"
        f"Chosen on the validation part (a tenth of the training set, by the hash of the pixels): epoch "
        f"{best['epoch']}, accuracy\n{best['validation_accuracy']:.2%}. The 703 training files whose pixels "
        f"equal a test image were left out; the training code opens no\ntest image. FER2013's labels are "
        f"noisy: people agree with them in about 65 % of the cases.")
    if start := recipe.get("init"):
        text += f"\n\nThe training began with the weights of `{start}`"
        if part := recipe.get("init_under"):
            text += f", which are those of the part `{part.removesuffix('.')}`"
        if recipe.get("frozen"):
            text += f"; they stayed as they were for the first {recipe['frozen']:.0%} of it"
        if fixed := recipe.get("fixed"):
            text += f"; {', '.join(f'`{name}`' for name in fixed)} stayed so to its end"
        text += "."
    if teachers := recipe.get("teacher"):
        names = " and ".join(f"`{name}`" for name in teachers)
        text += (f"\n\nDistilled: {recipe['teacher_share']:.0%} of a training image's target are the "
                 f"{'mean ' if len(teachers) > 1 else ''}probabilities that {names} gave for it.")
    if recipe.get("float16"):
        text += "\n\nThe file holds the weights as float16; the arithmetic is float32."
    if notes := recipe.get("notes"):
        text += "\n\n" + notes
    return text


def about_variants(model_id):
    """A section where variants of the recipe were tried, else nothing."""
    path = ZOO / model_id / "variants.json"
    if not path.exists():
        return ""
    rows = "\n".join(f"| {v['variant']} | {v['epochs']} | {v['validationAccuracy']:.2%} |"
                     for v in json.loads(path.read_text()))
    return f"""
## Variants

The same recipe with one thing changed (`--balance`, `--color`), each for as many epochs; accuracy on the
validation part.

| variant | epochs | accuracy |
|---|---|---|
{rows}
"""


def write_card(model_id, measured_with, program):
    """Writes what only the recipe knows; title, facts and figures are `aviary zoo card`'s, from the manifest.

    `measured_with`: what ran the model.
    """
    recipe = json.loads((ZOO / model_id / "recipe.json").read_text())
    (ZOO / model_id / "CARD.md").write_text(f"""# {recipe['name']}

## Results

![Confusion matrix on the drawn faces](confusion_matrix.svg)

Measured with {measured_with} (`Zoo/tools/evaluate.py`). The drawn faces of the sample set come from the same script as
part of the training images, with other seeds: their figure says that the model works, not how well it reads real
faces.

## Training

{about_training(recipe, read_history(model_id))}
{about_variants(model_id)}
## Limits

{LIMITS}
""")
    subprocess.run([program, "zoo", "card", model_id, "--write", "--zoo", ZOO], check=True)
