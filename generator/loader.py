# SPDX-License-Identifier: MIT
"""The files in data/ as the World that the checker asks."""

import os
from pathlib import Path

from . import tables
from .faults import Place
from .rule import ABIS
from .source import Line
from .syntax import Expression
from .tokens import TokenReader
from .world import Argument, Call, Constant, Family, Group, Member, MultiplexedCall, World


def data_files() -> list[str]:
    """The tables that every output depends on."""
    return sorted(relative(path) for path in tables.DATA.glob("*.txt"))


def relative(path: str | Path) -> str:
    """The path as seen from the working folder, if there is one."""
    try:
        return os.path.relpath(path)
    except OSError:
        return str(path)


def load_world(include_dir: str | None) -> World:
    """Reads all tables. Raises TableError, OSError."""
    read = tables.read_tables()
    numbers = tables.resolve_numbers(Path(include_dir) if include_dir else None)
    return World(
        {name: _call(call, numbers) for name, call in read.syscalls.items()},
        {
            name: Constant(name, constant.group, constant.values)
            for name, constant in read.constants.items()
        },
        {name: _group(group) for name, group in read.groups.items()},
        {name: _family(family) for name, family in read.families.items()},
        tuple(
            MultiplexedCall(call.multiplexer, call.argument, call.constant, tuple(call.direct))
            for call in read.multiplexed
        ),
    )


def _call(call: tables.Syscall, numbers: dict[str, dict[str, int]]) -> Call:
    here = {abi: numbers[abi][call.name] for abi in ABIS if call.name in numbers[abi]}
    arguments = {
        abi: tuple(_argument(argument, abi) for argument in call.arguments_on(abi))
        for abi in here
    }
    return Call(call.name, call.since, here, arguments)


def _argument(argument: tables.Argument, abi: str) -> Argument:
    return Argument(
        argument.name,
        argument.kernel_name if argument.kernel_name != argument.name else None,
        argument.bits,
        argument.bits_on(abi),
        argument.signed,
        argument.pointer,
        argument.type in ("long", "ulong"),
        argument.group,
    )


def _group(group: tables.Group) -> Group:
    names = tuple(constant.name for constant in group.constants)
    return Group(group.name, group.kind, names, tuple(group.flags))


def _family(family: tables.Family) -> Family:
    return Family(
        family.name,
        tuple(
            Member(
                family.name,
                member.name,
                member.abi,
                dict(member.renames),
                {name: _expression(text, member) for name, text in member.bindings.items()},
                frozenset(member.hidden),
                member.reason,
            )
            for member in family.members
        ),
    )


def _expression(text: str, member: tables.Member) -> Expression:
    file = str(tables.DATA / "families.txt")
    places = tuple(Place(file, member.line, 1) for _ in range(len(text) + 1))
    reader = TokenReader(Line(text, places), 0)
    expression = reader.expression()
    reader.end("a value")
    return expression
