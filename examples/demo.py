#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The main job, for show (ninja demo): a web server hardens itself, serves a page, and then makes
calls itself that it was not granted. Exit status 0 if the page came and every call was refused.

  examples/demo.py [--build FOLDER]
"""

import argparse
import os
import signal
import subprocess
import sys
import tempfile

PAGE = "<h1>Hello from inside the sandbox</h1>\n"
SECONDS = 30  # for each step


def say(text):
    print(text, flush=True)


def run_demo(program, folder):
    """True if all is as expected."""
    with open(f"{folder}/index.html", "w", encoding="utf-8") as f:
        f.write(PAGE)
    say("1. A web server (examples/hardened_server.c) binds a port, starts its threads, and is\n"
        "   then granted: open_readonly and metadata of files, and running a TCP server.\n")
    with subprocess.Popen([program, "--try", folder], stdout=subprocess.PIPE,
                          text=True) as server:
        try:
            line = server.stdout.readline()
            say(f"   {line}")
            url = line.split()[-1] if line else ""
            if not url.startswith("http://127.0.0.1:"):
                say("demo: the server did not start")
                return False

            say("2. It works: curl gets the page.\n")
            curl = ["curl", "--silent", "--show-error", "--fail", "--noproxy", "*",
                    "--max-time", str(SECONDS), url]
            fetched = subprocess.run(curl, stdout=subprocess.PIPE, text=True, check=False).stdout
            say(f"   {fetched}")

            say("3. Now it tries what it was not granted. For each call: the kernel's answer, and\n"
                "   the grants that would have allowed it.\n")
            server.send_signal(signal.SIGTERM)
            table, _ = server.communicate(timeout=SECONDS)
            say("\n".join(f"   {text}" for text in table.splitlines()))
        finally:
            server.kill()
    answers = [text for text in table.splitlines() if text.startswith(" ")]
    refused = sum(text.startswith("    EPERM; ") for text in answers)
    say(f"\n{refused} of {len(answers)} calls refused; "
        f"the server ended with status {server.returncode}.")
    return fetched == PAGE and 0 < refused == len(answers) and server.returncode == 0


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", metavar="FOLDER", default="build")
    program = os.path.join(parser.parse_args().build, "examples", "hardened_server")
    with tempfile.TemporaryDirectory(prefix="stile-demo-") as folder:
        try:
            is_right = run_demo(program, folder)
        except (OSError, subprocess.TimeoutExpired) as error:
            say(f"demo: {error}")
            is_right = False
    if not is_right:
        say("demo: FAILED")
    return 0 if is_right else 1


if __name__ == "__main__":
    sys.exit(main())
