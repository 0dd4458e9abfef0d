# SPDX-License-Identifier: MIT
"""What a .rules file says, before names are looked up."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from .faults import Place


@dataclass(frozen=True)
class Name:
    """A name where it stands: of a syscall, an argument, a constant …"""

    text: str
    place: Place


@dataclass(frozen=True)
class Number:
    value: int
    text: str
    place: Place


@dataclass(frozen=True)
class Constant:
    name: str
    place: Place


@dataclass(frozen=True)
class Parameter:
    """$name"""

    name: str
    place: Place


@dataclass(frozen=True)
class Complement:
    """~operand"""

    operand: "Expression"
    place: Place


@dataclass(frozen=True)
class Union:
    """a|b|c"""

    parts: tuple["Expression", ...]
    place: Place


Expression = Number | Constant | Parameter | Complement | Union


def leaves(expression: Expression) -> Iterator[Number | Constant | Parameter]:
    """The numbers, constants and parameters of an expression."""
    if isinstance(expression, Complement):
        yield from leaves(expression.operand)
    elif isinstance(expression, Union):
        for part in expression.parts:
            yield from leaves(part)
    else:
        yield expression


def expression_text(expression: Expression) -> str:
    """The expression as one would write it."""
    if isinstance(expression, Number):
        return expression.text
    if isinstance(expression, Constant):
        return expression.name
    if isinstance(expression, Parameter):
        return "$" + expression.name
    if isinstance(expression, Complement):
        return "~" + _operand_text(expression.operand)
    return "|".join(_operand_text(part) for part in expression.parts)


def _operand_text(expression: Expression) -> str:
    text = expression_text(expression)
    return f"({text})" if isinstance(expression, Union) else text


@dataclass(frozen=True)
class Condition:
    """ARG == V, ARG in {V, V}, ARG & MASK == V, ARG < V …, ARG == NULL (no values then)."""

    argument: Name
    operator: str  # "==", "<", "<=", ">", ">="
    operator_place: Place
    mask: Expression | None
    values: tuple[Expression, ...]  # alternatives; one unless the operator was "in"
    is_null: bool


@dataclass(frozen=True)
class Call:
    """A syscall's name, or a family's with is_family."""

    name: str
    is_family: bool
    place: Place

    def __str__(self) -> str:
        return ("@" if self.is_family else "") + self.name


@dataclass(frozen=True)
class Allow:
    calls: tuple[Call, ...]
    conditions: tuple[Condition, ...]
    reason: str
    source: str  # the line as written, without its reason
    place: Place


@dataclass(frozen=True)
class Include:
    ruleset: Name
    grant: Name
    values: tuple[Expression, ...]
    reason: str
    source: str
    place: Place


@dataclass(frozen=True)
class Pointer:
    """A test's value that is an address: kind is "string", "buffer", "bad" or "NULL"."""

    kind: str
    text: str
    place: Place


@dataclass(frozen=True)
class Test:
    call: Name
    values: tuple[Expression | Pointer, ...]
    runs: bool
    parameters: tuple[tuple[Name, Number], ...]
    sim_only: bool
    text: str  # the call as written
    place: Place
    verdict_place: Place


@dataclass(frozen=True)
class GrantParameter:
    name: str
    lowest: int
    highest: int
    place: Place
    range_place: Place


@dataclass
class Grant:
    name: str
    place: Place
    summary: str = ""
    notes: list[str] = field(default_factory=list)
    parameters: list[GrantParameter] = field(default_factory=list)
    lines: list[Allow | Include] = field(default_factory=list)
    tests: list[Test] = field(default_factory=list)
    broken: bool = False  # a line of it could not be read

    @property
    def danger(self) -> bool:
        return self.name.startswith("danger_")


@dataclass
class Ruleset:
    name: str
    file: str
    place: Place
    is_named: bool = True
    summary: str = ""
    notes: list[str] = field(default_factory=list)
    grants: list[Grant] = field(default_factory=list)
