"""Formulas of a document for Typst: each with the text that stands for it where it can't be seen.

Where a long one is broken is decided as for LaTeX, by how wide it is in letters: both typesetters
then show the same lines.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, pairwise, repeat
from typing import NamedTuple

from sympy import Basic

from derive.expressions.equation import Equation
from derive.typesetting.layout import REASON, WIDTH, PagePrinter, Reason, in_words, width, widths_of
from derive.typesetting.lines import broken, texts_of
from derive.typesetting.notation import Notation
from derive.typesetting.parting import parts_of
from derive.typesetting.printing import Printer
from derive.typesetting.typstletters import typst_string

_BREAK = " \\\n    "


class SetPiece(NamedTuple):
    """A piece of a formula, and how wide it is in letters."""

    text: str
    width: float


class TypstPrinter(PagePrinter):
    """Prints formulas as arguments of the layout's functions: the text in words, and the mathematics."""

    def __init__(self, notation: Notation) -> None:
        super().__init__(notation, "typst")
        self._plain, self._measured = Printer(notation, "plain"), Printer(notation, "bare")

    def inline(self, value: Basic | Equation) -> str:
        """Return the formula on one line, for use within a sentence."""
        return f"{typst_string(self._plain.inline(value))}, ${super().inline(value)}$"

    def display(self, equation: Equation, reasons: Sequence[Reason] = ()) -> str:
        """Return a displayed formula, broken over lines where it is long, or has reasons beside it."""
        body = self._reasoned(equation, reasons) if reasons else self._lined(equation)
        alternative = in_words(self._plain.inline(equation), reasons)
        return f"{typst_string(alternative)}, $ {body} $"

    def _side(self, side: Basic) -> SetPiece:
        return SetPiece(self.text(side), width(self._measured.text(side)))

    def _lined(self, equation: Equation) -> str:
        """Return the formula on one line, or a line for each side and term."""
        left, *rights = map(self._side, equation.sides)
        measured = [self._measured.text(side) for side in equation.sides]
        whole = width(self._measured.joined_sides(equation, measured))
        if whole <= WIDTH:
            return self.joined_sides(equation, [left.text, *(r.text for r in rights)])
        room = WIDTH - left.width - 2
        lines: list[SetPiece] = []
        for n, (side, right) in enumerate(zip(equation.sides[1:], rights, strict=True), 1):
            parts = [right] if right.width <= room else self._broken(side, room)
            relation = self.relation(equation, n == len(rights)).strip()
            lines += [SetPiece(f"{relation} {parts[0].text}", parts[0].width), *parts[1:]]
        rows = _BREAK.join(f"& {line.text}" for line in lines)
        return f"{left.text} {rows}"

    def _reasoned(self, equation: Equation, reasons: Sequence[Reason]) -> str:
        """Return a line for each side with its reason at the end; of a long side, at its last line."""
        left, *rights = map(self._side, equation.sides)
        room = WIDTH - left.width - 2 - max(REASON * len(reason.words) for reason in reasons)

        def parts_of(side: Basic, text: SetPiece, room: float) -> list[SetPiece]:
            return [text] if text.width <= room else self._broken(side, room, packed=True)

        broken = map(parts_of, equation.sides[1:], rights, repeat(room))
        widest = max(part.width for parts in broken for part in parts)
        lines: list[str] = []
        pairs = zip(equation.sides[1:], rights, reasons, strict=True)
        for n, (side, right, reason) in enumerate(pairs, 1):
            relation = self.relation(equation, n == len(rights)).strip()
            # As much as one line cannot do without, the others have as well.
            parts = parts_of(side, right, max(room, widest))
            lines += [f"& {relation} {parts[0].text}", *(f"& {part.text}" for part in parts[1:])]
            lines[-1] += f" && why({reason.written})" if reason.words else ""
        return f"{left.text} {_BREAK.join(lines)}"

    def _broken(self, side: Basic, room: float, *, packed: bool = False) -> list[SetPiece]:
        """Return the lines of a side: one of each term, or as many on each as it has room for."""
        parts, measured = (
            parts_of(printer, side, lambda term: width(self._measured.text(term)) > room)
            for printer in (self, self._measured)
        )
        widths = widths_of(measured)
        lines = broken(parts, widths, room, packed=packed)
        texts = texts_of(self.glyphs, lines, "", "quad ")
        ends = [0, *accumulate(map(len, lines))]
        return [
            SetPiece(text, sum(widths[begin:end]))
            for text, (begin, end) in zip(texts, pairwise(ends), strict=True)
        ]
