#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The house rules that a program can check.

  tests/check_style.py [--fix] [FILE...]

C as clang-format leaves it (--fix formats), an SPDX line first, no trailing blanks, a newline at
the end, tabs in C and none in Python, at most 100 columns and 400 lines. Without FILE: every file
that git has or would take. Exit status 1 if a rule is broken.
"""

import argparse
import os
import subprocess
import sys

SPDX = "SPDX-License-Identifier: MIT"
MOST_LINES = 400
MOST_COLUMNS = 100

# Longer files, each with the reason why it is still one concept.
LONG = {
    "core/spawn_image.c": "what is done to a program between its exec and its entry point",
    "configure.py": "lists of all files, and the build from top to bottom",
}

BINARY = (".png", ".bin", ".bpf", ".gz")
WRITTEN_BY_PROGRAMS = ("build.ninja",)


def files():
    listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                            check=False, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    if listed.returncode == 0:
        names = [name for name in listed.stdout.decode().split("\0") if name]
    else:  # an unpacked archive
        names = [os.path.relpath(f"{folder}/{name}") for folder, _, found in os.walk(".")
                 if not folder.startswith(("./build", "./.git/")) and "__pycache__" not in folder
                 for name in found]
    return sorted({name for name in names if os.path.isfile(name) and not os.path.islink(name)})


def language(name, lines):
    if name.endswith((".c", ".h")):
        return "C"
    if name.endswith(".py") or lines[0].startswith("#!") and "python" in lines[0]:
        return "Python"
    if name.endswith(".sh") or lines[0].startswith("#!"):
        return "shell"
    return ""


def check(name):
    """The broken rules of one file: (line, what)."""
    with open(name, encoding="utf-8", newline="") as f:
        text = f.read()
    if not text:
        return
    lines = text.split("\n")
    kind = language(name, lines)

    if not text.endswith("\n"):
        yield len(lines), "no newline at the end"
    elif text.endswith("\n\n"):
        yield len(lines) - 1, "empty line at the end"
    if kind:
        first = 1 if lines[0].startswith("#!") else 0
        wanted = f"/* {SPDX} */" if kind == "C" else f"# {SPDX}"
        if len(lines) <= first or lines[first] != wanted:
            yield first + 1, f"this line should be: {wanted}"
        if len(lines) - 1 > MOST_LINES and name not in LONG:
            yield len(lines) - 1, f"more than {MOST_LINES} lines: is it one concept? If so: " \
                                  "LONG in tests/check_style.py"
    for number, line in enumerate(lines, 1):
        if line.endswith((" ", "\t", "\r")) and not name.endswith(WRITTEN_BY_PROGRAMS):
            yield number, "trailing blank"
        if kind == "Python" and "\t" in line[:len(line) - len(line.lstrip())]:
            yield number, "tab in an indentation"
        if kind == "C" and line.startswith("    "):
            yield number, "indented by blanks: tabs of 8"
        if kind and len(line.expandtabs(8)) > MOST_COLUMNS:
            yield number, f"more than {MOST_COLUMNS} columns"


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fix", action="store_true", help="let clang-format rewrite the C files")
    parser.add_argument("files", nargs="*", metavar="FILE")
    options = parser.parse_args()
    names = [os.path.relpath(name, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
             for name in options.files]
    os.chdir(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    names = [name for name in names or files() if not name.endswith(BINARY)]

    sources = [name for name in names if name.endswith((".c", ".h"))]
    formatted = True
    if sources:
        how = ["-i"] if options.fix else ["--dry-run", "-Werror"]
        formatted = subprocess.run(["clang-format", *how, *sources], check=False).returncode == 0
    broken = [f"{name}:{line}: {what}" for name in names for line, what in check(name)]
    for line in broken:
        print(line)
    if not formatted:
        print("C files differ from what clang-format writes: tests/check_style.py --fix FILE")
    print(f"style: {len(names)} files, {len(broken)} broken rules"
          f"{'' if formatted else ', clang-format complains'}")
    return 1 if broken or not formatted else 0


if __name__ == "__main__":
    sys.exit(main())
