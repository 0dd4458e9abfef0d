# SPDX-License-Identifier: MIT
"""The command's verbs and their options, for completions."""

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
VERBS: dict[str, tuple[str, dict[str, tuple[str, str]]]] = {
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
    "trace": (
        "show the system calls that a program makes",
        {
            "--calls": ("which calls, divided by commas", "syscall"),
            "--follow": ("of what it starts, too", ""),
            "--output": ("where it is written", "file"),
            "--count": ("how often each call was made", ""),
            "--paths": ("what descriptors stand for", ""),
            **_JSON,
            "--vdso": ("show the clock's calls, too", ""),
            **_HELP,
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
SHORT = {"--grant": "-g", "--pledge": "-p", "--default": "-d", "--baseline": "-b",
          "--syscall": "-s", "--abi": "-a", "--backend": "-B", "--profile": "-P", "--format": "-f",
          "--name": "-n", "--output": "-o", "--to": "-t", "--call-abi": "-c", "--within": "-w",
          "--calls": "-e"}

# What the words are that are no options; files for all other verbs.
REST: dict[str, list[str]] = {
    "run": ["*::program:_normal"],
    "trace": ["*::program:_normal"],
    "rulesets": ["*:ruleset:_stile_ruleset"],
    "simulate": ["1:filter:_files", "2:syscall:_stile_syscall", "*:argument:"],
    "explain": ["1:policy:_files", "2:syscall:_stile_syscall", "*:argument:"],
}

ACTIONS = "errno=EPERM errno=EACCES errno=ENOSYS trap kill-thread kill"
ABIS = "x86_64 i386 x32 aarch64 riscv64"
BACKENDS = "own libseccomp"
FORMATS = "bpf c pfc json"
SEVERITIES = "note warning error"
POLICY_FORMATS = "oci kubernetes minijail kafel firecracker systemd tiny-jail bpf"
