#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The examples of supervision, run for real."""

import os
import re
import socket
import subprocess
import sys
import unittest

from test_examples import Folder, example, run

KILLED = 128 + 9  # as a shell says it


class Supervision(Folder):
    def script(self, name, *lines):
        path = self.write(name, "\n".join(["#!/bin/sh", *lines, ""]).encode())
        os.chmod(path, 0o700)
        return path

    def test_deny_with_errno(self):
        path = self.write("file", b"text")
        self.assertEqual(run(example("refusals"), "errno", path), (0, "open: Network is down\n"))

    def test_kill_on_exec(self):
        self.assertEqual(run(example("refusals"), "kill", "/bin/true"),
                         (-31, "executing /bin/true\n"))  # SIGSYS
        self.assertEqual(run(example("refusals"), "kill")[0], 2)

    def test_trace_opens(self):
        present = self.write("present", b"text\n")
        absent = f"{self.folder}/absent"
        # the shell opens the first; cat, which it starts, the second, and complains to nobody
        status, output = run(example("trace_opens"), "/bin/sh", "-c",
                             f'read line < "{present}"; cat "{absent}" 2> /dev/null; exit 3')
        lines = output.splitlines()
        self.assertEqual(status, 3, output)
        opens = [line for line in lines if re.match(r"open(at)?\(.*\)( = \d+|: [^/]*)$", line)]
        self.assertEqual(lines[-1], f"{len(opens)} opens")
        self.assertRegex(output, rf'(?m)^open(at)?\(.*"{present}".*\) = \d+$')
        self.assertRegex(output, rf'(?m)^open(at)?\(.*"{absent}".*\): No such file or directory$')

    def test_trace_opens_of_a_signalled_program(self):
        self.assertEqual(run(example("trace_opens"), "/bin/sh", "-c", "kill -9 $$")[0], KILLED)
        status, output = run(example("trace_opens"), f"{self.folder}/none")
        self.assertEqual(status, 1)
        self.assertRegex(output, r"^trace_opens: cannot run .*/none: .*No such file")

    def test_several_handlers(self):
        status, output = run(example("several_handlers"))
        self.assertEqual((status, output.splitlines()), (3, [
            "getpid: 56",
            "getuid: 999",
            "unlink: Read-only file system",
            "rmdir: Directory not empty",
            "uname: Linux, nowhere",
            "handlers ran in this process: 0"]))

    def test_time_is_three(self):
        self.assertEqual(run(example("change_calls"), "time"), (0, "time() is 3\n"))

    def test_short_writes(self):
        # printf() goes on after a short write, too
        self.assertEqual(run(example("change_calls"), "write"),
                         (0, "a text that does not fit at once\n4 writes\n"))
        self.assertEqual(run(example("change_calls"), "read")[0], 2)

    def test_zeros_for_getrandom(self):
        ask = "import os, random; print(random.randint(1, 10**9), os.getrandom(300).hex())"
        outputs = []
        for _ in range(2):
            status, output = run(example("zero_random"), sys.executable, "-c", ask)
            number, octets, calls = re.fullmatch(
                r"(\d+) ((?:00)+)\n(\d+) calls answered\n", output).groups()
            self.assertEqual((status, len(octets)), (0, 600))
            self.assertGreater(int(calls), 0)
            outputs.append(number)
        self.assertEqual(*outputs)

    def test_bad_buffers_for_getrandom(self):
        """As the kernel answers."""
        ask = ("import ctypes; c = ctypes.CDLL(None, use_errno=True)\n"
               "for address, size, flags in (1, 8, 0), (None, 8, 0), (None, 0, 0), (None, 0, 64):\n"
               "    print(c.getrandom(address, size, flags), ctypes.get_errno())")
        status, output = run(example("zero_random"), sys.executable, "-c", ask)
        self.assertEqual(status, 0, output)
        self.assertEqual(output.splitlines()[:4], ["-1 14", "-1 14", "0 14", "-1 22"])

    def test_zero_random_of_no_program(self):
        status, output = run(example("zero_random"), f"{self.folder}/none")
        self.assertEqual(status, 127)
        self.assertIn("No such file or directory", output)

    def test_exec_sandbox(self):
        script = self.script("script", 'echo "a script"')
        status, output = run(
            example("exec_sandbox"), "/bin/true", "/bin/sh", "--", "/bin/sh", "-c",
            f'/bin/true; echo "true: $?"; {script}; /bin/cat /dev/null; echo "cat: $?"; '
            "exec /bin/cat /dev/null")
        lines = [line for line in output.splitlines() if line != "Killed"]  # the shell's
        cat = os.path.realpath("/bin/cat")
        self.assertEqual((status, sorted(lines)), (KILLED, sorted([
            "true: 0", "a script", f"exec_sandbox: killed: {cat}", f"cat: {KILLED}",
            f"exec_sandbox: killed: {cat}"])), output)

    def test_exec_sandbox_and_other_ways_to_a_program(self):
        """By the loader, under another name, as a descriptor."""
        os.symlink("/bin/cat", f"{self.folder}/true")
        loader = subprocess.run(
            ["sh", "-c", "ldd /bin/cat | grep -o '/[^ ]*/ld-[^ ]*'"], stdout=subprocess.PIPE,
            text=True, check=True).stdout.strip()
        for command in (f"{self.folder}/true /dev/null", f"{loader} /bin/cat /dev/null"):
            status, output = run(example("exec_sandbox"), "/bin/true", "--", "/bin/sh", "-c",
                                 f"exec {command}")
            self.assertEqual(status, KILLED, output)
            self.assertIn("exec_sandbox: killed: /", output)
        execute = 'import os; os.execve(os.open("/bin/true", os.O_RDONLY), ["true"], {})'
        status, output = run(example("exec_sandbox"), "/bin/true", "--", sys.executable, "-c",
                             execute)
        self.assertEqual(status, 1)
        self.assertIn("exec_sandbox: refused: execveat()", output)
        self.assertIn("PermissionError", output)

    @unittest.skipIf(subprocess.run(["unshare", "-rm", "true"], stderr=subprocess.DEVNULL,
                                    check=False).returncode, "no user namespaces here")
    def test_exec_sandbox_and_a_file_in_the_place_of_another(self):
        """With mounts of its own a program can call any file /bin/true."""
        mount = 'mount --bind /bin/cat /bin/true && exec /bin/true /dev/null'
        permitted = ["/bin/true", "/bin/sh", "/usr/bin/unshare", "/bin/mount"]
        status, output = run(example("exec_sandbox"), *permitted, "--", "/usr/bin/unshare", "-rm",
                             "/bin/sh", "-c", mount)
        self.assertEqual(status, KILLED, output)
        self.assertIn("exec_sandbox: killed: /usr/bin/true", output)  # so it is called there

    def test_broker(self):
        inside = self.write("www/a/page", b"page")
        outside = self.write("secret", b"secret")
        os.symlink(outside, f"{self.folder}/www/link")
        with socket.create_server(("127.0.0.1", 0)) as one, \
                socket.create_server(("127.0.0.1", 0)) as other:
            one, other = one.getsockname()[1], other.getsockname()[1]
            www = f"{self.folder}/www"
            status, output = run(example("broker"), www, str(one), inside, outside, f"{www}/link",
                                 f"{www}/../secret", f"{www}/none", str(one), str(other))
        self.assertEqual((status, output.splitlines()), (0, [
            f"{inside}: opened, 4 bytes read",
            f"{outside}: Permission denied",
            f"{www}/link: Permission denied",
            f"{www}/../secret: Permission denied",
            f"{www}/none: No such file or directory",
            f"port {one}: connected",
            f"port {other}: Permission denied"]))


if __name__ == "__main__":
    unittest.main()
