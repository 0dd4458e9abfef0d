# SPDX-License-Identifier: MIT
"""The C of a user's own ruleset: it needs stile's public headers only."""

from . import ctext, functions, ruleset_tests
from .checker import Checked
from .ruleset_tables import RulesetTables
from .world import World


def user_files(world: World, checked: Checked, with_tests: bool) -> dict[str, str]:
    """RULESET.c and RULESET.h, and the test program if it is wanted."""
    ruleset = checked.rulesets[0]
    name = ruleset.name
    used = sorted({made.syscall for grant in ruleset.grants for made in grant.rules})
    tables = RulesetTables([ruleset], used)
    source = f"{name}.rules"
    start = "#include <stile.h>\n\n" + ctext.comment(
        [
            "One function for each grant. Each returns 0 or one of the negative errors of "
            "stile/error.h."
        ]
    )
    files = {
        f"{name}.c": ctext.LICENCE
        + ctext.written_by(source)
        + f'#include "{name}.h"\n\n#include <stile.h>\n#include <stile/table.h>\n\n'
        + tables.definitions("table")
        + "\n"
        + functions.definitions([ruleset], "&table", ""),
        f"{name}.h": functions.header(
            f"{name.upper()}_H", source, [ruleset], start + "\n"
        ),
    }
    if with_tests:
        files[f"{name}_test.c"] = ruleset_tests.user_tests(name, checked.tests)
    return files
