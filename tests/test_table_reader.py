#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Mistakes in the tables of generator/data are told with their place."""

import sys
import tempfile
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from generator import tables  # noqa: E402


class Mistakes(unittest.TestCase):
    """Each table's reader names the place of a mistake."""

    MISTAKES = (
        (tables.read_syscalls, "read 1.0 fd:uint\nopen 1.0 path:ptr\n", "2:1: open after read"),
        (tables.read_syscalls, "read 1.0\nread 1.0\n", "2:1: read stands twice, first in line 1"),
        (tables.read_syscalls, "# why\nread 1.0 fd:word\n", "2:10: unknown type 'word'"),
        (tables.read_syscalls, "read 1.0 fd:ulong@32\n", "1:10: @32 without a reason"),
        (tables.read_syscalls, "read 1.0 fd:uint@32  # why\n", "1:10: @32: 16 or 32, fewer"),
        (tables.read_syscalls, "read 1.0 fd:int fd:int\n", "1:17: two arguments are named 'fd'"),
        (tables.read_syscalls, "read one fd:int\n", "1:6: 'one' is no kernel version"),
        (tables.read_syscalls, "read 1.0\nread@mips - fd:int\n", "2:6: unknown ABI 'mips'"),
        (tables.read_syscalls, "read 1.0\nread@i386 -\n", "2:1: read@i386 says the same"),
        (tables.read_numbers, "5 open mips\n", "1:8: unknown ABI 'mips'"),
        (tables.read_constants, "AF_UNIX 1\n", "1:1: a constant before the first group"),
        (tables.read_constants, "group AF enum\nAF_UNIX 08\n", "2:9: '08' is no number"),
        (tables.read_constants, "group AF enum\nA 1\nA 2\n", "3:1: A stands twice"),
        (tables.read_constants, "group AF enum\nA 1 x32=1\n", "2:5: 'x32=1' is as on the other"),
        (tables.read_constants, "group A enum like B\nC 1\n", "1:1: like B: there is no such"),
        (tables.read_constants, "group A enum B\nC 1\n", "1:14: unknown flag 'B'"),
        (tables.read_families, "family a\nopen dirfd = 1\n", "2:6: 'dirfd = 1' is not"),
        (tables.read_families, "family a\nopen\nopen\n", "3:1: open is in family a twice"),
        (tables.read_families, "family a\nopen a := 1, hidden a\n", "2:14: 'a' is said twice"),
        (tables.read_multiplexers, "multiplexer a\n", "1:1: not multiplexer SYSCALL ARGUMENT"),
        (tables.read_multiplexers, "A open\n", "1:1: a call before the first multiplexer"),
        (tables.read_multiplexers, "multiplexer a b\nA\n", "2:1: not CONSTANT SYSCALL"),
        (tables.read_multiplexers, "multiplexer a b\nA c\nA d\n", "3:1: A of a stands twice"),
    )

    def test_places(self):
        with tempfile.TemporaryDirectory() as folder:
            table = Path(folder) / "table.txt"
            for read, text, expected in self.MISTAKES:
                table.write_text(text)
                with self.subTest(text), self.assertRaises(tables.TableError) as raised:
                    read(table)
                self.assertTrue(str(raised.exception).startswith(f"{table}:{expected}"),
                                f"{raised.exception}\nexpected {expected}")

    def test_names_of_other_tables(self):
        for table, text, expected in (
            ("families.txt", "family a\nfrobnicate\n", "2:1: family a: frobnicate: unknown"),
            ("families.txt", "family a\nopen x -> y\n", "2:1: family a: open: it has no argument"),
            ("families.txt", "family a\nopen flags := 0\n", "2:1: family a: open: it has an arg"),
            ("families.txt", "family a\nopen x := O_X\n", "2:1: family a: open: unknown constant"),
            ("numbers.txt", "900 frobnicate\n", "1:1: unknown syscall 'frobnicate'"),
            ("multiplexers.txt", "multiplexer ipc call\nSEMOP frobnicate\n",
             "2:1: ipc: unknown syscall 'frobnicate'"),
            ("multiplexers.txt", "multiplexer ipc frobnicate\nSEMOP semop\n",
             "2:1: ipc: it has no argument 'frobnicate'"),
            ("multiplexers.txt", "multiplexer ipc call\nFROBNICATE semop\n",
             "2:1: ipc: unknown constant 'FROBNICATE'"),
        ):
            with tempfile.TemporaryDirectory() as folder:
                for path in tables.DATA.glob("*.txt"):
                    (Path(folder) / path.name).write_bytes(path.read_bytes())
                (Path(folder) / table).write_text(text)
                with self.subTest(text), self.assertRaises(tables.TableError) as raised:
                    tables.read_tables(Path(folder))
                self.assertTrue(str(raised.exception).startswith(f"{folder}/{table}:{expected}"),
                                f"{raised.exception}\nexpected {expected}")


if __name__ == "__main__":
    unittest.main()
