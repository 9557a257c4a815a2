"""One pretraining step of the published MAE in PyTorch: transformers' ViTMAE with AdamW.

    python peer_step.py MODEL PRECISION BATCH MASK_RATIO DECODER_DEPTH STEPS DEVICE

MODEL is vit_micro_patch4_28 or vit_small_patch16_224, PRECISION float32 or bfloat16. Prints
images per second of each step after the warm-up, and images per second of processor time of all
these steps together. Images and noise lie ready in memory, uint8 in,
as on the other side: the cast and the normalisation are part of the step.
"""

import sys
import time

import torch
from transformers import ViTMAEConfig, ViTMAEForPreTraining

WARM_UP = 5
MODELS = {
    "vit_micro_patch4_28": dict(
        hidden_size=128, num_hidden_layers=6, num_attention_heads=4, intermediate_size=512,
        image_size=28, patch_size=4, num_channels=1, decoder_hidden_size=64,
        decoder_num_attention_heads=4, decoder_intermediate_size=256),
    "vit_small_patch16_224": dict(
        hidden_size=384, num_hidden_layers=12, num_attention_heads=6, intermediate_size=1536,
        image_size=224, patch_size=16, num_channels=3, decoder_hidden_size=512,
        decoder_num_attention_heads=16, decoder_intermediate_size=2048),
}


def main(name, precision, batch, ratio, depth, steps, device):
    torch.manual_seed(0)
    shape = dict(MODELS[name], decoder_num_hidden_layers=depth)
    config = ViTMAEConfig(
        **shape, mask_ratio=ratio, norm_pix_loss=True, layer_norm_eps=1e-6, hidden_act="gelu")
    model = ViTMAEForPreTraining(config).train().to(device)
    decays = [p for p in model.parameters() if p.requires_grad and p.ndim > 1]
    others = [p for p in model.parameters() if p.requires_grad and p.ndim <= 1]
    optimizer = torch.optim.AdamW(
        [{"params": decays, "weight_decay": 0.05}, {"params": others, "weight_decay": 0.0}],
        lr=1e-4, betas=(0.9, 0.95))
    side = shape["image_size"]
    images = torch.randint(0, 256, (batch, shape["num_channels"], side, side), dtype=torch.uint8)
    rates = []
    for step in range(WARM_UP + steps):
        if step == WARM_UP:
            worked = time.process_time()
        began = time.perf_counter()
        pixels = images.to(device).float().div(255).sub(0.5).div(0.25)
        with torch.autocast(device, torch.bfloat16, enabled=precision == "bfloat16"):
            loss = model(pixel_values=pixels).loss
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        loss.item()
        if step >= WARM_UP:
            rates.append(batch / (time.perf_counter() - began))
    print(" ".join(f"{rate:.2f}" for rate in rates))
    print(f"{batch * steps / (time.process_time() - worked):.2f}")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4]), int(sys.argv[5]),
         int(sys.argv[6]), sys.argv[7])
