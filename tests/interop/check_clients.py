"""Gives a bundle's sample images, as PNG files, to the clients of examples/ and compares answers.

    python check_clients.py BUNDLE_DIR "COMMAND OF A CLIENT" ...

The images have the network's size, so that no client resizes: same images in, same numbers out. Then
they are in colours, whose grey is the same, between columns that the crop around the centre cuts off.
"""

import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
from PIL import Image
from safetensors.numpy import load_file

TOLERANCE = 1e-4  # As of check_bundle.py.


def write_images(images, folder):
    files = []
    for i, image in enumerate(images):
        file = folder / f"{i:03}.png"
        Image.fromarray(image[:, :, 0] if image.shape[2] == 1 else image).save(file)
        files.append(file)
    return files


def coloured(grey):
    """RGB, other in each channel where there is room, of that luma of ITU-R BT.601."""
    level = grey.astype(np.int64)
    roomy = (level >= 40) & (level <= 215)
    red, blue = np.where(roomy, level + 40, level), np.where(roomy, level - 40, level)
    rest = (level << 16) - 19595 * red - 7471 * blue
    green = np.where(roomy, (rest + 19235) // 38470, level)
    assert np.array_equal((19595 * red + 38470 * green + 7471 * blue + 32768) >> 16, level)
    return np.concatenate([red, green, blue], axis=2).astype(np.uint8)


def framed(image):
    """The image, which is as high, between 4 columns and 3."""
    wide = coloured(image) if image.shape[2] == 1 else image
    return np.concatenate([255 - wide[:, :4], wide, 255 - wide[:, -3:]], axis=1)


def check(client, what, bundle, files, sample, labels):
    command = [*client.split(), str(bundle), *map(str, files)]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    answers = [json.loads(line) for line in lines]
    found = np.array([answer["embedding"] for answer in answers])
    expected = np.concatenate([sample["cls"], sample["mean"]], axis=1)
    worst = float(np.abs(found - expected).max())
    passed = found.shape == expected.shape and worst <= TOLERANCE
    text = f"{len(answers)} {what}, largest difference {worst:.2e}"
    if "logits" in sample and "class" in answers[0]:
        classes = [labels[i] for i in sample["logits"].argmax(1)]
        same = sum(answer["class"] == name for answer, name in zip(answers, classes))
        passed = passed and same == len(classes)
        text += f", same class for {same}"
    print(("ok    " if passed else "WRONG ") + f"{pathlib.Path(client.split()[1]).name}: {text}")
    return passed


def main(arguments):
    bundle, *clients = arguments
    bundle = pathlib.Path(bundle)
    manifest = json.loads((bundle / "manifest.json").read_text(encoding="utf-8"))
    how, labels = manifest["preprocessing"], manifest["labels"]
    sample = load_file(bundle / "sample.safetensors")
    kinds = {"images": sample["images"]}
    if how.get("fit", "crop") == "crop" and how["crop_fraction"] == 1:
        kinds["framed images"] = [framed(image) for image in sample["images"]]
    wrong = 0
    for what, images in kinds.items():
        with tempfile.TemporaryDirectory() as folder:
            files = write_images(images, pathlib.Path(folder))
            wrong += sum(not check(c, what, bundle, files, sample, labels) for c in clients)
    print(f"{wrong} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
