# SPDX-License-Identifier: MIT
"""Names of grants for shells and scripts."""

from .library import ResolvedGrant
from .ruleset_tables import ResolvedRuleset
from .verbs import ABIS, ACTIONS, BACKENDS, FORMATS, POLICY_FORMATS, REST, SEVERITIES, SHORT, VERBS

_WRITTEN = "# Written by the generator from rulesets/*.rules: change that, not this."


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
        f"        {verb}) words='{' '.join(names)}' ;;" for verb, (_, names) in VERBS.items()
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
        words='{' '.join(VERBS)} --help --version'
    elif [[ $previous == --grant || $previous == -g ]]; then
        words=$_stile_grants
    elif [[ $previous == --pledge || $previous == -p ]]; then
        words='{' '.join(_pledge_words(rulesets))}'
    elif [[ $previous == --default || $previous == -d ]]; then
        words='{ACTIONS}'
    elif [[ $previous == --abi || $previous == -a ]]; then
        words='{ABIS}'
    elif [[ $verb == explain && ( $previous == --call-abi || $previous == -c ) ]]; then
        words='{ABIS}'
    elif [[ $previous == --backend || $previous == -B ]]; then
        words='{BACKENDS}'
    elif [[ $previous == --from || $previous == --to || $previous == -t ]]; then
        words='{POLICY_FORMATS}'
    elif [[ $previous == --threshold ]]; then
        words='{SEVERITIES}'
    elif [[ $verb == compile && ( $previous == --format || $previous == -f ) ]]; then
        words='{FORMATS}'
    elif [[ $previous == --syscall || $previous == -s || $previous == --calls ||
        $verb == trace && $previous == -e ]]; then
        words=$_stile_syscalls
    elif [[ $cur == -* ]]; then
        case $verb in
{options}
        esac
    elif [[ $verb == simulate || $verb == explain ]] && ((COMP_CWORD > 2)) &&
        [[ -e $previous ]]; then
        words=$_stile_syscalls
    elif [[ $verb == rulesets ]]; then
        words='{' '.join(ruleset.name for ruleset in rulesets)}'
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
    lists = {
        "grant": [
            f"{_colon(_specification(grant))}:{grant.syntax.summary}"
            for ruleset in rulesets
            for grant in ruleset.grants
        ],
        "words": _pledge_words(rulesets),
        "action": ACTIONS.split(),
        "abi": ABIS.split(),
        "backend": BACKENDS.split(),
        "format": FORMATS.split(),
        "severity": SEVERITIES.split(),
        "policy_format": POLICY_FORMATS.split(),
        "syscall": syscalls,
        "ruleset": [f"{ruleset.name}:{ruleset.syntax.summary}" for ruleset in rulesets],
        "verb": [f"{verb}:{text}" for verb, (text, _) in VERBS.items()],
    }
    functions = "\n".join(_zsh_list(name, words) for name, words in lists.items())
    cases = "\n".join(_zsh_case(verb, set(lists)) for verb in VERBS)
    return f"""\
#compdef stile
# SPDX-License-Identifier: MIT
{_WRITTEN}

{functions}
_stile() {{
    if ((CURRENT == 2)); then
        _stile_verb
        return
    fi
    local verb=$words[2]
    shift words
    ((CURRENT--))
    case $verb in
{cases}
    esac
}}

_stile "$@"
"""


def _zsh_list(name: str, words: list[str]) -> str:
    """A function that offers words: "word" or "word:description"."""
    return f"""\
_stile_{name}() {{
    local -a found=(
{_lines([_quoted(word) for word in words], "        ")}
    )
    _describe {name} found
}}
"""


def _zsh_case(verb: str, lists: set[str]) -> str:
    said = []
    for option, (text, value) in VERBS[verb][1].items():
        short = SHORT.get(option)
        star = "*" if option in ("--grant", "--cap", "--disable", "--calls") else ""
        for word in (option, short) if short else (option,):
            how = f"_stile_{value}" if value in lists else "_files" if value == "file" else ""
            ending = f":{value}:{how}" if value else ""
            said.append(_quoted(f"{star}{word}[{text}]{ending}"))
    said += [_quoted(word) for word in REST.get(verb, ["*:file:_files"])]
    return f"    {verb})\n        _arguments -S \\\n            " + (
        " \\\n            ".join(said) + "\n        ;;")


def _pledge_words(rulesets: list[ResolvedRuleset]) -> list[str]:
    """The words of stile_pledge(): the grants of the ruleset pledge."""
    return [
        grant.name.removeprefix("danger_")
        for ruleset in rulesets
        if ruleset.name == "pledge"
        for grant in ruleset.grants
    ]


def _lines(words: list[str], indent: str = "") -> str:
    return "\n".join(indent + word for word in words)


def _colon(text: str) -> str:
    return text.replace(":", "\\:")


def _quoted(text: str) -> str:
    """A word in single quotes."""
    return "'" + text.replace("'", "'\\''") + "'"
