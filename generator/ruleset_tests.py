# SPDX-License-Identifier: MIT
"""The test lines as C: data for the library's own tests, a program for users' rulesets."""

import os

from . import ctext
from .functions import function_name
from .rule import ABIS
from .syntax import Pointer
from .verdicts import ReadyTest
from .world import World

_KINDS = {"string": "TEST_STRING", "buffer": "TEST_BUFFER", "bad": "TEST_BAD"}


def builtin_tests(world: World, tests: list[ReadyTest]) -> str:
    """ruleset_tests.c: the array of tests/ruleset_tests.h."""
    hidden = world.hidden_calls()
    rows = [
        _row(test, [abi for abi in test.words if (test.syntax.call.text, abi) in hidden])
        for test in tests
    ]
    return (
        ctext.LICENCE
        + ctext.written_by("the files in rulesets/")
        + '#include "ruleset_tests.h"\n\n'
        + ctext.array("const struct ruleset_test ruleset_tests[]", rows)
        + f"\nconst int ruleset_test_count = {len(rows)};\n"
    )


def _row(test: ReadyTest, hidden: list[str]) -> str:
    syntax = test.syntax
    reference = test.words[min(test.words, key=ABIS.index)]
    fields = [
        f".file = {ctext.string(os.path.basename(syntax.place.file))}, "
        f".line = {syntax.place.line}",
        f".grant = {ctext.string(_specification(test))}",
        f".text = {ctext.string(syntax.text)}",
        f".syscall = {ctext.string(syntax.call.text)}, "
        f".abis = 0x{ctext.abi_bits(test.words):02x}",
    ]
    flags = [("runs", syntax.runs), ("sim_only", syntax.sim_only)]
    said = [f".{name} = true" for name, holds in flags if holds]
    if hidden:
        said.append(f".enosys_abis = 0x{ctext.abi_bits(hidden):02x}")
    if said:
        fields.append(", ".join(said))
    fields += _word_fields(test, reference)
    return "{\n\t\t" + ",\n\t\t".join(fields) + ",\n\t}"


def _specification(test: ReadyTest) -> str:
    values = ", ".join(str(value) for value in test.parameters)
    return test.grant.spec + (f"({values})" if values else "")


def _word_fields(test: ReadyTest, reference: tuple[int | Pointer, ...]) -> list[str]:
    """The words, by ABI where they differ: .words[abi][argument]."""
    fields = []
    rows: dict[str, list[str]] = {}
    for abi, words in test.words.items():
        made = []
        for index, word in enumerate(words):
            if isinstance(word, Pointer):
                text = f", {ctext.string(word.text)}" if word.kind == "string" else ""
                made.append(f"[{index}] = {{ {_KINDS[word.kind]}, 0{text or ', NULL'} }}")
            elif word != 0:
                made.append(f"[{index}] = {{ TEST_VALUE, {ctext.word(word)}, NULL }}")
        rows.setdefault("{ " + ", ".join(made) + " }" if made else "", []).append(abi)
    for row, abis in rows.items():
        if row:
            fields += [f".words[{ctext.abi_constant(abi)}] = {row}" for abi in abis]
    return fields


def user_tests(ruleset: str, tests: list[ReadyTest]) -> str:
    """A program that holds a user's ruleset against its test lines, by simulation."""
    checks = [
        _user_test(ruleset, test, words, abis)
        for test in tests
        for words, abis in _by_words(test).items()
    ]
    return (
        ctext.LICENCE
        + ctext.written_by(f"{ruleset}.rules")
        + f'#include "{ruleset}.h"\n'
        + ctext.tabs(_USER_TEST_START)
        + "\n".join(checks)
        + f'\n\tprintf("{ruleset}: %d of %d tests failed\\n", failed, made);\n'
        + "\treturn failed != 0;\n}\n"
    )


def _by_words(test: ReadyTest) -> dict[str, list[str]]:
    """The words as C, and the ABIs that have them."""
    found: dict[str, list[str]] = {}
    for abi, words in test.words.items():
        text = ", ".join(
            "(uintptr_t)memory" if isinstance(word, Pointer) else ctext.word(word)
            for word in words
        )
        found.setdefault(text, []).append(abi)
    return found


def _user_test(ruleset: str, test: ReadyTest, words: str, abis: list[str]) -> str:
    values = "".join(f", {value}" for value in test.parameters)
    place = test.syntax.place
    where = ctext.string(f"{os.path.basename(place.file)}:{place.line}")
    return (
        f"\tif (0x{ctext.abi_bits(abis):02x} & 1 << STILE_ABI_NATIVE) {{\n"
        "\t\tstruct stile *s = stile_new();\n\n"
        f"\t\t(void){function_name(ruleset, test.grant.name)}(s{values});\n"
        f"\t\tfailed += check(s, {where}, {ctext.string(test.syntax.text)}, "
        f"{ctext.string(test.syntax.call.text)},\n"
        f"\t\t\t\t(const uint64_t[]){{ {words} }}, "
        f"{'true' if test.syntax.runs else 'false'});\n\t\tmade++;\n\t}}\n"
    )


_USER_TEST_START = """\

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/audit.h>

#include <stile.h>

static char memory[4096];

/* Whether the context's filter answers the call otherwise than expected. Frees the context. */
static int check(struct stile *s, const char *where, const char *text, const char *name,
                 const uint64_t words[6], bool runs)
{
        static const uint32_t audit_archs[STILE_ABI_COUNT] = {
                [STILE_ABI_X86_64] = AUDIT_ARCH_X86_64,    [STILE_ABI_I386] = AUDIT_ARCH_I386,
                [STILE_ABI_X32] = AUDIT_ARCH_X86_64,    [STILE_ABI_AARCH64] = AUDIT_ARCH_AARCH64,
                [STILE_ABI_RISCV64] = AUDIT_ARCH_RISCV64,
        };
        struct seccomp_data data = {
                .nr = (int)stile_syscall_number(STILE_ABI_NATIVE, name),
                .arch = audit_archs[STILE_ABI_NATIVE],
        };
        struct sock_filter *filter = NULL;
        uint32_t answer = 0;
        size_t count = 0;
        int failed = 1;

        memcpy(data.args, words, sizeof(data.args));
        if (stile_compile(s, &filter, &count) < 0 ||
            stile_simulate(filter, count, &data, &answer) < 0)
                printf("%s: %s: %s\\n", where, text, stile_message(s));
        else if ((answer == SECCOMP_RET_ALLOW) != runs)
                printf("%s: %s is %s\\n", where, text, runs ? "refused" : "allowed");
        else
                failed = 0;
        free(filter);
        stile_free(s);
        return failed;
}

int main(void)
{
        int failed = 0, made = 0;

"""
