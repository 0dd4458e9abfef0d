# SPDX-License-Identifier: MIT
"""The manual page of all rulesets, stile-rulesets(7), for scdoc."""

from .library import ResolvedGrant
from .parser import BASIC
from .rule import ABIS
from .ruleset_tables import ResolvedRuleset
from .syntax import expression_text
from .world import Member, World

_START = """\
stile-rulesets(7)

# NAME

stile-rulesets - the named capabilities of stile

# DESCRIPTION

A _ruleset_ is a named group of _grants_. A grant is one capability of a program:
*system\\_io.open\\_readonly*. It is given to a program by
*stile run --grant system\\_io.open\\_readonly*, by
*stile\\_grant(s, "system\\_io.open\\_readonly")* or by
*stile\\_allow\\_system\\_io\\_open\\_readonly(s)*. Values of parameters stand in parentheses:
*system\\_io.read\\_fd(3)*. What no grant allows is refused. The grants of the ruleset *basic* are
always in.

Below each grant stand its rules as they are written in its .rules file. *allow* names syscalls,
and families of them with an @ (see FAMILIES); the conditions after *if* must all hold. Several
rules on one call are alternatives. *include* means everything of another grant. Arguments are
compared with the bits that the kernel uses of them. A grant whose name starts with *danger\\_*
opens a way round the sandbox, and its notes say which.
"""

_END = """\
# SEE ALSO

*stile*(1), *stile*(3), *seccomp*(2), *syscalls*(2)
"""


def manual(world: World, rulesets: list[ResolvedRuleset]) -> str:
    """stile-rulesets.7.scd"""
    parts = [_START]
    parts += [_ruleset(ruleset) for ruleset in rulesets]
    parts.append(_families(world))
    parts.append(_END)
    return "\n".join(parts)


def escape(text: str) -> str:
    """Text in which scdoc sees no marks."""
    text = "".join(f"\\{c}" if c in "\\*_`[]|#<>+" else c for c in text)
    # At the start of a line these make lists, headings, or roff requests.
    return f"\\{text}" if text[:1] in "-.'~:" else text


def _paragraphs(texts: list[str]) -> str:
    return "".join(f"\n{escape(text)}\n" for text in texts)


def _ruleset(ruleset: ResolvedRuleset) -> str:
    text = f"# RULESET {escape(ruleset.name)}\n\n{escape(ruleset.syntax.summary)}\n"
    if ruleset.name == BASIC:
        text += "\nThese grants are in every context; they can be neither refused nor left out.\n"
    text += _paragraphs(ruleset.syntax.notes)
    return text + "".join("\n" + _grant(grant) for grant in ruleset.grants)


def _grant(grant: ResolvedGrant) -> str:
    names = ", ".join(parameter.name for parameter in grant.syntax.parameters)
    title = grant.spec + (f"({names})" if names else "")
    text = f"## {escape(title)}\n\n"
    if grant.syntax.danger:
        text += "*Danger.* "
    text += f"{escape(grant.syntax.summary)}\n"
    for parameter in grant.syntax.parameters:
        text += f"\n_{escape(parameter.name)}_: {parameter.lowest} to {parameter.highest}\n"
    for line in grant.syntax.lines:
        text += f"\n*{escape(line.source)}*"
        text += f"++\n{escape(line.reason)}\n" if line.reason else "\n"
    return text + _paragraphs(grant.syntax.notes)


def _families(world: World) -> str:
    text = (
        "# FAMILIES\n\nA family is every spelling of one operation. A condition goes to each "
        "member that has the argument, at its place there. A member without the argument stands "
        "for the value that the kernel uses instead: the condition is decided by it once and for "
        "all. A member that hides the argument behind a pointer gets no rule by a line with a "
        "condition on it. Where these are flags, it answers ENOSYS as long as another member has "
        "a condition, so that libc uses that one.\n"
    )
    for name in sorted(world.families):
        members = [_member(world, member) for member in world.families[name].members]
        text += f"\n## {escape('@' + name)}\n\n" + "++\n".join(members) + "\n"
    return text


def _member(world: World, member: Member) -> str:
    abis = [member.abi] if member.abi else list(world.abis(member.syscall))
    text = f"*{escape(member.syscall)}*"
    if not abis:
        text += " (on no ABI)"
    elif len(abis) < len(ABIS):
        text += f" (on {escape(', '.join(abis))})"
    said = describe(member)
    return text + (f": {escape(said)}" if said else "")


def describe(member: Member) -> str:
    """What is special about a member: "flags is 0, dirfd is called fd"."""
    said = [f"{name} is {expression_text(value)}" for name, value in member.fixed.items()]
    said += [f"{name} is called {other}" for name, other in member.renames.items()]
    if member.hidden:
        said.append(f"{', '.join(sorted(member.hidden))} hidden")
    text = ", ".join(said)
    if member.reason:
        text += (": " if text else "") + member.reason
    return text
