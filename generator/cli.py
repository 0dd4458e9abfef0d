# SPDX-License-Identifier: MIT
"""The generator's command line."""

import argparse
import os
import sys
from collections.abc import Sequence

from . import completions, functions, ruleset_tests
from .checker import (
    Checked,
    check_files,
    check_user_file,
    missing_syscalls,
    ruleset_files,
)
from .constants_check import constants_check
from .expand import expand
from .faults import Faults, SyntaxFault, escape
from .lint_tables import lint_tables
from .loader import data_files, load_world, relative
from .manual import manual
from .output import write_all
from .ruleset_tables import RulesetTables, builtin_table
from .syscall_tables import SyscallTables, syscalls_header
from .tables import TableError
from .user import user_files
from .world import World

FINE, FAULTS, USAGE = 0, 1, 2

_HERE = os.path.dirname(os.path.abspath(__file__))

_DESCRIPTION = """\
Check .rules files and write what is made of them. All is checked first; if anything is wrong,
every fault is printed as FILE:LINE:COLUMN and nothing is written.
"""

_EPILOG = """\
examples:
  stile-generate --check my_server.rules
  stile-generate --user my_server.rules --out generated
  stile-generate --expand open 'flags & O_ACCMODE == O_RDONLY'

environment: SYSCALL_INCLUDE_DIR, as --include-dir.
exit status: 0 fine; 1 faults in the input, or files that cannot be written; 2 wrong usage.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Does what the command line asks for; the exit status."""
    parser = _parser()
    options = parser.parse_args(arguments)
    modes = [options.check is not None, options.user is not None, options.expand is not None]
    if sum(modes) > 1:
        parser.error("--check, --user and --expand exclude each other")
    if options.expand is not None and len(options.expand) > 2:
        parser.error("--expand takes a family and one condition: put the condition in quotes")
    if options.out is None and not (options.check or options.expand):
        parser.error("--out DIR is needed, or --check FILE")
    try:
        return _Run(options).run()
    except TableError as error:
        where = f"{escape(relative(error.file))}:{error.line}:{error.column}"
        _complain([f"{where}: {escape(error.text)}"])
    except SyntaxFault as error:
        _complain([str(error.fault)])
    except OSError as error:
        name = error.filename2 or error.filename or ""
        _complain([f"stile-generate: {escape(str(name))}: {error.strerror}"])
    return FAULTS


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="stile-generate",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--out", metavar="DIR", help="where to write")
    parser.add_argument(
        "--check", nargs="+", metavar="FILE", help="check rulesets and write nothing"
    )
    parser.add_argument(
        "--user",
        metavar="FILE",
        help="write the C of a ruleset of your own: DIR/RULESET.c and DIR/RULESET.h, "
        "which need stile's public headers only",
    )
    parser.add_argument(
        "--tests",
        action="store_true",
        help="with --user: also DIR/RULESET_test.c, a program that makes the file's tests",
    )
    parser.add_argument(
        "--expand",
        nargs="+",
        metavar=("FAMILY", "CONDITION"),
        help="print what each call of a family becomes on each ABI",
    )
    parser.add_argument(
        "--rulesets-dir",
        "--rulesets",
        metavar="DIR",
        default=relative(os.path.join(os.path.dirname(_HERE), "rulesets")),
        help="the library's rulesets (default: %(default)s)",
    )
    parser.add_argument(
        "--include-dir",
        metavar="DIR",
        default=os.environ.get("SYSCALL_INCLUDE_DIR") or None,
        help="kernel headers to take syscall numbers from",
    )
    parser.add_argument(
        "--depfile", metavar="FILE", help="write what the output depends on, for make and ninja"
    )
    parser.add_argument(
        "--allow-missing",
        action="store_true",
        help="syscalls that no ruleset holds are warnings",
    )
    return parser


class _Run:
    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.faults = Faults()
        self.world: World = load_world(options.include_dir)

    def run(self) -> int:
        options = self.options
        if options.expand:
            return self._expand(*options.expand)
        if options.check:
            check_files(self.world, options.check, options.rulesets_dir, self.faults)
            return self._report()
        if options.user:
            return self._user(options.user)
        return self._library()

    def _report(self) -> int:
        _complain(self.faults.lines())
        return FAULTS if self.faults else FINE

    def _expand(self, family: str, condition: str = "") -> int:
        for line in expand(self.world, family, condition, self.faults):
            print(line)
        return self._report()

    def _user(self, file: str) -> int:
        folder = self.options.rulesets_dir
        checked = check_user_file(self.world, file, folder, self.faults)
        if self._report() != FINE:
            return FAULTS
        self._write(
            user_files(self.world, checked, self.options.tests),
            [file, *ruleset_files(folder).values()],
        )
        return FINE

    def _library(self) -> int:
        files = ruleset_files(self.options.rulesets_dir)
        checked = check_files(self.world, list(files.values()), None, self.faults)
        missing = missing_syscalls(self.world, checked.rulesets)
        status = self._report()
        if missing and (status == FINE or self.options.allow_missing):
            kind = "warning: " if self.options.allow_missing else ""
            _complain(
                [
                    f"{escape(self.options.rulesets_dir)}: {kind}no grant holds "
                    f"{', '.join(missing)}: add each to a grant"
                ]
            )
            if not self.options.allow_missing:
                return FAULTS
        if status == FINE:
            self._write(library_files(self.world, checked), list(files.values()))
        return status

    def _write(self, files: dict[str, str], inputs: list[str]) -> None:
        write_all(self.options.out, files)
        if self.options.depfile:
            target = os.path.join(self.options.out, next(iter(files)))
            needed = [*inputs, *data_files()]
            text = f"{_escaped(target)}: " + " ".join(_escaped(name) for name in needed) + "\n"
            folder, name = os.path.split(self.options.depfile)
            write_all(folder, {name: text})


def library_files(world: World, checked: Checked) -> dict[str, str]:
    """Everything for the library itself, by its names below build/gen."""
    syscalls = SyscallTables(world)
    tables = RulesetTables(checked.rulesets, syscalls.names)
    rulesets = checked.rulesets
    return {
        "syscall_table.c": syscalls.source(),
        "ruleset_table.c": builtin_table(tables),
        "grants.c": functions.builtin_functions(rulesets),
        "stile/rulesets.h": functions.builtin_header(rulesets),
        "stile/syscalls.h": syscalls_header(world),
        "ruleset_tests.c": ruleset_tests.builtin_tests(world, checked.tests),
        "constants_check.c": constants_check(world),
        "lint_families.c": lint_tables(world),
        "stile-rulesets.7.scd": manual(world, rulesets),
        "completions/stile.bash": completions.bash(rulesets, syscalls.names),
        "completions/_stile": completions.zsh(rulesets, syscalls.names),
        "grants.txt": completions.grant_list(rulesets),
    }


def _escaped(name: str) -> str:
    """A file's name for a depfile."""
    return name.replace("$", "$$").replace(" ", "\\ ").replace("#", "\\#")


def _complain(lines: list[str]) -> None:
    for line in lines:
        print(line, file=sys.stderr)
