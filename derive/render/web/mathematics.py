"""Mathematics in a page: its TeX, and the words that stand there where no script runs.

A mail program, a search engine or a course site shows the words; a browser sets the TeX in their place.
Both are one string, which begins behind the name of a tag: the attribute with the TeX, and the words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape, unescape

from sympy import Basic

from derive.document.text import Bound, Number
from derive.expressions.equation import Equation
from derive.render.page.numerals import bound_words, number_words
from derive.render.page.words import IN_TEX, FormulaPrinter
from derive.typesetting.layout import Reason

_OPEN, _CLOSE = ' data-tex="', '">'


def both(tex: str, words: str) -> str:
    """Return what stands behind the name of a tag: TeX as an attribute, and its words."""
    return f"{_OPEN}{escape(tex)}{_CLOSE}{escape(words, quote=False)}"


def tex_of(set_text: str) -> str:
    """Return the TeX in what `both` made."""
    return unescape(set_text.removeprefix(_OPEN).partition(_CLOSE)[0])


@dataclass(frozen=True)
class WebPrinter:
    """Prints formulas as `both` has them; ``tex`` prints their TeX, and ``plain`` their words."""

    tex: FormulaPrinter
    plain: FormulaPrinter

    def inline(self, expr: Basic | Equation) -> str:
        """Return a formula within a line."""
        return both(self.tex.inline(expr), self.plain.inline(expr))

    def display(self, equation: Equation, reasons: Sequence[Reason] = ()) -> str:
        """Return a formula on display, with its reasons; in words each line ends with its own."""
        return both(self.tex.display(equation, reasons), self.plain.display(equation, reasons))


class WebNumerals:
    """Computed numbers, as `both` has them."""

    def number(self, number: Number) -> str:
        """Return a number with its significant digits."""
        return both(IN_TEX.number(number), number_words(number))

    def bound(self, bound: Bound) -> str:
        """Return the power of ten that a number is below."""
        return both(IN_TEX.bound(bound), bound_words(bound))

    def whole(self, number: int) -> str:
        """Return a whole number with its sign."""
        return both(IN_TEX.whole(number), str(number))
