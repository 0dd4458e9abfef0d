#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The recipes of docs/recipes.md: each does its task under its grants, and no grant is too many.

The samples of one recipe carry its name behind the fence. They run in their order in a folder of
their own, as the user who runs the test; if that is root, also as nobody. `boxed`, which one of
them defines, is known to those that follow.

  sh recipe=NAME                 what the recipe is for, and what has to be there before
  sh recipe=NAME server ready=X  a server: it runs until the end of the recipe, and the next sample
                                 begins when X, a port or the path of a socket, takes connections
  sh recipe=NAME refused         what the program cannot do any more
  text                           the output of the sample before; "..." stands for any text

More words: exit=N, the exit status (0 if not said). Ports from 8080 to 8089 become free ones.

After the samples comes a table: each grant, and what becomes of the recipe without it. The recipe
is run once for each grant, without it: it must then end otherwise, or say something else, and what
stands in backquotes in the table must be in what it says. What is refused may not change, but for
system_io.stderr: without that the refusals say less.
"""

import concurrent.futures
import contextlib
import ctypes
import os
import random
import re
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest

from test_guide import pattern, samples
from test_run_program import child_of

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
STILE = os.path.join(TOP, os.environ.get("STILE_BUILD", "build"), "stile")
DOCUMENT = "docs/recipes.md"
PROGRAMS = "/usr/bin:/bin:/usr/sbin:/sbin"  # Debian's own, not a user's wrappers around them
SECONDS = 60  # for one sample that works
AT_A_TIME = 2 * len(os.sched_getaffinity(0))  # runs; some only wait
NOBODY = 65534
PR_SET_CHILD_SUBREAPER = 36

GRANT = r"-g ([a-z_]+\.\w+|'[a-z_]+\.\w+\([^']*\)')"
ROW = re.compile(r"^\| `([a-z_]+\.[^`]+)` \| (.*) \|$")


class Recipe:
    def __init__(self, name):
        self.name = name
        self.samples = []
        self.rows = {}  # grant: what the table says

    @property
    def grants(self):
        return [name.strip("'") for sample in self.samples
                for name in re.findall(GRANT, sample.text)]


def recipes(document):
    """All recipes of a document, by name."""
    found = {}
    for sample in samples(document):
        if sample.kind != "console":
            name = sample.options["recipe"]
            found.setdefault(name, Recipe(name)).samples.append(sample)
    with open(f"{TOP}/{document}", encoding="utf-8") as f:
        lines = f.read().split("\n")
    for number, line in enumerate(lines, 1):
        if ROW.match(line):
            before = [recipe for recipe in found.values() if recipe.samples[0].line < number]
            recipe = max(before, key=lambda recipe: recipe.samples[0].line)
            grant, text = ROW.match(line).groups()
            recipe.rows[grant] = text
    return found


# ---- Processes

def end_group(group):
    """Kills and reaps what is left of a process group. (Orphans come to us.) Was anything?"""
    left = False
    with contextlib.suppress(ChildProcessError):
        while True:
            if os.waitpid(-group, os.WNOHANG)[0] == 0:
                left = True
                os.killpg(group, signal.SIGKILL)
                os.waitpid(-group, 0)
    return left


class Script:
    """A shell script in a process group of its own."""

    def __init__(self, text, folder, as_nobody):
        self.output_file = tempfile.TemporaryFile()
        command = ["sh", "-eu", "-c", text]
        if as_nobody:
            command = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups",
                       *command]
        environment = {"PATH": f"{BIN}:{PROGRAMS}", "HOME": folder, "LC_ALL": "C.UTF-8",
                       "TMPDIR": folder, "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "")}
        self.process = subprocess.Popen(
            command, cwd=folder, env=environment, stdin=subprocess.DEVNULL,
            stdout=self.output_file, stderr=subprocess.STDOUT, start_new_session=True, umask=0o022)
        self.left = False  # something that ran on after the script's end

    @property
    def output(self):
        self.output_file.seek(0)
        return self.output_file.read().decode(errors="replace")

    def accepts(self, place, seconds):
        """Waits until a port, or the path of a socket, takes connections."""
        end = time.monotonic() + seconds
        pidfd = os.pidfd_open(self.process.pid)
        try:
            while time.monotonic() < end:
                with socket.socket(socket.AF_INET if isinstance(place, int) else socket.AF_UNIX) \
                        as s, contextlib.suppress(OSError):
                    s.connect(("127.0.0.1", place) if isinstance(place, int) else place)
                    return True
                if select.select([pidfd], [], [], 0.01)[0]:
                    return False
        finally:
            os.close(pidfd)
        return False

    def stop(self):
        """Asks the program that the script waits for to end."""
        os.kill(child_of(self.process.pid), signal.SIGTERM)

    def wait(self, seconds):
        """The exit status, None if the time was up. Nothing of the script is left then."""
        try:
            status = self.process.wait(seconds)
            self.left = end_group(self.process.pid)
        except subprocess.TimeoutExpired:
            status = None
            self.kill()
        return status

    def kill(self):
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        end_group(self.process.pid)


# ---- Runs

def free_ports():
    """Ports below those that the kernel gives out by itself, each once."""
    ports = list(range(20000, 30000))
    random.shuffle(ports)
    for port in ports:
        with socket.socket() as s:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with contextlib.suppress(OSError):
                s.bind(("127.0.0.1", port))
                yield port


class Run:
    """One run of a recipe; `without` a grant, if one is named."""

    ports = free_ports()

    def __init__(self, recipe, without=None, as_nobody=False, seconds=SECONDS):
        self.recipe, self.without, self.as_nobody = recipe, without, as_nobody
        self.seconds = seconds
        self.port = str(next(Run.ports))[:-1] if self.uses_port() else "808"
        self.outcomes = []  # sample, exit status, output
        self.left = []  # samples that left something running
        start = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="stile-recipe-") as self.folder:
            if as_nobody:
                os.chown(self.folder, NOBODY, NOBODY)
            self.run()
        self.seconds_taken = time.monotonic() - start
