# SPDX-License-Identifier: MIT
"""One condition of an allow line, looked at for one syscall on one ABI."""

from dataclasses import dataclass

from . import rule
from .context_faults import Context, ContextFaults
from .faults import advice, quote
from .syntax import (
    Complement,
    Condition,
    Expression,
    GrantParameter,
    Parameter,
    expression_text,
    leaves,
)
from .values import NoValue, ValueReader
from .valueset import signed, value_range
from .world import Argument, Member, World

WORD = (1 << 64) - 1

# What a condition comes to: always true, never true, or a condition on an argument.
Outcome = bool | rule.Condition


@dataclass(frozen=True)
class Place:
    """The argument that a condition is about, in one call on one ABI."""

    index: int
    argument: Argument


class ConditionResolver:
    """Resolves conditions for one syscall on one ABI."""

    def __init__(
        self,
        world: World,
        parameters: list[GrantParameter],
        faults: ContextFaults,
        context: Context,
        member: Member | None,
    ) -> None:
        self.world = world
        self.parameters = parameters
        self.faults = faults
        self.context = context
        self.syscall, self.abi = context
        self.member = member
        self.values = ValueReader(world, faults, context)

    def outcomes(self, condition: Condition) -> list[Outcome]:
        """One outcome for each alternative value, in their order."""
        name = condition.argument.text
        if self.member is not None:
            if name in self.member.fixed:
                return self._fixed(condition, self.member.fixed[name])
            # Where the flags are hidden the call gets no rule beside any condition: it answers
            # ENOSYS, or its flags would do what the siblings' conditions forbid.
            if name in self.member.hidden or "flags" in self.member.hidden:
                return [False]
        place = self._locate(condition)
        if place is None:
            return [False]
        if condition.is_null:
            return [self._null(condition, place)]
        if place.argument.is_pointer:
            self.faults.failed(
                condition.argument.place,
                "pointer",
                self.context,
                f"{quote(name)} is a pointer, and a filter cannot see what it points to",
                "only '== NULL' can be asked",
            )
            return [False]
        self.faults.passed(condition.argument.place, "pointer", self.context)
        if condition.mask is not None:
            return self._masked(condition, condition.mask, place)
        return [self._compared(condition, value, place) for value in condition.values]

    # Where the argument is

    def _locate(self, condition: Condition) -> Place | None:
        name = condition.argument.text
        if self.member is not None:
            name = self.member.renames.get(name, name)
        arguments = self.world.arguments(self.syscall, self.abi)
        for index, argument in enumerate(arguments):
            if name in (argument.name, argument.kernel_name):
                self.faults.passed(condition.argument.place, "argument", self.context)
                self.faults.passed(
                    condition.argument.place, "split", self.context, everywhere=True
                )
                return Place(index, argument)
        if self.world.argument_is_split(self.syscall, self.abi, name):
            # Two words on this ABI: no rule there, unless it is so everywhere.
            words = self._split_names(name)
            self.faults.failed(
                condition.argument.place,
                "split",
                self.context,
                f"{quote(name)} of {quote(self.syscall)} takes two words, {words}",
                "put the condition on these",
                everywhere=True,
            )
            return None
        shown = quote(condition.argument.text)
        names = [argument.name for argument in arguments]
        if not names:
            what, to_do = f"{quote(self.syscall)} has no arguments", "leave the condition out"
        elif self.member is None:
            what = f"{quote(self.syscall)} has no argument {shown}"
            otherwise = "it has " + ", ".join(names)
            to_do = advice(condition.argument.text, names, otherwise)
            if to_do is not otherwise:
                to_do += f" ({otherwise})"
            if self.world.is_hidden(self.syscall, condition.argument.text):
                to_do = "it is behind a pointer, where a filter cannot see it"
        else:
            what = (
                f"members of {quote('@' + self.member.family)} have no argument {shown} and "
                "stand for no value of it"
            )
            to_do = "name the calls that have it, or another family"
        self.faults.failed(condition.argument.place, "argument", self.context, what, to_do)
        return None

    def _split_names(self, name: str) -> str:
        return " and ".join(
            argument.name
            for argument in self.world.arguments(self.syscall, self.abi)
            if argument.name.startswith(name + "_")
        )

    # Forms of conditions

    def _null(self, condition: Condition, place: Place) -> Outcome:
        if not place.argument.is_pointer:
            self.faults.failed(
                condition.operator_place,
                "null",
                self.context,
                f"{quote(condition.argument.text)} is no pointer",
                "compare it with 0",
            )
            return False
        self.faults.passed(condition.operator_place, "null", self.context)
        return rule.Condition(place.index, "==", 0, 0, place.argument.bits, False)

    def _compared(self, condition: Condition, value: Expression, place: Place) -> Outcome:
        argument = place.argument
        if isinstance(value, Parameter):
            index = self._parameter(value, argument)
            if index is None:
                return False
            return rule.Condition(
                place.index, condition.operator, 0, 0, argument.bits, argument.is_signed, index
            )
        try:
            if condition.operator == "==":
                pattern = self.values.pattern(value, argument)
                if not self._fits(pattern, argument):
                    return False
                pattern &= (1 << argument.bits) - 1
                return rule.Condition(
                    place.index, "==", 0, pattern, argument.bits, argument.is_signed
                )
            return self._ordered(condition, value, place)
        except NoValue:
            return False

    def _ordered(self, condition: Condition, value: Expression, place: Place) -> Outcome:
        argument = place.argument
        number = signed(
            self.values.pattern(value, argument, is_ordered=True),
            argument.declared_bits,
            argument.is_signed,
        )
        declared = _order_outcome(condition.operator, number, argument, argument.declared_bits)
        if declared is not None:
            low, high = value_range(argument.declared_bits, argument.is_signed)
            self.faults.failed(
                condition.operator_place,
                "order",
                self.context,
                f"{'always' if declared else 'never'} true, since {quote(condition.argument.text)} "
                f"is {low} to {high}",
                "leave the condition out" if declared else "correct the value",
            )
            return declared
        self.faults.passed(condition.operator_place, "order", self.context)
        here = _order_outcome(condition.operator, number, argument, argument.bits)
        if here is not None:
            return here
        pattern = number & ((1 << argument.bits) - 1)
        return rule.Condition(
            place.index, condition.operator, 0, pattern, argument.bits, argument.is_signed
        )

    def _masked(self, condition: Condition, mask: Expression, place: Place) -> list[Outcome]:
        try:
            self._check_enumeration(condition, mask, place.argument)
            bits = self._mask(mask, place.argument)
        except NoValue:
            return [False] * len(condition.values)
        return [self._under_mask(bits, value, place) for value in condition.values]

    def _under_mask(self, mask: int, value: Expression, place: Place) -> Outcome:
        argument = place.argument
        if isinstance(value, Parameter):
            self.faults.failed(
                value.place,
                "parameter",
                self.context,
                "a parameter under a mask",
                "compare the argument with it whole",
            )
            return False
        try:
            pattern = self.values.pattern(value, argument)
        except NoValue:
            return False
        if pattern & ~mask:
            self.faults.failed(
                value.place,
                "outside",
                self.context,
                f"never true: {quote(expression_text(value))} has bits that are not in the mask",
                "add them to the mask",
            )
            return False
        self.faults.passed(value.place, "outside", self.context)
        word = (1 << argument.bits) - 1
        if pattern & ~word:
            return False  # i386: the argument has fewer bits there
        mask &= word
        if mask == word:
            return rule.Condition(
                place.index, "==", 0, pattern, argument.bits, argument.is_signed
            )
        if mask == 0:
            return True
        return rule.Condition(
            place.index, "&", mask, pattern, argument.bits, argument.is_signed
        )

    def _check_enumeration(
        self, condition: Condition, mask: Expression, argument: Argument
    ) -> None:
        group = self.world.enumeration(argument.group)
        if group is None:
            return
        shown = quote(condition.argument.text)
        kind = "enumeration"
        if isinstance(mask, Complement) and group.flags:
            allowed = self._union(group.flags)
            given = self.values.pattern(mask.operand, argument)
            if given == allowed:
                self.faults.passed(mask.place, kind, self.context)
                return
        if group.flags:
            to_do = f"mask exactly its flags out: & ~({'|'.join(group.flags)})"
        else:
            to_do = "compare it whole, with '==' or 'in {…}'"
        self.faults.failed(
            mask.place, kind, self.context, f"{shown} is an enumeration, not bits", to_do
        )
        raise NoValue

    def _union(self, names: tuple[str, ...]) -> int:
        value = 0
        for name in names:
            constant = self.world.constants[name].values.get(self.abi)
            value |= constant or 0
        return value & WORD

    def _parameter(self, value: Parameter, argument: Argument) -> int | None:
        for index, parameter in enumerate(self.parameters):
            if parameter.name != value.name:
                continue
            low, high = value_range(argument.declared_bits, argument.is_signed)
            if parameter.lowest < low or parameter.highest > high:
                self.faults.failed(
                    parameter.range_place,
                    "parameter range",
                    self.context,
                    f"the range {parameter.lowest}..{parameter.highest} goes beyond "
                    f"{quote(argument.name)}, which is {low} to {high}",
                    "narrow it",
                )
                return None
            self.faults.passed(parameter.range_place, "parameter range", self.context)
            return index
        return None  # reported when the line's names were looked up

    def _mask(self, mask: Expression, argument: Argument) -> int:
        """The mask's bits; not 0 and within the argument's."""
        if any(isinstance(leaf, Parameter) for leaf in leaves(mask)):
            raise NoValue
        pattern = self.values.pattern(mask, argument)
        if pattern == 0:
            self.faults.failed(
                mask.place,
                "mask",
                self.context,
                "a mask without bits",
                "name the bits to be tested",
            )
            raise NoValue
        self.faults.passed(mask.place, "mask", self.context)
        return pattern

    def _fits(self, pattern: int, argument: Argument) -> bool:
        """Whether the argument can have the value on this ABI, where it may have fewer bits."""
        if argument.bits == argument.declared_bits:
            return True
        number = signed(pattern, argument.declared_bits, argument.is_signed)
        return -(1 << (argument.bits - 1)) <= number < 1 << argument.bits

    # Members that stand for a constant

    def _fixed(self, condition: Condition, fixed: Expression) -> list[Outcome]:
        try:
            have = self.values.number(fixed, None)
            if condition.is_null:
                return [have == 0]
            mask = WORD
            if condition.mask is not None:
                mask &= self.values.number(condition.mask, None)
        except NoValue:
            return [False] * max(1, len(condition.values))
        outcomes: list[Outcome] = []
        for value in condition.values:
            try:
                wanted = self.values.number(value, None)
            except NoValue:  # a parameter's value is not known: no rule is the safe answer
                outcomes.append(False)
                continue
            outcomes.append(
                {
                    "==": have & mask == wanted & (mask if wanted < 0 else WORD),
                    "<": have < wanted,
                    "<=": have <= wanted,
                    ">": have > wanted,
                    ">=": have >= wanted,
                }[condition.operator]
            )
        return outcomes


def _order_outcome(operator: str, number: int, argument: Argument, bits: int) -> bool | None:
    """True, False: the comparison always or never holds. None: it depends."""
    low, high = value_range(bits, argument.is_signed)
    if operator == "<":
        return False if number <= low else True if number > high else None
    if operator == "<=":
        return False if number < low else True if number >= high else None
    if operator == ">":
        return False if number >= high else True if number < low else None
    return False if number > high else True if number <= low else None
