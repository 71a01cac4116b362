"""Displayed formulas: on one line while they fit, else broken at their relations and plus signs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import repeat

from sympy import Basic

from derive.expressions.equation import Equation
from derive.typesetting.lines import broken, texts_of
from derive.typesetting.parting import Joint, Piece, parts_of
from derive.typesetting.printing import Printer

WIDTH = 62.0
"""The room on a line, in widths of an average letter: what a 16 cm line holds beside its number."""


@dataclass(frozen=True)
class Reason:
    """What stands beside a line: in plain words, and as the format writes them."""

    words: str
    written: str


class PagePrinter(Printer):
    """A printer that breaks displayed formulas, as the formats of documents ask for."""

    def display(self, equation: Equation, reasons: Sequence[Reason] = ()) -> str:
        """Return a displayed formula, broken over lines where it is long, or has reasons beside it."""
        return display(self, equation, reasons)


def display(printer: Printer, equation: Equation, reasons: Sequence[Reason] = ()) -> str:
    """Return the formula on one line, or as ``aligned`` lines that break before a sign.

    ``reasons`` are words for each side but the first; then each side has a line of its own.  In plain
    text these lines end with the reason.
    """
    if reasons:
        laid = _reasoned_in_words if printer.dialect == "plain" else _reasoned
        return laid(printer, equation, reasons)
    left, lines = lines_of(printer, equation)
    body = lines[0]
    if left:
        rows = r" \\ ".join(f"&{line}" for line in lines)
        body = r"\begin{aligned} " + left + " " + rows + r" \end{aligned}"
    return _fitted(printer, body, width(left) + max(width(line) for line in lines))


def in_words(formula: str, reasons: Sequence[Reason]) -> str:
    """Return a formula in plain text with the reasons for its lines behind it, where there are any."""
    return " | ".join([formula, *(reason.words for reason in reasons if reason.words)])


def _reasoned_in_words(printer: Printer, equation: Equation, reasons: Sequence[Reason]) -> str:
    """Return a line of plain text for each side, with its reason behind it where it has one."""
    left, *rights = [printer.text(side) for side in equation.sides]
    relations = [printer.relation(equation, n == len(rights)) for n in range(1, len(rights) + 1)]
    starts = [left + relations[0], *(relation.lstrip() for relation in relations[1:])]
    return "\n".join(
        in_words(start + side, [reason])
        for start, side, reason in zip(starts, rights, reasons, strict=True)
    )


def _fitted(printer: Printer, body: str, widest: float) -> str:
    """Return a formula; one with a line that has no sign to be broken at, so as to be set smaller.

    By the macro of the layout, which looks at how wide it is.
    """
    return rf"\fitted{{{body}}}" if printer.dialect == "latex" and widest > WIDTH else body


def lines_of(printer: Printer, equation: Equation) -> tuple[str, list[str]]:
    """Return what stands left of the lines, and the lines; nothing and one line if all fits."""
    left, *rights = [printer.text(side) for side in equation.sides]
    whole = printer.joined_sides(equation, [left, *rights])
    if printer.dialect == "plain" or width(whole) <= WIDTH:
        return "", [whole]
    room = WIDTH - width(left) - 2
    lines: list[str] = []
    for n, (side, text) in enumerate(zip(equation.sides[1:], rights, strict=True), 1):
        relation = printer.relation(equation, n == len(rights))
        parts = [text] if width(text) <= room else _broken(printer, side, room)
        lines += [f"{relation}{parts[0]}", *parts[1:]]
    return left, lines


def _reasoned(printer: Printer, equation: Equation, reasons: Sequence[Reason]) -> str:
    """Return a line for each side with its reason at the end; of a long side, at its last line."""
    left, *rights = [printer.text(side) for side in equation.sides]
    room = WIDTH - width(left) - 2 - max(REASON * len(reason.words) for reason in reasons)

    def parts_of(side: Basic, text: str, room: float) -> list[str]:
        return [text] if width(text) <= room else _broken(printer, side, room, packed=True)

    broken = map(parts_of, equation.sides[1:], rights, repeat(room))
    widest = max(width(part) for parts in broken for part in parts)
    lines: list[str] = []
    pairs = zip(equation.sides[1:], rights, reasons, strict=True)
    for n, (side, text, reason) in enumerate(pairs, 1):
        relation = printer.relation(equation, n == len(rights))
        # As much as one line cannot do without, the others have as well.
        parts = parts_of(side, text, max(room, widest))
        lines += [f"&{relation}{parts[0]}", *(f"&{part}" for part in parts[1:])]
        lines[-1] += rf" && \text{{{reason.written}}}" if reason.words else ""
    body = r"\begin{aligned} " + left + " " + r" \\ ".join(lines) + r" \end{aligned}"
    return _fitted(printer, body, WIDTH + widest - room)


REASON = 0.68
"""How wide a letter of a reason is, beside one of a formula."""


def _broken(printer: Printer, side: Basic, room: float, *, packed: bool = False) -> list[str]:
    """Return the lines of a side: one of each term, or as many on each as it has room for."""
    parts = parts_of(printer, side, lambda term: width(printer.text(term)) > room)
    lines = broken(parts, widths_of(parts), room, packed=packed)
    return texts_of(printer.glyphs, lines, "{} ", r"\quad ")


def widths_of(parts: Sequence[Piece]) -> list[float]:
    """Return how wide parts are in letters, with what stands before them."""
    signed = (Joint.TERM, Joint.DOTS)
    return [width(f"{'+' if part.joint in signed else part.glue} {part.body}") for part in parts]


_NARROW = re.compile(
    r"\\(?:left|right|[bB]igg?[lr]?|textcolor\{[^}]*\}|mathbf|mathrm|operatorname|quad|,)"
)


@lru_cache(maxsize=4096)
def width(tex: str) -> float:
    """Return roughly how wide TeX is set, in letters: of a fraction the wider part."""
    text = _NARROW.sub("", tex)
    total, i, scale = 0.0, 0, 1.0
    scales: list[float] = []
    while i < len(text):
        sign = text[i]
        if text.startswith((r"\frac{", r"\tfrac{"), i):
            above, after = _group(text, text.index("{", i))
            below, i = _group(text, after)
            total += scale * max(width(above), width(below)) + 0.5
            continue
        if text.startswith((r"\sum_{", r"\prod_{"), i):
            low, after = _group(text, text.index("{", i))
            total += max(2.0, 0.7 * width(low))
            _, i = _group(text, after + 1)
            continue
        if text.startswith(r"\begin{pmatrix}", i):
            rows, i = _matrix(text, i)
            total += max(sum(cell + 2 for cell in row) for row in rows)
            continue
        if sign == "\\":
            command = re.match(r"\\[A-Za-z]+|\\.", text[i:])
            assert command is not None
            total += scale * (len(command[0]) - 1 if command[0] in (r"\tanh", r"\log") else 1.3)
            i += len(command[0])
            continue
        if sign in "_^":
            scale, i = 0.7, i + 1
            if i < len(text) and text[i] == "{":
                inner, i = _group(text, i)
                total += 0.7 * width(inner)
            scale = 1.0
            continue
        total += scale * {
            "{": 0,
            "}": 0,
            " ": 0,
            "(": 0.8,
            ")": 0.8,
            "=": 2.4,
            "+": 2.2,
            "-": 2.0,
        }.get(sign, 1.0)
        i += 1
    assert not scales
    return total


def _matrix(text: str, start: int) -> tuple[list[list[float]], int]:
    """Return the widths of a matrix's cells, row by row, and where the text goes on."""
    rows: list[list[float]] = [[]]
    level, begun = 0, start
    for part in re.finditer(r"\\begin\{pmatrix\}|\\end\{pmatrix\}|\\\\|&", text[start:]):
        at, end = start + part.start(), start + part.end()
        level += part[0].startswith(r"\begin") - part[0].startswith(r"\end")
        if level == 1 and part[0] == r"\begin{pmatrix}":
            begun = end
        elif level == 0 or (level == 1 and part[0] in ("&", r"\\")):
            # What stands in a matrix of the matrix belongs to its cell.
            rows[-1].append(width(text[begun:at]))
            begun = end
            if level == 0:
                return rows, end
            if part[0] == r"\\":
                rows.append([])
    raise ValueError(f"a matrix without an end in {text!r}")


def _group(text: str, start: int) -> tuple[str, int]:
    """Return what stands in the braces that open at ``start``, and where the text goes on."""
    level = 0
    for i in range(start, len(text)):
        level += (text[i] == "{") - (text[i] == "}")
        if level == 0:
            return text[start + 1 : i], i + 1
    raise ValueError(f"unbalanced braces in {text!r}")
