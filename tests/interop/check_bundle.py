"""Checks a bundle with Python's onnx, onnxruntime and safetensors.

    python check_bundle.py BUNDLE_DIR [WEIGHTS.safetensors ...]

  manifest.json       names every other file, with its size and SHA-256, and nothing else lies there
  *.onnx              pass onnx.checker with full checks; inputs and outputs are the manifest's
  sample.safetensors  onnxruntime computes its answers from its images within 1e-4, at several
                      batch sizes (of logits and values, of the largest one), and the same first class
  *.VARIANT.onnx      answer in other numbers: the same, about as near as the manifest says
  parity              every figure that the manifest claims is within its limit
  WEIGHTS             opens with safetensors; the values that encoder.onnx shares with it are equal

Prints the largest differences. Ends with status 1 and one line for each disagreement.
"""

import hashlib
import json
import pathlib
import sys

import numpy as np
import onnx
import onnxruntime
from onnx import numpy_helper
from safetensors.numpy import load_file

TOLERANCE = 1e-4  # The promise of a bundle; float32 gives about 1e-6.
BATCHES = (1, 3)  # And all images at once.
COSINE_ROOM = 0.01  # A variant's cosine, of few images and of ranges that depend on the batch.


class Report:
    def __init__(self):
        self.failures = 0

    def check(self, passed, line):
        self.failures += not passed
        print(("ok    " if passed else "WRONG ") + line)


def check_files(report, bundle, manifest):
    for name, entry in manifest["files"].items():
        path = bundle / name
        if not path.is_file():
            report.check(False, f"{name}: expected it in {bundle}")
            continue
        data = path.read_bytes()
        digest = hashlib.sha256(data).hexdigest()
        report.check(len(data) == entry["size"], f"{name}: {entry['size']} bytes, found {len(data)}")
        report.check(digest == entry["sha256"], f"{name}: sha256 {digest}")
    extra = {p.name for p in bundle.iterdir()} - set(manifest["files"]) - {"manifest.json", "serving.properties"}
    report.check(not extra, f"no file that the manifest does not name, found {sorted(extra)}")


def check_model(report, path, manifest, sample):
    onnx.checker.check_model(str(path), full_check=True)
    model = onnx.load(str(path))
    opset = {entry.domain: entry.version for entry in model.opset_import}
    report.check(opset.get("") == manifest["opset"],
                 f"{path.name}: onnx.checker with full checks, IR {model.ir_version}, opset {opset}")

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    size = manifest["preprocessing"]
    found = [(i.name, i.type, i.shape) for i in session.get_inputs()]
    sides = (["image_height", "image_width"] if ".any-size." in path.name
             else [size["height"], size["width"]])
    expected = [("images", "tensor(uint8)", ["batch", *sides, size["channels"]])]
    report.check(found == expected, f"{path.name}: inputs {found}")
    outputs = [(o.name, list(o.shape)) for o in session.get_outputs()]
    claimed = [(o["name"], o["shape"]) for o in manifest["outputs"] if o["file"] == path.name]
    report.check(outputs == claimed, f"{path.name}: outputs {outputs}")
    variant = path.name.split(".")[1:-1]
    if variant:
        check_variant(report, session, path.name, sample, manifest, ".".join(variant))
    else:
        check_answers(report, session, path.name, sample, manifest.get("target", "classes"))
    check_metadata(report, path.name, model, manifest)
    return model


def check_metadata(report, name, model, manifest):
    found = {p.key: p.value for p in model.metadata_props}
    report.check(found.get("name") == manifest["name"]
                 and json.loads(found.get("labels", "[]")) == manifest["labels"]
                 and json.loads(found.get("preprocessing", "{}")).items()
                 >= manifest["preprocessing"].items()
                 and len(found.get("weights_sha256", "")) == 64,
                 f"{name}: metadata {sorted(found)}")


def check_variant(report, session, name, sample, manifest, variant):
    figures = {v["name"]: v for v in manifest["variants"]}[variant]["agreement"]
    outputs = [o.name for o in session.get_outputs()]
    for size in (*BATCHES, len(sample["images"])):
        parts = [session.run(None, {"images": sample["images"][i:i + size]})
                 for i in range(0, len(sample["images"]), size)]
        for k, key in enumerate(outputs):
            if key in ("cls", "mean", "logits"):
                a, b = np.concatenate([p[k] for p in parts]), sample[key]
                cosine = ((a * b).sum(1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)).min()
                report.check(cosine >= figures["min_cosine"] - COSINE_ROOM,
                             f"{name}: {key} at batch {size}: smallest cosine {cosine:.5f}")


def check_answers(report, session, name, sample, target):
    images = sample["images"]
    names = [o.name for o in session.get_outputs()]
    for size in (*BATCHES, len(images)):
        parts = [session.run(None, {"images": images[i:i + size]})
                 for i in range(0, len(images), size)]
        answers = {n: np.concatenate([p[k] for p in parts]) for k, n in enumerate(names)}
        for key, value in answers.items():
            if key not in sample:
                continue
            worst = float(np.abs(value - sample[key]).max())
            # What a head says has its scale, features have none.
            scale = max(1, float(np.abs(sample[key]).max())) if key in ("logits", "values") else 1
            report.check(worst <= TOLERANCE * scale,
                         f"{name}: {key} {value.shape} at batch {size}: largest difference {worst:.2e}")
            if key == "logits":
                same = int((value.argmax(1) == sample[key].argmax(1)).sum())
                report.check(same == len(images), f"{name}: same class for {same} of {len(images)}")
    if "tokens" in answers:
        cls = np.abs(answers["tokens"][:, 0] - answers["cls"]).max()
        mean = np.abs(answers["tokens"][:, 1:].mean(1) - answers["mean"]).max()
        report.check(cls == 0 and mean <= TOLERANCE, f"{name}: cls and mean are those of the tokens")
    if "probabilities" in answers:
        logits = answers["logits"].astype(np.float64)
        shifted = np.exp(logits - logits.max(1, keepdims=True))
        softmax = shifted / shifted.sum(1, keepdims=True)
        expected, word = (1 / (1 + np.exp(-logits)), "sigmoid") if target == "labels" else (softmax, "softmax")
        worst = np.abs(expected - answers["probabilities"]).max()
        report.check(worst <= TOLERANCE, f"{name}: probabilities are the {word} of the logits")


def check_parity(report, manifest):
    report.check(bool(manifest["parity"]), f"parity: {len(manifest['parity'])} figures")
    worst = max((p["max_abs_error"] / p.get("limit", TOLERANCE) for p in manifest["parity"]), default=0)
    report.check(worst <= 1, f"parity: largest claimed difference {worst:.2e} of what is allowed")
    logits = [p["top1_agreement"] for p in manifest["parity"] if p["output"] == "logits"]
    report.check(all(a == 1 for a in logits), f"parity: same class on all images {logits}")


def check_weights(report, path, model):
    tensors = load_file(path)
    ours = {i.name: numpy_helper.to_array(i) for i in model.graph.initializer}
    shared = sorted(set(tensors) & set(ours))
    equal = all(np.array_equal(tensors[n].astype(np.float32), ours[n]) for n in shared)
    report.check(bool(shared) and equal,
                 f"{path}: {len(tensors)} tensors, {len(shared)} equal to those of encoder.onnx")


def main(arguments):
    if not arguments:
        print("usage: check_bundle.py BUNDLE_DIR [WEIGHTS.safetensors ...]", file=sys.stderr)
        return 2
    bundle = pathlib.Path(arguments[0])
    if not (bundle / "manifest.json").is_file():
        print(f"{bundle}: expected a bundle with manifest.json", file=sys.stderr)
        return 2
    manifest = json.loads((bundle / "manifest.json").read_text(encoding="utf-8"))
    report = Report()
    print(f"{manifest['name']}, by {manifest['producer']}; "
          f"onnx {onnx.__version__}, onnxruntime {onnxruntime.__version__}")
    check_files(report, bundle, manifest)
    sample = load_file(bundle / "sample.safetensors")
    models = {path.name: check_model(report, path, manifest, sample)
              for path in sorted(bundle.glob("*.onnx"))}
    report.check("encoder.onnx" in models, f"models {sorted(models)}")
    check_parity(report, manifest)
    for path in arguments[1:]:
        check_weights(report, path, models["encoder.onnx"])
    print(f"{report.failures} wrong")
    return 1 if report.failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
