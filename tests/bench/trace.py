#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What `stile trace` costs, beside strace: `ls -lR FOLDER` whole, from start to end.

  tests/bench/trace.py [--build FOLDER] [--rounds NUMBER] [--folder FOLDER]

Milliseconds: the median of rounds in which all variants are measured in turn, and the least; with
the ratio of the medians to that without a tracer. A line for `true` shows what of it is the start.
"""

import argparse
import shutil
import statistics
import subprocess
import time


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default="build")
    parser.add_argument("--rounds", type=int, default=21)
    parser.add_argument("--folder", default="/usr/include")
    options = parser.parse_args()
    ours = [f"{options.build}/stile", "trace", "-f", "-o", "/dev/null"]
    theirs = ["strace", "-f", "-o", "/dev/null"]
    listing = ["ls", "-lR", options.folder]
    variants = {
        "no tracer": listing,
        "stile trace -e openat": [*ours, "-e", "openat", *listing],
        "strace --seccomp-bpf -e openat": [*theirs, "--seccomp-bpf", "-e", "openat", *listing],
        "strace -e openat": [*theirs, "-e", "openat", *listing],
        "stile trace": [*ours, *listing],
        "strace": [*theirs, *listing],
        "no tracer, true": ["true"],
        "stile trace -e openat, true": [*ours, "-e", "openat", "true"],
        "strace --seccomp-bpf -e openat, true": [*theirs, "--seccomp-bpf", "-e", "openat", "true"],
    }
    taken = {name: [] for name, words in variants.items() if shutil.which(words[0])}
    for _ in range(options.rounds):
        for name, times in taken.items():
            begin = time.perf_counter()
            subprocess.run(variants[name], stdout=subprocess.DEVNULL, check=True)
            times.append(1000 * (time.perf_counter() - begin))
    for name, times in taken.items():
        base = taken["no tracer, true" if name.endswith("true") else "no tracer"]
        median = statistics.median(times)
        print(f"{name:38} {median:9.1f} {min(times):9.1f} {median / statistics.median(base):7.2f}")


if __name__ == "__main__":
    main()
