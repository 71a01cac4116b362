"""Long results: held back until they are read, and sent as they were read, piece by piece."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from tempfile import SpooledTemporaryFile
from types import TracebackType
from typing import TextIO

from derive.cli.same import unlike

IN_MEMORY = 1 << 26
"""Characters of a result that are held in memory; more are on disk."""

_PIECE = 1 << 16


class HeldResult:
    """A text that is written, then read, and then sent.

    What is read is what is held and not what was meant to be; of each piece a digest is kept, and one
    that is another when it is sent is not.
    """

    def __init__(self) -> None:
        self._file = SpooledTemporaryFile(  # noqa: SIM115  # closed at the end of the block
            IN_MEMORY, "w+", encoding="utf-8", newline=""
        )
        self._digests: list[str] = []

    def __enter__(self) -> HeldResult:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    def write(self, pieces: Iterable[str]) -> None:
        """Hold a text."""
        for piece in pieces:
            self._file.write(piece)

    @property
    def beginning(self) -> str:
        """Return the first character."""
        return next(self._held(), "")[:1]

    def read(self, end: str) -> Iterator[str]:
        """Yield the text in pieces that end behind a sign, the last one wherever it ends."""
        self._digests = []
        rest = ""
        for piece in self._held():
            self._digests.append(_digest(piece))
            whole, sign, rest = (rest + piece).rpartition(end)
            yield whole + sign
        yield rest

    def send(self, out: TextIO) -> None:
        """Write the text that was read; a `CheckError` in place of a piece that is another."""
        sent = 0
        for piece in self._held():
            if sent >= len(self._digests) or _digest(piece) != self._digests[sent]:
                raise unlike("the result", repr(piece[:40]), "another text")
            out.write(piece)
            sent += 1
        if sent != len(self._digests):
            raise unlike("the result", "nothing more", "another piece of it")

    def _held(self) -> Iterator[str]:
        self._file.seek(0)
        while piece := self._file.read(_PIECE):
            yield piece


def _digest(piece: str) -> str:
    return hashlib.sha256(piece.encode()).hexdigest()
