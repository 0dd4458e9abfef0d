#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""stile lint: what is said, in which forms, and what is mended."""

import json
import os
import re
import unittest

from policy_command import Policies
from stile_command import TOP, stile

NEEDED = [("exit", "ALLOW"), ("exit_group", "ALLOW"), ("rt_sigreturn", "ALLOW")]
TIOCSTI = 0x5412
NOT_EXECUTABLE = {"index": 2, "value": 4, "valueTwo": 0, "op": "SCMP_CMP_MASKED_EQ"}
START = [("brk", "ALLOW"), ("futex", "ALLOW"), ("munmap", "ALLOW"),
         ("mmap", "ALLOW", NOT_EXECUTABLE), ("mprotect", "ALLOW", NOT_EXECUTABLE)]
MENDED = "stile lint: a.json: mended in {}: written to {}\n"


def argument(index, value, op="EQ"):
    return {"index": index, "value": value, "op": f"SCMP_CMP_{op}"}


class Lint(Policies):
    def profile(self, *calls, name="a.json", **more):
        """A profile in which nothing else is found. Its calls stand from line 5 on."""
        self.oci(name, [*NEEDED, *calls, *START], **{"defaultErrnoRet": 38, **more})

    def lint(self, *words):
        status, output, errors = stile("lint", *words)
        self.assertEqual(errors, "")
        return status, output


class Sentences(Lint):
    def test_findings_that_cannot_be_printed(self):
        """They are not taken for no findings, or for few."""
        self.oci("a.json", [("ptrace", "ALLOW")])
        for words in ["a.json"], ["--json", "a.json"], ["--threshold", "note", "a.json"]:
            with self.subTest(words=words), open("/dev/full", "w", encoding="utf-8") as full:
                self.assertEqual(stile("lint", *words, stdout=full)[::2],
                                 (4, "stile lint: cannot write the output: No space left on "
                                  "device\n"))

    def test_nothing(self):
        self.profile(("read", "ALLOW"))
        self.assertEqual(self.lint("a.json"), (0, ""))

    def test_sentences(self):
        for calls, status, sentence in (
                ([("io_uring_enter", "ALLOW")], 1,
                 "a.json:5: error: io_uring_enter is let through: by it files are opened and "
                 "sockets connected without a system call that a filter sees: let it fail with "
                 "ENOSYS (io_uring_enter(0, 0, 0, 0, NULL, 0) on x86_64) [io-uring-open]\n"),
                ([("chmod", "KILL_PROCESS"), ("fchmodat", "ALLOW")], 1,
                 "a.json:5: error: chmod is refused, and what it does passes without conditions by "
                 "fchmodat: refuse or limit all of them (fchmodat(0, NULL, 0) on x86_64) "
                 "[alternative-open]\n"),
                ([("process_vm_readv", "ALLOW")], 0,
                 "a.json:5: warning: process_vm_readv is let through without conditions, which "
                 "only the grant process_memory.danger_read does: refuse it if the program can do "
                 "without [danger]\n"),
                ([("socket", "ALLOW", argument(0, 1))], 0,
                 "a.json:5: warning: socket: 64 bits of argument 0 are compared and the kernel "
                 "uses 32: what stands above them decides whether the same call is let through: "
                 "compare 32 bits (--kernel-widths) (socket(AF_UNIX, 0, 0) on x86_64 with "
                 "args[0] = 0x100000001) [upper-bits]\n"),
                ([("acct", "KILL")], 0,
                 "a.json:5: warning: calls that this rule matches kill the thread alone and leave "
                 "the rest of the process, which may hang or go on: kill the process "
                 "[kill-thread]\n"),
                ([("read", "ALLOW", argument(1, 2**64 - 1, "GT"))], 0,
                 "a.json:5: warning: read: the conditions of this rule never hold together: "
                 "correct or remove it [never-matches]\n")):
            with self.subTest(calls=calls):
                self.profile(*calls)
                self.assertEqual(self.lint("--disable", "danger-arguments", "a.json"),
                                 (status, sentence))

    def test_arguments(self):
        self.profile(("mprotect", "ALLOW"), ("socket", "ALLOW", argument(0, 1)))
        output = self.lint("--disable", "upper-bits", "--disable", "unreachable", "a.json")[1]
        self.assertIn("a.json:5: note: mprotect is let through with arguments that no harmless "
                      "grant holds, and memory.danger_execute does: refuse them if the program "
                      "can do without (mprotect(0, 0, PROT_EXEC) on x86_64) [danger-arguments]\n",
                      output)
        self.assertIn("a.json:6: note: socket is let through with arguments that no harmless grant "
                      "holds, and networking.danger_any_socket does", output)
        self.assertEqual(output.count("\n"), 2)

    def test_start(self):
        self.oci("a.json", NEEDED, defaultErrnoRet=38)
        self.assertEqual(self.lint("a.json"), (
            0, "a.json: note: brk, futex, mmap, mprotect, munmap: no call of these is let through: "
            "a program that is dynamically linked cannot start under this policy [no-start]\n"))

    def test_kernel(self):
        self.profile(("clone3", "ERRNO"), defaultErrnoRet=38)
        wanted = self.lint("--kernel", "5.2", "--disable", "enosys-wanted", "a.json")[1]
        self.assertIn("a.json:5: note: clone3 came with Linux 5.3: this kernel does not have it "
                      "[newer-than-kernel]\n", wanted)
        self.assertNotIn("clone3 came", self.lint("--kernel", "5.3", "a.json")[1])

    def test_hole_by_upper_bits(self):
        self.profile(("ioctl", "ALLOW", argument(1, TIOCSTI, "NE")))
        status, output = self.lint("a.json")
        self.assertEqual(status, 1)
        self.assertIn("a.json:5: error: ioctl: 64 bits of argument 1 are compared and the kernel "
                      "uses 32: a call that is refused gets through with other upper bits", output)
        self.assertIn("(ioctl(0, TIOCSTI, 0) on x86_64 with args[1] = 0x100005412)", output)
        self.assertEqual(self.lint("--kernel-widths", "a.json")[0], 0)

    def test_several_abis_are_one_finding(self):
        self.profile(architectures=["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"], defaultErrnoRet=1)
        self.assertEqual(self.lint("--disable", "enosys-wanted", "--disable", "danger-arguments",
                                   "--disable", "no-sigreturn", "a.json"), (
            0, "a.json: note: calls that are newer than the policy fail with EPERM: programs take "
            "the older call only after ENOSYS (on x86_64, i386) [new-calls]\n"))

    def test_sorted(self):
        self.profile(("acct", "KILL"), ("io_uring_enter", "ALLOW"), ("ptrace", "ALLOW"),
                     defaultErrnoRet=1)
        places = re.findall(r"^a.json:?(\d*): \w+: .* \[([\w-]+)\]$", self.lint("a.json")[1], re.M)
        self.assertEqual(places, [("", "new-calls"), ("5", "kill-thread"), ("6", "io-uring-open"),
                                  ("7", "danger")])

    def test_names_are_neutralised(self):
        self.profile(("acct", "KILL"), name="a\x1b[2J.json")
        self.assertTrue(self.lint("a\x1b[2J.json")[1].startswith("a\\x1b[2J.json:5: warning: "))

    def test_other_policies(self):
        status, output = self.lint("grants:io_uring.danger_use")
        self.assertEqual(status, 1)
        self.assertIn("io_uring.danger_use: error: io_uring_enter is let through", output)
        self.assertEqual(self.lint("--disable", "new-calls", "--disable", "enosys-wanted",
                                   "pledge:stdio rpath"), (0, ""))


class Unreachable(Lint):
    """A second rule of a call is said with its line, in each format that can have one."""
    FILES = {
        "a.json": (3, """{"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [
{"names": ["read"], "action": "SCMP_ACT_ALLOW"},
{"names": ["read"], "action": "SCMP_ACT_ALLOW", "args": [
 {"index": 0, "value": 3, "op": "SCMP_CMP_EQ"}]}]}
"""),
        "a.yaml": (10, """apiVersion: security-profiles-operator.x-k8s.io/v1beta1
kind: SeccompProfile
spec:
  defaultAction: SCMP_ACT_ERRNO
  syscalls:
  - action: SCMP_ACT_ALLOW
    names:
    - read
    - write
    - read
"""),
        "a.toml": (4, """default_action = "SCMP_ACT_ERRNO"
[[syscalls]]
names = ["read",
         "read"]
action = "SCMP_ACT_ALLOW"
"""),
        "b.json": (3, """{"a": {"default_action": "trap", "filter_action": "allow", "filter": [
{"syscall": "read"},
{"syscall": "read"}]}}
"""),
    }

    def test_line(self):
        for name, (line, text) in self.FILES.items():
            with self.subTest(name=name):
                with open(name, "w", encoding="utf-8") as file:
                    file.write(text)
                said = [found for found in self.lint(name)[1].splitlines()
                        if found.endswith("[unreachable]")]
                self.assertEqual(said, [
                    f"{name}:{line}: warning: read: a rule without conditions before this one "
                    "decides all its calls: remove this one or move it up [unreachable]"])

    def test_fix(self):
        self.profile(("read", "ALLOW"), ("read", "ALLOW", argument(0, 3)))
        self.assertIn("[unreachable]", self.lint("a.json")[1])
        self.assertEqual(stile("lint", "--disable", "danger-arguments", "--disable", "new-calls",
                               "--fix", "-o", "b.json", "a.json"),
                         (0, "", MENDED.format("1 place", "b.json")))
        self.assertNotIn("[unreachable]", self.lint("b.json")[1])


class Options(Lint):
    def test_threshold(self):
        self.profile(("ptrace", "ALLOW"), defaultErrnoRet=1)
        for threshold, status in (("note", 1), ("warning", 1), ("error", 0)):
            got, output = self.lint("--threshold", threshold, "a.json")
            self.assertEqual((got, output.count("\n")), (status, 2))
        disabled = ["--disable", "danger", "--disable", "new-calls"]
        self.assertEqual(self.lint("--threshold", "note", *disabled, "a.json"), (0, ""))

    def test_list_is_documented(self):
        status, output = self.lint("--list")
        listed = re.findall(r"^([\w-]+) +(\w+) +\S.*$", output, re.M)
        self.assertEqual((status, len(listed)), (0, output.count("\n")))
        with open(f"{TOP}/docs/lint.md", encoding="utf-8") as f:
            documented = re.findall(r"^\| `([\w-]+)` \|", f.read(), re.M)
        self.assertEqual([name for name, _ in listed], documented)

    def test_wrong_usage(self):
        self.profile()
        for words, sentence in (
                ([], "no policy is given: see 'stile lint --help'"),
                (["--threshold", "x", "a.json"], "--threshold: 'x': give note, warning or error"),
                (["--disable", "x", "a.json"],
                 "--disable: nothing is called 'x': see 'stile lint --list'"),
                (["--json", "--sarif", "a.json"],
                 "--json and --sarif are two forms of the same: give one of them"),
                (["-o", "b", "a.json"], "--output is for --fix"),
                (["--fix", "a.json", "b.json"], "--fix is for one file"),
                (["--fix", "pledge:stdio"],
                 "--fix is for files: grants and processes have nothing to be written to"),
                (["--fix", "-"], "--fix: give --output FILE for what is read from standard input")):
            self.refuse(["lint", *words], 2, f"stile lint: {sentence}\n")

    def test_unreadable(self):
        self.profile(("ptrace", "ALLOW"))
        self.refuse(["lint", "none"], 4, "stile lint: none: cannot open the policy: No such file "
                    "or directory\n")
        self.put("bad.json", '{"defaultAction": 1}')
        status, output, errors = stile("lint", "bad.json", "a.json")
        self.assertEqual((status, output.count("\n")), (4, 1))  # the others are looked at
        self.assertTrue(errors.startswith("bad.json:1:"))


class Machine(Lint):
    def test_json(self):
        self.profile(("io_uring_enter", "ALLOW"))
        status, output = self.lint("--json", "a.json")
        self.assertEqual((status, json.loads(output)), (1, {"findings": [{
            "policy": "a.json", "id": "io-uring-open", "severity": "error", "file": "a.json",
            "line": 5, "sentence": "io_uring_enter is let through: by it files are opened and "
            "sockets connected without a system call that a filter sees: let it fail with ENOSYS",
            "abis": ["x86_64"], "witness": "io_uring_enter(0, 0, 0, 0, NULL, 0) on x86_64"}]}))
        self.profile()
        self.assertEqual(json.loads(self.lint("--json", "a.json")[1]), {"findings": []})

    def test_sarif(self):
        self.profile(("acct", "KILL"), name="a b.json")
        status, output = self.lint("--sarif", "a b.json")
        log = json.loads(output)
        self.assertEqual((status, log["version"]), (0, "2.1.0"))
        run, = log["runs"]
        driver = run["tool"]["driver"]
        self.assertEqual((driver["name"], len(driver["rules"])),
                         ("stile lint", self.lint("--list")[1].count("\n")))
        self.assertEqual(set(driver["rules"][0]),
                         {"id", "shortDescription", "defaultConfiguration"})
        result, = run["results"]
        self.assertEqual((result["ruleId"], result["level"]), ("kill-thread", "warning"))
        self.assertTrue(result["message"]["text"].startswith("calls that this rule matches kill"))
        self.assertEqual(result["locations"], [{"physicalLocation": {
            "artifactLocation": {"uri": "a%20b.json"}, "region": {"startLine": 5}}}])


class Fix(Lint):
    def test_fix(self):
        self.profile(("clone", "ALLOW"), ("clone3", "ERRNO"), ("openat", "ALLOW"),
                     ("read", "ALLOW", argument(1, 2**64 - 1, "GT")))
        self.assertEqual(self.lint("--threshold", "warning", "a.json")[0], 1)
        rest = ["--disable", "danger-arguments", "--threshold", "note"]
        self.assertEqual(stile("lint", *rest, "--fix", "-o", "b.json", "a.json"),
                         (0, "", MENDED.format("2 places", "b.json")))
        self.assertEqual(self.lint(*rest, "b.json"), (0, ""))
        self.assertIn("clone3", stile("diff", "a.json", "b.json")[1])
        self.assertEqual(stile("lint", *rest, "--fix", "a.json"),  # in place
                         (0, "", MENDED.format("2 places", "a.json")))
        with open("a.json", encoding="utf-8") as a, open("b.json", encoding="utf-8") as b:
            self.assertEqual(a.read(), b.read())

    def test_widths(self):
        self.profile(("ioctl", "ALLOW", argument(1, TIOCSTI, "NE")))
        status, _ = self.lint("--fix", "-o", "b.json", "a.json")
        self.assertEqual((status, os.path.exists("b.json")), (1, False))  # not certain
        self.assertEqual(stile("lint", "--fix", "--kernel-widths", "--disable", "danger",
                               "--disable", "danger-arguments", "-o", "b.json", "a.json"),
                         (0, "", MENDED.format("1 place", "b.json")))
        same = stile("diff", "--kernel-widths", "a.json", "b.json")
        self.assertEqual(same, (0, "", ""))
        self.assertNotIn("upper-bits", self.lint("b.json")[1])

    def test_files_that_hold_more(self):
        self.profile(("clone", "ALLOW"), ("clone3", "ERRNO"))
        with open("a.json", encoding="utf-8") as f:
            profile = json.load(f)
        self.put("part.policy", "clone: 1\n")
        for name, data, what in (
                ("config.json", {"ociVersion": "1.0.2", "linux": {"seccomp": profile}},
                 "the rest of the container's configuration"),
                ("flags.json", {**profile, "flags": ["SECCOMP_FILTER_FLAG_LOG"]},
                 "what there are warnings about"),
                ("moby.json", {**profile, "syscalls": [*profile["syscalls"], {
                    "names": ["acct"], "action": "SCMP_ACT_ALLOW",
                    "excludes": {"caps": ["CAP_SYS_PACCT"]}}]},
                 "what depends on the container: its capabilities, its kernel"),
                ("a.service", "[Service]\nExecStart=/bin/true\nSystemCallFilter=clone\n"
                 "SystemCallFilter=~clone3:EPERM\n", "other settings of the unit"),
                ("more.policy", "@include ./part.policy\nclone3: return 1\n",
                 "which files it includes")):
            with self.subTest(name=name):
                text = data if isinstance(data, str) else json.dumps(data)
                self.put(name, text)
                status, _, errors = stile("lint", "--fix", name)
                self.assertIn(f"stile lint: {name}: nothing is written: {what} would be lost: "
                              "write the policy alone to another file with --output", errors)
                with open(name, encoding="utf-8") as f:
                    self.assertEqual((status, f.read()), (2, text))
                os.link(name, f"the same {name}")
                self.assertEqual(stile("lint", "--fix", "-o", f"the same {name}", name)[0], 2)
                self.assertIn("written to b\n", stile("lint", "--fix", "-o", "b", name)[2])
                os.unlink("b")

    def test_files_of_one_policy(self):
        for name, text in (
                ("a.service", "# what is refused\n[Service]\nSystemCallFilter=clone\n"
                 "SystemCallFilter=~clone3:EPERM\n"),
                ("a.policy", "clone: 1\nclone3: return 1\n")):
            with self.subTest(name=name):
                self.put(name, text)
                errors = stile("lint", "--fix", name)[2]
                self.assertRegex(errors, f"stile lint: {name}: mended in [0-9]+ places?: written "
                                 f"to {name}\n$")

    def test_nothing_to_mend(self):
        self.profile(("acct", "KILL"))
        with open("a.json", encoding="utf-8") as f:
            before = f.read()
        self.assertEqual(self.lint("--fix", "a.json")[0], 0)
        with open("a.json", encoding="utf-8") as f:
            self.assertEqual(f.read(), before)

    def test_format_that_is_not_written(self):
        self.put("a.toml", 'default_action = "SCMP_ACT_ERRNO"\n[[syscalls]]\n'
                 'names = ["clone", "exit", "exit_group", "rt_sigreturn"]\n'
                 'action = "SCMP_ACT_ALLOW"\n')
        status, output, errors = stile("lint", "--fix", "a.toml")
        self.assertEqual((status, errors), (
            1, "stile lint: a.toml: nothing is written: tiny-jail can only be read (mend it by "
            "hand, or write it in another format with 'stile convert')\n"))
        self.assertIn("[enosys-wanted]", output)


if __name__ == "__main__":
    unittest.main()
