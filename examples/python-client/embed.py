"""Embeds images with an exported bundle, without Java.

    pip install -r requirements.txt
    python embed.py BUNDLE IMAGE [IMAGE ...]

Prints a JSON object for each image: its name, its embedding (class token and mean of the patches),
and its class where the bundle has a classifier.
"""

import json
import math
import pathlib
import sys

import numpy as np
import onnxruntime
from PIL import Image, ImageOps


def prepare(path, how):
    """The uint8 array that the network takes, [height, width, channels]; the cast and the
    normalisation are inside the model."""
    image = ImageOps.exif_transpose(Image.open(path))
    if image.mode.startswith("I;16"):
        # Pillow would clip 16 bits where it should scale them.
        image = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    image = fitted(image.convert("L" if how["channels"] == 1 else "RGB"), how)
    return np.asarray(image, np.uint8).reshape(how["height"], how["width"], how["channels"])


def fitted(image, how):
    """The image at the network's size."""
    kernel = {"bicubic": Image.BICUBIC, "bilinear": Image.BILINEAR}[how["interpolation"]]
    width, height = target = (how["width"], how["height"])
    share, fit = how["crop_fraction"], how.get("fit", "crop")
    if share == 1 and image.size == target:
        return image
    if fit == "squeeze":
        return image.resize(target, kernel)
    if fit in ("pad", "keep"):
        scale = min(width / image.width, height / image.height, *([1] if fit == "keep" else []))
        size = [max(1, min(most, round(side * scale))) for side, most in zip(image.size, target)]
        fill = tuple(round(255 * max(0, min(1, mean))) for mean in how["mean"])
        canvas = Image.new(image.mode, target, fill if len(fill) > 1 else fill[0])
        canvas.paste(image.resize(size, kernel), ((width - size[0]) // 2, (height - size[1]) // 2))
        return canvas
    # Scaled until it covers, then the middle of it.
    across, down = math.floor(width / share), math.floor(height / share)
    if down * image.width >= across * image.height:
        size = (down * image.width // image.height, down)
    else:
        size = (across, across * image.height // image.width)
    left, top = round((size[0] - width) / 2), round((size[1] - height) / 2)
    return image.resize(size, kernel).crop((left, top, left + width, top + height))


def main(arguments):
    if len(arguments) < 2:
        print("usage: embed.py BUNDLE IMAGE [IMAGE ...]", file=sys.stderr)
        return 2
    bundle, *paths = map(pathlib.Path, arguments)
    manifest = json.loads((bundle / "manifest.json").read_text(encoding="utf-8"))
    images = np.stack([prepare(path, manifest["preprocessing"]) for path in paths])
    encoder = onnxruntime.InferenceSession(bundle / "encoder.onnx")
    cls, mean = encoder.run(["cls", "mean"], {"images": images})
    answers = [{"image": path.name, "embedding": [*map(float, c), *map(float, m)]}
               for path, c, m in zip(paths, cls, mean)]
    if (bundle / "classifier.onnx").exists():
        classifier = onnxruntime.InferenceSession(bundle / "classifier.onnx")
        probabilities, = classifier.run(["probabilities"], {"images": images})
        for answer, row in zip(answers, probabilities):
            answer["class"] = manifest["labels"][int(row.argmax())]
            answer["probability"] = float(row.max())
    for answer in answers:
        print(json.dumps(answer))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
