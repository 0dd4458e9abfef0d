#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A short soak of supervisors and targets that are killed (docs/reliability.md has a long one)."""

import re
import subprocess
import unittest

from stile_command import PROGRAMS

CALLS = 20000


class Soak(unittest.TestCase):
    def test_nothing_hangs_is_left_or_gets_free(self):
        done = subprocess.run([f"{PROGRAMS}/soak", "--calls", str(CALLS)], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stdout)
        handled = re.search(r"^calls +(\d+) handled, (\d+) refused", done.stdout, re.MULTILINE)
        self.assertIsNotNone(handled, done.stdout)
        self.assertGreaterEqual(int(handled[1]), CALLS)
        # Killed targets and supervisors do not count what they were told.
        self.assertLessEqual(int(handled[2]), int(handled[1]))
        self.assertRegex(done.stdout, r" 0 succeeded\n")


if __name__ == "__main__":
    unittest.main()
