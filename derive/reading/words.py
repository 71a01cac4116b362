"""The words of a finished text, and the signs that say how they belong together."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_RUN = re.compile(r"\S+")


@dataclass(frozen=True)
class Word:
    """A word, or a sign between words: the kind ``formula`` is one of whatever content.

    ``at`` says where it stands, for messages alone.
    """

    kind: str
    text: str = ""
    at: int = field(default=0, compare=False)

    def __str__(self) -> str:
        """Return what a message calls it."""
        if self.kind == "word":
            return repr(self.text)
        return f"{self.kind} {self.text}".rstrip()


@dataclass
class WordSequence:
    """Collects words in order: pieces of text join to words unless white space parts them."""

    found: list[Word] = field(default_factory=list)
    _begun: str = ""
    _at: int = 0

    def text(self, piece: str, at: int = 0) -> None:
        """Add a piece of text, which may begin or end within a word."""
        end = 0
        for run in _RUN.finditer(piece):
            if run.start() > end:
                self._flush()
            if not self._begun:
                self._at = at + run.start()
            self._begun += run[0]
            end = run.end()
        if end < len(piece):
            self._flush()

    def sign(self, kind: str, text: str = "", at: int = 0) -> None:
        """Add a sign, which ends a word."""
        self._flush()
        self.found.append(Word(kind, text, at))

    def taken(self) -> list[Word]:
        """Return the words; what is begun is one."""
        self._flush()
        return self.found

    def _flush(self) -> None:
        if self._begun:
            self.found.append(Word("word", self._begun, self._at))
            self._begun = ""
