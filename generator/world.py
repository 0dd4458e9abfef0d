# SPDX-License-Identifier: MIT
"""The tables as the checker asks them: calls, arguments and constants by name and ABI."""

from dataclasses import dataclass

from .rule import ABIS
from .syntax import Complement, Expression, Number, Union
from .syntax import Constant as ConstantName


@dataclass(frozen=True)
class Argument:
    """An argument of a call on one ABI."""

    name: str
    kernel_name: str | None  # where it differs
    declared_bits: int  # by its type, or as the table says
    bits: int  # on this ABI, whose words may be shorter
    is_signed: bool
    is_pointer: bool
    is_word: bool  # a long: what it holds, an address perhaps, depends on other arguments
    group: str | None


@dataclass(frozen=True)
class Constant:
    name: str
    group: str
    values: dict[str, int]  # by ABI; an ABI without the constant is left out


@dataclass(frozen=True)
class Group:
    name: str
    kind: str  # "enum", "flags", "values"
    constants: tuple[str, ...]
    flags: tuple[str, ...]  # beside an enumeration, in the same argument


@dataclass(frozen=True)
class Member:
    """A spelling of a family's operation."""

    family: str
    syscall: str
    abi: str | None  # None: on all that have no entry of their own
    renames: dict[str, str]  # the family's argument -> this call's
    fixed: dict[str, Expression]  # arguments for which it stands for a constant
    hidden: frozenset[str]  # arguments behind a pointer
    reason: str


@dataclass(frozen=True)
class Family:
    name: str
    members: tuple[Member, ...]


@dataclass(frozen=True)
class Call:
    """A syscall of the table."""

    name: str
    since: tuple[int, ...]  # the kernel that introduced it
    numbers: dict[str, int]  # by ABI; an ABI without the call is left out
    arguments: dict[str, tuple[Argument, ...]]  # by ABI, for the same ones


class World:
    """All tables."""

    def __init__(
        self,
        syscalls: dict[str, Call],
        constants: dict[str, Constant],
        groups: dict[str, Group],
        families: dict[str, Family],
    ) -> None:
        self.syscalls = syscalls
        self.constants = constants
        self.groups = groups
        self.families = families

    def abis(self, syscall: str) -> tuple[str, ...]:
        """The ABIs that have the call."""
        return tuple(abi for abi in ABIS if abi in self.syscalls[syscall].numbers)

    def arguments(self, syscall: str, abi: str) -> tuple[Argument, ...]:
        return self.syscalls[syscall].arguments[abi]

    def argument_is_split(self, syscall: str, abi: str, name: str) -> bool:
        """Whether an argument takes two words on this ABI, or is otherwise on others only."""
        here = {argument.name for argument in self.arguments(syscall, abi)}
        if {f"{name}_low", f"{name}_high"} <= here:
            return True
        return any(
            name in (argument.name, argument.kernel_name)
            for other in self.abis(syscall)
            for argument in self.arguments(syscall, other)
        )

    def member(self, family: str, syscall: str, abi: str) -> Member | None:
        """How a call stands in a family on an ABI."""
        found = None
        for member in self.families[family].members:
            if member.syscall == syscall and member.abi in (None, abi):
                found = member if found is None or member.abi == abi else found
        return found

    def is_hidden(self, syscall: str, argument: str) -> bool:
        """Whether a call passes an argument of one of its families behind a pointer."""
        return any(
            member.syscall == syscall and argument in member.hidden
            for family in self.families.values()
            for member in family.members
        )

    def hidden_calls(self) -> dict[str, list[str]]:
        """The calls whose flags stand behind a pointer on every ABI, and their open siblings."""
        siblings: dict[str, set[str]] = {}
        for family in self.families.values():
            hidden = {m.syscall for m in family.members if "flags" in m.hidden and m.abi is None}
            for name in hidden:
                others = {member.syscall for member in family.members} - hidden
                siblings.setdefault(name, set()).update(others)
        return {name: sorted(others) for name, others in siblings.items()}

    def enumeration(self, group: str | None) -> Group | None:
        """The group if its values are compared whole."""
        if group is None or self.groups[group].kind != "enum":
            return None
        return self.groups[group]

    def value(self, expression: Expression, abi: str) -> int | None:
        """What an expression is on an ABI; None if it has no value there."""
        if isinstance(expression, Number):
            return expression.value
        if isinstance(expression, ConstantName):
            constant = self.constants.get(expression.name)
            return constant.values.get(abi) if constant else None
        if isinstance(expression, Complement):
            inner = self.value(expression.operand, abi)
            return None if inner is None else ~inner
        if isinstance(expression, Union):
            total = 0
            for part in expression.parts:
                number = self.value(part, abi)
                if number is None:
                    return None
                total |= number
            return total
        return None
