#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The build: build.ninja, lists of sources, what is installed, what the library exports."""

import contextlib
import filecmp
import importlib.util
import io
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from unittest import mock

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = os.environ.get("STILE_BUILD", "build")

sys.dont_write_bytecode = True
spec = importlib.util.spec_from_file_location("configure", f"{TOP}/configure.py")
configure = importlib.util.module_from_spec(spec)
spec.loader.exec_module(configure)


def read(path):
    with open(f"{TOP}/{path}", encoding="utf-8") as f:
        return f.read()


def output(*command, **options):
    return subprocess.run(command, cwd=TOP, check=True, text=True, stdout=subprocess.PIPE,
                          **options).stdout


def ninja_file():
    """The one that made this build folder."""
    return "build.ninja" if BUILD == "build" else f"{BUILD}/build.ninja"


def ninja_variable(name):
    return re.search(rf"^{name} = ?(.*)$", read(ninja_file()), re.M)[1]


class NinjaFile(unittest.TestCase):
    def test_is_what_configure_writes(self):
        self.assertEqual(read("build.ninja"), configure.build_ninja(configure.parse_options([])),
                         "build.ninja is not what ./configure.py writes: run it, commit both")

    def test_has_no_absolute_path(self):
        words = re.findall(r"""(?:^|[\s"'=:(])(/\w[^\s"']*)""", read("build.ninja"), re.M)
        self.assertEqual(words, [])
        self.assertNotIn(TOP, read("build.ninja"))

    def test_every_input_exists(self):
        """Ninja would notice for the target that is asked for only."""
        inputs = output("ninja", "-t", "inputs", "all", "check", "install").split()
        sources = [path for path in inputs if not path.startswith(("build/", "install-"))]
        phony = {"all", "tests", "headers"}
        self.assertEqual([path for path in sources
                          if path not in phony and not os.path.exists(f"{TOP}/{path}")], [])

    def test_other_configuration_leaves_the_default_alone(self):
        with tempfile.TemporaryDirectory() as folder:
            shutil.copy(f"{TOP}/configure.py", folder)
            run = [f"{folder}/configure.py", "--sanitize=address,undefined", "--werror"]
            refused = subprocess.run(run, check=False, stderr=subprocess.PIPE, text=True)
            self.assertEqual(refused.returncode, 2)
            self.assertIn("needs a folder of its own, e.g. --build build/other", refused.stderr)
            subprocess.run([*run, "--build", "build/asan"], check=True, stdout=subprocess.DEVNULL)
            self.assertEqual(sorted(os.listdir(folder)), ["build", "configure.py"])
            with open(f"{folder}/build/asan/build.ninja", encoding="utf-8") as f:
                text = f.read()
            self.assertIn("builddir = build/asan\n", text)
            self.assertIn("command = ./configure.py --regenerate --sanitize=address,undefined "
                          "--werror --build build/asan\n", text)

    def test_kernel_headers_are_recorded_outside_build_ninja(self):
        with tempfile.TemporaryDirectory() as folder:
            shutil.copy(f"{TOP}/configure.py", folder)
            for words, want in (([], "/headers"), (["--regenerate"], "/headers"), ([], "")):
                env = {**os.environ, "SYSCALL_INCLUDE_DIR": "" if "--regenerate" in words else want}
                subprocess.run([f"{folder}/configure.py", *words], check=True, env=env,
                               stdout=subprocess.DEVNULL)
                with open(f"{folder}/build/include_dir", encoding="utf-8") as f:
                    self.assertEqual(f.read(), want)
                with open(f"{folder}/build.ninja", encoding="utf-8") as f:
                    self.assertEqual(f.read(), read("build.ninja"))


class Packages(unittest.TestCase):
    def install(self, user, apt_status=0):
        """Exit status, what was said, the commands that were run."""
        ran = []

        def run(words, **_):
            ran.append(" ".join(words))
            return mock.Mock(returncode=apt_status if "apt-get" in words else 1)

        said = io.StringIO()
        with mock.patch.object(configure, "missing_packages", lambda: ["scdoc", "check"]), \
                mock.patch.object(os, "geteuid", lambda: user), \
                mock.patch.object(shutil, "which", lambda name: name != "sudo"), \
                mock.patch.object(subprocess, "run", run), \
                contextlib.redirect_stderr(said), contextlib.redirect_stdout(io.StringIO()):
            try:
                configure.install_packages()
                status = 0
            except SystemExit as stop:
                status = stop.code
        return status, said.getvalue(), ran

    def test_root_installs_what_is_missing(self):
        status, said, ran = self.install(user=0)
        self.assertEqual((status, said), (0, ""))
        self.assertIn("apt-get install -y --no-install-recommends scdoc check", ran[-1])
        self.assertFalse(any("apt-get update" in command for command in ran))

    def test_lists_are_fetched_when_the_first_try_fails(self):
        status, said, ran = self.install(user=0, apt_status=100)
        self.assertEqual(status, 3)
        self.assertIn("apt-get failed", said)
        self.assertIn("apt-get update", ran[-2])

    def test_others_are_told_the_command(self):
        status, said, ran = self.install(user=1000)
        self.assertEqual((status, ran), (3, []))
        self.assertEqual(said, "configure.py: packages are missing, and only root may install "
                         "them. Run\n  apt-get install -y --no-install-recommends scdoc check\n"
                         "as root, then ./configure.py again.\n")

    def test_installed_and_half_removed_packages_are_told_apart(self):
        with tempfile.TemporaryDirectory() as folder:
            with open(f"{folder}/dpkg-query", "w", encoding="utf-8") as f:
                print("#!/bin/sh\nfor p; do echo $p installed; done\necho check config-files",
                      file=f)
            os.chmod(f.name, 0o755)
            with mock.patch.dict(os.environ, PATH=f"{folder}:{os.environ['PATH']}"):
                self.assertEqual(configure.missing_packages(), [])
            with open(f"{folder}/dpkg-query", "w", encoding="utf-8") as f:
                print("#!/bin/sh\nfor p; do [ $p = check ] || echo $p installed; done\n"
                      "echo check config-files\nexit 1", file=f)
            with mock.patch.dict(os.environ, PATH=f"{folder}:{os.environ['PATH']}"):
                self.assertEqual(configure.missing_packages(), ["check"])


class Lists(unittest.TestCase):
    """Every source is in a list of configure.py, or it would silently not be built."""

    def compare(self, folder, suffix, *lists):
        found = {name for name in os.listdir(f"{TOP}/{folder}") if name.endswith(suffix)} \
            if os.path.isdir(f"{TOP}/{folder}") else set()
        listed = [os.path.basename(name) for names in lists for name in names]
        self.assertEqual(sorted(found), sorted(listed), f"{folder}/*{suffix} and configure.py")

    def test_lists_are_complete(self):
        def named(names, suffix=".c"):
            return [name + suffix for name in names]

        c = configure
        self.compare("core", ".c", named(c.CORE))
        self.compare("supervise", ".c", named(c.SUPERVISE))
        self.compare("cli", ".c", named(c.CLI))
        self.compare("formats", ".c", named(c.FORMATS))
        self.compare("lint", ".c", named(c.LINT))
        self.compare("include/stile", ".h", [name for name in c.HEADERS if "/" in name])
        self.compare("generator", ".py", c.GENERATOR)
        self.compare("generator/data", ".txt", c.GENERATOR_DATA)
        self.compare("rulesets", ".rules", named(c.RULESETS, ".rules"))
        self.compare("docs/man", ".scd", named(c.MAN, ".scd"))
        self.compare("examples", ".c", {name for _, sources, _ in c.EXAMPLES for name in sources
                                        if not name.startswith("$gen/")})
        self.compare("examples/rules", ".rules", named(c.EXAMPLE_RULES, ".rules"))
        self.compare("tests", ".c", named(c.TESTS), named(c.TEST_SUPPORT))
        self.compare("tests/programs", ".c", named(c.PROGRAMS), named(c.PROGRAMS_STATIC),
                     named(c.PROGRAMS_I386), named(c.PROGRAMS_STILE))
        self.compare("tests/bench", ".c", named(c.BENCHES), named(c.BENCH_SUPPORT))
        self.compare("tests/fuzz", ".c", named(c.FUZZERS))

    def test_python_tests_are_listed(self):
        found = {name for name in os.listdir(f"{TOP}/tests")
                 if re.fullmatch(r"(test|cli|live|sim|unit)_\w+\.py", name)}
        self.assertEqual(sorted(found), sorted(f"{name}.py" for name in configure.PYTHON_TESTS))


@unittest.skipUnless(configure.GENERATED_CORE, "there is no library")
class Library(unittest.TestCase):
    def test_exports(self):
        """tests/exports.txt, and the function of each grant."""
        dynamic = output("nm", "-D", "--defined-only", f"{BUILD}/libstile.so")
        names = [line.split()[2] for line in dynamic.splitlines()]
        versions = {name for name in names if name == "STILE_0"}
        exported = {name.removesuffix("@@STILE_0") for name in names} - versions
        header = read(f"{BUILD}/gen/stile/rulesets.h")
        grants = set(re.findall(r"\b(stile_allow_\w+)\(", header))
        self.assertTrue(grants)
        self.assertEqual(grants - exported, set(), "grant functions that are not exported")
        self.assertEqual(sorted(exported - grants), read("tests/exports.txt").split(),
                         "the exports have changed: if that was meant, change tests/exports.txt")

    def test_every_public_declaration_is_exported(self):
        listed = set(read("tests/exports.txt").split())
        for name in configure.HEADERS:
            text = re.sub(r"/\*.*?\*/|//[^\n]*|^#.*?(?<!\\)$", "", read(f"include/{name}"),
                          flags=re.S | re.M)
            declared = set(re.findall(r"\b(stile_\w+)\([^()]*\)\s*(?:__attribute__.*)?;", text))
            self.assertEqual(declared - listed, set(), f"declared in {name}, not exported")

    def test_soname(self):
        dynamic = output("readelf", "-dW", f"{BUILD}/libstile.so")
        self.assertIn("Library soname: [libstile.so.0]", dynamic)
        self.assertIn("NOW", dynamic)
        needed = set(re.findall(r"\(NEEDED\).*\[(.*?)\]", dynamic))
        if not ninja_variable("config"):
            self.assertLessEqual(needed, {"libseccomp.so.2", "libc.so.6"})


class Runner(unittest.TestCase):
    """tests/run.py on small programs."""

    def run_tests(self, *scripts, options=()):
        """Exit status and lines for programs of these shell scripts (or python tests)."""
        with tempfile.TemporaryDirectory() as folder:
            paths = []
            for number, script in enumerate(scripts):
                python = script.startswith("import")
                paths.append(f"{folder}/" + (f"test_{number}.py" if python else f"unit_{number}"))
                with open(paths[-1], "w", encoding="utf-8") as f:
                    f.write(script if python else f"#!/bin/sh\n{script}\n")
                os.chmod(paths[-1], 0o755)
            done = subprocess.run([sys.executable, f"{TOP}/tests/run.py", *options, *paths],
                                  check=False, text=True, stdout=subprocess.PIPE)
        return done.returncode, done.stdout.splitlines()

    def test_sums_by_kind(self):
        status, lines = self.run_tests(
            "echo 'skip: no such kernel'; echo '100%: Checks: 3, Failures: 0, Errors: 0'",
            "import unittest\nclass T(unittest.TestCase):\n    def test(self): pass\n"
            "    @unittest.skip('why not')\n    def test_b(self): pass\nunittest.main()\n")
        self.assertEqual(status, 0)
        self.assertEqual(lines[-1], "3 passed, 0 failed, 2 skipped")
        self.assertIn("unit             1        2        0        1", lines)
        self.assertIn("build            1        1        0        1", lines)
        self.assertIn("skipped: unit_0: no such kernel", lines)
        self.assertTrue(any("why not" in line for line in lines))

    def test_failures(self):
        summary = "echo '100%: Checks: 3, Failures: 0, Errors: 0'"
        for script, last in (
                ("echo '33%: Checks: 3, Failures: 1, Errors: 1'; exit 1", "1 passed, 2 failed"),
                ("echo '33%: Checks: 3, Failures: 1, Errors: 1'", "1 passed, 2 failed"),
                (f"{summary}; exit 2", "3 passed, 1 failed"),
                (f"{summary}; kill -SEGV $$", "3 passed, 1 failed"),
                ("echo fine", "0 passed, 1 failed"),
                ("echo '100%: Checks: 0, Failures: 0, Errors: 0'", "0 passed, 1 failed"),
                ("import unittest\nunittest.main()\n", "0 passed, 1 failed"),
                ("import unittest\nclass T(unittest.TestCase):\n    def test(self): 1/0\n"
                 "    def test_b(self): self.fail('no')\n    def test_c(self): pass\n"
                 "unittest.main()\n", "1 passed, 2 failed")):
            with self.subTest(script=script):
                status, lines = self.run_tests(script)
                self.assertEqual((status, lines[-1]), (1, last))

    def test_output_of_the_failing_only(self):
        _, lines = self.run_tests("echo good; echo '100%: Checks: 1, Failures: 0, Errors: 0'",
                                  "echo bad; exit 1")
        self.assertIn("    | bad", lines)
        self.assertNotIn("    | good", lines)

    def test_nothing_run_is_a_failure(self):
        status, lines = self.run_tests()
        self.assertEqual((status, lines[-1]), (1, "0 passed, 0 failed"))

    def test_time_out_kills_the_whole_group(self):
        read_end, write_end = os.pipe()
        os.set_inheritable(write_end, True)
        path = f"/proc/{os.getpid()}/fd/{write_end}"
        status, lines = self.run_tests(f"exec 9>{path}; tail -f /dev/null & tail -f /dev/null",
                                       options=["--timeout", "0.5"])
        os.close(write_end)
        self.assertEqual(status, 1)
        self.assertIn("    unit_0: still running after 0.5 s", lines)
        with os.fdopen(read_end, "rb") as pipe:
            self.assertEqual(pipe.read(), b"")  # the end of file: nobody holds it any more


PROGRAM = """
#include <stdio.h>
#include <stile.h>

int main(void)
{
    struct stile *s = stile_new();
    if (!s)
        return 1;
    stile_free(s);
    return puts("linked") < 0;
}
"""


@unittest.skipUnless(configure.GENERATED_CORE and configure.CLI, "not all is there yet")
class Install(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        cls.stage = f"{cls.folder.name}/stage"
        cls.prefix = f"{cls.stage}/opt/a prefix"
        env = {**os.environ, "DESTDIR": cls.stage, "PREFIX": "/opt/a prefix"}
        env.pop("LIBDIR", None)
        output("ninja", "-f", ninja_file(), "install", env=env)

    def test_files(self):
        found = set()
        for folder, _, names in os.walk(self.stage):
            found |= {os.path.relpath(f"{folder}/{name}", self.prefix) for name in names}
        c = configure
        want = {"bin/stile", "bin/stile-generate", "lib/libstile.a", "lib/libstile.so",
                "lib/libstile.so.0", f"lib/libstile.so.{c.VERSION}", "lib/pkgconfig/stile.pc"}
        want |= {f"include/{name}" for name in c.HEADERS + c.GENERATED_HEADERS}
        want |= {f"share/man/man{page[-1]}/{page}" for page in c.MAN + c.GENERATED_MAN}
        want |= {f"{folder}/{name}" for _, folder, name in c.COMPLETIONS}
        want |= {f"share/stile/generator/{name}" for name in c.GENERATOR}
        want |= {f"share/stile/generator/data/{name}" for name in c.GENERATOR_DATA}
        want |= {f"share/stile/rulesets/{name}.rules" for name in c.RULESETS}
        self.assertEqual(found, want)
        self.assertEqual(os.readlink(f"{self.prefix}/lib/libstile.so"), "libstile.so.0")
        self.assertTrue(filecmp.cmp(f"{self.prefix}/lib/libstile.a", f"{BUILD}/libstile.a", False))
        self.assertEqual(os.stat(f"{self.prefix}/bin/stile").st_mode & 0o777, 0o755)
        self.assertEqual(os.stat(f"{self.prefix}/include/stile.h").st_mode & 0o777, 0o644)

    def compile(self, *how):
        """A user's program, by what pkg-config says."""
        source, program = f"{self.folder.name}/user.c", f"{self.folder.name}/user"
        with open(source, "w", encoding="utf-8") as f:
            f.write(PROGRAM)
        env = {**os.environ, "PKG_CONFIG_PATH": f"{self.prefix}/lib/pkgconfig",
               "PKG_CONFIG_SYSROOT_DIR": "", "LD_LIBRARY_PATH": f"{self.prefix}/lib"}
        prefix = self.prefix.replace(" ", r"\ ")
        flags = output("pkg-config", "--define-variable", f"prefix={prefix}", "--cflags", "--libs",
                       *how, "stile", env=env)
        script = (f"{ninja_variable('cc')} -Wall -Wextra -Werror -o '{program}' '{source}' "
                  f"{ninja_variable('config')} {flags}")
        output("sh", "-c", script, env=env)
        return output(program, env=env), output("ldd", program, env=env)

    def test_program_links_with_the_shared_library(self):
        printed, libraries = self.compile()
        self.assertEqual(printed, "linked\n")
        self.assertIn(f"libstile.so.0 => {self.prefix}/lib/libstile.so.0", libraries)

    def test_program_links_with_the_static_library(self):
        os.rename(f"{self.prefix}/lib/libstile.so", f"{self.prefix}/lib/hidden.so")
        self.addCleanup(os.rename, f"{self.prefix}/lib/hidden.so", f"{self.prefix}/lib/libstile.so")
        printed, libraries = self.compile("--static")
        self.assertEqual(printed, "linked\n")
        self.assertNotIn("libstile", libraries)

    def test_pkg_config_needs_no_other_file(self):
        """libseccomp.pc is in its development package, which users of the shared one lack."""
        env = {**os.environ, "PKG_CONFIG_LIBDIR": f"{self.prefix}/lib/pkgconfig",
               "PKG_CONFIG_PATH": ""}
        self.assertIn("-lstile", output("pkg-config", "--cflags", "--libs", "stile", env=env))
        self.assertIn("-lseccomp", output("pkg-config", "--static", "--libs", "stile", env=env))

    def test_pkg_config_file_has_the_prefix(self):
        with open(f"{self.prefix}/lib/pkgconfig/stile.pc", encoding="utf-8") as f:
            text = f.read()
        self.assertIn("prefix=/opt/a prefix\nlibdir=${prefix}/lib\n", text)
        self.assertIn(f"Version: {configure.VERSION}\n", text)
        self.assertNotIn(self.stage, text)

    def test_generator_runs_where_it_is_installed(self):
        help_text = output(f"{self.prefix}/bin/stile-generate", "--help")
        self.assertIn("--rulesets", help_text)

    def test_headers_compile_alone(self):
        for name in configure.HEADERS + configure.GENERATED_HEADERS:
            with self.subTest(header=name):
                subprocess.run(["cc", "-std=c11", "-x", "c", "-fsyntax-only", "-Wall", "-Wextra",
                                "-Werror", f"-I{self.prefix}/include", "-"], check=True, text=True,
                               input=f"#include <{name}>\n")


if __name__ == "__main__":
    unittest.main()
