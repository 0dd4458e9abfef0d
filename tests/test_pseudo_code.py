#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Pseudo code says what a filter does: it is run here, and compared with the filter.

STILE_SEED and STILE_ROUNDS repeat and lengthen a run.
"""

import ctypes
import operator
import os
import random
import re
import unittest

from stile_command import BUILD, is_sanitized

X86_64, X32, NO_ABI = 0, 2, 5  # NO_ABI: STILE_ABI_COUNT, no names
WORDS = {"nr": 0, "arch": 1, "ip.lo": 2, "ip.hi": 3,
         **{f"args[{i}].{half}": 4 + 2 * i + (half == "hi") for i in range(6)
            for half in ("lo", "hi")}}
ARCHITECTURES = {"x86_64": 0xC000003E, "i386": 0x40000003, "aarch64": 0xC00000B7,
                 "riscv64": 0xC00000F3}
ANSWERS = {"KILL_PROCESS": 0x80000000, "KILL_THREAD": 0, "TRAP": 0x30000, "ERRNO": 0x50000,
           "USER_NOTIF": 0x7FC00000, "TRACE": 0x7FF00000, "LOG": 0x7FFC0000, "ALLOW": 0x7FFF0000}
COMPARISONS = {"==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le,
               ">": operator.gt, ">=": operator.ge}
OPERATIONS = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.floordiv,
              "&": operator.and_, "|": operator.or_, "^": operator.xor,
              "<<": lambda a, b: a << b % 32, ">>": lambda a, b: a >> b % 32}
EDGES = [0, 1, 2, 3, 5, 31, 32, 0x40000000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF,
         *ARCHITECTURES.values()]


class _Instruction(ctypes.Structure):
    _fields_ = [("code", ctypes.c_uint16), ("jt", ctypes.c_uint8), ("jf", ctypes.c_uint8),
                ("k", ctypes.c_uint32)]


class Run:
    """One run of pseudo code for a call: 16 words."""

    def __init__(self, text, words, number_of=None):
        self.lines = text.splitlines()
        self.number_of = number_of  # of a syscall by name
        self.words = words
        self.registers = {"A": 0, "X": 0}

    def value(self, text):
        text = re.sub(r"^\((.*)\)$", r"\1", re.sub(r" /\*.*?\*/", "", text))
        for at in [match.start() for match in re.finditer(" & ", text)]:
            if text[:at].count("(") == text[:at].count(")"):
                return self.value(text[:at]) & self.value(text[at + 3:])
        if text in WORDS:
            return self.words[WORDS[text]]
        if text in ARCHITECTURES:
            return ARCHITECTURES[text]
        if text in self.registers:
            return self.registers[text]
        if self.number_of and not text[0].isdigit():
            return self.number_of(text)
        return int(text, 0)

    def end_of_block(self, at):
        indent = len(self.lines[at]) - len(self.lines[at].lstrip())
        while self.lines[at] != " " * indent + "}":
            at += 1
        return at

    def answer(self, text):
        name = re.fullmatch(r"(\w+)(?:\((\w+)\))?|#(0x\w+)", text)
        if text == "A":
            return self.registers["A"]
        if name[3]:
            return int(name[3], 16)
        data = name[2] or "0"
        if not data.isdigit():
            import errno  # pylint: disable=import-outside-toplevel
            data = getattr(errno, data)
        return ANSWERS[name[1]] | int(data)

    def go(self):
        at = 0
        for _ in range(100000):
            line = self.lines[at].strip()
            at += 1
            question = re.fullmatch(r"if \((.*) (==|!=|<=|>=|<|>) (.*)\) (\{|(?:return|goto) .*)",
                                    line)
            if question:
                if COMPARISONS[question[2]](self.value(question[1]), self.value(question[3])):
                    line = question[4]
                    if line == "{":
                        continue
                else:
                    if question[4] == "{":
                        at = self.end_of_block(at - 1) + 1
                    continue
            line = re.sub(r"  /\* .* \*/$", "", line)
            if line.startswith("return "):
                return self.answer(line[7:].rstrip(";"))
            if line.startswith("goto "):
                at = self.lines.index(line[5:].rstrip(";") + ":") + 1
                continue
            if line == "A = -A;":
                self.registers["A"] = -self.registers["A"] % 2 ** 32
                continue
            statement = re.fullmatch(r"(A|X|M\[\d+\]) (\S*)= (.*);", line)
            if not statement:
                if line and not re.fullmatch(r"L\d+:", line):
                    raise AssertionError(f"what is this: {line}")
                continue
            name, operation, value = statement[1], statement[2], self.value(statement[3])
            if operation:
                if operation == "/" and value == 0:
                    return 0
                value = OPERATIONS[operation](self.registers[name], value) % 2 ** 32
            self.registers[name] = value
        raise AssertionError("no end")


@unittest.skipIf(is_sanitized(), "python cannot load a library with sanitizers")
class PseudoCode(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.library = ctypes.CDLL(f"{BUILD}/libstile.so")
        cls.library.stile_pseudo_code.restype = ctypes.c_void_p
        cls.library.stile_syscall_number.restype = ctypes.c_long
        cls.libc = ctypes.CDLL(None)

    def pseudo_code(self, program, abi=NO_ABI):
        address = self.library.stile_pseudo_code(program, ctypes.c_size_t(len(program)), abi)
        if not address:
            return None
        text = ctypes.string_at(address).decode()
        self.libc.free(ctypes.c_void_p(address))
        return text

    def simulate(self, program, words):
        answer = ctypes.c_uint32()
        data = (ctypes.c_uint32 * 16)(*words)
        self.assertEqual(self.library.stile_simulate(program, ctypes.c_size_t(len(program)), data,
                                                     ctypes.byref(answer)), 0)
        return answer.value

    def draw(self, r, only_words):
        """A program that the kernel takes: jumps, loads, and arithmetic unless only_words."""
        body = r.randrange(1, 40)
        drawn = []
        for left in range(body, 0, -1):
            k = r.choice(EDGES) if r.random() < 0.8 else r.randrange(2 ** 32)
            kind = r.random()
            if kind < 0.35 or (only_words and kind < 0.4):
                drawn.append((0x20, 0, 0, 4 * r.randrange(16)))
            elif kind < 0.75:
                drawn.append((r.choice([0x15, 0x25, 0x35, 0x45]) + 8 * (
                    not only_words and r.random() < 0.2), r.randrange(min(left, 8)),
                              r.randrange(min(left, 8)), k))
            elif kind < 0.8:
                drawn.append((0x05, 0, 0, r.randrange(min(left, 4))))
            elif kind < 0.85:
                drawn.append((0x06, 0, 0, r.choice([0x7FFF0000, 0x50001, 0x30000, 7, k])))
            elif only_words:
                drawn.append((0x54, 0, 0, k))
            else:
                code = r.choice([0x00, 0x01, 0x80, 0x07, 0x87, 0x02, 0x03, 0x84] +
                                [0x04 + 16 * i + j for i in (0, 1, 2, 3, 4, 5, 6, 7, 10)
                                 for j in (0, 8)])
                if code in (0x02, 0x03):
                    k %= 16
                if code in (0x64, 0x74):
                    k %= 32
                drawn.append((code, 0, 0, k or 1))
        drawn.append((0x06, 0, 0, 0x7FFF0000) if only_words else (0x16, 0, 0, 0))
        return (_Instruction * len(drawn))(*drawn)

    def check(self, only_words):
        seed = int(os.environ.get("STILE_SEED", "1"))
        compared = explicit = 0
        for this in range(seed, seed + int(os.environ.get("STILE_ROUNDS", "400"))):
            r = random.Random(this)
            program = self.draw(r, only_words)
            text = self.pseudo_code(program)
            self.assertIsNotNone(text, f"STILE_SEED={this}")
            explicit += " = " in text
            self.assertLessEqual(len(text.splitlines()), 8 * len(program))
            for _ in range(20):
                words = [r.choice(EDGES) if r.random() < 0.9 else r.randrange(2 ** 32)
                         for _ in range(16)]
                compared += 1
                self.assertEqual(Run(text, words).go(), self.simulate(program, words),
                                 f"STILE_SEED={this}\n{text}\n{words}")
        self.assertGreater(compared, 0)
        return explicit

    def test_questions_on_words(self):
        self.check(True)

    def test_any_instruction(self):
        self.assertGreater(self.check(False), 0)

    def number_of(self, name):
        """The number of "openat" on x86_64, or of "x32:openat"."""
        abi, name = (X32, name[4:]) if name.startswith("x32:") else (X86_64, name)
        number = self.library.stile_syscall_number(abi, name.encode())
        self.assertNotEqual(number, -1, name)
        return number

    def draw_dispatch(self, r):
        """A program that asks for architecture and number."""
        numbers = [0, 1, 2, 56, 57, 257, 295, 334, 1000, 0x40000000, 0x40000101, 0x80000000,
                   *ARCHITECTURES.values()]
        drawn = [(0x20, 0, 0, 0)]
        for left in range(r.randrange(1, 60), 0, -1):
            kind = r.random()
            if kind < 0.2:
                drawn.append((0x20, 0, 0, r.choice([0, 4])))
            elif kind < 0.25:
                drawn.append((0x54, 0, 0, r.choice([0x40000000, 0xBFFFFFFF, 0xFF])))
            elif kind < 0.9:
                drawn.append((r.choice([0x15, 0x15, 0x25, 0x35, 0x45]), r.randrange(min(left, 12)),
                              r.randrange(min(left, 12)), r.choice(numbers)))
            else:
                drawn.append((0x06, 0, 0, 0x50000 | left))
        drawn.append((0x06, 0, 0, 0x7FFF0000))
        return (_Instruction * len(drawn))(*drawn)

    def test_names_of_calls(self):
        """A name stands for the number that it has on the architecture of the call."""
        seed = int(os.environ.get("STILE_SEED", "1"))
        named = 0
        for this in range(seed, seed + int(os.environ.get("STILE_ROUNDS", "400"))):
            r = random.Random(this)
            program = self.draw_dispatch(r)
            text = self.pseudo_code(program, X86_64)
            named += bool(re.search(r"nr == \w*[a-z]{4}", text))
            for number in (0, 1, 2, 3, 56, 57, 58, 256, 257, 295, 334, 1000, 0x3FFFFFFF,
                           0x40000000, 0x40000101, 0x80000000, 0xFFFFFFFF):
                words = [number, ARCHITECTURES["x86_64"]] + [0] * 14
                self.assertEqual(Run(text, words, self.number_of).go(),
                                 self.simulate(program, words), f"STILE_SEED={this}\n{text}")
        self.assertGreater(named, 0)

    def test_a_program_that_the_kernel_refuses(self):
        self.assertIsNone(self.pseudo_code((_Instruction * 1)((0x20, 0, 0, 0))))

    def test_shared_parts_are_written_once(self):
        """Of jumps that cross, code without labels would double with every pair."""
        program = []
        for i in range(1000):
            program += [(0x20, 0, 0, 16 + 4 * (i % 12)), (0x15, 0, 1, i), (0x15, 0, 0, 0),
                        (0x15, 1, 0, i + 1)]
        program += [(0x06, 0, 0, 0x7FFF0000), (0x06, 0, 0, 0x50001)]
        text = self.pseudo_code((_Instruction * len(program))(*program))
        self.assertLess(len(text.splitlines()), 3 * len(program))

    def test_depth(self):
        """A chain as long as can be is no staircase, whichever way it goes on."""
        for jt, jf in (0, 1), (1, 0):
            program = []
            for i in range(2047):
                program += [(0x15, jt, jf, i + 1), (0x06, 0, 0, 0x50000 | i % 4096)]
            program = [(0x20, 0, 0, 16), *program, (0x06, 0, 0, 0x7FFF0000)]
            text = self.pseudo_code((_Instruction * len(program))(*program))
            deepest = max(len(line) - len(line.lstrip()) for line in text.splitlines())
            self.assertLessEqual(deepest, 4 * 14)
            self.assertLess(len(text.splitlines()), 3 * len(program))


if __name__ == "__main__":
    unittest.main()
