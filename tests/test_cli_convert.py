#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""stile convert: what is written means the policy, or is not written; --policy of other verbs."""

import os
import pty
import unittest

from policy_command import SIMPLE, Policies, program
from stile_command import stile

ALLOW = 0x7FFF0000
DEATH = ("warning: calls by other ABIs: kill the process became kill the thread, as oci has it")


class Convert(Policies):
    def setUp(self):
        super().setUp()
        self.put("a.json", SIMPLE)

    def test_to_filter_and_back(self):
        self.assertEqual(self.succeed("convert", "--to", "bpf", "-o", "a.bpf", "a.json"), "")
        self.assertEqual(self.succeed("convert", "-t", "oci", "-o", "b.json", "a.bpf"), "")
        self.assertEqual(self.succeed("diff", "a.json", "b.json"), "")
        self.assertEqual(self.succeed("diff", "a.json", "a.bpf"), "")

    def test_same_every_time(self):
        once = self.succeed("convert", "--to", "oci", "a.json")
        self.put("b.json", once)
        self.assertEqual(self.succeed("convert", "--to", "oci", "b.json"), once)

    def test_grants(self):
        """How foreign calls die is said, and is no error."""
        status, output, errors = stile("convert", "-d", "errno=ENOSYS", "--to", "oci", "-o",
                                       "g.json", "-g", "random.read", "--abi", "x86_64")
        self.assertEqual((status, output), (0, ""))
        self.assertEqual(errors, f"stile convert: the grants: {DEATH}\n")
        self.assertEqual(self.succeed("check", "--abi", "x86_64", "-d", "errno=ENOSYS", "--within",
                                      "grants:random.read", "g.json"), "")

    def test_lossy(self):
        """What systemd cannot say is refused, and said; without --lossy nothing is written."""
        for options, expected in ([], 1), (["--lossy"], 0):
            status, output, errors = stile("convert", *options, "--to", "systemd", "-o", "s.conf",
                                           "a.json")
            self.assertEqual((status, output), (expected, ""), errors)
            self.assertIn("socket", errors)
            self.assertEqual(os.path.exists("s.conf"), expected == 0)
        self.assertIn("stile convert: a.json: socket(AF_UNIX, 0, 0) on x86_64: allow (a.json:6) "
                      "became fail with EPERM (the default)\n", errors)

    def test_lossy_is_never_wider(self):
        status, output, errors = stile("convert", "--lossy", "--to", "systemd", "-o", "s.conf",
                                       "a.json")
        self.assertEqual((status, output), (0, ""), errors)
        self.assertEqual(stile("check", "--from", "systemd", "--within", "a.json", "s.conf")[0], 0)

    def test_files_stay_as_they_are(self):
        self.put("out", "before")
        for words in (["none"], ["pid:0"], ["grants:nope.nope"]):
            self.assertEqual(stile("convert", "--to", "bpf", "-o", "out", *words)[0], 1)
        self.assertEqual(stile("convert", "--to", "systemd", "-o", "out", "a.json")[0], 1)
        with open("out", encoding="utf-8") as f:
            self.assertEqual(f.read(), "before")
        self.assertEqual(sorted(os.listdir()), ["a.json", "out"])

    def test_usage(self):
        for words, sentence in (
                (["--to", "bpf"], "no policy is given: see 'stile convert --help'"),
                (["--to", "bpf", "a.json", "b"], "only one policy can be given: 'stile merge' "
                 "makes one of several"),
                (["--to", "bpf", "-o", "", "a.json"], "the name of the output is empty"),
                (["--to"], "--to needs a value: see 'stile convert --help'"),
                (["--lossy=1"], "--lossy takes no value: see 'stile convert --help'")):
            self.refuse(["convert", *words], 2, f"stile convert: {sentence}\n")
        for words, sentence in ((["a.json"], "give --to, one of "),
                                (["--to", "x\x1b", "a.json"],
                                 "--to: there is no format 'x\\x1b': give one of ")):
            status, output, errors = stile("convert", *words)
            self.assertEqual((status, output), (2, ""))
            self.assertTrue(errors.startswith(f"stile convert: {sentence}bpf"), errors)

    def test_terminal(self):
        ours, its = pty.openpty()
        self.addCleanup(os.close, ours)
        status, _, errors = stile("convert", "--to", "bpf", "a.json", stdout=its)
        os.close(its)
        self.assertEqual((status, errors), (2, "stile convert: raw instructions are not for a "
                                            "terminal: give --output FILE\n"))


class InPlaceOfGrants(Policies):
    """--policy of compile, prove and simulate."""

    def setUp(self):
        super().setUp()
        self.put("a.json", SIMPLE)

    def test_compile_and_prove(self):
        self.assertEqual(self.succeed("compile", "--policy", "a.json", "-o", "a.bpf"), "")
        self.assertRegex(self.succeed("prove", "--policy", "a.json", "a.bpf"), "^equal: on ")
        self.assertEqual(stile("prove", "--policy", "pledge:stdio", "--quiet", "a.bpf"),
                         (1, "", ""))
        text = self.succeed("compile", "--policy", "a.json", "-f", "c")
        self.assertIn(" *\t--policy\n *\n * ABIs: x86_64\n", text)
        self.assertIn("read", self.succeed("compile", "--policy", "a.json", "-f", "pfc"))

    def test_same_as_grants(self):
        self.assertEqual(self.succeed("compile", "--policy", "pledge:stdio", "-f", "pfc"),
                         self.succeed("compile", "--pledge", "stdio", "-f", "pfc"))

    def test_simulate(self):
        for words, answer in ((["read"], "ALLOW 0x7fff0000"), (["socket", "1"], "ALLOW 0x7fff0000"),
                              (["socket", "2"], "ERRNO(EPERM) 0x00050001"),
                              (["--", "-1"], "ERRNO(EPERM) 0x00050001")):
            self.assertEqual(self.succeed("simulate", "-a", "x86_64", "--policy", "a.json",
                                          *words), answer + "\n")

    def test_mistakes(self):
        leave = ("--policy stands in place of grants: leave --grant, --pledge, --default and "
                 "--baseline out")
        none = "none: cannot open the policy: No such file or directory"
        self.put("f.bpf", program((0x06, 0, 0, ALLOW)))
        for words, status, sentence in (
                (["compile", "--policy", "a.json", "-p", "stdio"], 2, leave),
                (["prove", "--policy", "a.json", "-d", "kill", "f.bpf"], 2, leave),
                (["compile", "--policy", "none"], 1, none),
                (["prove", "--policy", "none", "f.bpf"], 4, none),
                (["simulate", "--policy", "none", "read"], 1, none),
                (["simulate", "--policy", "a.json"], 2, "give a policy and a syscall: see 'stile "
                 "simulate --help'"),
                (["simulate", "-a", "x86_64,i386", "f.bpf", "read"], 2, "--abi: a call is made by "
                 "one ABI"),
                (["prove", "--policy", "-", "-"], 4, "standard input can be read once only")):
            self.refuse(words, status, f"stile {words[0]}: {sentence}\n")


if __name__ == "__main__":
    unittest.main()
