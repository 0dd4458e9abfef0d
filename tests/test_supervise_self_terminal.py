#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Programs that put themselves under supervision, and a shell with job control."""

import unittest

from stile_command import PROGRAMS
from terminal import Terminal

KINDS = "notified", "intercepted"


class JobControl(Terminal):
    def start(self, kind, *words):
        self.type(" ".join([f"{PROGRAMS}/self_supervised", kind, *words]) + "\n")

    def stop_and_go_on(self, text):
        self.type(text)
        self.read("Stopped")
        self.read("<148>")  # by SIGTSTP
        self.type("fg\n")
        self.read("self_supervised")
        self.wait_until_continued()

    def test_stopped_and_continued(self):
        for kind in KINDS:
            self.start(kind)
            for _ in range(2):
                self.type("hello\n")
                self.read("refused hello\r\n")
                self.stop_and_go_on("\x1a")
            self.type("again\n")
            self.read("refused again\r\n")
            self.type("\x04")
            self.read("<9>")

    def test_interrupted(self):
        for kind in KINDS:
            self.start(kind)
            self.type("hello\n")
            self.read("refused hello\r\n")
            self.type("\x03")
            self.read("<130>")

    def test_programs_that_stop_themselves(self):
        for kind in KINDS:
            for status in 147, 148, 149:  # by SIGSTOP, SIGTSTP, SIGTTIN
                self.start(kind, str(status - 128))
                self.read("Stopped")
                self.read(f"<{status}>")
                self.type("fg\n")
                self.read("self_supervised")
                self.type("hello\n")
                self.read("refused hello\r\n")
                self.type("\x04")
                self.read("<9>")


if __name__ == "__main__":
    unittest.main()
