"""Sections and figures of a handout as nodes of docutils: the words of the page, not its layout."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from docutils import nodes
from sphinx import addnodes
from sphinx.util.docutils import SphinxDirective
from sympy import Basic

from derive.document.blocks import (
    Algorithm,
    Block,
    Bullets,
    Display,
    FigureBlock,
    Heading,
    Listing,
    Prose,
    TableBlock,
)
from derive.document.language import Filled, Language, Literal, Marked, Part, Verbatim, load
from derive.document.text import Bound, Code, Doi, Number, PageRef, Ref, Text, Url, Value
from derive.embedding.parts import Parts
from derive.expressions.equation import Equation
from derive.render.drawing.svg import svg
from derive.render.drawing.tikz import tikz
from derive.render.page.escaping import clean, isolated
from derive.render.page.numbering import Numbering, number
from derive.render.page.numerals import bound_tex, number_tex
from derive.render.page.pieces import Elsewhere, anchors, sections, without_instances
from derive.render.tex.source import latex_speaker
from derive.render.text.source import lettering, plain
from derive.sphinx.colours import COLOURED
from derive.sphinx.drawings import bptt_drawing
from derive.sphinx.equations import numbered
from derive.sphinx.twins import places
from derive.typesetting.layout import PagePrinter, Reason


@dataclass
class Content:
    """Makes the nodes of a page; ``prefix`` stands before all labels."""

    directive: SphinxDirective
    parts: Parts
    prefix: str
    language: Language = field(init=False)
    numbering: Numbering = field(init=False)
    here: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        document = self.parts.document
        self.language, self.numbering = load(document.language), number(document)
        self.places = places(label.anchor for label in self.numbering.labels.values())
        self.bare = PagePrinter(self.parts.notation, "bare")
        self.coloured = PagePrinter(self.parts.notation, "markdown")

    def chapters(self) -> tuple[str, ...]:
        """Return the ids of all chapters."""
        return tuple(sections(self.parts.document))

    def know(self, names: Iterable[str]) -> None:
        """Note what this place of the page will have, so that it can be referred to."""
        blocks = [block for name in names for block in self.parts.section(name)]
        self.here = anchors(self.parts.document, without_instances(tuple(blocks)))

    # -- blocks ----------------------------------------------------------------------------------

    def section(self, name: str) -> list[nodes.Node]:
        """Return a chapter or section, with those below it inside."""
        blocks = self.parts.section(name)
        first, *rest = blocks
        if not isinstance(first, Heading):
            return self._blocks(blocks)
        outer = self._headed(first)
        inner = outer
        for block in rest:
            if isinstance(block, Heading):
                inner = self._headed(block)
                outer += inner
            else:
                inner += self._block(block)
        return [outer]

    def _headed(self, heading: Heading) -> nodes.section:
        label = self._label(self.numbering[heading.id].anchor)
        section = nodes.section(ids=[label], names=[label])
        title = Text(heading.key, heading.values)
        section += nodes.title("", "", *self._say(title))
        return section

    def _blocks(self, blocks: Sequence[Block]) -> list[nodes.Node]:
        return [node for block in blocks for node in self._block(block)]

    def _block(self, block: Block) -> list[nodes.Node]:
        if isinstance(block, Prose):
            return [nodes.paragraph("", "", *self._say(Text(block.key, block.values)))]
        if isinstance(block, Bullets):
            return [self._bullets(block)]
        if isinstance(block, Display):
            return self._equation(block.equation)
        if isinstance(block, FigureBlock):
            return self.figure(block)
        if isinstance(block, TableBlock):
            return [self._table(block)]
        if isinstance(block, Algorithm):
            return self._algorithm(block)
        if isinstance(block, Listing):
            return [nodes.literal_block(block.source, block.source, language="python")]
        raise TypeError(f"a page cannot hold a block {type(block).__name__}")

    def _bullets(self, block: Bullets) -> nodes.Node:
        made: nodes.Element = nodes.bullet_list()
        if block.numbered:
            made = nodes.enumerated_list(enumtype="arabic")
        for item in block.items:
            made.append(nodes.list_item("", nodes.paragraph("", "", *self._say(item))))
        return made

    def _equation(self, equation: Equation) -> list[nodes.Node]:
        # Sphinx counts by itself: what is put in has no number that could be told here.
        words = [self._plain(Text(key)) for key in equation.reasons]
        reasons = [Reason(one, one) for one in words]
        tex, coloured = (p.display(equation, reasons) for p in (self.bare, self.coloured))
        return numbered(self.directive, self.prefix + equation.id, tex, coloured)

    def figure(self, block: FigureBlock) -> list[nodes.Node]:
        """Return a figure with its caption, under its label."""
        document, alt = self.parts.document, self._plain(block.caption)
        letter = lettering(document, self.coloured).say
        printer = PagePrinter(self.parts.notation, "latex")
        drawing = bptt_drawing(
            figure=block.figure.id,
            svg=svg(block.figure, letter, title=alt),
            tikz=_defined(tikz(block.figure, latex_speaker(document, printer).say), printer),
            alt=alt,
        )
        label = self._label(self.numbering[block.id].anchor)
        figure = nodes.figure("", drawing, ids=[label], names=[label])
        figure += nodes.caption("", "", *self._named(block.id), *self._say(block.caption))
        return [figure]

    def _table(self, block: TableBlock) -> nodes.Node:
        label = self._label(self.numbering[block.id].anchor)
        table = nodes.table(ids=[label], names=[label], classes=["bptt"])
        table += nodes.title("", "", *self._named(block.id), *self._say(block.caption))
        group = nodes.tgroup(cols=len(block.align))
        table += group
        for _ in block.align:
            group += nodes.colspec(colwidth=1)
        head, body = nodes.thead(), nodes.tbody()
        head += self._row(block.header)
        body += [self._row(row) for row in block.rows]
        group += [head, body]
        return table

    def _row(self, cells: Iterable[Value]) -> nodes.row:
        row = nodes.row()
        for cell in cells:
            row += nodes.entry("", nodes.paragraph("", "", *self._say(cell)))
        return row

    def _algorithm(self, block: Algorithm) -> list[nodes.Node]:
        label = self._label(self.numbering[block.id].anchor)
        box = nodes.container(ids=[label], names=[label], classes=["bptt-algorithm"])
        name = nodes.strong("", "", *self._numbered("label", block.id))
        box += nodes.paragraph("", "", name, nodes.Text(" "), *self._say(block.caption))
        outer: nodes.Element = nodes.enumerated_list(enumtype="arabic")
        box += outer
        lists, item = [outer], nodes.list_item()
        for line in block.lines:
            del lists[line.indent + 1 :]
            while len(lists) <= line.indent:
                lists.append(nodes.enumerated_list(enumtype="arabic"))
                item.append(lists[-1])
            item = nodes.list_item("", nodes.paragraph("", "", *self._say(line.text)))
            if line.equation is not None:
                item.extend(self._equation(line.equation))
            lists[-1].append(item)
        return [box]

    def _label(self, anchor: str) -> str:
        return nodes.make_id(self.prefix + self.places[anchor])

    # -- sentences -------------------------------------------------------------------------------

    def _plain(self, value: Value) -> str:
        return plain(self.parts.document, self.bare).say(value)

    def _say(self, value: Value) -> list[nodes.Node]:
        if isinstance(value, Text):
            return self._joined(self.language.sentence(value.key, value.values))
        if isinstance(value, Ref | PageRef):
            return self._refer(Ref(value.target))
        if isinstance(value, Doi):
            said = f"doi:{value.name}"
            return [nodes.reference(said, said, refuri=value.address, internal=False)]
        if isinstance(value, str):
            return [nodes.Text(isolated(clean(value)))]
        if isinstance(value, Code):
            return [nodes.literal(value.text, clean(value.text))]
        if isinstance(value, Url):
            return [nodes.reference("", value.address, refuri=value.address)]
        if isinstance(value, int) and not isinstance(value, bool):
            return [_math(str(value))] if value < 0 else [nodes.Text(str(value))]
        if isinstance(value, Number):
            return [_math(number_tex(value))]
        if isinstance(value, Bound):
            return [_math(bound_tex(value))]
        if isinstance(value, Basic | Equation):
            return [_math(self.bare.inline(value), self.coloured.inline(value))]
        raise TypeError(f"a page cannot hold a {type(value).__name__}")

    def _joined(self, parts: Iterable[Part]) -> list[nodes.Node]:
        made: list[nodes.Node] = []
        for part in parts:
            if isinstance(part, Literal):
                made.append(nodes.Text(part.text))
            elif isinstance(part, Verbatim):
                made.append(nodes.literal(part.text, part.text))
            elif isinstance(part, Filled):
                made += self._say(part.value)
            elif isinstance(part, Marked):
                kind = nodes.strong if part.strong else nodes.emphasis
                made.append(kind("", "", *self._joined(part.parts)))
        return made

    def _refer(self, ref: Ref) -> list[nodes.Node]:
        label = self.numbering[ref.target]
        elsewhere = Elsewhere(self.parts.document, self.here).named(ref, label)
        if elsewhere is not None:
            return self._say(elsewhere)
        if label.kind == "equation":
            return [self._cross_reference("math", "eq", self.prefix + ref.target)]
        if label.kind in ("figure", "table") and self._counted:
            return [self._cross_reference("std", "numref", self._label(label.anchor))]
        inner = self._numbered("reference", ref.target)
        return [nodes.reference("", "", *inner, internal=True, refid=self._label(label.anchor))]

    @property
    def _counted(self) -> bool:
        """Tell whether Sphinx numbers figures and tables, which then have no name of ours."""
        return bool(self.directive.env.config.numfig)

    def _named(self, target: str) -> list[nodes.Node]:
        if self._counted:
            return []
        return [nodes.strong("", "", *self._numbered("label", target)), nodes.Text(" ")]

    def _cross_reference(self, domain: str, kind: str, target: str) -> nodes.Node:
        node = addnodes.pending_xref(
            "", refdomain=domain, reftype=kind, reftarget=target, refexplicit=False,
            refwarn=True, refdoc=self.directive.env.docname,
        )  # fmt: skip
        node += nodes.literal(target, target, classes=["xref", kind])
        return node

    def _numbered(self, table: str, target: str) -> list[nodes.Node]:
        label = self.numbering[target]
        values: dict[str, Value] = {"number": label.number}
        return self._joined(self.language.sentence(f"ui.{table}.{label.kind}", values))


def _math(tex: str, coloured: str | None = None) -> nodes.math:
    node = nodes.math(tex, tex)
    if coloured is not None and coloured != tex:
        node[COLOURED] = coloured
    return node


def _defined(drawing: str, printer: PagePrinter) -> str:
    """Return a drawing with the colours that it names."""
    colours = sorted(printer.colours.items())
    defined = "".join(rf"\definecolor{{{name}}}{{HTML}}{{{value}}}" for name, value in colours)
    return defined + drawing
