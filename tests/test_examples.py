#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The examples, run for real: each does its work under its grants, and is refused the rest."""

import contextlib
import glob
import os
import re
import select
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import unittest

from stile_command import BUILD, TOP, is_sanitized

SECONDS = 120  # that any program here may take
TEXT_MAX = 2048  # examples/privsep.h

# The leak checker of sanitizer builds ends a program by clone and ptrace: nothing to grant.
ENVIRONMENT = os.environ | {
    "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0"}


def example(name):
    return f"{BUILD}/examples/{name}"


def run(*command, **options):
    """Runs to the end; (status, output)."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          env=ENVIRONMENT, timeout=SECONDS, check=False, **options)
    return done.returncode, done.stdout


def curl(url, *options):
    """(HTTP status, body)"""
    done = subprocess.run(["curl", "-sS", "--noproxy", "*", "--max-time", str(SECONDS),
                           "-w", "\n%{http_code}", *options, url], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=2 * SECONDS, check=False)
    body, _, status = done.stdout.rpartition(b"\n")
    return int(status) if status.isdigit() else 0, body


def status_field(pid, name):
    """A line of /proc/PID/status."""
    with open(f"/proc/{pid}/status", encoding="utf-8") as f:
        return re.search(rf"^{name}:\t(.*)$", f.read(), re.M)[1]


class Program:
    """A program that runs while a test does; killed at the test's end, or when its time is up."""

    def __init__(self, test, *command):
        self.lines = []
        # pylint: disable-next=consider-using-with
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, text=True, env=ENVIRONMENT)
        self.pid = self.process.pid
        timer = threading.Timer(SECONDS, self.process.kill)
        timer.start()
        test.addCleanup(self.process.stdout.close)
        test.addCleanup(self.process.wait)
        test.addCleanup(self.process.kill)
        test.addCleanup(timer.cancel)

    def wait_for(self, pattern):
        """The first group of the pattern in the next line that matches."""
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))
            match = re.fullmatch(pattern, self.lines[-1])
            if match:
                return match[1]
        raise AssertionError(f"no line '{pattern}' came, but:\n" + "\n".join(self.lines))

    def end(self, number=signal.SIGTERM):
        """(status, the lines that were not read)"""
        self.process.send_signal(number)
        return self.rest()

    def rest(self):
        output = self.process.stdout.read()
        return self.process.wait(SECONDS), output


class Folder(unittest.TestCase):
    """Each test has a folder of its own."""

    def setUp(self):
        self.folder = self.enterContext(tempfile.TemporaryDirectory(prefix="stile-test-"))

    def write(self, name, data):
        path = f"{self.folder}/{name}"
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as f:
            f.write(data)
        return path


WITH_THREADS = unittest.skipIf(is_sanitized(), "the sanitizer asks for more when a thread starts")


@WITH_THREADS
class HardenedServer(Folder):
    def start(self, *options):
        self.write("www/index.html", b"hello\n")
        server = Program(self, example("hardened_server"), *options, f"{self.folder}/www")
        return server, server.wait_for(r"serving (http://127\.0\.0\.1:\d+/)")

    def test_serves_files(self):
        large = os.urandom(3 << 20)
        self.write("www/a/b/large", large)
        self.write("www/empty", b"")
        server, url = self.start()
        self.assertEqual(curl(url), (200, b"hello\n"))
        self.assertEqual(curl(url + "a/b/large"), (200, large))
        self.assertEqual(curl(url + "a//b/../b/large"), (200, large))  # curl resolves this
        self.assertEqual(curl(url + "empty"), (200, b""))
        self.assertEqual(curl(url + "none"), (404, b"no such file\n"))
        self.assertEqual(curl(url + "a/b"), (404, b"no such file\n"))
        self.assertEqual(curl(url + "index.html/x"), (404, b"no such file\n"))
        self.assertEqual(curl(url + "x" * 300), (404, b"no such file\n"))
        self.assertEqual(curl(url, "-d", "data")[0], 405)
        self.assertEqual(curl(url, "--head", "-o", os.devnull)[0], 200)
        self.assertEqual(server.end(), (0, ""))

    def test_stays_in_its_folder(self):
        secret = self.write("secret", b"secret")
        os.makedirs(f"{self.folder}/www/a")
        os.symlink(secret, f"{self.folder}/www/link")
        os.symlink("..", f"{self.folder}/www/up")
        os.mkfifo(f"{self.folder}/www/fifo")
        _, url = self.start()
        for path in ("../secret", "a/../../secret", "%2e%2e/secret", "a/..%2f../secret", "link",
                     "up/secret", "fifo", "/" + secret):
            status, body = curl(url + path, "--path-as-is")
            self.assertEqual((path, status, body), (path, 404, b"no such file\n"))

    def test_all_threads_are_in_the_sandbox(self):
        server, url = self.start()
        curl(url)
        threads = os.listdir(f"/proc/{server.pid}/task")
        self.assertEqual(len(threads), 5)  # four that serve, and one that waits for the end
        for thread in threads:
            self.assertEqual(status_field(thread, "Seccomp"), "2")
            self.assertEqual(status_field(thread, "NoNewPrivs"), "1")

    def test_names_the_grants_for_refused_calls(self):
        server, url = self.start("--try")
        self.assertEqual(curl(url)[0], 200)
        status, output = server.end()
        calls = dict(re.findall(r"^(\S.*)\n    EPERM; would be allowed by (.*)$", output, re.M))
        self.assertEqual(status, 0, output)
        self.assertEqual(len(calls), 10, output)
        grants = {call: set(names.split(", ")) for call, names in calls.items()}
        for call, needed in {
                "socket(AF_INET, SOCK_STREAM, 0)": {
                    "networking.start_tcp_client", "networking.start_tcp_server",
                    "networking.dns", "networking.danger_any_socket"},
                "connect(-1, NULL, 0)": {"networking.connect", "networking.start_tcp_client"},
                'openat(AT_FDCWD, "/dev/null", O_WRONLY)': {"system_io.open_write"},
                'execve("/bin/true", NULL, NULL)': {"processes.danger_exec"},
                "fork()": {"processes.danger_fork"},
                "ptrace(PTRACE_TRACEME)": {"process_memory.danger_trace"},
                "io_uring_setup(1, NULL)": {"io_uring.danger_use"},
                "mprotect(page, 4096, PROT_READ | PROT_EXEC)": {"memory.danger_execute"},
        }.items():
            self.assertLessEqual(needed, grants[call], call)
        # exactly, for what others let in by testing bits
        self.assertEqual(grants["socket(AF_ALG, SOCK_SEQPACKET, 0)"],
                         {"networking.danger_any_socket"})
        for call, others in grants.items():
            self.assertFalse({"system_io.open_readonly", "networking.unix_socket"} & others, call)

    def test_usage(self):
        self.assertEqual(run(example("hardened_server"))[0], 2)
        self.assertEqual(run(example("hardened_server"), "--port", "x", self.folder)[0], 2)
        status, output = run(example("hardened_server"), f"{self.folder}/none")
        self.assertEqual(status, 1)
        self.assertIn("No such file or directory", output)

    def test_interrupt(self):
        self.assertEqual(self.start()[0].end(signal.SIGINT), (0, ""))


class Privsep(Folder):
    def start(self):
        self.database = f"{self.folder}/rows.db"
        service = Program(self, example("privsep_ipc"), self.database)
        self.front_end = int(service.wait_for(r"supervisor: front end (\d+)"))
        self.worker = self.next_worker(service)
        self.url = service.wait_for(r"serving (http://127\.0\.0\.1:\d+/)")
        return service

    @staticmethod
    def next_worker(service):
        return int(service.wait_for(r"supervisor: worker (\d+) is ready"))

    def add(self, text):
        """The number of the new row."""
        path = self.write("body", text)
        status, body = curl(self.url + "rows", "--data-binary", f"@{path}")
        self.assertEqual(status, 200, body)
        return int(body)

    def get(self, row):
        return curl(f"{self.url}rows/{row}")

    @contextlib.contextmanager
    def both_end(self):
        """Front end and worker must have ended when this is left."""
        with contextlib.ExitStack() as stack:
            pidfds = [os.pidfd_open(pid) for pid in (self.front_end, self.worker)]
            for pidfd in pidfds:
                stack.callback(os.close, pidfd)
            yield
            for pidfd in pidfds:
                self.assertTrue(select.select([pidfd], [], [], SECONDS)[0])

    def test_rows(self):
        service = self.start()
        texts = [b"one", b"\0\xff'; DROP TABLE rows; --", b"", b"x" * TEXT_MAX]
        rows = [self.add(text) for text in texts]
        self.assertEqual([self.get(row) for row in rows], [(200, text) for text in texts])
        self.assertEqual(self.get(99), (404, b"no such row\n"))
        for wrong in ("x", "-1", "1x", "", "9" * 30, "1%20"):
            self.assertEqual(self.get(wrong), (400, b"rejected\n"), wrong)
        self.write("body", b"x" * (TEXT_MAX + 1))
        self.assertEqual(curl(self.url + "rows", "--data-binary", f"@{self.folder}/body"),
                         (413, b"too long\n"))
        self.assertEqual(curl(self.url), (404, b"not here\n"))
        self.assertEqual(service.end()[0], 0)
        with contextlib.closing(sqlite3.connect(self.database)) as database:
            stored = database.execute("SELECT CAST(text AS BLOB) FROM rows ORDER BY id")
            self.assertEqual([row[0] for row in stored], texts)

    def test_a_dead_worker_is_replaced(self):
        service = self.start()
        row = self.add(b"kept")
        for _ in range(3):
            dead = self.worker
            os.kill(dead, signal.SIGKILL)
            self.assertEqual(
                service.wait_for(r"supervisor: (worker \d+ was killed by signal \d+)"),
                f"worker {dead} was killed by signal 9")
            self.worker = self.next_worker(service)
            self.assertNotEqual(self.worker, dead)
            self.assertEqual(self.get(row), (200, b"kept"))
            row = self.add(b"kept")
        self.assertEqual(service.end()[0], 0)

    def test_workers_die_faster_than_they_are_used(self):
        """The front end then has channels of several dead ones before it finds the living."""
        service = self.start()
        row = self.add(b"kept")
        for _ in range(3):
            os.kill(self.worker, signal.SIGKILL)
            self.worker = self.next_worker(service)
        self.assertEqual(self.get(row), (200, b"kept"))

    def test_each_is_refused_what_the_others_may(self):
        service = self.start()
        status, report = curl(self.url + "self-test")
        self.assertEqual(status, 200)
        tried = [line for line in service.lines if line.startswith("supervisor: ")
                 and not re.search("front end|worker", line)] + report.decode().splitlines()
        self.assertEqual(tried, [
            "supervisor: socket(AF_INET, SOCK_STREAM, 0): EPERM",
            "supervisor: accept4(-1, NULL, NULL, 0): EPERM",
            "supervisor: connect(-1, NULL, 0): EPERM",
            "supervisor: kill(1, SIGTERM): EPERM",
            "supervisor: ptrace(PTRACE_TRACEME): EPERM",
            'supervisor: execve("/bin/true", NULL, NULL): EPERM',
            'front end: openat(AT_FDCWD, "/etc/passwd", O_RDONLY): EPERM',
            "front end: pwrite64(-1, NULL, 0, 0): EPERM",
            "front end: fsync(-1): EPERM",
            "front end: socket(AF_INET, SOCK_STREAM, 0): EPERM",
            "front end: connect(-1, NULL, 0): EPERM",
            "front end: fork(): EPERM",
            'front end: execve("/bin/true", NULL, NULL): EPERM',
            "worker: a message of 3 bytes: rejected",
            "worker: a message that is too long: rejected",
            "worker: a message that lies about its length: rejected",
            "worker: a message of no known kind: rejected",
            "worker: socket(AF_INET, SOCK_STREAM, 0): EPERM",
            "worker: accept4(-1, NULL, NULL, 0): EPERM",
            "worker: recvmsg(-1, NULL, 0): EPERM",
            'worker: openat(AT_FDCWD, "/etc/passwd", O_RDONLY): EPERM',
            "worker: fork(): EPERM",
            'worker: execve("/bin/true", NULL, NULL): EPERM'])
        self.assertEqual(self.get(self.add(b"still there")), (200, b"still there"))
        self.assertEqual(status_field(service.pid, "Seccomp"), "2")
        self.assertEqual(status_field(self.front_end, "Seccomp_filters"), "1")
        self.assertEqual(status_field(self.worker, "Seccomp_filters"), "3")

    def test_each_holds_no_descriptors_of_others(self):
        self.start()
        self.add(b"row")

        def held(pid, start):
            links = {os.readlink(path) for path in glob.glob(f"/proc/{pid}/fd/*")}
            return {link for link in links if link.startswith(start)}

        self.assertEqual(held(self.front_end, self.folder), set())
        self.assertEqual(held(self.worker, self.folder),
                         {self.database, f"{self.database}-journal"})
        self.assertEqual(len(held(self.worker, "socket:")), 1)
        self.assertFalse(held(self.worker, "socket:") & held(self.front_end, "socket:"))

    def test_nothing_outlives_the_end(self):
        service = self.start()
        with self.both_end():
            self.assertEqual(service.end()[0], 0)

    def test_nothing_outlives_the_front_end(self):
        service = self.start()
        with self.both_end():
            os.kill(self.front_end, signal.SIGKILL)
            self.assertEqual(service.rest()[0], 1)

    def test_nothing_outlives_a_killed_supervisor(self):
        service = self.start()
        with self.both_end():
            service.process.kill()

    def test_a_worker_that_cannot_start(self):
        status, output = run(example("privsep_ipc"), self.folder)
        self.assertEqual(status, 1)
        self.assertIn(f"worker: {self.folder}: unable to open database file", output)
        self.assertNotIn("serving", output)


class Others(Folder):
    def test_custom_ruleset(self):
        mailbox = self.write("mailbox", b"old mail\n")
        status, output = run(example("custom_ruleset"), mailbox)
        overlap, *lines = output.splitlines()
        self.assertEqual(status, 0, output)
        self.assertRegex(overlap, r"^overlap: .*first_lines.*pread64.*system_io\.read")
        self.assertEqual([re.split(" {2,}", line) for line in lines], [
            ["flock(fd, LOCK_EX)", "runs"],
            ["write(fd, mail, strlen(mail))", "runs"],
            ["fdatasync(fd)", "runs"],
            ["flock(fd, LOCK_UN)", "runs"],
            ["pread(fd, line, LINE, 0)", "runs"],
            ["lseek(fd, 0, SEEK_END)", "runs"],
            ["pread(fd, line, 2 * LINE, 0)", "Operation not permitted"],
            ["pread(fd, line, LINE, 2048)", "Operation not permitted"],
            ["pread(STDIN_FILENO, line, LINE, 0)", "Operation not permitted"],
            ["read(fd, line, LINE)", "Operation not permitted"],
            ["lseek(fd, 0, SEEK_SET)", "Operation not permitted"],
            ["ftruncate(fd, 0)", "Operation not permitted"],
            ["fcntl(fd, F_SETFL, 0)", "Operation not permitted"],
            ["open(argv[1], O_WRONLY | O_TRUNC)", "Operation not permitted"]])
        with open(mailbox, "rb") as f:
            self.assertEqual(f.read(), b"old mail\nFrom: somebody\n")

    def test_tests_in_the_rules_file(self):
        status, output = run(example("mailbox_test"))
        self.assertEqual((status, output), (0, "mailbox: 0 of 10 tests failed\n"))

    @WITH_THREADS
    def test_threads_and_time(self):
        status, output = run(example("threads_and_time"))
        self.assertEqual(status, 0, output)
        self.assertEqual(re.sub(r"\d+ ns", "N ns", output).splitlines(), [
            "clone3(): Function not implemented",
            "4 threads added up to 4000",
            "fork(): Operation not permitted",
            "slept at least 5 ms: yes",
            "clock_getres() as a system call: Operation not permitted",
            "clock_getres() by the vDSO: N ns",
            "clock_settime(): Operation not permitted",
            "the timer sent its signal: yes",
            "timerfd_create(): Operation not permitted"])

    @WITH_THREADS
    def test_demo(self):
        status, output = run(sys.executable, "examples/demo.py", "--build", BUILD, cwd=TOP)
        self.assertEqual(status, 0, output)
        self.assertIn("Hello from inside the sandbox", output)
        self.assertIn("10 of 10 calls refused", output)

    def test_demo_leaves_nothing_behind(self):
        os.environ["TMPDIR"] = self.folder
        self.addCleanup(os.environ.pop, "TMPDIR")
        done = subprocess.run([sys.executable, "-B", "examples/demo.py", "--build", self.folder],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=TOP,
                              timeout=SECONDS, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stdout, r"demo: .*No such file[^\n]*\ndemo: FAILED")
        self.assertEqual(os.listdir(self.folder), [])


if __name__ == "__main__":
    unittest.main()
