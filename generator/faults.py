# SPDX-License-Identifier: MIT
"""Faults of input files: where they are, how they are worded, how many are printed."""

import difflib
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

FAULTS_PRINTED = 20  # of one file


@dataclass(frozen=True, order=True)
class Place:
    """A character of a file; line and column count from 1."""

    file: str
    line: int
    column: int


@dataclass(frozen=True, order=True)
class Fault:
    """What is wrong at a place, and what to do about it."""

    place: Place
    text: str

    def __str__(self) -> str:
        return f"{escape(self.place.file)}:{self.place.line}:{self.place.column}: {self.text}"


class SyntaxFault(Exception):
    """Ends the reading of one line; carries its fault."""

    def __init__(self, place: Place, text: str) -> None:
        super().__init__(text)
        self.fault = Fault(place, text)


class Faults:
    """All faults of a run, in the order of their places; each is kept once."""

    def __init__(self) -> None:
        self._faults: dict[Fault, None] = {}

    def add(self, place: Place, text: str) -> None:
        self._faults[Fault(place, text)] = None

    def add_fault(self, fault: Fault) -> None:
        self._faults[fault] = None

    def __len__(self) -> int:
        return len(self._faults)

    def of_file(self, file: str) -> list[Fault]:
        return sorted(fault for fault in self._faults if fault.place.file == file)

    def lines(self) -> list[str]:
        """What is printed: the first faults of each file, and how many more it has."""
        files = dict.fromkeys(fault.place.file for fault in self._faults)
        lines = []
        for file in files:
            faults = self.of_file(file)
            lines += [str(fault) for fault in faults[:FAULTS_PRINTED]]
            if len(faults) > FAULTS_PRINTED:
                lines.append(f"{escape(file)}: {len(faults) - FAULTS_PRINTED} more faults")
        return lines


def escape(text: str) -> str:
    """The text with all that could harm a terminal or mislead a reader as \\-escapes."""
    return "".join(_escaped(character) for character in text)


def _escaped(character: str) -> str:
    if character == "\\":
        return "\\\\"
    if character == " " or unicodedata.category(character)[0] not in "CZ":
        return character
    code = ord(character)
    if code < 0x80:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def quote(word: str, longest: int = 60) -> str:
    """A word of an input file for a message: in quotes, harmless, not too long."""
    shown = word if len(word) <= longest else word[:longest] + "…"
    return f"'{escape(shown)}'"


def advice(word: str, known: Iterable[str], otherwise: str, mark: str = "") -> str:
    """ "did you mean 'openat'?" if a known word is near, else what to do."""
    near = difflib.get_close_matches(word, sorted(known), n=1, cutoff=0.7)
    return f"did you mean {quote(mark + near[0])}?" if near else otherwise
