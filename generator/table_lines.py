# SPDX-License-Identifier: MIT
"""The lines of a table in generator/data, and what is wrong with one."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


class TableError(Exception):
    """A mistake in a table, at a place."""

    def __init__(self, file: str | os.PathLike[str], line: int, column: int, text: str) -> None:
        super().__init__(f"{os.fspath(file)}:{line}:{column}: {text}")
        self.file = os.fspath(file)
        self.line = line
        self.column = column
        self.text = text


@dataclass(frozen=True)
class TableLine:
    """A line that says something."""

    file: Path
    number: int
    text: str  # without the comment
    comment: str

    def words(self) -> list[tuple[str, int]]:
        """The words, each with its column."""
        return [(match[0], match.start() + 1) for match in re.finditer(r"\S+", self.text)]

    def error(self, text: str, column: int = 1) -> TableError:
        return TableError(self.file, self.number, column, text)


def read_table(path: Path) -> Iterator[TableLine]:
    """The lines of a table; those that are empty or comments only are left out."""
    for number, raw in enumerate(path.read_text(encoding="utf-8").split("\n"), 1):
        text, _, comment = raw.partition("#")
        if text.strip():
            yield TableLine(path, number, text.rstrip(), comment.strip())


def integer(text: str) -> int | None:
    """A number as C writes it (10, -1, 0x1f, 017); None if it is none."""
    if re.fullmatch(r"-?0[0-7]+", text):
        return int(text, 8)
    if re.fullmatch(r"-?(0x[0-9a-fA-F]+|0|[1-9][0-9]*)", text):
        return int(text, 0)
    return None
