# SPDX-License-Identifier: MIT
"""Names of grants for shells and scripts."""

from .library import ResolvedGrant
from .ruleset_tables import ResolvedRuleset

_WRITTEN = "# Written by the generator from rulesets/*.rules: change that, not this."

# Options that say what is granted.
_CONTEXT: dict[str, tuple[str, str]] = {
    "--grant": ("grant a capability", "grant"),
    "--pledge": ("grant words of OpenBSD's pledge", "words"),
    "--default": ("what the rest gets", "action"),
    "--baseline": ("calls newer than this kernel fail with ENOSYS", "kernel"),
}

# Options that say how a policy file is read.
_POLICY_FILE: dict[str, tuple[str, str]] = {
    "--from": ("what the files are", "policy_format"),
    "--section": ("which policy of a file that has several", "section"),
    "--cap": ("a capability of the container", "capability"),
    "--kernel": ("that it will run on", "kernel"),
    "--systemd-groups": ("what systemd-analyze syscall-filter printed", "file"),
    "--kernel-widths": ("compare the bits that the kernel uses", ""),
}

# Options that stand for a policy.
_POLICY_SOURCE: dict[str, tuple[str, str]] = {
    **_CONTEXT,
    "--abi": ("by which calls may be made, or the ABI of files that do not say it", "abi"),
    "--pid": ("the filters of a process", "process"),
    **_POLICY_FILE,
}

# A policy in place of grants.
_POLICY_INSTEAD: dict[str, tuple[str, str]] = {
    **_CONTEXT,
    "--abi": ("by which calls may be made", "abi"),
    "--policy": ("a policy in place of grants", "file"),
    **_POLICY_FILE,
}

_JSON = {"--json": ("write JSON", "")}
_HELP = {"--help": ("show the options", "")}

# What is written.
_POLICY_OUTPUT: dict[str, tuple[str, str]] = {
    "--to": ("the format to write", "policy_format"),
    "--output": ("where it is written", "file"),
    "--name": ("what it is called", "name"),
}

# The command's verbs and their options: what the option does, and what its value is, if it has one.
_VERBS: dict[str, tuple[str, dict[str, tuple[str, str]]]] = {
    "run": (
        "run a program that may do only what is granted",
        {
            **_CONTEXT,
            "--policy": ("a policy file in place of grants", "file"),
            "--policy-fd": ("the same from a descriptor", "number"),
            "--bpf-fd": ("a filter from a descriptor", "number"),
            **_POLICY_FILE,
            "--allow": ("allow a call or grant", "syscall"),
            "--deny": ("refuse a call or grant", "syscall"),
            "--errno": ("let a call or grant fail", "call=errno"),
            "--kill": ("kill the process for a call or grant", "syscall"),
            "--log": ("allow and log a call or grant", "syscall"),
            "--permissive": ("log what would be refused", ""),
            "--log-refused": ("let the kernel log what it refuses", ""),
            "--status-fd": ("tell start, kill and end in JSON lines", "number"),
            "--violation-exit": ("the exit status if the policy kills it", "number"),
            "--print": ("print the rule list and run nothing", ""),
            "--help": ("show the options", ""),
        },
    ),
    "rulesets": (
        "list rulesets, show their grants, find a syscall's",
        {
            "--syscall": ("show the grants that hold a system call", "syscall"),
            "--help": ("show the options", ""),
        },
    ),
    "explain": (
        "what a policy does with a call, and why",
        {
            **_POLICY_SOURCE,
            "--call-abi": ("by whose system call", "abi"),
            **_JSON,
            **_HELP,
        },
    ),
    "check": (
        "whether policies can be used, and lie within another",
        {"--within": ("a policy in which each must lie", "file"), **_POLICY_SOURCE, **_HELP},
    ),
    "lint": (
        "what is probably not meant in policies",
        {
            **_POLICY_SOURCE,
            "--threshold": ("how grave findings must be for exit status 1", "severity"),
            "--disable": ("do not look for this", "check"),
            "--list": ("what is looked for", ""),
            **_JSON,
            "--sarif": ("write SARIF", ""),
            "--fix": ("mend what is certain", ""),
            "--output": ("where it is written", "file"),
            **_HELP,
        },
    ),
    "diff": (
        "how two policies differ, by what they mean",
        {**_POLICY_SOURCE, **_JSON, "--quiet": ("print nothing", ""), **_HELP},
    ),
    "merge": (
        "a policy that lets through what any of several does",
        {**_POLICY_OUTPUT, **_POLICY_SOURCE, **_HELP},
    ),
    "intersect": (
        "a policy that lets through what all of several do",
        {**_POLICY_OUTPUT, **_POLICY_SOURCE, **_HELP},
    ),
    "minus": (
        "a policy without what others let through",
        {**_POLICY_OUTPUT, **_POLICY_SOURCE, **_HELP},
    ),
    "convert": (
        "write a policy in another format",
        {
            **_POLICY_OUTPUT,
            "--lossy": ("refuse what the format cannot say", ""),
            **_POLICY_SOURCE,
            **_HELP,
        },
    ),
    "simulate": (
        "what a filter answers to a system call",
        {
            "--abi": ("by whose system call", "abi"),
            "--policy": ("a policy in place of a filter", "file"),
            **_POLICY_FILE,
            "--help": ("show the options", ""),
        },
    ),
    "disasm": (
        "show a filter as assembly or pseudo code",
        {
            "--abi": ("whose numbers they are where the filter does not say", "abi"),
            "--pseudo": ("print pseudo code", ""),
            "--help": ("show the options", ""),
        },
    ),
    "asm": (
        "make a filter of assembly",
        {
            "--output": ("write to a file", "file"),
            "--unchecked": ("write it also if the kernel would refuse it", ""),
            "--help": ("show the options", ""),
        },
    ),
    "compile": (
        "make a filter ahead of time",
        {
            **_POLICY_INSTEAD,
            "--backend": ("what makes the filter", "backend"),
            "--profile": ("how often calls are made", "file"),
            "--format": ("how it is written", "format"),
            "--name": ("what it is called in C", "identifier"),
            "--output": ("where it is written", "file"),
            "--help": ("show the options", ""),
        },
    ),
    "prove": (
        "whether a filter does what grants say",
        {
            **_POLICY_INSTEAD,
            "--quiet": ("print nothing", ""),
            "--help": ("show the options", ""),
        },
    ),
}

# The short forms of options that take a value.
_SHORT = {"--grant": "-g", "--pledge": "-p", "--default": "-d", "--baseline": "-b",
          "--syscall": "-s", "--abi": "-a", "--backend": "-B", "--profile": "-P", "--format": "-f",
          "--name": "-n", "--output": "-o", "--to": "-t", "--call-abi": "-c", "--within": "-w"}

# What the words are that are no options; files for all other verbs.
_REST: dict[str, list[str]] = {
    "run": ["*::program:_normal"],
    "rulesets": ["*:ruleset:_stile_ruleset"],
    "simulate": ["1:filter:_files", "2:syscall:_stile_syscall", "*:argument:"],
    "explain": ["1:policy:_files", "2:syscall:_stile_syscall", "*:argument:"],
}

_ACTIONS = "errno=EPERM errno=EACCES errno=ENOSYS trap kill-thread kill"
_ABIS = "x86_64 i386 x32 aarch64 riscv64"
_BACKENDS = "own libseccomp"
_FORMATS = "bpf c pfc json"
_SEVERITIES = "note warning error"
_POLICY_FORMATS = "oci kubernetes minijail kafel firecracker systemd tiny-jail bpf"


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
        f"        {verb}) words='{' '.join(names)}' ;;" for verb, (_, names) in _VERBS.items()
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
        words='{' '.join(_VERBS)} --help --version'
    elif [[ $previous == --grant || $previous == -g ]]; then
        words=$_stile_grants
    elif [[ $previous == --pledge || $previous == -p ]]; then
        words='{' '.join(_pledge_words(rulesets))}'
    elif [[ $previous == --default || $previous == -d ]]; then
        words='{_ACTIONS}'
    elif [[ $previous == --abi || $previous == -a ]]; then
        words='{_ABIS}'
    elif [[ $previous == --call-abi || $previous == -c ]]; then
        words='{_ABIS}'
    elif [[ $previous == --backend || $previous == -B ]]; then
        words='{_BACKENDS}'
    elif [[ $previous == --from || $previous == --to || $previous == -t ]]; then
        words='{_POLICY_FORMATS}'
    elif [[ $previous == --threshold ]]; then
        words='{_SEVERITIES}'
    elif [[ $verb == compile && ( $previous == --format || $previous == -f ) ]]; then
        words='{_FORMATS}'
    elif [[ $previous == --syscall || $previous == -s ]]; then
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
        "action": _ACTIONS.split(),
        "abi": _ABIS.split(),
        "backend": _BACKENDS.split(),
        "format": _FORMATS.split(),
        "severity": _SEVERITIES.split(),
        "policy_format": _POLICY_FORMATS.split(),
        "syscall": syscalls,
        "ruleset": [f"{ruleset.name}:{ruleset.syntax.summary}" for ruleset in rulesets],
        "verb": [f"{verb}:{text}" for verb, (text, _) in _VERBS.items()],
    }
    functions = "\n".join(_zsh_list(name, words) for name, words in lists.items())
    cases = "\n".join(_zsh_case(verb, set(lists)) for verb in _VERBS)
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
    for option, (text, value) in _VERBS[verb][1].items():
        short = _SHORT.get(option)
        star = "*" if option in ("--grant", "--cap", "--disable") else ""
        for word in (option, short) if short else (option,):
            how = f"_stile_{value}" if value in lists else "_files" if value == "file" else ""
            ending = f":{value}:{how}" if value else ""
            said.append(_quoted(f"{star}{word}[{text}]{ending}"))
    said += [_quoted(word) for word in _REST.get(verb, ["*:file:_files"])]
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
