# SPDX-License-Identifier: MIT
"""What the tables of generator/data hold."""

from dataclasses import dataclass, field

ABIS = ("x86_64", "i386", "x32", "aarch64", "riscv64")


@dataclass(frozen=True)
class Argument:
    """An argument of a syscall."""

    name: str  # the manual page's
    kernel_name: str  # the kernel's; the same where the table gives no other
    type: str  # as the table writes it
    bits: int  # that a 64-bit kernel really uses
    signed: bool
    pointer: bool  # cannot be compared, but to NULL
    group: str | None  # of the constants that its values are written with
    reason: str  # why bits differs from the type's; "" where it does not

    def bits_on(self, abi: str) -> int:
        """The bits on an ABI, whose words may be shorter."""
        return min(self.bits, 32) if abi == "i386" else self.bits


@dataclass(frozen=True)
class Syscall:
    """A syscall."""

    name: str
    since: tuple[int, ...]  # the kernel that introduced it: (2, 6, 16)
    arguments: dict[str | None, list[Argument]]  # None: on every ABI without an own entry
    line: int

    def arguments_on(self, abi: str) -> list[Argument]:
        return self.arguments.get(abi, self.arguments[None])


@dataclass(frozen=True)
class Number:
    """A number that the other sources do not know; without x32's bit."""

    number: int
    name: str
    abis: tuple[str, ...]
    line: int


@dataclass(frozen=True)
class Constant:
    """A named constant."""

    name: str
    group: str
    values: dict[str, int]  # by ABI; one that lacks the name is left out
    line: int


@dataclass(frozen=True)
class Group:
    """The constants that the values of an argument are written with."""

    name: str
    kind: str  # "enum", "flags", "values"
    flags: list[str]  # of an enumeration: the names of flags in the same argument
    constants: list[Constant]  # its own, then those of the groups that it is like
    line: int


@dataclass(frozen=True)
class Member:
    """A spelling of a family's operation."""

    name: str  # the syscall's
    abi: str | None  # None: on every ABI without an own entry
    bindings: dict[str, str] = field(default_factory=dict)  # family's argument: expression
    hidden: set[str] = field(default_factory=set)  # family's arguments
    renames: dict[str, str] = field(default_factory=dict)  # family's argument: the syscall's
    reason: str = ""
    line: int = 0


@dataclass(frozen=True)
class Family:
    """Every spelling of one operation."""

    name: str
    members: list[Member]
    line: int


@dataclass(frozen=True)
class MultiplexedCall:
    """What a multiplexer does for one value of its argument."""

    multiplexer: str  # the syscall
    argument: str  # of the multiplexer
    constant: str  # the argument's value
    direct: list[str]  # the calls that do the same by themselves, on some ABI
    line: int


@dataclass(frozen=True)
class Tables:
    """All tables, by name."""

    syscalls: dict[str, Syscall]
    numbers: list[Number]
    groups: dict[str, Group]
    constants: dict[str, Constant]
    families: dict[str, Family]
    multiplexed: list[MultiplexedCall]
