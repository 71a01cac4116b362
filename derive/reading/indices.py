"""Time indices: ``t-1``, ``2i``, ``T+1``."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from sympy import Basic, Integer, Rational, Symbol

from derive.expressions.components import COMPONENTS
from derive.expressions.quantities import T, j, k, t
from derive.reading.tokens import TexToken

KNOWN: dict[str, Symbol] = {"t": t, "T": T, "k": k, "j": j}
"""The time indices that need no introduction."""


def spelled_index(symbol: Symbol) -> str:
    """Return how the letter of an index is written."""
    return symbol.name if len(symbol.name) == 1 else f"\\{symbol.name}"


OF_ENTRIES: dict[str, Symbol] = {spelled_index(symbol): symbol for symbol in COMPONENTS}
"""The indices of components, which stand below parentheses and in brackets only."""


def index_of(words: Sequence[TexToken], known: Mapping[str, Symbol]) -> Basic | None:
    """Return the index that words write, or None if they are none."""
    reading = _Index(words, known)
    value = reading.sum()
    return value if reading.at == len(words) else None


def exponent_of(words: Sequence[TexToken]) -> Rational | None:
    r"""Return the number that an exponent writes, or None: ``2``, ``-1/2``, ``\odot 3``."""
    text = "".join(word.text for word in words).removeprefix("\\odot")
    found = _RATIONAL.fullmatch(text)
    return None if found is None or int(found[2] or 1) == 0 else Rational(text)


_RATIONAL = re.compile(r"(-?\d+)(?:/(\d+))?")


class _Index:
    """Sums of whole numbers, symbols, and numbers times those."""

    def __init__(self, words: Sequence[TexToken], known: Mapping[str, Symbol]) -> None:
        self.words, self.known, self.at = words, known, 0

    def _text(self) -> str:
        return self.words[self.at].text if self.at < len(self.words) else ""

    def sum(self) -> Basic | None:
        sign = 1
        if self._text() in ("+", "-"):
            sign = -1 if self._text() == "-" else 1
            self.at += 1
        total = self._term()
        if total is None:
            return None
        total = sign * total
        while self._text() in ("+", "-"):
            sign = -1 if self._text() == "-" else 1
            self.at += 1
            term = self._term()
            if term is None:
                return None
            total = total + sign * term
        return total

    def _term(self) -> Basic | None:
        value = self._atom()
        while value is not None and self._begins():
            other = self._atom()
            # Two letters side by side are a word, not a product, and two numbers another number.
            if other is None or bool(value.is_number) == bool(other.is_number):
                return None
            value = value * other
        return value

    def _begins(self) -> bool:
        return self._text() == "(" or (
            self.at < len(self.words) and self.words[self.at].kind in ("letter", "number")
        )

    def _atom(self) -> Basic | None:
        if self.at >= len(self.words):
            return None
        word = self.words[self.at]
        self.at += 1
        if word.text == "(":
            value = self.sum()
            closed = self._text() == ")"
            self.at += 1
            return value if closed else None
        if word.kind == "number" and word.text.isdigit():
            return Integer(word.text)
        return self.known.get(word.text)
