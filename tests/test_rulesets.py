#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What the generator makes of rules: conditions on each ABI, golden outputs, the same bytes each
time, users' rulesets compiled and run.

STILE_GOLDEN=write renews the golden outputs in tests/generator/golden; read the difference.
"""

import os
import re
import shlex
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent
BUILD = TOP / os.environ.get("STILE_BUILD", "build")
sys.path.insert(0, str(TOP))

from generator.expand import expand  # noqa: E402
from generator.faults import Faults  # noqa: E402
from generator.loader import load_world  # noqa: E402

WORLD = load_world(None)
GOLDEN = TOP / "tests/generator/golden"
RULES = "tests/generator/golden/rulesets"

# What depends on the files in RULES alone, not on the tables of all syscalls.
LIBRARY_FILES = ("grants.c", "grants.txt", "stile/rulesets.h", "ruleset_tests.c")
USER_FILES = ("sample.c", "sample.h", "sample_test.c")


def generate(*words: str, seed: str = "0", **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-B", "-m", "generator", *words],
        cwd=TOP, env=os.environ | {"PYTHONHASHSEED": seed} | environment,
        capture_output=True, text=True, check=False)


def files_below(folder: str) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes()
            for path in sorted(Path(folder).rglob("*")) if path.is_file()}


class Abis(unittest.TestCase):
    """One condition, and what it becomes on each ABI."""

    def became(self, family: str, condition: str) -> dict[tuple[str, str], str]:
        """By ABI and syscall, without the notes in the table of families."""
        found = {}
        abi = ""
        for line in expand(WORLD, family, condition, Faults()):
            if line.startswith("  "):
                syscall, _, rest = line.strip().partition(" ")
                found[abi, syscall] = rest.strip().partition("  (")[0]
            else:
                abi = line.rstrip(":")
        return found

    def test_words_of_i386_have_32_bits(self) -> None:
        never = "no rule: the condition on length cannot hold"
        for condition, wide, narrow in (
            ("length == -1", "(argument 1, 64 bits, signed) == 0xffffffffffffffff",
             "(argument 1, 32 bits, signed) == 0xffffffff"),
            ("length == 0x100000000", "(argument 1, 64 bits, signed) == 0x100000000", never),
            ("length <= 0xffffffffff", "(argument 1, 64 bits, signed) <= 0xffffffffff", "always"),
            ("length > 0xffffffffff", "(argument 1, 64 bits, signed) > 0xffffffffff", never),
            ("length & 0x180000000 == 0", "(argument 1, 64 bits, signed) & 0x180000000 == 0x0",
             "(argument 1, 32 bits, signed) & 0x80000000 == 0x0"),
        ):
            found = self.became("ftruncate", condition)
            self.assertEqual(found["x86_64", "ftruncate"].removeprefix("length "), wide)
            self.assertEqual(found["i386", "ftruncate"].removeprefix("length "), narrow)
            self.assertEqual(found["i386", "ftruncate64"], never)  # two words

    def test_members_of_one_abi(self) -> None:
        found = self.became("mmap", "addr == 0")
        self.assertEqual(found["x86_64", "mmap"], "addr (argument 0, 64 bits) == 0x0")
        self.assertTrue(found["i386", "mmap"].startswith("no rule"))  # behind a pointer there
        self.assertEqual(found["i386", "mmap2"], "addr (argument 0, 32 bits) == 0x0")
        self.assertEqual(self.became("mmap", "")["i386", "mmap"], "always")

    def test_constants_and_bits_of_an_abi(self) -> None:
        found = self.became("fcntl", "cmd in {F_GETLK64, F_GETFL}")
        self.assertEqual(found["aarch64", "fcntl"], "cmd (argument 1, 32 bits) == 0x3")
        self.assertIn("== 0xc or cmd", found["i386", "fcntl64"])
        found = self.became("chown", "owner == -1")
        self.assertEqual(found["i386", "chown"], "owner (argument 1, 16 bits) == 0xffff")
        self.assertEqual(found["i386", "fchownat"], "owner (argument 2, 32 bits) == 0xffffffff")
        found = self.became("sync_file_range", "flags == 0")
        self.assertEqual(found["x86_64", "sync_file_range"], "flags (argument 3, 32 bits) == 0x0")
        self.assertEqual(found["i386", "sync_file_range"], "flags (argument 5, 32 bits) == 0x0")


class Outputs(unittest.TestCase):
    maxDiff = None

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()  # pylint: disable=consider-using-with
        self.addCleanup(folder.cleanup)
        self.out = folder.name

    def generate(self, *words: str, **options: str) -> None:
        done = generate(*words, "--out", self.out, **options)
        self.assertEqual(done.returncode, 0, done.stderr)

    def library(self, **options: str) -> None:
        self.generate("--rulesets-dir", RULES, "--allow-missing", **options)

    def compare(self, name: str, text: str) -> None:
        golden = GOLDEN / (name.replace("/", "_") + ".expected")
        if os.environ.get("STILE_GOLDEN") == "write":
            golden.write_text(text, encoding="utf-8")
        self.assertEqual(text, golden.read_text(encoding="utf-8"), f"{golden} differs")

    def test_golden_library(self) -> None:
        self.library()
        for name in LIBRARY_FILES:
            self.compare(name, Path(self.out, name).read_text(encoding="utf-8"))

    def test_golden_manual(self) -> None:
        self.library()
        text = Path(self.out, "stile-rulesets.7.scd").read_text(encoding="utf-8")
        rulesets, _, families = text.partition("# FAMILIES\n")
        self.compare("stile-rulesets.7.scd", rulesets.rstrip("\n") + "\n")
        self.assertIn(
            "\n## @open\n\n*open* (on x86\\_64, i386, x32): dirfd is AT\\_FDCWD++\n*openat*++\n",
            families)

    def test_golden_user(self) -> None:
        self.generate("--user", f"{RULES}/sample.rules", "--tests")
        self.assertEqual(sorted(files_below(self.out)), sorted(USER_FILES))
        for name in USER_FILES:
            self.compare(name, Path(self.out, name).read_text(encoding="utf-8"))

    def test_same_bytes_each_time(self) -> None:
        """Whatever the seed of hashes, the locale and the working folder's name."""
        self.generate("--rulesets-dir", "rulesets", seed="1")
        first = files_below(self.out)
        with tempfile.TemporaryDirectory() as other:
            done = generate("--rulesets-dir", "rulesets", "--out", other, seed="2", LC_ALL="C")
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(first, files_below(other))
        for name, data in first.items():
            self.assertNotIn(str(TOP).encode(), data, name)

    def test_unchanged_files_are_left_alone(self) -> None:
        self.library()
        for name in files_below(self.out):
            os.utime(Path(self.out, name), ns=(0, 0))
        Path(self.out, "grants.c").write_text("another text", encoding="utf-8")
        self.library()
        times = {name: Path(self.out, name).stat().st_mtime_ns for name in files_below(self.out)}
        self.assertEqual([name for name, time in times.items() if time], ["grants.c"])

    def test_nothing_is_written_on_a_fault(self) -> None:
        self.library()
        before = files_below(self.out)
        with tempfile.TemporaryDirectory() as rulesets:
            for path in (TOP / RULES).glob("*.rules"):
                text = path.read_text(encoding="utf-8").replace("summary Open", "sumary Open")
                Path(rulesets, path.name).write_text(text, encoding="utf-8")
            done = generate("--out", self.out, "--rulesets-dir", rulesets, "--allow-missing")
            self.assertEqual(done.returncode, 1)
            self.assertIn(
                "sample.rules:9:1: unknown line word 'sumary': did you mean 'summary'?\n",
                done.stderr)
        self.assertEqual(files_below(self.out), before)

    def test_missing_syscalls(self) -> None:
        done = generate("--out", self.out, "--rulesets-dir", RULES)
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, rf"^{RULES}: no grant holds _llseek, .*: add each to a grant")
        self.assertEqual(files_below(self.out), {})

    def test_files_that_cannot_be_written(self) -> None:
        os.mkdir(f"{self.out}/grants.c")
        done = generate("--out", self.out, "--rulesets-dir", RULES, "--allow-missing")
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"{self.out}/grants.c: Is a directory\n", done.stderr)
        self.assertEqual([name for name in files_below(self.out) if name.endswith(".tmp")], [])

    def test_depfile(self) -> None:
        self.library(seed="0")
        self.generate("--rulesets-dir", RULES, "--allow-missing", "--depfile", f"{self.out}/d")
        target, _, needed = Path(self.out, "d").read_text(encoding="utf-8").partition(": ")
        self.assertEqual(target, f"{self.out}/syscall_table.c")
        self.assertTrue({
            f"{RULES}/basic.rules", f"{RULES}/sample.rules", "generator/data/constants.txt",
            "generator/data/families.txt"} <= set(needed.split()))

    def test_completion_for_bash(self) -> None:
        self.library()
        script = f"""
            source {self.out}/completions/stile.bash
            complete() {{ COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
                _stile stile "${{COMP_WORDS[-1]}}" "${{COMP_WORDS[-2]}}"; echo ${{COMPREPLY[*]}}; }}
            complete stile r
            complete stile run --gr
            complete stile run --grant sample.read
            complete stile rulesets s
            complete stile rulesets --syscall openat
            """
        done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=False)
        self.assertEqual(done.stderr, "")
        self.assertEqual(done.stdout.splitlines(), [
            "run rulesets", "--grant", "sample.read_fd( sample.read_two(", "sample",
            "openat openat2"])


class Compiled(unittest.TestCase):
    """The C for users: compiled as they do, and run."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()  # pylint: disable=consider-using-with
        self.addCleanup(folder.cleanup)
        self.out = folder.name
        ninja = TOP / "build.ninja" if BUILD == TOP / "build" else BUILD / "build.ninja"
        text = ninja.read_text(encoding="utf-8")
        self.compiler = re.search(r"^cc = (.*)$", text, re.M)[1].split()
        self.options = shlex.split(re.search(r"^config = ?(.*)$", text, re.M)[1])

    def run_tests(self, rules: str, name: str) -> tuple[int, str]:
        """Status and output of the test program of a ruleset."""
        done = generate("--user", rules, "--tests", "--out", self.out)
        self.assertEqual(done.returncode, 0, done.stderr)
        done = subprocess.run(
            [*self.compiler, *self.options, "-std=c11", "-Wall", "-Wextra", "-Wpedantic",
             "-Wshadow", "-Wstrict-prototypes", "-Wmissing-prototypes", "-Wundef", "-Werror",
             "-Iinclude", f"-I{BUILD}/gen", f"{self.out}/{name}.c", f"{self.out}/{name}_test.c",
             f"{BUILD}/libstile.a", "-lseccomp", "-o", f"{self.out}/test"],
            cwd=TOP, capture_output=True, text=True, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        done = subprocess.run([f"{self.out}/test"], capture_output=True, text=True, check=False)
        self.assertEqual(done.stderr, "")
        return done.returncode, done.stdout

    def test_sample(self) -> None:
        self.assertEqual(
            self.run_tests(f"{RULES}/sample.rules", "sample"),
            (0, "sample: 0 of 13 tests failed\n"))

    def test_grants_of_the_library_are_included(self) -> None:
        path = Path(self.out, "mine.rules")
        path.write_text("""\
ruleset mine
summary My program's.

grant work
summary Read the terminal, open files.
include system_io.read_fd(0)
include system_io.open_readonly
test  read(0, NULL, 0)                          runs
test  read(1, NULL, 0)                          refused
test  openat(AT_FDCWD, "/etc/passwd", O_RDONLY) runs
test  openat(AT_FDCWD, "/etc/passwd", O_RDWR)   refused
""", encoding="utf-8")
        self.assertEqual(self.run_tests(str(path), "mine"), (0, "mine: 0 of 4 tests failed\n"))
        # The test program can fail: the same tests with another rule behind them.
        source = Path(self.out, "mine.c")
        source.write_text(source.read_text(encoding="utf-8").replace(
            "STILE_MASKED_EQUAL", "STILE_NOT_EQUAL"), encoding="utf-8")
        subprocess.run(
            [*self.compiler, *self.options, "-Iinclude", f"-I{BUILD}/gen", source,
             f"{self.out}/mine_test.c", f"{BUILD}/libstile.a", "-lseccomp",
             "-o", f"{self.out}/test"], cwd=TOP, check=True)
        done = subprocess.run([f"{self.out}/test"], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("mine.rules:10: openat(AT_FDCWD, \"/etc/passwd\", O_RDONLY) is refused\n",
                      done.stdout)


if __name__ == "__main__":
    unittest.main()
