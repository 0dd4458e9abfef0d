#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Benchmarks (ninja bench): what filters cost, beside libseccomp's and beside the least possible.

  tests/bench/bench.py [--build FOLDER] [--rounds NUMBER] [--only WORD]

Each block is headed by the command that repeats it alone. Values are medians of rounds in which
all variants are measured in turn, on one CPU; every line ends with the ratio to another line of
its block. Ratios can be compared between machines, values cannot. The table at the end holds them
against the limits that the project has set itself: "NO" is worth a look, and no test.

--only: programs and policies whose command has that word. Exit status 1 if a program failed.
"""

import argparse
import os
import subprocess
import sys

POLICIES = ["60", "150", "350", "60+12", "300+12", "200-values", "200-rules", "1000-rules",
            "1000-values", "container", "container-3"]
COMMANDS = [
    *(("calls", name) for name in ["60", "300", "60+12", "300+12", "200-values", "5-stacked",
                                   "5-stacked-300"]),
    *((program, name) for name in POLICIES for program in ("build", "load", "memory")),
    *(("compiled", name) for name in ["60+12", "300+12"]),
    *(("profile", name) for name in ["profile", "profile-3"]),
    ("intercept", "intercept"),
    *(("supervise", name) for name in ["round-trip", "round-trip-2", "ls"]),
]

# What is measured, the line (program's policy, measure, variant), the line that it is held
# against, the limit of their ratio. Where a peer is the limit, its share of libseccomp's value when
# both were measured on one machine stands for it (docs/performance.md).
LIMITS = [
    ("ns added to a call whose answer the kernel remembers, 300+12",
     "300+12 cached ours", "300+12 cached one-instruction", 1.05),
    ("ns added to a call with conditions, 60+12",
     "60+12 conditional ours", "60+12 conditional two-instructions", 1.08),
    ("ns added to a call with conditions, 300+12",
     "300+12 conditional ours", "300+12 conditional two-instructions", 1.08),
    ("build of 300+12, no proof: below kafel",
     "300+12 build ours-unproved", "300+12 build libseccomp-O1", 87 / 913),
    ("build of 300+12, with proof: below libseccomp",
     "300+12 build ours", "300+12 build libseccomp-O1", 1),
    ("load of 300+12: as kafel's", "300+12 load ours", "300+12 load libseccomp-O1", 46 / 249),
    ("build of container, no proof",
     "container build ours-unproved", "container build libseccomp-O1", 1 / 20),
    ("build of container, with proof", "container build ours", "container build libseccomp-O1", 1),
    ("build of container for 3 ABIs, no proof",
     "container-3 build ours-unproved", "container-3 build libseccomp-O1", 1 / 20),
    ("build of container for 3 ABIs, with proof",
     "container-3 build ours", "container-3 build libseccomp-O1", 1),
    ("build of 1000 conditional rules, no proof",
     "1000-rules build ours-unproved", "1000-rules build libseccomp-O1", 1 / 20),
    ("build of 1000 conditional rules, with proof",
     "1000-rules build ours", "1000-rules build libseccomp-O1", 1),
    ("instructions for 1000 conditional rules: as libseccomp's",
     "1000-rules instructions ours", "1000-rules instructions libseccomp-O1", 1),
    ("container profile from its file to enforced, 1 ABI, no proof",
     "profile enforce ours-unproved", "profile enforce libseccomp-O1", 1 / 5),
    ("container profile from its file to enforced, 3 ABIs, no proof",
     "profile-3 enforce ours-unproved", "profile-3 enforce libseccomp-O1", 1 / 20),
    ("container profile from its file to enforced, 1 ABI, with proof",
     "profile enforce ours", "profile enforce libseccomp-O1", 1 / 5),
    ("container profile from its file to enforced, 3 ABIs, with proof",
     "profile-3 enforce ours", "profile-3 enforce libseccomp-O1", 1 / 20),
    ("ready-made filter to enforced: as bare system calls",
     "300+12 enforce load_compiled", "300+12 enforce bare", 1.1),
    ("stop at a call for a handler: as a loop that does only that",
     "intercept entry ours", "intercept entry loop", 1.15),
    ("stop at a call and behind it for handlers: as a loop that does only that",
     "intercept entry-and-exit ours", "intercept entry-and-exit loop", 1.15),
    ("notified call, on one CPU: as a loop of two requests",
     "round-trip call ours", "round-trip call bare", 1.15),
    ("notified call, on two CPUs: as a loop of two requests",
     "round-trip-2 call ours", "round-trip-2 call bare", 1.15),
    ("ls -lR with its opens supervised: as unsupervised",
     "ls run ours", "ls run unsupervised", 1.2),
]


def say(text):
    print(text, flush=True)


def run(command, values):
    """Prints what a program prints and remembers its lines; false if it failed."""
    say(f"\n$ {' '.join(command)}")
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as program:
        for line in program.stdout:
            say(line.rstrip())
            fields = line.split()
            if len(fields) == 8:
                values[" ".join(fields[:3])] = float(fields[3])
    if program.returncode != 0:
        say(f"bench: this failed with status {program.returncode}")
    return program.returncode == 0


def print_limits(values):
    rows = [(what, limit, values[line] / values[base]) for what, line, base, limit in LIMITS
            if line in values and values.get(base)]
    if not rows:
        return
    width = max(len(what) for what, _, _ in rows)
    say(f"\n{'measure':{width}}   must    got  ok?")
    for what, limit, got in rows:
        say(f"{what:{width}} {limit:6.3f} {got:6.3f}  {'yes' if got <= limit else 'NO'}")


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", metavar="FOLDER", default="build")
    parser.add_argument("--rounds", metavar="NUMBER", help="how often each variant is measured")
    parser.add_argument("--only", metavar="WORD", help="e.g. build, container, or 300+12")
    options = parser.parse_args()
    values, is_right = {}, True
    for program, policy in COMMANDS:
        if options.only and options.only not in (program, policy):
            continue
        if policy == "container-3" and os.uname().machine != "x86_64":
            continue
        command = [os.path.join(options.build, "tests", "bench", program), "--only", policy]
        if options.rounds:
            command += ["--rounds", options.rounds]
        is_right &= run(command, values)
    print_limits(values)
    return 0 if is_right else 1


if __name__ == "__main__":
    sys.exit(main())
