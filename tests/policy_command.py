# SPDX-License-Identifier: MIT
"""What the tests of the verbs on policies share."""

import json
import struct

from stile_command import InFolder, stile

SIMPLE = """\
{
    "defaultAction": "SCMP_ACT_ERRNO",
    "architectures": ["SCMP_ARCH_X86_64"],
    "syscalls": [
        {"names": ["read", "write"], "action": "SCMP_ACT_ALLOW"},
        {"names": ["socket"], "action": "SCMP_ACT_ALLOW",
         "args": [{"index": 0, "value": 1, "op": "SCMP_CMP_EQ"}]},
        {"names": ["personality"], "action": "SCMP_ACT_KILL_PROCESS"}
    ]
}
"""


def program(*instructions):
    return b"".join(struct.pack("=HBBI", *i) for i in instructions)


class Policies(InFolder):
    """An empty folder, and small policies in it."""

    def put(self, name, data):
        with open(name, "wb") as f:
            f.write(data.encode() if isinstance(data, str) else data)

    def oci(self, name, calls, default="SCMP_ACT_ERRNO", **more):
        """An OCI profile: (name, action, conditions), a call on each line."""
        entries = ",\n".join(json.dumps({"names": [call], "action": f"SCMP_ACT_{action}",
                                         **({"args": list(args)} if args else {})})
                             for call, action, *args in calls)
        head = {"defaultAction": default, "architectures": ["SCMP_ARCH_X86_64"], **more}
        self.put(name, json.dumps(head)[:-1] + ', "syscalls": [\n' + entries + "\n]}\n")

    def succeed(self, *words, **options):
        """What the command prints; it says nothing."""
        status, output, errors = stile(*words, **options)
        self.assertEqual((status, errors), (0, ""), words)
        return output

    def refuse(self, words, status, errors, **options):
        """Nothing is printed, and this is said."""
        with self.subTest(words=words):
            self.assertEqual(stile(*words, **options), (status, "", errors))
