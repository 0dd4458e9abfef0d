#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""stile check, and what is said of policy files that cannot be read."""

import os
import socket
import unittest

from policy_command import SIMPLE, Policies, program
from stile_command import stile

ALLOW = 0x7FFF0000


class Files(Policies):
    """Bad files: the same sentences whatever the verb is."""

    def check(self, words, errors, **options):
        self.refuse(["check", *words], 1, errors, **options)

    def test_good(self):
        self.put("a.json", SIMPLE)
        self.put("b.bpf", program((0x06, 0, 0, ALLOW)))
        self.assertEqual(self.succeed("check", "a.json", "b.bpf", "pledge:stdio"), "")
        self.assertEqual(self.succeed("check", "-p", "stdio", "a.json"), "")
        self.assertEqual(self.succeed("check", "-", input=SIMPLE, stdin=None), "")

    def test_no_files(self):
        os.mkdir("folder")
        os.mkfifo("fifo")
        with socket.socket(socket.AF_UNIX) as s:
            s.bind("socket")
        os.symlink("loop", "loop")
        cannot = "cannot open the policy"
        give = "give a file, or - for standard input"
        for name, sentence in (
                ("none", f"none: {cannot}: No such file or directory"),
                ("n\x1b\n", f"n\\x1b\\x0a: {cannot}: No such file or directory"),
                ("", "the name of the policy is empty"),
                ("loop", f"loop: {cannot}: Too many levels of symbolic links"),
                ("folder", f"folder: this is a folder: {give}"),
                ("fifo", f"fifo: this is a FIFO, which may never end: {give}"),
                ("socket", f"socket: {cannot}: No such device or address"),
                ("/dev/zero", f"/dev/zero: this is a device: {give}")):
            self.check([name], f"stile check: {sentence}\n")

    def test_unreadable(self):
        user = self.ordinary_user()
        self.put("a.json", SIMPLE)
        os.chmod("a.json", 0)
        self.check(["a.json"], "stile check: a.json: cannot open the policy: Permission denied\n",
                   **user)

    def test_bytes(self):
        for data, sentence in (
                (b"", "f: found an empty file, expected a policy"),
                (b" " * ((1 << 20) + 1), "f: more than 1048576 bytes: no policy has so many")):
            self.put("f", data)
            self.check(["f"], f"stile check: {sentence}\n")

    def test_unknown_formats(self):
        for data in b"\x7fELF\1", b"\x89PNG\r\n\x1a\n\x00", b"\xff\xfe{\0}\0":
            self.put("f", data)
            status, output, errors = stile("check", "f")
            self.assertEqual((status, output), (1, ""))
            self.assertRegex(errors, r"^stile check: f: the policy has no format that can be told "
                             r"by its looks: give --from, one of bpf(, [a-z-]+)*\n$")

    def test_filters(self):
        for data, sentence in (
                (b"12345678\0", "9 bytes are no whole number of instructions of 8 bytes, as "
                 "seccomp(2) takes them"),
                (program((0x20, 0, 0, 0)), "the kernel would refuse the filter: instruction 0, at "
                 "byte 0: the program does not end with a return: 'stile disasm' shows it"),
                (program((0x20, 0, 0, 9), (0x06, 0, 0, 0)), "the kernel would refuse the filter: "
                 "instruction 0, at byte 0: it loads a word that is not in struct seccomp_data: "
                 "'stile disasm' shows it"),
                (program((0x20, 0, 0, 8), (0x15, 0, 1, 3), (0x06, 0, 0, 0), (0x06, 0, 0, ALLOW)),
                 "the filter cannot be said as rules: it asks where the call comes from (the "
                 "instruction pointer); 'stile disasm' shows what it does")):
            self.put("f", data)
            status, output, errors = stile("check", "--from", "bpf", "f")
            self.assertEqual((status, output), (1, ""))
            self.assertTrue(errors.startswith("f: error: "), errors)
            if "loads a word" not in sentence:
                self.assertEqual(errors, f"f: error: {sentence}\n")

    def test_places(self):
        """Each fault is a line with its place; names in it are neutralised."""
        self.put("bad\x1b.json", """\
{
    "defaultAction": "SCMP_ACT_ERRNO",
    "syscalls": [
        {"names": ["read"], "action": "SCMP_ACT_AL\\u001bLOW"}
    ]
}
""")
        status, output, errors = stile("check", "bad\x1b.json")
        self.assertEqual((status, output), (1, ""))
        self.assertRegex(errors, r"^bad\\x1b\.json:4:\d+: error: [ -~]*SCMP_ACT_AL\\x1bLOW"
                         r"[ -~]*\n$")
        status, output, other = stile("diff", "bad\x1b.json", "pledge:stdio")
        self.assertEqual((status, output), (4, ""))
        self.assertEqual(other, errors + "stile diff: bad\\x1b.json: this is not read as a policy "
                         "of format oci\n")

    def test_nul(self):
        self.put("f", '{"defaultAction": "SCMP_ACT_ERRNO\0"}')
        status, output, errors = stile("check", "--from", "oci", "f")
        self.assertEqual((status, output), (1, ""))
        self.assertRegex(errors, r"^f:1:\d+: error: [ -~]*NUL[ -~]*\n")

    def test_all_are_read(self):
        self.put("a.json", SIMPLE)
        self.check(["none", "a.json", "nope"],
                   "stile check: none: cannot open the policy: No such file or directory\n"
                   "stile check: nope: cannot open the policy: No such file or directory\n")

    def test_all_are_read_by_verbs_that_take_two(self):
        self.put("blank", "\n \t\n")
        for verb, status in ("diff", 4), ("merge", 1):
            self.refuse([verb, "none", "blank"], status,
                        f"stile {verb}: none: cannot open the policy: No such file or directory\n"
                        f"stile {verb}: blank: the policy is empty: white space is all\n")

    def test_input_once(self):
        self.refuse(["check", "-", "-"], 1, "stile check: standard input can be read once only\n",
                  input=SIMPLE, stdin=None)

    def test_written_by_others(self):
        self.put("a.json", SIMPLE)
        for mode in 0o664, 0o646:
            os.chmod("a.json", mode)
            self.assertEqual(stile("check", "a.json"),
                             (0, "", "a.json: warning: others than its owner can write this file, "
                              "and so decide what is refused: take that from them (chmod go-w)\n"))
        os.chmod("a.json", 0o644)
        self.assertEqual(stile("check", "a.json"), (0, "", ""))

    def check_folders(self, path, what, mending):
        """What is said of the folders on the way to a policy that has no fault."""
        said = (f"{path}: warning: {what} folders on the way to this file, and so can put another "
                f"in its place: {mending}\n" if what else "")
        with self.subTest(path=path):
            self.assertEqual(stile("check", path), (0, "", said))

    def test_folders_that_others_can_write(self):
        here = os.getcwd()
        writers = "others than their owner can write"
        mending = "take that from them (chmod go-w {})"
        os.makedirs("a/it's")
        os.makedirs("b")
        for folder in "a/it's", "a", "b":
            self.put(f"{folder}/p.json", SIMPLE)
        self.check_folders("a/p.json", None, None)
        os.chmod("a", 0o1777)  # others may put files there, but not in the place of ours
        self.check_folders("a/p.json", None, None)
        for mode in 0o770, 0o707:
            os.chmod("a", mode)
            self.check_folders("a/p.json", writers, mending.format(f"{here}/a"))
        os.chmod("a/it's", 0o770)
        both = mending.format(f"{here}/a '{here}/a/it'\\''s'")
        self.check_folders("a/it's/p.json", writers, both)
        self.check_folders("b/.././a//it's/p.json", writers, both)
        self.check_folders("b/p.json", None, None)
        with open("a/p.json", encoding="utf-8") as f:
            self.succeed("check", "-", stdin=f)
            self.succeed("check", "/dev/stdin", stdin=f)

    def test_folders_behind_links(self):
        """Where the links are counts, too; and a loop of links is no place at all."""
        here = os.getcwd()
        os.mkdir("open")
        os.mkdir("shut")
        self.put("shut/p.json", SIMPLE)
        os.symlink(f"{here}/shut", "open/way")
        os.symlink("open/way/../shut/p.json", "link")
        os.symlink("loop", "loop")
        os.chmod("open", 0o777)
        self.check_folders("link", "others than their owner can write",
                           f"take that from them (chmod go-w {here}/open)")
        self.refuse(["check", "loop"], 1, "stile check: loop: cannot open the policy: Too many "
                    "levels of symbolic links\n")

    @unittest.skipIf(os.geteuid(), "only root may give files away")
    def test_folders_of_another_user(self):
        here = os.getcwd()
        os.mkdir("theirs")
        self.put("theirs/p.json", SIMPLE)
        os.symlink("theirs/p.json", "link")
        os.chown("theirs", 65534, 65534)
        own = "own them, or let root own them (chown root {})"
        self.check_folders("theirs/p.json", "another user owns", own.format(f"{here}/theirs"))
        os.chown("theirs", 0, 0)
        os.chown("link", 65534, 65534, follow_symlinks=False)
        self.check_folders("theirs/p.json", None, None)
        self.check_folders("link", "another user owns", own.format(f"{here}/link"))
        os.chmod(here, 0o755)  # nobody can replace it any more
        self.check_folders("link", None, None)

    def test_too_long(self):
        """A policy of which there is no filter is a fault."""
        self.oci("a.json", [("openat", "ALLOW",
                             {"index": i, "value": value * 0x100000005, "op": "SCMP_CMP_EQ"})
                            for i in range(4) for value in range(1, 500)])
        status, output, errors = stile("check", "a.json")
        self.assertEqual((status, output), (1, ""))
        self.assertRegex(errors, r"^stile check: a\.json: [ -~]+\n$")


class Within(Policies):
    def test_within(self):
        self.put("base.json", SIMPLE)
        self.oci("less.json", [("read", "ALLOW")], default="SCMP_ACT_KILL_PROCESS")
        self.assertEqual(self.succeed("check", "--within", "base.json", "less.json",
                                      "base.json"), "")
        self.assertEqual(self.succeed("check", "-w", "pledge:stdio rpath", "pledge:stdio"), "")

    def test_not_within(self):
        self.put("base.json", SIMPLE)
        self.oci("more.json", [("read", "ALLOW"), ("getpid", "ALLOW"),
                               ("socket", "ALLOW", {"index": 0, "value": 2,
                                                    "op": "SCMP_CMP_EQ"})])
        self.refuse(["check", "--within", "base.json", "more.json"], 1,
                  "stile check: more.json: getpid() on x86_64: fail with EPERM (the default) "
                  "became allow (more.json:3)\n"
                  "stile check: more.json: socket(AF_INET, 0, 0) on x86_64: fail with EPERM (the "
                  "default) became allow (more.json:4)\n")

    def test_foreign_abis(self):
        """What a policy says of other ABIs is held against the base too."""
        self.put("all.bpf", program((0x06, 0, 0, ALLOW)))
        status, output, errors = stile("check", "-w", "pledge:stdio", "all.bpf")
        self.assertEqual((status, output), (1, ""))
        self.assertIn(" on i386 (so are all calls by this ABI", errors)

    def test_usage(self):
        for words, status, sentence in (
                ([], 2, "no policy is given: see 'stile check --help'"),
                (["-w"], 2, "-w needs a value: see 'stile check --help'"),
                (["-x"], 2, "there is no option '-x': see 'stile check --help'"),
                (["-w", "none", "pledge:stdio"], 4,
                 "none: cannot open the policy: No such file or directory")):
            self.refuse(["check", *words], status, f"stile check: {sentence}\n")


if __name__ == "__main__":
    unittest.main()
