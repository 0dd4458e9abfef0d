#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""stile compile --profile: what is read and what is refused."""

import json
import os
import subprocess
import unittest

from stile_command import STILE, TIMEOUT, InFolder, stile

GRANTS = ["--pledge", "stdio rpath"]


class Profiles(InFolder):
    def profile(self, text, *words):
        with open("p", "wb") as f:
            f.write(text if isinstance(text, bytes) else text.encode())
        return stile("compile", "-f", "json", *(words or GRANTS), "--profile", "p")

    def test_forms(self):
        """All say the same."""
        forms = ["ioctl 70000\nfcntl 3\n", "70000 ioctl\n3 fcntl", "  3\tfcntl # rare\n\n# often\n"
                 "70000 ioctl\r\n", "ioctl 69999\nfcntl 3\nioctl 1\n",
                 "% time     seconds  usecs/call     calls    errors syscall\n"
                 "------ ----------- ----------- --------- --------- ----------------\n"
                 " 90.00    0.000012           2     70000        12 ioctl\n"
                 " 10.00    0.000000           0         3           fcntl\n"
                 "------ ----------- ----------- --------- --------- ----------------\n"
                 "100.00    0.000012                 70003        12 total\n"]
        outputs = {self.profile(text) for text in forms}
        self.assertEqual(len(outputs), 1)
        status, output, errors = outputs.pop()
        self.assertEqual((status, errors), (0, ""))
        rare = self.profile("ioctl 0\nfcntl 18446744073709551615\n")
        self.assertEqual(rare[0], 0)
        # it moves instructions and changes no meaning
        self.assertNotEqual(output, rare[1])
        self.assertEqual(json.loads(output)["policy_hash"], json.loads(rare[1])["policy_hash"])

    def test_from_standard_input(self):
        with open("p", "w", encoding="utf-8") as f:
            f.write("ioctl 70000\n")
        with open("p", encoding="utf-8") as f:
            self.assertEqual(stile("compile", "-f", "json", *GRANTS, "-P", "-", stdin=f),
                             self.profile("ioctl 70000\n"))
        script = "exec \"$@\" -P <(echo ioctl 70000)"
        done = subprocess.run(["bash", "-c", script, "bash", STILE, "compile", "-f", "json",
                               *GRANTS], check=False, capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, timeout=TIMEOUT)
        self.assertEqual((done.returncode, done.stdout, done.stderr),
                         self.profile("ioctl 70000\n"))

    def test_input_without_an_end(self):
        more = "more than 16777216 bytes of text"
        give = "give a file, or - for standard input"
        os.mkfifo("fifo")
        with open("sparse", "wb") as f:
            f.truncate(1 << 40)
        with open("/dev/zero", "rb") as zero:
            for name, sentence in (("/dev/zero", f"this is a device: {give}"),
                                   ("fifo", f"this is a FIFO, which may never end: {give}"),
                                   ("sparse", more),
                                   ("-", more)):
                with self.subTest(name=name):
                    subject = "standard input" if name == "-" else name
                    self.assertEqual(stile("compile", *GRANTS, "-P", name, stdin=zero),
                                     (1, "", f"stile compile: {subject}: {sentence}\n"))

    def test_errors_in_standard_input(self):
        self.write("p", "read\n")
        with open("p", encoding="utf-8") as f:
            self.assertEqual(stile("compile", *GRANTS, "-P", "-", stdin=f)[2],
                             "stile compile: standard input: line 1: 'read' begins no line of a "
                             "profile: write a call and its count\n")

    def test_bytes_that_are_no_text(self):
        for data, where in (b"read 1\nread\0 7\n", 11), (b"read 1\n\0raed 7\n", 7), (b"\0", 0):
            self.assertEqual(self.profile(data), (
                1, "", f"stile compile: p: byte {where} is NUL: this is no text\n"))

    def test_errors(self):
        number = "is no count: write a number from 0 to 18446744073709551615"
        first = "begins no line of a profile: write a call and its count"
        for text, sentence in (
                ("", "no call is in this profile: write a call and its count on each line"),
                ("# none\n\n", "no call is in this profile: write a call and its count on each "
                 "line"),
                ("read 1\nwrite -1\n", f"line 2: '-1' {number}"),
                ("-5 read\n", f"line 1: '-5' {number}"),
                ("+5 read\n", f"line 1: '+5' {number}"),
                ("read 18446744073709551616\n", f"line 1: '18446744073709551616' {number}"),
                ("read 1\n\nread 18446744073709551615\n",
                 "line 3: 'read' comes to more calls than fit into 64 bits"),
                ("read 0x10\n", f"line 1: '0x10' {number}"),
                ("read 1.5\n", f"line 1: '1.5' {number}"),
                ("read write\n", f"line 1: 'write' {number}"),
                ("read\n", f"line 1: 'read' {first}"),
                ("read 1 2\n", f"line 1: 'read' {first}"),
                ("r\x1b[31m 1 x\n", f"line 1: 'r\\x1b[31m' {first}"),
                ("x" * 100 + " 1\n", f"line 1: '{'x' * 64}' is no system call that is known"),
                ("read 1" + " " * 300 + "\n", "line 1: 'read' begins a line that is too long")):
            with self.subTest(text=text):
                self.assertEqual(self.profile(text), (2, "", f"stile compile: p: {sentence}\n"))
        status, output, errors = self.profile("read 1\nraed 5\n")
        self.assertEqual((status, output), (2, ""))
        self.assertRegex(errors, "^stile compile: p: line 2: .*'?raed'?.*read")

    def test_files_that_cannot_be_read(self):
        os.mkdir("folder")
        for name, sentence in (("nope", "nope: cannot open the profile: No such file or directory"),
                               ("folder", "folder: this is a folder: give a file, or - for "
                                "standard input")):
            self.assertEqual(stile("compile", *GRANTS, "-P", name),
                             (1, "", f"stile compile: {sentence}\n"))


if __name__ == "__main__":
    unittest.main()
