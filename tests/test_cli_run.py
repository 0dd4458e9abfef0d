#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Programs under `stile run`: what passes through, what is refused, which status comes back.

(test_run_program.py: signals and job control, on the part of the command that does them.)
"""

import os
import pty
import signal
import subprocess
import sys
import termios
import unittest

from stile_command import (BUILD, PROGRAMS, STILE, SYS_PTRACE, TIMEOUT, InFolder, is_sanitized,
                           read_until, refuse_here, stile)

# What `stile run` itself needs, but ptrace.
STARTER = """
limits.set memory.load_library memory.map memory.memfd networking.socketpair networking.transfer
processes.danger_clone_any processes.danger_exec processes.danger_signal_any processes.ids
processes.not_dumpable processes.parent_death_signal sandbox.narrow system_io.close
system_io.duplicate system_io.list_directories system_io.metadata system_io.open_readonly
system_io.poll system_io.read system_io.seek system_io.write
"""

NOT_PERMITTED = ("ptrace is not permitted: a seccomp filter that is on already, a security module "
                 "or the container's profile must allow it")
READ = ("-p", "stdio rpath")
NOWHERE = (127, "", "stile run: program: there is no such program in PATH\n")
KILLED = ("killed for socket(AF_INET, SOCK_STREAM, 0) on x86_64: no rule permits it, and the "
          "default is to kill; what would permit it: networking.start_tcp_server, "
          "networking.start_tcp_client, networking.dns\n")


class Status(InFolder):
    def sh(self, script, **options):
        return stile("run", "-p", "stdio rpath proc", "--", "sh", "-c", script, **options)

    def test_success_is_silent(self):
        for user in self.users():
            self.assertEqual(stile("run", *READ, "--", "true", **user), (0, "", ""))

    def test_own_status(self):
        for number in 1, 2, 42, 125, 126, 127, 128, 255:
            self.assertEqual(self.sh(f"exit {number}"), (number, "", ""))

    def test_killed_by_a_signal(self):
        for number in signal.SIGHUP, signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV, 64:
            self.assertEqual(self.sh(f"kill -{int(number)} $$"), (128 + number, "", ""))

    def test_killed_by_the_filter(self):
        for user in self.users():
            for action in "kill", "kill-thread", "trap":
                self.assertEqual(
                    stile("run", *READ, "-d", action, "--", f"{PROGRAMS}/hostile", "socket",
                          **user),
                    (159, "", f"stile run: {PROGRAMS}/hostile: {KILLED}"))

    def test_its_name_is_made_harmless(self):
        name = "./h\x1b[2J\n"
        os.symlink(f"{PROGRAMS}/hostile", name)
        self.assertEqual(stile("run", *READ, "--default", "kill", "--", name, "socket"),
                         (159, "", f"stile run: ./h\\x1b[2J\\x0a: {KILLED}"))

    def test_default_errno(self):
        for value, name in ("errno=EACCES", "EACCES"), ("errno=38", "ENOSYS"):
            self.assertEqual(stile("run", *READ, "-d", value, "--", f"{PROGRAMS}/hostile",
                                   "socket"), (7, f"socket: {name}\n", ""))

    def test_baseline(self):
        for words, name in ((), "EPERM"), (("--baseline", "5.10"), "ENOSYS"):
            self.assertEqual(stile("run", *READ, *words, "--", f"{PROGRAMS}/hostile", "landlock"),
                             (7, f"landlock: {name}\n", ""))

    def test_log(self):
        self.assertEqual(stile("run", *READ, "--log-refused", "--", f"{PROGRAMS}/hostile",
                               "socket"),
                         (7, "socket: EPERM\n", ""))

    def test_pledge(self):
        self.write("text", "words\n")
        for user in self.users():
            self.assertEqual(stile("run", "--pledge", "stdio rpath", "--", "cat", "text", **user),
                             (0, "words\n", ""))
            status, output, errors = stile("run", "--pledge", "stdio rpath", "--", "cp", "text",
                                           "copy", **user)
            self.assertEqual((status, output), (1, ""))
            self.assertIn("Operation not permitted", errors)
            self.assertFalse(os.path.exists("copy"))


class Programs(InFolder):
    def test_kinds(self):
        self.write("script", "#!/bin/sh\necho \"$0 $1\"\nexit 3\n")
        self.write("of_script", f"#!{self.folder}/script with blanks\n")
        for user in self.users():
            for program, status, output in (
                    (["./script", "one"], 3, "./script one\n"),
                    ([f"{self.folder}/script"], 3, f"{self.folder}/script \n"),
                    (["./of_script", "one"], 3, f"{self.folder}/script with blanks\n"),
                    ([f"{PROGRAMS}/spawn_static", "x"], 0, "static final=0 x\n"),
                    (["echo", "x"], 0, "x\n")):
                with self.subTest(program=program, user=user):
                    self.assertEqual(stile("run", *READ, *program, **user), (status, output, ""))

    @unittest.skipUnless(os.uname().machine == "x86_64", "another ABI is not at hand")
    def test_another_abi(self):
        status, output, errors = stile("run", *READ, f"{PROGRAMS}/spawn_i386")
        self.assertEqual((status, output), (126, ""))
        self.assertRegex(errors, r"^stile run: .*/spawn_i386: the program is for another ABI ")

    @unittest.skipUnless(os.geteuid() == 0, "only root can take the permission away")
    def test_a_program_that_cannot_be_read(self):
        with open("/bin/true", "rb") as source, open("program", "wb") as copy:
            copy.write(source.read())
        os.chmod("program", 0o711)
        status, output, errors = stile("run", *READ, "./program", **self.ordinary_user())
        self.assertEqual((status, output), (125, ""))
        self.assertIn("must be readable by this user", errors)

    def test_options_end_at_the_program(self):
        for words in ["echo", "-g", "--print"], ["--", "echo", "-g", "--print"]:
            self.assertEqual(stile("run", *READ, *words), (0, "-g --print\n", ""))

    def test_search(self):
        """P62: a program is never taken from where we happen to stand."""
        os.makedirs("relative")
        os.makedirs("first")
        os.makedirs("second")
        os.makedirs("folders/program")
        for folder in ".", "relative", "second":
            self.write(f"{folder}/program", f"#!/bin/sh\necho {folder}\n")
        self.write("first/program", "#!/bin/sh\necho first\n", 0o644)
        first, second = f"{self.folder}/first", f"{self.folder}/second"
        skipped = (127, "", "stile run: program: there is no such program in PATH "
                   "(its empty and relative entries are skipped)\n")
        for path, expected in (
                ("", skipped), (".", skipped), (":", skipped), ("relative", skipped),
                ("/nonexistent:", skipped), (":/nonexistent", skipped),
                ("/nonexistent::/bin", skipped), ("./relative:relative/", skipped),
                ("/nonexistent", NOWHERE), (f"{self.folder}/program", NOWHERE),
                (f".:{first}:relative:{second}", (0, "second\n", "")),
                (f"{self.folder}/folders:{second}", (0, "second\n", "")),
                (first, (126, "", "stile run: program: found in PATH, but it cannot be executed: "
                         "Permission denied\n"))):
            for user in self.users():
                with self.subTest(path=path, user=user):
                    self.assertEqual(stile("run", *READ, "program", env={"PATH": path}, **user),
                                     expected)
        self.assertEqual(stile("run", *READ, "program", env={}), NOWHERE)
        self.assertEqual(stile("run", *READ, "echo", "x", env={}), (0, "x\n", ""))
        self.assertEqual(stile("run", *READ, "./program", env={"PATH": first}), (0, ".\n", ""))
        self.assertEqual(stile("run", *READ, "relative/program", env={}), (0, "relative\n", ""))

    def test_search_in_a_closed_folder(self):
        os.makedirs("closed")
        self.write("closed/program", "#!/bin/sh\necho closed\n")
        os.chmod("closed", 0o600)
        self.assertEqual(stile("run", *READ, "program", env={"PATH": f"{self.folder}/closed"},
                               **self.ordinary_user()), NOWHERE)


class PassedThrough(InFolder):
    def test_arguments(self):
        words = ["", "two words", "$HOME", "\x1b[31m", "\u00fc", "-g", "a\nb", "x" * 100000]
        self.assertEqual(stile("run", *READ, "printf", r"%s\0", *words)[1].split("\0")[:-1], words)

    def test_environment(self):
        environment = {"PATH": os.environ["PATH"], "EMPTY": "", "A": "b=c\nd", "LANG": "C"}
        status, output, _ = stile("run", *READ, "env", "-0", env=environment)
        self.assertEqual(status, 0)
        self.assertEqual(dict(line.split("=", 1) for line in output.split("\0")[:-1]), environment)
        self.assertEqual(stile("run", *READ, "/usr/bin/env", env={})[:2], (0, ""))

    def test_no_descriptor_is_left_open(self):
        def open_in(*words, **options):
            done = subprocess.run([*words, "ls", "/proc/self/fd"], check=True, text=True,
                                  stdin=subprocess.DEVNULL, capture_output=True,
                                  timeout=TIMEOUT, **options)
            return done.stdout.split()

        self.assertEqual(open_in(STILE, "run", *READ), ["0", "1", "2", "3"])
        given = os.open("/dev/null", os.O_RDONLY)
        self.addCleanup(os.close, given)
        self.assertEqual(open_in(STILE, "run", *READ, pass_fds=[given]),
                         open_in(pass_fds=[given]))

    def test_closed_standard_descriptors(self):
        for closed in "<&-", "0<&- 1>&-", "<&- >&- 2>&-", "1>&- 2>&-", "2>&-":
            done = subprocess.run(
                ["sh", "-c", f"exec {STILE} run -p 'stdio rpath' -- sh -c 'exit 7' {closed}"],
                check=False, timeout=TIMEOUT)
            self.assertEqual(done.returncode, 7, closed)

    def test_input_and_output(self):
        data = "line\n" * 200000
        self.assertEqual(stile("run", *READ, "cat", stdin=None, input=data), (0, data, ""))
        with open("/dev/full", "w", encoding="utf-8") as full:
            status, _, errors = stile("run", *READ, "echo", "x", stdout=full)
        self.assertEqual(status, 1)
        self.assertIn("No space left", errors)

    def test_pipe_that_is_closed(self):
        reader, writer = os.pipe()
        os.close(reader)
        status = stile("run", *READ, "--", "sh", "-c", "while :; do echo y; done",
                       stdout=writer)[0]
        os.close(writer)
        self.assertEqual(status, 128 + signal.SIGPIPE)

    def test_user_and_folder(self):
        for user in self.users():
            status, output, _ = stile("run", *READ, "--", "sh", "-c", "umask; pwd; id -u",
                                      umask=0o027, **user)
            # sh cannot start id: nothing is executed after the start
            self.assertEqual((status, output), (2, f"0027\n{self.folder}\n"))
            self.assertEqual(stile("run", *READ, "id", "-u", **user)[1],
                             f"{user.get('user', os.geteuid())}\n")

    def test_no_new_privileges(self):
        text = stile("run", *READ, "cat", "/proc/self/status")[1]
        self.assertIn("\nNoNewPrivs:\t1\n", text)
        self.assertIn("\nSeccomp:\t2\n", text)
        self.assertIn("\nTracerPid:\t0\n", text)

    def test_signal_to_the_command(self):
        """It is the program's; there is nobody else who ends."""
        process = subprocess.Popen([STILE, "run", *READ, "cat"], stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE)
        process.stdin.write(b"ready\n")
        process.stdin.flush()
        read_until(process.stdout.fileno(), b"ready\n")
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(TIMEOUT), 128 + signal.SIGTERM)
        process.stdin.close()
        process.stdout.close()


class NoPtrace(InFolder):
    """Where the start cannot be supervised nothing is run."""

    def check(self, answer, sentence, name=None):
        for user in self.users():
            done = stile("run", "-p", "stdio rpath wpath cpath", "touch", "ran",
                         preexec_fn=lambda: refuse_here(SYS_PTRACE, answer), **user)
            self.assertEqual(done, (125, "", f"stile run: {name or self.touch}: {sentence}\n"))
        self.assertEqual(os.listdir(), [])

    def setUp(self):
        super().setUp()
        self.touch = subprocess.run(["sh", "-c", "command -v touch"], check=True, text=True,
                                    capture_output=True).stdout.strip()

    def test_refused(self):
        self.check(0x00050001, NOT_PERMITTED, name="touch")

    def test_deadly(self):
        self.check(0x80000000, "ptrace is not permitted: the caller's own seccomp filter kills "
                   "for it")

    @unittest.skipIf(is_sanitized(), "a sanitizer needs more than the grants here")
    def test_under_another_stile(self):
        outer = [word for grant in STARTER.split() for word in ("-g", grant)]
        inner = ["--", STILE, "run", "-p", "stdio rpath inet", "./program", "socket", "fork"]
        os.symlink(f"{PROGRAMS}/hostile", "program")
        for user in self.users():
            self.assertEqual(stile("run", *outer, *inner, **user),
                             (125, "", f"stile run: ./program: {NOT_PERMITTED}\n"))
            # The inner one grants sockets, but the outer one does not; with fork it is the reverse.
            self.assertEqual(stile("run", *outer, "-g", "process_memory.danger_trace", "-g",
                                   "process_memory.danger_be_traced", *inner, **user),
                             (7, "socket: EPERM\nfork: EPERM\n", ""))


class Start(unittest.TestCase):
    """A program that never comes to its entry point."""

    def test_signals_that_end_it(self):
        for number in signal.SIGTERM, signal.SIGHUP, signal.SIGINT:
            with subprocess.Popen([STILE, "run", "-g", "system_io.stdout",
                                   f"{PROGRAMS}/spawn_target", "for-ever"],
                                  stdout=subprocess.PIPE) as run:
                self.assertEqual(run.stdout.readline(), b"started\n")
                run.send_signal(number)
                # the end of the file: the program has let go of it too
                self.assertEqual(run.stdout.read(), b"")
                self.assertEqual(run.wait(TIMEOUT), -number)


class Terminal(unittest.TestCase):
    """A job under a session leader, as a shell has it."""

    def test_job_control(self):
        script = ("import os, signal, sys\n"
                  "def show(*_): print('size', *os.get_terminal_size(0), flush=True)\n"
                  "signal.signal(signal.SIGWINCH, show)\n"
                  "signal.signal(signal.SIGCONT, lambda *_: print('goes on', flush=True))\n"
                  "signal.signal(signal.SIGINT, signal.SIG_DFL)\n"
                  "show()\n"
                  "while True: signal.pause()\n")
        pid, terminal = pty.fork()
        if pid == 0:
            try:
                self.lead([STILE, "run", "-p", "stdio rpath tty", "-g", "memory.load_library",
                           "--", sys.executable, "-c", script])
            finally:
                os._exit(99)
        self.addCleanup(os.close, terminal)
        self.addCleanup(os.waitpid, pid, 0)
        self.addCleanup(os.kill, pid, signal.SIGKILL)
        read_until(terminal, b"size ")
        termios.tcsetwinsize(terminal, (33, 77))
        read_until(terminal, b"size 77 33\r\n")
        for _ in range(2):
            os.write(terminal, b"\x1a")
            read_until(terminal, b"[stopped 20]")
            os.write(terminal, b"\n")
            read_until(terminal, b"goes on")
        os.write(terminal, b"\x03")
        read_until(terminal, b"[ended 130]")

    @staticmethod
    def lead(command):
        signal.signal(signal.SIGTTOU, signal.SIG_IGN)
        job = os.fork()
        if job == 0:
            os.setpgid(0, 0)
            os.tcsetpgrp(0, os.getpid())
            signal.signal(signal.SIGTTOU, signal.SIG_DFL)
            os.execv(command[0], command)
        while True:
            _, status = os.waitpid(job, os.WUNTRACED)
            os.tcsetpgrp(0, os.getpgrp())
            if not os.WIFSTOPPED(status):
                os.write(1, b"[ended %d]" % os.waitstatus_to_exitcode(status))
                signal.pause()
            os.write(1, b"[stopped %d]" % os.WSTOPSIG(status))
            os.read(0, 100)
            os.tcsetpgrp(0, job)
            os.killpg(job, signal.SIGCONT)


if __name__ == "__main__":
    if not os.path.exists(STILE):
        sys.exit(f"{BUILD}: build it first")
    unittest.main()
