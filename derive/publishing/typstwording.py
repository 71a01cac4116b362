"""The words that a document is to have in Typst, made without what writes them."""

from __future__ import annotations

from dataclasses import dataclass

from derive.document.blocks import Algorithm, Display, Heading, TableBlock
from derive.document.text import PageRef, Ref
from derive.publishing.wording import Wording
from derive.reading.words import Word


@dataclass
class TypstWording(Wording):
    """Says what words a document has in Typst, where every number is written out."""

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
        for block in self.document.blocks:
            self.say_block(block)
        return self.words.taken()

    def say_table(self, block: TableBlock) -> None:
        self.words.sign("anchor", self.labels[block.id].anchor)
        self.say_caption(block)
        if block.long:
            self.words.sign("long")
        self.say_row(block.header)
        self.say_alignment(block.align)
        for row in block.rows:
            self.say_row(row)

    def say_algorithm(self, block: Algorithm) -> None:
        self.words.sign("anchor", self.labels[block.id].anchor)
        self.say_caption(block)
        for count, line in enumerate(block.lines, 1):
            self.words.sign("line", str(count))
            self.words.sign("indent", str(line.indent))
            self.say_value(line.text)
            if line.equation is not None:
                self.say_shown(Display(line.equation, line.instances))

    def say_code_reference(self, ref: Ref) -> None:
        self.say_reference(ref)

    def say_page(self, page: PageRef) -> None:
        self.words.sign("page", self.labels.spots.get(page.spot, self.labels[page.target].anchor))

    def say_spot(self, target: str | None) -> None:
        if target is not None:
            self.words.sign("anchor", self.labels.spots[target])


_ENTRIES = 26
"""So many entries of contents leave room for text on the first page."""
