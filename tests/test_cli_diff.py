#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""stile diff, merge, intersect and minus: policies by what they mean."""

import json
import os
import subprocess
import unittest

from policy_command import SIMPLE, Policies
from stile_command import STILE, TIMEOUT, stile

FAMILY = {"index": 0, "value": 1, "op": "SCMP_CMP_EQ"}


class Diff(Policies):
    def setUp(self):
        super().setUp()
        self.oci("a.json", [("read", "ALLOW"), ("getpid", "ALLOW"), ("openat", "KILL_PROCESS"),
                            ("socket", "ALLOW", FAMILY)])
        self.oci("b.json", [("read", "ALLOW"), ("getuid", "ALLOW"), ("openat", "LOG"),
                            ("socket", "ALLOW"), ("unlink", "KILL_PROCESS")])

    def test_differences(self):
        status, output, errors = stile("diff", "a.json", "b.json")
        self.assertEqual((status, errors), (1, ""))
        self.assertEqual(output, """\
wider: fail with EPERM -> allow
  + getuid() on x86_64  # the default -> b.json:3
  + socket(AF_UNSPEC, 0, 0) on x86_64  # the default -> b.json:5
wider: kill the process -> log
  + openat(0, NULL, O_RDONLY, 0) on x86_64  # a.json:4 -> b.json:4
narrower: allow -> fail with EPERM
  - getpid() on x86_64  # a.json:3 -> the default
changed: fail with EPERM -> kill the process
  ~ unlink(NULL) on x86_64  # the default -> b.json:6
""")
        self.assertEqual(stile("diff", "--quiet", "a.json", "b.json"), (1, "", ""))

    def test_equal(self):
        for words in (["a.json", "a.json"], ["pledge:stdio rpath", "pledge:rpath stdio"],
                      ["-p", "stdio", "pledge:stdio"]):
            self.assertEqual(self.succeed("diff", *words), "")

    def test_text_does_not_matter(self):
        self.put("one.json", SIMPLE)
        self.put("other.json", SIMPLE.replace('"read", "write"', '"write",\n\n"read"'))
        self.assertEqual(self.succeed("diff", "one.json", "other.json"), "")

    def test_abis_together(self):
        abis = ["SCMP_ARCH_X86_64", "SCMP_ARCH_X32"]
        self.oci("c.json", [("read", "ALLOW")], architectures=abis)
        self.oci("d.json", [("read", "ALLOW"), ("getuid", "ALLOW")], architectures=abis)
        self.assertEqual(stile("diff", "c.json", "d.json")[1],
                         "wider: fail with EPERM -> allow\n"
                         "  + getuid() on x86_64, x32  # the default -> d.json:3\n")

    def test_json(self):
        status, output, errors = stile("diff", "--json", "a.json", "b.json")
        self.assertEqual((status, errors), (1, ""))
        found = json.loads(output)
        self.assertEqual((found["from"], found["to"], len(found["differences"])),
                         ("a.json", "b.json", 5))
        self.assertEqual(found["differences"][0], {
            "change": "wider", "call": "getuid() on x86_64", "abi": "x86_64",
            "arch": "0xc000003e", "number": 102, "arguments": ["0x0"] * 6, "one_number": True,
            "from": {"answer": "fail with EPERM", "origin": None},
            "to": {"answer": "allow", "origin": {"name": "b.json", "line": 3}}})
        self.assertEqual(json.loads(self.succeed("diff", "-j", "a.json", "a.json")),
                         {"from": "a.json", "to": "a.json", "differences": []})

    def test_usage(self):
        two = "give two policies: see 'stile diff --help'"
        for words in [], ["a.json"], ["a.json", "b.json", "a.json"], ["-p", "stdio", "a", "b"]:
            self.refuse(["diff", *words], 2, f"stile diff: {two}\n")
        self.refuse(["diff", "a.json", "none"], 4,
                  "stile diff: none: cannot open the policy: No such file or directory\n")

    def test_no_output_is_no_verdict(self):
        with open("/dev/full", "w", encoding="utf-8") as full:
            status, _, errors = stile("diff", "a.json", "b.json", stdout=full)
        self.assertEqual((status, errors), (4, "stile diff: cannot write the output: No space left "
                                            "on device\n"))


class Combine(Policies):
    def combine(self, verb, *words):
        self.assertEqual(self.succeed(verb, "--to", "bpf", "-o", f"{verb}.bpf", *words), "")
        return f"{verb}.bpf"

    def answer(self, policy, *call):
        return json.loads(self.succeed("explain", "-a", "x86_64", "-j", policy, *call))["answer"]

    def setUp(self):
        super().setUp()
        self.oci("a.json", [("read", "ALLOW"), ("getpid", "LOG"), ("openat", "KILL_PROCESS"),
                            ("socket", "ALLOW", FAMILY)])
        self.oci("b.json", [("read", "ALLOW"), ("getuid", "ALLOW"), ("getpid", "ALLOW"),
                            ("socket", "ALLOW", {**FAMILY, "value": 2})])

    def check(self, policy, expected):
        for call, answer in expected.items():
            self.assertEqual(self.answer(policy, *call.split()), answer, call)

    def test_merge(self):
        self.check(self.combine("merge", "a.json", "b.json"), {
            "read": "allow", "getpid": "allow", "getuid": "allow", "openat": "fail with EPERM",
            "socket AF_UNIX": "allow", "socket AF_INET": "allow",
            "socket AF_UNSPEC": "fail with EPERM"})
        self.assertEqual(self.succeed("check", "--within", "merge.bpf", "a.json", "b.json"), "")

    def test_intersect(self):
        self.check(self.combine("intersect", "a.json", "b.json"), {
            "read": "allow", "getpid": "log", "getuid": "fail with EPERM",
            "openat": "kill the process", "socket AF_UNIX": "fail with EPERM"})
        for base in "a.json", "b.json":
            self.assertEqual(self.succeed("check", "--within", base, "intersect.bpf"), "")

    def test_minus(self):
        self.check(self.combine("minus", "a.json", "b.json"), {
            "read": "fail with EPERM", "getpid": "fail with EPERM", "openat": "kill the process",
            "socket AF_UNIX": "allow", "socket AF_INET": "fail with EPERM"})
        self.assertEqual(self.succeed("check", "--within", "a.json", "minus.bpf"), "")

    def test_more_than_two(self):
        merged = self.combine("merge", "-g", "random.read", "grants:users.ids", "pledge:stdio")
        self.assertEqual(self.succeed("check", "--within", merged, "pledge:stdio",
                                      "grants:random.read,users.ids"), "")
        self.combine("minus", "a.json", "grants:random.read", "b.json")

    def test_default_format(self):
        text = self.succeed("merge", "a.json", "b.json")
        self.assertTrue(text.startswith("{"), text)
        self.put("merged.json", text)
        self.combine("merge", "a.json", "b.json")
        self.assertEqual(self.succeed("diff", "merged.json", "merge.bpf"), "")

    def test_mistakes(self):
        self.put("out", "before")
        for verb in "merge", "intersect", "minus":
            two = f"stile {verb}: give two policies or more: see 'stile {verb} --help'\n"
            self.refuse([verb], 2, two)
            self.refuse([verb, "a.json"], 2, two)
            self.refuse([verb, "-o", "out", "a.json", "none"], 1,
                      f"stile {verb}: none: cannot open the policy: No such file or directory\n")
            self.refuse([verb, "-o", "", "a.json", "b.json"], 2,
                      f"stile {verb}: the name of the output is empty\n")
            self.refuse([verb, "-o", "/", "--to", "bpf", "a.json", "b.json"], 1,
                      f"stile {verb}: /: is a folder: give the name of a file, or no --output for "
                      "standard output\n")
        with open("out", encoding="utf-8") as f:
            self.assertEqual(f.read(), "before")

    def test_whole_or_not_at_all(self):
        os.mkdir("folder", 0o755)
        subprocess.run([STILE, "merge", "--to", "bpf", "-o", "folder/x", "a.json", "b.json"],
                       check=True, timeout=TIMEOUT)
        self.assertEqual(os.listdir("folder"), ["x"])


if __name__ == "__main__":
    unittest.main()
