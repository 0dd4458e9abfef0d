#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""stile explain: calls and whole policies, of files, grants and live processes."""

import json
import os
import subprocess
import unittest

from policy_command import SIMPLE, Policies, program
from stile_command import STILE, TIMEOUT, stile

HELP = "see 'stile explain --help'"


class Calls(Policies):
    def setUp(self):
        super().setUp()
        self.put("a.json", SIMPLE)

    def explain(self, *words):
        return self.succeed("explain", "--abi", "x86_64", *words)

    def test_a_rule(self):
        self.assertEqual(self.explain("a.json", "socket", "AF_UNIX", "SOCK_STREAM", "0"), """\
socket(AF_UNIX, SOCK_STREAM, 0) on x86_64
  answer     allow
  because    domain@64 == 1
  said by    a.json:6
  rules      allow if domain@64 == 1  # a.json:6
  registers  arch 0xc000003e, number 41, arguments 0x1 0x1 0x0 0x0 0x0 0x0
""")

    def test_no_rule_matches(self):
        text = self.explain("a.json", "socket", "AF_INET", "SOCK_STREAM", "0")
        self.assertTrue(text.startswith("""\
socket(AF_INET, SOCK_STREAM, 0) on x86_64
  answer     fail with EPERM
  because    none of its rules matches: the default
  rules      allow if domain@64 == 1  # a.json:6
  registers  arch 0xc000003e, number 41, arguments 0x2 0x1 0x0 0x0 0x0 0x0
"""), text)
        if os.uname().machine == "x86_64":
            self.assertIn("\n  granted by networking.start_tcp_server\n             networking."
                          "start_tcp_client\n", text)

    def test_upper_half(self):
        """What the kernel ignores is compared, as libseccomp does; or not, if that is wanted."""
        words = ("a.json", "socket", "0x100000001")
        self.assertIn("  answer     fail with EPERM\n", self.explain(*words))
        self.assertIn("  answer     allow\n  because    domain == AF_UNIX\n",
                      self.explain("--kernel-widths", *words))

    def test_other_reasons(self):
        for words, answer, reason in (
                (["personality"], "kill the process", "all calls of it get this"),
                (["openat"], "fail with EPERM", "nothing is said of it: the default"),
                (["5000"], "fail with EPERM", "nothing is said of it: the default")):
            self.assertIn(f"  answer     {answer}\n  because    {reason}\n",
                          self.explain("a.json", *words))
        self.assertIn("  answer     kill the thread\n  because    the policy is not for this ABI\n",
                      self.explain("--call-abi", "i386", "a.json", "read"))
        self.assertIn("  because    the policy does not know this number\n",
                      self.succeed("explain", "-a", "x86_64", "-p", "stdio", "5000"))

    def test_minus_is_no_option(self):
        for words in (["a.json", "read", "-1"], ["a.json", "--", "read", "-1"], ["a.json", "-1"]):
            self.assertIn("  answer     ", self.explain(*words))

    def test_json(self):
        call = json.loads(self.explain("--json", "a.json", "socket", "AF_UNIX", "1", "0x2222"))
        self.assertEqual(call, {
            "call": "socket(AF_UNIX, SOCK_STREAM, 8738) on x86_64", "abi": "x86_64", "number": 41,
            "arguments": ["0x1", "0x1", "0x2222", "0x0", "0x0", "0x0"], "answer": "allow",
            "reason": "rule", "rule": {"action": "allow", "conditions": "domain@64 == 1"},
            "origin": {"name": "a.json", "line": 6}, "granted_by": []})
        call = json.loads(self.explain("-j", "a.json", "socket", "AF_INET", "1"))
        self.assertEqual((call["reason"], call["rule"], call["origin"]), ("default", None, None))

    def test_grants(self):
        text = self.explain("-g", "random.read", "getrandom")
        self.assertIn("  answer     allow\n", text)
        self.assertIn("  said by    random.read\n", text)
        self.assertEqual(text, self.explain("grants:random.read", "getrandom"))
        self.assertIn("  said by    pledge.stdio\n", self.explain("pledge:stdio rpath", "read"))
        self.assertIn("fd == 3", self.explain("grants:system_io.read_fd(3),random.read", "read"))

    def test_names_are_neutralised(self):
        name = "a\x1b[31m\n\u202e.json"
        self.put(name, SIMPLE)
        shown = "a\\x1b[31m\\x0a\\xe2\\x80\\xae.json"
        self.assertIn(f"  said by    {shown}:5\n", self.explain(name, "read"))
        self.assertTrue(self.explain(name).startswith(shown + "\n"))
        self.assertEqual(json.loads(self.explain("-j", name, "read"))["origin"]["name"], shown)


class Whole(Policies):
    def test_in_words(self):
        self.put("a.json", SIMPLE)
        self.assertEqual(self.succeed("explain", "a.json"), """\
a.json
  what no rule decides: fail with EPERM
  calls by other ABIs: kill the thread

x86_64
  allow
    read, write  # a.json:5
  kill the process
    personality  # a.json:8
  by their arguments
    socket
      allow if domain@64 == 1  # a.json:6
      else fail with EPERM
  all others: fail with EPERM
""")

    def test_abis_that_are_alike_are_printed_once(self):
        self.put("i.bpf", program((0x06, 0, 0, 0x50001)))
        self.assertRegex(self.succeed("explain", "i.bpf"), r"""^i\.bpf
  what no rule decides: fail with EPERM
  calls by other ABIs: fail with EPERM

\w+
  all others: fail with EPERM
$""")
        self.oci("two.json", [("read", "ALLOW")],
                 architectures=["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"])
        self.assertIn("\n\nx86_64, i386\n  allow\n    read  # two.json:2\n",
                      self.succeed("explain", "-a", "x86_64", "two.json"))

    def test_json(self):
        self.put("a.json", SIMPLE)
        policy = json.loads(self.succeed("explain", "--json", "a.json"))
        self.assertEqual((policy["policy"], policy["default"], policy["foreign_abi"]),
                         ("a.json", "fail with EPERM", "kill the thread"))
        calls = {call["name"]: call for call in policy["abis"][0]["calls"]}
        self.assertEqual(sorted(calls), ["personality", "read", "socket", "write"])
        self.assertEqual(calls["socket"]["rules"],
                         [{"action": "allow", "conditions": "domain@64 == 1",
                           "origin": {"name": "a.json", "line": 6}}])

    def test_standard_input(self):
        text = self.succeed("explain", "-", input=SIMPLE, stdin=None)
        self.assertTrue(text.startswith("standard input\n"))
        self.assertIn("    read, write  # standard input:5\n", text)


class Processes(Policies):
    """--pid, of processes that wait for their standard input."""

    def start(self, *options):
        process = subprocess.Popen(  # pylint: disable=consider-using-with
            [STILE, "run", *options, "--", "cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.addCleanup(process.communicate, timeout=TIMEOUT)
        process.stdin.write(b"x")
        process.stdin.flush()
        self.assertEqual(process.stdout.read(1), b"x")  # it is where it shall be
        with open(f"/proc/{process.pid}/task/{process.pid}/children", encoding="utf-8") as f:
            return f.read().split()[0]

    def explain(self, *words):
        status, output, errors = stile("explain", *words)
        if "takes CAP_SYS_ADMIN" in errors or "cannot be traced" in errors:
            self.skipTest("filters of processes cannot be read here")
        self.assertEqual((status, errors), (0, ""))
        return output

    def test_filters(self):
        pid = self.start("-p", "stdio rpath")
        text = self.explain("--pid", pid, "socket", "AF_INET")
        self.assertIn("  answer     fail with EPERM\n", text)
        self.assertIn(f" of process {pid}\n", text)
        self.assertEqual(text, self.explain(f"pid:{pid}", "socket", "AF_INET"))
        # the loader's filter lets executable memory be mapped, the final one does not
        text = self.explain(f"pid:{pid}", "mmap", "NULL", "4096", "PROT_EXEC", "MAP_PRIVATE")
        self.assertIn("  answer     fail with EPERM\n", text)
        with open(f"/proc/{pid}/status", encoding="utf-8") as f:
            self.assertIn("\nTracerPid:\t0\n", f.read())
        # the newest filter is the last one
        self.assertEqual(stile("diff", f"pid:{pid}", "pledge:stdio rpath")[1:], ("", ""))

    def test_without_filter(self):
        with subprocess.Popen(["cat"], stdin=subprocess.PIPE) as process:
            status, output, errors = stile("explain", "--pid", str(process.pid))
            process.stdin.close()
        self.assertEqual((status, output), (1, ""))
        self.assertRegex(errors, rf"^stile explain: process {process.pid}: (it has no filter: the "
                         "kernel refuses it nothing|reading filters takes CAP_SYS_ADMIN|it cannot "
                         "be traced|this kernel cannot show filters)")

    def test_mistakes(self):
        for number in "0", "-1", "x", "", "1 ", "99999999999999999999":
            self.refuse(["explain", f"pid:{number}"], 1, f"stile explain: '{number}' is no "
                        "process: give its number\n")
        self.refuse(["explain", "pid:2147483646"], 1,
                  "stile explain: process 2147483646: there is no such process\n")
        self.refuse(["explain", "-g", "random.read", "--pid", "1"], 1, "stile explain: --pid and "
                  "grants are two policies: give one of them as pid:NUMBER\n")


class Mistakes(Policies):
    def test_usage(self):
        for words, sentence in (
                ([], f"no policy is given: {HELP}"),
                (["--nope", "a"], f"there is no option '--nope': {HELP}"),
                (["--pid"], f"--pid needs a value: {HELP}"),
                (["--json=1", "a"], f"--json takes no value: {HELP}"),
                (["--cap", "", "a"], "--cap '': give a capability such as CAP_SYS_ADMIN"),
                (["--cap", "\x1b", "a"], "--cap '\\x1b': give a capability such as "
                 "CAP_SYS_ADMIN"),
                (["--kernel", "6", "a"], "--kernel '6': give a kernel version such as 6.1"),
                (["--kernel", "6.1-x", "a"], "--kernel '6.1-x': give a kernel version such as "
                 "6.1")):
            self.refuse(["explain", *words], 2, f"stile explain: {sentence}\n")

    def test_values(self):
        for words, sentence in (
                (["grants:"], "'' is no grant: write RULESET.GRANT or RULESET.GRANT(VALUE), e.g. "
                 "system_io.read_fd(3)"),
                (["grants:random.read,"], "'' is no grant: write RULESET.GRANT or "
                 "RULESET.GRANT(VALUE), e.g. system_io.read_fd(3)"),
                (["grants:random.reed"], "random.reed: ruleset random has no grant 'reed': did "
                 "you mean 'random.read'?"),
                (["pledge:stdoi"], "pledge: there is no word 'stdoi': did you mean 'stdio'?"),
                (["-g", "random.read", "opennat"], "there is no syscall 'opennat': did you mean "
                 "'openat'?")):
            self.refuse(["explain", *words], 1, f"stile explain: {sentence}\n")

    def test_formats(self):
        status, _, errors = stile("explain", "--from", "x\x1b", "a")
        self.assertEqual(status, 2)
        self.assertRegex(errors, r"^stile explain: --from: there is no format 'x\\x1b': give one "
                         r"of bpf(, [a-z-]+)*\n$")

    def test_full_disk(self):
        with open("/dev/full", "w", encoding="utf-8") as full:
            status, _, errors = stile("explain", "-p", "stdio", stdout=full)
        self.assertEqual((status, errors), (1, "stile: cannot write the output: No space left on "
                                            "device\n"))


if __name__ == "__main__":
    unittest.main()
