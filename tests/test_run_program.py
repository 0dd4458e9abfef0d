#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Signals, job control and exit status of a program that runs under its supervisor.

The supervisor is tests/programs/run_filtered.c, the program a python script. Where a terminal
is needed it is a pseudo-terminal of this test, whose session leader is the supervisor's parent
(as a shell would be).
"""

import os
import pty
import signal
import subprocess
import sys
import unittest

from stile_command import PROGRAMS, read_until, send_all_signals

RUN = f"{PROGRAMS}/run_filtered"
TIMEOUT = 20

# Says "ready", then each signal by its name; ends with 7 at SIGTERM.
REPORTER = """
import os, signal, sys
def report(number, frame):
    os.write(1, (signal.Signals(number).name + " ").encode())
    if number == signal.SIGTERM:
        os._exit(7)
for name in "SIGTERM SIGHUP SIGINT SIGQUIT SIGUSR1 SIGUSR2 SIGWINCH SIGCONT SIGALRM".split():
    signal.signal(getattr(signal, name), report)
signal.signal(signal.SIGRTMIN + 1, lambda number, frame: os.write(1, b"RT1 "))
os.write(1, b"ready ")
while True:
    signal.pause()
"""


def child_of(pid):
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as f:
        return int(f.read().split()[0])


class WithoutTerminal(unittest.TestCase):
    def run_python(self, script, **options):
        p = subprocess.Popen([RUN, sys.executable, "-c", script], stdout=subprocess.PIPE,
                             start_new_session=True, **options)
        self.addCleanup(p.stdout.close)
        self.addCleanup(p.kill)
        return p

    def status(self, script):
        p = self.run_python(script, stderr=subprocess.DEVNULL)
        return p.wait(TIMEOUT)

    def test_exit_status(self):
        self.assertEqual(self.status("import os; os._exit(42)"), 42)

    def test_killed_by_a_signal(self):
        self.assertEqual(self.status("import os; os.kill(os.getpid(), 9)"), 128 + 9)

    def test_killed_by_the_filter(self):
        script = "import ctypes; ctypes.CDLL(None).personality(0)"
        p = self.run_python(script, stderr=subprocess.PIPE)
        self.assertEqual(p.wait(TIMEOUT), 128 + signal.SIGSYS)
        p.stderr.close()

    def test_sigchld_ignored_at_start(self):
        script = "import os; os.write(1, open('/proc/self/status', 'rb').read()); os._exit(3)"
        p = self.run_python(script, preexec_fn=lambda: signal.signal(signal.SIGCHLD,
                                                                     signal.SIG_IGN))
        text = p.stdout.read().decode()
        self.assertEqual(p.wait(TIMEOUT), 3)
        ignored = int(text.split("SigIgn:")[1].split()[0], 16)
        self.assertTrue(ignored & 1 << (signal.SIGCHLD - 1), "the program has it ignored still")
        blocked = int(text.split("SigBlk:")[1].split()[0], 16)
        self.assertEqual(blocked, 0, "no signal is blocked in the program")

    def test_signals_are_passed_on(self):
        p = self.run_python(REPORTER)
        read_until(p.stdout.fileno(), b"ready ")
        send_all_signals(self, p)

    def test_its_own_signals_do_not_come_back(self):
        # SIGUSR2 comes from somebody else, so it is passed on; SIGUSR1 would be before it.
        script = ("import os, signal\nn = 0\n"
                  "def f(*a):\n    global n\n    n += 1\n"
                  "signal.signal(signal.SIGUSR1, f)\n"
                  "signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR2})\n"
                  "os.kill(0, signal.SIGUSR1)\n"
                  "supervisor = os.getppid()\n"
                  "if os.fork() == 0:\n"
                  "    os.kill(supervisor, signal.SIGUSR2)\n    os._exit(0)\n"
                  "signal.sigwait({signal.SIGUSR2})\nos._exit(n)")
        self.assertEqual(self.status(script), 1)

    def test_stop_and_continue(self):
        p = self.run_python(REPORTER)
        out = p.stdout.fileno()
        read_until(out, b"ready ")
        program = child_of(p.pid)
        for number in (signal.SIGSTOP, signal.SIGSTOP):
            os.kill(program, number)
            pid, status = os.waitpid(p.pid, os.WUNTRACED)
            self.assertEqual((pid, os.WSTOPSIG(status)), (p.pid, number))
            p.send_signal(signal.SIGCONT)
            self.assertEqual(read_until(out, b" "), b"SIGCONT ")
        p.send_signal(signal.SIGTERM)
        self.assertEqual(p.wait(TIMEOUT), 7)

    def test_the_supervisor_is_killed(self):
        """The program goes on, and is still under its filter."""
        script = ("import os, sys\nos.write(1, b'ready ')\nsys.stdin.read()\n"
                  "os.write(1, open('/proc/self/status', 'rb').read())")
        p = self.run_python(script, stdin=subprocess.PIPE)
        out = p.stdout.fileno()
        read_until(out, b"ready ")
        p.kill()
        p.wait(TIMEOUT)
        p.stdin.close()
        self.assertIn(b"TracerPid:\t0", read_until(out, b"Seccomp_filters:"))


class WithTerminal(unittest.TestCase):
    """A session whose leader, like a shell, puts the job into a group in the foreground."""

    def start(self, script):
        pid, self.terminal = pty.fork()
        if pid == 0:
            try:
                signal.signal(signal.SIGTTOU, signal.SIG_IGN)
                job = os.fork()
                if job == 0:
                    os.setpgid(0, 0)
                    os.tcsetpgrp(0, os.getpid())
                    signal.signal(signal.SIGTTOU, signal.SIG_DFL)
                    os.execv(RUN, [RUN, sys.executable, "-c", script])
                while True:  # report what a shell would see, and continue the job on demand
                    _, status = os.waitpid(job, os.WUNTRACED)
                    os.tcsetpgrp(0, os.getpgrp())
                    if not os.WIFSTOPPED(status):
                        os.write(1, b"[status %d]" % os.waitstatus_to_exitcode(status))
                        os._exit(0)
                    os.write(1, b"[stopped %d]" % os.WSTOPSIG(status))
                    os.read(0, 100)
                    os.tcsetpgrp(0, job)
                    os.killpg(job, signal.SIGCONT)
            finally:
                os._exit(99)
        self.addCleanup(os.close, self.terminal)
        self.addCleanup(os.waitpid, pid, 0)
        self.addCleanup(os.kill, pid, signal.SIGKILL)

    def type(self, text):
        os.write(self.terminal, text)

    def expect(self, wanted):
        return read_until(self.terminal, wanted)

    def test_it_reads_from_the_terminal(self):
        self.start("print('got', input('? '))")
        self.expect(b"? ")
        self.type(b"words\n")
        self.expect(b"got words")
        self.expect(b"[status 0]")

    def test_interrupt_comes_once(self):
        self.start(REPORTER)
        self.expect(b"ready ")
        for key, name in ((b"\x03", b"SIGINT "), (b"\x1c", b"SIGQUIT ")):
            self.type(key)
            self.expect(name)
        self.type(b"\x03")
        self.expect(b"SIGINT ")
        # Had we passed them on, more of them would come before this one.
        os.kill(self.job(), signal.SIGTERM)
        self.assertEqual(self.expect(b"[status 7]"), b"SIGTERM [status 7]")

    def job(self):
        """The supervisor: leader of the terminal's foreground group."""
        return os.tcgetpgrp(self.terminal)

    def test_suspend_and_resume(self):
        self.start(REPORTER)
        self.expect(b"ready ")
        for _ in range(3):
            self.type(b"\x1a")
            self.expect(b"[stopped 20]")
            self.type(b"\n")
            self.expect(b"SIGCONT ")
        os.kill(self.job(), signal.SIGTERM)
        self.expect(b"[status 7]")

    def test_default_interrupt_ends_both(self):
        self.start("import signal\nsignal.signal(2, signal.SIG_DFL)\n"
                   "print('ready', flush=True)\nsignal.pause()")
        self.expect(b"ready")
        self.type(b"\x03")
        self.expect(b"[status 130]")


if __name__ == "__main__":
    unittest.main()
