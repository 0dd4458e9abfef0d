# SPDX-License-Identifier: MIT
"""Checks .rules files: each by itself, and together what only shows then."""

import os
from dataclasses import dataclass

from .faults import Faults, quote
from .functions import function_name
from .library import Library
from .parser import parse_file
from .ruleset_tables import ResolvedRuleset
from .syntax import Ruleset
from .verdicts import ReadyTest, ready_tests
from .world import World

_LIBRARY_FUNCTION = "stile_allow_table_grant"  # stile/table.h; no grant may be called so

# Calls that no filter sees, so no grant can hold them (kernel/seccomp.c).
UNFILTERED = {"uretprobe", "uprobe"}


@dataclass
class Checked:
    """Rulesets without faults (if there were none), sorted by name, and their tests."""

    rulesets: list[ResolvedRuleset]
    tests: list[ReadyTest]


def check_files(
    world: World, files: list[str], rulesets_dir: str | None, faults: Faults
) -> Checked:
    """Checks files, which may include from each other and from the rulesets in a folder."""
    parsed: dict[str, Ruleset] = {}
    for file in files:
        ruleset = parse_file(file, faults)
        if ruleset is None or not ruleset.is_named:
            continue
        if ruleset.name in parsed:
            faults.add(
                ruleset.place,
                f"ruleset {quote(ruleset.name)} is in {quote(parsed[ruleset.name].file)} too: "
                "rename one",
            )
            continue
        parsed[ruleset.name] = ruleset
    others = ruleset_files(rulesets_dir) if rulesets_dir else {}
    library = Library(world, parsed.values(), others, faults)
    basic = library.basic()
    resolved = []
    tests = []
    for name in sorted(parsed):
        grants = library.grants(parsed[name])
        resolved.append(ResolvedRuleset(parsed[name], grants))
        for grant in grants:
            tests += ready_tests(world, grant, basic, faults)
    _check_functions(resolved, {_LIBRARY_FUNCTION: "the library's own"}, faults)
    return Checked(resolved, tests)


def check_user_file(world: World, file: str, rulesets_dir: str, faults: Faults) -> Checked:
    """Checks a user's file, which must stand beside the library's rulesets."""
    checked = check_files(world, [file], rulesets_dir, faults)
    files = ruleset_files(rulesets_dir)
    for ruleset in checked.rulesets:
        if ruleset.name in files:
            faults.add(
                ruleset.syntax.place,
                f"{quote(ruleset.name)} is a ruleset of the library: choose another name",
            )
            return checked
    taken = {}
    for path in files.values():
        other = parse_file(path, Faults())
        for grant in other.grants if other else []:
            taken[function_name(other.name, grant.name)] = f"{other.name}.{grant.name}"
    _check_functions(checked.rulesets, taken, faults)
    return checked


def ruleset_files(folder: str) -> dict[str, str]:
    """The .rules files of a folder by the names of their rulesets. Raises OSError."""
    return {
        name.removesuffix(".rules"): os.path.join(folder, name)
        for name in sorted(os.listdir(folder))
        if name.endswith(".rules")
    }


def missing_syscalls(world: World, rulesets: list[ResolvedRuleset]) -> list[str]:
    """The syscalls that no grant holds."""
    held = {
        made.syscall for ruleset in rulesets for grant in ruleset.grants for made in grant.rules
    }
    return sorted(
        name
        for name in world.syscalls
        if world.abis(name) and name not in held and name not in UNFILTERED
    )


def _check_functions(
    rulesets: list[ResolvedRuleset], taken: dict[str, str], faults: Faults
) -> None:
    """Two grants must not have one C name: a.b_c and a_b.c both are stile_allow_a_b_c."""
    taken = dict(taken)
    for ruleset in rulesets:
        for grant in ruleset.grants:
            name = function_name(ruleset.name, grant.name)
            if name in taken:
                faults.add(
                    grant.syntax.place,
                    f"the C function {name}() is {taken[name]} already: rename the grant",
                )
            taken.setdefault(name, grant.spec)
