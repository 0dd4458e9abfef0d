#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The benchmarks' policies through other compilers, beside this one's.

  tests/bench/peers.py [--build FOLDER] [--kafel FOLDER] [--minijail PROGRAM]
                       [--seccompiler FOLDER] [--rounds NUMBER] [POLICY...]

--kafel FOLDER        a checkout of kafel in which make was run (libkafel.a, include/kafel.h)
--minijail PROGRAM    minijail's parse_seccomp_policy, built
--seccompiler FOLDER  target/release of a checkout in which cargo build --release was run

kafel and seccompiler are libraries: a small program calls them (tests/bench/peers/), and what it
takes from the policy in memory to the filter is measured. kafel reads its language, seccompiler
gets numbers in place of names. minijail's compiler is a program: what it takes for a policy of one
call is subtracted (the least of both). Each line ends with the ratio to libseccomp on the same
policy, measured before it; the programs load and calls measure the filters. A peer that refuses a
policy says so. Nothing is fetched.
"""

import argparse
import math
import os
import re
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
POLICIES = ["60", "350", "60+12", "300+12", "200-values", "1000-rules", "container"]
FILTER_INSTRUCTIONS_MAX = 4096
CALLS = {"60", "60+12", "300+12", "200-values"}  # for which there are calls to measure


def say(text):
    print(text, flush=True)


class Rule:
    """A line of policy_text."""

    def __init__(self, line):
        words = line.split()
        self.name, self.number = words[0], int(words[1])
        self.tests = [(words[i], int(words[i + 1]), words[i + 2], int(words[i + 3], 16),
                       int(words[i + 4], 16)) for i in range(2, len(words), 5)]


def read_policy(build, policy):
    text = subprocess.run([f"{build}/tests/bench/policy_text", "--only", policy], check=True,
                          stdout=subprocess.PIPE, text=True).stdout
    return [Rule(line) for line in text.splitlines()]


def by_name(rules):
    """The alternatives of each call, in the order of the calls: [] if it is allowed whole."""
    calls = {}
    for rule in rules:
        alternatives = calls.setdefault(rule.name, [])
        if rule.tests:
            alternatives.append(rule.tests)
    return calls


class Kafel:
    name = "kafel"

    def __init__(self, folder, scratch):
        self.program = f"{scratch}/kafel"
        subprocess.run(["cc", "-O2", f"{HERE}/peers/kafel.c", f"-I{folder}/include", "-o",
                        self.program, f"{folder}/libkafel.a"], check=True)

    @staticmethod
    def text(rules, unknown):
        def test(_, index, comparison, mask, value):
            return f"(a{index} & {mask}) == {value}" if comparison == "&" else \
                f"a{index} {comparison} {value}"

        lines = []
        numbers = {rule.name: rule.number for rule in rules}
        for name, alternatives in by_name(rules).items():
            if name in unknown or name.startswith("_"):
                name = f"SYSCALL[{numbers[name]}]"
            if not alternatives:
                lines.append(name)
                continue
            last = max(index for tests in alternatives for _, index, *_ in tests)
            arguments = ", ".join(f"a{i}" for i in range(last + 1))
            lines.append(f"{name}({arguments}) {{ " + " || ".join(
                "(" + " && ".join(test(*t) for t in tests) + ")" for tests in alternatives) + " }")
        return "ALLOW {\n" + ",\n".join(lines) + "\n} DEFAULT ERRNO(1)\n"

    def compile(self, rules, scratch, rounds):
        """Instructions, microseconds, and the filter's file."""
        unknown = set()
        while True:
            with open(f"{scratch}/policy", "w", encoding="utf-8") as f:
                f.write(self.text(rules, unknown))
            try:
                return run_driver(self.program, scratch, rounds)
            except ValueError as reason:
                name = re.search(r"Undefined identifier `(\w+)'", str(reason))
                if not name or name[1] in unknown:
                    raise
                unknown.add(name[1])


class Seccompiler:
    name = "seccompiler"

    def __init__(self, folder, scratch):
        self.program = f"{scratch}/seccompiler"
        subprocess.run(["rustc", "--edition", "2021", "-O", f"{HERE}/peers/seccompiler.rs",
                        "--extern", f"seccompiler={folder}/libseccompiler.rlib",
                        "-L", f"dependency={folder}/deps", "-o", self.program], check=True)

    def compile(self, rules, scratch, rounds):
        with open(f"{scratch}/policy", "w", encoding="utf-8") as f:
            for rule in rules:
                tests = "".join(f" {index} {comparison} {mask} {value}"
                                for _, index, comparison, mask, value in rule.tests)
                f.write(f"{rule.number}{tests}\n")
        return run_driver(self.program, scratch, rounds)


def run_driver(program, scratch, rounds):
    done = subprocess.run([program, f"{scratch}/policy", f"{scratch}/filter", str(rounds)],
                          check=False, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        raise ValueError((done.stderr.strip() or "no reason given").splitlines()[-1])
    instructions, microseconds = done.stdout.split()
    return int(instructions), float(microseconds), f"{scratch}/filter"


class Minijail:
    name = "minijail"

    def __init__(self, program, _):
        self.program = program

    @staticmethod
    def text(rules):
        def test(_, index, comparison, mask, value):
            if comparison == "&":  # "in" allows the bits of its mask alone
                return f"arg{index} in {~mask & 0xffffffff:#x}" if value == 0 else None
            return f"arg{index} {comparison} {value:#x}"

        lines = []
        for name, alternatives in by_name(rules).items():
            parts = [" && ".join(test(*t) or "" for t in tests) for tests in alternatives]
            if "" in parts:
                raise ValueError(f"its language has no word for the condition on {name}")
            lines.append(f"{name}: {' || '.join(parts) or 1}\n")
        return "".join(lines)

    def run(self, scratch):
        start = time.monotonic()
        done = subprocess.run([self.program, f"--dump={scratch}/filter", f"{scratch}/policy"],
                              check=False, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                              text=True)
        end = time.monotonic()
        if done.returncode != 0:
            raise ValueError((done.stderr.strip() or "no reason given").splitlines()[0])
        return (end - start) * 1e6

    def known(self, rules, scratch):
        """The rules without those of calls that it does not know."""
        while True:
            with open(f"{scratch}/policy", "w", encoding="utf-8") as f:
                f.write(self.text(rules))
            try:
                self.run(scratch)
                return rules
            except ValueError as reason:
                name = re.search(r"nonexistent syscall '(\w+)'", str(reason))
                if not name:
                    raise
                rules = [rule for rule in rules if rule.name != name[1]]

    def compile(self, rules, scratch, rounds):
        known = self.known(rules, scratch)
        if len(known) < len(rules):
            say(f"({len(rules) - len(known)} rules are left out for minijail, which does not know "
                "their calls)")
        texts = ["read: 1\n", self.text(known)]
        least = [math.inf, math.inf]  # the start of a process varies by more than is looked for
        for _ in range(4 * rounds):
            for i, text in enumerate(texts):
                with open(f"{scratch}/policy", "w", encoding="utf-8") as f:
                    f.write(text)
                least[i] = min(least[i], self.run(scratch))
        size = os.stat(f"{scratch}/filter").st_size
        return size // 8, least[1] - least[0], f"{scratch}/filter"


def own_lines(build, program, policy, *options):
    """The lines of a benchmark."""
    return subprocess.run([f"{build}/tests/bench/{program}", "--only", policy, *options],
                          check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()


def show(policy, measure, name, value, unit, base):
    say(f"{policy:12} {measure:12} {name:16} {value:10.1f} {unit:4} {value / base:8.3f} x "
        "libseccomp-O1")


def compare(build, peers, policy, rounds, scratch):
    rules = read_policy(build, policy)
    base = {}
    for line in own_lines(build, "build", policy):
        fields = line.split()
        if fields[1] in ("build", "instructions"):
            say(line)
            if fields[2] == "libseccomp-O1":
                base[fields[1]] = float(fields[3])
    for peer in peers:
        try:
            instructions, microseconds, path = peer.compile(rules, scratch, rounds)
        except ValueError as reason:
            say(f"{policy:12} {'build':12} {peer.name:16} refused: {reason}")
            continue
        show(policy, "build", peer.name, microseconds, "us", base["build"])
        show(policy, "instructions", peer.name, instructions, "count", base["instructions"])
        if instructions > FILTER_INSTRUCTIONS_MAX:
            say(f"{policy:12} {'load':12} {peer.name:16} refused: the kernel takes "
                f"{FILTER_INSTRUCTIONS_MAX} instructions")
            continue
        for program in ("load", "calls") if policy in CALLS else ("load",):
            for line in own_lines(build, program, policy, "--filter", f"{peer.name}={path}"):
                if line.split()[2] in ("ours", peer.name):
                    say(line)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", metavar="FOLDER", default="build")
    parser.add_argument("--kafel", metavar="FOLDER")
    parser.add_argument("--minijail", metavar="PROGRAM")
    parser.add_argument("--seccompiler", metavar="FOLDER")
    parser.add_argument("--rounds", metavar="NUMBER", type=int, default=101)
    parser.add_argument("policies", metavar="POLICY", nargs="*", default=POLICIES)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="stile-peers-") as scratch:
        peers = [kind(where, scratch) for kind, where in ((Kafel, options.kafel),
                                                          (Minijail, options.minijail),
                                                          (Seccompiler, options.seccompiler))
                 if where]
        if not peers:
            parser.error("no peer given")
        for policy in options.policies:
            compare(options.build, peers, policy, options.rounds, scratch)
    return 0


if __name__ == "__main__":
    sys.exit(main())
