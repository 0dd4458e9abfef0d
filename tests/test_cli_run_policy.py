#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""stile run with a policy: from a file or descriptor, changed on the command line, and what is told
of a program that it kills."""

import json
import os
import signal
import subprocess
import time
import unittest

from stile_command import PROGRAMS, STILE, TIMEOUT, InFolder, stile

HOSTILE = f"{PROGRAMS}/hostile"
READ = ["-g", "system_io.stdout", "-g", "system_io.stderr"]
KILLS = json.dumps({"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
    {"names": ["personality"], "action": "SCMP_ACT_KILL_PROCESS"}]})


class Policies(InFolder):
    def setUp(self):
        super().setUp()
        self.assertEqual(stile("compile", *READ, "-o", "f.bpf"), (0, "", ""))

    def run_policy(self, *words):
        return stile("run", "--policy", "f.bpf", *words, "--", HOSTILE, "socket")

    def test_file(self):
        self.assertEqual(self.run_policy(), (7, "socket: EPERM\n", ""))

    def test_descriptor(self):
        """The program does not get it."""
        script = f"ls -l /proc/self/fd/9; exec {STILE} run --bpf-fd 9 -- {HOSTILE} socket 9<f.bpf"
        result = subprocess.run(["sh", "-c", script.split("; ", 1)[1]], capture_output=True,
                                text=True, check=False)
        self.assertEqual((result.returncode, result.stdout, result.stderr),
                         (7, "socket: EPERM\n", ""))
        result = subprocess.run(
            ["sh", "-c", f"{STILE} run --bpf-fd 9 -g system_io.metadata "
             "-g system_io.read_links -- /bin/readlink /proc/self/fd/9 9<f.bpf"],
            capture_output=True, text=True, check=False)
        self.assertEqual((result.returncode, result.stdout), (1, ""))

    def test_pipe(self):
        script = f"{STILE} run --from bpf --policy-fd 9 -- {HOSTILE} socket 9< <(cat f.bpf)"
        result = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=False)
        self.assertEqual((result.returncode, result.stdout, result.stderr),
                         (7, "socket: EPERM\n", ""))

    def test_changes_win_and_say_what_they_replace(self):
        said = "f.bpf: fail with EPERM socket\n"
        for words, want in (
                (["--errno", "socket=EACCES"],
                 (7, "socket: EACCES\n", f"stile run: --errno socket replaces: {said}")),
                (["--errno", "socket=EACCES", "--errno", "socket=ENOENT"],
                 (7, "socket: ENOENT\n", f"stile run: --errno socket replaces: {said}"
                  "stile run: --errno socket replaces: override socket: fail with EACCES "
                  "socket\n")),
                (["--kill", "socket"],
                 (159, "", f"stile run: --kill socket replaces: {said}"
                  f"stile run: {HOSTILE}: killed for socket(AF_INET, SOCK_STREAM, 0) on x86_64: "
                  "override socket says so; what would permit it: networking.start_tcp_server, "
                  "networking.start_tcp_client, networking.dns\n"))):
            with self.subTest(words=words):
                self.assertEqual(self.run_policy(*words), want)

    def test_grants_open_what_they_hold(self):
        status, out, _ = self.run_policy("-g", "networking.start_tcp_client")
        self.assertEqual((status, out), (7, "socket: DONE\n"))
        status, out, _ = self.run_policy("--pledge", "inet")
        self.assertEqual((status, out), (7, "socket: DONE\n"))
        status, out, _ = self.run_policy("--allow", "socket", "--deny", "socket")
        self.assertEqual((status, out), (7, "socket: EPERM\n"))

    def test_changes_of_grants(self):
        self.assertEqual(
            stile("run", *READ, "--errno", "socket=EIO", "--", HOSTILE, "socket"),
            (7, "socket: EIO\n", "stile run: --errno socket replaces: fail with EPERM socket\n"))

    def test_permissive(self):
        self.assertEqual(
            self.run_policy("--permissive"),
            (7, "socket: DONE\n",
             "stile run: --permissive: nothing is refused, the kernel logs what would be\n"))

    def test_what_is_replaced_is_said_once(self):
        """Of several ABIs that differ in nothing; else they are named."""
        self.write("p.json", json.dumps({
            "defaultAction": "SCMP_ACT_ALLOW",
            "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"],
            "syscalls": [{"names": ["socket", "arch_prctl"], "action": "SCMP_ACT_KILL_PROCESS"}]}))
        for what in "socket", "arch_prctl":  # by three ABIs, by two
            said = f"--errno {what} replaces: p.json:1: kill the process {what}"
            with self.subTest(what=what):
                self.assertEqual(stile("run", "--policy", "p.json", "--errno", f"{what}=EXDEV",
                                       "--", "/bin/true"), (0, "", f"stile run: {said}\n"))
        grants = [*READ, "-g", "system_io.seek"]
        self.assertEqual(stile("compile", *grants, "-a", "x86_64,i386", "-o", "g.bpf")[0], 0)
        said = "stile run: --deny system_io.seek replaces: g.bpf: allow"
        self.assertEqual(stile("run", "--policy", "g.bpf", "--deny", "system_io.seek", "--",
                               HOSTILE, "socket"),
                         (7, "socket: EPERM\n", f"{said} lseek\n{said} _llseek on i386\n"))

    def test_other_sources(self):
        self.assertEqual(stile("run", "--policy", "grants:" + ",".join(READ[1::2]), "--", HOSTILE,
                               "socket"), (7, "socket: EPERM\n", ""))
        self.assertEqual(stile("run", "--policy", "pledge:stdio inet", "--", HOSTILE, "socket"),
                         (7, "socket: DONE\n", ""))
        self.assertEqual(stile("run", "--policy", "grants:what", "--", "true"),
                         (125, "", "stile run: 'what' is no grant: write RULESET.GRANT or "
                          "RULESET.GRANT(VALUE), e.g. system_io.read_fd(3)\n"))
        self.assertEqual(stile("run", "--policy", "pid:0", "--", "true"),
                         (125, "", "stile run: '0' is no process: give its number\n"))

    def test_supervised(self):
        """A policy that asks nobody can only be tried out."""
        for action in "SCMP_ACT_NOTIFY", "SCMP_ACT_TRACE":
            self.write("p.json", json.dumps({
                "defaultAction": "SCMP_ACT_ALLOW",
                "syscalls": [{"names": ["socket"], "action": action}]}))
            words = "run", "--policy", "p.json"
            with self.subTest(action=action):
                status, _, said = stile(*words, "--", HOSTILE, "socket")
                self.assertEqual(status, 125)
                self.assertIn("say by --allow, --deny or --errno what they get, or try it out with "
                              "--permissive", said)
                status, output, said = stile(*words, "--permissive", "--", HOSTILE, "socket")
                self.assertEqual((status, output), (7, "socket: DONE\n"))

    def test_status_lines(self):
        ends = os.pipe()
        result = subprocess.run(
            [STILE, "run", "--policy", "f.bpf", "--kill", "socket", "--violation-exit", "9",
             "--status-fd", str(ends[1]), "--", HOSTILE, "socket"], pass_fds=[ends[1]],
            stderr=subprocess.DEVNULL, check=False)
        os.close(ends[1])
        with open(ends[0], encoding="utf-8") as f:
            lines = [json.loads(line) for line in f]
        self.assertEqual(result.returncode, 9)
        self.assertEqual([line["event"] for line in lines], ["start", "killed", "end"])
        self.assertEqual(lines[1]["call"], "socket(AF_INET, SOCK_STREAM, 0) on x86_64")
        self.assertEqual(lines[1]["args"][:3], ["0x2", "0x1", "0x0"])
        self.assertEqual(lines[1]["origin"], "override socket")
        self.assertIn("networking.start_tcp_client", lines[1]["grants"])
        self.assertEqual(lines[2], {"event": "end", "signal": 31})

    def test_end_in_status_lines(self):
        ends = os.pipe()
        subprocess.run([STILE, "run", "--policy", "f.bpf", "--status-fd", str(ends[1]), "--",
                        HOSTILE, "socket"], pass_fds=[ends[1]], stdout=subprocess.DEVNULL,
                       check=False)
        os.close(ends[1])
        with open(ends[0], encoding="utf-8") as f:
            lines = [json.loads(line) for line in f]
        self.assertEqual([line["event"] for line in lines], ["start", "end"])
        self.assertEqual(lines[1]["status"], 7)
        self.assertGreater(lines[0]["instructions"], 10)

    def test_watching_hides_nothing(self):
        """Signals, stops and the exit status of a program that is watched for kills."""
        for script, want in (("exit 3", 3), ("kill -TERM $$", 143),
                             ("trap 'exit 5' USR1; kill -USR1 $$", 5),
                             ("trap 'exit 6' CONT; exit 7", 7)):
            with self.subTest(script=script):
                self.assertEqual(
                    stile("run", "-p", "stdio rpath proc exec", "-d", "kill-thread", "--",
                          "/bin/sh", "-c", script)[0], want)

    def test_watched_program_stops_and_goes_on(self):
        run = subprocess.Popen([STILE, "run", "-p", "stdio rpath proc exec", "-d", "kill", "--",
                                "/bin/sh", "-c", "kill -STOP $$; exit 8"])
        self.addCleanup(run.kill)
        _, status = os.waitpid(run.pid, os.WUNTRACED)
        self.assertTrue(os.WIFSTOPPED(status))
        self.assertEqual(os.WSTOPSIG(status), signal.SIGSTOP)
        run.send_signal(signal.SIGCONT)
        self.assertEqual(run.wait(TIMEOUT), 8)

    def test_a_start_that_is_stopped_all_the_time(self):
        """A constructor's thread stops its process, and a shell continues it, time and again."""
        self.write("kills.json", KILLS)
        for _ in range(20):
            with subprocess.Popen(
                    [STILE, "run", "--policy", "kills.json", "--", f"{PROGRAMS}/spawn_target",
                     "stops"], process_group=0, stdout=subprocess.PIPE) as run:
                end = time.monotonic() + TIMEOUT
                while run.poll() is None and time.monotonic() < end:
                    os.killpg(run.pid, signal.SIGCONT)
                    os.sched_yield()
                if run.returncode is None:
                    os.killpg(run.pid, signal.SIGKILL)
                    self.fail("it hangs")
                self.assertEqual((run.returncode, run.stdout.read()[:8]), (0, b"early=0 "))

    def run_with_status(self, *words):
        """Exit status, events, standard error."""
        ends = os.pipe()
        done = subprocess.run([STILE, "run", "--status-fd", str(ends[1]), *words],
                              pass_fds=[ends[1]], capture_output=True, text=True, check=False)
        os.close(ends[1])
        with open(ends[0], encoding="utf-8") as f:
            return done.returncode, [json.loads(line)["event"] for line in f], done.stderr

    def test_a_raised_signal_is_no_violation(self):
        """SIGSYS that the policy did not send: not its status, and no event of a kill."""
        status, events, said = self.run_with_status(
            "-p", "stdio proc exec rpath", "-d", "kill", "--violation-exit", "77", "--", "/bin/sh",
            "-c", "kill -SYS $$")
        self.assertEqual((status, events), (159, ["start", "end"]))
        self.assertIn("killed by SIGSYS, but not for a call of its own", said)

    def test_a_killed_thread_is_told(self):
        script = ("import threading, socket\n"
                  "t = threading.Thread(target=socket.socket, daemon=True)\nt.start()\n"
                  "import os\n"
                  "while len(os.listdir('/proc/self/task')) > 1: pass\nos._exit(3)")
        status, events, said = self.run_with_status(
            "-p", "stdio rpath", "-g", "threads.create", "-d", "kill-thread", "--",
            "/usr/bin/python3", "-c", script)
        self.assertEqual((status, events), (3, ["start", "thread_killed", "end"]))
        self.assertIn("a thread was killed for socket(AF_INET", said)

    def test_descriptor_of_standard_input(self):
        """The program gets nothing there, and not its next file."""
        result = subprocess.run(
            ["sh", "-c", f"{STILE} run --bpf-fd 0 -g system_io.metadata -g system_io.read_links "
             "-- /bin/readlink /proc/self/fd/0 <f.bpf"], capture_output=True, text=True,
            check=False)
        self.assertEqual(result.stdout, "/dev/null\n")

    def test_status_descriptor_that_cannot_be_written(self):
        result = subprocess.run(
            ["sh", "-c", f"{STILE} run --policy f.bpf --status-fd 9 -- touch ran 9</dev/null"],
            capture_output=True, text=True, check=False)
        self.assertEqual((result.returncode, result.stderr),
                         (125, "stile run: --status-fd 9: the descriptor is not open for "
                          "writing\n"))
        self.assertFalse(os.path.exists("ran"))

    def test_what_begins_as_json_is_read_as_such(self):
        for text, want in (("{\"syscalls\": []}", "p.json:1:1: error: "),
                           ("\ufeff{}", "p.json:1:1: error: "), ("// x\n{}", "p.json:1:1: error: "),
                           ("[" * 100, "p.json:1:")):
            with self.subTest(text=text):
                self.write("p.json", text)
                status, _, said = stile("check", "p.json")
                self.assertEqual(status, 1)
                self.assertTrue(said.startswith(want), said)

    @unittest.skipIf(os.geteuid(), "only root may give files away")
    def test_policy_of_another_user(self):
        os.chown("f.bpf", 65534, 65534)
        self.assertIn("warning: the file is another user's", stile("check", "f.bpf")[2])

    def test_bad_changes(self):
        for words, want in (
                (["--errno", "socket"],
                 "--errno 'socket': give a call or grant and an errno, e.g. openat=EACCES"),
                (["--errno", "socket=EWHAT"],
                 "--errno 'socket=EWHAT': give a call or grant and an errno, e.g. openat=EACCES"),
                (["--deny", "sockett"], "there is no syscall 'sockett': did you mean 'socket'?"),
                (["-g", "socket"], "--grant 'socket': give RULESET.GRANT, e.g. "
                 "system_io.open_readonly; --allow is for calls"),
                (["--polic", "f.bpf"],
                 "'--polic' may be any of --policy, --policy-fd: write it out"),
                (["--kill", "exit_group"],
                 "--kill exit_group: this call cannot be refused: without it a process cannot "
                 "end, or return from a signal handler"),
                (["--default", "what"],
                 "--default 'what': give allow, log, errno=NAME, trap, kill-thread or kill"),
                (["--baseline", "6.1"],
                 "--baseline is for --grant and --pledge: a policy says itself what new calls get"),
                (["--policy", "other"],
                 "more than one policy is given: 'stile intersect' or 'stile merge' makes one of "
                 "them"),
                (["--status-fd", "99"],
                 "--status-fd '99': give the number of a descriptor that is open"),
                (["--violation-exit", "256"],
                 "--violation-exit '256': give an exit status, 0 to 255"),
                (["--print"], "--print is for grants: 'stile explain FILE' shows a policy")):
            with self.subTest(words=words):
                self.assertEqual(self.run_policy(*words), (125, "", f"stile run: {want}\n"))

    def test_policy_that_cannot_be_read(self):
        self.write("empty", "")
        for name in "none", "empty", ".", "/dev/null":
            with self.subTest(name=name):
                status, out, said = stile("run", "--policy", name, "--", "/bin/touch", "ran")
                self.assertEqual((status, out), (125, ""))
                self.assertIn("stile run: ", said)
                self.assertFalse(os.path.exists("ran"))


if __name__ == "__main__":
    unittest.main()
