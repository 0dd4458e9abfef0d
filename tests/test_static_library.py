#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The static library: a program that links with it has all other names for itself."""

import os
import re
import subprocess
import tempfile
import unittest

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = os.environ.get("STILE_BUILD", "build")
ARCHIVE = f"{BUILD}/libstile.a"
CORE = f"{BUILD}/libcore.a"  # the same objects, with the names that the library hides

PROGRAM = """
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <stile.h>

%s

int main(void)
{
    struct stile *s = stile_new_allowing(); /* a sanitizer makes calls of its own */

    stile_fail_with(s, "getpgid", EDOM);
    if (stile_apply_to_all_threads(s) < 0) {
        printf("%%s\\n", stile_message(s));
        return 1;
    }
    stile_free(s);
    if (getpgid(-1) >= 0 || errno != EDOM)
        return 2;
    return puts("sandboxed") < 0;
}
"""


def read(path):
    with open(f"{TOP}/{path}", encoding="utf-8") as f:
        return f.read()


def config():
    text = read("build.ninja" if BUILD == "build" else f"{BUILD}/build.ninja")
    return {name: re.search(rf"^{name} = ?(.*)$", text, re.M)[1] for name in ("cc", "config")}


def global_names(archive):
    """Of all that it defines for others; but what sanitizers and gcov add has names of theirs."""
    printed = subprocess.run(["nm", "--defined-only", "--extern-only", archive], cwd=TOP,
                             check=True, text=True, stdout=subprocess.PIPE).stdout
    names = {words[2] for words in map(str.split, printed.splitlines()) if len(words) == 3}
    return {name for name in names if re.match("[A-Za-z]", name) and "." not in name}


def exported_names():
    grants = re.findall(r"\b(stile_allow_\w+)\(", read(f"{BUILD}/gen/stile/rulesets.h"))
    return {*grants, *read("tests/exports.txt").split()}


class StaticLibrary(unittest.TestCase):
    def test_only_what_is_exported_is_global(self):
        self.assertEqual(global_names(ARCHIVE), exported_names())

    def test_a_program_may_have_every_other_name(self):
        """Functions of these names that the library must not call in the place of its own."""
        hidden = sorted(global_names(CORE) - exported_names())
        self.assertTrue({"sort", "text_add", "message_set"} <= set(hidden))
        functions = "\n".join(f"void {name}(void);\nvoid {name}(void)\n{{\n    abort();\n}}"
                              for name in hidden)
        with tempfile.TemporaryDirectory() as folder:
            with open(f"{folder}/user.c", "w", encoding="utf-8") as f:
                f.write(PROGRAM % functions)
            for how in ("", "-static"):
                with self.subTest(how=how):
                    words = config()
                    if how and words["config"]:
                        continue  # sanitizers are not for static programs
                    command = [words["cc"], "-Wall", "-Wextra", "-Werror", "-Iinclude",
                               f"-I{BUILD}/gen", *words["config"].split(), *how.split(), "-o",
                               f"{folder}/user", f"{folder}/user.c", ARCHIVE, "-lseccomp"]
                    subprocess.run(command, cwd=TOP, check=True)
                    done = subprocess.run([f"{folder}/user"], check=False, text=True,
                                          stdout=subprocess.PIPE)
                    self.assertEqual((done.returncode, done.stdout), (0, "sandboxed\n"))


if __name__ == "__main__":
    unittest.main()
