"""Lacuna's pretraining step beside PyTorch's, in turns on one machine; prints ratios.

    python compare.py [--rounds 5] [--steps 6] [--models NAME ..]

Wants torch and transformers beside it in this Python, and a built Lacuna ('./lacuna doctor'
builds). Each round runs both sides one after the other with the same number of threads; the
median over all steps of all rounds counts, and the spread of the rounds' ratios is printed.
"""

import argparse
import glob
import os
import pathlib
import statistics
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
HOME = HERE.parents[2]
MICRO, SMALL = "vit_micro_patch4_28", "vit_small_patch16_224"
BATCH = {MICRO: 256, SMALL: 16}


def ours(model, precision, ratio, steps):
    jar, = [j for j in glob.glob(str(HOME / "src/sdk/target/lacuna-sdk-*.jar"))
            if not j.endswith(("-sources.jar", "-javadoc.jar", "-tests.jar"))]
    classpath = jar + ":" + (HOME / "src/sdk/target/classpath").read_text()
    return run(["java", "-XX:+UseSerialGC", "-Xmx2g", "-Dorg.slf4j.simpleLogger.defaultLogLevel=error",
                "-cp", classpath, str(HERE / "PretrainStep.java")], model, precision, ratio, steps)


def peers(model, precision, ratio, steps):
    return run([sys.executable, str(HERE / "peer_step.py")], model, precision, ratio, steps)


def run(command, model, precision, ratio, steps):
    environment = dict(os.environ, OMP_WAIT_POLICY="PASSIVE")
    environment["OMP_NUM_THREADS"] = str(len(os.sched_getaffinity(0)))
    words = [model, precision, str(BATCH[model]), str(ratio), str(steps)]
    done = subprocess.run(
        command + words, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command[:1] + words)} failed:\n{done.stderr[-2000:]}")
    return [float(rate) for rate in done.stdout.split()]


def compare(name, left, right, rounds):
    ratios, a, b = [], [], []
    for _ in range(rounds):
        x, y = left(), right()
        ratios.append(statistics.median(x) / statistics.median(y))
        a += x
        b += y
    ratio = statistics.median(a) / statistics.median(b)
    print(f"{name:66} {ratio:5.2f}x   ({min(ratios):.2f} to {max(ratios):.2f})", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=6)
    parser.add_argument("--models", nargs="*", default=[MICRO, SMALL])
    options = parser.parse_args()
    n = options.steps
    for model in options.models:
        for mine, theirs in (("float32", "float32"), ("bfloat16", "float32"),
                             ("bfloat16", "bfloat16")):
            compare(f"{model}: ours in {mine} / PyTorch's in {theirs}",
                    lambda: ours(model, mine, 0.75, n), lambda: peers(model, theirs, 0.75, n),
                    options.rounds)
        for ratio in (0.0, 0.5, 0.9):
            compare(f"{model}: images/s at {ratio:.0%} masked / at 75 %",
                    lambda: ours(model, "float32", ratio, n),
                    lambda: ours(model, "float32", 0.75, n), options.rounds)


if __name__ == "__main__":
    main()
