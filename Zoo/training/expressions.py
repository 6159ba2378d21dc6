"""What the seven expressions do to a drawn face: ranges from which a face draws its own amounts.

Lengths are in units of half a face's width; a range is (low, high). Sources for which part moves how:
Ekman and Friesen, Facial Action Coding System (1978), as summarised in any textbook on the subject.
"""

from dataclasses import dataclass, fields

RELAXED = (-0.02, 0.02)


@dataclass(frozen=True)
class Expression:
    brow_inner: tuple = RELAXED
    """How far the inner ends of the brows rise."""
    brow_outer: tuple = RELAXED
    brow_arch: tuple = (0.03, 0.08)
    brow_gather: tuple = (0.0, 0.03)
    """How far the brows move together."""
    eye_open: tuple = (0.085, 0.12)
    """Half the height of an eye."""
    lid: tuple = (0.0, 0.15)
    """Part of the open eye that the upper lid covers."""
    lid_slant: tuple = (-0.02, 0.02)
    """How much lower the lid is at the inner (positive) than at the outer end."""
    iris: tuple = (0.085, 0.105)
    smile: tuple = (-0.03, 0.03)
    """How far the corners of the mouth stand above its middle."""
    mouth_width: tuple = (0.30, 0.38)
    mouth_open: tuple = (0.0, 0.02)
    upper_lip: tuple = (-0.01, 0.01)
    """How far the upper lip's middle rises."""
    skew: tuple = (-0.02, 0.02)
    """Difference in height of the two corners of the mouth."""
    roundness: tuple = (0.4, 0.6)
    """Shape of the open mouth: 0 a lens, 1 nearly a rectangle with round corners."""
    lips: tuple = (0.045, 0.075)
    """Thickness of the lips."""
    teeth: float = 0.0
    """How often teeth show in an open mouth."""
    tongue: float = 0.0
    tears: float = 0.0
    frown_lines: tuple = (0.0, 0.15)
    """Darkness of the upright lines between the brows."""
    forehead_lines: tuple = (0.0, 0.12)
    nose_wrinkles: tuple = (0.0, 0.0)
    folds: tuple = (0.05, 0.25)
    """Darkness of the folds from the nose to the corners of the mouth."""
    cheeks: tuple = (0.0, 0.1)
    """How far the cheeks rise under the eyes."""
    nostrils: tuple = (0.9, 1.05)


# Some expressions come in more than one form; a face draws one of them.
FORMS = {
    "angry": (
        Expression(  # lips pressed together
            brow_inner=(-0.20, -0.13), brow_outer=(0.02, 0.10), brow_arch=(-0.02, 0.03),
            brow_gather=(0.05, 0.09), eye_open=(0.07, 0.10), lid=(0.15, 0.35), lid_slant=(0.04, 0.09),
            smile=(-0.11, -0.04), mouth_width=(0.26, 0.34), lips=(0.02, 0.035), frown_lines=(0.5, 0.9),
            nostrils=(1.1, 1.3)),
        Expression(  # shouting
            brow_inner=(-0.22, -0.14), brow_outer=(0.03, 0.12), brow_arch=(-0.02, 0.03),
            brow_gather=(0.05, 0.09), eye_open=(0.09, 0.12), lid=(0.1, 0.3), lid_slant=(0.04, 0.09),
            smile=(-0.08, 0.0), mouth_width=(0.30, 0.40), mouth_open=(0.14, 0.26), roundness=(0.75, 1.0),
            teeth=1.0, frown_lines=(0.5, 0.9), folds=(0.3, 0.6), nostrils=(1.1, 1.35)),
    ),
    "disgust": (
        Expression(  # upper lip raised
            brow_inner=(-0.12, -0.07), brow_outer=(-0.05, 0.0), brow_gather=(0.02, 0.05),
            eye_open=(0.05, 0.075), lid=(0.2, 0.45), smile=(-0.13, -0.05), mouth_width=(0.27, 0.35),
            mouth_open=(0.04, 0.10), upper_lip=(0.08, 0.14), skew=(-0.09, 0.09), teeth=0.8,
            nose_wrinkles=(0.6, 1.0), folds=(0.6, 0.9), cheeks=(0.5, 0.8), nostrils=(1.15, 1.4)),
        Expression(  # tongue out
            brow_inner=(-0.12, -0.06), brow_outer=(-0.05, 0.02), brow_gather=(0.02, 0.05),
            eye_open=(0.045, 0.07), lid=(0.25, 0.5), smile=(-0.12, -0.05), mouth_width=(0.27, 0.35),
            mouth_open=(0.10, 0.17), upper_lip=(0.05, 0.10), skew=(-0.07, 0.07), tongue=1.0,
            nose_wrinkles=(0.6, 1.0), folds=(0.6, 0.9), cheeks=(0.5, 0.8), nostrils=(1.15, 1.4)),
    ),
    "fear": (
        Expression(
            brow_inner=(0.13, 0.21), brow_outer=(-0.01, 0.05), brow_arch=(-0.02, 0.02),
            brow_gather=(0.04, 0.08), eye_open=(0.14, 0.18), lid=(0.0, 0.03), lid_slant=(-0.05, -0.02),
            iris=(0.075, 0.09), smile=(-0.10, -0.03), mouth_width=(0.36, 0.46), mouth_open=(0.07, 0.14),
            roundness=(0.7, 1.0), teeth=0.85, forehead_lines=(0.4, 0.8), frown_lines=(0.1, 0.4),
            folds=(0.2, 0.4)),
    ),
    "happy": (
        Expression(  # closed smile
            brow_inner=(0.0, 0.04), brow_outer=(0.0, 0.04), eye_open=(0.07, 0.10), lid=(0.05, 0.2),
            smile=(0.11, 0.18), mouth_width=(0.38, 0.47), folds=(0.4, 0.7), cheeks=(0.4, 0.8)),
        Expression(  # laughing
            brow_inner=(0.0, 0.06), brow_outer=(0.0, 0.06), eye_open=(0.06, 0.10), lid=(0.05, 0.25),
            smile=(0.14, 0.24), mouth_width=(0.40, 0.50), mouth_open=(0.08, 0.19), roundness=(0.2, 0.45),
            teeth=1.0, folds=(0.5, 0.8), cheeks=(0.6, 1.0)),
    ),
    "sad": (
        Expression(
            brow_inner=(0.11, 0.18), brow_outer=(-0.10, -0.04), brow_arch=(-0.01, 0.03),
            brow_gather=(0.02, 0.06), eye_open=(0.07, 0.10), lid=(0.25, 0.5), lid_slant=(-0.07, -0.03),
            smile=(-0.17, -0.09), mouth_width=(0.25, 0.33), tears=0.5, frown_lines=(0.1, 0.4),
            folds=(0.2, 0.45)),
        Expression(  # crying, lips apart
            brow_inner=(0.11, 0.19), brow_outer=(-0.10, -0.04), brow_arch=(-0.01, 0.03),
            brow_gather=(0.03, 0.07), eye_open=(0.045, 0.07), lid=(0.4, 0.7), lid_slant=(-0.06, -0.02),
            smile=(-0.18, -0.10), mouth_width=(0.28, 0.36), mouth_open=(0.03, 0.09), tears=1.0,
            frown_lines=(0.2, 0.5), folds=(0.3, 0.6)),
    ),
    "surprise": (
        Expression(
            brow_inner=(0.14, 0.22), brow_outer=(0.12, 0.20), brow_arch=(0.07, 0.13),
            eye_open=(0.14, 0.18), lid=(0.0, 0.03), iris=(0.075, 0.09), smile=(-0.02, 0.02),
            mouth_width=(0.15, 0.23), mouth_open=(0.17, 0.30), roundness=(0.45, 0.65),
            forehead_lines=(0.2, 0.7)),
    ),
    "neutral": (Expression(),),
}


def sample(label, random):
    """One face's own amounts, as a dict of floats, and its form's truth values."""
    forms = FORMS[label]
    form = forms[random.integers(len(forms))]
    amounts = {}
    for item in fields(form):
        value = getattr(form, item.name)
        amounts[item.name] = (
            random.uniform(*value) if isinstance(value, tuple) else bool(random.random() < value))
    return amounts
