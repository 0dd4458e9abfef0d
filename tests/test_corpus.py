#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Other projects' policies, by the hundred: each is read, or rejected as its own project would, and
means the same when it was written and read again, in every format that can carry it.

The files are not part of this project: STILE_CORPUS names their folder (../shared/corpus if it is
not set). docs/formats.md has the figures that this test finds."""

import collections
import concurrent.futures
import os
import re
import tempfile
import unittest

from stile_command import TOP, is_sanitized, stile

CORPUS = os.environ.get("STILE_CORPUS") or f"{TOP}/../shared/corpus"
WRITTEN = ["bpf", "oci", "kubernetes", "minijail", "kafel", "firecracker", "systemd"]

ABIS = [(r"arm64|aarch64", "aarch64"), (r"riscv64", "riscv64")]

# Filters of rules that compare two arguments are proved, but cannot be read as rules again.
TOO_MANY = "there are too many ways through it"

# Why files are rejected: what the first error says, and why that is right.
REASONS = [
    (r"expected a system call(: none is| that \w+ has)", "names that the ABI does not have"),
    (r"was decided for all calls at", "a call twice, without conditions the first time"),
    (r"cannot open \"", "includes a file that is not there"),
    (r"expected arg0 to arg5|expected an argument or a constant", "no such argument"),
    (r"would include itself without end", "a circle of includes"),
    (r"are compared with each other", "two arguments compared with each other, and again"),
]


def files(folder, *endings):
    for where, _, names in sorted(os.walk(f"{CORPUS}/{folder}")):
        for name in sorted(names):
            if name.endswith(endings):
                yield f"{where}/{name}"


def abi_of(path):
    for pattern, abi in ABIS:
        if re.search(pattern, path.removeprefix(CORPUS)):
            return abi
    return "x86_64"


def policies():
    """Format, and the words that stand for a policy on the command line."""
    for path in files("oci", ".json"):
        yield "oci", [path]
    for path in files("minijail", ".policy"):
        yield "minijail", ["--from", "minijail", "--abi", abi_of(path), path]
    for path in files("kafel", ".policy"):
        yield "kafel", ["--from", "kafel", path]
    for path in files("firecracker", ".json"):
        for thread in "vmm", "api", "vcpu":
            yield "firecracker", ["--abi", abi_of(path), "--section", thread, path]


def each(function, items):
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(function, items))


def reason(said):
    found = re.search(r": error: (.*)", said)
    text = found[1] if found else said.strip()
    for pattern, why in REASONS:
        if re.search(pattern, text):
            return why
    return text


@unittest.skipUnless(os.path.isdir(CORPUS), "there is no corpus: STILE_CORPUS names its folder")
class Corpus(unittest.TestCase):
    def test_read_or_rejected(self):
        counts = collections.defaultdict(collections.Counter)

        def check(item):
            return stile("check", *item[1])

        every = list(policies())
        for (name, words), (status, out, said) in zip(every, each(check, every)):
            self.assertEqual(out, "", words)
            self.assertIn(status, (0, 1), f"{words}: {said}")
            counts[name]["files"] += 1
            counts[name]["read" if status == 0 else reason(said)] += 1
        rows = [f"| {name} | {count['files']} | {count['read']} | "
                + ("; ".join(f"{why}: {number}" for why, number in sorted(count.items())
                             if why not in ("files", "read")) or "none") + " |"
                for name, count in sorted(counts.items())]
        with open(f"{TOP}/docs/formats.md", encoding="utf-8") as f:
            text = f.read()
        self.assertEqual([row for row in rows if row not in text], [],
                         "docs/formats.md does not have these rows")

    def test_round_trips(self):
        """What was written in a format is read and written in every other one that can say it."""

        def convert(item):
            _, words = item
            with tempfile.TemporaryDirectory() as folder:
                if stile("check", *words)[0]:
                    return None
                done, again, abi = [], [], abi_of(words[-1])
                for target in WRITTEN:
                    out = f"{folder}/{target}"
                    status, _, said = stile("convert", *words, "--to", target, "-o", out)
                    if status and "it is not decided whether" in said:
                        self.assertEqual(target, "firecracker", words)
                        self.assertFalse(os.path.exists(out))
                        continue
                    if status == 1:
                        self.assertIn("nothing is written", said)
                        self.assertFalse(os.path.exists(out))
                        continue
                    self.assertEqual(status, 0, f"{words} to {target}: {said}")
                    done.append(target)
                    status, _, said = stile("convert", "--from", target, "--abi", abi, out, "--to",
                                            "bpf", "-o", f"{folder}/{target}.bpf")
                    if status and TOO_MANY in said:
                        continue
                    self.assertEqual(status, 0, f"{words} by {target}: {said}")
                    again.append(f"{folder}/{target}.bpf")
                for path in again[1:]:
                    status, out, said = stile("diff", again[0], path)
                    if status and TOO_MANY in said:
                        continue
                    self.assertLessEqual(status, 1, said)
                    changes = [line for line in out.splitlines() if line[:1] in "+-"]
                    self.assertEqual(changes, [], f"{words} by {path}")
                return done

        every = list(policies())
        if is_sanitized():
            every = every[::6]
        carried = collections.defaultdict(collections.Counter)
        for (name, words), done in zip(every, each(convert, every)):
            if done is None:
                continue
            carried[name]["read"] += 1
            carried[name].update(done)
            self.assertIn("bpf", done, words)
            if name in WRITTEN:
                self.assertIn(name, done, words)
        print({name: dict(count) for name, count in carried.items()})


if __name__ == "__main__":
    unittest.main()
