"""The words that a part of a handout is to have on a page of Sphinx."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from derive.document.blocks import (
    Algorithm,
    AlgorithmLine,
    Block,
    Bullets,
    Display,
    FigureBlock,
    Heading,
    Instance,
    Listing,
    TableBlock,
)
from derive.document.text import Ref, Text, Url, Value
from derive.embedding.meant import MeantPart
from derive.expressions.equation import Equation
from derive.publishing.wording import Wording

_LISTS = {False: ("bullet_list", ""), True: ("enumerated_list", "arabic")}


@dataclass
class NodeWording(Wording):
    """Says what a page of Sphinx is to hold, as `derive.sphinx.words` reads it.

    ``ids`` are those that things have on the page, by their ids in the handout, and ``known`` the ids
    of what may be referred to; ``counted`` is whether Sphinx numbers figures and tables.
    """

    part: MeantPart = field(kw_only=True)
    ids: Mapping[str, str] = field(default_factory=dict)
    known: frozenset[str] = frozenset()
    counted: bool = False
    _open: list[int] = field(default_factory=list)

    def say_part(self) -> None:
        """Say the sections that are asked for, and the figures."""
        for blocks in self.part.sections:
            for block in blocks:
                self.say_block(block)
            self._close_sections(1)
        for block in self.part.figures:
            self.say_block(block)

    def say_block(self, block: Block) -> None:
        if isinstance(block, Heading):
            self._close_sections(block.level)
            self._open.append(block.level)
            self.words.sign("section", self.ids.get(block.id, ""))
            self.words.sign("title")
            self.say_title(block)
        elif isinstance(block, Bullets):
            self._begin_list(block.numbered)
            for item in block.items:
                self.words.sign("list_item")
                self.words.sign("paragraph")
                self.say_value(item)
                self.words.sign("end", "list_item")
            self._end_list(block.numbered)
        else:
            super().say_block(block)

    def _close_sections(self, level: int) -> None:
        while self._open and self._open[-1] >= level:
            self._open.pop()
            self.words.sign("end", "section")

    def say_title(self, heading: Heading) -> None:
        # Sphinx numbers sections by itself, if at all.
        self.say_value(Text(heading.key, heading.values))

    def _begin_list(self, numbered: bool) -> None:
        self.words.sign(*_LISTS[numbered])

    def _end_list(self, numbered: bool) -> None:
        self.words.sign("end", _LISTS[numbered][0])

    def say_instances(self, instances: Iterable[Instance]) -> None:
        """Say nothing: a page may have them elsewhere."""

    def say_display(self, equation: Equation) -> None:
        self._say_labelled(self.part.request.prefix + equation.id)

    def _say_labelled(self, label: str) -> None:
        self.words.sign("anchor", label)
        self.words.sign("display", label)

    def say_figure(self, block: FigureBlock) -> None:
        self.words.sign("figure", self.ids.get(block.id, ""))
        self.words.sign("drawing", block.figure.id)
        self.words.sign("alternative", self.plain_words(block.caption))
        self.words.sign("caption")
        self._say_named(block, self.counted)
        self.words.sign("end", "figure")

    def say_table(self, block: TableBlock) -> None:
        sign = self.words.sign
        sign("table", self.ids.get(block.id, ""))
        sign("title")
        self._say_named(block, self.counted)
        sign("tgroup", f"{len(block.align)} {len(block.align)}")
        sign("thead")
        self._say_cells(block.header)
        sign("tbody")
        for row in block.rows:
            self._say_cells(row)
        sign("end", "table")

    def _say_cells(self, cells: Sequence[Value]) -> None:
        self.words.sign("row")
        for cell in cells:
            self.words.sign("entry")
            self.words.sign("paragraph")
            self.say_value(cell)

    def say_algorithm(self, block: Algorithm) -> None:
        self.words.sign("container", self.ids.get(block.id, ""))
        self.words.sign("paragraph")
        self._say_named(block, False)
        self._say_lines(block.lines)
        self.words.sign("end", "container")

    def say_listing(self, block: Listing) -> None:
        # Code has no references there: Sphinx counts by itself.
        self.words.sign("listing", f"python {block.source}")

    def _say_lines(self, lines: Sequence[AlgorithmLine]) -> None:
        """Say lines as lists, one within the item before it where a line is indented further."""
        depth = -1
        for line in lines:
            depth = self._come_to(line.indent, depth)
            self.words.sign("list_item")
            self.words.sign("paragraph")
            self.say_value(line.text)
            if line.equation is not None:
                self.say_shown(Display(line.equation))
        self._come_to(-1, depth)

    def _come_to(self, wanted: int, depth: int) -> int:
        """End the item before, and the lists that are not wanted any longer, or begin others."""
        while depth > wanted:
            self.words.sign("end", "list_item")
            self._end_list(True)
            depth -= 1
        if depth == wanted >= 0:
            self.words.sign("end", "list_item")
        while depth < wanted:
            self._begin_list(True)
            depth += 1
        return depth

    def _say_named(self, block: FigureBlock | TableBlock | Algorithm, counted: bool) -> None:
        if not counted:
            self.words.sign("mark", "**")
            self.say_number("label", self.labels[block.id])
            self.words.sign("mark", "**")
        self.say_value(block.caption)

    def say_value(self, value: Value) -> None:
        if isinstance(value, Url):
            self.words.sign("link")
            self.words.text(value.address)
            self.words.sign("web", value.address)
        else:
            super().say_value(value)

    def say_reference(self, ref: Ref) -> None:
        kind = self.labels[ref.target].kind
        id = self.ids.get(ref.target, "")
        if ref.target not in self.known:
            self.say_value(self.part.elsewhere(ref))
        elif kind == "equation":
            self.words.sign("reference", f"math eq {self.part.request.prefix}{ref.target}")
        elif kind in ("figure", "table") and self.counted:
            self.words.sign("reference", f"std numref {id}")
        else:
            self.words.sign("link")
            self.say_number("reference", self.labels[ref.target])
            self.words.sign("target", id)
