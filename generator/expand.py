# SPDX-License-Identifier: MIT
"""Prints what a family, or a call, with a condition becomes on each ABI."""

from .conditions import ConditionResolver, Outcome
from .context_faults import ContextFaults
from .faults import Faults, Place
from .lines import LineResolver
from .manual import describe
from .rule import ABIS, Condition
from .source import Line
from .syntax import Allow, Call, Grant
from .syntax import Condition as WrittenCondition
from .tokens import TokenReader
from .world import Member, World

_NAME = "condition"  # stands for a file's name in faults


def expand(world: World, name: str, condition: str, faults: Faults) -> list[str]:
    """The lines to print; [] if there were faults. Raises SyntaxFault."""
    place = Place("family", 1, 1)
    is_family = name.startswith("@") or name in world.families
    call = Call(name.removeprefix("@"), is_family, place)
    written: tuple[WrittenCondition, ...] = ()
    if condition:
        places = tuple(Place(_NAME, 1, column - 2) for column in range(len(condition) + 4))
        written = TokenReader(Line("if " + condition, places), 0).conditions()
    allow = Allow((call,), written, "", "", place)
    resolver = LineResolver(world, Grant("", place), faults)
    resolver.resolve(allow)
    if resolver.broken:
        return []
    names = [call.name]
    if call.is_family:
        names = list(dict.fromkeys(m.syscall for m in world.families[call.name].members))
    lines = []
    for abi in ABIS:
        lines.append(f"{abi}:")
        for syscall in names:
            if abi not in world.syscalls[syscall].numbers:
                continue
            member = world.member(call.name, syscall, abi) if call.is_family else None
            if call.is_family and member is None:
                continue
            lines.append(f"  {syscall:<20} {_became(world, written, syscall, abi, member)}")
    return lines


def _became(
    world: World,
    conditions: tuple[WrittenCondition, ...],
    syscall: str,
    abi: str,
    member: Member | None,
) -> str:
    note = f"  ({describe(member)})" if member is not None and describe(member) else ""
    parts = []
    resolver = ConditionResolver(world, [], ContextFaults(), (syscall, abi), member)
    for condition in conditions:
        outcomes = resolver.outcomes(condition)
        if any(outcome is True for outcome in outcomes):
            continue
        texts = [_text(world, syscall, abi, outcome) for outcome in outcomes if outcome]
        if not texts:
            return f"no rule: the condition on {condition.argument.text} cannot hold{note}"
        parts.append(texts[0] if len(texts) == 1 else "(" + " or ".join(texts) + ")")
    return (" and ".join(parts) or "always") + note


def _text(world: World, syscall: str, abi: str, outcome: Outcome) -> str:
    assert isinstance(outcome, Condition)
    name = world.arguments(syscall, abi)[outcome.argument].name
    where = f"{name} (argument {outcome.argument}, {outcome.bits} bits"
    where += ", signed)" if outcome.is_signed else ")"
    if outcome.comparison == "&":
        return f"{where} & 0x{outcome.mask:x} == 0x{outcome.value:x}"
    return f"{where} {outcome.comparison} 0x{outcome.value:x}"
