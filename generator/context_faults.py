# SPDX-License-Identifier: MIT
"""Faults that depend on the syscall and the ABI a line is looked at for."""

from dataclasses import dataclass, field

from .faults import Faults, Place
from .rule import ABIS

Context = tuple[str, str]  # syscall, ABI


@dataclass
class _Check:
    everywhere: bool
    seen: list[Context] = field(default_factory=list)
    wrong: list[Context] = field(default_factory=list)
    what: str = ""
    to_do: str = ""


class ContextFaults:
    """
    Collects what each check finds for each syscall and ABI, and reports it once: with the
    syscalls or ABIs that it is wrong for, or, of a check that must fail everywhere, only if it
    does.
    """

    def __init__(self) -> None:
        self._checks: dict[tuple[Place, str], _Check] = {}

    def passed(self, place: Place, kind: str, context: Context, everywhere: bool = False) -> None:
        self._check(place, kind, everywhere).seen.append(context)

    def failed(
        self,
        place: Place,
        kind: str,
        context: Context,
        what: str,
        to_do: str,
        everywhere: bool = False,
    ) -> None:
        check = self._check(place, kind, everywhere)
        check.seen.append(context)
        check.wrong.append(context)
        if not check.what:
            check.what, check.to_do = what, to_do

    def _check(self, place: Place, kind: str, everywhere: bool) -> _Check:
        return self._checks.setdefault((place, kind), _Check(everywhere))

    def report(self, faults: Faults) -> bool:
        """Hands the faults over; whether there were any."""
        found = False
        for (place, _), check in self._checks.items():
            seen, wrong = set(check.seen), set(check.wrong)
            if not wrong or (check.everywhere and wrong != seen):
                continue
            faults.add(place, f"{check.what}{_where(wrong, seen)}: {check.to_do}")
            found = True
        return found


def _where(wrong: set[Context], seen: set[Context]) -> str:
    """ "" if it is wrong everywhere, else " (fchmod)", " (on i386)", " (chown on i386)"."""
    if wrong == seen:
        return ""
    names = sorted({syscall for syscall, _ in wrong})
    here = ", ".join(names) if len({syscall for syscall, _ in seen}) > 1 else ""
    if wrong == {context for context in seen if context[0] in names}:
        return f" ({here})"
    abis = {abi for _, abi in wrong}
    on = "on " + ", ".join(abi for abi in ABIS if abi in abis)
    return f" ({here} {on})" if here else f" ({on})"
