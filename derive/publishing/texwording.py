"""The words that a document is to have in LaTeX, made without what writes them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from derive.document.blocks import (
    Algorithm,
    Block,
    Display,
    FigureBlock,
    Heading,
    Instance,
    TableBlock,
)
from derive.document.language import Filled
from derive.document.text import PageRef, Ref, Text
from derive.expressions.equation import Equation
from derive.publishing.wording import Wording
from derive.reading.words import Word
from derive.render.page.numbering import ReferenceLabel


@dataclass
class LatexWording(Wording):
    """Says what words a document has in LaTeX, which counts for itself: a number is a label.

    Where ``known`` is true, it may be read in pieces, so that numbers stand beside their labels.
    """

    known: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        self.isolates = False

    def whole(self) -> list[Word]:
        """Return the words of the whole document, its title first."""
        self.words.sign("title")
        self.say_value(self.document.title)
        self.words.sign("author")
        self.say_value(self.document.author or "")
        headings = [b for b in self.document.blocks if isinstance(b, Heading)]
        if self.has_contents(headings):
            self.words.sign("contents")
            self.say_sentence("ui.contents")
            # How deep the contents go is a matter of room.
            self.words.text("2" if len(headings) <= _ENTRIES else "1")
        return self.pieces()

    def pieces(self) -> list[Word]:
        """Return the words of its chapters; LaTeX finds out by itself what is in them."""
        waiting: list[Display] = []
        for block in self.document.blocks:
            # Several displays are one environment, and what they say of instances stands behind it.
            if not isinstance(block, Display):
                self._say_waiting(waiting)
            self.say_block(block)
            waiting += [block] if isinstance(block, Display) else []
        self._say_waiting(waiting)
        return self.words.taken()

    def _say_waiting(self, waiting: list[Display]) -> None:
        for block in waiting:
            self._say_of(block.equation, block.instances)
        waiting.clear()

    def say_shown(self, block: Display) -> None:
        self.say_display(block.equation)

    def _say_of(self, equation: Equation, instances: Iterable[Instance]) -> None:
        for one in instances:
            self.words.sign("of", self.labels[equation.id].anchor)
            self.words.sign("anchor", self.labels[one.equation.id].anchor)
            self.words.sign("letter", one.mark)

    def say_block(self, block: Block) -> None:
        sign = self.words.sign
        if isinstance(block, Heading):
            title = Text(block.key, block.values)
            sign("heading", str(block.level + 1))
            self.say_value(title)
            sign("alternative", self.plain_words(title))
            sign("anchor", self.labels[block.id].anchor)
        else:
            super().say_block(block)

    def say_figure(self, block: FigureBlock) -> None:
        self.words.sign("drawing", f"{self.folder}/{block.figure.id}")
        self._named(block)
        self.say_caption(block)
        self.words.sign("anchor", self.labels[block.id].anchor)

    def say_table(self, block: TableBlock) -> None:
        self._named(block)
        self.say_row(block.header)
        for row in block.rows:
            self.say_row(row)
        self.words.sign("columns", block.align)
        if block.long:
            self.words.sign("long")
        self.say_caption(block)
        self.words.sign("anchor", self.labels[block.id].anchor)

    def say_algorithm(self, block: Algorithm) -> None:
        sign = self.words.sign
        sign("anchor", self.labels[block.id].anchor)
        self._named(block)
        self.say_caption(block)
        for count, line in enumerate(block.lines, 1):
            sign("line", str(count))
            sign("indent", str(line.indent))
            self.say_value(line.text)
            if line.equation is not None:
                sign("formula")
                sign("anchor", self.labels[line.equation.id].anchor)
                self._say_of(line.equation, line.instances)

    def say_code_reference(self, ref: Ref) -> None:
        self.say_reference(ref)

    def _named(self, block: FigureBlock | TableBlock | Algorithm) -> None:
        self.words.sign("name")
        self.say_number("label", self.labels[block.id])

    def say_caption(self, block: FigureBlock | TableBlock | Algorithm) -> None:
        self.words.sign("caption")
        self.say_value(block.caption)

    def say_page(self, page: PageRef) -> None:
        if self.known:
            # Pieces may stand on pages that no handout knows.
            super().say_page(page)
            return
        anchor = self.labels.spots.get(page.spot, self.labels[page.target].anchor)
        self.words.sign("link")
        self.words.sign("page", anchor)
        self.words.sign("target", anchor)

    def say_spot(self, target: str | None) -> None:
        if target is not None:
            self.words.sign("anchor", self.labels.spots[target])

    def say_number(self, table: str, label: ReferenceLabel) -> None:
        number = f"{label.anchor} {label.number}" if self.known else label.anchor
        key = f"ui.{table}.{label.kind}"
        for part in self.language.sentence(key, {"number": label.number}):
            if isinstance(part, Filled):
                self.words.sign("number", number)
            else:
                self.say_parts([part])


_ENTRIES = 26
"""So many entries of contents leave room for text on the first page."""
