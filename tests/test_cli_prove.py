#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""stile prove: verdicts, witnesses, and failures that must not look like verdicts."""

import os
import re
import struct
import subprocess
import unittest

from stile_command import STILE, TIMEOUT, InFolder, stile

EQUAL, DIFFERENT, USAGE, UNDECIDED, NO_VERDICT = range(5)
HELP = "see 'stile prove --help'"
GRANTS = ["--pledge", "stdio rpath"]
LOAD, TO_X, TIMES_X, EQUALS, RETURN = 0x20, 0x07, 0x2C, 0x15, 0x06
ENOENT, KILL = 0x50002, 0x80000000


def program(*instructions):
    return b"".join(struct.pack("=HBBI", *entry) for entry in instructions)


class Proofs(InFolder):
    def compile(self, *words):
        self.assertEqual(stile("compile", *words, "-o", "f"), (0, "", ""))

    def check_different(self, words, *lines):
        with self.subTest(words=words):
            status, output, errors = stile("prove", *words, "f")
            self.assertEqual((status, errors), (DIFFERENT, ""))
            for line, expected in zip(output.splitlines(), lines, strict=True):
                self.assertRegex(line, f"^{expected}$")
            self.assertEqual(stile("prove", "--quiet", *words, "f"), (DIFFERENT, "", ""))

    def test_equal(self):
        self.compile(*GRANTS)
        for words in GRANTS, ["-p", "rpath stdio"], ["-g", "pledge.rpath", "-g", "pledge.stdio"]:
            status, output, errors = stile("prove", *words, "f")
            self.assertEqual((status, errors), (EQUAL, ""))
            self.assertRegex(output, r"^equal: on [1-9]\d* paths\n$")
            self.assertEqual(stile("prove", "-q", "f", *words), (EQUAL, "", ""))

    def test_whoever_made_it(self):
        for backend in "own", "libseccomp":
            for abi in "x86_64", "x86_64,i386", "aarch64", "riscv64,x32":
                with self.subTest(backend=backend, abi=abi):
                    self.compile(*GRANTS, "--backend", backend, "--abi", abi)
                    self.assertEqual(stile("prove", *GRANTS, "--abi", abi, "f")[0], EQUAL)

    def test_from_standard_input(self):
        self.compile(*GRANTS)
        for words, status in (GRANTS, EQUAL), (["-p", "stdio"], DIFFERENT):
            with open("f", "rb") as f:
                self.assertEqual(stile("prove", *words, "-", stdin=f)[0], status)

    def test_different(self):
        self.compile("-g", "system_io.open_readonly", "-g", "system_io.write_fd(1)",
                     "--abi", "x86_64")
        native = ["--abi", "x86_64"]
        allows, refuses = "  the filter allows it", "  the filter fails it with EPERM"
        self.check_different(
            ["-g", "system_io.open_readonly", "-g", "system_io.write_fd(2)", *native],
            r"different: p?writev?\d*\([12], .*\) on x86_64",
            "  the (filter|policy) (allows it|fails it with EPERM)",
            "  the (filter|policy) (allows it|fails it with EPERM)")
        self.check_different(
            ["-g", "system_io.open_readonly", *native],
            r"different: p?writev?\d*\(1, .*\) on x86_64", allows,
            "  the policy fails it with EPERM")
        self.check_different(
            ["-g", "system_io.open_readonly", "-g", "system_io.write_fd(1)",
             "-g", "processes.ids", *native],
            r"different: get\w+\(.*\) on x86_64", refuses, "  the policy allows it")
        for action, text in (("errno=EACCES", "fails it with EACCES"), ("trap", r"traps it \(0\)"),
                             ("kill-thread", "kills the thread"), ("kill", "kills the process"),
                             ("errno=4000", "fails it with errno 4000")):
            self.check_different(
                ["-g", "system_io.open_readonly", "-g", "system_io.write_fd(1)", "-d", action,
                 *native], r"different: \w+\(.*\) on x86_64", refuses, f"  the policy {text}")

    def test_abis(self):
        self.compile(*GRANTS, "--abi", "x86_64")
        self.check_different([*GRANTS, "--abi", "x86_64,i386"], r"different: \w+\(.*\) on i386",
                             "  the filter kills the process", "  the policy .*")
        self.check_different([*GRANTS, "--abi", "x86_64,x32"], r"different: .* on x32",
                             "  the filter kills the process", "  the policy .*")
        self.check_different([*GRANTS, "--abi", "aarch64"], "different: .* on (x86_64|aarch64)",
                             ".*", ".*")

    def write_program(self, *instructions):
        with open("f", "wb") as f:
            f.write(program(*instructions))

    def test_strange_answers(self):
        for value, text in ((0x7FFC0000, "allows and logs it"),
                            (0x7FF00007, r"gives it to a tracer \(7\)"),
                            (0x7FC00000, "asks a supervisor"),
                            (0x50000, "lets it seem to succeed"),
                            (0x5FFFF, "fails it with errno 4095"),
                            (0x12340000, "kills the process"), (0, "kills the thread"),
                            (0x30005, r"traps it \(5\)")):
            self.write_program((RETURN, 0, 0, value))
            self.check_different(["-g", "random.read"], "different: .*", f"  the filter {text}",
                                 "  the policy .*")

    def test_what_a_call_does_not_use(self):
        """A filter that looks at more of an argument than the kernel: the witness shows it."""
        self.compile("-g", "system_io.read_fd(3)", "--abi", "x86_64")
        with open("f", "rb") as f:
            rest = f.read()
        # the upper half of read()'s descriptor; then as the policy says
        with open("f", "wb") as f:
            f.write(program((LOAD, 0, 0, 0), (EQUALS, 0, 4, 0), (LOAD, 0, 0, 20), (EQUALS, 0, 1, 9),
                            (RETURN, 0, 0, KILL), (LOAD, 0, 0, 4)) + rest)
        self.check_different(
            ["-g", "system_io.read_fd(3)", "--abi", "x86_64"],
            r"different: read\(.*\) on x86_64 with args\[0\] = 0x9[0-9a-f]{8}",
            "  the filter kills the process", "  the policy .*")

    def test_undecided(self):
        """No square is 2 in 32 bits, so nothing differs; that is beyond the proof."""
        self.compile(*GRANTS, "--abi", "x86_64")
        with open("f", "rb") as f:
            rest = f.read()
        with open("f", "wb") as f:
            f.write(program((LOAD, 0, 0, 0), (EQUALS, 0, 5, 0), (LOAD, 0, 0, 16), (TO_X, 0, 0, 0),
                            (TIMES_X, 0, 0, 0), (EQUALS, 0, 1, 2),
                            (RETURN, 0, 0, ENOENT)) + rest)
        status, output, errors = stile("prove", *GRANTS, "-a", "x86_64", "f")
        self.assertEqual((status, errors), (UNDECIDED, ""))
        self.assertRegex(output, r"^undecided: instruction 4: [ -~]+\n$")
        self.assertEqual(stile("prove", "-q", *GRANTS, "-a", "x86_64", "f"), (UNDECIDED, "", ""))


class Errors(InFolder):
    def check(self, words, status, sentence):
        with self.subTest(words=words):
            self.assertEqual(stile("prove", *words), (status, "", f"stile prove: {sentence}\n"))

    def test_options(self):
        nothing = ("nothing is granted: say by --grant, --pledge or --policy what the filter "
                   "shall do, e.g. --pledge 'stdio rpath'")
        for words, sentence in (
                ([], f"no filter is given: {HELP}"),
                (GRANTS, f"no filter is given: {HELP}"),
                (["f"], nothing),
                (["-d", "kill", "f"], nothing),
                ([*GRANTS, "f", "g\n"], "g\\x0a: only one filter can be given"),
                (["--nope", "f"], f"there is no option '--nope': {HELP}"),
                (["-l", "f"], f"there is no option '-l': {HELP}"),
                (["--quiet=x", "f"], f"--quiet takes no value: {HELP}"),
                (["f", "--abi"], f"--abi needs a value: {HELP}"),
                ([*GRANTS, "-a", "mips", "f"], "there is no ABI 'mips': give one of x86_64, i386, "
                 "x32, aarch64, riscv64"),
                (["-g", "random.raed", "f"], "random.raed: ruleset random has no grant 'raed': "
                 "did you mean 'random.read'?"),
                (["-p", "stdio", "-b", "x", "f"],
                 "baseline 'x': give a kernel version such as 6.1")):
            self.check(words, USAGE, sentence)

    def test_filters_that_are_none(self):
        os.mkdir("folder")
        os.mkfifo("fifo")
        for name, data in (("empty", b""), ("short", program((RETURN, 0, 0, 0))[:7]),
                           ("text", b"# a filter\n"), ("elf", b"\x7fELF\x02\x01\x01\x00"),
                           ("no_return", program((LOAD, 0, 0, 0))),
                           ("long", program((RETURN, 0, 0, 0)) * 4097),
                           ("swapped", program((RETURN, 0, 0, 0)).replace(b"\x06\0", b"\0\x06")),
                           ("offset", program((LOAD, 0, 0, 1), (RETURN, 0, 0, 0)))):
            with open(name, "wb") as f:
                f.write(data)
        for name in ("nope", "folder", "fifo", "/dev/null", "empty", "short", "text", "elf",
                     "no_return", "long", "swapped", "offset"):
            with self.subTest(name=name):
                for options in [], ["-q"]:
                    status, output, errors = stile("prove", *options, *GRANTS, name)
                    self.assertEqual((status, output), (NO_VERDICT, ""))
                    self.assertRegex(errors, f"^stile prove: {re.escape(name)}: [ -~]+\n$")
        self.assertEqual(stile("prove", *GRANTS, "-")[0], NO_VERDICT)

    def test_output_that_cannot_be_written(self):
        for words in GRANTS, ["-p", "stdio"]:
            self.assertEqual(stile("compile", *GRANTS, "-o", "f")[0], 0)
            with open("/dev/full", "w", encoding="utf-8") as full:
                status, _, errors = stile("prove", *words, "f", stdout=full)
            self.assertEqual((status, errors), (NO_VERDICT, "stile prove: cannot write the output: "
                                                "No space left on device\n"))

    def test_every_changed_answer(self):
        self.assertEqual(stile("compile", *GRANTS, "-o", "f")[0], 0)
        with open("f", "rb") as f:
            data = f.read()
        returns = [offset for offset in range(0, len(data), 8) if data[offset] == RETURN]
        self.assertGreater(len(returns), 2)
        for offset in returns:
            changed = bytearray(data)
            changed[offset + 4] ^= 1  # an errno; data that nobody sees changes nothing
            changed[offset + 7] ^= 0x80 if changed[offset + 6] != 5 else 0
            done = subprocess.run([STILE, "prove", "-q", *GRANTS, "-"], check=False,
                                  timeout=TIMEOUT, input=bytes(changed), capture_output=True)
            self.assertEqual(done.returncode, DIFFERENT, f"byte {offset}")


if __name__ == "__main__":
    unittest.main()
