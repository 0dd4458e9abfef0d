#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Programs under `stile trace`: what passes through, which status comes back, where it is written.
"""

import os
import signal
import subprocess
import sys
import unittest

from stile_command import (PROGRAMS, STILE, SYS_PTRACE, TIMEOUT, InFolder, read_until, refuse_here,
                           send_all_signals, stile)
from terminal import Terminal

NONE = ("-e", "acct", "--")  # a call that nobody makes
# Says "ready", then each signal by its name; ends with 7 at SIGTERM.
REPORTER = """
import os, signal
names = "SIGTERM SIGHUP SIGINT SIGQUIT SIGUSR1 SIGUSR2 SIGCONT SIGWINCH SIGALRM".split()
waited = {getattr(signal, name) for name in names} | {signal.SIGRTMIN + 1}
signal.pthread_sigmask(signal.SIG_BLOCK, waited)
os.write(1, b"ready ")
while True:
    number = signal.sigwait(waited)
    os.access("/", 0)
    os.write(1, b"RT1 " if number > 32 else signal.Signals(number).name.encode() + b" ")
    if number == signal.SIGTERM:
        os._exit(7)
"""


class Status(InFolder):
    def test_of_the_program(self):
        for script, status in (("exit 0", 0), ("exit 7", 7), ("exit 125", 125),
                               ("kill -9 $$", 137), ("kill -TERM $$", 143), ("kill -64 $$", 192)):
            got, output, errors = stile("trace", *NONE, "sh", "-c", script)
            end = (f"exited with {status}" if status < 128 else
                   {137: "killed by SIGKILL", 143: "killed by SIGTERM"}.get(
                       status, "killed by signal 64"))
            self.assertEqual((got, output, errors), (status, "", f"+++ {end} +++\n"))

    def test_programs_that_do_not_start(self):
        self.write("no_interpreter", "#!/nowhere/sh\n")
        self.write("no_script", "x\n")
        self.write("not_executable", "x\n", 0o644)
        os.mkdir("folder")
        for name, status, sentence, error in (
                ("./nowhere", 127, "No such file or directory", "ENOENT"),
                ("./no_interpreter", 126, "the interpreter that it names does not exist",
                 "ENOENT"),
                ("./no_script", 126, "Exec format error (a script needs #! and its interpreter in "
                 "the first line)", "ENOEXEC"),
                ("./not_executable", 126, "Permission denied", "EACCES"),
                ("./folder", 126, "Is a directory", "EACCES")):
            said = f"stile trace: {name}: {sentence}\n"
            self.assertEqual(stile("trace", *NONE, name), (status, "", said))
            got, _, errors = stile("trace", "-e", "execve", name)
            self.assertEqual(got, status)
            self.assertRegex(errors, rf'^execve\("{name}", .*\) = -1 {error} .*\n{said[:20]}')
        self.assertEqual(stile("trace", "nowhere"), (
            127, "", "stile trace: nowhere: there is no such program in PATH\n"))

    def test_wrong_usage(self):
        for words, sentence in (
                ([], "no program is given: see 'stile trace --help'"),
                (["-x", "true"], "there is no option '-x': see 'stile trace --help'"),
                (["-o"], "-o needs a value: see 'stile trace --help'"),
                (["--json=1", "true"], "--json takes no value: see 'stile trace --help'"),
                (["-e", "opnat", "true"], "there is no syscall 'opnat': did you mean 'openat'?"),
                (["-e", "read,,write", "true"],
                 "-e: a name is empty: give the names of calls, divided by commas"),
                (["-e", "", "true"],
                 "-e: a name is empty: give the names of calls, divided by commas"),
                (["-e", "%", "true"], "-e: '%' needs the name of a ruleset, or of a grant"),
                (["-e", "%netwrking", "true"],
                 "there is no ruleset 'netwrking': did you mean 'networking'?"),
                (["-e", "%networking.dsn", "true"],
                 "ruleset networking has no grant 'dsn': did you mean 'networking.dns'?"),
                (["-e", "%system_io.read_fd", "true"], None),
                (["-e", "%system_io.read_fd(x", "true"], None),
                (["-e", "!%networking", "true"],
                 "'!%networking': only calls can be left out, by their names"),
                (["-e", "system_io.read", "true"],
                 "'system_io.read' is no system call: grants are written '%system_io.read'"),
                (["-e", "exit_group", "true"], "exit_group cannot be traced: nobody can be asked "
                 "about it without harm to the program"),
                (["-e", "\x1b[2J" + "x" * 300, "true"], None),
                (["-o", "", "true"], "cannot be written: No such file or directory"),
                (["-o", "/nowhere/x", "true"],
                 "/nowhere/x: cannot be written: No such file or directory"),
                (["-o", ".", "true"], ".: cannot be written: Is a directory")):
            status, output, errors = stile("trace", *words)
            self.assertEqual((status, output), (125, ""), words)
            self.assertRegex(errors, r"\Astile trace: [ -~]+\n\Z")
            if sentence:
                self.assertIn(sentence, errors)

    def test_where_ptrace_is_not_permitted(self):
        done = subprocess.run([STILE, "trace", *NONE, "echo", "x"], check=False, timeout=TIMEOUT,
                              capture_output=True, text=True,
                              preexec_fn=lambda: refuse_here(SYS_PTRACE, 0x00050001))
        self.assertEqual((done.returncode, done.stdout), (125, ""))
        self.assertRegex(done.stderr, r"\Astile trace: .*ptrace.*\n\Z")


class Output(InFolder):
    def test_file(self):
        os.umask(os.umask(0o027))
        self.write("old", "x" * 100000, 0o600)
        for name, mode in ("new", 0o640), ("old", 0o600):
            done = subprocess.run([STILE, "trace", "-o", name, *NONE, "ls", "/proc/self/fd"],
                                  check=False, capture_output=True, text=True, timeout=TIMEOUT,
                                  umask=0o027)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertEqual(done.stdout.split(), ["0", "1", "2", "3"])
            with open(name, encoding="utf-8") as f:
                self.assertEqual(f.read(), "+++ exited with 0 +++\n")
            self.assertEqual(os.stat(name).st_mode & 0o777, mode)

    def test_nothing_is_run_if_it_cannot_be_written(self):
        status, _, _ = stile("trace", "-o", "/nowhere/x", "touch", "made")
        self.assertEqual(status, 125)
        done = subprocess.run(["sh", "-c", f"exec {STILE} trace touch made 2>&-"], check=False,
                              timeout=TIMEOUT)
        self.assertEqual(done.returncode, 125)
        self.assertFalse(os.path.exists("made"))

    def test_full_disk(self):
        for words in [], ["-c"], ["--json"]:
            status, output, errors = stile("trace", "-o", "/dev/full", *words, "echo", "x")
            self.assertEqual((status, output), (125, "x\n"))
            self.assertEqual(errors, "stile trace: /dev/full: cannot be written: No space left on "
                                     "device: the rest of the trace is lost\n")

    def test_a_pipe_that_nobody_reads(self):
        """The trace is what is cut off: the program ends, and all that it has started."""
        end, given = os.pipe()
        p = subprocess.Popen([STILE, "trace", "sh", "-c", "while :; do test -e /; done"],
                             stderr=subprocess.PIPE, stdout=given)
        os.close(given)
        self.assertNotEqual(p.stderr.read(10), b"")
        p.stderr.close()
        self.assertEqual(p.wait(TIMEOUT), -signal.SIGPIPE)
        self.assertEqual(os.read(end, 1), b"")
        os.close(end)

    def test_the_programs_output_is_cut_off(self):
        self.write("large", "x" * 5000000)
        done = subprocess.run(["sh", "-c", f"({STILE} trace -o trace.txt -e write cat large; "
                               "echo $? >&2) | head -c 10"], check=False, capture_output=True,
                              text=True, timeout=TIMEOUT)
        self.assertEqual((done.stdout, done.stderr), ("x" * 10, "141\n"))
        with open("trace.txt", encoding="utf-8") as f:
            self.assertRegex(f.read(), r"\+\+\+ killed by SIGPIPE \+\+\+\n$")

    def test_streams_are_the_programs(self):
        self.assertEqual(stile("trace", "-o", "/dev/null", "sh", "-c", "cat; echo e >&2; echo o",
                               stdin=subprocess.DEVNULL), (0, "o\n", "e\n"))
        done = subprocess.run([STILE, "trace", "-o", "/dev/null", "cat"], input="x" * 1000000,
                              capture_output=True, text=True, check=False, timeout=TIMEOUT)
        self.assertEqual((done.returncode, len(done.stdout)), (0, 1000000))


class Processes(InFolder):
    def setUp(self):
        """Who reads from self.silent waits until it is killed, or this test has ended."""
        super().setUp()
        self.silent, given = os.pipe()
        self.addCleanup(os.close, self.silent)
        self.addCleanup(os.close, given)

    def start(self, *words, **options):
        p = subprocess.Popen([STILE, "trace", "-o", "trace.txt", *words], stdout=subprocess.PIPE,
                             start_new_session=True, **options)
        self.addCleanup(p.stdout.close)
        self.addCleanup(p.wait)
        self.addCleanup(p.kill)
        return p

    def wait_for_end(self):
        """Of the program; what it has started may go on."""
        with open("trace.txt", "rb") as f:
            while b"exited" not in os.pread(f.fileno(), 65536, 0):
                os.sched_yield()

    def test_signals_are_passed_on(self):
        p = self.start("-e", "access,rt_sigtimedwait", sys.executable, "-c", REPORTER)
        read_until(p.stdout.fileno(), b"ready ")
        send_all_signals(self, p)

    def test_its_own_signals_do_not_come_back(self):
        # The second comes from somebody else, so it is passed on; the first would be before it.
        script = ("import os, signal\nfirst = signal.SIGRTMIN + 1; second = first + 1\n"
                  "signal.pthread_sigmask(signal.SIG_BLOCK, {first, second})\n"
                  "os.kill(0, first)\n"
                  "tracer = os.getppid()\n"
                  "if os.fork() == 0:\n    os.kill(tracer, second)\n    os._exit(0)\n"
                  "signal.sigwait({second})\nn = 0\n"
                  "while signal.sigtimedwait({first}, 0):\n    n += 1\n"
                  "os._exit(n)")
        self.assertEqual(self.start(*NONE, sys.executable, "-c", script).wait(TIMEOUT), 1)

    def test_signals_that_come_early(self):
        """None is lost: it ends us before the start (as it came at once), or else the program."""
        status, pause = 0, 1
        while status != 128 + signal.SIGTERM:
            p = self.start(*NONE, "cat", stdin=self.silent)
            for _ in range(pause):
                pass
            pause += 1 + pause // 4
            p.send_signal(signal.SIGTERM)
            status = p.wait(TIMEOUT)
            self.assertIn(status, (-signal.SIGTERM, 128 + signal.SIGTERM))

    def test_signals_at_the_start(self):
        script = ("import signal; print(sorted(map(int, signal.pthread_sigmask(0, []))), "
                  "signal.getsignal(signal.SIGUSR1), signal.getsignal(signal.SIGCHLD))")
        def disturb():
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR2})
            signal.signal(signal.SIGUSR1, signal.SIG_IGN)
            signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        p = self.start(*NONE, sys.executable, "-c", script, preexec_fn=disturb)
        self.assertEqual(p.stdout.read(), b"[12] 1 1\n")
        self.assertEqual(p.wait(TIMEOUT), 0)

    def test_stops_with_the_program(self):
        p = self.start("-e", "access", sys.executable, "-c",
                       REPORTER.replace('b"ready "', 'b"%d ready " % os.getpid()'))
        out = p.stdout.fileno()
        program = int(read_until(out, b"ready ").split()[0])
        for _ in range(2):
            os.kill(program, signal.SIGSTOP)
            pid, status = os.waitpid(p.pid, os.WUNTRACED)
            self.assertEqual((pid, os.WIFSTOPPED(status)), (p.pid, True))
            p.send_signal(signal.SIGCONT)
            self.assertEqual(read_until(out, b" "), b"SIGCONT ")
        p.send_signal(signal.SIGTERM)
        self.assertEqual(p.wait(TIMEOUT), 7)

    def test_nothing_lives_without_its_tracer(self):
        p = self.start("-e", "access", "sh", "-c",
                       f"cat <&{self.silent} & echo ready; exec cat <&{self.silent}",
                       pass_fds=[self.silent])
        read_until(p.stdout.fileno(), b"ready\n")
        p.kill()
        self.assertEqual(p.stdout.read(), b"")  # the end: nobody holds it any more

    def test_what_is_left_behind_is_waited_for(self):
        go, given = os.pipe()
        p = self.start("-f", "-e", "openat", "sh", "-c",
                       f"(read x <&{go}; cat /nowhere; exec echo late) & exec echo early",
                       pass_fds=[go], stderr=subprocess.DEVNULL)
        read_until(p.stdout.fileno(), b"early\n")
        self.wait_for_end()
        os.write(given, b"\n")
        self.assertEqual(p.stdout.read(), b"late\n")
        self.assertEqual(p.wait(TIMEOUT), 0)
        with open("trace.txt", encoding="utf-8") as f:
            self.assertRegex(f.read(), r'(?s)exited with 0 .*\] openat\(AT_FDCWD, "/nowhere"')
        os.close(go)
        os.close(given)

    def test_what_is_left_behind_ends_with_us(self):
        p = self.start(*NONE, "sh", "-c", f"cat <&{self.silent} & echo ready; exit 3",
                       pass_fds=[self.silent])
        read_until(p.stdout.fileno(), b"ready\n")
        self.wait_for_end()
        p.send_signal(signal.SIGTERM)
        self.assertEqual(p.wait(TIMEOUT), 3)
        self.assertEqual(p.stdout.read(), b"")

    def test_sandboxes_are_refused_inside(self):
        status, output, errors = stile("trace", "-o", "x", *NONE, STILE, "run", "-p", "stdio",
                                       "--", f"{PROGRAMS}/hostile", "socket")
        self.assertEqual((status, output), (125, ""))
        self.assertRegex(errors, "^stile run: ")


class OnTerminal(Terminal):
    def test_interrupted(self):
        self.type(f"{STILE} trace -o x -e read cat\n")
        self.type("hello\n")
        self.read("hello\r\n")
        self.type("\x03")
        self.read("<130>")
        with open("x", encoding="utf-8") as f:
            self.assertIn("+++ killed by SIGINT +++", f.read())

    def test_stopped_and_continued(self):
        """One process: a child of it, not stopped yet, could read what is meant for the shell."""
        program = "sh -c 'while read line; do echo $line; done; exit 9'"
        for follow in "", "-f":
            self.type(f"{STILE} trace {follow} -o x -e read -- {program}\n")
            for _ in range(2):
                self.type("hello\n")
                self.read("hello\r\n")
                self.type("\x1a")
                self.read("Stopped")
                self.read("<148>")
                self.type("fg\n")
                self.read("exit 9'\r\n")
                self.wait_until_continued()
            self.type("again\n")
            self.read("again\r\n")
            self.type("\x04")
            self.read("<9>")

    def test_a_program_that_stops_itself(self):
        self.type(f"{STILE} trace -o x -e acct -- sh -c 'kill -TSTP $$; echo ba''ck; exit 5'\n")
        self.read("Stopped")
        self.read("<148>")
        self.type("fg\n")
        self.read("back")
        self.read("<5>")


if __name__ == "__main__":
    unittest.main()
