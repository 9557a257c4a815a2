#!/usr/bin/env python3
"""Writes Fashion-MNIST as a segmentation set: a garment's pixels are those above 25 of 255.

    fashion_masks.py IDX_FOLDER OUT [TRAIN_IMAGES] [TEST_IMAGES]

OUT gets train/ and test/ with images/ and masks/ (grey PNG; 0 background, 1 + label the garment),
and classes.txt. Needs the four gzipped IDX files and nothing but Python.
"""
import gzip
import struct
import sys
import zlib
from pathlib import Path

NAMES = ["background", "t-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt",
         "sneaker", "bag", "ankle boot"]
THRESHOLD = 25
SIDE = 28


def png(pixels):
    """An 8-bit grey PNG of SIDE x SIDE bytes."""
    rows = b"".join(b"\0" + pixels[r * SIDE:(r + 1) * SIDE] for r in range(SIDE))

    def chunk(kind, data):
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    header = struct.pack(">IIBBBBB", SIDE, SIDE, 8, 0, 0, 0, 0)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows))
            + chunk(b"IEND", b""))


def write(idx, prefix, out, count):
    images = gzip.open(idx / f"{prefix}-images-idx3-ubyte.gz").read()[16:]
    labels = gzip.open(idx / f"{prefix}-labels-idx1-ubyte.gz").read()[8:]
    for folder in ("images", "masks"):
        (out / folder).mkdir(parents=True, exist_ok=True)
    for i in range(min(count, len(labels))):
        image = images[i * SIDE * SIDE:(i + 1) * SIDE * SIDE]
        mask = bytes(labels[i] + 1 if value > THRESHOLD else 0 for value in image)
        (out / "images" / f"{i:05}.png").write_bytes(png(image))
        (out / "masks" / f"{i:05}.png").write_bytes(png(mask))


def main():
    idx, out = Path(sys.argv[1]), Path(sys.argv[2])
    write(idx, "train", out / "train", int(sys.argv[3]) if len(sys.argv) > 3 else 60_000)
    write(idx, "t10k", out / "test", int(sys.argv[4]) if len(sys.argv) > 4 else 10_000)
    (out / "classes.txt").write_text("\n".join(NAMES) + "\n")


main()
