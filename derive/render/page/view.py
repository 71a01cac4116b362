"""A document as the layouts see it: the same blocks, with every sentence and formula a string."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from derive.document.blocks import (
    Algorithm,
    Block,
    Bullets,
    Display,
    Document,
    FigureBlock,
    Heading,
    Instance,
    Listing,
    Prose,
    TableBlock,
)
from derive.document.text import Text
from derive.document.used import Used, told_by, used_in
from derive.expressions.equation import Equation
from derive.render.page.numbering import ids_of
from derive.render.page.plain import Plain
from derive.render.page.words import Speaker
from derive.typesetting.layout import Reason

# From this many chapters and blocks on a reader wants to see at the start what there is.
_CHAPTERS, _BLOCKS = 4, 24

# Lines of an algorithm that fit on a third of a page, also where formulas are long.
_WHOLE = 11

# Characters of a row of a table that take a third of the width of a page.
_NARROW = 38


@dataclass(frozen=True)
class FormulaView:
    """A numbered equation; ``tex`` is bare.

    ``instances`` are what it says of each of several quantities, their numbers ending in ``mark``;
    ``begins``: where short equations stand beside one another, it begins a line.
    """

    anchor: str
    number: str
    tex: str
    mark: str = ""
    instances: tuple[FormulaView, ...] = ()
    begins: bool = False


@dataclass(frozen=True)
class HeadingView:
    """``plain`` is the text without mathematics, for places that hold none."""

    anchor: str
    number: str
    level: int
    text: str
    plain: str
    kind: str = "heading"


@dataclass(frozen=True)
class ProseView:
    """A paragraph."""

    text: str
    kind: str = "prose"


@dataclass(frozen=True)
class BulletsView:
    """A list; ``spots`` are by what the pages of its items are found, "" of others."""

    items: tuple[str, ...]
    spots: tuple[str, ...]
    numbered: bool
    kind: str = "bullets"


@dataclass(frozen=True)
class DisplaysView:
    """Equations on display, with nothing between them."""

    formulas: tuple[FormulaView, ...]
    kind: str = "displays"


@dataclass(frozen=True)
class FigureView:
    """A figure still to be drawn; ``name`` is ``Figure 1``.

    ``beside`` is what stands at its right, a figure or a table, and ``right`` whether it does itself.
    """

    anchor: str
    name: str
    caption: str
    plain: str
    block: FigureBlock
    beside: str = ""
    right: bool = False
    kind: str = "figure"


@dataclass(frozen=True)
class TableView:
    """A table; ``widths`` are those of the widest cells, in characters or so.

    ``right``: it stands at the right of a figure.
    """

    anchor: str
    name: str
    caption: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    align: str
    long: bool
    widths: tuple[int, ...]
    right: bool = False
    kind: str = "table"


@dataclass(frozen=True)
class LineView:
    """A line of an algorithm; ``may_break``: a page may end before it."""

    number: int
    indent: int
    text: str
    formula: FormulaView | None
    may_break: bool


@dataclass(frozen=True)
class AlgorithmView:
    """An algorithm."""

    anchor: str
    name: str
    caption: str
    lines: tuple[LineView, ...]
    kind: str = "algorithm"


@dataclass(frozen=True)
class CodeLineView:
    """A line of code: how far it is set in, what it is then, and the number of its equation."""

    indent: int
    source: str
    reference: str


@dataclass(frozen=True)
class ListingView:
    """Lines of code."""

    lines: tuple[CodeLineView, ...]
    kind: str = "listing"


BlockView = (
    HeadingView
    | ProseView
    | BulletsView
    | DisplaysView
    | FigureView
    | TableView
    | AlgorithmView
    | ListingView
)


@dataclass(frozen=True)
class DocumentView:
    """A document; ``contents`` says whether it is long enough to want a list of its chapters."""

    title: str
    plain_title: str
    author: str | None
    plain_author: str | None
    language: str
    blocks: tuple[BlockView, ...]
    contents: bool

    @property
    def headings(self) -> list[HeadingView]:
        """The headings in order."""
        return [block for block in self.blocks if isinstance(block, HeadingView)]


def view(
    document: Document,
    speaker: Speaker,
    cells: Speaker | None = None,
    plain: Speaker | None = None,
    whole: Document | None = None,
) -> DocumentView:
    """Return the strings of a document; ``cells`` speaks in tables where a format has other rules.

    ``plain`` speaks where no mathematics can stand, if the printer of the format is none of TeX.
    ``whole`` is what the document is a piece of, where that may refer to all of it.
    """
    plain = plain or Speaker(speaker.language, Plain(), speaker.printer, speaker.numbering)
    looking = _Looking(speaker, cells or speaker, plain, used_in(whole or document))
    blocks: list[BlockView] = []
    for block in document.blocks:
        seen = looking.at(block)
        last = blocks[-1] if blocks else None
        if isinstance(seen, DisplaysView) and isinstance(last, DisplaysView):
            blocks[-1] = DisplaysView(last.formulas + seen.formulas)
        else:
            blocks.append(seen)
    chapters = sum(isinstance(block, Heading) and block.level == 1 for block in document.blocks)
    return DocumentView(
        title=speaker.say(document.title),
        plain_title=plain.say(document.title),
        author=None if document.author is None else speaker.say(document.author),
        plain_author=None if document.author is None else plain.say(document.author),
        language=document.language,
        blocks=tuple(_beside(blocks)),
        contents=chapters >= _CHAPTERS and len(document.blocks) >= _BLOCKS,
    )


def _beside(blocks: Sequence[BlockView]) -> Iterator[BlockView]:
    """Yield blocks, each narrow figure with what stands at its right where that may."""
    right = False
    for n, block in enumerate(blocks):
        after = blocks[n + 1] if n + 1 < len(blocks) else None
        if isinstance(block, FigureView | TableView) and right:
            yield replace(block, right=True)
            right = False
        elif isinstance(block, FigureView) and block.block.narrow and _fits(after):
            assert after is not None, "there is no room beside nothing"
            yield replace(block, beside=after.kind)
            right = True
        else:
            yield block


def _fits(block: BlockView | None) -> bool:
    """Tell whether a block is narrow enough to stand beside a narrow figure."""
    if isinstance(block, FigureView):
        return block.block.narrow
    return isinstance(block, TableView) and not block.long and sum(block.widths) <= _NARROW


@dataclass(frozen=True)
class _Looking:
    speaker: Speaker
    cells: Speaker
    plain: Speaker
    used: Mapping[str, tuple[Used, ...]]

    def at(self, block: Block) -> BlockView:
        """Return the view of one block; TypeError for a block of an unknown kind."""
        if isinstance(block, Heading):
            label = self.speaker.numbering[block.id]
            text = Text(block.key, block.values)
            return HeadingView(
                label.anchor, label.number, block.level, self._say(text), self.plain.say(text)
            )
        if isinstance(block, Prose):
            return ProseView(self._say(Text(block.key, block.values)))
        if isinstance(block, Bullets):
            spots = [self.speaker.numbering.spots.get(id, "") for id in ids_of(block)]
            return BulletsView(tuple(map(self._say, block.items)), tuple(spots), block.numbered)
        if isinstance(block, Display):
            return DisplaysView((self._formula(block),))
        if isinstance(block, FigureBlock):
            anchor, name = self._label(block.id)
            caption = self._say(block.caption)
            return FigureView(anchor, name, caption, self.plain.say(block.caption), block)
        if isinstance(block, TableBlock):
            return self._table(block)
        if isinstance(block, Algorithm):
            return self._algorithm(block)
        if isinstance(block, Listing):
            return self._listing(block)
        raise TypeError(f"a document cannot hold a block {type(block).__name__}")

    def _listing(self, block: Listing) -> ListingView:
        lines = (
            CodeLineView(
                len(line.source) - len(line.source.lstrip(" ")),
                line.source.strip(" "),
                "" if line.ref is None else self.speaker.refer_in_code(line.ref),
            )
            for line in block.lines
        )
        return ListingView(tuple(lines))

    def _say(self, text: Text) -> str:
        return self.speaker.say(text)

    def _label(self, target: str) -> tuple[str, str]:
        label = self.speaker.numbering[target]
        return label.anchor, self.speaker.name(label)

    def _formula(self, display: Display) -> FormulaView:
        instances = tuple(self._instance(one) for one in display.instances)
        seen = self._equation(display.equation)
        return replace(seen, instances=instances, begins=display.begins)

    def _instance(self, one: Instance) -> FormulaView:
        return replace(self._equation(one.equation), mark=one.mark)

    def _equation(self, equation: Equation) -> FormulaView:
        label = self.speaker.numbering[equation.id]
        printer = self.speaker.printer
        if not equation.reasons:
            return FormulaView(label.anchor, label.number, printer.display(equation))
        used = self.used.get(equation.id) or ((),) * len(equation.reasons)
        reasons = [*map(self._reason, equation.reasons, used)]
        return FormulaView(label.anchor, label.number, printer.display(equation, reasons))

    def _reason(self, key: str, used: Used) -> Reason:
        """Return what stands beside a line, with the numbers of what is put in there."""
        text, markup = Text(key), self.speaker.markup
        if used:
            cited = told_by(key, used)
            anchors = [self.speaker.numbering[id].anchor for id in used]
            words = self.plain.say(cited)
            written = markup.beside(words, self.speaker.say(cited), anchors)
            if written is not None:
                return Reason(words, written)
        words = self.plain.say(text)
        written = markup.beside(words, self.speaker.say(text), ())
        return Reason(words, words if written is None else written)

    def _table(self, block: TableBlock) -> TableView:
        columns = len(block.align)
        for row in (block.header, *block.rows):
            if len(row) != columns:
                raise ValueError(
                    f"table {block.id!r}: a row has {len(row)} cells, its alignment {columns}"
                )
        widths = (
            max(len(self.plain.say(row[column])) for row in (block.header, *block.rows))
            for column in range(columns)
        )
        anchor, name = self._label(block.id)
        return TableView(
            anchor,
            name,
            self._say(block.caption),
            tuple(self.cells.say(cell) for cell in block.header),
            tuple(tuple(self.cells.say(cell) for cell in row) for row in block.rows),
            block.align,
            block.long,
            tuple(widths),
        )

    def _algorithm(self, block: Algorithm) -> AlgorithmView:
        lines = tuple(
            LineView(
                count,
                line.indent,
                self.cells.say(line.text),
                None
                if line.equation is None
                else self._formula(Display(line.equation, line.instances)),
                # A short one stays whole; of a long one, two lines at least stay together.
                may_break=len(block.lines) > _WHOLE and 2 < count < len(block.lines),
            )
            for count, line in enumerate(block.lines, start=1)
        )
        anchor, name = self._label(block.id)
        return AlgorithmView(anchor, name, self._say(block.caption), lines)
