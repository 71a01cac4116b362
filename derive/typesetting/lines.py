"""The parts of a formula that is too wide, on lines: as full as they go, ended where it hurts least."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from derive.typesetting.glyphs import Glyphs
from derive.typesetting.parting import Joint, Piece, TermColour

_OVERFULL = 100.0
_ANOTHER = 0.3
_DEEPER = 0.15
_BEFORE = {Joint.TERM: 0.0, Joint.TIMES: 0.3, Joint.BESIDE: 0.6}
"""What a line costs that is wider than its room, one more, one that begins a level deeper, and one that
begins with each joint.  What is left empty costs its share of the room, squared."""

_MIXED = 0.8
"""What a line costs that has a term whole or in part, and a part only of another."""

INDENT = 2.0
"""How far a line is moved that does not begin with a term of its side, in widths of a letter."""

_MOST_INDENTED = 2


def broken(
    parts: Sequence[Piece], widths: Sequence[float], room: float, *, packed: bool
) -> list[list[Piece]]:
    """Return the parts of each line.

    Each term of the side begins a line, unless the lines are to be ``packed``; dots end one.
    """
    best: list[tuple[float, int]] = [(0.0, 0)]
    for end in range(1, len(parts) + 1):
        found = []
        wide = 0.0
        depths: list[int] = []
        for start in range(end - 1, -1, -1):
            wide += widths[start]
            first = parts[start]
            if first.joint is Joint.DOTS:
                continue
            over = wide + INDENT * _indents(first, start) - room
            left = 0.0 if end == len(parts) else min(over, 0.0) / room
            cost = best[start][0] + _ANOTHER + left * left
            cost += _OVERFULL * max(over, 0.0) / room
            ends = (first, *parts[end : end + 1])
            cost += _MIXED if any(_goes_on(depths, part) for part in ends) else 0.0
            if first.joint is Joint.TERM:
                depths.append(first.depth)
            if start:
                cost += _BEFORE[first.joint] + _DEEPER * first.depth
            found.append((cost, start))
            # Nothing in front of it is on this line.
            alone = not packed and _is_of_side(first)
            if alone or (over > room and len(found) > 1):
                break
        best.append(min(found))
    lines: list[list[Piece]] = []
    end = len(parts)
    while end:
        start = best[end][1]
        lines.insert(0, list(parts[start:end]))
        end = start
    return lines


def texts_of(glyphs: Glyphs, lines: Sequence[Sequence[Piece]], lead: str, indent: str) -> list[str]:
    """Return what stands on each line.

    Before a sign with which a line begins stands ``lead``, and ``indent`` before that for each level
    of parentheses, once at least where no term of the side begins.
    """
    found = []
    seen: set[TermColour | None] = {part.tint for line in lines for part in line}
    if len(seen) > 1:
        # Of a side of one term the minus is in its colour, as all else in it.
        seen = set()
    seen.add(None)
    for n, line in enumerate(lines):
        text = indent * _indents(line[0], n)
        for tint, run in groupby(line, lambda part: part.tint):
            inside = ""
            for part in run:
                begun = part is line[0]
                sign = _sign(glyphs, part, lead if begun else None, first=begun and not n)
                # The sign of a term stands before its colour, those within it in it.
                text, sign = (text, sign) if tint in seen and tint else (text + sign, "")
                seen.add(tint)
                if tint is None:
                    text += part.body
                inside += sign + part.body
            if tint is not None:
                text += glyphs.coloured(inside, tint.step, tint.steps)
        found.append(text)
    return found


def _sign(glyphs: Glyphs, part: Piece, lead: str | None, *, first: bool) -> str:
    """Return what stands before a part: ``lead`` as well, if given, as it begins a line."""
    signed = part.joint in (Joint.TERM, Joint.DOTS)
    if first:
        return "-" if part.negative else ""
    if lead is None:
        sign = glyphs.minus if part.negative else glyphs.plus
        return sign if signed else part.glue
    if signed:
        return f"{lead}{'-' if part.negative else '+'} "
    return f"{lead}{part.glue.strip()} " if part.joint is Joint.TIMES else ""


def _goes_on(depths: Sequence[int], part: Piece) -> bool:
    """Tell whether a part, the first of a line or of the next, is of a term that stands on both.

    ``depths`` are those of the terms that begin on the line, behind its first part.
    """
    level = part.depth if part.joint is Joint.TERM else part.depth + 1
    return any(depth < level for depth in depths)


def _is_of_side(part: Piece) -> bool:
    return part.joint is Joint.TERM and not part.depth


def _indents(part: Piece, start: int) -> int:
    if not start or _is_of_side(part):
        return 0
    return min(max(part.depth, 1), _MOST_INDENTED)
