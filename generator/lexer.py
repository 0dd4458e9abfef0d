# SPDX-License-Identifier: MIT
"""Splits a line into words, numbers, strings and signs."""

import re
from dataclasses import dataclass

from .faults import Place, SyntaxFault, quote
from .source import Line

_TOKEN = re.compile(
    r"""(?P<space>[ \t]+)
      | (?P<comment>\#.*)
      | (?P<string>"(?:[^"\\]|\\.)*")
      | (?P<number>-?[0-9][0-9A-Za-z_]*)
      | (?P<word>[A-Za-z_][A-Za-z0-9_]*)
      | (?P<sign>==|!=|<=|>=|\.\.|[<>&|~(){},.@$=])
    """,
    re.VERBOSE,
)

_ESCAPES = {"n": "\n", "t": "\t", "\\": "\\", '"': '"'}


@dataclass(frozen=True)
class Token:
    """A piece of a line. Kinds: word, number, string, sign, end."""

    kind: str
    text: str
    place: Place
    start: int  # in the line's text
    value: int = 0  # of a number

    def is_sign(self, *texts: str) -> bool:
        return self.kind == "sign" and self.text in texts

    def is_word(self, *texts: str) -> bool:
        return self.kind == "word" and self.text in texts

    def shown(self) -> str:
        return "the end of the line" if self.kind == "end" else quote(self.text)


def tokenize(line: Line, start: int) -> tuple[list[Token], str]:
    """The tokens from an index on, the last of kind "end", and the comment without its '#'."""
    tokens = []
    comment = ""
    index = start
    while index < len(line.text):
        match = _TOKEN.match(line.text, index)
        if match is None:
            character = line.text[index]
            if character == '"':
                raise SyntaxFault(line.place(index), "a string without its end: add '\"'")
            raise SyntaxFault(line.place(index), f"{quote(character)} has no meaning here")
        kind = str(match.lastgroup)
        text = match.group()
        if kind == "comment":
            comment = text[1:].strip(" \t")
            break
        if kind == "number":
            tokens.append(Token(kind, text, line.place(index), index, _number(line, index, text)))
        elif kind == "string":
            tokens.append(Token(kind, _string(line, index, text), line.place(index), index))
        elif kind != "space":
            tokens.append(Token(kind, text, line.place(index), index))
        index = match.end()
    tokens.append(Token("end", "", line.place(index), index))
    return tokens, comment


def _number(line: Line, index: int, text: str) -> int:
    digits = text.removeprefix("-")
    try:
        if digits[:2] in ("0x", "0X"):
            value = int(digits[2:], 16)
        elif len(digits) > 1 and digits[0] == "0":
            value = int(digits[1:], 8)
        else:
            value = int(digits, 10)
        if "_" in digits:
            raise ValueError
    except ValueError:
        raise SyntaxFault(
            line.place(index), f"{quote(text)} is no number: write 10, 0x0a or 012 (octal)"
        ) from None
    if value >= 1 << 64:
        raise SyntaxFault(line.place(index), f"{quote(text)} does not fit in 64 bits")
    return -value if text.startswith("-") else value


def _string(line: Line, index: int, text: str) -> str:
    parts = []
    position = 1
    while position < len(text) - 1:
        character = text[position]
        if character == "\\":
            position += 1
            if text[position] not in _ESCAPES:
                raise SyntaxFault(
                    line.place(index + position - 1),
                    f"{quote(chr(92) + text[position])} in a string: "
                    'only \\n, \\t, \\\\ and \\" are known',
                )
            character = _ESCAPES[text[position]]
        parts.append(character)
        position += 1
    return "".join(parts)
