# SPDX-License-Identifier: MIT
"""Rulesets as the C tables of stile/table.h."""

from dataclasses import dataclass

from . import ctext, rule
from .library import ResolvedGrant
from .syntax import Allow, Include, Ruleset

COMPARISONS = {
    "==": "STILE_EQUAL",
    "<": "STILE_LESS",
    "<=": "STILE_LESS_OR_EQUAL",
    ">": "STILE_GREATER",
    ">=": "STILE_GREATER_OR_EQUAL",
    "&": "STILE_MASKED_EQUAL",
}


@dataclass
class ResolvedRuleset:
    """A ruleset with all its grants' rules."""

    syntax: Ruleset
    grants: list[ResolvedGrant]

    @property
    def name(self) -> str:
        return self.syntax.name


class RulesetTables:
    """The arrays of one struct stile_table, and the indices of its grants."""

    def __init__(self, rulesets: list[ResolvedRuleset], syscalls: list[str]) -> None:
        self.rulesets = sorted(rulesets, key=lambda ruleset: ruleset.name)
        self.syscalls = syscalls
        self._syscall_index = {name: index for index, name in enumerate(syscalls)}
        self._condition_rows: list[str] = []
        self._condition_index: dict[tuple[rule.Condition, ...], int] = {(): 0}
        self._rule_rows: list[str] = []
        self._parameter_rows: list[str] = []
        self._sources: list[str] = []
        self._grant_rows: list[str] = []
        self._ruleset_rows: list[str] = []
        for ruleset in self.rulesets:
            self._add_ruleset(ruleset)

    def _add_ruleset(self, ruleset: ResolvedRuleset) -> None:
        first = len(self._grant_rows)
        for grant in ruleset.grants:
            self._add_grant(grant)
        self._ruleset_rows.append(
            f"{{ {ctext.string(ruleset.name)}, {ctext.string(ruleset.syntax.summary)}, "
            f"{ctext.string(chr(10).join(ruleset.syntax.notes))}, "
            f"{first}, {len(ruleset.grants)} }}"
        )

    def _add_grant(self, grant: ResolvedGrant) -> None:
        first_rule, first_parameter = len(self._rule_rows), len(self._parameter_rows)
        merged = rule.merge(grant.rules)
        for made in merged:
            self._rule_rows.append(
                f"{{ {self._syscall_index[made.syscall]}, 0x{made.abis:02x}, "
                f"{len(made.conditions)}, {self._conditions(made.conditions)}, "
                f"{ctext.string_or_null(made.reason)} }} /* {made.syscall} */"
            )
        for parameter in grant.syntax.parameters:
            self._parameter_rows.append(
                f"{{ {ctext.string(parameter.name)}, {_int(parameter.lowest)}, "
                f"{_int(parameter.highest)} }}"
            )
        sources = f"sources_{len(self._grant_rows)}"
        texts = [ctext.string(_as_written(line)) for line in grant.syntax.lines]
        self._sources.append(
            ctext.array(f"static const char *const {sources}[]", [*texts, "NULL"])
        )
        self._grant_rows.append(
            f"{{ {ctext.string(grant.name)}, {ctext.string(grant.syntax.summary)}, "
            f"{ctext.string(chr(10).join(grant.syntax.notes))}, {sources}, "
            f"{first_rule}, {len(merged)}, {first_parameter}, {len(grant.syntax.parameters)}, "
            f"{int(grant.syntax.danger)} }}"
        )

    def _conditions(self, conditions: tuple[rule.Condition, ...]) -> int:
        """The index of the conditions; equal sequences are there once."""
        if conditions not in self._condition_index:
            self._condition_index[conditions] = len(self._condition_rows)
            self._condition_rows += [
                f"{{ {condition.argument}, {condition.bits}, "
                f"{COMPARISONS[condition.comparison]}, {int(condition.is_signed)}, "
                f"{condition.parameter}, {ctext.word(condition.mask)}, "
                f"{ctext.word(condition.value)} }}"
                for condition in conditions
            ]
        return self._condition_index[conditions]

    def definitions(self, table: str) -> str:
        """All arrays, and the struct that points to them under the given name, all static."""
        return "\n".join(
            [
                ctext.array(
                    "static const char *const syscalls[]", map(ctext.string, self.syscalls), "NULL"
                ),
                ctext.array(
                    "static const struct stile_table_condition conditions[]", self._condition_rows
                ),
                ctext.array("static const struct stile_table_rule rules[]", self._rule_rows),
                ctext.array(
                    "static const struct stile_table_parameter parameters[]", self._parameter_rows
                ),
                *self._sources,
                ctext.array("static const struct stile_table_grant grants[]", self._grant_rows),
                ctext.array(
                    "static const struct stile_table_ruleset rulesets[]", self._ruleset_rows
                ),
                ctext.array(
                    f"static const struct stile_table {table}",
                    [
                        ".version = STILE_TABLE_VERSION",
                        f".syscall_count = {len(self.syscalls)}",
                        f".ruleset_count = {len(self._ruleset_rows)}",
                        f".grant_count = {len(self._grant_rows)}",
                        ".syscalls = syscalls",
                        ".rulesets = rulesets",
                        ".grants = grants",
                        ".rules = rules",
                        ".conditions = conditions",
                        ".parameters = parameters",
                    ],
                ),
            ]
        )


def _as_written(line: Allow | Include) -> str:
    return f"{line.source}  # {line.reason}" if line.reason else line.source


def _int(value: int) -> str:
    return "INT32_MIN" if value == -(1 << 31) else str(value)


def builtin_table(tables: RulesetTables) -> str:
    """ruleset_table.c"""
    return (
        ctext.LICENCE
        + ctext.written_by("the files in rulesets/")
        + "#include <stile/table.h>\n\n"
        + '#include "public.h"\n\n'
        + tables.definitions("builtin")
        + "\nSTILE_PUBLIC const struct stile_table *stile_builtin_table(void)\n"
        + "{\n\treturn &builtin;\n}\n"
    )
