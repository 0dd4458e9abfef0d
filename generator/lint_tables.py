# SPDX-License-Identifier: MIT
"""What stile lint knows of calls beside the public API: lint/tables.h."""

from . import ctext
from .rule import ABIS
from .world import Member, World

# Families that gather what others hold in parts (or hold a part of what another does), or the steps
# of one thing: a sibling of theirs does not do the same.
_GATHERED = {"chmod_path", "chown", "clock_nanosleep", "stat", "mount_api", "msg", "sem", "shm"}


def lint_tables(world: World) -> str:
    """lint_families.c"""
    binding_rows: list[str] = []
    member_rows: list[str] = []
    family_rows = []
    for name in sorted(set(world.families) - _GATHERED):
        first = len(member_rows)
        for member in world.families[name].members:
            member_rows += _member(world, name, member, binding_rows)
        family_rows.append(f"{{ {ctext.string(name)}, {first}, {len(member_rows) - first} }}")
    enumeration_rows = _enumerations(world)
    parts = [
        ctext.LICENCE + ctext.written_by("generator/data") + '#include "tables.h"\n',
        ctext.array("const struct lint_binding lint_bindings[]", binding_rows),
        ctext.array("const struct lint_member lint_members[]", member_rows),
        ctext.array("const struct lint_family lint_families[]", family_rows),
        f"const size_t lint_family_count = {len(family_rows)};\n",
        ctext.array("const struct lint_enumeration lint_enumerations[]", enumeration_rows),
        f"const size_t lint_enumeration_count = {len(enumeration_rows)};\n",
    ]
    return "\n".join(parts)


def _member(world: World, family: str, member: Member, bindings: list[str]) -> list[str]:
    """A row for each ABI on which this entry stands for the call."""
    rows = []
    for abi in world.abis(member.syscall):
        if world.member(family, member.syscall, abi) != member:
            continue
        first = len(bindings)
        for argument, expression in sorted(member.fixed.items()):
            value = world.value(expression, abi)
            if value is not None:
                bindings.append(f"{{ {ctext.string(argument)}, {ctext.word(value)} }}")
        hidden = "true" if member.hidden else "false"
        rows.append(
            f"{{ {ctext.string(member.syscall)}, {ctext.abi_constant(abi)}, {hidden}, "
            f"{first}, {len(bindings) - first} }}"
        )
    return rows


def _enumerations(world: World) -> list[str]:
    """Arguments whose values are compared whole, but for flags beside them."""
    rows = []
    for name, call in sorted(world.syscalls.items()):
        for abi in ABIS:
            for index, argument in enumerate(call.arguments.get(abi, ())):
                group = world.enumeration(argument.group)
                if not group:
                    continue
                flags = 0
                for flag in group.flags:
                    flags |= world.constants[flag].values.get(abi, 0)
                rows.append(
                    f"{{ {ctext.string(name)}, {ctext.string(argument.name)}, "
                    f"{ctext.abi_constant(abi)}, {index}, {argument.bits}, "
                    f"{ctext.word(flags)} }}"
                )
    return rows
