#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The generator as a checker: each mistake in a .rules file, its sentence, line and column."""

import contextlib
import io
import itertools
import os
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TOP))

from generator.checker import check_files, check_user_file, missing_syscalls  # noqa: E402
from generator.cli import main  # noqa: E402
from generator.expand import expand  # noqa: E402
from generator.faults import Faults, SyntaxFault  # noqa: E402
from generator.loader import load_world  # noqa: E402
from generator.rule import Condition  # noqa: E402
from generator.valueset import ValueSet, condition_holds, signed  # noqa: E402
from stile_command import closed_to_nobody  # noqa: E402

BAD = TOP / "tests/generator/bad"
RULESETS = str(TOP / "rulesets")
WORLD = load_world(None)

GOOD = """\
ruleset {name}
summary A ruleset.

grant sample
summary A grant.
allow read
test  read(0, NULL, 0)       runs
test  reboot(0, 0, 0, NULL)  refused
"""


def check(*files: str) -> list[str]:
    """The faults of files, as printed, without the folder of the first."""
    faults = Faults()
    check_files(WORLD, list(files), RULESETS, faults)
    folder = os.path.dirname(files[0]) + "/"
    return [line.replace(folder, "") for line in faults.lines()]


class Folder(unittest.TestCase):
    """Tests with a folder for their files."""

    def setUp(self) -> None:
        self.folder = tempfile.TemporaryDirectory()  # pylint: disable=consider-using-with
        self.addCleanup(self.folder.cleanup)

    def write(self, name: str, text: str | bytes) -> str:
        path = os.path.join(self.folder.name, name)
        with open(path, "wb") as f:
            f.write(text.encode() if isinstance(text, str) else text)
        return path


class Mistakes(unittest.TestCase):
    """tests/generator/bad: the first comment lines say the faults, "# expect LINE:COLUMN: text"."""

    maxDiff = None


def add_mistakes() -> None:
    for path in sorted(BAD.glob("*.rules")):
        expected = [
            f"{path.name}:{line.removeprefix('# expect ')}"
            for line in path.read_text(encoding="utf-8").splitlines()
            if line.startswith("# expect ")
        ]

        def test(self: Mistakes, path: Path = path, expected: list[str] = expected) -> None:
            self.assertTrue(expected, "no '# expect' line")
            self.assertEqual(check(str(path)), expected)

        setattr(Mistakes, f"test_{path.stem}", test)


add_mistakes()


class Files(Folder):
    """Files that cannot be read as text."""

    maxDiff = None

    def faults(self, data: str | bytes) -> list[str]:
        return check(self.write("x.rules", data))

    def test_good(self) -> None:
        self.assertEqual(self.faults(GOOD.format(name="x")), [])

    def test_tabs_and_no_newline_at_the_end(self) -> None:
        self.assertEqual(self.faults(GOOD.format(name="x").replace(" ", "\t").rstrip()), [])

    def test_empty(self) -> None:
        self.assertEqual(self.faults(""), [
            "x.rules:1:1: an empty file: start it with 'ruleset NAME'"])

    def test_not_utf8(self) -> None:
        self.assertEqual(self.faults(b"ruleset x\nsummary \xc3\xa4\xff\n"), [
            "x.rules:2:10: byte 0xff is not UTF-8: save the file as UTF-8"])

    def test_nul(self) -> None:
        self.assertEqual(self.faults("ruleset x\n\0"), [
            "x.rules:2:1: a NUL byte: this is not a text file"])

    def test_carriage_return(self) -> None:
        self.assertEqual(self.faults("ruleset x\r\nsummary x\r\n"), [
            "x.rules:1:10: a carriage return: end lines with a line feed alone",
            "x.rules:2:10: a carriage return: end lines with a line feed alone"])

    def test_byte_order_mark(self) -> None:
        self.assertEqual(self.faults("\ufeffruleset x\n"), [
            "x.rules:1:1: a byte order mark: save the file without it"])

    def test_long_line(self) -> None:
        text = GOOD.format(name="x")
        self.assertEqual(self.faults(text + "note " + 4091 * "x" + "\n"), [])
        self.assertEqual(self.faults(text + "note " + 4092 * "x" + "\n"), [
            "x.rules:9:1: a line over 4096 bytes: break it with '\\' at its end"])

    def test_long_file(self) -> None:
        self.assertEqual(self.faults(b"#\n" * (1 << 19) + b"#"), [
            "x.rules:1:1: over 1048576 bytes: split it into several rulesets"])

    def test_missing_file(self) -> None:
        self.assertEqual(check(self.folder.name + "/none.rules"), [
            "none.rules:1:1: cannot be read: No such file or directory"])

    def test_unreadable_file(self) -> None:
        path = self.write("x.rules", GOOD.format(name="x"))
        os.chmod(path, 0)
        if os.geteuid() == 0:  # root reads everything
            reason = closed_to_nobody(RULESETS)
            if reason:
                self.skipTest(reason)
            self.addCleanup(os.seteuid, 0)
            os.seteuid(65534)
        self.assertEqual(check(path), ["x.rules:1:1: cannot be read: Permission denied"])

    def test_no_regular_file(self) -> None:
        os.mkfifo(self.folder.name + "/x.rules")
        self.assertEqual(check(self.folder.name + "/x.rules"), [
            "x.rules:1:1: is not a regular file: give a file of rules"])
        self.assertEqual(check(self.folder.name + "/."), [
            ".:1:1: is not a regular file: give a file of rules"])

    def test_name_of_a_file_is_harmless(self) -> None:
        self.assertEqual(check(self.folder.name + "/\x1b[31m"), [
            "\\x1b[31m:1:1: cannot be read: No such file or directory"])

    def test_many_faults(self) -> None:
        lines = self.faults(GOOD.format(name="x") + "alow read\n" * 25)
        self.assertEqual(len(lines), 21)
        self.assertEqual(lines[-1], "x.rules: 5 more faults")

    def test_continued_lines_keep_their_places(self) -> None:
        text = GOOD.format(name="x") + "allow \\\n    write, \\\n\topnat\n"
        self.assertEqual(self.faults(text), [
            "x.rules:11:2: unknown syscall 'opnat': did you mean 'openat'?"])


class Together(Folder):
    """What shows only over several rulesets."""

    def test_two_files_with_one_ruleset(self) -> None:
        os.mkdir(self.folder.name + "/other")
        first = self.write("x.rules", GOOD.format(name="x"))
        second = self.write("other/x.rules", GOOD.format(name="x"))
        self.assertEqual(check(first, second), [
            f"other/x.rules:1:9: ruleset 'x' is in '{first}' too: rename one".replace(
                self.folder.name + "/", "")])

    def test_two_grants_with_one_c_name(self) -> None:
        first = self.write("a.rules", GOOD.format(name="a").replace("sample", "b_c"))
        second = self.write("a_b.rules", GOOD.format(name="a_b").replace("sample", "c"))
        self.assertEqual(check(first, second), [
            "a_b.rules:4:7: the C function stile_allow_a_b_c() is a.b_c already: "
            "rename the grant"])
        table = self.write("table.rules", GOOD.format(name="table").replace("sample", "grant"))
        self.assertEqual(check(table), [
            "table.rules:4:7: the C function stile_allow_table_grant() is the library's own "
            "already: rename the grant"])

    def test_include_from_a_file_with_faults(self) -> None:
        self.write("a.rules", GOOD.format(name="a") + "allow raed\n")
        second = self.write(
            "b.rules", GOOD.format(name="b").replace("allow read", "include a.sample"))
        faults = Faults()
        check_files(WORLD, [second], self.folder.name, faults)
        self.assertEqual([fault.text for fault in faults.of_file(second)], [
            "ruleset 'a' has faults: mend its file first (--check shows them)"])

    def test_user_ruleset_beside_the_library(self) -> None:
        for name, expected in (
            ("system_io", "'system_io' is a ruleset of the library: choose another name"),
            ("system", "the C function stile_allow_system_io_read() is system_io.read already: "
                       "rename the grant"),
        ):
            path = self.write(f"{name}.rules", GOOD.format(name=name).replace("sample", "io_read"))
            faults = Faults()
            check_user_file(WORLD, path, RULESETS, faults)
            self.assertEqual([fault.text for fault in faults.of_file(path)], [expected])

    def test_the_library_holds_every_syscall(self) -> None:
        files = sorted(str(path) for path in Path(RULESETS).glob("*.rules"))
        faults = Faults()
        checked = check_files(WORLD, files, None, faults)
        self.assertEqual(faults.lines(), [])
        self.assertEqual(missing_syscalls(WORLD, checked.rulesets), [])
        rest = [ruleset for ruleset in checked.rulesets if ruleset.name != "userfaultfd"]
        self.assertEqual(missing_syscalls(WORLD, rest), ["userfaultfd"])


class Sets(unittest.TestCase):
    """Sets of values against plain enumeration, for arguments of 3 bits."""

    BITS = 3

    def conditions(self) -> list[Condition]:
        values = range(1 << self.BITS)
        made = [
            Condition(0, comparison, 0, value, self.BITS, is_signed)
            for comparison in ("==", "<", "<=", ">", ">=")
            for value in values
            for is_signed in (False, True)
        ]
        return made + [
            Condition(0, "&", mask, value, self.BITS, False)
            for mask in values[1:]
            for value in values
            if not value & ~mask
        ]

    def members(self, *conditions: Condition) -> set[int]:
        return {
            value
            for value in range(1 << self.BITS)
            if all(condition_holds(condition, value, ()) for condition in conditions)
        }

    def test_condition_holds(self) -> None:
        for condition, value in itertools.product(self.conditions(), range(1 << self.BITS)):
            number = signed(value, self.BITS, condition.is_signed)
            against = signed(condition.value, self.BITS, condition.is_signed)
            expected = {
                "==": number == against, "<": number < against, "<=": number <= against,
                ">": number > against, ">=": number >= against,
                "&": value & condition.mask == condition.value,
            }[condition.comparison]
            self.assertEqual(condition_holds(condition, value | 8, ()), expected)

    def test_every_pair(self) -> None:
        for one, other in itertools.product(self.conditions(), repeat=2):
            both = ValueSet.all(self.BITS).keep(one, ()).keep(other, ())
            self.assertEqual(both.is_empty(), not self.members(one, other), (one, other))
            first = ValueSet.all(self.BITS).keep(one, ())
            self.assertEqual(
                first.within(other), self.members(one) <= self.members(other), (one, other))

    def test_triples(self) -> None:
        some = self.conditions()[::7]
        for one, two, three in itertools.product(some, repeat=3):
            both = ValueSet.all(self.BITS).keep(one, ()).keep(two, ())
            self.assertEqual(
                both.within(three), self.members(one, two) <= self.members(three),
                (one, two, three))

    def test_parameter(self) -> None:
        condition = Condition(0, "==", 0, 0, 32, True, 0)
        values = ValueSet.all(32).keep(condition, ((-1, 1),))
        self.assertTrue(values.within(Condition(0, "<", 0, 2, 32, True)))
        self.assertFalse(values.within(Condition(0, ">=", 0, 0, 32, True)))
        self.assertFalse(values.is_empty())


class CommandLine(Folder):
    """Options, exit statuses, --expand."""

    maxDiff = None

    def run_main(self, *words: str) -> tuple[int, str, str]:
        """Status, output, errors."""
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                status = main(words)
            except SystemExit as end:
                status = int(end.code or 0)
        return status, out.getvalue(), err.getvalue()

    def test_help(self) -> None:
        status, out, _ = self.run_main("--help")
        self.assertEqual(status, 0)
        for word in ("--check", "--user", "--expand", "--depfile", "SYSCALL_INCLUDE_DIR",
                     "exit status"):
            self.assertIn(word, out)

    def test_usage(self) -> None:
        for words in ((), ("--out",), ("--check",), ("--nothing",), ("--user", "x.rules"),
                      ("--check", "x", "--expand", "open"), ("--expand", "open", "a", "b")):
            status, _, err = self.run_main(*words)
            self.assertEqual(status, 2, words)
            self.assertIn("usage:", err)

    def test_check(self) -> None:
        good = self.write("x.rules", GOOD.format(name="x"))
        self.assertEqual(self.run_main("--check", good), (0, "", ""))
        bad = self.write("y.rules", GOOD.format(name="y").replace("allow", "alow"))
        status, out, err = self.run_main("--check", good, bad)
        self.assertEqual((status, out), (1, ""))
        self.assertEqual(
            err, f"{bad}:6:1: unknown line word 'alow': did you mean 'allow'?\n")

    def test_missing_folders(self) -> None:
        good = self.write("x.rules", GOOD.format(name="x"))
        status, _, err = self.run_main(
            "--user", good, "--out", self.folder.name, "--rulesets-dir", "/nonexistent")
        self.assertEqual(
            (status, err), (1, "stile-generate: /nonexistent: No such file or directory\n"))
        status, _, err = self.run_main("--user", good, "--out", good)
        self.assertEqual((status, err.count("\n")), (1, 1))
        self.assertEqual(os.listdir(self.folder.name), ["x.rules"])

    def test_expand(self) -> None:
        status, out, err = self.run_main("--expand", "@creation", "flags == 0")
        self.assertEqual((status, out), (1, ""))
        self.assertEqual(err, "family:1:1: there is no family '@creation': "
                              "see generator/data/families.txt\n")
        status, out, _ = self.run_main("--expand", "open", "flags & O_DIRECTORY == O_DIRECTORY")
        self.assertEqual(status, 0)
        x86_64 = re.search(r"^x86_64:\n((?:  .*\n)*)", out, re.M)[1]
        aarch64 = re.search(r"^aarch64:\n((?:  .*\n)*)", out, re.M)[1]
        self.assertIn(
            "openat               flags (argument 2, 32 bits, signed) & 0x10000 == 0x10000\n",
            x86_64)
        self.assertIn("creat                no rule: the condition on flags cannot hold  "
                      "(dirfd is AT_FDCWD, flags is O_CREAT|O_WRONLY|O_TRUNC)\n", x86_64)
        self.assertIn("openat2              no rule: the condition on flags cannot hold", x86_64)
        self.assertIn("& 0x4000 == 0x4000\n", aarch64)
        self.assertNotIn("creat", aarch64)

    def test_expand_with_a_fault(self) -> None:
        with self.assertRaises(SyntaxFault) as raised:
            expand(WORLD, "open", "flags !", Faults())
        self.assertEqual(str(raised.exception.fault), "condition:1:7: '!' has no meaning here")

    def test_table_error_and_interpreter(self) -> None:
        """As a program of its own, from another folder."""
        done = subprocess.run(
            [sys.executable, "-B", "-m", "generator", "--check", "none.rules"],
            cwd=self.folder.name, env=os.environ | {"PYTHONPATH": str(TOP)},
            capture_output=True, text=True, check=False)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (
            1, "", "none.rules:1:1: cannot be read: No such file or directory\n"))


if __name__ == "__main__":
    unittest.main()
