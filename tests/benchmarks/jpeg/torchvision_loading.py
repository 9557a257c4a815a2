"""Times Pillow and torchvision on what JpegReaders.java reads: CPU per image, one thread.

Run: pip install torch torchvision pillow; python torchvision_loading.py FOLDER [ROUNDS]
"""

import io
import pathlib
import statistics
import sys
import time

import torch
from PIL import Image
from torchvision import transforms
from torchvision.transforms import InterpolationMode

torch.set_num_threads(1)
files = [p.read_bytes() for p in sorted(pathlib.Path(sys.argv[1]).iterdir())]
rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 8
crop = transforms.RandomResizedCrop(
    224, scale=(0.2, 1.0), interpolation=InterpolationMode.BICUBIC
)
ways = {
    "Pillow": lambda image: image,
    "Pillow + torchvision crop to 224": crop,
}
millis = {name: [] for name in ways}
for _ in range(rounds):
    for name, way in ways.items():
        start = time.process_time()
        for file in files:
            way(Image.open(io.BytesIO(file)).convert("RGB"))
        millis[name].append((time.process_time() - start) * 1000 / len(files))
for name, values in millis.items():
    median = statistics.median(values)
    print(f"{name:34} {median:6.2f} ms ({min(values):.2f}-{max(values):.2f}), {1000 / median:.0f} images/s of CPU")
