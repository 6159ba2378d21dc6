"""The recipe's `augment` block as Keras layers; they work on batches 0...1, N x H x W x C, before training
only. Erasing and mixing are left to PyTorch's recipes."""

from keras import Sequential, layers


def augmentation(settings):
    steps = Sequential([layers.RandomFlip("horizontal")])
    if affine := settings.get("affine"):
        steps.add(layers.RandomRotation(affine["degrees"] / 360, fill_mode="nearest"))
        steps.add(layers.RandomTranslation(affine["shift"], affine["shift"], fill_mode="nearest"))
        steps.add(layers.RandomZoom(affine["scale"], fill_mode="nearest"))
    if light := settings.get("light"):
        steps.add(layers.RandomBrightness(light["brightness"], value_range=(0, 1)))
        steps.add(layers.RandomContrast(light["contrast"], value_range=(0, 1)))
    return steps
