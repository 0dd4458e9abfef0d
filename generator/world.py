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
class MultiplexedCall:
    """What a multiplexer does for one value of its argument."""

    multiplexer: str
    argument: str
    constant: str
    direct: tuple[str, ...]  # the calls that do the same by themselves, on some ABI


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
        multiplexed: tuple[MultiplexedCall, ...] = (),
    ) -> None:
        self.syscalls = syscalls
        self.constants = constants
        self.groups = groups
        self.families = families
        self.multiplexed = multiplexed

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

    def hidden_calls(self) -> dict[tuple[str, str], list[str]]:
        """The calls whose flags stand behind a pointer, by name and ABI, and their open siblings.

        A member with an entry of its own for an ABI hides there what it has in the open elsewhere:
        whatever that is, conditions on it are vain.
        """
        siblings: dict[tuple[str, str], set[str]] = {}
        for family in self.families.values():
            names = {member.syscall for member in family.members}
            for abi in ABIS:
                hidden = {name for name in names if self._hides(family.name, name, abi)}
                for name in hidden:
                    siblings.setdefault((name, abi), set()).update(names - hidden)
        return {key: sorted(others) for key, others in siblings.items()}

    def _hides(self, family: str, syscall: str, abi: str) -> bool:
        member = self.member(family, syscall, abi)
        if member is None or abi not in self.syscalls[syscall].numbers:
            return False
        return "flags" in member.hidden or (bool(member.hidden) and member.abi == abi)

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
