# SPDX-License-Identifier: MIT
"""Sets of values of one argument: exact, as known bits and intervals."""

from dataclasses import dataclass

from .rule import Condition, Range

Interval = tuple[int, int]  # unsigned, both ends included


@dataclass(frozen=True)
class ValueSet:
    """The values x of some bits with x & mask == value that lie in one of the intervals."""

    bits: int
    mask: int
    value: int
    intervals: tuple[Interval, ...]

    @staticmethod
    def all(bits: int) -> "ValueSet":
        return ValueSet(bits, 0, 0, ((0, (1 << bits) - 1),))

    def keep(self, condition: Condition, ranges: tuple[Range, ...]) -> "ValueSet":
        """What the condition leaves. A parameter stands for every value of its range."""
        if condition.comparison == "&":
            common = self.mask & condition.mask
            intervals = self.intervals
            if self.value & common != condition.value & common:
                intervals = ()
            return ValueSet(
                self.bits, self.mask | condition.mask, self.value | condition.value, intervals
            )
        return self.intersect(holding(condition, ranges))

    def intersect(self, others: tuple[Interval, ...]) -> "ValueSet":
        intervals = tuple(
            (max(low, other_low), min(high, other_high))
            for low, high in self.intervals
            for other_low, other_high in others
            if max(low, other_low) <= min(high, other_high)
        )
        return ValueSet(self.bits, self.mask, self.value, intervals)

    def is_empty(self) -> bool:
        return all(self._first(low, high) is None for low, high in self.intervals)

    def within(self, condition: Condition) -> bool:
        """Whether the condition, which has no parameter, holds for every value of the set."""
        if condition.comparison != "&":
            outside = _complement(holding(condition, ()), self.bits)
            return self.intersect(outside).is_empty()
        bit = 1
        while bit <= condition.mask:
            if condition.mask & bit:
                other = ValueSet(self.bits, bit, ~condition.value & bit, self.intervals)
                if not self.meets(other):
                    bit <<= 1
                    continue
                return False
            bit <<= 1
        return True

    def meets(self, other: "ValueSet") -> bool:
        """Whether some value is in both."""
        common = self.mask & other.mask
        if self.value & common != other.value & common:
            return False
        both = ValueSet(
            self.bits, self.mask | other.mask, self.value | other.value, self.intervals
        )
        return not both.intersect(other.intervals).is_empty()

    def _first(self, low: int, high: int) -> int | None:
        """The smallest value with the known bits in low to high."""
        if low & self.mask == self.value:
            return low
        for position in range(self.bits):
            bit = 1 << position
            if low & bit or (self.mask & bit and not self.value & bit):
                continue
            upper = -(bit << 1)
            if low & self.mask & upper != self.value & upper:
                continue
            found = (low & upper) | bit | (self.value & (bit - 1))
            return found if found <= high else None
        return None


def condition_holds(condition: Condition, word: int, parameters: tuple[int, ...]) -> bool:
    full = (1 << condition.bits) - 1
    pattern = condition.value
    if condition.parameter >= 0:
        pattern |= parameters[condition.parameter] & full
    if condition.comparison == "&":
        return word & condition.mask == pattern
    value = signed(word & full, condition.bits, condition.is_signed)
    against = signed(pattern, condition.bits, condition.is_signed)
    return {
        "==": value == against,
        "<": value < against,
        "<=": value <= against,
        ">": value > against,
        ">=": value >= against,
    }[condition.comparison]


def holding(condition: Condition, ranges: tuple[Range, ...]) -> tuple[Interval, ...]:
    """The values for which a comparison holds; for some value of its parameter, if it has one."""
    lowest, highest = value_range(condition.bits, condition.is_signed)
    if condition.parameter >= 0:
        first, last = ranges[condition.parameter]
    else:
        first = last = signed(condition.value, condition.bits, condition.is_signed)
    if condition.comparison == "==":
        low, high = first, last
    elif condition.comparison == "<":
        low, high = lowest, last - 1
    elif condition.comparison == "<=":
        low, high = lowest, last
    elif condition.comparison == ">":
        low, high = first + 1, highest
    else:
        low, high = first, highest
    return _unsigned(max(low, lowest), min(high, highest), condition.bits)


def value_range(bits: int, is_signed: bool) -> Range:
    if is_signed:
        return -(1 << (bits - 1)), (1 << (bits - 1)) - 1
    return 0, (1 << bits) - 1


def signed(pattern: int, bits: int, is_signed: bool) -> int:
    """The number that a bit pattern stands for."""
    if is_signed and pattern >> (bits - 1):
        return pattern - (1 << bits)
    return pattern


def _unsigned(low: int, high: int, bits: int) -> tuple[Interval, ...]:
    if low > high:
        return ()
    if low >= 0 or high < 0:
        offset = 0 if low >= 0 else 1 << bits
        return ((low + offset, high + offset),)
    return (0, high), (low + (1 << bits), (1 << bits) - 1)


def _complement(intervals: tuple[Interval, ...], bits: int) -> tuple[Interval, ...]:
    rest = []
    start = 0
    for low, high in sorted(intervals):
        if start < low:
            rest.append((start, low - 1))
        start = high + 1
    if start < 1 << bits:
        rest.append((start, (1 << bits) - 1))
    return tuple(rest)
