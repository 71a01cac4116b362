"""Files as they were read back: what is put in place later must be the same bytes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from derive.errors import CheckError
from derive.record import digest, digest_of

_SET = ".pdf"
"""The ending of what a typesetter makes, which is read where it was made, and then put in place."""


@dataclass
class ReadFiles:
    """Reads files, and keeps a digest of each."""

    _digests: dict[Path, str] = field(default_factory=dict)

    def texts(self, paths: Iterable[Path]) -> dict[Path, str]:
        """Return the texts of files."""
        raw = {path: path.read_bytes() for path in paths}
        self._digests |= {path: digest(content) for path, content in raw.items()}
        return {path: content.decode() for path, content in raw.items()}

    def content(self, path: Path) -> bytes:
        """Return what stands in a file that is no text."""
        content = path.read_bytes()
        self._digests[path] = digest(content)
        return content

    def digest(self, path: Path) -> str:
        """Return the digest of a file as it was read; a `CheckError` for one that nobody has read.

        Were it changed since, that would be noticed when it is put in place.
        """
        if path.suffix == _SET and (made := digest_of(path)) in self._digests.values():
            return made
        if path not in self._digests:
            raise CheckError(
                f"{path.name} was written and not read back. Nothing is put in place; please report it"
            )
        return self._digests[path]
