#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Programs that try to get out of `stile run`: tests/programs/hostile.c. Each attempt is refused
or deadly, and has no effect."""

import os
import pty
import re
import select
import signal
import subprocess
import tempfile
import unittest

from stile_command import BUILD, PROGRAMS, STILE, TOP, InFolder, read_until, stile

HOSTILE = f"{PROGRAMS}/hostile"
EXEC = ("exec", "exec_at", "exec_fd", "fork", "user_namespace", "io_uring")
FILES = ("own_memory", "own_memory_high_bits", "make_file", "empty_file")
MEMORY = ("code_from_data", "data_to_code")
FILTERS = ("own_filter", "own_filter_prctl", "listen")
PARENT = ("trace_parent", "trace_me", "write_parent", "parents_memory", "kill_parent",
          "parents_output", "limit_parent")
TERMINAL = ("type_in", "type_in_high_bits", "paste_in")
NOT_THERE = ("openat2", "clone3", "minus_one", "unknown_number")  # the C library falls back
DEADLY = ("int80", "x32") if os.uname().machine == "x86_64" else ()

WORDS = "stdio rpath wpath cpath dpath fattr flock inet mcast unix dns getpw recvfd sendfd"


def expected(refused, answer="EPERM"):
    return "".join(f"{name}: {answer}\n" for name in refused) \
        + "".join(f"{name}: ENOSYS\n" for name in NOT_THERE)


class Hostile(InFolder):
    def setUp(self):
        super().setUp()
        self.write("precious", "contents\n", 0o666)

    def check_folder(self):
        self.assertEqual(os.listdir(), ["precious"])
        with open("precious", encoding="utf-8") as f:
            self.assertEqual(f.read(), "contents\n")

    def test_it_can_do_harm(self):
        """Without a sandbox most attempts succeed: what follows is not refused for other reasons.
        (Those that would end or stop this test itself are left out.)"""
        for name in ("exec_at", "exec_fd"):
            done = subprocess.run([HOSTILE, name], check=False, capture_output=True, text=True)
            self.assertEqual((done.returncode, done.stdout), (0, ""))  # true's status, not 7
        harmless = ("fork", "own_memory", "own_memory_high_bits", "make_file", "empty_file",
                    *MEMORY, "socket")
        if os.geteuid() == 0:
            harmless += ("own_filter_prctl", "parents_output")
        done = subprocess.run([HOSTILE, *harmless], check=False, capture_output=True, text=True)
        self.assertEqual(done.stdout, "".join(f"{name}: DONE\n" for name in harmless))
        self.assertEqual(sorted(os.listdir()), ["made-by-hostile", "precious"])

    def test_with_read_grants(self):
        attempts = (*EXEC, "socket", *FILES, *MEMORY, *FILTERS, *PARENT, *TERMINAL,
                    "take_terminal")
        for user in self.users():
            for grants in ("stdio rpath", "stdio rpath tty"):
                kept = [name for name in attempts
                        if not (grants.endswith("tty") and name == "take_terminal")]
                with self.subTest(user=user, grants=grants):
                    self.assertEqual(
                        stile("run", "-p", grants, "--", HOSTILE, *kept, *NOT_THERE, **user),
                        (7, expected(kept), ""))
            self.check_folder()

    def test_with_almost_everything(self):
        """Every ordinary word of pledge: still no exec, no way to the parent, no filter."""
        attempts = [name for name in (*EXEC, *MEMORY, *FILTERS, *PARENT, *TERMINAL)
                    if name != "parents_memory"]
        for user in self.users():
            self.assertEqual(stile("run", "-p", WORDS, "--", HOSTILE, *attempts, **user),
                             (7, "".join(f"{name}: EPERM\n" for name in attempts), ""))

    def test_memory_of_the_command(self):
        """P50: the command is no way out for a program that may open files for writing. (For root
        the kernel refuses nothing there; the filter does, without such a grant.)"""
        self.assertEqual(stile("run", "-p", WORDS, "--", HOSTILE, "parents_memory",
                               **self.ordinary_user()), (7, "parents_memory: EACCES\n", ""))

    def test_the_answer_is_the_default_action(self):
        for name in (*EXEC, "socket", *FILES, *MEMORY, *FILTERS, *PARENT, *TERMINAL):
            with self.subTest(name=name):
                status, output, _ = stile("run", "-p", "stdio rpath", "-d", "kill", "--", HOSTILE,
                                          name)
                self.assertEqual((status, output), (128 + signal.SIGSYS, ""))
        self.check_folder()

    @unittest.skipUnless(DEADLY, "this machine has no other ABIs")
    def test_other_abis(self):
        # Seen where the policy kills for other calls as well: else nothing is traced for it.
        seen = (rf"stile run: {re.escape(HOSTILE)}: killed for .* on (i386|x32): it is by an ABI "
                r"that the policy is not for.*\n")
        unseen = (rf"stile run: {re.escape(HOSTILE)}: killed by SIGSYS: the policy kills for calls "
                  r"by another ABI\n")
        for user in self.users():
            for name in DEADLY:
                for action in "kill", "errno=EACCES", "trap":
                    status, out, said = stile("run", "-p", "stdio rpath", "-d", action, "--",
                                              HOSTILE, name, **user)
                    self.assertEqual((status, out), (159, ""))
                    self.assertRegex(said, f"^{unseen if '=' in action else seen}$")


class Constructor(InFolder):
    """A library of LD_PRELOAD acts before the entry point, under the loader's filter."""

    @classmethod
    def setUpClass(cls):
        path = f"{TOP}/build.ninja" if BUILD == f"{TOP}/build" else f"{BUILD}/build.ninja"
        with open(path, encoding="utf-8") as f:
            compiler = re.search(r"^cc = (.*)$", f.read(), re.M)[1].split()
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        os.chmod(folder.name, 0o755)
        cls.library = f"{folder.name}/hostile.so"
        subprocess.run([*compiler, "-std=c11", "-D_GNU_SOURCE", "-shared", "-fPIC", "-o",
                        cls.library, f"{TOP}/tests/programs/hostile.c"], check=True)

    def attempt(self, names, *words, **user):
        options = os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"
        return stile("run", *words, **user,
                     env={**os.environ, "LD_PRELOAD": self.library, "ASAN_OPTIONS": options,
                          "HOSTILE_EARLY": " ".join(names)})

    def test_it_is_refused(self):
        names = (*EXEC, "socket", *FILES, *MEMORY, *FILTERS, *PARENT, *TERMINAL)
        for user in self.users():
            self.assertEqual(self.attempt((*names, *NOT_THERE), "-p", "stdio", "--", "true",
                                          **user), (0, expected(names), ""))
        self.assertEqual(os.listdir(), [])

    def test_it_can_open_files_but_the_program_cannot(self):
        """As documented: the loader's filter reads any file, at the entry point that ends. (The
        program's own constructors run after it.)"""
        self.assertEqual(self.attempt(["openable"], "-p", "stdio", "--", HOSTILE, "openable"),
                         (7, "openable: DONE\nopenable: EPERM\nopenable: EPERM\n", ""))

    @unittest.skipUnless(DEADLY, "this machine has no other ABIs")
    def test_other_abis(self):
        for name in DEADLY:
            status, output, errors = self.attempt([name], "-p", "stdio", "--", "true")
            self.assertEqual((status, output), (125, ""))
            self.assertIn("before it was sandboxed", errors)

    def test_it_ends_before_the_program_begins(self):
        status, output, errors = self.attempt(["leave"], "-p", "stdio", "--", "true")
        self.assertEqual((status, output), (125, ""))
        self.assertIn("ended with status 3 before it was sandboxed", errors)


class Terminal(unittest.TestCase):
    """P58: nothing may be typed into the terminal that the shell goes on to read."""

    def run_on_terminal(self, command):
        """Status, what was written to the terminal, and whether anything is to be read from it."""
        pid, terminal = pty.fork()
        if pid == 0:
            try:
                job = os.spawnv(os.P_NOWAIT, command[0], command)
                status = os.waitstatus_to_exitcode(os.waitpid(job, 0)[1])
                typed = bool(select.select([0], [], [], 0)[0])
                os.write(1, b"[status %d typed %d]" % (status, typed))
                signal.pause()
            finally:
                os._exit(99)
        try:
            return read_until(terminal, b"]").decode()
        finally:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            os.close(terminal)

    def test_typing(self):
        grants = re.findall(r"^(system_io\.\w*terminals?\w*)", stile("rulesets", "system_io")[1],
                            re.M)
        harmless = [grant for grant in grants if ".danger_" not in grant]
        self.assertIn("system_io.terminal_set", harmless)
        words = [word for grant in (*harmless, "system_io.stdout") for word in ("-g", grant)]
        said = self.run_on_terminal([STILE, "run", *words, "--", HOSTILE, *TERMINAL])
        self.assertEqual(said.replace("\r", ""),
                         "".join(f"{name}: EPERM\n" for name in TERMINAL) + "[status 7 typed 0]")

    def test_typing_where_it_is_granted(self):
        """The test above sees what it looks for."""
        with open("/proc/sys/dev/tty/legacy_tiocsti", encoding="ascii") as f:
            if f.read() != "1\n" and os.geteuid() != 0:
                self.skipTest("the kernel permits it to nobody")
        said = self.run_on_terminal([STILE, "run", "-g", "system_io.danger_terminal", "-g",
                                     "system_io.terminal_set", "-g", "system_io.stdout", "--",
                                     HOSTILE, "raw", "type_in"])
        self.assertIn("type_in: DONE", said)
        self.assertIn("[status 7 typed 1]", said)


if __name__ == "__main__":
    unittest.main()
