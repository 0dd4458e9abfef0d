# SPDX-License-Identifier: MIT
"""The test lines: checked, put into words, and decided by the rules."""

from dataclasses import dataclass

from . import rule
from .faults import Faults, advice, quote
from .library import ResolvedGrant
from .syntax import Constant, Expression, Number, Parameter, Pointer, Test, leaves
from .valueset import condition_holds
from .world import World

ADDRESS = 0x10000  # stands for any address that is not NULL


@dataclass(frozen=True)
class ReadyTest:
    """A test with its words."""

    grant: ResolvedGrant
    syntax: Test
    parameters: tuple[int, ...]
    words: dict[str, tuple[int | Pointer, ...]]  # by ABI, for those where it can be made


def ready_tests(
    world: World, grant: ResolvedGrant, basic: list[rule.Rule], faults: Faults
) -> list[ReadyTest]:
    """The grant's tests; what is wrong with them, or with what they expect, is reported."""
    tests: list[ReadyTest] = []
    if grant.syntax.broken:  # perhaps a parameter that the tests give
        return tests
    for test in grant.syntax.tests:
        ready = _TestReader(world, grant, test, faults).read()
        if ready is None:
            continue
        tests.append(ready)
        if not grant.broken:
            _check_verdict(ready, [*grant.rules, *basic], faults)
    return tests


class _TestReader:
    def __init__(self, world: World, grant: ResolvedGrant, test: Test, faults: Faults) -> None:
        self.world = world
        self.grant = grant
        self.test = test
        self.faults = faults

    def read(self) -> ReadyTest | None:
        name, place = self.test.call.text, self.test.call.place
        if name not in self.world.syscalls:
            self.faults.add(
                place,
                f"unknown syscall {quote(name)}: "
                + advice(name, self.world.syscalls, "see syscalls(2)"),
            )
            return None
        abis = self.world.abis(name)
        if not abis:
            self.faults.add(place, f"no ABI has the syscall {quote(name)}: leave it out")
            return None
        parameters = self._parameters()
        before = len(self.faults)
        self._check_values(abis[0])
        if parameters is None or len(self.faults) > before:
            return None
        words = {}
        for abi in abis:
            values = self._words(abi, abis[0])
            if values is not None:
                words[abi] = values
        if not words:
            self.faults.add(
                self.test.place,
                f"no ABI has both {quote(name)} and these values: use other constants",
            )
            return None
        return ReadyTest(self.grant, self.test, parameters, words)

    def _parameters(self) -> tuple[int, ...] | None:
        wanted = self.grant.syntax.parameters
        given: dict[str, Number] = {}
        fine = True
        for name, number in self.test.parameters:
            parameter = next((p for p in wanted if p.name == name.text), None)
            if parameter is None:
                names = [p.name for p in wanted]
                otherwise = "it has " + ", ".join(names) if names else "leave it out"
                self.faults.add(
                    name.place,
                    f"the grant has no parameter {quote(name.text)}: "
                    + advice(name.text, names, otherwise),
                )
                fine = False
            elif name.text in given:
                self.faults.add(name.place, f"{quote(name.text)} is given twice: leave one out")
                fine = False
            elif not parameter.lowest <= number.value <= parameter.highest:
                self.faults.add(
                    number.place,
                    f"{quote(number.text)} is out of the range of {quote(name.text)}: "
                    f"use {parameter.lowest} to {parameter.highest}",
                )
                fine = False
            given[name.text] = number
        missing = [p.name for p in wanted if p.name not in given]
        if missing:
            self.faults.add(
                self.test.verdict_place,
                f"the test gives no value to {', '.join(quote(name) for name in missing)}: "
                f"add 'with {missing[0]}=VALUE' at its end",
            )
            fine = False
        return tuple(given[p.name].value for p in wanted) if fine else None

    def _check_values(self, abi: str) -> None:
        name = self.test.call.text
        arguments = self.world.arguments(name, abi)
        if len(self.test.values) > len(arguments):
            count = f"{len(arguments) or 'no'} argument{'' if len(arguments) == 1 else 's'}"
            self.faults.add(
                self.test.values[len(arguments)].place,
                f"{quote(name)} has {count}: leave the rest out",
            )
        for value, argument in zip(self.test.values, arguments, strict=False):
            if isinstance(value, Pointer):
                # A plain word can hold an address, as ioctl's and prctl's last ones do.
                may_point = argument.is_pointer or argument.is_word
                if value.kind != "NULL" and not may_point:
                    self.faults.add(
                        value.place,
                        f"{quote(argument.name)} of {quote(name)} is no pointer: give a number",
                    )
                elif value.kind == "NULL" and not may_point:
                    self.faults.add(
                        value.place,
                        f"{quote(argument.name)} of {quote(name)} is no pointer: give 0",
                    )
            else:
                self._check_names(value)

    def _check_names(self, value: Expression) -> None:
        for leaf in leaves(value):
            if isinstance(leaf, Constant) and leaf.name not in self.world.constants:
                self.faults.add(
                    leaf.place,
                    f"unknown constant {quote(leaf.name)}: "
                    + advice(leaf.name, self.world.constants, "write its number"),
                )
            elif isinstance(leaf, Parameter):
                self.faults.add(
                    leaf.place,
                    f"{quote('$' + leaf.name)} in a test: write a number, and "
                    f"'with {leaf.name}=VALUE' at its end",
                )

    def _words(self, abi: str, reference: str) -> tuple[int | Pointer, ...] | None:
        """The values by the positions of an ABI; None if they cannot be given there."""
        here = self.world.arguments(self.test.call.text, abi)
        there = self.world.arguments(self.test.call.text, reference)
        words: list[int | Pointer] = [0] * 6
        positions = {argument.name: index for index, argument in enumerate(here)}
        for value, argument in zip(self.test.values, there, strict=False):
            if isinstance(value, Pointer):
                word: int | Pointer | None = 0 if value.kind == "NULL" else value
            else:
                number = self.world.value(value, abi)
                word = None if number is None else number & word_mask(abi)
            if word is None:
                return None
            if argument.name in positions:
                words[positions[argument.name]] = word
            elif word != 0:
                return None
        return tuple(words)


def word_mask(abi: str) -> int:
    """The bits of an argument's register."""
    return (1 << (32 if abi == "i386" else 64)) - 1


def permits(
    rules: list[rule.Rule],
    syscall: str,
    abi: str,
    words: tuple[int, ...],
    parameters: tuple[int, ...],
) -> bool:
    """Whether a rule permits the call."""
    return any(
        made.syscall == syscall
        and made.abi == abi
        and all(
            condition_holds(condition, words[condition.argument], parameters)
            for condition in made.conditions
        )
        for made in rules
    )


def _check_verdict(test: ReadyTest, rules: list[rule.Rule], faults: Faults) -> None:
    relevant = [made for made in rules if made.syscall == test.syntax.call.text]
    wrong = []
    for abi, words in test.words.items():
        numbers = tuple(ADDRESS if isinstance(word, Pointer) else word for word in words)
        if permits(relevant, test.syntax.call.text, abi, numbers, test.parameters) != (
            test.syntax.runs
        ):
            wrong.append(abi)
    if not wrong:
        return
    where = "" if len(wrong) == len(test.words) else " on " + ", ".join(wrong)
    does = "does not allow" if test.syntax.runs else "allows"
    faults.add(
        test.syntax.verdict_place,
        f"the grant {does} this call{where}: correct the test, or the lines that it tests",
    )
