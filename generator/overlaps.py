# SPDX-License-Identifier: MIT
"""What the rules of one grant have to do with each other."""

import itertools
from collections import defaultdict
from dataclasses import dataclass

from . import rule
from .faults import Faults, Place, quote
from .valueset import ValueSet, condition_holds


@dataclass(frozen=True, order=True)
class Origin:
    """Where a rule of a grant comes from: a call of an allow line, or an include."""

    position: tuple[int, Place]  # number of the line in the grant, place
    text: str
    is_include: bool

    @property
    def place(self) -> Place:
        return self.position[1]


@dataclass(frozen=True)
class Entry:
    made: rule.Rule
    origin: Origin


_Group = dict[tuple[str, str], list[Entry]]  # by syscall and ABI


def check_overlaps(
    entries: list[Entry],
    ranges: tuple[rule.Range, ...],
    hidden: dict[tuple[str, str], list[str]],
    faults: Faults,
) -> bool:
    """Reports conflicts, and lines that add nothing. Whether there were any."""
    groups = _groups(entries)
    conflicting = _check_conflicts(groups, faults)
    conflicting |= _check_hidden(groups, hidden, faults)
    redundant = _check_redundant(entries, groups, conflicting, ranges, faults)
    return bool(conflicting) or redundant


def without_contained(entries: list[Entry], ranges: tuple[rule.Range, ...]) -> list[rule.Rule]:
    """The rules, each once, without those that lie inside another."""
    kept: list[rule.Rule] = []
    groups = {key: _Containers(group) for key, group in _groups(entries).items()}
    seen = set()
    for entry in entries:
        made = entry.made
        key = (made.syscall, made.abi, made.conditions)
        if key not in seen and not groups[made.syscall, made.abi].contain(made, ranges):
            kept.append(made)
        seen.add(key)
    return kept


class _Containers:
    """The rules of one syscall on one ABI, asked whether one of them contains another."""

    def __init__(self, entries: list[Entry]) -> None:
        rules = {entry.made.conditions: entry.made for entry in entries}
        self.rules = list(rules.values())
        # Lists of values make many rules of equalities alone. Of two such one can only contain
        # the other if all its conditions are among the other's.
        self.equalities = {frozenset(made.conditions) for made in self.rules if _is_plain(made)}
        self.others = [made for made in self.rules if not _is_plain(made)]

    def contain(self, made: rule.Rule, ranges: tuple[rule.Range, ...]) -> bool:
        candidates = self.rules
        if _is_plain(made):
            candidates = self.others
            for count in range(len(made.conditions)):
                for chosen in itertools.combinations(made.conditions, count):
                    if frozenset(chosen) in self.equalities:
                        return True
        return any(
            other.conditions != made.conditions and is_within(made, other, ranges)
            for other in candidates
        )


def _is_plain(made: rule.Rule) -> bool:
    return all(condition.comparison == "==" for condition in made.conditions)


def is_within(inner: rule.Rule, outer: rule.Rule, ranges: tuple[rule.Range, ...]) -> bool:
    """Whether outer permits every call that inner permits; of one syscall on one ABI."""
    return all(
        condition in inner.conditions or _implied(inner.conditions, condition, ranges)
        for condition in outer.conditions
    )


def _implied(
    conditions: tuple[rule.Condition, ...],
    condition: rule.Condition,
    ranges: tuple[rule.Range, ...],
) -> bool:
    """Whether a condition holds for every call for which the others hold."""
    if condition.parameter >= 0:
        return False
    on_argument = [other for other in conditions if other.argument == condition.argument]
    if not on_argument:
        return False
    first = on_argument[0]
    if len(on_argument) == 1 and first.comparison == "==" and first.parameter < 0:
        return condition_holds(condition, first.value, ())
    values = ValueSet.all(condition.bits)
    for other in on_argument:
        values = values.keep(other, ranges)
    return values.within(condition)


def _groups(entries: list[Entry]) -> _Group:
    groups: _Group = defaultdict(list)
    for entry in entries:
        groups[entry.made.syscall, entry.made.abi].append(entry)
    return groups


def _check_conflicts(groups: _Group, faults: Faults) -> set[Origin]:
    """A syscall allowed with and without conditions."""
    conflicts: dict[tuple[Origin, Origin], set[str]] = defaultdict(set)
    for (syscall, _), entries in groups.items():
        simple = dict.fromkeys(e.origin for e in entries if not e.made.conditions)
        conditional = dict.fromkeys(e.origin for e in entries if e.made.conditions)
        for one in simple:
            for other in conditional:
                conflicts[one, other].add(syscall)
    for (simple_origin, other), syscalls in conflicts.items():
        # Said where it can be mended best: at the grant's own line, else at the later include.
        here = max(
            simple_origin, other, key=lambda origin: (not origin.is_include, origin.position)
        )
        there = other if here is simple_origin else simple_origin
        kinds = ("without conditions", "with conditions")
        if here is other:
            kinds = kinds[1], kinds[0]
        by = f"{there.text} in line" if there.is_include else "line"
        faults.add(
            here.place,
            f"{quote(min(syscalls))} is allowed {kinds[0]} here and {kinds[1]} by {by} "
            f"{there.place.line}: drop one of the two",
        )
    return {origin for pair in conflicts for origin in pair}


def _check_hidden(
    groups: _Group, hidden: dict[tuple[str, str], list[str]], faults: Faults
) -> set[Origin]:
    """A call whose flags nobody can judge, allowed beside conditions on its siblings."""
    found: dict[Origin, tuple[str, str, Origin]] = {}
    for (syscall, abi), entries in groups.items():
        for sibling in hidden.get((syscall, abi), []):
            narrow = [e.origin for e in groups.get((sibling, abi), []) if e.made.conditions]
            for entry in entries if narrow else []:
                found.setdefault(entry.origin, (syscall, sibling, narrow[0]))
    for origin, (syscall, sibling, other) in found.items():
        faults.add(
            origin.place,
            f"{quote(syscall)} does the same as {quote(sibling)}, on which line "
            f"{other.place.line} has a condition, with its flags behind a pointer: leave it out "
            "(it then fails with ENOSYS, and libc falls back)",
        )
    return set(found)


def _check_redundant(
    entries: list[Entry],
    groups: _Group,
    conflicting: set[Origin],
    ranges: tuple[rule.Range, ...],
    faults: Faults,
) -> bool:
    """Calls of allow lines all of whose rules lie inside those of other lines."""
    by_origin: dict[Origin, list[rule.Rule]] = defaultdict(list)
    for entry in entries:
        by_origin[entry.origin].append(entry.made)
    dropped: set[Origin] = set()
    for origin in sorted(by_origin, reverse=True):
        if origin.is_include or origin in conflicting:
            continue
        containers: list[Origin] = []
        for made in by_origin[origin]:
            found = [
                entry.origin
                for entry in groups[made.syscall, made.abi]
                if entry.origin != origin
                and entry.origin not in dropped
                and is_within(made, entry.made, ranges)
            ]
            if not found:
                break
            containers.append(found[0])
        else:
            dropped.add(origin)
            other = containers[0]
            by = f"{other.text} in line" if other.is_include else "line"
            faults.add(
                origin.place,
                f"{quote(origin.text)} adds nothing here, all of it is allowed by {by} "
                f"{other.place.line}: leave it out",
            )
    return bool(dropped)
