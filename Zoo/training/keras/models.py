"""The emotion CNN in four variants: groups of 3x3 convolutions, each group followed by pooling and dropout,
then one hidden dense layer. N x 48 x 48 x channels to probabilities."""

from keras import Sequential, layers


def build(classes, groups, hidden, batch_norm=True, dropout=(0.25, 0.5), channels=1, side=48):
    """`groups`: channels of the convolutions of each group. `dropout`: after each group and after the hidden
    layer; 0 leaves it out."""
    model = Sequential([layers.Input((side, side, channels), name="input")])

    def activate():
        if batch_norm:
            model.add(layers.BatchNormalization())
        model.add(layers.Activation("relu"))

    for group in groups:
        for width in group:
            model.add(layers.Conv2D(width, 3, padding="same", use_bias=not batch_norm,
                                    kernel_initializer="he_normal"))
            activate()
        model.add(layers.MaxPooling2D(2))
        if dropout[0]:
            model.add(layers.Dropout(dropout[0]))
    model.add(layers.Flatten())
    model.add(layers.Dense(hidden, use_bias=not batch_norm, kernel_initializer="he_normal"))
    activate()
    if dropout[1]:
        model.add(layers.Dropout(dropout[1]))
    model.add(layers.Dense(classes, activation="softmax", name="probabilities"))
    return model
