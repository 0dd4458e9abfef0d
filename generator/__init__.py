# SPDX-License-Identifier: MIT
"""Checks .rules files and writes what the library is built from (rulesets/README.md)."""
