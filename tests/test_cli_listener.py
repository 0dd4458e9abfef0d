#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""stile run with a profile that notifies: the seccomp agent at its listenerPath gets the listener,
with the container process state of the runtime-spec, and answers."""

import array
import errno
import fcntl
import json
import os
import select
import socket
import struct
import subprocess
import threading
import unittest

from stile_command import STILE, TIMEOUT, InFolder, stile

RECEIVE, SEND = 0xC0502100, 0xC0182101  # SECCOMP_IOCTL_NOTIF_RECV, _SEND (linux/seccomp.h)
PROFILE = {"defaultAction": "SCMP_ACT_ALLOW", "listenerPath": "agent.socket",
           "listenerMetadata": "a \"text\"\n",
           "syscalls": [{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_NOTIFY"}]}


class Agent:
    """Accepts one runtime, and answers what its container asks with an errno."""

    def __init__(self, answer):
        self.answer, self.asked, self.state = answer, 0, None
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(TIMEOUT)
        self.socket.bind("agent.socket")
        self.socket.listen()
        self.thread = threading.Thread(target=self.serve)
        self.thread.start()

    def serve(self):
        connection, _ = self.socket.accept()
        with connection:
            text, control, _, _ = connection.recvmsg(65536, socket.CMSG_SPACE(4))
            listener = array.array("i", control[0][2])[0]
            while part := connection.recv(65536):
                text += part
        self.state = json.loads(text)
        poller = select.poll()
        poller.register(listener, select.POLLIN)
        while poller.poll(TIMEOUT * 1000)[0][1] & select.POLLIN:
            request = bytearray(80)
            fcntl.ioctl(listener, RECEIVE, request)
            self.asked += 1
            fcntl.ioctl(listener, SEND, request[:8] + struct.pack("qiI", 0, -self.answer, 0))
        os.close(listener)

    def end(self):
        self.thread.join(TIMEOUT)
        self.socket.close()


class Listener(InFolder):
    def write(self, **changes):
        with open("profile.json", "w", encoding="utf-8") as file:
            json.dump(PROFILE | changes, file)

    def test_agent_answers(self):
        self.write()
        agent = Agent(errno.EROFS)
        result = subprocess.run([STILE, "run", "--policy", "profile.json", "--", "mkdir", "made"],
                                capture_output=True, text=True, timeout=TIMEOUT, check=False)
        agent.end()
        self.assertEqual((result.returncode, agent.asked), (1, 1), result.stderr)
        self.assertIn("Read-only file system", result.stderr)
        self.assertFalse(os.path.exists("made"))
        self.assertEqual(agent.state["fds"], ["seccompFd"])
        self.assertEqual(agent.state["metadata"], PROFILE["listenerMetadata"])
        self.assertEqual(agent.state["pid"], agent.state["state"]["pid"])
        self.assertEqual(agent.state["state"]["bundle"], os.getcwd())

    def test_no_agent(self):
        self.write()
        status, _, said = stile("run", "--policy", "profile.json", "--", "mkdir", "made")
        self.assertEqual(status, 125)
        self.assertIn("agent.socket: no seccomp agent answers", said)
        self.assertFalse(os.path.exists("made"))

    def test_path_too_long(self):
        self.write(listenerPath="x" * 108)
        status, _, said = stile("run", "--policy", "profile.json", "--", "true")
        self.assertEqual(status, 125)
        self.assertIn("has 108 bytes", said)

    def test_nobody_is_named(self):
        self.write(listenerPath="")
        status, _, said = stile("run", "--policy", "profile.json", "--", "mkdir", "made")
        self.assertEqual(status, 125)
        self.assertIn("listenerPath", said)

    def test_conversion_keeps_it(self):
        self.write()
        status, out, said = stile("convert", "--to", "oci", "profile.json")
        self.assertEqual((status, said), (0, ""))
        keys = ("listenerPath", "listenerMetadata")
        self.assertEqual([json.loads(out)[key] for key in keys], [PROFILE[key] for key in keys])


if __name__ == "__main__":
    unittest.main()
