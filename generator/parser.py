# SPDX-License-Identifier: MIT
"""Reads a .rules file into its ruleset: everything that can be said without the tables."""

import os
import re
from collections.abc import Callable

from .faults import Faults, Place, SyntaxFault, advice, quote
from .source import Line, read_lines
from .syntax import Allow, Grant, GrantParameter, Include, Name, Number, Pointer, Ruleset, Test
from .syntax import Expression
from .tokens import TokenReader

BASIC = "basic"  # the ruleset whose grants need no tests: it is always in

NAME_LENGTH_MAX = 48
_NAME = re.compile(r"[a-z][a-z0-9_]*")

# Words that cannot name a C parameter beside `struct stile *s`.
_C_WORDS = frozenset(
    """s auto bool break case char const continue default do double else enum extern false float
    for goto if inline int long nullptr register restrict return short signed sizeof static struct
    switch true typedef typeof union unsigned void volatile while asm class delete explicit export
    friend mutable namespace new operator private protected public template this throw try typename
    using virtual catch and or not xor""".split()
)


def parse_file(file: str, faults: Faults) -> Ruleset | None:
    """The ruleset of a file. None: there is none that could be looked at further."""
    lines = read_lines(file, faults)
    if lines is None:
        return None
    return _Parser(file, faults).parse(lines)


class _Parser:
    def __init__(self, file: str, faults: Faults) -> None:
        self.file = file
        self.faults = faults
        self.ruleset: Ruleset | None = None
        self.grant: Grant | None = None
        self.complained_of_start = False
        self.handlers: dict[str, Callable[[Line, int, Place], None]] = {
            "ruleset": self._ruleset,
            "summary": self._summary,
            "note": self._note,
            "grant": self._grant,
            "param": self._param,
            "allow": self._allow,
            "include": self._include,
            "test": self._test,
        }

    def parse(self, lines: list[Line]) -> Ruleset | None:
        for line in lines:
            try:
                self._line(line)
            except SyntaxFault as error:
                self.faults.add_fault(error.fault)
                if self.grant is not None:
                    self.grant.broken = True
        if self.ruleset is None:
            if not lines:
                self.faults.add(
                    Place(self.file, 1, 1), "an empty file: start it with 'ruleset NAME'"
                )
            return None
        if self.ruleset.is_named and not self.ruleset.summary:
            self.faults.add(
                self.ruleset.place,
                f"ruleset {quote(self.ruleset.name)} has no summary: add 'summary TEXT' after it",
            )
        if self.ruleset.is_named and not self.ruleset.grants and self.grant is None:
            self.faults.add(
                self.ruleset.place,
                f"ruleset {quote(self.ruleset.name)} has no grants: add 'grant NAME'",
            )
        for grant in self.ruleset.grants:
            self._complete(grant)
        return self.ruleset

    def _line(self, line: Line) -> None:
        match = re.match(r"[ \t]*([^ \t]+)[ \t]*", line.text)
        assert match is not None  # lines are never blank
        word, place = match.group(1), line.place(match.start(1))
        handler = self.handlers.get(word)
        if handler is None:
            otherwise = "lines start with " + ", ".join(self.handlers)
            raise SyntaxFault(
                place, f"unknown line word {quote(word)}: {advice(word, self.handlers, otherwise)}"
            )
        if self.ruleset is None and word != "ruleset":
            if not self.complained_of_start:
                self.complained_of_start = True
                raise SyntaxFault(
                    place, f"{quote(word)} before any ruleset: start the file with 'ruleset NAME'"
                )
            return
        handler(line, match.end(), place)

    def _complete(self, grant: Grant) -> None:
        shown = f"grant {quote(grant.name)}"
        if not grant.summary and not grant.broken:
            self.faults.add(grant.place, f"{shown} has no summary: add 'summary TEXT' to it")
        if not grant.lines and not grant.broken:
            self.faults.add(
                grant.place, f"{shown} allows nothing: add an 'allow' or 'include' line"
            )
        if grant.danger and not grant.notes:
            self.faults.add(
                grant.place, f"{shown} is a danger: add a 'note' that says what it opens"
            )
        assert self.ruleset is not None
        if self.ruleset.name == BASIC or grant.broken or not grant.lines:
            return
        for runs, word in (True, "runs"), (False, "refused"):
            if not any(test.runs == runs for test in grant.tests):
                self.faults.add(
                    grant.place,
                    f"{shown} has no test that is {word}: add 'test CALL(VALUES) {word}'"
                    if word == "refused"
                    else f"{shown} has no test that runs: add 'test CALL(VALUES) runs'",
                )

    def _new_name(self, line: Line, index: int, what: str) -> Name:
        """The one name that follows, checked for its letters."""
        match = re.compile(r"([^ \t#]*)[ \t]*(#.*)?").match(line.text, index)
        assert match is not None
        text, place = match.group(1), line.place(index)
        if not text:
            raise SyntaxFault(place, f"{what} without a name: write its name after the word")
        if match.end() != len(line.text):
            raise SyntaxFault(
                line.place(match.end()),
                f"{quote(line.text[match.end():].split()[0])} is too much here: "
                f"{what} has one name",
            )
        self._check_name(text, place)
        return Name(text, place)

    def _check_name(self, text: str, place: Place) -> None:
        if not _NAME.fullmatch(text):
            raise SyntaxFault(
                place,
                f"{quote(text)} is no name: use lower case letters, digits and '_', "
                "a letter first",
            )
        if len(text) > NAME_LENGTH_MAX:
            raise SyntaxFault(
                place, f"the name {quote(text)} is over {NAME_LENGTH_MAX} letters: shorten it"
            )

    def _ruleset(self, line: Line, index: int, place: Place) -> None:
        if self.ruleset is not None:
            raise SyntaxFault(
                place,
                f"a second ruleset, after {quote(self.ruleset.name)}: "
                "one ruleset a file, start another file",
            )
        try:
            name = self._new_name(line, index, "a ruleset")
        except SyntaxFault as error:
            # The lines that follow are looked at nevertheless.
            self.faults.add_fault(error.fault)
            self.ruleset = Ruleset("", self.file, place, is_named=False)
            return
        stem = os.path.basename(self.file).removesuffix(".rules")
        if stem != name.text:
            self.faults.add(
                name.place,
                f"ruleset {quote(name.text)} in the file {quote(os.path.basename(self.file))}: "
                f"call the file {quote(name.text + '.rules')}",
            )
        self.ruleset = Ruleset(name.text, self.file, name.place)

    def _text(self, line: Line, index: int, word: str) -> str:
        text = line.text[index:].strip(" \t")
        if not text:
            raise SyntaxFault(
                line.place(index), f"{quote(word)} without a text: write one after it"
            )
        return " ".join(text.split())

    def _summary(self, line: Line, index: int, place: Place) -> None:
        text = self._text(line, index, "summary")
        holder = self.grant or self.ruleset
        assert holder is not None
        if holder.summary:
            raise SyntaxFault(
                place, f"a second summary of {quote(holder.name)}: use 'note' for further text"
            )
        holder.summary = text

    def _note(self, line: Line, index: int, place: Place) -> None:
        holder = self.grant or self.ruleset
        assert holder is not None
        holder.notes.append(self._text(line, index, "note"))

    def _grant(self, line: Line, index: int, place: Place) -> None:
        assert self.ruleset is not None
        try:
            name = self._new_name(line, index, "a grant")
        except SyntaxFault as error:
            # The lines that follow still belong to a grant, one that nothing else can name.
            self.faults.add_fault(error.fault)
            self.grant = Grant("", place)
            return
        for other in self.ruleset.grants:
            if other.name == name.text:
                self.faults.add(
                    name.place,
                    f"a second grant {quote(name.text)}, the first is in line "
                    f"{other.place.line}: rename one",
                )
                self.grant = Grant("", name.place)
                return
        self.grant = Grant(name.text, name.place)
        self.ruleset.grants.append(self.grant)

    def _in_grant(self, word: str, place: Place) -> Grant:
        if self.grant is None:
            raise SyntaxFault(place, f"{quote(word)} outside a grant: write 'grant NAME' before it")
        return self.grant

    def _param(self, line: Line, index: int, place: Place) -> None:
        grant = self._in_grant("param", place)
        reader = TokenReader(line, index)
        name = reader.name("a parameter's name")
        self._check_name(name.text, name.place)
        if name.text in _C_WORDS:
            raise SyntaxFault(
                name.place,
                f"a parameter cannot be called {quote(name.text)}: it becomes a C parameter "
                "beside 's'",
            )
        if not reader.next.is_word("int"):
            raise reader.fail(
                f"{reader.next.shown()} where 'int' is needed: write NAME int LOW..HIGH"
            )
        reader.take()
        range_place = reader.next.place
        lowest = self._int(reader, "the lowest value")
        reader.take_sign("..", "in LOW..HIGH")
        highest = self._int(reader, "the highest value")
        reader.end("a parameter is NAME int LOW..HIGH")
        if lowest.value > highest.value:
            raise SyntaxFault(
                range_place, f"the range {lowest.text}..{highest.text} is empty: exchange its ends"
            )
        if any(other.name == name.text for other in grant.parameters):
            raise SyntaxFault(name.place, f"a second parameter {quote(name.text)}: rename one")
        grant.parameters.append(
            GrantParameter(name.text, lowest.value, highest.value, name.place, range_place)
        )

    def _int(self, reader: TokenReader, what: str) -> Number:
        token = reader.next
        if token.kind != "number":
            raise reader.fail(f"{token.shown()} where {what} is needed: write a number")
        if not -(1 << 31) <= token.value < 1 << 31:
            raise reader.fail(f"{quote(token.text)} is no C int: -2147483648 to 2147483647")
        reader.take()
        return Number(token.value, token.text, token.place)

    def _allow(self, line: Line, index: int, place: Place) -> None:
        grant = self._in_grant("allow", place)
        reader = TokenReader(line, index)
        calls = reader.calls()
        conditions = reader.conditions()
        source = reader.text_between(0, reader.next.start)
        grant.lines.append(Allow(calls, conditions, reader.comment, source, place))

    def _include(self, line: Line, index: int, place: Place) -> None:
        grant = self._in_grant("include", place)
        reader = TokenReader(line, index)
        ruleset = reader.name("a ruleset's name")
        reader.take_sign(".", "in RULESET.GRANT")
        name = reader.name("a grant's name")
        values: list[Expression] = []
        if reader.next.is_sign("("):
            reader.take()
            while not reader.next.is_sign(")"):
                values.append(reader.expression())
                if not reader.next.is_sign(")"):
                    reader.take_sign(",", "or ')' after a value")
            reader.take()
        reader.end("'include' names one grant: RULESET.GRANT or RULESET.GRANT(VALUES)")
        source = reader.text_between(0, reader.next.start)
        grant.lines.append(Include(ruleset, name, tuple(values), reader.comment, source, place))

    def _test(self, line: Line, index: int, place: Place) -> None:
        grant = self._in_grant("test", place)
        reader = TokenReader(line, index)
        start = reader.next.start
        if reader.next.is_sign("@"):
            raise reader.fail("a test makes one call: name a syscall, not a family")
        call = reader.name("a syscall's name")
        reader.take_sign("(", "before a call's values")
        values: list[Expression | Pointer] = []
        while not reader.next.is_sign(")"):
            values.append(reader.test_value())
            if not reader.next.is_sign(")"):
                reader.take_sign(",", "or ')' after a value")
        reader.take()
        text = reader.text_between(start, reader.next.start)
        verdict = reader.next
        if not verdict.is_word("runs", "refused"):
            raise reader.fail(
                f"{verdict.shown()} where the outcome is needed: write 'runs' or 'refused'"
            )
        reader.take()
        parameters: list[tuple[Name, Number]] = []
        if reader.next.is_word("with"):
            reader.take()
            parameters.append(self._assignment(reader))
            while reader.next.is_sign(",") or (
                reader.next.kind == "word" and not reader.next.is_word("sim")
            ):
                if reader.next.is_sign(","):
                    reader.take()
                parameters.append(self._assignment(reader))
        sim_only = reader.next.is_word("sim")
        if sim_only:
            reader.take()
        reader.end("a test ends with 'runs' or 'refused', 'with NAME=VALUE', 'sim'")
        grant.tests.append(
            Test(
                call,
                tuple(values),
                verdict.text == "runs",
                tuple(parameters),
                sim_only,
                text,
                place,
                verdict.place,
            )
        )

    def _assignment(self, reader: TokenReader) -> tuple[Name, Number]:
        name = reader.name("a parameter's name")
        reader.take_sign("=", "in NAME=VALUE")
        return name, self._int(reader, "the parameter's value")
