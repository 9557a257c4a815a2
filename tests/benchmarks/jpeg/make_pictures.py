"""Draws photograph-like pictures and writes them as JPEG, the same files each time.

Run: pip install numpy pillow; python make_pictures.py FOLDER [COUNT [LONG SHORT]]

Each picture is 500 x 375 (or 375 x 500), as the median of ImageNet, or of the sides given, and made
of what decides how long a JPEG takes to decode: textures with the 1/f spectrum of natural images,
smooth skies, sharp edges and fine lines, correlated colours. Quality 90 with 4:2:0 gives files of
about 75 kB, or 3 bits for each pixel.
"""

import pathlib
import sys

import numpy as np
from PIL import Image, ImageDraw


def texture(rng, height, width, slope):
    """Noise whose amplitude falls as 1 / frequency ** slope, scaled to mean 0 and deviation 1."""
    fy = np.fft.fftfreq(height)[:, None]
    fx = np.fft.rfftfreq(width)[None, :]
    radius = np.hypot(fy, fx)
    radius[0, 0] = 1
    spectrum = rng.normal(size=radius.shape) + 1j * rng.normal(size=radius.shape)
    spectrum /= radius**slope
    spectrum[0, 0] = 0
    field = np.fft.irfft2(spectrum, s=(height, width))
    return (field - field.mean()) / field.std()


def picture(rng, long_side, short_side):
    """One picture: regions of different texture and colour, with objects drawn over them."""
    height, width = short_side, long_side
    if rng.random() >= 0.75:
        height, width = width, height
    luma = 45 * texture(rng, height, width, rng.uniform(1.0, 1.4))
    base = rng.uniform(60, 190, size=3)
    rgb = base + luma[..., None]
    for channel in range(3):
        rgb[..., channel] += 14 * texture(rng, height, width, 1.5)
    horizon = int(height * rng.uniform(0.2, 0.5))
    sky = np.linspace(1.15, 0.85, horizon)[:, None, None] * rng.uniform(120, 220, size=3)
    rgb[:horizon] = sky + 4 * texture(rng, horizon, width, 1.6)[..., None]
    image = Image.fromarray(np.clip(rgb, 0, 255).astype(np.uint8))
    scale = max(1, short_side // 375)
    draw = ImageDraw.Draw(image)
    for _ in range(rng.integers(4, 10)):
        x, y = rng.integers(0, width), rng.integers(0, height)
        w, h = scale * rng.integers(10, 160, size=2)
        colour = tuple(int(v) for v in rng.integers(0, 256, size=3))
        if rng.random() < 0.5:
            draw.ellipse((x, y, x + w, y + h), fill=colour)
        else:
            draw.line((x, y, x + w, y + h), fill=colour, width=scale * int(rng.integers(1, 6)))
    grain = rng.normal(0, 2.5, size=(height, width, 1))
    noisy = np.clip(np.asarray(image).astype(np.float64) + grain, 0, 255)
    return Image.fromarray(noisy.astype(np.uint8))


def main():
    folder = pathlib.Path(sys.argv[1])
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 64
    sides = (int(sys.argv[3]), int(sys.argv[4])) if len(sys.argv) > 4 else (500, 375)
    folder.mkdir(parents=True, exist_ok=True)
    total = 0
    for number in range(count):
        path = folder / f"{number:04d}.jpg"
        picture(np.random.default_rng(number), *sides).save(path, quality=90)
        total += path.stat().st_size
    print(f"{count} pictures in {folder}, {total / count / 1000:.0f} kB each")


main()
