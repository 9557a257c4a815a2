"""Checks a bundle's TorchScript archives with PyTorch. Run by hand: torch is a large download.

    pip install torch safetensors numpy
    python check_torchscript.py BUNDLE_DIR [WEIGHTS.safetensors] [--decoder-heads N] [--mask-ratio R]

torch.jit.load must accept encoder.pt (and classifier.pt); state_dict() must show exactly the public
MAE and timm names of an encoder, with their shapes; outputs for the images of sample.safetensors
must agree with its answers within 1e-4, at several batch sizes; gradients must flow. With WEIGHTS,
the values of state_dict() must be those of the file.

Archives in 16 bits (encoder.bfloat16.pt, ...) must agree within their precision. autoencoder.pt must
agree with the masked autoencoder as published, written out below in plain functions: encode, forward
(loss, pred, latent), loss and reconstruct.
"""

import argparse
import json
import pathlib

import torch
import torch.nn.functional as F
from safetensors.torch import load_file

TOLERANCE = 1e-4
BATCHES = (1, 3)  # And all images at once.
LOW = {"bfloat16": 0.5, "float16": 0.05}  # Of the largest value where that is above 1.


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


def compare(what, found, expected, tolerance=TOLERANCE):
    worst = (found - expected).abs().max().item()
    print(f"{what}: largest difference {worst:.2e}")
    assert worst <= tolerance * max(1, expected.abs().max().item()), what


def block(state, prefix, x, heads):
    """A pre-norm transformer block."""
    def linear(name, y):
        return F.linear(y, state[f"{prefix}.{name}.weight"], state[f"{prefix}.{name}.bias"])

    def norm(name, y):
        return F.layer_norm(y, y.shape[-1:], state[f"{prefix}.{name}.weight"],
                            state[f"{prefix}.{name}.bias"], 1e-6)

    b, n, d = x.shape
    q, k, v = linear("attn.qkv", norm("norm1", x)).reshape(b, n, 3, heads, d // heads).permute(2, 0, 3, 1, 4)
    weights = (q @ k.transpose(-1, -2) / (d // heads) ** 0.5).softmax(-1)
    x = x + linear("attn.proj", (weights @ v).transpose(1, 2).reshape(b, n, d))
    return x + linear("mlp.fc2", F.gelu(linear("mlp.fc1", norm("norm2", x))))


def masked_autoencoder(state, manifest, heads, images, keep, restore, mask):
    """latent, pred and target [batch, N, p * p * C] of the network of arXiv 2111.06377."""
    a, size = manifest["architecture"], manifest["preprocessing"]
    p, d = a["patch_size"], a["embed_dim"]
    mean, std = torch.tensor(size["mean"]), torch.tensor(size["std"])
    x = (images.float() / 255 - mean) / std
    b, h, w, c = x.shape
    target = x.reshape(b, h // p, p, w // p, p, c).permute(0, 1, 3, 2, 4, 5).reshape(b, -1, p * p * c)
    kernel = state["patch_embed.proj.weight"].permute(0, 2, 3, 1).reshape(d, -1)
    tokens = F.linear(target, kernel, state["patch_embed.proj.bias"]) + state["pos_embed"][:, 1:]
    visible = tokens.gather(1, keep[:, :, None].expand(-1, -1, d))
    first = (state["cls_token"] + state["pos_embed"][:, :1]).expand(b, -1, -1)
    y = torch.cat([first, visible], 1)
    for i in range(a["depth"]):
        y = block(state, f"blocks.{i}", y, a["num_heads"])
    latent = F.layer_norm(y, (d,), state["norm.weight"], state["norm.bias"], 1e-6)

    z = F.linear(latent, state["decoder_embed.weight"], state["decoder_embed.bias"])
    width = z.shape[-1]
    removed = state["mask_token"].expand(b, mask.shape[1] - keep.shape[1], -1)
    whole = torch.cat([z[:, 1:], removed], 1).gather(1, restore[:, :, None].expand(-1, -1, width))
    z = torch.cat([z[:, :1], whole], 1) + state["decoder_pos_embed"]
    i = 0
    while f"decoder_blocks.{i}.norm1.weight" in state:
        z = block(state, f"decoder_blocks.{i}", z, heads)
        i += 1
    z = F.layer_norm(z, (width,), state["decoder_norm.weight"], state["decoder_norm.bias"], 1e-6)
    pred = F.linear(z, state["decoder_pred.weight"], state["decoder_pred.bias"])[:, 1:]
    return latent, pred, target


def check_autoencoder(bundle, manifest, images, heads, ratio):
    module = torch.jit.load(str(bundle / "autoencoder.pt"))
    state = module.state_dict()
    encoder = public_names(manifest)
    assert encoder.items() <= {k: tuple(v.shape) for k, v in state.items()}.items()
    rest = sorted({k.split(".")[0] for k in state if k not in encoder})
    print(f"autoencoder.pt: the encoder's names, and {rest}")
    a = manifest["architecture"]
    patches = a["tokens"] - 1
    generator = torch.Generator().manual_seed(0)
    for size in (*BATCHES, len(images)):
        some = images[:size]
        noise = torch.rand(len(some), patches, generator=generator)
        shuffle = noise.argsort(1)
        keep_count = int(patches * (1 - ratio))  # The archive is for one number of visible patches.
        keep, removed = shuffle[:, :keep_count], shuffle[:, keep_count:]
        restore = shuffle.argsort(1)
        mask = torch.ones(len(some), patches).scatter(1, keep, 0.0)
        with torch.no_grad():
            latent, pred, target = masked_autoencoder(state, manifest, heads, some, keep, restore, mask)
            loss, found, encoded = module(some, keep, restore, mask, removed)
            compare(f"autoencoder.pt encode at batch {size}", module.encode(some, keep), latent)
            compare(f"autoencoder.pt latent at batch {size}", encoded, latent)
            compare(f"autoencoder.pt pred at batch {size}", found, pred)
            only = module.loss(some, keep, restore, mask, removed)
            compare(f"autoencoder.pt loss at batch {size}", only, loss)
            plain = (((pred - target) ** 2).mean(-1) * mask).sum() / mask.sum()
            normal = (target - target.mean(-1, keepdim=True)) / (target.var(-1, keepdim=True) + 1e-6).sqrt()
            other = (((pred - normal) ** 2).mean(-1) * mask).sum() / mask.sum()
            assert min(abs(plain - loss), abs(other - loss)) < TOLERANCE, (loss, plain, other)
            picture = module.reconstruct(some, keep, restore, mask, removed)
            p, c = a["patch_size"], some.shape[-1]
            shown = mask.reshape(-1, some.shape[1] // p, 1, some.shape[2] // p, 1, 1).expand(
                -1, -1, p, -1, p, c).reshape(some.shape) == 0
            compare(f"autoencoder.pt visible pixels at batch {size}", picture[shown] / 255,
                    some.float()[shown] / 255)
            assert picture.shape == some.shape
            for kind, tolerance in LOW.items():
                path = bundle / f"autoencoder.{kind}.pt"
                if path.is_file():
                    low = torch.jit.load(str(path))
                    error, found, encoded = low(some, keep, restore, mask, removed)
                    compare(f"{path.name} latent at batch {size}", encoded, latent, tolerance)
                    compare(f"{path.name} pred at batch {size}", found, pred, tolerance)
                    compare(f"{path.name} loss at batch {size}", error, loss, tolerance)
                    drawn = low.reconstruct(some, keep, restore, mask, removed)
                    compare(f"{path.name} reconstruct at batch {size}", drawn / 255, picture / 255,
                            tolerance)


def print_sums(bundle, shape):
    """What check_libtorch.cpp prints."""
    images = torch.arange(3 * shape.numel()).remainder(256).to(torch.uint8).reshape(3, *shape)
    for name in ("encoder.pt", "classifier.pt"):
        if (bundle / name).is_file():
            with torch.no_grad():
                result = torch.jit.load(str(bundle / name))(images).double()
            print(f"{name}: {list(result.shape)}, sum of magnitudes {result.abs().sum():.6f}")


def check_low(bundle, images, sample):
    for kind, tolerance in LOW.items():
        path = bundle / f"encoder.{kind}.pt"
        if path.is_file():
            module = torch.jit.load(str(path))
            kinds = {v.dtype for v in module.state_dict().values()}
            assert kinds == {torch.float32, getattr(torch, kind)}, kinds
            with torch.no_grad():
                tokens = module(images)
            assert tokens.dtype == torch.float32
            compare(f"{path.name} cls", tokens[:, 0], sample["cls"], tolerance)
        path = bundle / f"classifier.{kind}.pt"
        if path.is_file():
            with torch.no_grad():
                compare(f"{path.name} logits", torch.jit.load(str(path))(images), sample["logits"], tolerance)


def main(bundle, weights, decoder_heads, mask_ratio):
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

    print_sums(bundle, images.shape[1:])
    check_low(bundle, images, sample)
    if (bundle / "autoencoder.pt").is_file():
        check_autoencoder(bundle, manifest, images, decoder_heads, mask_ratio)

    for parameter in encoder.parameters():
        parameter.requires_grad_(True)
    encoder(images).square().mean().backward()
    silent = [n for n, p in encoder.named_parameters() if p.grad is None or not p.grad.any()]
    assert not silent, silent
    print("gradients reach every parameter")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Checks a bundle's TorchScript archives.")
    parser.add_argument("bundle", type=pathlib.Path)
    parser.add_argument("weights", nargs="?")
    parser.add_argument("--decoder-heads", type=int, default=4, help="of autoencoder.pt (4)")
    parser.add_argument("--mask-ratio", type=float, default=0.75, help="of autoencoder.pt (0.75)")
    given = parser.parse_args()
    main(given.bundle, given.weights, given.decoder_heads, given.mask_ratio)
