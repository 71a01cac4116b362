"""Faults in words, references, and the places of formulas among them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from derive.render.page.view import (
    AlgorithmView,
    DisplaysView,
    FigureView,
    ListingView,
    ProseView,
    TableView,
)
from tests.faults.fault import Change, Fault, computed, instead, once, text

SPEAKER = "derive.render.page.words.Speaker"
MARKDOWN = "derive.render.text.source.MarkdownMarkup"
LATEX = "derive.render.tex.source.LatexMarkup"
FORMS = (
    ("markdown", MARKDOWN, "derive.render.text.source.view"),
    ("latex", LATEX, "derive.render.tex.source.view"),
)

_TITLED = "run handout elman -T 1 --detail brief --out {out}"

REFUSAL = r"^the text of elman-T2 is not what was meant: .*, line \d+, column \d+: "


def _worded(name: str, target: str, make: Change, form: str = "markdown") -> Fault:
    return Fault(name, target, make, (f"write elman-2 {form}",), REFUSAL)


def _first(kind: type, change: Callable[[Any], Any]) -> Change:
    """Change the first block of a kind that the change makes another."""

    def make(found: Any) -> Any:
        blocks = list(found.blocks)
        for at, block in enumerate(blocks):
            if isinstance(block, kind) and change(block) != block:
                blocks[at] = change(block)
                break
        return replace(found, blocks=tuple(blocks))

    return text(make)


def _without_a_paragraph(found: Any) -> Any:
    plain = next(b for b in found.blocks if isinstance(b, ProseView) and "$" not in b.text)
    return replace(found, blocks=tuple(b for b in found.blocks if b is not plain))


def _figures_exchanged(found: Any) -> Any:
    first, second, *_ = [b for b in found.blocks if isinstance(b, FigureView)]
    links = {first.anchor: second.block, second.anchor: first.block}
    return replace(
        found,
        blocks=tuple(
            replace(b, block=links.get(b.anchor, b.block)) if isinstance(b, FigureView) else b
            for b in found.blocks
        ),
    )


def _formulas_exchanged(block: AlgorithmView) -> AlgorithmView:
    """Exchange the first two formulas of an algorithm, numbers and anchors included."""
    one, other, *_ = [n for n, line in enumerate(block.lines) if line.formula is not None]
    lines = list(block.lines)
    lines[one] = replace(lines[one], formula=block.lines[other].formula)
    lines[other] = replace(lines[other], formula=block.lines[one].formula)
    return replace(block, lines=tuple(lines))


def _turned(cells: tuple[str, ...]) -> tuple[str, ...]:
    return (cells[1], cells[0], *cells[2:])


def _plus_one(right: Any, self: Any, anchor: str, number: str) -> Any:
    return right(self, anchor, number[:-1] + str(int(number[-1]) + 1))


def _elsewhere(right: Any, self: Any, anchor: str, inner: str) -> Any:
    return right(self, "sec-network", inner)


def _more(right: Any, self: Any, value: Any) -> Any:
    return right(self, value + 1 if type(value) is int and value > 0 else value)


def _emptied(right: Any, self: Any, inner: str, strong: bool) -> Any:
    return right(self, inner if strong else "", strong)


SEEN: dict[str, Change] = {
    "columns of a table exchanged": _first(TableView, lambda table: replace(
        table, rows=tuple(_turned(row) for row in table.rows))),
    "headers of a table exchanged": _first(TableView, lambda table: replace(
        table, header=_turned(table.header))),
    "a paragraph without mathematics that is lost": text(_without_a_paragraph),
    "formulas of an algorithm exchanged": _first(AlgorithmView, _formulas_exchanged),
    "displays in reverse order": _first(DisplaysView, lambda block: replace(
        block, formulas=block.formulas[::-1])),
    "drawings exchanged": text(_figures_exchanged),
    "a sign of code that is another": _first(ListingView, lambda block: replace(
        block, lines=tuple(replace(line, source=line.source.replace("1.0 - ", "1.0 + "))
                           for line in block.lines))),
    "lines of code exchanged": _first(ListingView, lambda block: replace(
        block, lines=block.lines[::-1])),
    "code that is not set in": _first(ListingView, lambda block: replace(
        block, lines=tuple(replace(line, indent=0) for line in block.lines))),
    "numbers behind other lines of code": _first(ListingView, lambda block: replace(
        block, lines=tuple(replace(line, reference=other.reference) for line, other
                           in zip(block.lines, reversed(block.lines), strict=True)))),
    "lines of an algorithm that are not set in": _first(AlgorithmView, lambda block: replace(
        block, lines=tuple(replace(line, indent=0) for line in block.lines))),
}  # fmt: skip

FAULTS = (
    _worded("numbers of references that are one too high", f"{MARKDOWN}.number",
            instead(_plus_one)),
    _worded("contents that begin elsewhere", "derive.render.page.view.DocumentView.headings",
            computed(lambda found: [*found[1:], found[0]])),
    _worded("the number of another place", f"{LATEX}.number",
            once(lambda right, self, anchor, number: right(self, "sec-network", number)), "latex"),
    *(fault for form, markup, view in FORMS for fault in (
        _worded(f"a link to another place in {form}", f"{markup}.link", once(_elsewhere), form),
        _worded(f"whole numbers that are one too high in {form}", f"{SPEAKER}.say",
                instead(_more), form),
        _worded(f"a word that is emphasised and lost in {form}", f"{markup}.marked",
                once(_emptied), form),
        _worded(f"largest for smallest in {form}", f"derive.render.page.escaping.{form}",
                text(lambda found: found.replace("largest", "smallest")), form),
        *(_worded(f"{name} in {form}", view, make, form) for name, make in SEEN.items()),
    )),
    # Letters that run to the left, which would take what follows with them.
    Fault("a title to the left that draws in what follows", "derive.render.page.words.isolated",
          instead(lambda right, words: words),
          (f"{_TITLED} --format md --title כותרת(1)",), r"the text of .* is not what was meant"),
    Fault("a title to the left that draws in the number of its page",
          "derive.render.page.shortened.isolated", instead(lambda right, words: words),
          (f"{_TITLED} --format pdf --engine typst --title {'כותרת-' * 20}",),
          r"stands above the pages"),
)  # fmt: skip
