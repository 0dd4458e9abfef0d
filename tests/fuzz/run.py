#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs the fuzz targets of a build for a bounded number of inputs.

  tests/fuzz/run.py --build build/fuzz [--runs 20000]

Seeds are the policy files of other projects, if they are there (STILE_CORPUS, ../shared/corpus if
it is not set). Each target ends by itself; one that finds something ends with another status, and
leaves the input in the build folder."""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CORPUS = os.environ.get("STILE_CORPUS") or f"{TOP}/../shared/corpus"
SEEDS = {
    "fuzz_json": "oci", "fuzz_oci": "oci", "fuzz_yaml": "oci", "fuzz_firecracker": "firecracker",
    "fuzz_minijail": "minijail", "fuzz_kafel": "kafel", "fuzz_toml": "", "fuzz_systemd": "",
}


def copy_seeds(target, folder):
    """The files of the target's format in one folder: libFuzzer reads no folders in it."""
    wanted = SEEDS.get(target)
    if not wanted:
        return
    for where, _, names in os.walk(f"{CORPUS}/{wanted}"):
        for name in names:
            path = f"{where}/{name}"
            if os.path.getsize(path) < 64 * 1024:
                shutil.copy(path, f"{folder}/{path.replace('/', '_')[-200:]}")


def run(target, build, runs):
    with tempfile.TemporaryDirectory() as folder:
        copy_seeds(target, folder)
        command = [f"{build}/fuzz/{target}", f"-runs={runs}", "-seed=1", "-timeout=60",
                   "-max_len=16384", "-print_final_stats=0", f"-artifact_prefix={build}/{target}-",
                   folder]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              check=False)
    if done.returncode:
        print("".join(f"    | {line}\n" for line in done.stdout.splitlines()[-60:]), end="")
    print(f"{'ok' if done.returncode == 0 else 'FAIL'}   fuzz      {target}  ({runs} inputs)",
          flush=True)
    return done.returncode == 0


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", metavar="FOLDER", required=True)
    parser.add_argument("--runs", metavar="NUMBER", type=int, default=20000)
    options = parser.parse_args()
    targets = sorted(name for name in os.listdir(f"{options.build}/fuzz")
                     if name.startswith("fuzz_"))
    results = [run(target, options.build, options.runs) for target in targets]
    return 0 if targets and all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
