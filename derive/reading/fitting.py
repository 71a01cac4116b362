"""Outlines at their places, beside how a label is to be set: whether they show it.

What draws may write the parts of a formula in any order, as long as each is written in one piece.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import permutations
from typing import Protocol

from derive.reading.elements import DrawnGlyph
from derive.reading.extents import reach
from derive.reading.setting import (
    UPRIGHT,
    SetAccent,
    SetFraction,
    SetGroup,
    SetPart,
    SetRoot,
    SetRow,
    SetScripts,
    SetSign,
    SetWord,
)

LIGATURES = {"ffi": "\ufb03", "ffl": "\ufb04", "ff": "\ufb00", "fi": "\ufb01", "fl": "\ufb02"}
"""Letters that a font may join to one sign."""

NEAR = 0.02
"""Of the size of letters, what a height may be off: numbers are written rounded."""

LETTER = 1.2
"""Of the size of letters, how far from its base what stands above it, or round it, may begin."""


class LetterForms(Protocol):
    """What knows the letters of the fonts."""

    def shows(self, outline: str, sign: str, face: str) -> bool:
        """Tell whether an outline is that of a sign, in a face or in any."""


@dataclass(frozen=True)
class _Fit:
    """Where parts stand: from ``left`` to where the last sign begins, on a height and in a size.

    The height and the size are None where the parts have none in common.  ``low`` and ``high`` are the
    heights of their bases, ``foot`` and ``head`` how far down and up they are drawn.
    """

    left: float
    right: float
    y: float | None = None
    size: float | None = None
    low: float = 0.0
    high: float = 0.0
    foot: float = 0.0
    head: float = 0.0

    @property
    def level(self) -> float:
        """Return the height, of a bracket or sum that of its own place."""
        return self.low if self.y is None else self.y


@dataclass(frozen=True)
class Fitting:
    """The glyphs and bars of one label; ``size`` is that of its letters."""

    glyphs: Sequence[DrawnGlyph]
    bars: Sequence[tuple[float, float, float, float]]
    size: float
    forms: LetterForms

    def shows(self, row: SetRow) -> bool:
        """Tell whether all of the glyphs, and no others, show a label."""
        if not row.parts:
            return not self.glyphs
        fits = self._parts(row.parts, 0, None)
        return any(end == len(self.glyphs) and self._placed(fit) for end, fit in fits)

    def _placed(self, fit: _Fit) -> bool:
        """Tell whether they stand on their line, and begin or end where they are meant to be."""
        near = LETTER * self.size
        return abs(fit.y or 0.0) <= near and fit.left <= near and fit.right >= -near

    def _parts(
        self, parts: Sequence[SetPart], at: int, before: _Fit | None
    ) -> Iterator[tuple[int, _Fit]]:
        """Yield where parts end that stand beside each other, each behind the one before."""
        if not parts:
            if before is not None:
                yield at, before
            return
        for end, fit in self._part(parts[0], at):
            joined = fit if before is None else self._beside(before, fit)
            if joined is not None:
                yield from self._parts(parts[1:], end, joined)

    def _beside(self, before: _Fit, fit: _Fit) -> _Fit | None:
        """Return both as one, or None if the second does not stand to the right on the same height."""
        if fit.left <= before.right:
            return None
        for one, other in ((before.y, fit.y), (before.size, fit.size)):
            if one is not None and other is not None and abs(one - other) > NEAR * self.size:
                return None
        return replace(
            fit,
            left=before.left,
            y=before.y if fit.y is None else fit.y,
            size=before.size if fit.size is None else fit.size,
            low=min(before.low, fit.low),
            high=max(before.high, fit.high),
            foot=min(before.foot, fit.foot),
            head=max(before.head, fit.head),
        )

    def _part(self, part: SetPart, at: int) -> Iterator[tuple[int, _Fit]]:
        if isinstance(part, SetSign):
            yield from self._sign(part, at)
        elif isinstance(part, SetWord):
            yield from self._word(part.text, at, None)
        elif isinstance(part, SetGroup):
            yield from self._parts(part.row.parts, at, None)
        elif isinstance(part, SetAccent):
            yield from self._accent(part, at)
        elif isinstance(part, SetFraction):
            yield from self._fraction(part, at)
        elif isinstance(part, SetRoot):
            yield from self._root(part, at)
        else:
            yield from self._scripts(part, at)

    def _sign(self, sign: SetSign, at: int) -> Iterator[tuple[int, _Fit]]:
        if at >= len(self.glyphs):
            return
        glyph = self.glyphs[at]
        if any(self._is(glyph, seen, sign.face) for seen in sign.signs):
            y, size = (None, None) if sign.floats else (glyph.y, glyph.size)
            _, foot, _, head = reach(glyph)
            yield at + 1, _Fit(glyph.x, glyph.x, y, size, glyph.y, glyph.y, foot, head)

    def _is(self, glyph: DrawnGlyph, sign: str, face: str) -> bool:
        if glyph.letter:
            return glyph.letter == sign
        return self.forms.shows(glyph.outline, sign, face)

    def _word(self, text: str, at: int, before: _Fit | None) -> Iterator[tuple[int, _Fit]]:
        if not text:
            if before is not None:
                yield at, before
            return
        joined = [letters for letters in LIGATURES if text.startswith(letters)]
        for letters in (*joined, text[0]):
            seen = LIGATURES.get(letters, letters)
            for end, fit in self._sign(SetSign(seen, UPRIGHT), at):
                both = fit if before is None else self._beside(before, fit)
                if both is not None:
                    yield from self._word(text[len(letters) :], end, both)

    def _orders(self, rows: Sequence[SetRow], at: int) -> Iterator[tuple[int, list[_Fit]]]:
        """Yield fits of rows, whichever of them was drawn first."""
        for order in permutations(range(len(rows))):
            found: list[tuple[int, dict[int, _Fit]]] = [(at, {})]
            for n in order:
                found = [
                    (end, {**fits, n: fit})
                    for start, fits in found
                    for end, fit in self._parts(rows[n].parts, start, None)
                ]
            yield from ((end, [fits[n] for n in range(len(rows))]) for end, fits in found)

    def _accent(self, accent: SetAccent, at: int) -> Iterator[tuple[int, _Fit]]:
        for end, (mark, base) in self._orders((SetRow((accent.mark,)), accent.base), at):
            # Over a word of several letters it stands at its middle, or begins behind the last.
            over = -LETTER * self.size, base.right - base.left + LETTER * self.size
            if over[0] <= mark.left - base.left <= over[1] and mark.low >= base.low:
                yield end, base

    def _fraction(self, part: SetFraction, at: int) -> Iterator[tuple[int, _Fit]]:
        for end, (above, below) in self._orders((part.above, part.below), at):
            left, right = min(above.left, below.left), max(above.right, below.right)
            spare = NEAR * self.size
            # Above all that is drawn below it, and below all that is drawn above.
            if any(
                x0 <= left and right <= x1 and below.head <= y0 + spare and y1 <= above.foot + spare
                for x0, y0, x1, y1 in self.bars
            ):
                yield (
                    end,
                    _Fit(left, right, None, None, below.low, above.high, below.foot, above.head),
                )

    def _root(self, part: SetRoot, at: int) -> Iterator[tuple[int, _Fit]]:
        for end, (sign, inner) in self._orders((SetRow((part.sign,)), part.inner), at):
            covered = any(
                x0 <= inner.left and inner.right <= x1 and inner.head <= y0 + NEAR * self.size
                for x0, y0, x1, _ in self.bars
            )
            if sign.right < inner.left and covered:
                yield end, replace(inner, left=sign.left)

    def _scripts(self, part: SetScripts, at: int) -> Iterator[tuple[int, _Fit]]:
        rows = [SetRow((part.base,)), *(row for row in (part.below, part.above) if row is not None)]
        # Under a sum, and over it, stands what may be wider than it.
        spread = 3 * LETTER if isinstance(part.base, SetSign) and part.base.signs in "∑∏" else 0.0
        for end, (base, *scripts) in self._orders(rows, at):
            if any(s.left < base.left - spread * self.size for s in scripts):
                continue
            below = scripts[0] if part.below is not None else None
            above = scripts[-1] if part.above is not None else None
            if self._apart(base, below, above):
                yield (
                    end,
                    replace(
                        base,
                        right=max(base.right, *(script.right for script in scripts)),
                        low=min(base.low, *(script.low for script in scripts)),
                        high=max(base.high, *(script.high for script in scripts)),
                        foot=min(base.foot, *(script.foot for script in scripts)),
                        head=max(base.head, *(script.head for script in scripts)),
                    ),
                )

    def _apart(self, base: _Fit, below: _Fit | None, above: _Fit | None) -> bool:
        """Tell whether scripts are smaller than their base, and stand where they belong."""
        for script in (below, above):
            if script is None or script.size is None or base.size is None:
                continue
            if script.size >= base.size * (1 - NEAR):
                return False
        spare = NEAR * self.size
        lower = below is None or below.level < base.level - spare
        higher = above is None or above.level > base.level + spare
        return lower and higher
