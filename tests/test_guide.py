#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Every sample in README.md, docs/guide.md and the man pages is built and run. (And the tests that
two other documents name exist, and the manual has every function.)

A sample is a fenced block. The words behind the fence (in a man page: in the comment line in front
of it) say what it is; the samples of one document share a folder and run in their order.

  c run        a program: it is compiled with what pkg-config says and run
  c part       the middle of a program: before it `struct stile *s = stile_new();`, after it a
               check, and the printing of what stile_message() and stile_warnings() say
  sh run       a script for sh -eu
  rules        a ruleset, kept under its name for the samples that follow
  text         the output of the sample before, both streams; "..." stands for any text
  console      shown only: what these lines do is tested elsewhere

More words: exit=N, the exit status (0 if not said); file=NAME, what a program or script is called
in the folder; needs=NAME, a program without which the sample is skipped; without=sanitizer, skipped
where the address sanitizer would need grants of its own.
"""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = os.environ.get("STILE_BUILD", "build")
DOCUMENTS = ["README.md", "docs/guide.md", "docs/man/stile.1.scd", "docs/man/stile.3.scd"]
SECONDS = 60  # for one sample

sys.dont_write_bytecode = True
spec = importlib.util.spec_from_file_location("configure", f"{TOP}/configure.py")
configure = importlib.util.module_from_spec(spec)
spec.loader.exec_module(configure)

PART = """\
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include <stile.h>

int main(void)
{{
    struct stile *s = stile_new();
#line {line} "{document}"
{text}
    puts(stile_check(s) < 0 ? stile_message(s) : "no conflict");
    fputs(stile_warnings(s), stdout);
    stile_free(s);
    return 0;
}}
"""


class Sample:
    def __init__(self, document, line, words, text):
        self.document, self.line, self.text = document, line, text
        self.kind = " ".join(word for word in words if "=" not in word)
        self.options = dict(word.split("=", 1) for word in words if "=" in word)
        self.expected = None  # output

    @property
    def where(self):
        return f"{self.document}:{self.line}"


def samples(document):
    """The samples of a document, each with the output that it states."""
    with open(f"{TOP}/{document}", encoding="utf-8") as f:
        lines = f.read().split("\n")
    found, words, start, is_page = [], [], None, document.endswith(".scd")
    for number, line in enumerate(lines, 1):
        if not line.startswith("```"):
            continue
        if start is not None:
            text = "\n".join(lines[start:number - 1]) + "\n"
            if is_page:  # scdoc escapes there, too
                text = re.sub(r"\\(.)", r"\1", text)
            sample = Sample(document, start + 1, words, text)
            if sample.kind == "text" and found:
                if found[-1].expected is not None:
                    raise ValueError(f"{sample.where}: no sample is before this output")
                found[-1].expected = text
            else:
                found.append(sample)
            start = None
            continue
        start = number
        words = line[3:].split()
        if is_page:
            before = lines[number - 2]
            words = before[2:].split() if before.startswith("; ") else ["console"]
    return found


def stage(folder):
    """What `ninja install` would make, as far as samples need it. Returns the environment to use
    it, and the compiler options of this configuration."""
    for name in ("bin", "include/stile", "lib/pkgconfig", "share/stile"):
        os.makedirs(f"{folder}/{name}")
    build = os.path.join(TOP, BUILD)
    for name in configure.HEADERS:
        shutil.copy(f"{TOP}/include/{name}", f"{folder}/include/{name}")
    for name in configure.GENERATED_HEADERS:
        shutil.copy(f"{build}/gen/{name}", f"{folder}/include/{name}")
    for name in "libstile.so", configure.SONAME:
        os.symlink(os.path.realpath(f"{build}/libstile.so"), f"{folder}/lib/{name}")
    os.symlink(f"{build}/stile", f"{folder}/bin/stile")
    shutil.copy(f"{TOP}/cli/stile-generate", f"{folder}/bin/stile-generate")
    for name in "generator", "rulesets":
        os.symlink(f"{TOP}/{name}", f"{folder}/share/stile/{name}")
    with open(f"{TOP}/stile.pc.in", encoding="utf-8") as f:
        text = f.read()
    for name, value in (("PREFIX", folder), ("LIBDIR", "lib"), ("VERSION", configure.VERSION)):
        text = text.replace(f"@{name}@", value)
    with open(f"{folder}/lib/pkgconfig/stile.pc", "w", encoding="utf-8") as f:
        f.write(text)

    # The compiler, with the options of this configuration: a sanitizer must be in the program too.
    with open(f"{TOP}/build.ninja" if BUILD == "build" else f"{build}/build.ninja",
              encoding="utf-8") as f:
        ninja = f.read()
    cc, config = (re.search(rf"^{name} = ?(.*)$", ninja, re.M)[1] for name in ("cc", "config"))
    with open(f"{folder}/bin/cc", "w", encoding="utf-8") as f:
        f.write(f'#!/bin/sh\nexec {shutil.which(cc)} {config} "$@"\n')
    os.chmod(f.name, 0o755)
    environment = {
        **os.environ,
        "PATH": f"{folder}/bin:{os.environ['PATH']}",
        "PKG_CONFIG_PATH": f"{folder}/lib/pkgconfig",
        "LD_LIBRARY_PATH": f"{folder}/lib",
        # The leak check makes a tracer of its own, which a filter refuses.
        "ASAN_OPTIONS": "detect_leaks=0",
        "LC_ALL": "C.UTF-8",
    }
    return environment, config


def pattern(expected):
    """The stated output as a pattern; where lines are broken is no matter."""
    pieces = [r"\s+".join(map(re.escape, re.split(r"\s+", piece)))
              for piece in expected.strip().split("...")]
    return r"\s*" + ".*".join(pieces).replace(r"\s+.*\s+", r"\s(?:.*\s)?") + r"\s*"


class Samples:
    """One test for each sample of a document; they share a folder."""

    document = None

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.environment, cls.config = stage(f"{folder.name}/stage")
        cls.folder = f"{folder.name}/work"
        os.mkdir(cls.folder)

    def run_command(self, sample, *command):
        done = subprocess.run(command, cwd=self.folder, env=self.environment, text=True,
                              check=False, timeout=SECONDS, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.assertEqual(done.returncode, int(sample.options.get("exit", 0)),
                         f"{sample.where}: exit status; it said:\n{done.stdout}")
        return done.stdout

    def write(self, name, text):
        with open(f"{self.folder}/{name}", "w", encoding="utf-8") as f:
            f.write(text)

    def run_c(self, sample, text):
        name = sample.options.get("file", f"sample{sample.line}.c")
        self.write(name, text)
        program = name.removesuffix(".c")
        done = subprocess.run(
            ["sh", "-c", f"cc -Wall -Wextra -Werror -pthread -o {program} {name} "
             "$(pkg-config --cflags --libs stile)"], cwd=self.folder, env=self.environment,
            text=True, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.assertEqual(done.returncode, 0, f"{sample.where}: it does not compile:\n{done.stdout}")
        return self.run_command(sample, f"./{program}")

    def run_sample(self, sample):
        for name in sample.options.get("needs", "").split(","):
            if name and not shutil.which(name):
                self.skipTest(f"{sample.where}: {name} is not installed")
        if sample.options.get("without") == "sanitizer" and "-fsanitize" in self.config:
            self.skipTest(f"{sample.where}: a sanitizer asks for more when a thread starts")
        if sample.kind == "c run":
            output = self.run_c(sample, sample.text)
        elif sample.kind == "c part":
            output = self.run_c(sample, PART.format(
                line=sample.line, document=sample.document, text=sample.text))
        elif sample.kind == "sh run":
            name = sample.options.get("file", f"sample{sample.line}.sh")
            self.write(name, sample.text)
            output = self.run_command(sample, "sh", "-eu", name)
        elif sample.kind == "rules":
            name = re.search(r"^ruleset (\w+)$", sample.text, re.M)[1]
            self.write(f"{name}.rules", sample.text)
            output = ""
        else:
            self.fail(f"{sample.where}: '{sample.kind}': no kind of sample is called so")
        if sample.expected is not None:
            self.assertTrue(re.fullmatch(pattern(sample.expected), output, re.S),
                            f"{sample.where}: the text says\n{sample.expected}\nit said\n{output}")

    @classmethod
    def add_tests(cls):
        for sample in samples(cls.document):
            if sample.kind == "console":
                continue
            words = re.sub(r"\W", "_", sample.kind)
            setattr(cls, f"test_line_{sample.line:04}_{words}",
                    lambda self, sample=sample: self.run_sample(sample))


class Names(unittest.TestCase):
    """docs/behaviours.md and docs/threat-model.md name tests: `live_apply:no_new_privs`; the manual
    names every function."""

    def check(self, name):
        file, _, check = name.partition(":")
        if file == "ruleset_tests":
            return True
        for path in f"{TOP}/tests/{file}.c", f"{TOP}/tests/{file}.py":
            if os.path.exists(path):
                with open(path, encoding="utf-8") as f:
                    return not check or re.search(
                        rf"(START_TEST\(|void |def ){check}\b", f.read())
        return False

    def test_named_tests_exist(self):
        for document in "docs/behaviours.md", "docs/threat-model.md":
            with open(f"{TOP}/{document}", encoding="utf-8") as f:
                tables = re.findall(r"^\|.* \| test \|\n((?:\|.*\n)+)", f.read(), re.M)
            cells = [row.split(" | ")[-1] for table in tables for row in table.splitlines()]
            names = [name for cell in cells for name in re.findall(r"`([\w:]+)`", cell)]
            self.assertGreater(len(names), 40, document)
            self.assertEqual([name for name in names if not self.check(name)], [],
                             f"{document}: there are no such tests")

    def test_manual_has_every_function(self):
        with open(f"{TOP}/tests/exports.txt", encoding="utf-8") as f:
            exports = f.read().split()
        with open(f"{TOP}/docs/man/stile.3.scd", encoding="utf-8") as f:
            manual = f.read()
        self.assertEqual([name for name in exports if not re.search(rf"\b{name}\b", manual)], [])


def load_tests(loader, _tests, _pattern):
    suite = loader.loadTestsFromTestCase(Names)
    for document in DOCUMENTS:
        name = re.sub(r"\W", "_", document)
        case = type(name, (Samples, unittest.TestCase), {"document": document})
        case.add_tests()
        suite.addTests(loader.loadTestsFromTestCase(case))
    return suite


if __name__ == "__main__":
    unittest.main()
