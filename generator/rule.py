# SPDX-License-Identifier: MIT
"""Rules after all names are looked up: what stile/table.h holds."""

from dataclasses import dataclass, replace

ABIS = ("x86_64", "i386", "x32", "aarch64", "riscv64")  # in the order of enum stile_abi

Range = tuple[int, int]  # of a parameter's values, both ends included


@dataclass(frozen=True, order=True)
class Condition:
    """A condition on an argument's bits; mask and value are bit patterns."""

    argument: int
    comparison: str  # "==", "<", "<=", ">", ">=", "&" for (argument & mask) == value
    mask: int
    value: int
    bits: int
    is_signed: bool
    parameter: int = -1  # of the grant; its value is or'ed into value


@dataclass(frozen=True)
class Rule:
    """A syscall on one ABI with conditions that all must hold."""

    syscall: str
    abi: str
    conditions: tuple[Condition, ...]  # sorted
    reason: str


@dataclass(frozen=True)
class MergedRule:
    """Equal rules of several ABIs."""

    syscall: str
    abis: int  # bit 1 << index in ABIS
    conditions: tuple[Condition, ...]
    reason: str


def merge(rules: list[Rule]) -> list[MergedRule]:
    """The rules with those of all ABIs put together, in the order of their first ones."""
    merged: dict[tuple[str, tuple[Condition, ...]], MergedRule] = {}
    for rule in rules:
        key = (rule.syscall, rule.conditions)
        bit = 1 << ABIS.index(rule.abi)
        if key in merged:
            merged[key] = replace(merged[key], abis=merged[key].abis | bit)
        else:
            merged[key] = MergedRule(rule.syscall, bit, rule.conditions, rule.reason)
    return list(merged.values())
