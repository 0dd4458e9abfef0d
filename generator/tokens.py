# SPDX-License-Identifier: MIT
"""Reads calls, conditions and values from the tokens of a line."""

from .faults import SyntaxFault, quote
from .lexer import Token, tokenize
from .source import Line
from .syntax import (
    Call,
    Complement,
    Condition,
    Constant,
    Expression,
    Name,
    Number,
    Parameter,
    Pointer,
    Union,
)

_COMPARISONS = ("==", "<", "<=", ">", ">=")
_NESTING_MAX = 16
_VALUES_MAX = 1024  # of one list
_POINTER_WORDS = {"NULL": "NULL", "buffer": "buffer", "bad": "bad"}


class TokenReader:
    """The tokens of a line from an index on; each method reads one construct or raises."""

    def __init__(self, line: Line, start: int) -> None:
        self.line = line
        self.tokens, self.comment = tokenize(line, start)
        self._index = 0

    @property
    def next(self) -> Token:
        return self.tokens[self._index]

    def take(self) -> Token:
        token = self.next
        if token.kind != "end":
            self._index += 1
        return token

    def fail(self, text: str) -> SyntaxFault:
        return SyntaxFault(self.next.place, text)

    def take_sign(self, sign: str, what: str) -> Token:
        if not self.next.is_sign(sign):
            raise self.fail(f"{self.next.shown()} where {quote(sign)} is needed {what}")
        return self.take()

    def name(self, what: str) -> Name:
        if self.next.kind != "word":
            raise self.fail(f"{self.next.shown()} where {what} is needed")
        token = self.take()
        return Name(token.text, token.place)

    def end(self, expected: str) -> None:
        if self.next.kind != "end":
            raise self.fail(f"{self.next.shown()} is too much here: {expected}")

    def text_between(self, start: int, end: int) -> str:
        """The line as written between two indices."""
        return self.line.text[start:end].strip(" \t")

    def calls(self) -> tuple[Call, ...]:
        if self.next.kind == "end":
            raise self.fail("'allow' names no call: write 'allow read, @open'")
        calls = [self._call()]
        while self.next.is_sign(","):
            self.take()
            calls.append(self._call())
        return tuple(calls)

    def _call(self) -> Call:
        place = self.next.place
        is_family = self.next.is_sign("@")
        if is_family:
            self.take()
        name = self.name("a family's name" if is_family else "a syscall or an @family")
        return Call(name.text, is_family, place)

    def conditions(self) -> tuple[Condition, ...]:
        """[if CONDITION [and CONDITION]…] up to the end of the line."""
        if self.next.kind == "end":
            return ()
        if not self.next.is_word("if"):
            raise self.fail(
                f"{self.next.shown()} is too much here: calls are separated by ',', "
                "conditions start with 'if'"
            )
        self.take()
        conditions = [self._condition()]
        while self.next.is_word("and"):
            self.take()
            conditions.append(self._condition())
        if self.next.is_word("or"):
            raise self.fail("'or' is not known: write a second 'allow' line, or 'in {A, B}'")
        if self.next.is_sign("|", "&"):
            raise self.fail(
                f"{self.next.shown()} is too much here: put the operands in parentheses"
            )
        self.end("the next condition starts with 'and'")
        return tuple(conditions)

    def _condition(self) -> Condition:
        argument = self.name("an argument's name")
        mask = None
        if self.next.is_sign("&"):
            self.take()
            mask = self._primary()
            if self.next.is_sign("|"):
                raise self.fail("the mask has several parts: put it in parentheses")
        operator = self.next
        if operator.is_sign("!="):
            raise self.fail("'!=' cannot be used: say which values are allowed")
        if operator.is_sign("="):
            raise self.fail("'=' compares nothing: write '=='")
        if operator.is_word("in"):
            self.take()
            values = self._value_list()
            return Condition(argument, "==", operator.place, mask, values, False)
        if not operator.is_sign(*_COMPARISONS):
            raise self.fail(
                f"{operator.shown()} where a comparison is needed: "
                "write ==, <, <=, >, >=, in {…} or & MASK =="
            )
        self.take()
        if mask is not None and operator.text != "==":
            raise SyntaxFault(
                operator.place, f"{quote(operator.text)} under a mask: only '==' can be asked there"
            )
        if self.next.is_word("NULL"):
            if operator.text != "==" or mask is not None:
                raise self.fail("NULL can only be compared with '==', without a mask")
            self.take()
            return Condition(argument, "==", operator.place, None, (), True)
        value = self.expression()
        return Condition(argument, operator.text, operator.place, mask, (value,), False)

    def _value_list(self) -> tuple[Expression, ...]:
        self.take_sign("{", "to start the list of values")
        if self.next.is_sign("}"):
            raise self.fail("an empty list: no value is in it")
        values = [self.expression()]
        while self.next.is_sign(","):
            self.take()
            if len(values) == _VALUES_MAX:
                raise self.fail(f"over {_VALUES_MAX} values: use ranges or masks")
            values.append(self.expression())
        self.take_sign("}", "to end the list of values")
        return tuple(values)

    def expression(self, depth: int = 0) -> Expression:
        """A|B|C"""
        place = self.next.place
        parts = [self._primary(depth)]
        while self.next.is_sign("|"):
            self.take()
            parts.append(self._primary(depth))
        return parts[0] if len(parts) == 1 else Union(tuple(parts), place)

    def _primary(self, depth: int = 0) -> Expression:
        token = self.next
        if depth > _NESTING_MAX:
            raise self.fail("too deeply nested: leave out parentheses and '~'")
        if token.is_sign("~"):
            self.take()
            return Complement(self._primary(depth + 1), token.place)
        if token.is_sign("("):
            self.take()
            inner = self.expression(depth + 1)
            if not self.next.is_sign(")"):
                raise SyntaxFault(
                    token.place,
                    f"'(' without its ')': {self.next.shown()} stands where ')' is needed",
                )
            self.take()
            return inner
        if token.is_sign("$"):
            self.take()
            name = self.name("a parameter's name")
            return Parameter(name.text, token.place)
        if token.kind == "number":
            self.take()
            return Number(token.value, token.text, token.place)
        if token.is_word("NULL"):
            raise self.fail("NULL can only stand alone after '=='")
        if token.kind == "word":
            self.take()
            return Constant(token.text, token.place)
        raise self.fail(
            f"{token.shown()} where a value is needed: "
            "write a number, a constant, $parameter, or these joined by '|'"
        )

    def test_value(self) -> Expression | Pointer:
        token = self.next
        if token.kind == "string":
            self.take()
            return Pointer("string", token.text, token.place)
        if token.is_word(*_POINTER_WORDS):
            self.take()
            return Pointer(_POINTER_WORDS[token.text], "", token.place)
        return self.expression()
