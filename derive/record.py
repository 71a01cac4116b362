"""What was written: a sealed record that names the files with their digests.

It stands in the manifest of a document, and tells the next run which files are derive's own and as
derive left them.  Everything else belongs to the user.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

_PART = re.compile(r"(?!\.)[^/\\\0-\x1f]+")
_SUM = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True)
class Entry:
    """A file that was written: its name in the folder, the format it is part of, its digest.

    ``typesetter`` is what made it, where it is set in pages.
    """

    name: str
    format: str
    sha256: str
    typesetter: str | None = None

    @property
    def row(self) -> dict[str, str]:
        """Return what a record says of it."""
        said = {"name": self.name, "format": self.format, "sha256": self.sha256}
        return said if self.typesetter is None else {**said, "typesetter": self.typesetter}


@dataclass(frozen=True)
class Record:
    """The files of a document and the record itself; none if there is no whole record."""

    entries: tuple[Entry, ...] = ()
    itself: Mapping[str, str] | None = None

    def digests(self) -> dict[str, str]:
        """Return the digests of the files by their names, the record included."""
        return {**{entry.name: entry.sha256 for entry in self.entries}, **(self.itself or {})}


def digest(content: bytes) -> str:
    """Return the SHA-256 of some bytes, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file; an OSError if it cannot be read."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def dump(data: Mapping[str, object]) -> bytes:
    """Return data as the bytes of a JSON file: UTF-8, the same for the same content."""
    text = json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False)
    return (text + "\n").encode("utf-8")


def sealed(content: Mapping[str, object], entries: Iterable[Entry]) -> bytes:
    """Return a record: the content, the files, and a digest by which a change of it is noticed."""
    rows = [entry.row for entry in sorted(entries, key=lambda entry: entry.name)]
    data = {**content, "files": rows}
    return dump({**data, "sha256": digest(dump(data))})


def read(path: Path) -> Record:
    """Return the record in a file; one without entries if the file is none, or was changed."""
    if os.path.islink(path) or not os.path.isfile(path):
        return Record()
    raw = path.read_bytes()
    try:
        data = json.loads(raw)
        seal = data.pop("sha256")
        if digest(dump(data)) != seal or dump({**data, "sha256": seal}) != raw:
            return Record()
        entries = tuple(
            Entry(r["name"], r["format"], r["sha256"], r.get("typesetter")) for r in data["files"]
        )
        if not all(_ours(entry, data["document"]) for entry in entries):
            return Record()
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return Record()
    return Record(entries, {path.name: digest(raw)})


_MARK = "# Written by derive, SHA-256 of the lines above: "


def marked(text: str) -> str:
    """Return the text of a Python file with a last line that says whose it is."""
    return f"{text}{_MARK}{digest(text.encode())[:40]}\n"


def unmarked(text: str) -> str:
    """Return the text above its mark, whole if it has none."""
    above, mark, _ = text.rpartition(_MARK)
    return above if mark and text == marked(above) else text


def ours(path: Path) -> dict[str, str]:
    """Return the digest of a marked file by its name; nothing if it has no mark or was changed."""
    if os.path.islink(path) or not os.path.isfile(path):
        return {}
    content = path.read_bytes()
    above, mark, _ = content.rpartition(_MARK.encode())
    whole = bool(mark) and content == above + mark + digest(above)[:40].encode() + b"\n"
    return {path.name: digest(content)} if whole else {}


def safe(name: str) -> bool:
    """Return whether a name with / between its parts stays within its folder."""
    return all(map(_PART.fullmatch, name.split("/")))


def _ours(entry: Entry, document: str) -> bool:
    # A record names nothing outside its folder, and nothing of another document.
    begins = re.match(re.escape(document) + r"[.-]", entry.name) is not None
    return begins and safe(entry.name) and bool(_SUM.fullmatch(entry.sha256))
