#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs test programs: libcheck executables and python unittest files.

  tests/run.py [--build FOLDER] [-j N] [--timeout SECONDS] PROGRAM...

Each program runs from the top of the checkout in a session of its own, which is killed when the
program has ended or its time is up. One line for each program, the output of those that fail,
the reasons of those that skip, a table by kind, and "N passed, N failed" in the last line.
Exit status 1 if anything failed or nothing was run.

The kind of a test is its file name's prefix: unit_, sim_, live_, cli_ (else see KINDS). A test
in C skips a check by printing a line "skip: REASON" and returning. Tests find in their
environment: STILE_BUILD, the build folder (relative to the top).
"""

import argparse
import concurrent.futures
import os
import re
import signal
import subprocess
import sys
import tempfile
import time

PREFIXES = ("unit", "sim", "live", "cli")
KINDS = {  # for names without such a prefix; else "build"
    "ruleset_tests": "live",
    "test_cli": "cli",
    "test_cli_hostile": "cli",
    "test_cli_run": "cli",
    "test_docs": "docs",
    "test_examples": "examples",
    "test_generator": "generator",
    "test_recipes": "cli",
    "test_rulesets": "generator",
    "test_soak": "live",
    "test_table": "generator",
}

ENVIRONMENT = {  # where the caller did not say otherwise
    "CK_DEFAULT_TIMEOUT": "120",  # seconds for one check; libcheck's 4 are few on a busy machine
    "LC_ALL": "C.UTF-8",
    "PYTHONDONTWRITEBYTECODE": "1",
    "UBSAN_OPTIONS": "print_stacktrace=1",
}

CHECK_SUMMARY = re.compile(r"^\d+%: Checks: (\d+), Failures: (\d+), Errors: (\d+)$", re.M)
CHECK_SKIP = re.compile(r"^skip: (.*)$", re.M)
UNITTEST_RAN = re.compile(r"^Ran (\d+) tests? in ", re.M)
UNITTEST_END = re.compile(r"^(?:OK|FAILED|NO TESTS RAN)(?: \((.*)\))?$", re.M)
UNITTEST_SKIP = re.compile(r"^(.*) \.\.\. skipped (.*)$", re.M)


class Result:
    def __init__(self, program):
        self.program = program
        self.name = os.path.basename(program).removesuffix(".py")
        prefix = self.name.split("_")[0]
        self.kind = prefix if prefix in PREFIXES else KINDS.get(self.name, "build")
        self.passed, self.failed, self.skipped = 0, 0, 0
        self.skips = []  # reasons
        self.problem = ""  # what is wrong with the program as a whole
        self.output = ""
        self.seconds = 0.0


def count_check(result):
    """libcheck's summary: one line for each suite runner."""
    summaries = CHECK_SUMMARY.findall(result.output)
    checks, failures, errors = (sum(int(s[i]) for s in summaries) for i in range(3))
    result.skips = CHECK_SKIP.findall(result.output)
    result.skipped = min(len(result.skips), checks - failures - errors)
    result.failed = failures + errors
    result.passed = checks - result.failed - result.skipped
    return bool(summaries) and checks > 0


def count_unittest(result):
    """unittest's summary: its last two lines. (A skipped class is not among those that ran.)"""
    ran, end = UNITTEST_RAN.findall(result.output), UNITTEST_END.findall(result.output)
    if not ran or not end:
        return False
    counts = {"failures": 0, "errors": 0, "skipped": 0, "unexpected successes": 0}
    for part in end[-1].split(", ") if end[-1] else []:
        what, _, number = part.partition("=")
        counts[what] = int(number)
    result.skips = [f"{test}: {why}" for test, why in UNITTEST_SKIP.findall(result.output)]
    result.skipped = counts["skipped"]
    result.failed = counts["failures"] + counts["errors"] + counts["unexpected successes"]
    result.passed = max(0, int(ran[-1]) - result.failed - result.skipped)
    return int(ran[-1]) > 0 or result.skipped + result.failed > 0


def kill_group(process):
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def run(program, timeout, running):
    result = Result(program)
    python = program.endswith(".py")
    command = [sys.executable, program, "-v"] if python else [os.path.abspath(program)]
    start = time.monotonic()
    # A file, not a pipe: whoever is left behind and holds it must not make us wait.
    with tempfile.TemporaryFile() as output:
        try:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output,
                                       stderr=subprocess.STDOUT, start_new_session=True)
        except OSError as error:
            result.problem = f"cannot be run: {error.strerror}"
            result.failed = 1
            return result
        running.append(process)
        try:
            status = process.wait(timeout)
        except subprocess.TimeoutExpired:
            status = None
        kill_group(process)
        process.wait()
        running.remove(process)
        output.seek(0)
        result.output = output.read().decode(errors="replace")
    result.seconds = time.monotonic() - start

    summary = (count_unittest if python else count_check)(result)
    if status is None:
        result.problem = f"still running after {timeout} s"
    elif status < 0:
        result.problem = f"died of signal {-status} ({signal.strsignal(-status)})"
    elif not summary:
        result.problem = f"exit status {status} and no summary of checks that were run"
    elif status > 0 and not result.failed:
        result.problem = f"exit status {status}, though no check failed"
    if result.problem:
        result.failed += 1
    return result


def numbers(result):
    text = f"{result.passed} passed, {result.failed} failed"
    return text + f", {result.skipped} skipped" if result.skipped else text


def report(result):
    word = "FAIL" if result.failed else "ok"
    print(f"{word:4} {result.kind:9} {result.name:32} {numbers(result)}"
          f"  ({result.seconds:.1f} s)", flush=True)
    if result.failed:
        for line in result.output.splitlines():
            print(f"    | {line}")
        if result.problem:
            print(f"    {result.name}: {result.problem}")
        sys.stdout.flush()


def summarise(results):
    """The reasons of skips, the table by kind, the closing line."""
    for result in results:
        for reason in result.skips:
            print(f"skipped: {result.name}: {reason}")
    print(f"\n{'kind':9} {'programs':>8} {'passed':>8} {'failed':>8} {'skipped':>8}")
    total = Result("total")
    for kind in sorted({result.kind for result in results}):
        of_kind = [result for result in results if result.kind == kind]
        row = [sum(getattr(result, what) for result in of_kind)
               for what in ("passed", "failed", "skipped")]
        total.passed, total.failed, total.skipped = (
            a + b for a, b in zip((total.passed, total.failed, total.skipped), row))
        print(f"{kind:9} {len(of_kind):8} " + " ".join(f"{number:8}" for number in row))
    print(f"\n{numbers(total)}", flush=True)
    return 0 if total.passed and not total.failed else 1


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", metavar="FOLDER", default=os.environ.get("STILE_BUILD", "build"))
    parser.add_argument("-j", "--jobs", metavar="N", type=int,
                        default=len(os.sched_getaffinity(0)), help="programs at a time (cores)")
    parser.add_argument("--timeout", metavar="SECONDS", type=float, default=600,
                        help="for one program (600)")
    parser.add_argument("programs", nargs="*", metavar="PROGRAM")
    options = parser.parse_args()

    programs = [os.path.abspath(program) for program in options.programs]
    build = os.path.abspath(options.build)
    os.chdir(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    programs = [os.path.relpath(program) for program in programs]
    os.environ["STILE_BUILD"] = os.path.relpath(build)
    for name, value in ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    signal.signal(signal.SIGTERM, signal.default_int_handler)

    results, running = [], []
    pool = concurrent.futures.ThreadPoolExecutor(max(1, options.jobs))
    try:
        futures = [pool.submit(run, program, options.timeout, running) for program in programs]
        for future in concurrent.futures.as_completed(futures):
            results.append(future.result())
            report(results[-1])
    except KeyboardInterrupt:
        pool.shutdown(wait=False, cancel_futures=True)
        for process in list(running):
            kill_group(process)
        print("interrupted")
        return 1
    return summarise(sorted(results, key=lambda result: result.name))


if __name__ == "__main__":
    sys.exit(main())
