"""Lacuna's pretraining step beside PyTorch's, in turns on one machine; prints ratios.

    python compare.py [--rounds 3] [--steps N] [--models NAME ..] [--decoder-depth N] [--only WHAT]
                      [--device cuda] [--batch N]

Wants torch and transformers beside it in this Python, and a built Lacuna ('./lacuna doctor'
builds). Each round runs every configuration once, one after the other, in processes of their own
with the same number of threads. Lacuna runs in the environment that ./lacuna sets; PyTorch as
Python starts it, and once more in Lacuna's environment ('tuned'). A line says:

    the ratio of images per second, from the median over all steps of all rounds;
    the lowest and the highest ratio of a round;
    the ratio of images per second of processor time, which other work on the machine hardly
    changes, and which does not see whether both threads are busy all the time.
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
# The bundled micro encoder's own batch; what MAE's repository gives each GPU.
BATCH = {MICRO: 256, SMALL: 64}
STEPS = {MICRO: 10, SMALL: 2}
DEPTH = {MICRO: 1, SMALL: 8}

# What the launcher sets: threads that wait soon sleep, and freed memory is kept in the process.
ENVIRONMENT = {
    "OMP_WAIT_POLICY": "PASSIVE",
    "GOMP_SPINCOUNT": "2000",
    "MALLOC_ARENA_MAX": "1",
    "MALLOC_MMAP_MAX_": "0",
    "MALLOC_TRIM_THRESHOLD_": "1099511627776",
    "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1",
}


def ours(*settings):
    jar, = [j for j in glob.glob(str(HOME / "src/sdk/target/lacuna-sdk-*.jar"))
            if not j.endswith(("-sources.jar", "-javadoc.jar", "-tests.jar"))] or [""]
    if not jar:
        sys.exit("compare.py: expected a built Lacuna, found no jar; run ./lacuna doctor first")
    classpath = jar + ":" + (HOME / "src/sdk/target/classpath").read_text().strip()
    # Without C2, which in a run this short would still be busy and be counted as the step's work.
    return ["java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx2g",
            "-Dorg.slf4j.simpleLogger.defaultLogLevel=error", *settings, "-cp", classpath,
            str(HERE / "PretrainStep.java")]


class Side:
    """One configuration: its rates of all rounds."""

    def __init__(self, command, words, tuned=True, **other):
        self.command = command + [str(word) for word in words]
        self.environment = {**ENVIRONMENT, **other} if tuned else {}
        self.rounds, self.work = [], []

    def run(self):
        environment = {k: v for k, v in os.environ.items() if k not in ENVIRONMENT}
        environment.update(self.environment)
        environment["OMP_NUM_THREADS"] = str(len(os.sched_getaffinity(0)))
        done = subprocess.run(self.command, env=environment, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True)
        if done.returncode != 0:
            sys.exit(f"{' '.join(self.command[-8:])} failed:\n{done.stderr[-2000:]}")
        rates, work = done.stdout.strip().split("\n")
        self.rounds.append([float(rate) for rate in rates.split()])
        self.work.append(float(work))

    def over(self, other):
        def median(rounds):
            return statistics.median(rate for rates in rounds for rate in rates)

        each = [statistics.median(a) / statistics.median(b)
                for a, b in zip(self.rounds, other.rounds)]
        return (f"{median(self.rounds) / median(other.rounds):5.2f}x   ({min(each):.2f} to "
                f"{max(each):.2f})   {statistics.median(self.work) / statistics.median(other.work):5.2f}x")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, help="steps of a round (10 of the small model, 2 of the large)")
    parser.add_argument("--models", nargs="*", default=[MICRO, SMALL], choices=[MICRO, SMALL])
    parser.add_argument("--decoder-depth", type=int, help="blocks of the decoder on both sides")
    parser.add_argument("--only", choices=["peer", "masking", "settings"],
                        help="beside PyTorch, ours at several mask ratios, or ours in float32 without "
                             "what speeds it up; the first two if not given")
    parser.add_argument("--device", default="cpu", choices=["cpu", "cuda"])
    parser.add_argument("--batch", type=int, help="images of a step (256 of the small model, 64 of the large)")
    options = parser.parse_args()
    peer = [sys.executable, str(HERE / "peer_step.py")]
    for model in options.models:
        depth = options.decoder_depth or DEPTH[model]
        batch = options.batch or BATCH[model]
        steps = options.steps or STEPS[model]

        def side(command, precision, ratio=0.75, tuned=True, **other):
            words = [model, precision, batch, ratio, depth, steps, options.device]
            return Side(command, words, tuned, **other)

        mine = side(ours(), "float32")
        lines, sides = [], [mine]
        if options.only == "settings":
            still = side(ours(), "float32", GOMP_SPINCOUNT="0")
            linear = side(ours("-Dlacuna.convolutions=false"), "float32")
            pages = side(ours(), "float32", GLIBC_TUNABLES="")
            sides += [still, linear, pages]
            lines += [("as it is / threads never spin", mine, still),
                      ("as it is / no convolutions", mine, linear),
                      ("as it is / small pages", mine, pages)]
        if options.only in (None, "peer"):
            low = side(ours(), "bfloat16")
            theirs = side(peer, "float32", tuned=False)
            tuned, tuned_low = side(peer, "float32"), side(peer, "bfloat16")
            sides += [low, theirs, tuned, tuned_low]
            lines += [("float32 / PyTorch in float32", mine, theirs),
                      ("bfloat16 / PyTorch in float32", low, theirs),
                      ("float32 / tuned in float32", mine, tuned),
                      ("bfloat16 / tuned in float32", low, tuned),
                      ("bfloat16 / tuned in bfloat16", low, tuned_low),
                      ("bfloat16 / ours in float32", low, mine)]
        if options.only in (None, "masking"):
            for ratio in (0.0, 0.5, 0.9):
                other = side(ours(), "float32", ratio)
                sides.append(other)
                lines.append((f"{ratio:.0%} masked / 75 %", other, mine))
        for _ in range(options.rounds):
            for each in sides:
                each.run()
        print(f"{model}, batch {batch}, {options.device}, decoder of {depth} blocks, {options.rounds} rounds "
              f"of {steps} steps, {len(os.sched_getaffinity(0))} threads, load of the "
              f"machine at the end {os.getloadavg()[0]:.1f}")
        print(f"  {'':32}   images/s (rounds)          per processor time")
        for name, a, b in lines:
            print(f"  {name:32} {a.over(b)}", flush=True)


if __name__ == "__main__":
    main()
