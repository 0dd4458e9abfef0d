# SPDX-License-Identifier: MIT
"""The table of syscalls and constants as C: core/syscall_table.h and stile/syscalls.h."""

from . import ctext
from .rule import ABIS
from .world import Argument, World

_GROUP_KINDS = {"enum": "GROUP_ENUM", "flags": "GROUP_FLAGS", "values": "GROUP_VALUES"}

# How a compiler says which ABI it compiles for (as in stile/abi.h).
_ABI_MACROS = {
    "x86_64": "defined(__x86_64__) && !defined(__ILP32__)",
    "x32": "defined(__x86_64__)",
    "i386": "defined(__i386__)",
    "aarch64": "defined(__aarch64__)",
    "riscv64": "defined(__riscv) && __riscv_xlen == 64",
}

# As in core/syscalls.c
SLOT_FACTOR = 0x9E3779B1


def name_hash(name: str) -> int:
    value = 0
    for byte in name.encode():
        value = (value * 33 + byte) & 0xFFFFFFFF
    return value


class SyscallTables:
    """The arrays of core/syscall_table.h."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.names = sorted(world.syscalls)
        self.index = {name: index for index, name in enumerate(self.names)}
        self.group_names = sorted(world.groups)
        self.group_index = {name: index for index, name in enumerate(self.group_names)}

    def source(self) -> str:
        """syscall_table.c"""
        newest = max(self.world.syscalls[name].since for name in self.names)
        parts = [
            ctext.LICENCE + ctext.written_by("generator/data") + '#include "syscall_table.h"\n',
            *self._calls(),
            f"const uint32_t syscall_table_count = {len(self.names)};\n"
            f"const uint32_t syscall_table_newest = {_kernel(newest)};\n",
            *self._slots(),
            *self._groups(),
            *self._numbers(),
            *self._hidden(),
            *self._multiplexed(),
        ]
        return "\n".join(parts)

    def _calls(self) -> list[str]:
        argument_rows: list[str] = []
        signatures: dict[tuple[Argument, ...], int] = {(): 0}
        rows = []
        for name in self.names:
            call = self.world.syscalls[name]
            places = []
            for abi in ABIS:
                arguments = call.arguments.get(abi, ())
                if arguments not in signatures:
                    signatures[arguments] = len(argument_rows)
                    argument_rows += [self._argument(argument) for argument in arguments]
                places.append(f"{{ {signatures[arguments]}, {len(arguments)} }}")
            numbers = ", ".join(str(call.numbers.get(abi, -1)) for abi in ABIS)
            rows.append(
                f"{{ {ctext.string(name)}, {_kernel(call.since)}, {{ {numbers} }}, "
                f"{{ {', '.join(places)} }} }}"
            )
        return [
            ctext.array("const struct syscall_argument syscall_arguments[]", argument_rows),
            ctext.array("const struct syscall_entry syscall_table[]", rows),
        ]

    def _slots(self) -> list[str]:
        """The hash table of names, for syscall_find() of core/syscalls.c."""
        bits = (2 * len(self.names)).bit_length()
        slots: list[tuple[int, int] | None] = [None] * (1 << bits)
        for name in self.names:
            value = name_hash(name)
            slot = (value * SLOT_FACTOR & 0xFFFFFFFF) >> (32 - bits)
            while slots[slot]:
                slot = (slot + 1) % len(slots)
            slots[slot] = value & 0xFFFF, self.index[name]
        rows = [
            f"[{slot}] = {{ {entry[0]}, {entry[1] + 1} }}"
            for slot, entry in enumerate(slots)
            if entry
        ]
        return [
            ctext.array(f"const struct syscall_slot syscall_slots[1 << {bits}]", rows),
            f"const unsigned int syscall_slot_bits = {bits};\n",
        ]

    def _argument(self, argument: Argument) -> str:
        group = self.group_index[argument.group] if argument.group else -1
        return (
            f"{{ {ctext.string(argument.name)}, {ctext.string_or_null(argument.kernel_name)}, "
            f"{argument.bits}, {_bool(argument.is_signed)}, {_bool(argument.is_pointer)}, "
            f"{group} }}"
        )

    def _groups(self) -> list[str]:
        constant_rows: list[str] = []
        group_rows = []
        for name in self.group_names:
            group = self.world.groups[name]
            first, count = self._constants(group.constants, constant_rows)
            first_flag, flag_count = self._constants(group.flags, constant_rows)
            group_rows.append(
                f"{{ {ctext.string(name)}, {_GROUP_KINDS[group.kind]}, {first}, {count}, "
                f"{first_flag}, {flag_count} }}"
            )
        return [
            ctext.array("const struct constant constants[]", constant_rows),
            f"const uint32_t constant_count = {len(constant_rows)};\n",
            ctext.array("const struct constant_group constant_groups[]", group_rows),
        ]

    def _constants(self, names: tuple[str, ...], rows: list[str]) -> tuple[int, int]:
        """Adds the constants, one row for each value; index of the first and number."""
        first = len(rows)
        for name in names:
            values = self.world.constants[name].values
            for value in dict.fromkeys(values[abi] for abi in ABIS if abi in values):
                abis = ctext.abi_bits(abi for abi in values if values[abi] == value)
                rows.append(f"{{ {ctext.string(name)}, 0x{abis:02x}, {ctext.word(value)} }}")
        return first, len(rows) - first

    def _numbers(self) -> list[str]:
        parts = []
        counts = []
        for abi in ABIS:
            numbered = sorted(
                (self.world.syscalls[name].numbers[abi], self.index[name])
                for name in self.names
                if abi in self.world.syscalls[name].numbers
            )
            counts.append(len(numbered))
            parts.append(
                ctext.array(
                    f"static const struct numbered_syscall by_number_{abi}[]",
                    [f"{{ {number}, {index} }}" for number, index in numbered],
                )
            )
        parts.append(
            ctext.array(
                "const struct numbered_syscall *const syscalls_by_number[STILE_ABI_COUNT]",
                [f"[{ctext.abi_constant(abi)}] = by_number_{abi}" for abi in ABIS],
            )
        )
        parts.append(
            ctext.array(
                "const uint32_t syscalls_by_number_count[STILE_ABI_COUNT]",
                [
                    f"[{ctext.abi_constant(abi)}] = {count}"
                    for abi, count in zip(ABIS, counts, strict=True)
                ],
            )
        )
        return parts

    def _hidden(self) -> list[str]:
        abis: dict[tuple[str, tuple[str, ...]], list[str]] = {}
        for (name, abi), siblings in self.world.hidden_calls().items():
            abis.setdefault((name, tuple(siblings)), []).append(abi)
        sibling_rows: list[str] = []
        rows = []
        for name, siblings in sorted(abis):
            rows.append(
                f"{{ {self.index[name]}, 0x{ctext.abi_bits(abis[name, siblings]):02x}, "
                f"{len(sibling_rows)}, {len(siblings)} }} /* {name} */"
            )
            sibling_rows += [f"{self.index[other]} /* {other} */" for other in siblings]
        return [
            ctext.array("const struct hidden_call hidden_calls[]", rows),
            f"const uint32_t hidden_call_count = {len(rows)};\n",
            ctext.array("const uint16_t hidden_siblings[]", sibling_rows, "0"),
        ]

    def _multiplexed(self) -> list[str]:
        direct_rows: list[str] = []
        rows = []
        for call in self.world.multiplexed:
            for abi in self.world.abis(call.multiplexer):
                arguments = self.world.arguments(call.multiplexer, abi)
                names = [argument.name for argument in arguments]
                argument = arguments[names.index(call.argument)]
                value = self.world.constants[call.constant].values[abi]
                rows.append(
                    f"{{ {self.index[call.multiplexer]}, {ctext.abi_constant(abi)}, "
                    f"{len(direct_rows)}, {len(call.direct)}, "
                    f"{{ {names.index(call.argument)}, {argument.bits}, STILE_EQUAL, "
                    f"{_bool(argument.is_signed)}, -1, 0, {value} }} }} /* {call.constant} */"
                )
                direct_rows += [f"{self.index[other]} /* {other} */" for other in call.direct]
        return [
            ctext.array("const struct multiplexed_call multiplexed_calls[]", rows),
            f"const uint32_t multiplexed_call_count = {len(rows)};\n",
            ctext.array("const uint16_t direct_calls[]", direct_rows, "0"),
        ]


def _kernel(version: tuple[int, ...]) -> str:
    major, minor, patch = (*version, 0, 0)[:3]
    return f"{major} << 16 | {minor} << 8 | {patch}"


def _bool(value: bool) -> str:
    return "true" if value else "false"


def syscalls_header(world: World) -> str:
    """stile/syscalls.h"""
    text = (
        ctext.LICENCE
        + ctext.written_by("generator/data")
        + "#ifndef STILE_SYSCALLS_H\n#define STILE_SYSCALLS_H\n\n"
        + ctext.comment(
            [
                "The numbers of all syscalls of the ABI that is compiled for, also of those that "
                "the C library's headers do not know yet."
            ]
        )
    )
    word = "if"
    for abi, macro in _ABI_MACROS.items():
        numbered = sorted(
            (call.numbers[abi], name)
            for name, call in world.syscalls.items()
            if abi in call.numbers
        )
        text += f"#{word} {macro} /* {abi} */\nenum stile_syscall {{\n"
        text += ",\n".join(f"\tSTILE_SYSCALL_{name} = {number}" for number, name in numbered)
        text += "\n};\n"
        word = "elif"
    return text + '#else\n#error "stile does not know the syscalls of this ABI"\n#endif\n\n#endif\n'
