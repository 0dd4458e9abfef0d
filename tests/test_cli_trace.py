#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What `stile trace` shows of programs of which it is known what they call.

(test_cli_trace_program.py: what passes through, and which status comes back.)
"""

import collections
import json
import os
import re
import shutil
import subprocess
import sys
import unittest

from stile_command import BUILD, PROGRAMS, STILE, TIMEOUT, TOP, InFolder, stile

LINE = re.compile(r"(?:\[(\d+)\] )?(\w+)\((.*)\) = (\?|0x[0-9a-f]+|-?\d+)"
                  r"(?: (E\w+) \(.*\))?(<.*>)?")
NOT_SHOWN = {"exit_group", "exit", "rt_sigreturn"}


def trace(*words, status=0, **options):
    """The lines of a trace: thread, call, arguments, result, errno; and how it ended."""
    with open("trace.txt", "w", encoding="utf-8"):
        pass
    done = stile("trace", "-o", "trace.txt", *words, **options)
    if done[0] != status:
        raise AssertionError(done)
    with open("trace.txt", encoding="utf-8") as f:
        *lines, end = f.read().splitlines()
    if "+++" not in end:
        raise AssertionError(end)
    calls = []
    for line in lines:
        match = LINE.fullmatch(line)
        if not match:
            raise AssertionError(line)
        calls.append(match.groups())
    return calls, end


def opens_of(calls, path):
    """Results of opens of a path."""
    return [(result, error) for _, name, arguments, result, error, _ in calls
            if name == "openat" and arguments.split(", ")[1] == f'"{path}"']


class Lines(InFolder):
    def setUp(self):
        super().setUp()
        self.write("text", "words\n")

    def test_arguments_and_results(self):
        for user in self.users():
            status, output, errors = stile("trace", "-e", "openat,read,close", "--", "cat", "text",
                                           "nowhere", **user)
            self.assertEqual((status, output), (1, "words\n"))
            lines = errors.splitlines()
            self.assertEqual(lines.count('openat(AT_FDCWD, "text", O_RDONLY) = 3'), 1)
            self.assertEqual(lines.count('openat(AT_FDCWD, "nowhere", O_RDONLY) = -1 ENOENT '
                                         '(No such file or directory)'), 1)
            at = lines.index('openat(AT_FDCWD, "text", O_RDONLY) = 3')
            self.assertRegex(lines[at + 1], r'^read\(3, "words\\x0a", \w+\) = 6$')
            self.assertRegex(lines[at + 2], r'^read\(3, "", \w+\) = 0$')
            self.assertEqual(lines[at + 3], "close(3) = 0")
            self.assertEqual(lines[-1], "+++ exited with 1 +++")

    def test_only_what_is_chosen(self):
        every, _ = trace("cat", "text")
        names = collections.Counter(call[1] for call in every)
        self.assertEqual(every[0][1], "execve")
        self.assertGreater(len(names), 10)
        for chosen in ("openat",), ("read", "close"), ("brk", "mmap", "munmap"), ("execve",):
            some, _ = trace("-e", ",".join(chosen), "--", "cat", "text")
            self.assertEqual(collections.Counter(call[1] for call in some),
                             {name: names[name] for name in chosen})
        rest, _ = trace("-e", "!openat", "-e", "!mmap,!execve", "--", "cat", "text")
        for name in "openat", "mmap", "execve":
            del names[name]
        self.assertEqual(collections.Counter(call[1] for call in rest), names)
        self.assertEqual(trace("-e", "acct", "--", "cat", "text"), ([], "+++ exited with 0 +++"))

    def test_grants(self):
        script = "echo x > out; read y < out; read z < /nowhere"
        def seen(*choice):
            calls, _ = trace(*choice, "--", "sh", "-c", script, status=2)
            return [re.search('"(out|/nowhere)", (O_[A-Z]+)', arguments).groups()
                    for _, name, arguments, *_ in calls
                    if name == "openat" and re.search('"out"|"/nowhere"', arguments)]
        read = [("out", "O_RDONLY"), ("/nowhere", "O_RDONLY")]
        written = [("out", "O_WRONLY")]
        self.assertEqual(seen("-e", "%system_io.open_readonly"), read)
        self.assertEqual(seen("-e", "%system_io.open_readonly,%system_io.create"),
                         written + read)
        self.assertEqual(seen("-e", "%system_io.open_readonly,%system_io.open_readonly,openat"),
                         written + read)
        self.assertEqual(seen("-e", "%system_io.create"), written)
        self.assertEqual(seen("-e", "%system_io,!openat"), [])
        self.assertEqual(seen("-e", "%system_io"), written + read)
        calls, _ = trace("-e", "%system_io.read_fd(7),execve", "cat", "text")
        self.assertEqual([call[1] for call in calls], ["execve"])
        calls, _ = trace("-e", "%processes.danger_exec,!execve", "cat", "text")
        self.assertEqual(calls, [])

    def test_all_rulesets_can_be_traced(self):
        for line in stile("rulesets")[1].splitlines():
            with self.subTest(line):
                trace("-e", f"%{line.split()[0]}", "true")

    def test_calls_beside_those_that_are_shown_do_not_fail(self):
        """openat2() does what openat() does: a sandbox would have to refuse it."""
        script = ("import ctypes\nhow = (ctypes.c_uint64 * 3)()\n"
                  "fd = ctypes.CDLL(None).syscall(437, -100, b'text', how, 24)\nassert fd >= 0")
        for choice in "openat", "%system_io.open_readonly":
            calls, _ = trace("-e", choice, sys.executable, "-c", script)
            self.assertNotIn("openat2", [call[1] for call in calls])
        # what reaches into other processes is kept from programs that somebody judges
        read = ("import ctypes, os, struct\nhere = ctypes.create_string_buffer(b'text')\n"
                "there = ctypes.create_string_buffer(4)\n"
                "parts = [struct.pack('QQ', ctypes.addressof(x), 4) for x in (there, here)]\n"
                "assert 4 == ctypes.CDLL(None).process_vm_readv(os.getpid(), parts[0], 1, "
                "parts[1], 1, 0)\n")
        trace("-e", "openat", sys.executable, "-c", read)
        calls, _ = trace("-e", "openat2", sys.executable, "-c", script)
        self.assertEqual([call[1] for call in calls], ["openat2"])

    def test_names_cannot_deceive(self):
        name = 'e\x1b[2J", O_RDONLY) = 3\n+++ <x> ä'
        self.write(name, "")
        status, _, errors = stile("trace", "-y", "-e", "openat,close", "--", "cat", name)
        self.assertEqual(status, 0)
        lines = [line for line in errors.splitlines() if "e\\x1b" in line]
        shown = f"{self.folder}/e\\x1b[2J\", O_RDONLY) = 3\\x0a+++ \\x3cx\\x3e \\xc3\\xa4"
        self.assertEqual(lines, [
            f'openat(AT_FDCWD<{self.folder}>, "e\\x1b[2J\\", O_RDONLY) = 3\\x0a+++ <x> ä", '
            f"O_RDONLY) = 3<{shown}>", f"close(3<{shown}>) = 0"])

    def test_threads(self):
        script = ("import os, threading\n"
                  "def look(i):\n    os.access(f'name{i}', 0)\n    with lock: pass\n"
                  "lock = threading.Lock()\n"
                  "threads = [threading.Thread(target=look, args=(i,)) for i in range(20)]\n"
                  "with lock:\n    [t.start() for t in threads]\n"
                  "[t.join() for t in threads]\n")
        calls, end = trace("-e", "access", "--", sys.executable, "-c", script)
        looks = {arguments.split(", ")[0]: thread for thread, _, arguments, _, error, _ in calls
                 if error == "ENOENT" and arguments.startswith('"name')}
        self.assertEqual(sorted(looks), sorted(f'"name{i}"' for i in range(20)))
        self.assertEqual(len(set(looks.values())), 20)
        self.assertRegex(end, r"^\[\d+\] \+\+\+ exited with 0 \+\+\+$")

    def test_children(self):
        script = "read x < text; (read y < text; read z < /nowhere; cat text | cat > out); cat text"
        calls, end = trace("-e", "openat", "sh", "-c", script)
        self.assertEqual(opens_of(calls, "text"), [("3", None)])
        self.assertEqual(end, "+++ exited with 0 +++")
        calls, end = trace("-f", "-e", "openat", "sh", "-c", script)
        self.assertEqual(opens_of(calls, "text"), [("3", None)] * 4)
        self.assertEqual(opens_of(calls, "/nowhere"), [("-1", "ENOENT")])
        self.assertGreaterEqual(len({call[0] for call in calls}), 4)

    def test_a_thread_that_executes_a_program(self):
        calls, _ = trace("-e", "execve", f"{PROGRAMS}/traced_target", "exec-thread", "exit", "5",
                         status=5)
        self.assertEqual([(result, arguments.split(", ")[0]) for _, _, arguments, result, _, _
                          in calls],
                         [("0", f'"{PROGRAMS}/traced_target"'), ("0", '"/proc/self/exe"')])

    def test_calls_that_never_return(self):
        script = ("import os, threading\nends = os.pipe()\nready = threading.Event()\n"
                  "def wait():\n    ready.set()\n    os.read(ends[0], 77)\n"
                  "threading.Thread(target=wait).start()\nready.wait()\n"
                  "while open(f'/proc/self/task/{os.listdir(\"/proc/self/task\")[-1]}/wchan')"
                  ".read() in ('0', ''): pass\nos._exit(3)\n")
        calls, end = trace("-e", "read", "--", sys.executable, "-c", script, status=3)
        waits = [call for call in calls if call[2].endswith(" 77")]
        self.assertEqual([call[3] for call in waits], ["?"])
        self.assertRegex(end, r"exited with 3")

    def test_calls_that_a_signal_interrupts(self):
        script = ("import os, signal\nsignal.signal(signal.SIGALRM, lambda *a: os._exit(4))\n"
                  "ends = os.pipe()\nsignal.setitimer(signal.ITIMER_REAL, 0.01)\n"
                  "os.read(ends[0], 77)\n")
        status, _, errors = stile("trace", "-e", "read", "--", sys.executable, "-c", script)
        self.assertEqual(status, 4)
        self.assertRegex(errors, r"\nread\(3, 0x[0-9a-f]+, 77\) = \? ERESTARTSYS "
                                 r"\(a signal interrupts it\)\n")

    def test_the_clock(self):
        choice = ("-e", "time,gettimeofday,clock_gettime")
        script = "import time; time.time()"
        self.assertEqual(trace(*choice, sys.executable, "-c", script)[0], [])
        self.assertNotEqual(trace("--vdso", *choice, sys.executable, "-c", script)[0], [])

    @unittest.skipUnless(os.uname().machine == "x86_64", "another ABI is not at hand")
    def test_programs_of_32_bits(self):
        calls, _ = trace("-e", "write,execve", f"{PROGRAMS}/spawn_i386")
        self.assertEqual(calls[1:], [(None, "write", '1, "ran\\x0a", 4', "4", None, None)])

    @unittest.skipUnless(shutil.which("strace"), "strace is not at hand")
    def test_as_strace_sees_it(self):
        def calls(path):
            with open(path, encoding="utf-8") as f:
                found = re.findall(r"^(\w+)\(.* = (0x[0-9a-f]+|\?|-?\d+)(?: (E\w+))?", f.read(),
                                   re.M)
            return [(name, error or (int(result, 0) if name not in NOT_THE_SAME else ""))
                    for name, result, error in found if name not in NOT_SHOWN]
        NOT_THE_SAME = ("brk", "mmap", "mremap", "getpid", "gettid", "set_tid_address")
        for words in (["ls", "-lR", f"{TOP}/cli"], ["cat", "text", "nowhere"],
                      ["find", f"{TOP}/rulesets", "-name", "b*"], ["tar", "cf", "x.tar", "text"],
                      ["env"], ["sort", "text"]):
            with self.subTest(words=words):
                for command in ["strace", "-o", "strace.txt"], [STILE, "trace", "-o", "trace.txt"]:
                    subprocess.run([*command, *words], check=False, capture_output=True,
                                   timeout=TIMEOUT)
                self.assertEqual(calls("trace.txt"), calls("strace.txt"))


class Forms(InFolder):
    WORDS = ("sh", "-c", "cat text nowhere; cat text")

    def setUp(self):
        super().setUp()
        self.write("text", "words\n")

    def test_sums(self):
        """The table has what the lines have."""
        calls, _ = trace("-f", *self.WORDS)
        stile("trace", "-f", "-c", "-o", "table", *self.WORDS)
        with open("table", encoding="utf-8") as f:
            head, _, *rows, _, total = f.read().splitlines()
        self.assertEqual(head.split(), ["%", "time", "seconds", "usecs/call", "calls", "errors",
                                        "syscall"])
        rows = [row.split() for row in rows]
        counted = {row[-1]: (int(row[3]), int(row[4]) if len(row) == 6 else 0) for row in rows}
        expected = collections.Counter(call[1] for call in calls)
        failed = collections.Counter(call[1] for call in calls if call[4])
        self.assertEqual(counted, {name: (expected[name], failed[name]) for name in expected})
        seconds = [float(row[1]) for row in rows]
        self.assertEqual(seconds, sorted(seconds, reverse=True))
        self.assertAlmostEqual(sum(seconds), float(total.split()[1]), delta=0.000002 * len(rows))
        self.assertEqual(total.split()[3:], [str(len(calls)), str(sum(failed.values())), "total"])
        self.assertEqual(stile("compile", "-p", "stdio", "-P", "table", "-o", "filter")[::2],
                         (0, ""))

    def test_json(self):
        calls, _ = trace("-e", "openat,read,close", "cat", "text", "nowhere", status=1)
        stile("trace", "--json", "-y", "-o", "json", "-e", "openat,read,close", "cat", "text",
              "nowhere")
        with open("json", encoding="utf-8") as f:
            *lines, end = [json.loads(line) for line in f]
        self.assertEqual([line["call"] for line in lines], [call[1] for call in calls])
        self.assertEqual([(str(line["result"]), line.get("errno")) for line in lines],
                         [(call[3], call[4]) for call in calls])
        self.assertEqual([", ".join(a["text"] for a in line["arguments"]) for line in lines],
                         [call[2] for call in calls])
        times = [line["time"] for line in lines]
        self.assertEqual(times, sorted(times))
        self.assertTrue(all(line["event"] == "call" and line["thread"] == end["thread"] and
                            line["duration"] > 0 for line in lines))
        mine = [line for line in lines if line["arguments"][1:] and
                line["arguments"][1]["text"] == '"text"'][0]
        self.assertEqual(mine["arguments"][0], {"name": "dirfd", "value": "0xffffffffffffff9c",
                                                "text": "AT_FDCWD", "path": self.folder})
        self.assertEqual(mine["path"], f"{self.folder}/text")
        self.assertEqual((end["event"], end["status"]), ("end", 1))
        stile("trace", "--json", "-o", "json", "-e", "acct", "sh", "-c", "kill -9 $$")
        with open("json", encoding="utf-8") as f:
            self.assertEqual(json.load(f)["signal"], 9)

    def test_json_table(self):
        stile("trace", "--json", "-c", "-o", "json", "-e", "openat,execve", "cat", "text")
        with open("json", encoding="utf-8") as f:
            *sums, total = [json.loads(line) for line in f]
        self.assertEqual({line["call"] for line in sums}, {"openat", "execve"})
        for key in "calls", "errors", "nanoseconds":
            self.assertEqual(total[key], sum(line[key] for line in sums))

    def test_help(self):
        """Every option is in the help, the manual and the completions; every example works."""
        status, text, errors = stile("trace", "--help")
        self.assertEqual((status, errors, stile("trace", "-h")[1]), (0, "", text))
        self.assertEqual([line for line in text.splitlines() if len(line) > 90], [])
        options = re.findall(r"^  (?:-\w, |    )(--[\w-]+)", text, re.M)
        with open(f"{TOP}/docs/man/stile.1.scd", encoding="utf-8") as f:
            manual = f.read().split("# STILE TRACE")[1].split("\n# ")[0]
        with open(f"{BUILD}/gen/completions/stile.bash", encoding="utf-8") as f:
            self.assertIn(f" trace) words='{' '.join(options)}' ;;", f.read())
        for option in options:
            self.assertIn(f"*{option}*", manual)
        with open(f"{TOP}/cli/trace_choice.c", encoding="utf-8") as f:
            untraceable = f.read().split("untraceable[] = {")[1].split("}")[0]
        never = manual.split("Never shown are ")[1].split("\n\n")[0]
        for name in re.findall(r'"(\w+)"', untraceable):
            self.assertIn(f"*{name}*", never)
        environment = {**os.environ, "PATH": f"{BUILD}:{os.environ['PATH']}"}
        examples = re.findall(r"^    (stile (?:.*\\\n)*.*)", text, re.M)
        self.assertEqual(len(examples), 3)
        for example in examples:
            done = subprocess.run(["sh", "-euc", example], env=environment, check=False,
                                  capture_output=True, text=True, timeout=TIMEOUT)
            self.assertEqual(done.returncode, 0, example)
            self.assertNotEqual(done.stdout, "", example)


if __name__ == "__main__":
    unittest.main()
