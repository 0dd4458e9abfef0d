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

More words: exit=N, the exit status (0 if not said); needs=NAME, a program without which the recipe
is skipped; user=ordinary: the recipe is not for root. Port 8080 becomes a free one.

After the samples comes a table: each grant, and what becomes of the recipe without it. The recipe
is run once for each grant, without it: it must then end otherwise, or say something else, and what
stands first in backquotes in the table must be in what it says. (What is refused does not count,
but for system_io.stderr: without that the refusals say less.) Where the table begins with "Works:"
it must work, and the text has a reason for the grant.
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
import threading
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

BIN = tempfile.TemporaryDirectory(prefix="stile-recipes-")  # with the command in it

GRANT = r"-g ([a-z_]+\.\w+|'[a-z_]+\.\w+\([^']*\)')"
ROW = re.compile(r"^\| `([a-z_]+\.[^`]+)` \| (.*) \|$")


class Recipe:
    def __init__(self, name):
        self.name = name
        self.samples = []
        self.rows = {}  # grant: what the table says

    @property
    def for_ordinary_users(self):
        return any(sample.options.get("user") == "ordinary" for sample in self.samples)

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
        environment = {"PATH": f"{BIN.name}:{PROGRAMS}", "HOME": folder, "LC_ALL": "C.UTF-8",
                       "TMPDIR": folder, "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "")}
        self.process = subprocess.Popen(
            command, cwd=folder, env=environment, stdin=subprocess.DEVNULL,
            stdout=self.output_file, stderr=subprocess.STDOUT, start_new_session=True, umask=0o022)
        self.left = False  # did something run on after the script's end?
        self.output = ""  # when it has ended

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
        """Asks the program that the script waits for, or became, to end."""
        try:
            program = child_of(self.process.pid)
        except IndexError:
            program = self.process.pid
        os.kill(program, signal.SIGTERM)

    def wait(self, seconds):
        """The exit status, None if the time was up."""
        try:
            status = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            status = None
        self.end()
        return status

    def end(self):
        """Afterwards nothing of the script is left but its output."""
        if self.output_file.closed:
            return
        killed = self.process.poll() is None
        if killed:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        self.left = end_group(self.process.pid) and not killed
        with self.output_file:
            self.output_file.seek(0)
            self.output = self.output_file.read().decode(errors="replace")


# ---- Runs

ports = iter(random.sample(range(20000, 30000), 10000))  # below those that the kernel gives out
ports_lock = threading.Lock()


def free_port():
    """A port, each time another."""
    with ports_lock:
        while True:
            port = next(ports)
            with socket.socket() as s, contextlib.suppress(OSError):
                s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                s.bind(("127.0.0.1", port))
                return port


class Run:
    """One run of a recipe; `without` a grant, if one is named."""

    def __init__(self, recipe, without=None, as_nobody=False, seconds=SECONDS):
        self.recipe, self.without, self.as_nobody = recipe, without, as_nobody
        self.port = free_port()
        self.end = time.monotonic() + seconds
        self.functions = ""  # that the samples so far define
        self.outcomes = []  # (sample, exit status, output)
        self.problem = ""
        with tempfile.TemporaryDirectory(prefix="stile-recipe-") as folder:
            if as_nobody:
                os.chown(folder, NOBODY, NOBODY)
            self.run(folder)

    def seconds(self):
        return max(0.1, self.end - time.monotonic())

    def text(self, sample):
        text = sample.text.replace("8080", str(self.port))
        if self.without:
            text = re.sub(rf"-g '?{re.escape(self.without)}'?(?=\s)", "", text)
        functions = self.functions
        self.functions += "".join(re.findall(r"^\w+\(\) \{\n.*?^\}\n", text, re.M | re.S))
        return functions + text

    def run(self, folder):
        scripts, servers = [], []
        try:
            for sample in self.recipe.samples:
                script = Script(self.text(sample), folder, self.as_nobody)
                scripts.append(script)
                if sample.kind == "sh server":
                    servers.append((sample, script))
                    ready = sample.options["ready"]
                    place = self.port if ready == "8080" else f"{folder}/{ready}"
                    if not script.accepts(place, self.seconds()):
                        self.problem = f"{sample.where}: the server takes no connections"
                        break
                else:
                    self.outcome(sample, script, script.wait(self.seconds()))
            for sample, script in servers:
                if not self.problem:
                    script.stop()
                    self.outcome(sample, script, script.wait(self.seconds()))
        finally:
            for script in scripts:
                script.end()
        if self.problem:
            for sample, script in servers:
                self.outcome(sample, script, script.process.returncode)

    def outcome(self, sample, script, status):
        self.outcomes.append((sample, status, script.output.replace(str(self.port), "8080")))
        if script.left:
            self.problem = f"{sample.where}: something was left running"

    @property
    def output(self):
        return "".join(output for _, _, output in self.outcomes)

    def difference(self, also_refused=True):
        """From what the document says: None, or a sentence."""
        if self.problem:
            return f"{self.problem}\n{self.output}"
        for sample, status, output in self.outcomes:
            if sample.kind == "sh refused" and not also_refused:
                continue
            if status is None:
                return f"{sample.where}: it did not end; it said:\n{output}"
            if status != int(sample.options.get("exit", 0)):
                return f"{sample.where}: exit status {status}; it said:\n{output}"
            if sample.kind != "sh server" or sample.expected is not None:
                expected = sample.expected or ""
                if not re.fullmatch(pattern(expected), output, re.S):
                    return f"{sample.where}: the text says\n{expected}\nit said\n{output}"
        return None


def missing_program(recipe):
    needed = [name for sample in recipe.samples
              for name in sample.options.get("needs", "").split(",") if name]
    return next((name for name in needed if not shutil.which(name, path=PROGRAMS)), None)


class Recipes(unittest.TestCase):
    """For each recipe: it does its task; so it does for nobody; each of its grants matters."""

    longMessage = False

    @classmethod
    def setUpClass(cls):
        # What a killed script leaves becomes ours, so that we can see that it is gone.
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        # Nobody may not be able to reach the build folder.
        shutil.copy(STILE, f"{BIN.name}/stile")
        os.chmod(BIN.name, 0o755)
        cls.addClassCleanup(BIN.cleanup)

    def check_recipe(self, recipe, as_nobody):
        difference = Run(recipe, as_nobody=as_nobody).difference()
        self.assertFalse(difference, difference)

    def check_grants(self, recipe, as_nobody):
        self.assertEqual(list(recipe.rows), recipe.grants, "the table and the grants")
        start = time.monotonic()
        difference = Run(recipe, as_nobody=as_nobody).difference()
        self.assertFalse(difference, difference)
        seconds = max(3, 10 * (time.monotonic() - start))  # then it hangs

        with concurrent.futures.ThreadPoolExecutor(AT_A_TIME) as pool:
            runs = pool.map(lambda grant: Run(recipe, grant, as_nobody, seconds), recipe.grants)
        for run in runs:
            with self.subTest(recipe=recipe.name, without=run.without):
                row = recipe.rows[run.without]
                difference = run.difference(also_refused=run.without == "system_io.stderr")
                if row.startswith("Works:"):
                    self.assertFalse(difference, difference)
                else:
                    self.assertTrue(difference, "it does its task without this grant, too")
                said = re.search(r"`([^`]+)`", row)
                if said and said[1] not in run.output:
                    self.fail(f"it should say '{said[1]}', and said:\n{run.output}")

    @classmethod
    def add(cls, name, recipe, check, *values):
        def test(self):
            missing = missing_program(recipe)
            if missing:
                self.skipTest(f"{missing} is not installed")
            check(self, recipe, *values)
        setattr(cls, f"test_{recipe.name.replace('-', '_')}_{name}", test)

    @classmethod
    def add_tests(cls):
        for recipe in recipes(DOCUMENT).values():
            root = os.getuid() == 0
            never_root = root and recipe.for_ordinary_users
            if not never_root:
                cls.add("does_its_task", recipe, cls.check_recipe, False)
            if root:
                cls.add("does_its_task_for_nobody", recipe, cls.check_recipe, True)
            cls.add("needs_each_grant", recipe, cls.check_grants, never_root)


def load_tests(loader, _tests, _pattern):
    Recipes.add_tests()
    return loader.loadTestsFromTestCase(Recipes)


if __name__ == "__main__":
    unittest.main()
