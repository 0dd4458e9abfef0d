#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Filters that were compiled ahead of time, in use: in C and C++, linked statically, by bwrap."""

import json
import os
import shutil
import subprocess
import unittest

from stile_command import BUILD, TIMEOUT, TOP, InFolder, is_sanitized, stile

GRANTS = ["--pledge", "stdio rpath"]
INCLUDES = [f"-I{TOP}/include", f"-I{BUILD}/gen"]

LOADER = """\
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>
#include "filter.h"
#include "filter.h"

int main(void)
{
    int error = stile_load_compiled(&own_name);
    int fd = open("/etc/hostname", O_RDONLY);
    int other = open("made", O_WRONLY | O_CREAT, 0600);
    printf("%d %d %d\\n", error, fd > 0, other < 0 && errno == EPERM);
    return 0;
}
"""


class Header(InFolder):
    def header(self, *words):
        self.assertEqual(stile("compile", "-f", "c", "-o", "filter.h", *words), (0, "", ""))
        with open("filter.h", encoding="utf-8") as f:
            return f.read()

    def test_what_the_comment_says(self):
        with open("counts", "w", encoding="utf-8") as f:
            f.write("openat 1000\n")
        words = [*GRANTS, "-g", "system_io.write_fd(1)"][:2] + ["-d", "errno=EACCES", "-b", "6.1"]
        text = self.header(*words, "--profile", "counts", "--backend", "libseccomp")
        status, output, _ = stile("compile", "-f", "json", *words, "--backend", "libseccomp")
        self.assertEqual(status, 0)
        fields = json.loads(output)
        comment = text[:text.index("*/")]
        for line in (" *\tpledge.stdio\n", " *\tpledge.rpath\n", " *\t--default errno=EACCES\n",
                     " *\t--baseline 6.1\n", " *\t--profile\n", " *\t--backend libseccomp\n",
                     f" * {fields['count']} instructions, ", fields["policy_hash"]):
            self.assertIn(line, comment)
        self.assertNotIn("counts", comment)
        self.assertEqual(text.count(fields["policy_hash"]), 2)
        self.assertEqual(text.count(fields["filter_hash"]), 1)
        self.assertIn("static const struct stile_compiled stile_filter = {", text)

    @unittest.skipIf(is_sanitized(), "a sanitizer asks for more than the grants")
    def test_programs_with_it(self):
        """In C and C++; linked statically it is all that comes of the library."""
        self.header(*GRANTS, "--name", "own_name")
        self.write("loader.c", LOADER, 0o644)
        strict = ["-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Werror", *INCLUDES]
        for compiler in (["cc", "-std=c99", "-D_GNU_SOURCE"], ["cc", "-std=c11", "-D_GNU_SOURCE"],
                         ["clang", "-x", "c++", "-std=c++11"]):
            if not shutil.which(compiler[0]):
                continue
            with self.subTest(compiler=compiler):
                # libstile.a alone: neither libseccomp nor libstdc++
                subprocess.run([*compiler, *strict, "-c", "-o", "loader.o", "loader.c"],
                               check=True)
                subprocess.run(["cc", "-static", "-o", "loader", "loader.o",
                                f"{BUILD}/libstile.a"], check=True)
                done = subprocess.run(["./loader"], check=False, capture_output=True, text=True)
                self.assertEqual((done.returncode, done.stdout), (0, "0 1 1\n"))
                self.assertFalse(os.path.exists("made"))
                symbols = subprocess.run(["nm", "loader"], check=True, capture_output=True,
                                         text=True).stdout
                self.assertEqual({line.split()[2] for line in symbols.splitlines()
                                  if "stile" in line or "seccomp" in line},
                                 {"stile_load_compiled"})

    @unittest.skipIf(is_sanitized(), "a sanitizer's checks are other objects")
    def test_loader_needs_nothing(self):
        symbols = subprocess.run(["nm", "-u", f"{BUILD}/obj/core/load_compiled.o"], check=True,
                                 capture_output=True, text=True).stdout
        names = {line.split()[1] for line in symbols.splitlines()}
        names = {name for name in names if not name.startswith(("__stack_chk", "_GLOBAL_",
                                                                "__gcov", "_gcov"))}
        self.assertEqual(names, {"__errno_location", "prctl", "syscall"})

    def test_filter_for_another_machine(self):
        other = "riscv64" if os.uname().machine != "riscv64" else "x86_64"
        # x32 and x86_64 are one architecture for filters
        native = {"x86_64": "x86_64", "aarch64": "aarch64"}.get(os.uname().machine, "riscv64")
        for abis, printed in ((other, "-22 1 0\n"), ("x32", "-22 1 0\n"),
                              ("x32,i386", "-22 1 0\n"), (f"{other},{native}", "0 1 1\n")):
            with self.subTest(abis=abis):
                self.header(*GRANTS, "--name", "own_name", "--abi", abis)
                self.check_loader(printed)

    def check_loader(self, printed):
        self.write("loader.c", LOADER, 0o644)
        with open(f"{TOP}/build.ninja" if BUILD == f"{TOP}/build" else f"{BUILD}/build.ninja",
                  encoding="utf-8") as f:
            config = next(line for line in f if line.startswith("config =")).split()[2:]
        subprocess.run(["cc" if not is_sanitized() else "gcc", *config, *INCLUDES, "-o", "loader",
                        "loader.c", f"{BUILD}/libstile.a", "-lseccomp"], check=True)
        done = subprocess.run(["./loader"], check=False, capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stdout), (0, printed))

    def test_names(self):
        for name in "a", "Filter_2", "x" * 63, "linux_filter", "stile_filter", "Stile_x":
            self.assertIn(f"stile_compiled {name} = ", self.header(*GRANTS, "-n", name))
        for name in ("", "2filter", "a-b", "a b", "x" * 64, "int", "class", "_x", "__x", "a\x1b",
                     "gr\u00fcn", "x;", "stile::filter", "xor_eq", "a*/", "NULL",
                     "SIZE_MAX", "E2BIG", "I", "linux", "unix", "i386", "errno", "main", "size_t",
                     "uint64_t", "stile_free", "stile_load_compiled", "stile_filters", "typeof"):
            status, output, errors = stile("compile", *GRANTS, "-f", "c", "-n", name)
            self.assertEqual((status, output), (2, ""))
            self.assertRegex(errors, "^stile compile: --name '[ -~]*': give a name for C: up to 63 "
                             "letters, digits and underscores, a letter first; no keyword and "
                             r"nothing that headers may have \(stile_..., ..._t, CAPITALS\)\n$")


@unittest.skipIf(is_sanitized(), "not what is tested here")
@unittest.skipUnless(shutil.which("bwrap"), "bwrap is not installed")
class Bubblewrap(InFolder):
    def setUp(self):
        super().setUp()
        self.box = ["bwrap", "--ro-bind", "/", "/", "--bind", self.folder, self.folder]
        if subprocess.run([*self.box, "true"], check=False, stderr=subprocess.DEVNULL).returncode:
            self.skipTest("bwrap may not make namespaces here")
        self.write("greeting", "hello\n", 0o644)

    def run_in_box(self, *command):
        with open("f", "rb") as f:
            done = subprocess.run([*self.box, "--seccomp", str(f.fileno()), *command], check=False,
                                  pass_fds=[f.fileno()], capture_output=True, text=True,
                                  timeout=TIMEOUT, env={**os.environ, "LC_ALL": "C"})
        return done.returncode, done.stdout, done.stderr

    def test_it_takes_a_policy_file(self):
        """A container profile that refuses one call, as a filter."""
        profile = {"defaultAction": "SCMP_ACT_ALLOW",
                   "syscalls": [{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO",
                                 "errnoRet": 28}]}
        self.write("profile.json", json.dumps(profile))
        for words in (["convert", "--to", "bpf", "profile.json"],
                      ["compile", "--policy", "profile.json"]):
            self.assertEqual(stile(*words, "-o", "f"), (0, "", ""))
            self.assertEqual(self.run_in_box("cat", f"{self.folder}/greeting"), (0, "hello\n", ""))
            status, _, errors = self.run_in_box("mkdir", f"{self.folder}/made")
            self.assertEqual(status, 1)
            self.assertIn("No space left on device", errors)

    def test_it_takes_raw_instructions(self):
        self.assertEqual(stile("compile", "-p", "stdio rpath exec", "-o", "f"), (0, "", ""))
        self.assertEqual(self.run_in_box("cat", f"{self.folder}/greeting"), (0, "hello\n", ""))
        status, _, errors = self.run_in_box("mkdir", f"{self.folder}/made")
        self.assertEqual(status, 1)
        self.assertIn("Operation not permitted", errors)
        self.assertEqual(sorted(os.listdir()), ["f", "greeting"])


class Example(unittest.TestCase):
    def test_example(self):
        done = subprocess.run([f"{BUILD}/examples/compiled_filter"], check=False, text=True,
                              timeout=TIMEOUT, input="one\ntwo\nthree", capture_output=True)
        self.assertEqual((done.returncode, done.stdout),
                         (0, "2 lines\nanother file: Operation not permitted\n"))
        with open(f"{BUILD}/gen/examples/line_counter_filter.h", encoding="utf-8") as f:
            self.assertIn("system_io.read_fd(0)", f.read())


if __name__ == "__main__":
    unittest.main()
