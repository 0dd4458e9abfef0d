#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Filters as files: stile disasm, stile asm and stile simulate, and what they say of bad ones."""

import errno
import os
import pty
import re
import struct
import subprocess
import unittest

from stile_command import BUILD, STILE, TIMEOUT, TOP, InFolder, stile

ABIS = "x86_64, i386, x32, aarch64, riscv64"
RAW = "give raw instructions of 8 bytes each, as seccomp(2) takes them"
ALLOW = 0x7FFF0000
EXAMPLE = """\
        .abi x86_64
        ld [arch]
        jne x86_64, kill
        ld [nr]
        jne openat, deny
        ld [args[2]].lo     ; flags
        and #3
        jne #0, deny
        ret ALLOW
deny:   ret ERRNO(EACCES)
kill:   ret KILL_PROCESS
"""


def program(*instructions, order="="):
    return b"".join(struct.pack(f"{order}HBBI", *i) for i in instructions)


def returning(answer):
    return program((0x06, 0, 0, answer))


class Filters(InFolder):
    def put(self, name, data):
        with open(name, "wb") as f:
            f.write(data)

    def assemble(self, text, *options):
        """The bytes that `stile asm` makes of a text."""
        done = subprocess.run([STILE, "asm", *options, "-"], input=text.encode(), check=False,
                              capture_output=True, timeout=TIMEOUT)
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        return done.stdout

    def check(self, words, status, sentence, **options):
        with self.subTest(words=words):
            self.assertEqual(stile(*words, **options), (status, "", f"stile {sentence}\n"))


class Usage(Filters):
    def test_command_lines(self):
        for verb, words, sentence in (
                ("disasm", [], "give one filter: see 'stile disasm --help'"),
                ("disasm", ["a", "b"], "give one filter: see 'stile disasm --help'"),
                ("disasm", ["--abi", "arm", "a"], f"there is no ABI 'arm': give one of {ABIS}"),
                ("disasm", ["-a"], "-a needs a value: see 'stile disasm --help'"),
                ("disasm", ["-x"], "there is no option '-x': see 'stile disasm --help'"),
                ("disasm", ["--pseudo=1"], "--pseudo takes no value: see 'stile disasm --help'"),
                ("asm", [], "give one text: see 'stile asm --help'"),
                ("asm", ["a", "b"], "give one text: see 'stile asm --help'"),
                ("asm", ["-o"], "-o needs a value: see 'stile asm --help'"),
                ("asm", ["--abi", "i386"], "there is no option '--abi': see 'stile asm --help'"),
                ("simulate", [], "give a filter and a syscall: see 'stile simulate --help'"),
                ("simulate", ["a"], "give a filter and a syscall: see 'stile simulate --help'"),
                ("simulate", ["a", "--"], "give a filter and a syscall: see 'stile simulate "
                 "--help'"),
                ("simulate", ["--abi", "\x1b", "a", "read"],
                 f"there is no ABI '\\x1b': give one of {ABIS}"),
                ("simulate", ["-x"], "there is no option '-x': see 'stile simulate --help'")):
            self.check([verb, *words], 2, f"{verb}: {sentence}")

    def test_help(self):
        """Every option is in the help, the manual and the completions; every example works."""
        with open(f"{TOP}/docs/man/stile.1.scd", encoding="utf-8") as f:
            manual = f.read()
        with open(f"{BUILD}/gen/completions/stile.bash", encoding="utf-8") as f:
            completions = dict(re.findall(r"^ +(\w+)\) words='(--.*)' ;;", f.read(), re.M))
        environment = {**os.environ, "PATH": f"{BUILD}:{os.environ['PATH']}"}
        for verb in "disasm", "asm", "simulate":
            status, text, errors = stile(verb, "--help")
            self.assertEqual((status, errors), (0, ""))
            self.assertEqual(stile(verb, "-h")[1], text)
            self.assertEqual([line for line in text.splitlines() if len(line) > 90], [])
            options = re.findall(r"^  (?:-\w, |    )(--[\w-]+)", text, re.M)
            self.assertEqual(completions[verb].split(), options)
            for option in options:
                self.assertIn(f"*{option}*", manual)
            examples = re.findall(r"^    (stile (?:.*\\\n)*.*)", text, re.M)
            self.assertGreater(len(examples), 0)
            for example in examples:
                done = subprocess.run(["bash", "-euo", "pipefail", "-c", example], check=False,
                                      capture_output=True, env=environment, timeout=TIMEOUT)
                self.assertEqual((done.returncode, done.stderr), (0, b""), example)
                self.assertNotEqual(done.stdout, b"", example)

    def test_output_that_cannot_be_written(self):
        self.put("f", returning(ALLOW))
        self.put("t", b"ret ALLOW\n")
        for words in ["disasm", "f"], ["disasm", "--pseudo", "f"], ["simulate", "f", "read"], \
                ["asm", "t"]:
            with self.subTest(words=words), open("/dev/full", "w", encoding="utf-8") as full:
                status, _, errors = stile(*words, stdout=full)
                self.assertEqual(status, 1)
                self.assertIn(os.strerror(errno.ENOSPC), errors)
                self.assertEqual(errors.count("\n"), 1)


class Pipes(Filters):
    def run_script(self, script):
        done = subprocess.run(["bash", "-c", script], check=False, capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, timeout=TIMEOUT,
                              env={**os.environ, "PATH": f"{BUILD}:{os.environ['PATH']}"})
        return done.returncode, done.stdout, done.stderr

    def test_process_substitution(self):
        self.put("f", returning(ALLOW))
        for script, text in (
                ("stile simulate <(cat f) read", "ALLOW 0x7fff0000\n"),
                ("stile asm <(echo ret ALLOW) | stile simulate - read", "ALLOW 0x7fff0000\n"),
                ("stile disasm --pseudo <(cat f)", "return ALLOW;\n"),
                ("stile prove -q -p stdio <(stile compile -p stdio) && echo equal", "equal\n"),
                ("cat f | stile simulate /dev/stdin read", "ALLOW 0x7fff0000\n"),
                ("stile simulate /proc/self/fd/7 read 7< <(cat f)", "ALLOW 0x7fff0000\n"),
                ("stile simulate /dev/fd/7 read 7< f", "ALLOW 0x7fff0000\n"),
                ("mkfifo p; (cat f > p) & stile simulate /dev/fd/7 read 7< p",
                 "ALLOW 0x7fff0000\n")):
            with self.subTest(script=script):
                self.assertEqual(self.run_script(script), (0, text, ""))

    def test_others(self):
        """None of them is waited for."""
        os.mkfifo("fifo")
        no_file = "this is a FIFO, which may never end: give a file, or - for standard input"
        for name, sentence in (
                ("/dev/fd/../cwd/fifo", no_file),
                ("/proc/self/cwd/fifo", no_file),
                ("/dev/fd/9", "cannot open the filter: No such file or directory"),
                ("/dev/fd/99999999999999999999",
                 "cannot open the filter: No such file or directory")):
            self.check(["disasm", name], 1, f"disasm: {name}: {sentence}")
        # the end of a pipe into which one writes
        self.assertEqual(self.run_script("stile disasm /dev/fd/7 7> >(cat)"), (
            1, "", "stile disasm: /dev/fd/7: cannot read the filter: Bad file descriptor\n"))


class BadFilters(Filters):
    """Each bad input, by each verb that reads filters."""

    def refused(self, name, sentence, **options):
        for words in ["disasm", name], ["simulate", name, "read"]:
            subject = "standard input" if name == "-" else name
            self.check(words, 1, f"{words[0]}: {subject}: {sentence}", **options)

    def test_what_is_no_file(self):
        os.mkdir("folder")
        os.mkfifo("fifo")
        self.refused("none", "cannot open the filter: No such file or directory")
        self.refused("folder", "this is a folder: give a file, or - for standard input")
        self.refused("fifo", "this is a FIFO, which may never end: give a file, or - for standard "
                     "input")
        self.refused("/dev/zero", "this is a device: give a file, or - for standard input")
        status, _, errors = stile("disasm", "a\x1b[31m")
        self.assertEqual((status, errors), (1, "stile disasm: a\\x1b[31m: cannot open the filter: "
                                               "No such file or directory\n"))

    def test_unreadable(self):
        self.put("secret", returning(ALLOW))
        os.chmod("secret", 0)
        user = self.ordinary_user()
        for words in ["disasm", "secret"], ["simulate", "secret", "read"]:
            self.check(words, 1, f"{words[0]}: secret: cannot open the filter: Permission denied",
                       **user)

    def test_what_bytes_show(self):
        for data, sentence in (
                (b"", f"the filter is empty: {RAW}"),
                (b"\x06", "1 bytes are no whole number of instructions of 8 bytes: the last one, "
                          "at byte 0, is truncated"),
                (returning(ALLOW) + b"\x06\0\0", "11 bytes are no whole number of instructions of "
                 "8 bytes: the last one, at byte 8, is truncated"),
                (b"ret ALLOW\n", "this is text, no filter: 'stile asm' makes one of assembly"),
                (b"12345678", "this is text, no filter: 'stile asm' makes one of assembly"),
                (b"\x7fELF\2\1\1\0\0\0\0\0\0\0\0\0", f"this is an ELF file, no filter: {RAW}"),
                (b"\0" * (2 ** 20 + 8), "more than 1048576 bytes: the kernel takes 32768 at most "
                 "(4096 instructions)")):
            self.put("f", data)
            self.refused("f", sentence)
            with open("f", "rb") as f:
                self.check(["disasm", "-"], 1, f"disasm: standard input: {sentence}", stdin=f)

    def test_endless_input(self):
        with open("/dev/zero", "rb") as f:
            self.check(["disasm", "-"], 1, "disasm: standard input: more than 1048576 bytes: the "
                       "kernel takes 32768 at most (4096 instructions)", stdin=f)

    def test_wrong_byte_order(self):
        order = "big" if struct.pack("=H", 1) == b"\1\0" else "little"
        own = "little" if order == "big" else "big"
        self.put("f", program((0x20, 0, 0, 0), (0x15, 0, 1, 1), (0x06, 0, 0, ALLOW),
                              (0x06, 0, 0, 0x50001), order=">" if order == "big" else "<"))
        self.refused("f", "the filter is in the byte order of another machine: make it on a "
                     f"machine with this one's ({own}-endian)")

    def test_programs_that_the_kernel_refuses(self):
        end = (0x06, 0, 0, ALLOW)
        for instructions, where, why in (
                ([(0x28, 0, 0, 0), end], 0, "seccomp has no such instruction"),
                ([(0x20, 0, 0, 1), end], 0, "it loads no word of struct seccomp_data"),
                ([(0x20, 0, 0, 64), end], 0, "it loads no word of struct seccomp_data"),
                ([end, (0x02, 0, 0, 16), end], 1, "there is no such scratch word"),
                ([(0x60, 0, 0, 3), end], 0, "it reads a scratch word that may not have been set"),
                ([(0x34, 0, 0, 0), end], 0, "it divides by zero"),
                ([(0x64, 0, 0, 32), end], 0, "it shifts by more than 31 bits"),
                ([(0x05, 0, 0, 1), end], 0, "it jumps beyond the end"),
                ([(0x15, 0, 1, 1), end], 0, "it jumps beyond the end"),
                ([end, (0x20, 0, 0, 0)], 1, "the program does not end with a return")):
            self.put("f", program(*instructions))
            said = f"the kernel would refuse the filter: instruction {where}, at byte " \
                   f"{8 * where}: {why}"
            with self.subTest(why=why):
                self.check(["simulate", "f", "read"], 1, f"simulate: f: {said}: 'stile disasm' "
                           "shows it")
                self.check(["disasm", "--pseudo", "f"], 1, f"disasm: f: {said}")
                status, text, errors = stile("disasm", "f")
                self.assertEqual((status, errors), (1, f"stile disasm: f: {said}\n"))
                marked = [line for line in text.splitlines() if "REFUSED" in line]
                self.assertEqual(len(marked), 1)
                self.assertRegex(marked[0], rf"; +{where} .* REFUSED by the kernel: {why}$")

    def test_too_long(self):
        self.put("f", returning(ALLOW) * 4097)
        status, text, errors = stile("disasm", "f")
        self.assertEqual(status, 1)
        self.assertEqual(errors, "stile disasm: f: the kernel would refuse the filter: instruction "
                         "4096, at byte 32768: the program is longer than 4096 instructions\n")
        self.assertEqual(len(text.splitlines()), 4097)
        self.put("f", returning(ALLOW) * 4096)
        self.assertEqual(stile("disasm", "f")[::2], (0, ""))


class Disasm(Filters):
    def test_text(self):
        self.put("f", self.assemble(EXAMPLE))
        status, text, errors = stile("disasm", "f")
        self.assertEqual((status, errors), (0, ""))
        self.assertIn("  ld   [args[2]].lo              ;    4  openat: flags\n", text)
        self.assertIn("  jne  #0, L8                    ;    6  (flags & O_ACCMODE) != O_RDONLY\n",
                      text)
        with open("f", "rb") as f:
            self.assertEqual(stile("disasm", "-", stdin=f)[1], text)

    def test_pseudo_code(self):
        self.put("f", self.assemble(EXAMPLE))
        self.assertEqual(stile("disasm", "--pseudo", "f"), (0, """\
if (arch != x86_64) return KILL_PROCESS;
if (nr != openat) return ERRNO(EACCES);
if ((flags & O_ACCMODE) == O_RDONLY) return ALLOW;
return ERRNO(EACCES);
""", ""))

    def test_abi(self):
        """Whose numbers: what the filter says itself counts more."""
        self.put("f", program((0x20, 0, 0, 0), (0x15, 0, 1, 56), (0x06, 0, 0, ALLOW),
                              (0x06, 0, 0, 0)))
        for abi, name in ("aarch64", "openat"), ("x86_64", "clone"), ("i386", "mpx"):
            self.assertIn(f"nr != {name}\n", stile("disasm", "--abi", abi, "f")[1])
        self.put("f", self.assemble(EXAMPLE))
        self.assertIn("nr != openat\n", stile("disasm", "-a", "i386", "f")[1])

    def test_round_trip_of_real_filters(self):
        for words in (["stdio"], ["stdio rpath wpath cpath inet dns proc exec"]):
            done = subprocess.run([STILE, "compile", "--pledge", *words], check=True,
                                  capture_output=True, timeout=TIMEOUT)
            self.put("f", done.stdout)
            status, text, errors = stile("disasm", "f")
            self.assertEqual((status, errors), (0, ""))
            self.assertEqual(self.assemble(text), done.stdout)
            self.assertGreater(len(stile("disasm", "--pseudo", "f")[1]), 100)


class Asm(Filters):
    def test_output(self):
        self.put("t", EXAMPLE.encode())
        self.assertEqual(stile("asm", "-o", "f", "t"), (0, "", ""))
        with open("f", "rb") as f:
            self.assertEqual(f.read(), self.assemble(EXAMPLE))
        self.assertEqual(stile("asm", "--output=f2", "t"), (0, "", ""))
        self.assertEqual(os.path.getsize("f2"), 80)

    def test_reads_all_that_disasm_prints(self):
        for count in 4096, 2 ** 17:
            whole = program((0x15, 0, 0, 77)) * (count - 1) + returning(ALLOW)
            self.put("f", whole)
            self.assertEqual(self.assemble(stile("disasm", "f")[1], "--unchecked"), whole)

    def test_mistakes(self):
        self.put("f", returning(ALLOW))
        before = returning(ALLOW)
        for data, sentence in (
                (b"ret ALLOW\nlod [nr]\n",
                 "line 2: there is no instruction 'lod': did you mean 'ld'?"),
                (b"ld [nr]\n", "the kernel would refuse the filter: instruction 0: the program "
                 "does not end with a return (--unchecked writes it all the same)"),
                (b"", "the kernel would refuse the filter: instruction 0: the program is empty "
                 "(--unchecked writes it all the same)"),
                (b"; nothing\n" * 1700000, "more than 16777216 bytes of text"),
                (before, "byte 1 is NUL: this is no text; 'stile disasm' reads what 'stile asm' "
                 "writes")):
            self.put("t", data)
            self.check(["asm", "-o", "f", "t"], 1, f"asm: t: {sentence}")
            with open("f", "rb") as f:
                self.assertEqual(f.read(), before, "the file has changed")
        self.check(["asm", "none"], 1, "asm: none: cannot open the text: No such file or "
                   "directory")

    def test_unchecked(self):
        self.assertEqual(self.assemble("ld [nr]\n", "--unchecked"), program((0x20, 0, 0, 0)))
        self.assertEqual(self.assemble("", "--unchecked"), b"")

    def test_terminal(self):
        ours, its = pty.openpty()
        self.addCleanup(os.close, ours)
        self.put("t", EXAMPLE.encode())
        for words in ["asm", "t"], ["asm", "-o", "-", "t"]:
            status, _, errors = stile(*words, stdout=its)
            self.assertEqual((status, errors), (2, "stile asm: a filter is no text for a terminal: "
                             "give --output FILE, or pipe it into 'stile disasm -'\n"))
        os.close(its)


class Simulate(Filters):
    def setUp(self):
        super().setUp()
        self.put("f", self.assemble(EXAMPLE))

    def test_answers(self):
        for words, answer in (
                (["openat", "AT_FDCWD", "/etc/hostname", "O_RDONLY|O_CLOEXEC"],
                 "ALLOW 0x7fff0000"),
                (["openat", "-100", '"x"', "O_RDWR"], "ERRNO(EACCES) 0x0005000d"),
                (["openat"], "ALLOW 0x7fff0000"),
                (["257", "0", "NULL", "1"], "ERRNO(EACCES) 0x0005000d"),
                (["-1"], "ERRNO(EACCES) 0x0005000d"), (["--", "-1"], "ERRNO(EACCES) 0x0005000d"),
                (["--", "openat"], "ALLOW 0x7fff0000")):
            with self.subTest(words=words):
                self.assertEqual(stile("simulate", "--abi", "x86_64", "f", *words),
                                 (0, answer + "\n", ""))
        self.assertEqual(stile("simulate", "-a", "i386", "f", "openat"),
                         (0, "KILL_PROCESS 0x80000000\n", ""))
        self.assertEqual(stile("simulate", "--abi=x32", "f", "openat"),
                         (0, "ERRNO(EACCES) 0x0005000d\n", ""))

    def test_each_action(self):
        for value, name in ((0x80000000, "KILL_PROCESS"), (0, "KILL_THREAD"), (0x30000, "TRAP"),
                            (0x50000, "ERRNO(0)"), (0x50fff, "ERRNO(4095)"),
                            (0x7FC00000, "USER_NOTIF"), (0x7FF00003, "TRACE(3)"),
                            (0x7FFC0000, "LOG"), (ALLOW, "ALLOW"), (0x12345678, "#0x12345678")):
            self.put("f", returning(value))
            self.assertEqual(stile("simulate", "f", "read"), (0, f"{name} 0x{value:08x}\n", ""))

    def test_calls_that_no_filter_sees(self):
        for number in "335", "336":
            status, text, errors = stile("simulate", "--abi", "x86_64", "f", number)
            self.assertEqual((status, text), (0, "ERRNO(EACCES) 0x0005000d\n"))
            self.assertEqual(errors, f"stile simulate: newer kernels make call {number} of x86_64 "
                             "without asking any filter\n")
            self.assertEqual(stile("simulate", "--abi", "i386", "f", number)[2], "")

    def test_mistakes(self):
        for words, sentence in (
                (["opennat"], "there is no syscall 'opennat': did you mean 'openat'?"),
                (["openat", "AT_FDCWD", "x", "O_RDONYL"], "openat: flags: there is no constant "
                 "'O_RDONYL': did you mean 'O_RDONLY'?"),
                (["close", "1", "2"], "close: 2 arguments were given: it has 1"),
                (["close", "18446744073709551616"], "close: fd: '18446744073709551616' does not "
                 "fit into 64 bits"),
                (["close", "/etc"], "close: fd is no pointer: '/etc' cannot be passed to it"),
                (["\x1b"], "there is no syscall '\\x1b': see syscalls(2)")):
            self.check(["simulate", "-a", "x86_64", "f", *words], 1, f"simulate: {sentence}")


if __name__ == "__main__":
    unittest.main()
