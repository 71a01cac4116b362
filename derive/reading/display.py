"""A formula on display, as every format has them."""

from __future__ import annotations

from dataclasses import dataclass

from derive.reading.passage import Passage


@dataclass(frozen=True)
class SpokenFormula:
    """Mathematics with the words that stand for it where it can't be seen, and where both begin."""

    words: str
    passage: Passage
    at: int


@dataclass(frozen=True)
class DisplayedText:
    """A formula on display with its labels, of which a good document gives it one.

    ``number`` is what is written beside it, where the text itself numbers its formulas.
    """

    labels: tuple[str, ...]
    passage: Passage
    number: str | None = None
