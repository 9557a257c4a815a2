"""Imports checkpoints of the published shapes, with random weights, and compares features.

    pip install torch timm transformers torchvision lightly onnxruntime numpy
    python real_layouts.py --size b16 [--layout mae,timm,hf,torchvision,lightly] [--work DIR]
    python real_layouts.py --size l16 --no-export

For each layout: the library builds its network and saves it as its users do; './lacuna import' makes
a zoo entry of the file; './lacuna export' makes a bundle of the entry; encoder.pt in torch.jit and
encoder.onnx in ONNX Runtime get four uint8 images, and their tokens after the final norm are
compared with what the library itself computes of the same images in float64. With --no-export the
entry's encoder.safetensors is loaded into timm's network instead, which shows names, shapes and
values of sizes whose export takes long.

Nothing is downloaded. The weights are the library's random initial ones plus noise on every
parameter, so that no bias is 0 and no norm is 1.
"""

import argparse
import os
import pathlib
import shutil
import subprocess
import tempfile
import time

import numpy as np
import onnxruntime
import timm
import torch
import torchvision
from lightly.models.modules import masked_autoencoder_timm, masked_vision_transformer_timm
from safetensors.torch import load_file
from torch import nn
from transformers import ViTMAEConfig, ViTMAEForPreTraining

ROOT = pathlib.Path(__file__).resolve().parents[3]
SIZES = {"b16": (16, 768, 12, 12), "l16": (16, 1024, 24, 16), "h14": (14, 1280, 32, 16)}
MEAN, STD = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
SIDE, DECODER = 224, dict(decoder_embed_dim=512, decoder_depth=8, decoder_num_heads=16)


def noisy(model, seed=3):
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, p in model.named_parameters():
            if p.requires_grad:
                p.add_(0.02 * torch.randn(p.shape, generator=generator))
    return model.eval()


def vit(patch, dim, depth, heads, **more):
    return timm.models.vision_transformer.VisionTransformer(
        img_size=SIDE, patch_size=patch, embed_dim=dim, depth=depth, num_heads=heads, **more)


def decoder(patch, dim):
    return masked_autoencoder_timm.MAEDecoderTIMM(
        num_patches=(SIDE // patch) ** 2, patch_size=patch, embed_dim=dim, **DECODER)


def lightly(shape):
    module = nn.Module()
    module.backbone = masked_vision_transformer_timm.MaskedVisionTransformerTIMM(vit(*shape))
    module.decoder = decoder(*shape[:2])
    noisy(module)
    return module.state_dict(), module.backbone, module.backbone.encode


def mae(shape):
    """facebookresearch/mae: timm's names, fixed positions, decoder beside them, under 'model'."""
    model = vit(*shape, num_classes=0)
    dec = decoder(*shape[:2])
    masked_vision_transformer_timm.MaskedVisionTransformerTIMM(model)  # fixed positions
    noisy(model), noisy(dec)
    state = {**model.state_dict(), **dec.state_dict()}
    model.pos_embed.data.copy_(state["pos_embed"])
    return {"model": state}, model, model.forward_features


def of_timm(shape):
    model = noisy(vit(*shape, num_classes=1000))
    return model.state_dict(), model, model.forward_features


def hugging_face(shape):
    patch, dim, depth, heads = shape
    model = noisy(ViTMAEForPreTraining(ViTMAEConfig(
        image_size=SIDE, patch_size=patch, hidden_size=dim, num_hidden_layers=depth,
        num_attention_heads=heads, intermediate_size=4 * dim, attn_implementation="sdpa")))

    def tokens(pixels):
        model.vit.embeddings.config.mask_ratio = 0.0
        n = (SIDE // patch) ** 2
        noise = torch.arange(n, dtype=pixels.dtype).expand(len(pixels), -1)
        return model.vit(pixels, noise=noise).last_hidden_state
    return model.state_dict(), model, tokens


def of_torchvision(shape):
    patch, dim, depth, heads = shape
    model = noisy(torchvision.models.VisionTransformer(
        image_size=SIDE, patch_size=patch, num_layers=depth, num_heads=heads, hidden_dim=dim,
        mlp_dim=4 * dim))

    def tokens(pixels):
        x = model._process_input(pixels)
        return model.encoder(torch.cat([model.class_token.expand(len(x), -1, -1), x], 1))
    return model.state_dict(), model, tokens


LAYOUTS = {"mae": mae, "timm": of_timm, "hf": hugging_face, "torchvision": of_torchvision,
           "lightly": lightly}


def lacuna(*words, **environment):
    start = time.time()
    run = subprocess.run([str(ROOT / "lacuna"), *words], env={**os.environ, **environment},
                         capture_output=True, text=True)
    if run.returncode:
        raise SystemExit(run.stdout + run.stderr)
    return run.stdout, time.time() - start


def by_timm(shape, entry, layout, pixels):
    """Tokens of an entry's weights in timm's network, which has the same names."""
    model = vit(*shape, num_classes=0)
    if layout == "hf":
        for module in model.modules():
            if isinstance(module, nn.LayerNorm):
                module.eps = 1e-12
    model.load_state_dict(load_file(entry / "encoder.safetensors"))
    return model.double().eval().forward_features(pixels).numpy()


def compare(size, layout, work, export):
    state, model, tokens = LAYOUTS[layout](SIZES[size])
    torch.save(state, work / "file.pth")
    images = np.random.default_rng(7).integers(0, 256, (4 if export else 1, SIDE, SIDE, 3),
                                               dtype=np.uint8)
    pixels = torch.from_numpy(((images / 255 - MEAN) / STD).transpose(0, 3, 1, 2).copy())
    with torch.no_grad():
        model.double()
        expected = tokens(pixels).numpy()
    del state, model, tokens
    megabytes = (work / "file.pth").stat().st_size / 1e6
    text, importing = lacuna(
        "import", "--from", str(work / "file.pth"), "--name", "vit", "--zoo", str(work / "zoo"),
        "--license", "CC0-1.0", "--crop-fraction", "1", "--drop-head")
    print(text)
    if not export:
        with torch.no_grad():
            found = by_timm(SIZES[size], work / "zoo/vit", layout, pixels)
        return (f"| {size} | {layout} | {megabytes:,.0f} | {importing:.0f} | - | "
                f"{np.abs(expected).max():.1f} | {np.abs(found - expected).max():.1e} | - |")
    for part in ("train", "test"):   # The export compares its engines on two images of these.
        for label, image in zip("ab", images):
            (work / "data" / part / label).mkdir(parents=True)
            torchvision.io.write_png(torch.from_numpy(image).permute(2, 0, 1),
                                     str(work / "data" / part / label / "0.png"))
    _, exporting = lacuna("export", "--encoder", "vit", "--out", str(work / "bundle"),
                          "--data", str(work / "data"), LACUNA_ZOO=str(work / "zoo"))
    with torch.no_grad():
        script = torch.jit.load(work / "bundle/encoder.pt")(torch.from_numpy(images))
    script = (script[0] if isinstance(script, (tuple, list)) else script).numpy()
    session = onnxruntime.InferenceSession(work / "bundle/encoder.onnx",
                                           providers=["CPUExecutionProvider"])
    onnx = session.run(["tokens"], {session.get_inputs()[0].name: images})[0]
    worst = [np.abs(found - expected).max() for found in (script, onnx)]
    return (f"| {size} | {layout} | {megabytes:,.0f} | {importing:.0f} | {exporting:.0f} | "
            f"{np.abs(expected).max():.1f} | {worst[0]:.1e} | {worst[1]:.1e} |")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--size", choices=SIZES, default="b16")
    parser.add_argument("--layout", default=",".join(LAYOUTS))
    parser.add_argument("--no-export", action="store_true")
    parser.add_argument("--work", default=tempfile.gettempdir())
    options = parser.parse_args()
    rows = []
    for layout in options.layout.split(","):
        torch.manual_seed(1)
        work = pathlib.Path(tempfile.mkdtemp(dir=options.work))
        try:
            rows.append(compare(options.size, layout, work, not options.no_export))
        finally:
            shutil.rmtree(work)
    print("| size | layout | file, MB | import, s | export, s | largest feature | "
          "max error, TorchScript | max error, ONNX Runtime |\n" + "| --- " * 8 + "|")
    print("\n".join(rows))


if __name__ == "__main__":
    main()
