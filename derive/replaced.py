"""What is about to be replaced or removed, looked at a second time: it must be derive's own.

Whose a file is stands in a sealed record beside it, or in its last line.  Both are read here from
their text, and not by what wrote them: that a file of the user's is lost should take two faults.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from derive.errors import CheckError

_SEAL = re.compile(rb',\n  "sha256": "([0-9a-f]{64})"\n\}\n\Z')
_LAST = re.compile(rb"(?:\A|\n)(# Written by derive[^\n]*: ([0-9a-f]{40})\n)\Z")

Moves = Iterable[tuple[str, str | None]]
"""Names of files, with the digest of what will stand there, or None where nothing will."""


def require_own(folder: Path, moves: Moves, *, force: bool) -> None:
    """Raise a `CheckError` for a file that is replaced or removed, and is the user's own.

    With ``force`` files may be replaced, but only derive's own are removed.
    """
    for name, made in moves:
        place = folder / name
        if not place.is_file() or (made is not None and force):
            continue
        content = place.read_bytes()
        found = _digest(content)
        if found != made and not _is_own(folder, name, content, found):
            raise CheckError(
                f"{place} is not as derive left it, and would be {'lost' if made else 'removed'}. "
                "Nothing is written; please report it, and move what you want to keep"
            )


def require_cleared(folder: Path, new: Path, moves: Moves) -> None:
    """Raise a `CheckError` if pieces of an earlier run stay that no record would name any more.

    ``new`` has the files that are about to be put in place, with their record.
    """
    listed = dict(moves)
    for path in sorted(new.glob("*.json")):
        made, before = _record(path.read_bytes()), _stored(folder / path.name)
        known = {entry["name"] for entry in made}
        for entry in before:
            name, sum_ = entry["name"], entry["sha256"]
            stays = listed.get(name, "") is not None and name not in known
            if stays and _digest_of(folder / name) == sum_:
                raise CheckError(
                    f"{folder / name} is left of an earlier run, and would stay without being named. "
                    "Nothing is written; please report it"
                )


def tidy(folder: Path, scratch: str) -> None:
    """Remove what is left of a scratch folder in which no work waits for the next run.

    Where that fails nothing is said: all is in its place, and the next run tries again.
    """
    left = folder / scratch
    if left.is_dir() and not any(left.glob("journal*")):
        for path in sorted(left.rglob("*"), reverse=True):
            with suppress(OSError):
                path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()
        with suppress(OSError):
            left.rmdir()


def _is_own(folder: Path, name: str, content: bytes, found: str) -> bool:
    """Tell whether a file is sealed itself, by its end, or named with its digest by a record."""
    last = _LAST.search(content)
    if last is not None and _digest(content[: last.start(1)])[:40] == last[2].decode():
        return True
    if _is_sealed(content):
        return True
    records = (path for path in sorted(folder.glob("*.json")) if path.is_file())
    named = (entry for path in records for entry in _stored(path))
    return any((entry["name"], entry["sha256"]) == (name, found) for entry in named)


def _is_sealed(content: bytes) -> bool:
    seal = _SEAL.search(content)
    if seal is None:
        return False
    return _digest(content[: seal.start()] + b"\n}\n") == seal[1].decode()


def _record(content: bytes) -> list[Mapping[str, Any]]:
    """Return the files that a sealed record names; none, if it is no record."""
    if not _is_sealed(content):
        return []
    files = json.loads(content).get("files")
    return [entry for entry in files if isinstance(entry, dict)] if isinstance(files, list) else []


def _stored(path: Path) -> list[Mapping[str, Any]]:
    return [] if path.is_symlink() or not path.is_file() else _record(path.read_bytes())


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _digest_of(path: Path) -> str | None:
    return None if path.is_symlink() or not path.is_file() else _digest(path.read_bytes())
