# SPDX-License-Identifier: MIT
"""Pieces of C: string literals, numbers, comments."""

import re
import textwrap
from collections.abc import Iterable

from .rule import ABIS

LICENCE = "/* SPDX-License-Identifier: MIT */\n"
WIDTH = 96


def written_by(source: str) -> str:
    return f"/* Written by the generator from {source}: change that, not this. */\n"


def string(text: str) -> str:
    """A string literal; everything that is not plain ASCII is escaped."""
    parts = []
    for byte in text.encode("utf-8"):
        character = chr(byte)
        if character in '"\\?':  # '?': no trigraphs
            parts.append("\\" + character)
        elif character == "\n":
            parts.append("\\n")
        elif 0x20 <= byte < 0x7F:
            parts.append(character)
        else:
            parts.append(f"\\{byte:03o}")
    return '"' + "".join(parts) + '"'


def string_or_null(text: str | None) -> str:
    return string(text) if text else "NULL"


def comment(paragraphs: Iterable[str]) -> str:
    """A block comment; what would end it early is taken apart."""
    lines = ["/*"]
    for paragraph in paragraphs:
        safe = paragraph.replace("*/", "* /").replace("/*", "/ *")
        lines += [" * " + line for line in textwrap.wrap(safe, WIDTH, break_on_hyphens=False)]
    return "\n".join([*lines, " */"]) + "\n"


def tabs(text: str) -> str:
    """The text indented by tabs of eight instead of blanks."""
    return re.sub(r"^(?: {8})+", lambda match: "\t" * (len(match[0]) // 8), text, flags=re.M)


def word(value: int) -> str:
    """A uint64_t constant."""
    value &= (1 << 64) - 1
    return str(value) if value < 10 else f"UINT64_C(0x{value:x})"


def abi_constant(abi: str) -> str:
    return "STILE_ABI_" + abi.upper()


def abi_bits(abis: Iterable[str]) -> int:
    return sum(1 << ABIS.index(abi) for abi in set(abis))


def array(declaration: str, rows: Iterable[str], filler: str = "{ 0 }") -> str:
    """A definition of an array, never empty: C has no arrays without elements."""
    lines = [f"\t{row}," for row in rows] or [f"\t{filler},"]
    return "\n".join([f"{declaration} = {{", *lines, "};"]) + "\n"
