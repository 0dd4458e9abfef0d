# SPDX-License-Identifier: MIT
"""Writes all files of a run, or none; leaves those alone that would not change."""

import contextlib
import os


def write_all(folder: str, files: dict[str, str]) -> None:
    """Writes the texts to their names below the folder. Raises OSError, with nothing replaced."""
    pending: list[tuple[str, str]] = []
    try:
        for name, text in files.items():
            path = os.path.join(folder, name)
            data = text.encode("utf-8")
            if _read(path) == data:
                continue
            os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
            temporary = f"{path}.{os.getpid()}.tmp"
            pending.append((temporary, path))
            with open(temporary, "xb") as stream:
                stream.write(data)
        while pending:
            os.replace(*pending[0])
            pending.pop(0)
    finally:
        for temporary, _ in pending:
            with contextlib.suppress(OSError):
                os.unlink(temporary)


def _read(path: str) -> bytes | None:
    try:
        with open(path, "rb") as stream:
            return stream.read()
    except OSError:
        return None
