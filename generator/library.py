# SPDX-License-Identifier: MIT
"""All rulesets that lines can include from, and their grants with all rules."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from . import rule
from .faults import Faults, advice, quote
from .lines import LineResolver
from .overlaps import Entry, Origin, check_overlaps, without_contained
from .parser import BASIC, parse_file
from .syntax import Allow, Expression, Grant, Include, Parameter, Ruleset, expression_text
from .world import World


@dataclass
class ResolvedGrant:
    """A grant with the rules of its lines and of what it includes."""

    ruleset: str
    syntax: Grant
    rules: list[rule.Rule] = field(default_factory=list)
    broken: bool = False  # there were faults: the rules are not all of them

    @property
    def name(self) -> str:
        return self.syntax.name

    @property
    def spec(self) -> str:
        return f"{self.ruleset}.{self.syntax.name}"

    @property
    def ranges(self) -> tuple[rule.Range, ...]:
        return tuple((p.lowest, p.highest) for p in self.syntax.parameters)


class Library:
    """Rulesets by name. Those of other files than the checked ones are read when included."""

    def __init__(
        self, world: World, checked: Iterable[Ruleset], others: dict[str, str], faults: Faults
    ) -> None:
        self.world = world
        self.faults = faults
        self._checked = {ruleset.name: ruleset for ruleset in checked}
        self._other_files = others
        self._other_rulesets: dict[str, Ruleset | None] = {}
        self._grants: dict[tuple[str, str], ResolvedGrant | None] = {}

    def names(self) -> list[str]:
        return sorted(self._checked.keys() | self._other_files.keys())

    def ruleset(self, name: str) -> Ruleset | None:
        if name in self._checked:
            return self._checked[name]
        if name not in self._other_files:
            return None
        if name not in self._other_rulesets:
            ruleset = parse_file(self._other_files[name], Faults())
            self._other_rulesets[name] = ruleset
        return self._other_rulesets[name]

    def is_checked(self, name: str) -> bool:
        return name in self._checked

    def basic(self) -> list[rule.Rule]:
        """What every context permits."""
        ruleset = self.ruleset(BASIC)
        return [made for grant in self.grants(ruleset) for made in grant.rules] if ruleset else []

    def grants(self, ruleset: Ruleset) -> list[ResolvedGrant]:
        resolved = (self.grant(ruleset, grant) for grant in ruleset.grants)
        return [grant for grant in resolved if grant is not None]

    def grant(self, ruleset: Ruleset, grant: Grant) -> ResolvedGrant | None:
        """None: the grant includes itself and is being resolved."""
        key = (ruleset.name, grant.name)
        if key not in self._grants:
            self._grants[key] = None
            faults = self.faults if self.is_checked(ruleset.name) else Faults()
            self._grants[key] = _Resolver(self, ruleset, grant, faults).resolve()
        return self._grants[key]

    def cycle(self, ruleset: str, grant: str) -> list[str]:
        """The way from a grant back to itself over includes; [] if there is none."""

        def search(spec: tuple[str, str], path: list[tuple[str, str]]) -> list[str]:
            for target in self._targets(spec):
                if target == (ruleset, grant):
                    return [".".join(step) for step in (*path, target)]
                if target not in seen:
                    seen.add(target)
                    found = search(target, [*path, target])
                    if found:
                        return found
            return []

        seen: set[tuple[str, str]] = set()
        return search((ruleset, grant), [(ruleset, grant)])

    def _targets(self, spec: tuple[str, str]) -> list[tuple[str, str]]:
        ruleset = self.ruleset(spec[0])
        grants = ruleset.grants if ruleset else []
        return [
            (line.ruleset.text, line.grant.text)
            for grant in grants
            if grant.name == spec[1]
            for line in grant.lines
            if isinstance(line, Include)
        ]


class _Resolver:
    """Puts one grant together."""

    def __init__(self, library: Library, ruleset: Ruleset, grant: Grant, faults: Faults) -> None:
        self.library = library
        self.ruleset = ruleset
        self.syntax = grant
        self.faults = faults
        self.lines = LineResolver(library.world, grant, faults)
        self.broken = grant.broken
        self.entries: list[Entry] = []

    def resolve(self) -> ResolvedGrant:
        included: dict[tuple[str, str, tuple[str, ...]], int] = {}
        for number, line in enumerate(self.syntax.lines):
            if isinstance(line, Allow):
                for resolved in self.lines.resolve(line):
                    origin = Origin((number, resolved.call.place), str(resolved.call), False)
                    self.entries += [Entry(made, origin) for made in resolved.rules]
                continue
            values = tuple(expression_text(value) for value in line.values)
            key = (line.ruleset.text, line.grant.text, values)
            if key in included:
                self.faults.add(
                    line.place, f"the same include as in line {included[key]}: leave it out"
                )
            included.setdefault(key, line.place.line)
            origin = Origin((number, line.place), f"{key[0]}.{key[1]}", True)
            self.entries += [Entry(made, origin) for made in self._include(line)]
        self._check_parameters()
        self.broken |= self.lines.broken
        grant = ResolvedGrant(self.ruleset.name, self.syntax, [], self.broken)
        if not self.broken:
            grant.broken |= check_overlaps(
                self.entries, grant.ranges, self.library.world.hidden_calls(), self.faults
            )
        grant.rules = without_contained(self.entries, grant.ranges)
        return grant

    def _check_parameters(self) -> None:
        if self.broken or self.lines.broken:
            return
        for parameter in self.syntax.parameters:
            if parameter.name not in self.lines.used:
                self.faults.add(
                    parameter.place,
                    f"parameter {quote(parameter.name)} is not used: "
                    f"write ${parameter.name} in a condition, or leave it out",
                )

    # Includes

    def _include(self, line: Include) -> list[rule.Rule]:
        target = self._target(line)
        if target is None:
            self.broken = True
            return []
        if target.syntax.danger and not self.syntax.danger:
            self.faults.add(
                line.ruleset.place,
                f"{target.spec} is a danger, so this grant is one too: "
                f"call it {quote('danger_' + self.syntax.name)}",
            )
        values = self._values(line, target)
        if values is None:
            self.broken = True
            return []
        return [_bind(made, values, line.reason) for made in target.rules]

    def _target(self, line: Include) -> ResolvedGrant | None:
        name, grant_name = line.ruleset.text, line.grant.text
        ruleset = self.library.ruleset(name)
        if ruleset is None:
            if name in self.library.names():
                if not self.library.is_checked(name):
                    self._unusable(line, name)
            else:
                otherwise = "the rulesets are " + ", ".join(self.library.names())
                self.faults.add(
                    line.ruleset.place,
                    f"there is no ruleset {quote(name)}: "
                    + advice(name, self.library.names(), otherwise),
                )
            return None
        grants = {grant.name: grant for grant in ruleset.grants}
        if grant_name not in grants:
            near = "danger_" + grant_name
            hint = f"did you mean {quote(near)}?" if near in grants else advice(
                grant_name, grants, "it has " + ", ".join(grants)
            )
            self.faults.add(
                line.grant.place,
                f"ruleset {quote(name)} has no grant {quote(grant_name)}: {hint}",
            )
            return None
        target = self.library.grant(ruleset, grants[grant_name])
        if target is None:
            cycle = self.library.cycle(self.ruleset.name, self.syntax.name)
            what = " includes ".join(cycle) or f"{name}.{grant_name} includes itself"
            self.faults.add(line.ruleset.place, f"a cycle: {what}: leave one of them out")
            return None
        if target.broken:
            if not self.library.is_checked(name):
                self._unusable(line, name)
            return None
        return target

    def _unusable(self, line: Include, name: str) -> None:
        self.faults.add(
            line.ruleset.place,
            f"ruleset {quote(name)} has faults: mend its file first (--check shows them)",
        )

    def _values(self, line: Include, target: ResolvedGrant) -> list["int | _Passed"] | None:
        """The values of the target's parameters: numbers, or parameters of this grant."""
        parameters = target.syntax.parameters
        if len(line.values) != len(parameters):
            wanted = ", ".join(parameter.name for parameter in parameters)
            count = f"{len(parameters)} value{'' if len(parameters) == 1 else 's'}"
            self.faults.add(
                line.grant.place,
                f"{target.spec} takes {count}, not {len(line.values)}: write "
                + (f"{target.spec}({wanted})" if wanted else "it without parentheses"),
            )
            return None
        values: list[int | _Passed] = []
        for value, parameter in zip(line.values, parameters, strict=True):
            made = self._value(value)
            if made is None:
                return None
            low, high = made.range if isinstance(made, _Passed) else (made, made)
            if low < parameter.lowest or high > parameter.highest:
                self.faults.add(
                    value.place,
                    f"{quote(expression_text(value))} goes beyond {quote(parameter.name)} of "
                    f"{target.spec}: it is {parameter.lowest} to {parameter.highest}",
                )
                return None
            values.append(made)
        return values

    def _value(self, value: Expression) -> "int | _Passed | None":
        if isinstance(value, Parameter):
            for index, parameter in enumerate(self.syntax.parameters):
                if parameter.name == value.name:
                    self.lines.used.add(value.name)
                    return _Passed(index, (parameter.lowest, parameter.highest))
            names = [parameter.name for parameter in self.syntax.parameters]
            self.faults.add(
                value.place,
                f"the grant has no parameter {quote(value.name)}: "
                + advice(value.name, names, f"add 'param {value.name} int LOW..HIGH'"),
            )
            return None
        numbers = {self.library.world.value(value, abi) for abi in rule.ABIS}
        if len(numbers) == 1 and None not in numbers:
            return numbers.pop()
        self.faults.add(
            value.place,
            f"{quote(expression_text(value))} is no number that is the same on every ABI: "
            "write a number or $parameter",
        )
        return None


@dataclass(frozen=True)
class _Passed:
    """A parameter handed on to an included grant."""

    index: int
    range: rule.Range


def _bind(made: rule.Rule, values: list[int | _Passed], reason: str) -> rule.Rule:
    """An included rule with the including grant's values, and its reason if it gives one."""
    conditions = []
    for condition in made.conditions:
        if condition.parameter >= 0:
            value = values[condition.parameter]
            if isinstance(value, _Passed):
                condition = replace(condition, parameter=value.index)
            else:
                pattern = value & ((1 << condition.bits) - 1)
                condition = replace(condition, parameter=-1, value=pattern)
        conditions.append(condition)
    return replace(made, conditions=tuple(sorted(conditions)), reason=made.reason or reason)
