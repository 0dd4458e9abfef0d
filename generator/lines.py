# SPDX-License-Identifier: MIT
"""An allow line becomes rules: for each of its calls, each member of families, each ABI."""

import itertools
from dataclasses import dataclass

from . import rule
from .conditions import ConditionResolver, Outcome
from .context_faults import Context, ContextFaults
from .faults import Faults, Place, advice, quote
from .pairs import check_pairs, is_possible
from .syntax import Allow, Call, Condition, Constant, Expression, Grant, Parameter, Union
from .syntax import Complement, leaves
from .world import Member, World

ALTERNATIVES_MAX = 1024  # rules that one line may make of one call
CONDITIONS_MAX = 32  # of one rule (RULE_CONDITIONS_MAX, core/rule.h)


@dataclass
class CallRules:
    """What one call or family of an allow line became."""

    call: Call
    rules: list[rule.Rule]


class LineResolver:
    """Resolves the allow lines of one grant."""

    def __init__(self, world: World, grant: Grant, faults: Faults) -> None:
        self.world = world
        self.grant = grant
        self.faults = faults
        self.ranges = tuple(
            (parameter.lowest, parameter.highest) for parameter in grant.parameters
        )
        self.used: set[str] = set()  # parameters
        self.broken = False  # a line was not resolved as it was meant

    def resolve(self, allow: Allow) -> list[CallRules]:
        if not self._names_are_known(allow):
            self.broken = True
            return []
        # Faults of all calls of the line together, so that each is said once.
        found = ContextFaults()
        resolved = [CallRules(call, self._call(allow, call, found)) for call in allow.calls]
        if found.report(self.faults):
            self.broken = True
            return resolved
        for made in resolved:
            if not made.rules:
                self._fault(
                    made.call.place,
                    f"{quote(str(made.call))} is not allowed at all by this line: on every ABI its "
                    "conditions are false or behind a pointer: leave it out",
                )
        return resolved

    # Names

    def _fault(self, place: Place, text: str) -> None:
        self.faults.add(place, text)
        self.broken = True

    def _names_are_known(self, allow: Allow) -> bool:
        known = True
        for call in allow.calls:
            known &= self._call_is_known(call)
        for condition in allow.conditions:
            for expression in (condition.mask, *condition.values):
                if expression is not None:
                    known &= self._expression_is_known(expression, expression is condition.mask)
        if len(allow.conditions) > CONDITIONS_MAX:
            self._fault(
                allow.conditions[CONDITIONS_MAX].argument.place,
                f"more than {CONDITIONS_MAX} conditions: put the values in lists, 'in {{A, B}}'",
            )
            known = False
        return known

    def _call_is_known(self, call: Call) -> bool:
        names = set(self.world.families if call.is_family else self.world.syscalls)
        mark = "@" if call.is_family else ""
        if call.name not in names:
            if call.is_family:
                what = f"there is no family {quote(str(call))}"
                otherwise = "see generator/data/families.txt"
                if call.name in self.world.syscalls:
                    otherwise = f"the syscall is written {quote(call.name)}"
            else:
                what = f"unknown syscall {quote(call.name)}"
                otherwise = "see syscalls(2)"
                if call.name in self.world.families:
                    otherwise = f"the family is written {quote('@' + call.name)}"
            if otherwise.startswith("the "):
                self._fault(call.place, f"{what}: {otherwise}")
            else:
                self._fault(call.place, f"{what}: {advice(call.name, names, otherwise, mark)}")
            return False
        if not call.is_family and not self.world.abis(call.name):
            self._fault(
                call.place, f"no ABI has the syscall {quote(call.name)}: leave it out"
            )
            return False
        return True

    def _expression_is_known(self, expression: Expression, is_mask: bool) -> bool:
        known = True
        for leaf in leaves(expression):
            if isinstance(leaf, Constant) and leaf.name not in self.world.constants:
                self._fault(
                    leaf.place,
                    f"unknown constant {quote(leaf.name)}: "
                    + advice(leaf.name, self.world.constants, "write its number"),
                )
                known = False
            if not isinstance(leaf, Parameter):
                continue
            names = [parameter.name for parameter in self.grant.parameters]
            if leaf.name not in names:
                known = False
                if not self.grant.broken:  # else perhaps its line could not be read
                    self._fault(
                        leaf.place,
                        f"the grant has no parameter {quote(leaf.name)}: "
                        + advice(leaf.name, names, f"add 'param {leaf.name} int LOW..HIGH'"),
                    )
            self.used.add(leaf.name)
            if is_mask or isinstance(expression, Complement | Union):
                self._fault(
                    leaf.place,
                    f"{quote('$' + leaf.name)} within an expression: "
                    "a parameter stands alone, as in 'fd == $fd'",
                )
                known = False
        return known

    # Rules

    def _call(self, allow: Allow, call: Call, found: ContextFaults) -> list[rule.Rule]:
        names = [call.name]
        if call.is_family:
            members = self.world.families[call.name].members
            names = list(dict.fromkeys(member.syscall for member in members))
        rules: dict[rule.Rule, None] = {}
        for syscall in names:
            for abi in self.world.abis(syscall):
                member = None
                if call.is_family:
                    member = self.world.member(call.name, syscall, abi)
                    if member is None:
                        continue
                for made in self._rules(allow, call, (syscall, abi), member, found):
                    rules[made] = None
        return list(rules)

    def _rules(
        self,
        allow: Allow,
        call: Call,
        context: Context,
        member: Member | None,
        found: ContextFaults,
    ) -> list[rule.Rule]:
        """The rules of one syscall on one ABI."""
        resolver = ConditionResolver(self.world, self.grant.parameters, found, context, member)
        columns: list[list[rule.Condition]] = []
        resolved: list[tuple[Condition, list[Outcome]]] = []
        never = False
        for condition in allow.conditions:
            outcomes = resolver.outcomes(condition)
            resolved.append((condition, outcomes))
            self._check_repeated(condition, outcomes, context, found)
            if any(outcome is True for outcome in outcomes):
                continue
            column = [outcome for outcome in outcomes if isinstance(outcome, rule.Condition)]
            columns.append(list(dict.fromkeys(column)))
            never |= not column
        if check_pairs(resolved, self.ranges, context, found) or never:
            return []
        count = 1
        for column in columns:
            count *= len(column)
        if count > ALTERNATIVES_MAX:
            found.failed(
                allow.place,
                "size",
                context,
                f"{count} rules for each call",
                f"use ranges or masks to get below {ALTERNATIVES_MAX}",
            )
            return []
        rules = []
        for conditions in itertools.product(*columns):
            if is_possible(conditions, self.ranges):
                chosen = tuple(sorted(set(conditions)))
                rules.append(rule.Rule(context[0], context[1], chosen, allow.reason))
        if rules:
            found.passed(allow.place, "never", context, everywhere=True)
        else:
            found.failed(
                allow.place,
                "never",
                context,
                "no call fulfils all conditions of this line",
                "correct them or leave it out",
                everywhere=True,
            )
        return rules

    def _check_repeated(
        self,
        condition: Condition,
        outcomes: list[Outcome],
        context: Context,
        found: ContextFaults,
    ) -> None:
        for index, outcome in enumerate(outcomes):
            if not isinstance(outcome, rule.Condition) or index == 0:
                continue
            place = condition.values[index].place
            if outcome in outcomes[:index]:
                found.failed(
                    place, "twice", context, "the same value twice", "leave it out", everywhere=True
                )
            else:
                found.passed(place, "twice", context, everywhere=True)
