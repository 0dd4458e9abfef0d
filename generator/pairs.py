# SPDX-License-Identifier: MIT
"""Conditions of one line on the same argument: do they contradict or imply each other?"""

import itertools

from . import rule
from .conditions import Outcome
from .context_faults import Context, ContextFaults
from .faults import Place, quote
from .syntax import Condition
from .valueset import ValueSet

Ranges = tuple[rule.Range, ...]
Resolved = tuple[Condition, list[Outcome]]  # a condition with the outcome of each alternative


def is_possible(conditions: tuple[rule.Condition, ...], ranges: Ranges) -> bool:
    """Whether some call fulfils all conditions."""
    sets: dict[int, ValueSet] = {}
    for condition in conditions:
        before = sets.get(condition.argument, ValueSet.all(condition.bits))
        sets[condition.argument] = before.keep(condition, ranges)
    return not any(values.is_empty() for values in sets.values())


def check_pairs(
    resolved: list[Resolved], ranges: Ranges, context: Context, found: ContextFaults
) -> bool:
    """Reports what is wrong with each two of the conditions; whether two of them contradict."""
    undecided = [
        pair
        for pair in resolved
        if _conditions(pair) and not any(outcome is True for outcome in pair[1])
    ]
    contradict = False
    for first, second in itertools.combinations(undecided, 2):
        ones, others = _conditions(first), _conditions(second)
        if ones[0].argument != others[0].argument:
            continue
        _check_alternatives(second, first, ranges, context, found)
        if any(is_possible((one, other), ranges) for one in ones for other in others):
            _check_alternatives(first, second, ranges, context, found)
            if not _check_implied(second, first, ranges, context, found):
                _check_implied(first, second, ranges, context, found)
        else:
            contradict = True
    return contradict


def _conditions(resolved: Resolved) -> list[rule.Condition]:
    return [outcome for outcome in resolved[1] if isinstance(outcome, rule.Condition)]


def _check_alternatives(
    checked: Resolved, other: Resolved, ranges: Ranges, context: Context, found: ContextFaults
) -> None:
    """Each alternative must be possible beside the other condition."""
    condition, outcomes = checked
    for index, outcome in enumerate(outcomes):
        if not isinstance(outcome, rule.Condition):
            continue
        place = condition.values[index].place if condition.values else condition.operator_place
        if any(is_possible((outcome, one), ranges) for one in _conditions(other)):
            found.passed(place, "contradiction", context, everywhere=True)
            continue
        found.failed(
            place,
            "contradiction",
            context,
            f"never true beside the condition on {_said(other[0], place)}",
            "correct one of the two",
            everywhere=True,
        )


def _check_implied(
    checked: Resolved, other: Resolved, ranges: Ranges, context: Context, found: ContextFaults
) -> bool:
    """A condition must leave out something that the other has; whether it does not."""
    place = checked[0].argument.place
    wider, narrower = _conditions(checked), _conditions(other)
    if not all(any(_is_within(one, outer, ranges) for outer in wider) for one in narrower):
        found.passed(place, "implied", context, everywhere=True)
        return False
    found.failed(
        place,
        "implied",
        context,
        f"always true beside the condition on {_said(other[0], place)}",
        "leave it out",
        everywhere=True,
    )
    return True


def _is_within(inner: rule.Condition, outer: rule.Condition, ranges: Ranges) -> bool:
    if outer.parameter >= 0:
        return inner == outer
    return ValueSet.all(inner.bits).keep(inner, ranges).within(outer)


def _said(condition: Condition, place: Place) -> str:
    """The other condition and where it stands."""
    at = condition.argument.place
    where = f"in column {at.column}" if at.line == place.line else f"in line {at.line}"
    return f"{quote(condition.argument.text)} {where}"
