# SPDX-License-Identifier: MIT
"""A pseudo-terminal, on which a shell with job control runs programs."""

import os
import pty
import signal

from stile_command import InFolder, read_until


class Terminal(InFolder):
    """The prompt is <STATUS>. One process at a time may read: a child of a program, not stopped
    yet, could read what is meant for the shell."""

    def setUp(self):
        super().setUp()
        self.got = ""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ["PS1"] = "<$?>"
            os.execvp("bash", ["bash", "--norc", "--noprofile", "--noediting", "-i"])
        self.addCleanup(os.waitpid, self.pid, 0)
        self.addCleanup(os.close, self.fd)
        self.read("<0>")
        self.type("stty -echo; echo 'qui'et\n")
        self.read("quiet\r\n<0>")

    def type(self, text):
        os.write(self.fd, text.encode())

    def wait_until_continued(self):
        """Until it has passed on its SIGCONT, which would undo a stop that comes before."""
        with open(f"/proc/{self.pid}/task/{self.pid}/children", encoding="ascii") as f:
            path = f"/proc/{f.read().split()[0]}/status"
        while True:
            with open(path, encoding="ascii") as f:
                status = dict(line.split(":", 1) for line in f.read().splitlines())
            pending = int(status["ShdPnd"], 16) | int(status["SigPnd"], 16)
            if status["State"].split()[0] == "S" and not pending & 1 << (signal.SIGCONT - 1):
                return

    def read(self, wanted):
        while wanted not in self.got:
            self.got += read_until(self.fd, wanted.encode()[-1:]).decode()
        self.got = self.got.partition(wanted)[2]
