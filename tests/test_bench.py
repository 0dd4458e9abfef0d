#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The benchmarks run, and say what their reader reads. How fast anything is, is no test."""

import os
import re
import subprocess
import sys
import unittest

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = os.environ.get("STILE_BUILD", "build")


def bench(*options):
    """Exit status and lines."""
    done = subprocess.run([sys.executable, f"{TOP}/tests/bench/bench.py", "--build", BUILD,
                           *options], cwd=TOP, check=False, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT)
    return done.returncode, done.stdout.splitlines()


class Bench(unittest.TestCase):
    def check_lines(self, lines):
        """Below each command, lines with a value and a ratio."""
        commands = [line for line in lines if line.startswith("$ ")]
        self.assertTrue(commands)
        for line in lines:
            if line and not line.startswith(("$ ", "measure", "ns ", "build ", "load ",
                                             "instructions ", "ready-made ", "stop at ")):
                self.assertRegex(line, r"^\S+ +\S+ +\S+ +-?[\d.]+ \S+ +-?[\d.]+ x \S+$")
        return commands

    def test_a_policy(self):
        status, lines = bench("--only", "60+12", "--rounds", "2")
        self.assertEqual(status, 0, "\n".join(lines))
        programs = [re.match(r"\$ \S+/tests/bench/(\w+) --only 60\+12 --rounds 2$", line)[1]
                    for line in self.check_lines(lines)]
        self.assertEqual(programs, ["calls", "build", "load", "memory", "compiled"])
        self.assertTrue(any(line.split()[:3] == ["60+12", "conditional", "ours"]
                            for line in lines))
        self.assertRegex("\n".join(lines), r"\nmeasure +must +got +ok\?\nns added to a call with "
                                           r"conditions, 60\+12 +1\.080 +-?[\d.]+ +(yes|NO)$")

    def test_five_filters(self):
        status, lines = bench("--only", "5-stacked", "--rounds", "1")
        self.assertEqual(status, 0, "\n".join(lines))
        self.check_lines(lines)

    def test_all_policies_are_built(self):
        status, lines = bench("--only", "build", "--rounds", "1")
        self.assertEqual(status, 0, "\n".join(lines))
        self.check_lines(lines)
        self.assertTrue({"60", "350", "300+12", "1000-rules", "1000-values", "container"}
                        <= {line.split()[0] for line in lines if line})

    def test_a_program_that_fails(self):
        done = subprocess.run([f"{TOP}/{BUILD}/tests/bench/build", "--only", "nothing"],
                              check=False, stderr=subprocess.PIPE, text=True)
        self.assertEqual(done.returncode, 2)
        self.assertIn("there is no policy nothing", done.stderr)


if __name__ == "__main__":
    unittest.main()
