# SPDX-License-Identifier: MIT
"""Names of grants for shells and scripts."""

from .library import ResolvedGrant
from .ruleset_tables import ResolvedRuleset

_WRITTEN = "# Written by the generator from rulesets/*.rules: change that, not this."

# The command's verbs and their options. An option with a value says what it is, for zsh.
_VERBS: dict[str, tuple[str, dict[str, str]]] = {
    "run": (
        "run a program under grants",
        {"--grant": "grant", "--print": "", "--help": ""},
    ),
    "rulesets": (
        "list rulesets, show their grants",
        {"--syscall": "syscall", "--help": ""},
    ),
}


def grant_words(rulesets: list[ResolvedRuleset]) -> list[str]:
    """All grants; one with parameters ends with the parenthesis that its values follow."""
    return [
        grant.spec + ("(" if grant.syntax.parameters else "")
        for ruleset in rulesets
        for grant in ruleset.grants
    ]


def grant_list(rulesets: list[ResolvedRuleset]) -> str:
    """grants.txt: specification, "danger" or "-", summary, separated by tabs."""
    return "".join(
        f"{_specification(grant)}\t{'danger' if grant.syntax.danger else '-'}\t"
        f"{grant.syntax.summary}\n"
        for ruleset in rulesets
        for grant in ruleset.grants
    )


def _specification(grant: ResolvedGrant) -> str:
    names = ", ".join(parameter.name for parameter in grant.syntax.parameters)
    return grant.spec + (f"({names})" if names else "")


def bash(rulesets: list[ResolvedRuleset], syscalls: list[str]) -> str:
    """completions/stile.bash"""
    options = "\n".join(
        f"\t{verb}) words='{' '.join(names)}' ;;" for verb, (_, names) in _VERBS.items()
    )
    return f"""\
# SPDX-License-Identifier: MIT
{_WRITTEN}

_stile_grants='
{_lines(grant_words(rulesets))}
'

_stile_syscalls='
{_lines(syscalls)}
'

_stile()
{{
	local cur=$2 previous=$3 verb=${{COMP_WORDS[1]}} words='' i
	COMPREPLY=()
	for ((i = 2; i < COMP_CWORD; i++)); do
		if [[ ${{COMP_WORDS[i]}} == -- ]]; then
			COMPREPLY=($(compgen -f -- "$cur"))
			return
		fi
	done
	if ((COMP_CWORD == 1)); then
		words='{' '.join(_VERBS)}'
	elif [[ $previous == --grant ]]; then
		words=$_stile_grants
	elif [[ $previous == --syscall ]]; then
		words=$_stile_syscalls
	elif [[ $cur == -* ]]; then
		case $verb in
{options}
		esac
	elif [[ $verb == rulesets ]]; then
		words='{' '.join(_ruleset_words(rulesets))}'
	else
		COMPREPLY=($(compgen -f -- "$cur"))
		return
	fi
	COMPREPLY=($(compgen -W "$words" -- "$cur"))
}}

complete -o filenames -F _stile stile
"""


def zsh(rulesets: list[ResolvedRuleset], syscalls: list[str]) -> str:
    """completions/_stile"""
    verbs = "\n".join(f"\t\t{_quoted(f'{verb}:{text}')}" for verb, (text, _) in _VERBS.items())
    grants = "\n".join(
        f"\t\t{_quoted(_colon(_specification(grant)) + ':' + grant.syntax.summary)}"
        for ruleset in rulesets
        for grant in ruleset.grants
    )
    names = "\n".join(
        f"\t\t{_quoted(f'{ruleset.name}:{ruleset.syntax.summary}')}" for ruleset in rulesets
    )
    return f"""\
#compdef stile
# SPDX-License-Identifier: MIT
{_WRITTEN}

_stile_grants() {{
	local -a grants=(
{grants}
	)
	_describe grant grants
}}

_stile_syscalls() {{
	local -a syscalls=(
{_lines(syscalls, "		")}
	)
	_describe syscall syscalls
}}

_stile_rulesets() {{
	local -a rulesets=(
{names}
	)
	_describe ruleset rulesets
}}

_stile() {{
	local -a verbs=(
{verbs}
	)
	if ((CURRENT == 2)); then
		_describe verb verbs
		return
	fi
	case $words[2] in
	run)
		_arguments '*--grant[give a grant]:grant:_stile_grants' \\
			'--print[show the rules, run nothing]' '--help[show the options]' \\
			'*::program:_normal'
		;;
	rulesets)
		_arguments '--syscall[show the grants of a syscall]:syscall:_stile_syscalls' \\
			'--help[show the options]' '*:ruleset:_stile_rulesets'
		;;
	esac
}}

_stile "$@"
"""


def _ruleset_words(rulesets: list[ResolvedRuleset]) -> list[str]:
    return [ruleset.name for ruleset in rulesets]


def _lines(words: list[str], indent: str = "") -> str:
    return "\n".join(indent + word for word in words)


def _colon(text: str) -> str:
    return text.replace(":", "\\:")


def _quoted(text: str) -> str:
    """A word in single quotes."""
    return "'" + text.replace("'", "'\\''") + "'"
