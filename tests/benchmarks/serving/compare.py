"""An exported encoder in lacuna-serving beside onnxruntime and PyTorch in Python.

    ./lacuna doctor                                # builds
    python -m venv venv && venv/bin/pip install torch timm onnxruntime safetensors
    venv/bin/python tests/benchmarks/serving/compare.py [--model micro|small] [--rounds 6]

micro is the zoo's encoder, small a ViT-S/16 of timm with random weights. Both are exported with
their 8-bit variant; all sides compute the same network on the same images with two threads, in turns.
onnxruntime runs the file as it is written for a CPU and as it is for a GPU, and the faster one counts.
Prints ratios of images a second (32 in a call) and of the time of one image.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import time

import numpy as np
import onnxruntime
import timm
import torch
from safetensors.numpy import load_file

HOME = pathlib.Path(__file__).resolve().parents[3]
WORK = HOME / "target" / "benchmark-serving"
MICRO = "vit_micro_patch4_28.mae_fashion_mnist"
SMALL = "vit_small_patch16_224.random"
BATCH = 32
THREADS = 2


def run(*command, **more):
    return subprocess.run([str(part) for part in command], check=True, cwd=HOME, **more)


def network(model):
    if model == "small":
        torch.manual_seed(0)
        return timm.create_model("vit_small_patch16_224", num_classes=0).eval()
    vit = timm.models.vision_transformer.VisionTransformer(
        img_size=28, patch_size=4, in_chans=1, embed_dim=128, depth=6, num_heads=4, num_classes=0)
    weights = load_file(HOME / "zoo" / MICRO / "encoder.safetensors")
    missing = vit.load_state_dict({k: torch.tensor(v) for k, v in weights.items()}, strict=False)
    assert not missing.missing_keys, missing
    return vit.eval()


def export(model, vit, target):
    """The bundle's folder."""
    bundle = WORK / f"{model}-{target}"
    if (bundle / "manifest.json").exists():
        return bundle
    WORK.mkdir(parents=True, exist_ok=True)
    environment = {}
    name = MICRO
    if model == "small":
        name = SMALL
        checkpoint = WORK / "small.pth"
        zoo = WORK / "zoo"
        if not zoo.exists():
            torch.save(vit.state_dict(), checkpoint)
            run("./lacuna", "import", "--from", checkpoint, "--arch", "auto", "--layout", "timm",
                "--name", name, "--zoo", zoo, "--license", "none")
        environment = {"LACUNA_ZOO": str(zoo)}
    run("./lacuna", "export", "--encoder", name, "--target", target, "--variant", "int8", "--force", "--out", bundle,
        env={**os.environ, **environment})
    return bundle


def classpath():
    run("mvn", "-B", "-q", "-Dquick", "-DskipTests", "-pl", "src/serving,tests/benchmarks/serving", "package")
    file = WORK / "classpath"
    run("mvn", "-B", "-q", "-pl", "src/serving,tests/benchmarks/serving", "compile",
        "dependency:build-classpath", f"-Dmdep.outputFile={file}", stdout=subprocess.DEVNULL)
    parts = [HOME / "tests/benchmarks/serving/target/classes", HOME / "src/serving/target/classes"]
    return ":".join([*map(str, parts), *(p for p in file.read_text().split(":") if "lacuna-serving" not in p)])


def ours(path, bundle, variants, what):
    result = WORK / "jmh.json"
    run("java", "-cp", path, "org.openjdk.jmh.Main", f"EncoderBenchmark.({what})$", "-p", f"bundle={bundle}",
        "-p", "variant=" + ",".join(variants), "-p", f"threads={THREADS}", "-f", "1", "-wi", "1", "-w", "2",
        "-i", "1", "-r", "3", "-rf", "json", "-rff", result, stdout=subprocess.DEVNULL)
    figures = {}
    for each in json.loads(result.read_text()):
        kind = each["benchmark"].rsplit(".", 1)[1]
        metric = each["primaryMetric"]
        key = (kind, each["params"]["variant"])
        if each["mode"] == "thrpt":
            figures[key] = metric["score"]
        else:
            figures[key] = (metric["scorePercentiles"]["50.0"], metric["scorePercentiles"]["99.0"])
    return figures


def timed(call, seconds=3.0, warm=1.5):
    """Milliseconds of each call."""
    end = time.perf_counter() + warm
    while time.perf_counter() < end:
        call()
    times = []
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        start = time.perf_counter()
        call()
        times.append(1e3 * (time.perf_counter() - start))
    return times


def peers(name, make):
    """Images a second of batches, median and 99th percentile of one image."""
    batch, single = timed(make(BATCH)), timed(make(1))
    return {("batch", name): BATCH * 1e3 / statistics.mean(batch),
            ("single", name): (float(np.percentile(single, 50)), float(np.percentile(single, 99)))}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", choices=["micro", "small"], default="micro")
    parser.add_argument("--rounds", type=int, default=6)
    arguments = parser.parse_args()
    torch.set_num_threads(THREADS)
    vit = network(arguments.model)
    bundle = export(arguments.model, vit, "cpu")
    forms = [bundle, export(arguments.model, vit, "gpu")]
    path = classpath()
    how = json.loads((bundle / "manifest.json").read_text())["preprocessing"]
    images = np.random.default_rng(0).integers(
        0, 256, (BATCH, how["height"], how["width"], how["channels"]), dtype=np.uint8)
    mean, std = torch.tensor(how["mean"]), torch.tensor(how["std"])

    def onnx(folder):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = THREADS
        session = onnxruntime.InferenceSession(folder / "encoder.onnx", options)
        return lambda n: lambda: session.run(["cls", "mean"], {"images": images[:n]})

    def eager(n):
        def call():
            with torch.inference_mode():
                pixels = (torch.from_numpy(images[:n]).float() / 255 - mean) / std
                tokens = vit.forward_features(pixels.permute(0, 3, 1, 2).contiguous())
                return tokens[:, 0], tokens[:, 1:].mean(1)
        return call

    difference = np.abs(eager(4)()[0].numpy() - onnx(bundle)(4)()[0]).max()
    print(f"{arguments.model}: the class tokens of PyTorch and of the export differ by {difference:.1e}")
    rounds = []
    for _ in range(arguments.rounds):
        figures = ours(path, bundle, ["float32", "int8"], "batch|single")
        runs = [peers("onnxruntime", onnx(form)) for form in forms]
        figures["batch", "onnxruntime"] = max(r["batch", "onnxruntime"] for r in runs)
        figures["single", "onnxruntime"] = min(r["single", "onnxruntime"] for r in runs)
        figures |= peers("pytorch", eager)
        rounds.append(figures)

    def line(text, value):
        ratios = sorted(value(f) for f in rounds)
        print(f"{text:58} {statistics.median(ratios):6.2f}  ({ratios[0]:.2f} to {ratios[-1]:.2f})")

    for variant in ("float32", "int8"):
        for peer in ("onnxruntime", "pytorch"):
            line(f"images/s, {BATCH} in a call: {variant} / {peer}",
                 lambda f: f["batch", variant] / f["batch", peer])
            line(f"time of one image, median: {peer} / {variant}",
                 lambda f: f["single", peer][0] / f["single", variant][0])
            line(f"time of one image, 99th percentile: {peer} / {variant}",
                 lambda f: f["single", peer][1] / f["single", variant][1])
    last = ours(path, bundle, ["float32", "int8"], "batch|batchOfPhotos|single|prepare")
    for variant in ("float32", "int8"):
        print(f"{variant}, once: {last['batch', variant]:.0f} images/s, from photographs "
              f"{last['batchOfPhotos', variant]:.0f}; one image p50 {last['single', variant][0]:.2f} ms, p99 "
              f"{last['single', variant][1]:.2f} ms; resize and crop of a photograph "
              f"{last['prepare', variant][0]:.2f} ms")


if __name__ == "__main__":
    main()
