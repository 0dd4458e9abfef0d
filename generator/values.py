# SPDX-License-Identifier: MIT
"""The values that stand in conditions, on one ABI, checked for the argument they stand beside."""

from .context_faults import Context, ContextFaults
from .faults import quote
from .syntax import Complement, Expression, Number, Parameter, Union, expression_text
from .syntax import Constant as ConstantName
from .valueset import value_range
from .world import Argument, World


class NoValue(Exception):
    """An expression has no value here; the reason was reported if it is a fault."""


class ValueReader:
    """Evaluates expressions for one syscall on one ABI."""

    def __init__(self, world: World, faults: ContextFaults, context: Context) -> None:
        self.world = world
        self.faults = faults
        self.context = context
        self.syscall, self.abi = context

    def pattern(self, value: Expression, argument: Argument, is_ordered: bool = False) -> int:
        """The bit pattern of a value in the argument's declared bits."""
        full = (1 << argument.declared_bits) - 1
        if isinstance(value, Union):
            pattern = 0
            for part in value.parts:
                pattern |= self.pattern(part, argument)
            return pattern
        if isinstance(value, Complement):
            return full & ~self.number(value.operand, argument)
        number = self._leaf(value, argument)
        lowest, highest = value_range(argument.declared_bits, argument.is_signed)
        fits = -(1 << (argument.declared_bits - 1)) <= number <= full
        # Unless order is asked, a bit pattern is as good: uid == -1, magic == 0xfee1dead.
        if not lowest <= number <= highest and (is_ordered or not fits):
            self.faults.failed(
                value.place,
                "range",
                self.context,
                f"{quote(expression_text(value))} is out of the range of {quote(argument.name)}, "
                f"of which the kernel uses {argument.declared_bits} bits",
                f"use {lowest} to {highest}",
            )
            raise NoValue
        self.faults.passed(value.place, "range", self.context)
        return number & full

    def number(self, value: Expression, argument: Argument | None) -> int:
        """A value without regard to the argument's bits."""
        if isinstance(value, Union):
            number = 0
            for part in value.parts:
                number |= self.number(part, argument)
            return number
        if isinstance(value, Complement):
            return ~self.number(value.operand, argument)
        return self._leaf(value, argument)

    def _leaf(self, value: Number | ConstantName | Parameter, argument: Argument | None) -> int:
        if isinstance(value, Number):
            return value.value
        if not isinstance(value, ConstantName) or value.name not in self.world.constants:
            raise NoValue  # reported when the line's names were looked up
        constant = self.world.constants[value.name]
        number = constant.values.get(self.abi)
        if number is None:
            self.faults.failed(
                value.place,
                "missing",
                self.context,
                f"{quote(value.name)} has no value on any ABI that has the call",
                "use another constant",
                everywhere=True,
            )
            raise NoValue
        self.faults.passed(value.place, "missing", self.context, everywhere=True)
        other = self._mistaken(constant.group, argument)
        if other is not None:
            self.faults.failed(
                value.place,
                "group",
                self.context,
                f"{quote(value.name)} is a value of {quote(other.name)}, "
                f"not of {quote(argument.name if argument else '')}",
                "put the condition on that argument, or write the number if it is meant",
            )
            raise NoValue
        self.faults.passed(value.place, "group", self.context)
        return number

    def _mistaken(self, group: str, argument: Argument | None) -> Argument | None:
        """The other argument of the call to which a constant's group belongs."""
        if argument is None or argument.group is None:
            return None
        known = self.world.groups[argument.group]
        names = self.world.groups[group].constants
        if any(name in names for name in (*known.constants, *known.flags)):
            return None
        arguments = self.world.arguments(self.syscall, self.abi)
        return next((other for other in arguments if other.group == group), None)
