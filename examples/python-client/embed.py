"""Embeds images with an exported bundle, without Java.

    pip install -r requirements.txt
    python embed.py BUNDLE IMAGE [IMAGE ...]

Prints a JSON object for each image: its name, its embedding (class token and mean of the patches),
and its class where the bundle has a classifier.
"""

import json
import pathlib
import sys

import numpy as np
import onnxruntime
from PIL import Image, ImageOps


def prepare(path, how):
    """The uint8 array that the network takes, [height, width, channels]; the cast and the
    normalisation are inside the model."""
    image = ImageOps.exif_transpose(Image.open(path)).convert("L" if how["channels"] == 1 else "RGB")
    target = (how["width"], how["height"])
    if image.size != target:
        kernel = {"bicubic": Image.BICUBIC, "bilinear": Image.BILINEAR}[how["interpolation"]]
        share = how["crop_fraction"]
        covering = tuple(round(side / share) for side in target)
        # Scaled until it covers, then the middle of it: at once, by the box that is kept.
        image = ImageOps.fit(image, covering, kernel, centering=(0.5, 0.5))
        left, top = (covering[0] - target[0]) // 2, (covering[1] - target[1]) // 2
        image = image.crop((left, top, left + target[0], top + target[1]))
    return np.asarray(image, np.uint8).reshape(how["height"], how["width"], how["channels"])


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
