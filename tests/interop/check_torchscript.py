"""Checks a bundle's TorchScript archives with PyTorch. Run by hand: torch is a large download.

    pip install torch safetensors numpy
    python check_torchscript.py BUNDLE_DIR [WEIGHTS.safetensors]

torch.jit.load must accept encoder.pt (and classifier.pt); state_dict() must show exactly the public
MAE and timm names of an encoder, with their shapes; outputs for the images of sample.safetensors
must agree with its answers within 1e-4, at several batch sizes; gradients must flow. With WEIGHTS,
the values of state_dict() must be those of the file.
"""

import json
import pathlib
import sys

import torch
from safetensors.torch import load_file

TOLERANCE = 1e-4
BATCHES = (1, 3)  # And all images at once.


def public_names(manifest):
    """Name to shape of a plain ViT's parameters, from the manifest's architecture."""
    a, size = manifest["architecture"], manifest["preprocessing"]
    d, hidden, p = a["embed_dim"], round(a["embed_dim"] * a["mlp_ratio"]), a["patch_size"]
    names = {"cls_token": (1, 1, d), "pos_embed": (1, a["tokens"], d),
             "patch_embed.proj.weight": (d, size["channels"], p, p), "patch_embed.proj.bias": (d,),
             "norm.weight": (d,), "norm.bias": (d,)}
    for i in range(a["depth"]):
        layers = {"attn.qkv": (3 * d, d), "attn.proj": (d, d),
                  "mlp.fc1": (hidden, d), "mlp.fc2": (d, hidden)}
        for layer, shape in layers.items():
            names[f"blocks.{i}.{layer}.weight"] = shape
            names[f"blocks.{i}.{layer}.bias"] = shape[:1]
        for norm in ("norm1", "norm2"):
            names[f"blocks.{i}.{norm}.weight"] = names[f"blocks.{i}.{norm}.bias"] = (d,)
    return names


def in_batches(function, images, size):
    with torch.no_grad():
        return torch.cat([function(part) for part in images.split(size)])


def compare(what, found, expected):
    worst = (found - expected).abs().max().item()
    print(f"{what}: largest difference {worst:.2e}")
    assert worst <= TOLERANCE, what


def main(bundle, weights=None):
    bundle = pathlib.Path(bundle)
    manifest = json.loads((bundle / "manifest.json").read_text(encoding="utf-8"))
    sample = load_file(bundle / "sample.safetensors")
    images = sample["images"]

    encoder = torch.jit.load(str(bundle / "encoder.pt"))
    state = {k: tuple(v.shape) for k, v in encoder.state_dict().items()}
    expected = public_names(manifest)
    assert state == expected, set(state.items()) ^ set(expected.items())
    print(f"torch {torch.__version__}: encoder.pt holds exactly the {len(state)} public names")
    if weights:
        theirs = load_file(weights)
        for name, value in encoder.state_dict().items():
            assert torch.equal(value, theirs[name].float()), name
        print(f"{weights}: all {len(state)} values are equal")

    for size in (*BATCHES, len(images)):
        tokens = in_batches(encoder, images, size)
        compare(f"encoder.pt cls at batch {size}", tokens[:, 0], sample["cls"])
        compare(f"encoder.pt mean at batch {size}", tokens[:, 1:].mean(1), sample["mean"])
        last = in_batches(encoder.features, images, size)[:, -1]
        compare(f"encoder.pt features at batch {size}", last,
                torch.stack([sample["cls"], sample["mean"]], 1))
        if (bundle / "classifier.pt").is_file():
            classifier = torch.jit.load(str(bundle / "classifier.pt"))
            compare(f"classifier.pt logits at batch {size}",
                    in_batches(classifier, images, size), sample["logits"])

    for parameter in encoder.parameters():
        parameter.requires_grad_(True)
    encoder(images).square().mean().backward()
    silent = [n for n, p in encoder.named_parameters() if p.grad is None or not p.grad.any()]
    assert not silent, silent
    print("gradients reach every parameter")


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit("usage: check_torchscript.py BUNDLE_DIR [WEIGHTS.safetensors]")
    main(*sys.argv[1:])
