"""A page of Markdown with parts of derivations in it: its equations numbered, and referred to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from derive.document.blocks import Block, FigureBlock, Heading
from derive.document.text import Text
from derive.embedding.parts import Parts
from derive.embedding.reading import PageReader
from derive.embedding.request import Request
from derive.errors import UsageError
from derive.expressions.equation import Equation
from derive.render.drawing.svg import svg
from derive.render.page.escaping import anchor, markdown
from derive.render.page.layout import fill
from derive.render.page.numbering import Numbering, ReferenceLabel, number
from derive.render.page.pieces import Elsewhere, ids, sections, without_instances
from derive.render.page.view import FormulaView, view
from derive.render.text.dialects import MarkdownDialect
from derive.render.text.source import displayed, layout_values, lettering, plain, speakers, tidy
from derive.suggest import suggestion
from derive.typesetting.layout import PagePrinter

PlaceDrawing = Callable[[str, str], str]
"""What takes the name and the text of an SVG and returns the address that a page has for it."""


@dataclass
class Page:
    """One page; ``numbers`` are those of its equations so far, by their labels.

    ``reader`` is what read it, and knows what is to stand there.

    Whatever is numbered is counted from one on each page.
    """

    dialect: MarkdownDialect
    draw: PlaceDrawing
    numbers: dict[str, int] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    reader: PageReader = field(init=False)
    _drawings: dict[str, tuple[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.reader = PageReader(self.dialect.name)

    def text(self, wanted: Request, found: Parts) -> str:
        """Return what stands in place of a request; a `UsageError` for an id that does not exist."""
        printer = PagePrinter(found.notation, "markdown")
        self._drawings = {}
        texts = [self._equation(found.equation(id), wanted, found) for id in wanted.equations]
        if wanted.sections or wanted.figures or wanted.whole:
            names = wanted.sections or (tuple(sections(found.document)) if wanted.whole else ())
            chosen = [block for name in names for block in found.section(name)]
            chosen += [found.figure(name) for name in wanted.figures]
            alone = without_instances(tuple(chosen))
            texts.append(self._blocks(alone, wanted, found, printer))
        if wanted.code:
            texts.append(f"```python\n{found.code.rstrip()}\n```")
        made = tidy("\n\n".join(texts))
        self.reader.require(made, wanted, found, self._drawings)
        return made

    def refer(self, label: str) -> str:
        """Return a reference to an equation of the page by its label; a `UsageError` without one."""
        if label not in self.numbers:
            raise UsageError(
                f"no equation {label!r} on this page: {suggestion(label, self.numbers)}"
            )
        place, shown = f"eq-{anchor(label)}", f"({self.numbers[label]})"
        made = self.dialect.equation_link(place, shown)
        self.reader.require_reference(made, label)
        return made

    def require_whole(self, page: str, source: str) -> str:
        """Return a page that has all that was made for it; a `CheckError` for any other."""
        self.reader.require_page(page, source)
        return page

    def _equation(self, equation: Equation, wanted: Request, found: Parts) -> str:
        label = wanted.prefix + equation.id
        self._number(label)
        self.counts["equation"] += 1
        seen = FormulaView(
            f"eq-{anchor(label)}", str(self.numbers[label]), found.tex(equation, True)
        )
        return displayed(self.dialect, seen)

    def _number(self, label: str) -> None:
        if label in self.numbers:
            raise UsageError(
                f"the equation {label!r} stands twice on this page; give one of the places a "
                "label-prefix"
            )
        self.numbers[label] = len(self.numbers) + 1

    def _blocks(
        self, blocks: tuple[Block, ...], wanted: Request, found: Parts, printer: PagePrinter
    ) -> str:
        document = found.document
        numbering, here = self._renumbered(found, blocks, wanted.prefix)
        elsewhere = Elsewhere(document, here)
        speaker, cells = (
            replace(one, numbering=numbering, elsewhere=elsewhere.named)
            for one in speakers(document, printer, self.dialect)
        )
        letter, say = lettering(document, printer).say, plain(document, printer).say
        values = {**layout_values("", self.dialect), "numbered_headings": False}
        seen = view(replace(document, blocks=blocks), speaker, cells).blocks
        texts = [fill(f"markdown/blocks/{b.kind}.md", block=b, **values) for b in seen]
        made = "\n".join(texts)
        for block in blocks:
            if isinstance(block, FigureBlock):
                name = f"{block.figure.id}.svg"
                drawing = svg(block.figure, letter, title=say(block.caption))
                address = self.draw(name, drawing)
                self._drawings[block.figure.id] = address, drawing
                made = made.replace(f"](/{name})", f"]({address})")
        return made

    def _renumbered(
        self, found: Parts, blocks: tuple[Block, ...], prefix: str
    ) -> tuple[Numbering, frozenset[str]]:
        """Return the labels of a document as this page has them, and the anchors that are on it."""
        labels = dict(number(found.document).labels)
        say = plain(found.document, PagePrinter(found.notation, "plain")).say
        here = set()
        for id in ids(blocks):
            label = labels[id]
            kind, _, rest = label.anchor.partition("-")
            if label.kind == "equation":
                self._number(prefix + id)
            self.counts[label.kind] += 1
            shown = str(self.counts[label.kind])
            place = f"{kind}-{anchor(prefix)}{rest}"
            labels[id] = ReferenceLabel(label.kind, shown, place)
            here.add(place)
        for block in blocks:
            if isinstance(block, Heading):
                # Other pages have no numbers before their headings: they are known by their titles.
                title = markdown(f"“{say(Text(block.key, block.values))}”")
                labels[block.id] = replace(labels[block.id], number=title)
        return Numbering(labels), frozenset(here)
