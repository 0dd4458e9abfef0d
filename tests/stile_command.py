# SPDX-License-Identifier: MIT
"""The command `stile`, for the tests of it."""

import ctypes
import functools
import os
import re
import select
import signal
import subprocess
import tempfile
import unittest

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = os.path.abspath(os.path.join(TOP, os.environ.get("STILE_BUILD", "build")))
STILE = f"{BUILD}/stile"
PROGRAMS = f"{BUILD}/tests/programs"
TIMEOUT = 120
NOBODY = {"user": 65534, "group": 65534, "extra_groups": []}  # for subprocess
SYS_PTRACE = {"x86_64": 101}.get(os.uname().machine, 117)

# Sanitizers look for leaks by ptrace at the end, which some of these tests forbid.
os.environ.setdefault("ASAN_OPTIONS", "detect_leaks=0")


def is_sanitized():
    path = f"{TOP}/build.ninja" if BUILD == f"{TOP}/build" else f"{BUILD}/build.ninja"
    with open(path, encoding="utf-8") as f:
        return bool(re.search(r"^config = .*-fsanitize", f.read(), re.M))


def stile(*words, **options):
    """Runs the command; status, standard output, standard error."""
    done = subprocess.run([STILE, *words], text=True, check=False, timeout=TIMEOUT,
                          **{"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE,
                             "stderr": subprocess.PIPE, **options})
    return done.returncode, done.stdout, done.stderr


@functools.cache
def closed_to_nobody(path):
    """Why nobody cannot use what is in the folder `path`; None if there is no reason."""
    parts = os.path.join(path, "").split("/")
    for i in range(1, len(parts)):
        folder = "/".join(parts[:i]) or "/"
        if subprocess.run(["sh", "-c", 'test -x "$0"', folder], check=False, **NOBODY).returncode:
            return f"nobody cannot enter {folder}"
    return None


def read_until(fd, wanted):
    """What comes from fd up to and with wanted."""
    got = b""
    while wanted not in got:
        if not select.select([fd], [], [], TIMEOUT)[0]:
            raise AssertionError(f"{wanted} did not come: {got}")
        part = os.read(fd, 4096)
        if not part:
            raise AssertionError(f"{wanted} did not come before the end: {got}")
        got += part
    return got


def send_all_signals(test, process):
    """Sends the signals that are passed on; a program says the names of those that reach it, and
    ends with 7 at SIGTERM."""
    out = process.stdout.fileno()
    for name in ("SIGHUP", "SIGINT", "SIGQUIT", "SIGUSR1", "SIGUSR2", "SIGWINCH", "SIGCONT",
                 "SIGALRM"):
        process.send_signal(getattr(signal, name))
        test.assertEqual(read_until(out, b" "), name.encode() + b" ")
    process.send_signal(signal.SIGRTMIN + 1)
    test.assertEqual(read_until(out, b" "), b"RT1 ")
    process.send_signal(signal.SIGTERM)
    test.assertEqual(read_until(out, b" "), b"SIGTERM ")
    test.assertEqual(process.wait(TIMEOUT), 7)


class _Instruction(ctypes.Structure):
    _fields_ = [("code", ctypes.c_uint16), ("jt", ctypes.c_uint8), ("jf", ctypes.c_uint8),
                ("k", ctypes.c_uint32)]


class _Program(ctypes.Structure):
    _fields_ = [("len", ctypes.c_uint16), ("filter", ctypes.POINTER(_Instruction))]


def refuse_here(number, answer):
    """Loads a filter into this process (preexec_fn): one call gets an answer, a SECCOMP_RET_*."""
    instructions = (_Instruction * 4)(
        _Instruction(0x20, 0, 0, 0),  # the number
        _Instruction(0x15, 0, 1, number),
        _Instruction(0x06, 0, 0, answer),
        _Instruction(0x06, 0, 0, 0x7FFF0000))  # allow
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(38, 1, 0, 0, 0) or libc.prctl(22, 2, ctypes.byref(_Program(4, instructions))):
        raise OSError(ctypes.get_errno(), "no filter")


class InFolder(unittest.TestCase):
    """Tests that run in an empty folder where everybody may write."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        os.chmod(folder.name, 0o1777)  # or each policy in it would get a warning
        before = os.getcwd()
        os.chdir(folder.name)
        self.addCleanup(os.chdir, before)
        self.folder = folder.name
        self.without_nobody = False

    def users(self):
        """What makes subprocess run something as root and as nobody, as far as we may.

        Where nobody cannot enter the build folder, the test goes on for root, and ends as skipped.
        """
        if os.geteuid() != 0:
            return [{}]
        reason = closed_to_nobody(PROGRAMS)
        if not reason:
            return [{}, NOBODY]
        if not self.without_nobody:
            self.without_nobody = True
            self.addCleanup(self.skipTest, reason)
        return [{}]

    def ordinary_user(self):
        """The same as nobody if we are root, else as we are; skips the test if it cannot be."""
        if os.geteuid() != 0:
            return {}
        reason = closed_to_nobody(PROGRAMS)
        if reason:
            self.skipTest(reason)
        return NOBODY

    def write(self, name, text, mode=0o755):
        with open(name, "w", encoding="utf-8") as f:
            f.write(text)
        os.chmod(name, mode)
