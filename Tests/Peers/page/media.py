"""Pictures and films that the tests of the page need, made from the shared photo or from a drawn face."""

import io
import os
import pathlib

from PIL import Image

ROOT = pathlib.Path(__file__).resolve().parents[3]
SHARED = pathlib.Path(os.environ.get("AVIARY_SHARED", ROOT.parent / "shared"))
PHOTO = SHARED / "data" / "photos" / "astronaut.png"
WEIGHTS = SHARED / "models" / "face" / "opencv_yunet_2023mar.onnx"
DRAWN = sorted((ROOT / "Zoo" / "samples" / "drawn-faces" / "happy").glob("*.*"))[0]

# The face in the photo, by OpenCV 4.14's YuNet: x, y, width, height.
KNOWN_BOX = (178.2, 62.9, 89.9, 113.3)


class Subject:
    """What the tests look at: a photo with one face whose place is known, or a drawn face that fills the picture."""

    def __init__(self, is_photo, folder):
        self.is_photo = is_photo
        self.folder = pathlib.Path(folder)
        self.path = self.folder / "face.png"
        if is_photo:
            self.image = Image.open(PHOTO).convert("RGB")
            self.box = KNOWN_BOX
        else:
            self.image = Image.open(DRAWN).convert("RGB").resize((384, 384), Image.Resampling.LANCZOS)
            self.box = (0, 0, 384, 384)
        self.image.save(self.path)

    def save(self, name, image=None, **options):
        path = self.folder / name
        (image or self.image).save(path, **options)
        return path

    def turned(self):
        """The same picture, stored lying on its side, with EXIF's note to turn it back."""
        exif = Image.Exif()
        exif[0x0112] = 6
        return self.save("turned.jpg", self.image.transpose(Image.Transpose.ROTATE_90), quality=95, exif=exif)

    def large(self, factor):
        width, height = self.image.size
        return self.save("large.jpg", self.image.resize((width * factor, height * factor)), quality=90)

    def empty(self):
        """A picture without a face."""
        return self.save("empty.png", Image.linear_gradient("L").resize((640, 480)).convert("RGB"))

    def film(self, frames=12):
        """A Y4M film for the browser's fake camera: the picture moves to and fro. Returns path and size."""
        width, height = 640, 480
        scale = height / self.image.height
        still = self.image.resize((round(self.image.width * scale), height))
        path = self.folder / "face.y4m"
        with open(path, "wb") as file:
            file.write(f"YUV4MPEG2 W{width} H{height} F30:1 Ip A1:1 C420jpeg\n".encode())
            for index in range(frames):
                away = 2 * abs(index - frames // 2)
                frame = Image.new("RGB", (width, height), (90, 90, 90))
                frame.paste(still, ((width - still.width) // 2 + away, 0))
                luma, blue, red = frame.convert("YCbCr").split()
                half = (width // 2, height // 2)
                file.write(b"FRAME\n" + luma.tobytes() + blue.resize(half).tobytes() + red.resize(half).tobytes())
        return path

    def film_box(self):
        """Where the face is in the film's middle frame."""
        scale = 480 / self.image.height
        x, y, width, height = (scale * value for value in self.box)
        return (x + (640 - self.image.width * scale) / 2 + 6, y, width, height)


def overlap(a, b):
    """Intersection over union of two boxes (x, y, width, height)."""
    width = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    height = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    shared = max(0, width) * max(0, height)
    return shared / (a[2] * a[3] + b[2] * b[3] - shared)


def png(image):
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()
