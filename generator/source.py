# SPDX-License-Identifier: MIT
"""Reads a .rules file into lines, each character with its place."""

import os
import stat
from dataclasses import dataclass

from .faults import Faults, Place, quote

FILE_BYTES_MAX = 1 << 20
LINE_BYTES_MAX = 4096

# Characters that make a reader see another order than the one in the file.
_BIDIRECTIONAL = set("\u200e\u200f\u061c") | {
    chr(code) for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))
}


@dataclass(frozen=True)
class Line:
    """A line with its continuations: its text, and for each character (and the end) a place."""

    text: str
    places: tuple[Place, ...]

    def place(self, index: int) -> Place:
        return self.places[min(index, len(self.places) - 1)]


def read_lines(file: str, faults: Faults) -> list[Line] | None:
    """The lines of a file; None if it could not be read as text at all."""
    data = _read_bytes(file, faults)
    if data is None:
        return None
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        line = before.count(b"\n") + 1
        column = len(before[before.rfind(b"\n") + 1 :].decode("utf-8")) + 1
        faults.add(
            Place(file, line, column),
            f"byte 0x{data[error.start]:02x} is not UTF-8: save the file as UTF-8",
        )
        return None
    if text.startswith("\ufeff"):
        faults.add(Place(file, 1, 1), "a byte order mark: save the file without it")
        return None
    physical = text.split("\n")
    if not _check_characters(file, physical, faults):
        return None
    return _join(file, physical, faults)


def _read_bytes(file: str, faults: Faults) -> bytes | None:
    start = Place(file, 1, 1)
    try:
        # O_NONBLOCK: opening a FIFO must not wait for a writer.
        descriptor = os.open(file, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        faults.add(start, f"cannot be read: {reason}")
        return None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        faults.add(start, "is not a regular file: give a file of rules")
        return None
    with os.fdopen(descriptor, "rb") as stream:
        try:
            data = stream.read(FILE_BYTES_MAX + 1)
        except OSError as error:
            faults.add(start, f"cannot be read: {error.strerror}")
            return None
    if len(data) > FILE_BYTES_MAX:
        faults.add(start, f"over {FILE_BYTES_MAX} bytes: split it into several rulesets")
        return None
    return data


def _check_characters(file: str, physical: list[str], faults: Faults) -> bool:
    before = len(faults)
    for number, text in enumerate(physical, 1):
        if len(text.encode("utf-8")) > LINE_BYTES_MAX:
            faults.add(
                Place(file, number, 1),
                f"a line over {LINE_BYTES_MAX} bytes: break it with '\\' at its end",
            )
        for column, character in enumerate(text, 1):
            if character == "\r":
                what = "a carriage return: end lines with a line feed alone"
            elif character == "\0":
                what = "a NUL byte: this is not a text file"
            elif character != "\t" and (ord(character) < 0x20 or 0x7F <= ord(character) < 0xA0):
                what = f"a control character {quote(character)}: remove it"
            elif character in _BIDIRECTIONAL:
                what = f"{quote(character)} changes the order in which a line is read: remove it"
            else:
                continue
            faults.add(Place(file, number, column), what)
            break
    return len(faults) == before


def _join(file: str, physical: list[str], faults: Faults) -> list[Line]:
    """Puts continued lines together, with one space at each joint; comment lines are left out."""
    lines = []
    number = 0
    while number < len(physical):
        text = physical[number].rstrip(" \t")
        number += 1
        if text.lstrip(" \t").startswith("#"):
            continue
        places = [Place(file, number, column) for column in range(1, len(text) + 2)]
        while text.endswith("\\"):
            if number == len(physical) or physical[number].strip(" \t") == "":
                faults.add(places[-2], "'\\' at the end of a line that nothing follows: remove it")
                text, places = text[:-1], [*places[:-2], places[-1]]
                break
            follower = physical[number].rstrip(" \t")
            number += 1
            head = text[:-1].rstrip(" \t")
            indent = len(follower) - len(follower.lstrip(" \t"))
            text = head + " " + follower[indent:]
            places = places[: len(head) + 1] + [
                Place(file, number, column) for column in range(indent + 1, len(follower) + 2)
            ]
        if text.strip(" \t"):
            lines.append(Line(text, tuple(places)))
    return lines
