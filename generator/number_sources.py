# SPDX-License-Identifier: MIT
"""Who knows syscall numbers: libseccomp and the kernel headers.

A source gives numbers by ABI and name; x32's have bit 30. What is not installed gives none.
"""

import ctypes
import re
from dataclasses import dataclass
from pathlib import Path

X32_BIT = 0x40000000

_LIBSECCOMP = "libseccomp.so.2"
_NUMBER_MAX = 1023  # x32's own end at 547, the common ones are below 512
_ARCHITECTURES = {  # libseccomp's tokens, SCMP_ARCH_*
    "x86_64": 0xC000003E,
    "i386": 0x40000003,
    "x32": 0x4000003E,
    "aarch64": 0xC00000B7,
    "riscv64": 0xC00000F3,
}

_X86_HEADERS = {"x86_64": "unistd_64.h", "i386": "unistd_32.h", "x32": "unistd_x32.h"}
# What an architecture's own asm/unistd.h defines before it includes the generic one.
_GENERIC_DEFINES = {
    "aarch64": {
        "__ARCH_WANT_MEMFD_SECRET",
        "__ARCH_WANT_NEW_STAT",
        "__ARCH_WANT_RENAMEAT",
        "__ARCH_WANT_SET_GET_RLIMIT",
        "__ARCH_WANT_SYS_CLONE3",
    },
    "riscv64": {
        "__ARCH_WANT_MEMFD_SECRET",
        "__ARCH_WANT_NEW_STAT",
        "__ARCH_WANT_SET_GET_RLIMIT",
        "__ARCH_WANT_SYS_CLONE3",
    },
}


@dataclass(frozen=True)
class Source:
    name: str  # as messages say it: a library or a file
    abi: str
    numbers: dict[str, int]


def libseccomp() -> list[Source]:
    """What libseccomp knows, by asking for every number."""
    try:
        library = ctypes.CDLL(_LIBSECCOMP)
    except OSError:
        return []
    libc = ctypes.CDLL(None)
    library.seccomp_syscall_resolve_num_arch.argtypes = [ctypes.c_uint32, ctypes.c_int]
    library.seccomp_syscall_resolve_num_arch.restype = ctypes.c_void_p
    libc.free.argtypes = [ctypes.c_void_p]
    sources = []
    for abi, architecture in _ARCHITECTURES.items():
        bit = X32_BIT if abi == "x32" else 0
        numbers = {}
        for number in range(bit, bit + _NUMBER_MAX + 1):
            name = library.seccomp_syscall_resolve_num_arch(architecture, number)
            if name:
                numbers[ctypes.string_at(name).decode("ascii")] = number
                libc.free(name)
        sources.append(Source("libseccomp", abi, numbers))
    return sources


def headers(include_dir: Path) -> list[Source]:
    """What the kernel headers of a folder know."""
    sources = []
    for folder in (include_dir / "asm", include_dir / "x86_64-linux-gnu" / "asm"):
        # Other architectures have a unistd_64.h, too; x86 alone has the one for x32.
        if (folder / _X86_HEADERS["x32"]).is_file():
            for abi, name in _X86_HEADERS.items():
                if (folder / name).is_file():
                    sources.append(_header(folder / name, abi, set()))
            break
    generic = include_dir / "asm-generic" / "unistd.h"
    if generic.is_file():
        sources += [_header(generic, abi, names) for abi, names in _GENERIC_DEFINES.items()]
    return sources


def _header(path: Path, abi: str, defines: set[str]) -> Source:
    """The numbers that a header defines for an ABI."""
    found: dict[str, str] = {}
    branches: list[tuple[bool, bool]] = []  # of each open #if: is it read; was any branch
    for line in path.read_text(encoding="utf-8").split("\n"):
        match = re.match(r"\s*#\s*(ifdef|ifndef|if|elif|else|endif|define)\b\s*(.*)", line)
        if not match:
            continue
        word, rest = match[1], re.sub(r"/\*.*", "", match[2]).strip()
        known = defines | found.keys()
        if word in ("if", "ifdef", "ifndef"):
            holds = _holds(word, rest, known)
            branches.append((holds, holds))
        elif word in ("elif", "else"):
            _, taken = branches.pop()
            holds = not taken and (word == "else" or _holds("if", rest, known))
            branches.append((holds, taken or holds))
        elif word == "endif":
            branches.pop()
        elif all(is_read for is_read, _ in branches):
            name, _, value = rest.partition(" ")
            found[name.split("\t")[0]] = value or rest.partition("\t")[2]
    numbers = {}
    for name in found:
        if name.startswith("__NR_"):
            number = _number(name, found)
            if number is not None:
                numbers[name.removeprefix("__NR_")] = number
    return Source(str(path), abi, numbers)


def _holds(word: str, condition: str, known: set[str]) -> bool:
    """Whether a condition of the header holds, for a 64-bit ABI that defines these names."""
    if word != "if":
        return (condition in known) == (word == "ifdef")
    # Such conditions join "defined(NAME)" and "__BITS_PER_LONG == N" by "&&" and "||".
    alternatives = condition.split("||")
    return any(all(_term(term.strip(), known) for term in a.split("&&")) for a in alternatives)


def _term(term: str, known: set[str]) -> bool:
    defined = re.fullmatch(r"(!?)\s*defined\s*\(?\s*(\w+)\s*\)?", term)
    if defined:
        return (defined[2] in known) != (defined[1] == "!")
    bits = re.fullmatch(r"__BITS_PER_LONG\s*(==|!=)\s*(\d+)", term)
    if bits:
        return (int(bits[2]) == 64) == (bits[1] == "==")
    return False


def _number(name: str, found: dict[str, str]) -> int | None:
    """The number behind a name: 5, (__X32_SYSCALL_BIT + 5), or another name's."""
    value = found[name].strip()
    if value in found and value != name:
        return _number(value, found)
    match = re.fullmatch(r"\(?(__X32_SYSCALL_BIT\s*\+\s*)?(\d+)\)?", value)
    return int(match[2]) + (X32_BIT if match[1] else 0) if match else None
