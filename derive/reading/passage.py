"""A part of a text, and complaints that point into it."""

from __future__ import annotations

from dataclasses import dataclass

from derive.errors import DeriveError, shown

_BEFORE, _AFTER = 40, 40
"""What is shown of a line round the place of a complaint, in characters."""


@dataclass(frozen=True)
class Passage:
    """The characters ``start`` to ``end`` of a text: a formula in a document, say.

    ``name`` is that of the file, for messages, and ``dialect`` that of its mathematics: ``tex`` or
    ``typst``.
    """

    text: str
    name: str = "formula"
    start: int = 0
    end: int | None = None
    dialect: str = "tex"

    @property
    def stop(self) -> int:
        """Return where the passage ends."""
        return len(self.text) if self.end is None else self.end

    @property
    def inner(self) -> str:
        """Return the characters of the passage."""
        return self.text[self.start : self.stop]

    def part(self, start: int, end: int) -> Passage:
        """Return a passage of the same text."""
        return Passage(self.text, self.name, start, end, self.dialect)


class ReadingError(DeriveError):
    """A formula that can't be read: the message says file, line, column, and what was expected."""

    def __init__(self, problem: str, passage: Passage, at: int) -> None:
        before = passage.text[:at]
        self.problem = problem
        self.line = before.count("\n") + 1
        begin = before.rfind("\n") + 1
        self.column = at - begin + 1
        end = passage.text.find("\n", at)
        end = len(passage.text) if end < 0 else end
        left = max(begin, at - _BEFORE)
        lead = ("…" if left > begin else "") + shown(passage.text[left:at], 4 * _BEFORE)
        rest = shown(passage.text[at : min(end, at + _AFTER)], 4 * _AFTER)
        super().__init__(
            f"{shown(passage.name, 200)}, line {self.line}, column {self.column}: {problem}\n"
            f"  {lead}{rest}\n  {' ' * len(lead)}^"
        )


class UnshapedError(ReadingError):
    """A one, a zero or an identity beside nothing that tells its shape."""
