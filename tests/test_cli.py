#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What the command says: options, errors, lists. (test_cli_run.py: what it runs.)"""

import errno
import os
import re
import subprocess
import unittest

from stile_command import BUILD, STILE, TIMEOUT, TOP, InFolder, stile

NO_GRANT = ("nothing is granted: give --grant, --pledge or --policy before the program, e.g. "
            "--pledge 'stdio rpath' ('stile rulesets' lists what there is to grant)")
SPELLING = "write RULESET.GRANT or RULESET.GRANT(VALUE), e.g. system_io.read_fd(3)"
RUN_HELP = "see 'stile run --help'"
RULESETS_HELP = "see 'stile rulesets --help'"


class Errors(InFolder):
    """Each wrong command line: its sentence and status. Nothing is printed, nothing is run."""

    def check(self, words, status, sentence):
        with self.subTest(words=words):
            self.assertEqual(stile(*words), (status, "", sentence + "\n"))

    def test_stile(self):
        self.check(["frob"], 2, "stile: there is no command 'frob': see 'stile --help'")
        self.check(["--hel"], 2, "stile: there is no option '--hel': see 'stile --help'")
        self.check([""], 2, "stile: there is no command '': see 'stile --help'")
        self.check(["\x1b[31m\n\u202e"], 2, "stile: there is no command "
                   "'\\x1b[31m\\x0a\\xe2\\x80\\xae': see 'stile --help'")
        status, output, errors = stile()
        self.assertEqual((status, output), (2, ""))
        self.assertEqual(errors, stile("--help")[1])

    def test_options_of_run(self):
        grant = ["-g", "system_io.stdout"]
        for words, sentence in (
                (["--nope", "touch", "ran"], f"there is no option '--nope': {RUN_HELP}"),
                (["--nope=3"], f"there is no option '--nope': {RUN_HELP}"),
                (["-z"], f"there is no option '-z': {RUN_HELP}"),
                (["--print", "-zl"], f"there is no option '-z': {RUN_HELP}"),
                (["-\x1b"], f"there is no option '-\\x1b': {RUN_HELP}"),
                (["--\x1b[2J\r"], f"there is no option '--\\x1b[2J\\x0d': {RUN_HELP}"),
                (["-lg"], f"-g needs a value: {RUN_HELP}"),
                (["--grant"], f"--grant needs a value: {RUN_HELP}"),
                (["--pledge"], f"--pledge needs a value: {RUN_HELP}"),
                (["--baseline"], f"--baseline needs a value: {RUN_HELP}"),
                (["-d"], f"-d needs a value: {RUN_HELP}"),
                (["--print=yes", "touch", "ran"], f"--print takes no value: {RUN_HELP}"),
                (["--print=yes"], f"--print takes no value: {RUN_HELP}"),
                ([], f"no program is given: {RUN_HELP}"),
                ([*grant], f"no program is given: {RUN_HELP}"),
                ([*grant, "--"], f"no program is given: {RUN_HELP}"),
                (["touch", "ran"], NO_GRANT),
                (["--", "touch", "ran"], NO_GRANT),
                (["touch", "ran", "-p", "stdio"], NO_GRANT),
                (["-d", "kill", "-l", "touch", "ran"], NO_GRANT)):
            self.check(["run", *words], 125, f"stile run: {sentence}")
        self.assertEqual(os.listdir(), [])

    def test_values_of_run(self):
        actions = "give errno=NAME or errno=NUMBER, e.g. errno=EACCES, or trap, kill-thread, kill"
        for option, value, sentence in (
                ("-g", "system_io", f"'system_io' is no grant: {SPELLING}"),
                ("-g", "a\x1bb", f"'a\\x1bb' is no grant: {SPELLING}"),
                ("-g", "nope.read", "nope.read: there is no ruleset 'nope': "
                 "see stile-rulesets(7)"),
                ("-g", "system_io.reed", "system_io.reed: ruleset system_io has no grant 'reed': "
                 "did you mean 'system_io.read'?"),
                ("-g", "system_io.read_fd(-1)", "system_io.read_fd: fd is -1: it must be between "
                 "0 and 2147483647"),
                ("-g", "system_io.read_fd", "system_io.read_fd takes 1 value, not 0: write "
                 "system_io.read_fd(VALUE)"),
                ("-p", "stdio rpaht", "pledge: there is no word 'rpaht': did you mean 'rpath'?"),
                ("-p", "", "pledge: no word given: see 'stile rulesets pledge'"),
                ("-d", "allow", f"--default 'allow': {actions}"),
                ("-d", "log", f"--default 'log': {actions}"),
                ("-d", "errno=EGGS", f"--default 'errno=EGGS': {actions}"),
                ("-d", "errno=0", f"--default 'errno=0': {actions}"),
                ("-d", "errno=4096", f"--default 'errno=4096': {actions}"),
                ("-d", "errno=-1", f"--default 'errno=-1': {actions}"),
                ("-d", "errno= 1", f"--default 'errno= 1': {actions}"),
                ("-d", "errno=", f"--default 'errno=': {actions}"),
                ("-d", "KILL", f"--default 'KILL': {actions}"),
                ("-d", "\x9b31m", f"--default '\\xc2\\x9b31m': {actions}"),
                ("-d", "", f"--default '': {actions}"),
                ("-b", "new", "baseline 'new': give a kernel version such as 6.1"),
                ("-b", "99.1", "baseline 99.1: the newest kernel that the table knows is 6.18")):
            self.check(["run", "-g", "random.read", option, value, "touch", "ran"], 125,
                       f"stile run: {sentence}")
        self.assertEqual(os.listdir(), [])

    def test_conflicts(self):
        for words in (["-g", "system_io.write", "-g", "system_io.stdout"],
                      ["-g", "networking.running_tcp_server", "-g", "system_io.read_fd(3)"]):
            status, output, errors = stile("run", *words, "touch", "ran")
            self.assertEqual((status, output), (125, ""))
            for name in words[1], words[3]:
                self.assertIn(name, errors)
            self.assertRegex(errors, r"^stile run: .* e\.g\. \w+\(\d.*drop one of the two")
            self.assertEqual(stile("run", "--print", *words), (125, "", errors))
        self.assertEqual(os.listdir(), [])

    def test_programs_that_are_not_there(self):
        os.mkdir("folder")
        self.write("no_mark", "echo ran > ran\n")
        self.write("no_interpreter", "#!/nonexistent/sh\n")
        self.write("no_permission", "#!/bin/sh\n", 0o644)
        os.symlink("loop", "loop")
        in_path = "there is no such program in PATH"
        for name, status, sentence in (
                ("nope", 127, f"nope: {in_path}"),
                ("n\x1b[31m\u00e9\n", 127, f"n\\x1b[31m\\xc3\\xa9\\x0a: {in_path}"),
                ("x" * 5000, 127, f"{'x' * 256}... (4744 bytes more): {in_path}"),
                ("", 127, "the program's name is empty"),
                ("./nope", 127, "./nope: No such file or directory"),
                ("./n\x1b", 127, "./n\\x1b: No such file or directory"),
                ("./no_mark/x", 126, "./no_mark/x: Not a directory"),
                ("./loop", 126, "./loop: Too many levels of symbolic links"),
                ("./folder", 126, "./folder: Is a directory"),
                ("./no_permission", 126, "./no_permission: Permission denied"),
                ("./no_interpreter", 126, "./no_interpreter: the interpreter that it names does "
                 "not exist"),
                ("./no_mark", 126, "./no_mark: Exec format error (a script needs #! and its "
                 "interpreter in the first line)")):
            self.check(["run", "-g", "system_io.stdout", "--", name], status,
                       f"stile run: {sentence}")
        self.assertFalse(os.path.exists("ran"))

    def test_rulesets(self):
        for words, status, sentence in (
                (["nope"], 1, "there is no ruleset 'nope': see stile-rulesets(7)"),
                (["system_o"], 1, "there is no ruleset 'system_o': did you mean 'system_io'?"),
                (["nope.read"], 1, "there is no ruleset 'nope': see stile-rulesets(7)"),
                (["system_io.nope"], 1, "ruleset system_io has no grant 'nope': see 'stile "
                 "rulesets system_io'"),
                (["system_io.reed"], 1, "ruleset system_io has no grant 'reed': did you mean "
                 "'system_io.read'?"),
                (["read_fd"], 1, "there is no ruleset 'read_fd': did you mean "
                 "'system_io.read_fd'?"),
                (["read"], 1, "there is no ruleset 'read': did you mean 'limits.read' or "
                 "'random.read' or 'system_io.read' or 'time.read'?"),
                (["mmap_x"], 1, "there is no ruleset 'mmap_x': see stile-rulesets(7)"),
                (["stdio"], 1, "there is no ruleset 'stdio': did you mean 'pledge.stdio'?"),
                (["danger_fork"], 1, "there is no ruleset 'danger_fork': did you mean "
                 "'processes.danger_fork'?"),
                ([""], 1, "there is no ruleset '': see 'stile rulesets'"),
                ([".read"], 1, "there is no grant '.read': see 'stile rulesets'"),
                (["a\x1b[31m"], 1, "there is no ruleset 'a\\x1b[31m': see 'stile rulesets'"),
                (["--syscall", "nope"], 1, "there is no syscall 'nope': see syscalls(2)"),
                (["--syscall", "opennat"], 1, "there is no syscall 'opennat': did you mean "
                 "'openat'?"),
                (["--syscall", "\x1b"], 1, "there is no syscall '\\x1b': see syscalls(2)"),
                (["--syscall", "99999"], 1, "there is no syscall number 99999 on "
                 + os.uname().machine),
                (["--syscall", "1x"], 1, f"there is no syscall number 1x on {os.uname().machine}"),
                (["--syscall", "openat", "random"], 2, "--syscall stands alone: leave the names "
                 "out"),
                (["--syscall"], 2, f"--syscall needs a value: {RULESETS_HELP}"),
                (["-s"], 2, f"-s needs a value: {RULESETS_HELP}"),
                (["--help=me"], 2, f"--help takes no value: {RULESETS_HELP}"),
                (["-x"], 2, f"there is no option '-x': {RULESETS_HELP}"),
                (["random", "--nope"], 2, f"there is no option '--nope': {RULESETS_HELP}")):
            self.check(["rulesets", *words], status, f"stile rulesets: {sentence}")

    def test_a_wrong_name_among_right_ones(self):
        status, output, errors = stile("rulesets", "nope", "random")
        self.assertEqual(status, 1)
        self.assertIn("random.read\n", output)
        self.assertIn("there is no ruleset 'nope'", errors)


class Output(InFolder):
    def test_help(self):
        """Every option is in the help, the manual and the completions; every example works."""
        environment = {**os.environ, "PATH": f"{BUILD}:{os.environ['PATH']}"}
        self.write("profile.json", '{"defaultAction": "SCMP_ACT_ALLOW"}\n')
        with open(f"{TOP}/docs/man/stile.1.scd", encoding="utf-8") as f:
            manual = f.read()
        with open(f"{BUILD}/gen/completions/stile.bash", encoding="utf-8") as f:
            completions = dict(re.findall(r"^ +(\w+)\) words='(--.*)' ;;", f.read(), re.M))
        for verb in [[], *([name] for name in ("run", "rulesets", "compile", "prove", "explain",
                                           "check", "diff", "merge", "intersect", "minus",
                                           "convert"))]:
            status, text, errors = stile(*verb, "--help")
            self.assertEqual((status, errors), (0, ""))
            self.assertEqual(stile(*verb, "-h")[1], text)
            self.assertEqual([line for line in text.splitlines() if len(line) > 90], [])
            options = re.findall(r"^  (?:-\w, |    )(--[\w-]+)", text, re.M)
            for option in options:
                self.assertIn(f"*{option}*", manual)
            if verb:
                self.assertEqual(completions[verb[0]].split(), options)
            examples = re.findall(r"^    (stile (?:.*\\\n)*.*)", text, re.M)
            self.assertGreater(len(examples), 0)
            for example in examples:
                done = subprocess.run(["sh", "-euc", example], env=environment, check=False,
                                      capture_output=True, text=True, timeout=TIMEOUT)
                self.assertEqual((done.returncode, done.stderr), (0, ""), example)
                self.assertNotEqual(done.stdout, "", example)

    def test_version(self):
        self.assertRegex(stile("--version")[1], r"^stile \d+\.\d+\.\d+\n$")

    def test_output_that_cannot_be_written(self):
        sentence = f"stile: cannot write the output: {os.strerror(errno.ENOSPC)}\n"
        with open("/dev/full", "w", encoding="utf-8") as full:
            for words in (["--help"], ["--version"], ["run", "--help"], ["rulesets"],
                          ["rulesets", "-h"], ["rulesets", "system_io"],
                          ["rulesets", "-s", "openat"], ["run", "-p", "stdio", "--print"]):
                with self.subTest(words=words):
                    status, _, errors = stile(*words, stdout=full)
                    self.assertEqual((status, errors), (1, sentence))

    def test_a_closed_pipe_is_no_error(self):
        done = subprocess.run(["sh", "-c", f"{STILE} rulesets system_io | head -n 1"], text=True,
                              check=False, capture_output=True, timeout=TIMEOUT)
        self.assertEqual(done.stderr, "")
        self.assertTrue(done.stdout.startswith("system_io: "))

    def test_list_of_rulesets(self):
        status, text, errors = stile("rulesets")
        self.assertEqual((status, errors), (0, ""))
        names = [line.split()[0] for line in text.splitlines()]
        self.assertEqual(names, sorted(name.removesuffix(".rules")
                                       for name in os.listdir(f"{TOP}/rulesets")
                                       if name.endswith(".rules")))

    def test_one_grant(self):
        text = stile("rulesets", "system_io.read_fd")[1]
        self.assertTrue(text.startswith("system_io.read_fd(fd)\n    Read from one descriptor only."
                                        "\n    fd: 0 to 2147483647\n        allow @read if fd == "
                                        "$fd\n"), text)
        self.assertNotIn("system_io.write", text)
        self.assertEqual(stile("rulesets", "system_io.read_fd(3)")[1], text)
        self.assertEqual(stile("rulesets", "system_io.read_fd(fd)")[1], text)

    def test_one_ruleset(self):
        text = stile("rulesets", "processes")[1]
        self.assertTrue(text.startswith("processes: "))
        self.assertIn("\n\nprocesses.danger_exec  [danger]\n", text)

    def test_grants_of_a_syscall(self):
        text = stile("rulesets", "--syscall", "openat")[1]
        number = int(re.match(r"openat: number (\d+) on \w+\n", text)[1])
        for words in (["-s", "openat"], ["-s", str(number)], ["-s", hex(number)]):
            self.assertEqual(stile("rulesets", *words)[1], text)
        lines = [line for line in text.splitlines()[1:] if not line.startswith(" ")]
        names = [line.split()[0].split(".")[0] for line in lines]
        self.assertEqual(names, sorted(names, key=["system_io", "start", "pledge"].index))
        self.assertRegex(text, r"\nsystem_io\.open_readonly +some calls: Open existing .*\n"
                         r"      if flags & \(O_ACCMODE\|.*\) == O_RDONLY\n")
        self.assertRegex(text, r"\nsystem_io\.danger_open_any +every call: ")
        self.assertRegex(text, r"\npledge\.rpath .*\n      as system_io\.open_readonly\n")

    def test_grants_of_a_syscall_with_parameters_and_of_basic(self):
        self.assertRegex(stile("rulesets", "-s", "read")[1],
                         r"\nsystem_io\.read_fd\(fd\) +some calls: .*\n      if fd == \$fd\n")
        text = stile("rulesets", "-s", "exit_group")[1]
        self.assertIn("\nbasic.end ", text)

    def test_many_syscalls(self):
        with open(f"{BUILD}/gen/stile/syscalls.h", encoding="utf-8") as f:
            names = re.findall(r"STILE_SYSCALL_(\w+) = \d+", f.read())
        self.assertGreater(len(names), 300)
        for name in names[::17]:
            status, text, _ = stile("rulesets", "-s", name)
            self.assertEqual(status, 0, name)
            self.assertRegex(text, r"\n\w+\.\w+.* calls?: ")


class Print(InFolder):
    def rules(self, *words):
        status, text, errors = stile("run", "--print", *words)
        self.assertEqual((status, errors), (0, ""))
        return text

    def test_parts(self):
        text = self.rules("-g", "system_io.open_readonly", "-g", "system_io.read_fd(3)")
        heads = [line for line in text.splitlines() if line.startswith("#")]
        self.assertRegex(heads[0], r"^# abi \w+, kernel baseline \d+\.\d+$")
        self.assertEqual([head.split()[1].rstrip(":") for head in heads[1:]],
                         ["granted", "so", "the", "basic"])
        granted, hidden, rest, basic = text.split("\n\n")[1:]
        self.assertIn("\nallow              read if fd == 3  # system_io.read_fd(3)\n", granted)
        self.assertNotIn("basic.", granted)
        self.assertIn("\nfail with ENOSYS   openat2", hidden)
        self.assertIn("\nfail with EPERM    everything else\n", rest)
        self.assertRegex(basic, r"\nallow +exit_group  # basic\.end\n")
        for line in basic.splitlines()[1:]:
            self.assertRegex(line, r"^allow .*  # basic\.\w+$")

    def test_same_basic_block_whatever_is_granted(self):
        blocks = {self.rules("-g", grant).split("\n\n")[-1]
                  for grant in ("system_io.read", "system_io.open_write", "random.read")}
        self.assertEqual(len(blocks - {self.rules().split("\n\n")[-1]}), 1)  # random: getrandom

    def test_lists_of_values(self):
        text = self.rules("-g", "networking.start_tcp_client")
        self.assertRegex(text, r"\nallow +socket if domain == AF_INET and type & "
                         r"~\(SOCK_NONBLOCK\|SOCK_CLOEXEC\) == SOCK_STREAM and protocol in "
                         r"\{0, IPPROTO_TCP\}  # networking\.start_tcp_client\n")
        self.assertRegex(text, r"\nallow +setsockopt if level == SOL_TCP and optname in "
                         r"\{TCP_NODELAY, TCP_[^}]*\}  #")
        self.assertNotRegex(text, r"SOL_TCP[^#]*\bSO_")
        if os.uname().machine == "x86_64":
            self.assertIn("ARCH_SHSTK_STATUS, 0x3001}", text)

    def test_modes_are_octal(self):
        self.assertIn(" and mode & 06000 == 0  # ", self.rules("-g", "system_io.create"))

    def test_options_show(self):
        text = self.rules("-p", "stdio rpath", "-d", "errno=EACCES", "-b", "5.10", "program")
        self.assertIn("kernel baseline 5.10\n", text)
        self.assertIn("\nfail with EACCES   everything else\n", text)
        self.assertIn("\nfail with ENOSYS   futex_waitv\n", self.rules("-b", "5.10"))
        self.assertIn("  # pledge.rpath\n", text)
        self.assertIn("\nkill the process   everything else\n", self.rules("-d", "kill"))


if __name__ == "__main__":
    unittest.main()
