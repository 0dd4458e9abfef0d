# SPDX-License-Identifier: MIT
"""Reads multiplexers.txt (its form: data/README.md)."""

from pathlib import Path

from .table_lines import read_table
from .table_types import MultiplexedCall, Tables


def read_multiplexers(path: Path) -> list[MultiplexedCall]:
    """What the multiplexers do. read_tables() holds it against the other tables."""
    result: list[MultiplexedCall] = []
    head: list[str] = []
    for line in read_table(path):
        words = [word for word, _ in line.words()]
        if words[0] == "multiplexer":
            if len(words) != 3:
                raise line.error("not multiplexer SYSCALL ARGUMENT")
            head = words[1:]
            continue
        if not head:
            raise line.error("a call before the first multiplexer")
        if len(words) < 2:
            raise line.error("not CONSTANT SYSCALL…")
        if (head[0], words[0]) in [(call.multiplexer, call.constant) for call in result]:
            raise line.error(f"{words[0]} of {head[0]} stands twice")
        result.append(MultiplexedCall(head[0], head[1], words[0], words[1:], line.number))
    return result


def multiplexed_fault(tables: Tables, multiplexed: MultiplexedCall) -> str:
    """What is wrong with a multiplexer's line; "" if nothing is."""
    for name in (multiplexed.multiplexer, *multiplexed.direct):
        if name not in tables.syscalls:
            return f"unknown syscall '{name}'"
    names = [a.name for a in tables.syscalls[multiplexed.multiplexer].arguments[None]]
    if multiplexed.argument not in names:
        return f"it has no argument '{multiplexed.argument}'"
    if multiplexed.constant not in tables.constants:
        return f"unknown constant '{multiplexed.constant}'"
    return ""
