#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Written container profiles hold to the schema of the OCI's runtime-spec."""

import json
import os
import unittest

from stile_command import TOP, stile

CORPUS = os.environ.get("STILE_CORPUS", f"{TOP}/../shared/corpus")
SCHEMA = f"{CORPUS}/schema/runtime-spec"
TYPES = {"object": dict, "array": list, "string": str, "integer": int}


def load(path):
    with open(path, encoding="utf-8") as f:
        return json.load(f)


def faults(value, schema, file, where="seccomp"):
    """What of a value is not as the schema has it. Members that it does not name are faults too."""
    while "$ref" in schema:
        name, pointer = schema["$ref"].split("#")
        file = name or file
        schema = load(f"{SCHEMA}/{file}")
        for part in pointer.strip("/").split("/"):
            schema = schema[part]
    if "type" in schema and not isinstance(value, TYPES[schema["type"]]):
        return [f"{where} is no {schema['type']}"]
    found = []
    if "enum" in schema and value not in schema["enum"]:
        found.append(f"{where}: {value}")
    if isinstance(value, int) and not schema["minimum"] <= value <= schema["maximum"]:
        found.append(f"{where}: {value} is out of bounds")
    if isinstance(value, list):
        if len(value) < schema.get("minItems", 0):
            found.append(f"{where} has too few items")
        for item in value:
            found += faults(item, schema["items"], file, f"{where}[]")
    if isinstance(value, dict):
        found += [f"{where} lacks {key}" for key in schema.get("required", ()) if key not in value]
        for key, member in value.items():
            if key in schema["properties"]:
                found += faults(member, schema["properties"][key], file, f"{where}.{key}")
            else:
                found.append(f"{where} has {key}")
    return found


class Schema(unittest.TestCase):
    def check(self, *words):
        if not os.path.exists(SCHEMA):
            self.skipTest("there is no corpus of policy files")
        status, text, errors = stile("convert", "--to", "oci", *words)
        self.assertEqual(status, 0, errors)
        schema = load(f"{SCHEMA}/config-linux.json")["linux"]["properties"]["seccomp"]
        self.assertEqual(faults(json.loads(text), schema, "config-linux.json"), [])
        return json.loads(text)

    def test_grants(self):
        profile = self.check("--grant", "system_io.read_fd(3)", "--grant", "system_io.stdout")
        self.assertEqual(profile["defaultErrnoRet"], 38)
        self.assertTrue(any("args" in entry for entry in profile["syscalls"]))

    def test_files(self):
        for name in ("moby-default", "containers-common-seccomp", "jessfraz-chrome"):
            self.check(f"{CORPUS}/oci/{name}.json")

    def test_faults_are_found(self):
        if not os.path.exists(SCHEMA):
            self.skipTest("there is no corpus of policy files")
        schema = load(f"{SCHEMA}/config-linux.json")["linux"]["properties"]["seccomp"]
        profile = {"defaultAction": "SCMP_ACT_NO", "x": 1, "syscalls": [
            {"names": [], "action": "SCMP_ACT_ALLOW", "errnoRet": -1, "args": [{"index": "0"}]}]}
        self.assertEqual(len(faults(profile, schema, "config-linux.json")), 7)


if __name__ == "__main__":
    unittest.main()
