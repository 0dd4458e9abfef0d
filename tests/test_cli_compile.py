#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""stile compile: formats, files, wrong command lines.

(test_cli_profile.py: --profile; test_compiled.py: what it makes, in use;
test_cli_prove.py: stile prove.)
"""

import errno
import json
import os
import pty
import resource
import shutil
import signal
import socket
import stat
import struct
import subprocess
import unittest

from stile_command import STILE, TIMEOUT, InFolder, stile

GRANTS = ["--pledge", "stdio rpath"]
HELP = "see 'stile compile --help'"


def compiled(*words, **options):
    """What `stile compile` prints, as bytes."""
    done = subprocess.run([STILE, "compile", *words], check=False, timeout=TIMEOUT,
                          stdin=subprocess.DEVNULL, capture_output=True, **options)
    if done.returncode:
        raise AssertionError(done.stderr.decode())
    return done.stdout


def as_json(*words):
    return json.loads(compiled(*words, "--format", "json"))


class Formats(InFolder):
    def test_raw_instructions(self):
        data = compiled(*GRANTS)
        self.assertEqual(len(data) % 8, 0)
        self.assertEqual(data, compiled(*GRANTS, "-f", "bpf"))
        instructions = [list(entry) for entry in struct.iter_unpack("=HBBI", data)]
        self.assertEqual(instructions, as_json(*GRANTS)["instructions"])

    def test_json(self):
        text = as_json("-g", "system_io.write_fd(3)", "-p", " rpath  exec", "--abi",
                       "x86_64,aarch64")
        self.assertEqual(sorted(text), ["abis", "count", "filter_hash", "grants", "instructions",
                                        "policy_hash", "proof"])
        self.assertEqual(text["abis"], ["x86_64", "aarch64"])
        self.assertEqual(text["grants"],
                         ["system_io.write_fd(3)", "pledge.rpath", "pledge.danger_exec"])
        self.assertEqual(text["count"], len(text["instructions"]))
        self.assertEqual(text["proof"]["verdict"], "equal")
        self.assertGreater(text["proof"]["paths"], 1)
        for name in "policy_hash", "filter_hash":
            self.assertRegex(text[name], "^0x[0-9a-f]{16}$")
        # the grants that are listed are the grants
        words = [word for grant in text["grants"] for word in ("-g", grant)]
        again = as_json(*words, "--abi", "aarch64,x86_64")
        self.assertEqual(again["policy_hash"], text["policy_hash"])

    def test_hash_of_the_policy(self):
        one = as_json("-g", "system_io.read_fd(3)", "-g", "system_io.stdout")
        two = as_json("-g", "system_io.stdout", "-g", "system_io.read_fd(3)")
        self.assertEqual(one["policy_hash"], two["policy_hash"])
        for words in (["-g", "system_io.read_fd(4)", "-g", "system_io.stdout"],
                      ["-g", "system_io.read_fd(3)", "-g", "system_io.stdout", "-d", "kill"],
                      ["-g", "system_io.read_fd(3)", "-g", "system_io.stdout", "-b", "5.10"]):
            other = as_json(*words)
            self.assertNotEqual(one["policy_hash"], other["policy_hash"], words)
            self.assertNotEqual(one["filter_hash"], other["filter_hash"], words)

    def test_names_of_errors(self):
        """Also those that are second names of others."""
        for name in "EAGAIN", "EWOULDBLOCK", "ENOTSUP", "EOPNOTSUPP", "EDEADLOCK", "EACCES":
            words = ["-g", "random.read", "-d"]
            self.assertEqual(as_json(*words, f"errno={name}")["filter_hash"],
                             as_json(*words, f"errno={getattr(errno, name)}")["filter_hash"])

    def test_back_ends(self):
        own, other = (as_json(*GRANTS, "--backend", name) for name in ("own", "libseccomp"))
        self.assertEqual(own, as_json(*GRANTS))
        self.assertEqual(own["policy_hash"], other["policy_hash"])
        self.assertNotEqual(own["filter_hash"], other["filter_hash"])
        self.assertLess(own["count"], other["count"])

    def test_pseudo_code(self):
        text = compiled(*GRANTS, "--format", "pfc").decode()
        self.assertIn("openat", text)
        self.assertIn("x86_64" if os.uname().machine == "x86_64" else os.uname().machine, text)

    def test_abis(self):
        for abi in "x86_64", "i386", "x32", "aarch64", "riscv64", "x86_64,x32,i386":
            text = as_json(*GRANTS, "--abi", abi)
            self.assertEqual(text["abis"], abi.split(","))
            self.assertEqual(text["proof"]["verdict"], "equal")
        # ABIs come first, wherever they stand
        self.assertEqual(compiled("-a", "i386", *GRANTS), compiled(*GRANTS, "-a", "i386"))

    def test_same_output_every_time(self):
        """No dates, no paths: whoever makes it, wherever."""
        with open("counts", "w", encoding="utf-8") as f:
            f.write("openat 1000\n")
        os.mkdir("elsewhere")
        shutil.copy("counts", "elsewhere/other_name")
        for form in "bpf", "c", "json", "pfc":
            here = compiled(*GRANTS, "-f", form, "-P", "counts", "-o", "-")
            there = compiled(*GRANTS, "-f", form, "-P", f"{self.folder}/elsewhere/other_name",
                             cwd="elsewhere", env={"PATH": "/nowhere", "TZ": "UTC+5"})
            self.assertEqual(here, there)
            self.assertEqual(stile("compile", *GRANTS, "-f", form, "-P", "counts", "-o",
                                   "elsewhere/file"), (0, "", ""))
            with open("elsewhere/file", "rb") as f:
                self.assertEqual(f.read(), here)
            self.assertNotIn(self.folder.encode(), here)


class Files(InFolder):
    def compile(self, *words, **options):
        return stile("compile", *GRANTS, *words, **options)

    def only(self, *names):
        self.assertEqual(sorted(os.listdir()), sorted(names))

    def test_mode(self):
        for mask, mode in (0o022, 0o644), (0o077, 0o600), (0, 0o644), (0o777, 0):
            with self.subTest(mask=oct(mask)):
                if os.path.exists("f"):
                    os.unlink("f")
                self.assertEqual(self.compile("-o", "f", preexec_fn=lambda m=mask: os.umask(m)),
                                 (0, "", ""))
                self.assertEqual(stat.S_IMODE(os.stat("f").st_mode), mode)
                self.only("f")

    def test_mode_of_a_file_that_is_replaced(self):
        """Nobody may do more with the new file than with the old one."""
        for mask, old, mode in ((0o022, 0o600, 0o600), (0o022, 0o755, 0o644), (0, 0o666, 0o644),
                                (0o077, 0o644, 0o600), (0, 0o440, 0o440), (0, 0, 0)):
            with self.subTest(mask=oct(mask), old=oct(old)):
                self.write("f", "old", 0o600)
                os.chmod("f", old)
                self.assertEqual(self.compile("-o", "f", preexec_fn=lambda m=mask: os.umask(m)),
                                 (0, "", ""))
                self.assertEqual(stat.S_IMODE(os.stat("f").st_mode), mode)
                os.unlink("f")
        self.only()

    def test_nothing_is_left_of_a_signal(self):
        """It ends in the middle of the writing."""
        try:
            os.close(os.open(".", os.O_TMPFILE | os.O_WRONLY))
        except OSError as error:
            self.skipTest(f"no files without a name here: {error}")
        self.write("f", "old")

        def limit():
            signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))

        self.assertEqual(self.compile("-o", "f", preexec_fn=limit), (-signal.SIGXFSZ, "", ""))
        self.only("f")
        with open("f", encoding="utf-8") as f:
            self.assertEqual(f.read(), "old")

    def test_replaces_in_one_step(self):
        self.write("f", "old", 0o755)
        with open("f", encoding="utf-8") as old:
            self.assertEqual(self.compile("-o", f"{self.folder}/f"), (0, "", ""))
            self.assertEqual(old.read(), "old")  # who reads it has all of it
        with open("f", "rb") as f:
            self.assertEqual(f.read(), compiled(*GRANTS))
        self.only("f")

    def test_nothing_is_left_of_a_failure(self):
        """The disk is full in the middle: a limit of the size of files stands for that."""
        self.write("f", "old")

        def limit():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))

        for form in "bpf", "c", "json", "pfc":
            with self.subTest(form=form):
                self.assertEqual(self.compile("-o", "f", "-f", form, preexec_fn=limit), (
                    1, "", "stile compile: f: cannot be written: File too large\n"))
                self.only("f")
        self.assertEqual(stile("compile", *GRANTS, "-o", "f", "-g", "system_io.stdout")[0], 2)
        with open("f", encoding="utf-8") as f:
            self.assertEqual(f.read(), "old")
        self.only("f")

    def test_standard_output_is_full(self):
        for form in "bpf", "c", "json", "pfc":
            with open("/dev/full", "w", encoding="utf-8") as full:
                status, _, errors = self.compile("-f", form, stdout=full)
            self.assertEqual((status, errors), (
                1, "stile: cannot write the output: No space left on device\n"))

    def test_only_files_are_replaced(self):
        # Never a real device: root would lose it if the check were broken.
        os.mkdir("folder")
        os.mkfifo("fifo")
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind("socket")
        self.write("file", "old")
        os.symlink("file", "link")
        os.symlink("nowhere", "dangling")
        what = "give the name of a file, or no --output for standard output"
        for name, sentence in (
                ("folder", f"folder: is a folder: {what}"),
                ("fifo", f"fifo: is no ordinary file: {what}"),
                ("socket", f"socket: is no ordinary file: {what}"),
                ("link", f"link: is a symbolic link: {what}"),
                ("dangling", f"dangling: is a symbolic link: {what}"),
                ("file/x", "file/x: Not a directory"),
                ("nowhere/x", "nowhere/x: cannot be written: No such file or directory"),
                ("x" * 300, f"{'x' * 256}... (44 bytes more): File name too long"),
                ("n\x1b/x", "n\\x1b/x: cannot be written: No such file or directory"),
                ("", "the name of the output is empty")):
            with self.subTest(name=name):
                self.assertEqual(self.compile("-o", name), (
                    2 if not name else 1, "", f"stile compile: {sentence}\n"))
                self.only("folder", "fifo", "socket", "file", "link", "dangling")
        with open("file", encoding="utf-8") as f:
            self.assertEqual(f.read(), "old")

    def test_folder_that_is_not_ours(self):
        user = self.ordinary_user()
        os.mkdir("closed", 0o555)
        self.assertEqual(self.compile("-o", "closed/f", **user), (
            1, "", "stile compile: closed/f: cannot be written: Permission denied\n"))

    def test_no_raw_bytes_for_a_terminal(self):
        controller, terminal = pty.openpty()
        self.addCleanup(os.close, controller)
        for words in [], ["-o", "-"]:
            status, _, errors = self.compile(*words, stdout=terminal)
            self.assertEqual((status, errors), (
                2, "stile compile: raw instructions are not for a terminal: give --output FILE, "
                "or --format pfc to read them\n"))
        self.assertEqual(self.compile("-o", "f", stdout=terminal)[0], 0)
        os.close(terminal)


class Errors(InFolder):
    def check(self, words, sentence, status=2):
        with self.subTest(words=words):
            self.assertEqual(stile("compile", *words),
                             (status, "", f"stile compile: {sentence}\n"))

    def test_options(self):
        nothing = ("nothing is granted: give --grant or --pledge, e.g. --pledge 'stdio rpath' "
                   "('stile rulesets' lists what there is to grant), or --policy")
        abis = "give one of x86_64, i386, x32, aarch64, riscv64"
        for words, sentence in (
                ([], nothing),
                (["-d", "kill"], nothing),
                (["--nope"], f"there is no option '--nope': {HELP}"),
                (["-z"], f"there is no option '-z': {HELP}"),
                (["-l"], f"there is no option '-l': {HELP}"),
                (["-:"], f"there is no option '-:': {HELP}"),
                (["--abi"], f"--abi needs a value: {HELP}"),
                (["--help=x"], f"--help takes no value: {HELP}"),
                ([*GRANTS, "cat"], f"cat: is no option: {HELP}"),
                ([*GRANTS, "--", "\x1b"], f"\\x1b: is no option: {HELP}"),
                ([*GRANTS, "-f", "elf"], "--format 'elf': give bpf, c, pfc or json"),
                ([*GRANTS, "-f", ""], "--format '': give bpf, c, pfc or json"),
                ([*GRANTS, "-f", "JSON"], "--format 'JSON': give bpf, c, pfc or json"),
                ([*GRANTS, "-B", "gcc"], "--backend 'gcc': give own or libseccomp"),
                ([*GRANTS, "-a", "mips"], f"there is no ABI 'mips': {abis}"),
                ([*GRANTS, "-a", ""], f"there is no ABI '': {abis}"),
                ([*GRANTS, "-a", "x86"], f"there is no ABI 'x86': {abis}"),
                ([*GRANTS, "-a", "x" * 70], f"there is no ABI '{'x' * 64}': {abis}"),
                ([*GRANTS, "-a", "x86_64,"], f"there is no ABI '': {abis}"),
                ([*GRANTS, "-a", "x86_64,,i386"], f"there is no ABI '': {abis}"),
                ([*GRANTS, "-a", "x86_64,i386,x86_64"],
                 "--abi: x86_64 stands there twice: give each ABI once"),
                ([*GRANTS, "-a", "x86_64,i386,x32,aarch64,riscv64,x32"],
                 "--abi: x32 stands there twice: give each ABI once"),
                ([*GRANTS, "-n", "x"], "--name is for --format c alone"),
                (["-g", "nope.read"], "nope.read: there is no ruleset 'nope': see "
                 "stile-rulesets(7)"),
                (["-p", "stdio rpaht"],
                 "pledge: there is no word 'rpaht': did you mean 'rpath'?"),
                ([*GRANTS, "-d", "allow"], "--default 'allow': give errno=NAME or errno=NUMBER, "
                 "e.g. errno=EACCES, or trap, kill-thread, kill"),
                ([*GRANTS, "-b", "99.1"],
                 "baseline 99.1: the newest kernel that the table knows is 6.18")):
            self.check(words, sentence)
        self.assertEqual(os.listdir(), [])

    def test_grants_that_cannot_stand_together(self):
        status, output, errors = stile("compile", "-p", "stdio", "-g", "system_io.stdout")
        self.assertEqual((status, output), (2, ""))
        self.assertIn("drop one of the two", errors)


if __name__ == "__main__":
    unittest.main()
