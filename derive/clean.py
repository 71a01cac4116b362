"""Removes from a folder what was written there, by its records: ``python -m derive.clean DIR``.

``python -m derive.clean --gone DIR DOCUMENT`` removes nothing, but prints what is missing of a
document, so that `make` can bring it back.  Needs nothing but Python.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from derive import journal, record
from derive.replaced import require_own


def clean(folder: Path) -> Iterator[Path]:
    """Remove the files that are as they were written, and yield those that are not.

    A `CheckError` for one that a second look takes for the user's own.
    """
    with journal.locked(folder):
        journal.repair(folder)
        for path in sorted(folder.glob("*.json")):
            for name, digest in record.read(path).digests().items():
                place = folder / name
                if not os.path.lexists(place):
                    continue
                if not journal.untouched(folder, journal.Move(name, digest, digest)):
                    yield place
                    continue
                require_own(folder, [(name, None)], force=False)
                place.unlink()
                for parent in Path(name).parents[:-1]:
                    with suppress(OSError):
                        (folder / parent).rmdir()


def gone(folder: Path, document: str) -> list[str]:
    """Return the files of a document that its record names and that are not there."""
    last = record.read(folder / f"{document}.json")
    return [entry.name for entry in last.entries if not (folder / entry.name).exists()]


def main(words: list[str]) -> int:
    """Carry out what the words say; the exit status."""
    if words[0] == "--gone":
        print(*gone(Path(words[1]), words[2]))
        return 0
    folder = Path(words[0])
    for left in clean(folder) if folder.is_dir() else ():
        print(f"{left} stays: it was changed since derive wrote it")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
