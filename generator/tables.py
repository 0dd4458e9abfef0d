# SPDX-License-Identifier: MIT
"""Reads the tables of generator/data (their forms: data/README.md) and the syscall numbers.

Every mistake is a TableError that names file, line and column.
"""

import re
from pathlib import Path

from .multiplexer_table import multiplexed_fault, read_multiplexers
from .number_sources import X32_BIT, Source, headers, libseccomp
from .table_lines import TableError, TableLine, integer, read_table
from .table_types import (
    ABIS,
    Argument,
    Constant,
    Family,
    Group,
    Member,
    Number,
    Syscall,
    Tables,
)

__all__ = [
    "ABIS",
    "DATA",
    "Argument",
    "Constant",
    "Family",
    "Group",
    "Member",
    "Number",
    "Syscall",
    "TableError",
    "Tables",
    "read_constants",
    "read_families",
    "read_multiplexers",
    "read_numbers",
    "read_syscalls",
    "read_tables",
    "resolve_numbers",
]

DATA = Path(__file__).resolve().parent / "data"
SYSTEM_HEADERS = Path("/usr/include")

_TYPES = {  # bits, whether signed
    "int": (32, True),
    "uint": (32, False),
    "long": (64, True),
    "ulong": (64, False),
    "size": (64, False),
    "off": (64, True),
    "mode": (16, False),
    "ptr": (64, False),
}
_ARGUMENTS_MAX = 6
_ARGUMENT = re.compile(
    r"(?P<name>[a-z_]\w*)(?:/(?P<kernel>[a-z_]\w*))?:(?P<type>\w+)"
    r"(?:@(?P<bits>\d+))?(?:=(?P<group>[A-Z]\w*))?"
)
_GROUP = re.compile(
    r"group (?P<name>[A-Z]\w*) (?P<kind>enum|flags|values)"
    r"(?: like (?P<like>[A-Z]\w*(?:\|[A-Z]\w*)*))?(?: (?P<flags>[A-Z_]\w*(?:\|[A-Z_]\w*)*))?"
)
_MEMBER = re.compile(r"\s*([a-z_][a-z0-9_]*)(?:@(\w+))?(?=\s|$)")


def read_syscalls(path: Path = DATA / "syscalls.txt") -> dict[str, Syscall]:
    """Every syscall by name, in the order of the names."""
    result: dict[str, Syscall] = {}
    last = ""
    for line in read_table(path):
        (word, _), *rest = line.words()
        name, _, abi = word.partition("@")
        if not re.fullmatch(r"[a-z_][a-z0-9_]*", name) or not rest:
            raise line.error("not SYSCALL[@ABI] SINCE [ARGUMENT…]")
        since, column = rest[0]
        arguments = _arguments(line, rest[1:])
        if "@" in word:
            _check_abi(line, abi, len(name) + 2)
            if name != last:
                raise line.error(f"{word} does not follow the line of {name}")
            if since != "-":
                raise line.error(f"'{since}': '-' here, {name} has the version", column)
            if abi in result[name].arguments:
                raise line.error(f"{word} stands twice")
            if arguments == result[name].arguments[None]:
                raise line.error(f"{word} says the same as {name}")
            result[name].arguments[abi] = arguments
            continue
        if name in result:
            raise line.error(f"{name} stands twice, first in line {result[name].line}")
        if name < last:
            raise line.error(f"{name} after {last}: the table is sorted by name")
        if not re.fullmatch(r"\d+(\.\d+)+", since):
            raise line.error(f"'{since}' is no kernel version", column)
        version = tuple(int(part) for part in since.split("."))
        result[name] = Syscall(name, version, {None: arguments}, line.number)
        last = name
    return result


def _arguments(line: TableLine, words: list[tuple[str, int]]) -> list[Argument]:
    arguments: list[Argument] = []
    names: set[str] = set()
    for word, column in words:
        argument = _argument(line, word, column)
        for name in {argument.name, argument.kernel_name}:
            if name in names:
                raise line.error(f"two arguments are named '{name}'", column)
            names.add(name)
        arguments.append(argument)
    if len(arguments) > _ARGUMENTS_MAX:
        raise line.error(f"more than {_ARGUMENTS_MAX} arguments", words[_ARGUMENTS_MAX][1])
    return arguments


def _argument(line: TableLine, word: str, column: int) -> Argument:
    match = _ARGUMENT.fullmatch(word)
    if not match:
        raise line.error(f"'{word}' is not NAME[/KERNELNAME]:TYPE[@BITS][=GROUP]", column)
    kind = match["type"]
    if kind not in _TYPES:
        raise line.error(f"unknown type '{kind}': one of {', '.join(_TYPES)}", column)
    bits, signed = _TYPES[kind]
    reason = ""
    if match["bits"]:
        reason = line.comment
        if match["bits"] not in ("16", "32") or int(match["bits"]) >= bits:
            raise line.error(f"@{match['bits']}: 16 or 32, fewer than the {bits} of {kind}", column)
        if not reason:
            raise line.error(f"@{match['bits']} without a reason: add '# WHY'", column)
        bits = int(match["bits"])
    return Argument(
        match["name"],
        match["kernel"] or match["name"],
        kind,
        bits,
        signed,
        kind == "ptr",
        match["group"],
        reason,
    )


def _check_abi(line: TableLine, abi: str, column: int) -> None:
    if abi not in ABIS:
        raise line.error(f"unknown ABI '{abi}': one of {', '.join(ABIS)}", column)


def read_numbers(path: Path = DATA / "numbers.txt") -> list[Number]:
    """The numbers that the other sources do not know."""
    result = []
    for line in read_table(path):
        words = line.words()
        if len(words) < 2 or not words[0][0].isdecimal():
            raise line.error("not NUMBER NAME [ABI…]")
        for abi, column in words[2:]:
            _check_abi(line, abi, column)
        abis = tuple(abi for abi, _ in words[2:]) or ABIS
        result.append(Number(int(words[0][0]), words[1][0], abis, line.number))
    return result


def read_constants(
    path: Path = DATA / "constants.txt",
) -> tuple[dict[str, Group], dict[str, Constant]]:
    """The groups and the constants, both by name."""
    groups: dict[str, Group] = {}
    constants: dict[str, Constant] = {}
    heads: dict[str, tuple[TableLine, list[str]]] = {}  # of each group: what it is like
    group: Group | None = None
    for line in read_table(path):
        words = line.words()
        if words[0][0] == "group":
            match = _GROUP.fullmatch(" ".join(word for word, _ in words))
            if not match or (match["flags"] and match["kind"] != "enum"):
                raise line.error(
                    "not group NAME enum|flags|values [like GROUP|GROUP…], or with flags beside "
                    "it: group NAME enum [like GROUP|GROUP…] FLAG|FLAG…"
                )
            name = match["name"]
            if name in groups:
                raise line.error(f"group {name} stands twice, first in line {groups[name].line}")
            flags = match["flags"].split("|") if match["flags"] else []
            group = groups[name] = Group(name, match["kind"], flags, [], line.number)
            heads[name] = (line, match["like"].split("|") if match["like"] else [])
            continue
        if not group:
            raise line.error("a constant before the first group")
        constant = _constant(line, group.name)
        if constant.name in constants:
            first = constants[constant.name].line
            raise line.error(f"{constant.name} stands twice, first in line {first}")
        constants[constant.name] = constant
        group.constants.append(constant)
    _complete_groups(groups, constants, heads)
    return groups, constants


def _complete_groups(
    groups: dict[str, Group],
    constants: dict[str, Constant],
    heads: dict[str, tuple[TableLine, list[str]]],
) -> None:
    """Gives each group the constants of those that it is like, which stand before it or after."""

    def collect(name: str, seen: tuple[str, ...]) -> list[Constant]:
        line, likes = heads[seen[-1] if seen else name]
        if name not in groups:
            raise line.error(f"like {name}: there is no such group")
        if name in seen:
            raise line.error(f"group {name} is like itself")
        found = list(own[name])
        for other in heads[name][1]:
            found += collect(other, (*seen, name))
        return found

    own = {name: list(group.constants) for name, group in groups.items()}
    for name, group in groups.items():
        line = heads[name][0]
        group.constants[:] = collect(name, ())
        if not group.constants:
            raise line.error(f"group {name} is empty")
        for flag in group.flags:
            if flag not in constants:
                raise line.error(f"unknown flag '{flag}'", line.text.index(flag) + 1)


def _constant(line: TableLine, group: str) -> Constant:
    words = line.words()
    if len(words) < 2 or not re.fullmatch(r"[A-Z_]\w*", words[0][0]):
        raise line.error("not NAME VALUE [ABI=VALUE…]")
    common = _value(line, *words[1])
    values = dict.fromkeys(ABIS, common)
    for word, column in words[2:]:
        abi, _, text = word.partition("=")
        _check_abi(line, abi, column)
        values[abi] = _value(line, text, column)
        if values[abi] == common:
            raise line.error(f"'{word}' is as on the other ABIs", column)
    known = {abi: value for abi, value in values.items() if value is not None}
    if not known:
        raise line.error(f"{words[0][0]} has no value on any ABI")
    return Constant(words[0][0], group, known, line.number)


def _value(line: TableLine, text: str, column: int) -> int | None:
    value = integer(text)
    if value is None and text != "-":
        expected = "write 10, 0x0a, 012 (octal), or - for none"
        raise line.error(f"'{text}' is no number: {expected}", column)
    return value


def read_families(path: Path = DATA / "families.txt") -> dict[str, Family]:
    """The families by name. read_tables() holds them against the other tables."""
    result: dict[str, Family] = {}
    family: Family | None = None
    for line in read_table(path):
        words = [word for word, _ in line.words()]
        if words[0] == "family":
            if len(words) != 2 or not re.fullmatch(r"[a-z][a-z0-9_]*", words[1]):
                raise line.error("not family NAME")
            if words[1] in result:
                first = result[words[1]].line
                raise line.error(f"family {words[1]} stands twice, first in line {first}")
            family = result[words[1]] = Family(words[1], [], line.number)
            continue
        if not family:
            raise line.error("a member before the first family")
        member = _member(line)
        if (member.name, member.abi) in [(other.name, other.abi) for other in family.members]:
            raise line.error(f"{member.name} is in family {family.name} twice")
        family.members.append(member)
    return result


def _member(line: TableLine) -> Member:
    match = _MEMBER.match(line.text)
    if not match:
        raise line.error("not SYSCALL[@ABI] [CLAUSE, CLAUSE…]")
    if match[2]:
        _check_abi(line, match[2], match.start(2) + 1)
    member = Member(match[1], match[2], reason=line.comment, line=line.number)
    said: set[str] = set()
    column = match.end() + 1
    clauses = line.text[match.end() :].split(",")
    for clause in clauses if line.text[match.end() :].strip() else []:
        at = column + len(clause) - len(clause.lstrip())
        column += len(clause) + 1
        for name in _clause(line, member, clause.strip(), at):
            if name in said:
                raise line.error(f"'{name}' is said twice", at)
            said.add(name)
    return member


def _clause(line: TableLine, member: Member, text: str, column: int) -> list[str]:
    """Adds what a clause says to the member; the family's arguments it speaks of."""
    if match := re.fullmatch(r"(\w+)\s*:=\s*(\S.*)", text):
        member.bindings[match[1]] = match[2]
        return [match[1]]
    if match := re.fullmatch(r"(\w+)\s*->\s*(\w+)", text):
        member.renames[match[1]] = match[2]
        return [match[1]]
    if match := re.fullmatch(r"hidden((?:\s+\w+)+)", text):
        member.hidden.update(match[1].split())
        return match[1].split()
    raise line.error(f"'{text}' is not ARG := VALUE, ARG -> ARG or hidden ARG…", column)


def read_tables(data: Path = DATA) -> Tables:
    """Every table; each name that one takes from another is there."""
    groups, constants = read_constants(data / "constants.txt")
    tables = Tables(
        read_syscalls(data / "syscalls.txt"),
        read_numbers(data / "numbers.txt"),
        groups,
        constants,
        read_families(data / "families.txt"),
        read_multiplexers(data / "multiplexers.txt"),
    )
    for call in tables.syscalls.values():
        for argument in sum(call.arguments.values(), []):
            if argument.group and argument.group not in groups:
                text = f"{call.name}: {argument.name}: unknown group '{argument.group}'"
                raise TableError(data / "syscalls.txt", call.line, 1, text)
    for number in tables.numbers:
        if number.name not in tables.syscalls:
            text = f"unknown syscall '{number.name}'"
            raise TableError(data / "numbers.txt", number.line, 1, text)
    for family in tables.families.values():
        for member in family.members:
            fault = _member_fault(tables, member)
            if fault:
                text = f"family {family.name}: {member.name}: {fault}"
                raise TableError(data / "families.txt", member.line, 1, text)
    for multiplexed in tables.multiplexed:
        fault = multiplexed_fault(tables, multiplexed)
        if fault:
            text = f"{multiplexed.multiplexer}: {fault}"
            raise TableError(data / "multiplexers.txt", multiplexed.line, 1, text)
    return tables


def _member_fault(tables: Tables, member: Member) -> str:
    """What is wrong with a member; "" if nothing is."""
    call = tables.syscalls.get(member.name)
    if not call:
        return "unknown syscall"
    lists = [call.arguments_on(member.abi)] if member.abi else list(call.arguments.values())
    names = {argument.name for arguments in lists for argument in arguments}
    for other in member.renames.values():
        if other not in names:
            return f"it has no argument '{other}'"
    for name in (*member.bindings, *sorted(member.hidden), *member.renames):
        if name in names:
            return f"it has an argument '{name}' itself"
    for expression in member.bindings.values():
        for word in re.findall(r"[A-Za-z_]\w*", expression):
            if word not in tables.constants:
                return f"unknown constant '{word}'"
    return ""


def resolve_numbers(
    include_dir: Path | str | None = None, data: Path = DATA
) -> dict[str, dict[str, int]]:
    """The numbers of the table's syscalls by ABI and name, x32's with bit 30.

    They come from libseccomp, the kernel headers of a folder (default: /usr/include) and
    numbers.txt. TableError if two of them differ, or if none knows a syscall on any ABI.
    """
    syscalls = read_syscalls(data / "syscalls.txt")
    result: dict[str, dict[str, int]] = {abi: {} for abi in ABIS}
    origin: dict[tuple[str, str], str] = {}
    sources = libseccomp() + headers(Path(include_dir or SYSTEM_HEADERS))
    for number in read_numbers(data / "numbers.txt"):
        place = f"{data / 'numbers.txt'}:{number.line}"
        for abi in number.abis:
            value = number.number | (X32_BIT if abi == "x32" else 0)
            sources.append(Source(place, abi, {number.name: value}))
    for source in sources:
        for name, value in source.numbers.items():
            if name not in syscalls:
                continue
            known = result[source.abi].setdefault(name, value)
            first = origin.setdefault((source.abi, name), source.name)
            if known != value:
                text = f"{name} on {source.abi}: {known} in {first}, {value} in {source.name}"
                raise TableError(data / "syscalls.txt", syscalls[name].line, 1, text)
    for call in syscalls.values():
        if not any(call.name in numbers for numbers in result.values()):
            text = f"{call.name} has a number in no source on any ABI"
            raise TableError(data / "syscalls.txt", call.line, 1, text)
    return result
