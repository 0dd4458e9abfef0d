# SPDX-License-Identifier: MIT
"""The typed C function of each grant."""

from . import ctext
from .library import ResolvedGrant
from .ruleset_tables import ResolvedRuleset


def function_name(ruleset: str, grant: str) -> str:
    return f"stile_allow_{ruleset}_{grant}"


def prototype(grant: ResolvedGrant) -> str:
    parameters = "".join(f", int {parameter.name}" for parameter in grant.syntax.parameters)
    return f"int {function_name(grant.ruleset, grant.name)}(struct stile *s{parameters})"


def declarations(ruleset: ResolvedRuleset) -> str:
    """The prototypes of a ruleset, each with what the manual says of it."""
    parts = [ctext.comment([f"{ruleset.name}: {ruleset.syntax.summary}", *ruleset.syntax.notes])]
    for grant in ruleset.grants:
        paragraphs = [f"{'Danger: ' if grant.syntax.danger else ''}{grant.syntax.summary}"]
        paragraphs += [f"{p.name}: {p.lowest} to {p.highest}." for p in grant.syntax.parameters]
        paragraphs += grant.syntax.notes
        parts.append(ctext.comment(paragraphs) + prototype(grant) + ";\n")
    return "\n".join(parts)


def header(guard: str, source: str, rulesets: list[ResolvedRuleset], start: str) -> str:
    """A header with the prototypes of rulesets."""
    return (
        ctext.LICENCE
        + ctext.written_by(source)
        + f"#ifndef {guard}\n#define {guard}\n\n"
        + start
        + "\n".join(declarations(ruleset) for ruleset in rulesets)
        + "\n#endif\n"
    )


def definitions(rulesets: list[ResolvedRuleset], table: str, mark: str) -> str:
    """The functions; table is an expression for the table that holds the rulesets."""
    parts = []
    index = 0
    for ruleset_index, ruleset in enumerate(rulesets):
        for grant in ruleset.grants:
            names = [parameter.name for parameter in grant.syntax.parameters]
            body = f"\treturn stile_allow_table_grant(s, {table}, {ruleset_index}, {index}, "
            if names:
                values = ", ".join(names)
                body += f"(const int32_t[]){{ {values} }}, {len(names)});"
            else:
                body += "NULL, 0);"
            parts.append(f"{mark}{prototype(grant)}\n{{\n{body}\n}}\n")
            index += 1
    return "\n".join(parts)


def builtin_header(rulesets: list[ResolvedRuleset]) -> str:
    """stile/rulesets.h"""
    start = ctext.comment(
        [
            "One function for each grant of each ruleset; stile-rulesets(7) shows their rules. "
            "Each returns 0 or one of the negative errors of stile/error.h: -EINVAL for a value "
            "out of its range, -EEXIST for a conflict with what the context has already.",
        ]
    )
    return header(
        "STILE_RULESETS_H", "the files in rulesets/", rulesets, f"struct stile;\n\n{start}\n"
    )


def builtin_functions(rulesets: list[ResolvedRuleset]) -> str:
    """grants.c"""
    return (
        ctext.LICENCE
        + ctext.written_by("the files in rulesets/")
        + "#include <stile/rulesets.h>\n#include <stile/table.h>\n\n"
        + '#include "public.h"\n\n'
        + definitions(rulesets, "stile_builtin_table()", "STILE_PUBLIC ")
    )
