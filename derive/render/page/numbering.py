"""One pass over a document that numbers everything once, so that all formats agree."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from derive.document.blocks import (
    Algorithm,
    Block,
    Bullets,
    Document,
    FigureBlock,
    Heading,
    Listing,
    Prose,
    TableBlock,
    displays,
)
from derive.document.text import PageRef, Ref, Text, Value
from derive.errors import RenderError
from derive.render.page.escaping import anchor

# The prefix keeps an equation and a figure of one name apart in the files.
_PREFIX = {
    "equation": "eq",
    "figure": "fig",
    "table": "tab",
    "algorithm": "alg",
    "section": "sec",
}


@dataclass(frozen=True)
class ReferenceLabel:
    """What a numbered thing is called: its kind, its number, and its anchor in the files."""

    kind: str
    number: str
    anchor: str


@dataclass(frozen=True)
class Numbering:
    """The labels of a document by the ids of what they belong to.

    ``spots`` are by what the pages are found on which items of lists stand, by the ids of these.
    """

    labels: dict[str, ReferenceLabel]
    spots: dict[str, str] = field(default_factory=dict)

    def beside(self, other: Numbering) -> Numbering:
        """Return these labels, and of what has none here those of another document on the page."""
        return Numbering({**other.labels, **self.labels}, {**other.spots, **self.spots})

    def __getitem__(self, target: str) -> ReferenceLabel:
        """Return the label of ``target``; RenderError if nothing in the document has that id."""
        if target not in self.labels:
            raise RenderError(
                f"a reference to {target!r}, but nothing in the document has that id; "
                f"it has: {', '.join(sorted(self.labels)) or 'nothing with an id'}"
            )
        return self.labels[target]


def number(document: Document) -> Numbering:
    """Return the labels of all headings, equations, figures, tables and algorithms.

    RenderError if two things have one id, or if a reference leads nowhere.
    """
    labels: dict[str, ReferenceLabel] = {}
    counts = dict.fromkeys(_PREFIX, 0)
    chapter = section = 0

    def give(kind: str, target: str, shown: str | None = None) -> None:
        if target in labels:
            raise RenderError(
                f"the id {target!r} is given twice in the document {document.id!r}, "
                f"to a {labels[target].kind} and to a {kind}; an id must be unique"
            )
        counts[kind] += 1
        place = f"{_PREFIX[kind]}-{anchor(document.prefix + target)}"
        labels[target] = ReferenceLabel(kind, shown or f"{document.mark}{counts[kind]}", place)

    spots: dict[str, str] = {}
    for block in document.blocks:
        if isinstance(block, Heading):
            if block.level == 1:
                chapter, section = chapter + 1, 0
                give("section", block.id, str(chapter))
            else:
                section += 1
                give("section", block.id, f"{chapter}.{section}")
        elif isinstance(block, Bullets):
            for target in filter(None, ids_of(block)):
                if target in spots:
                    raise RenderError(
                        f"the id {target!r} is given to two items in the document {document.id!r}; "
                        "an id must be unique"
                    )
                spots[target] = f"item-{anchor(document.prefix + target)}"
        elif isinstance(block, FigureBlock):
            give("figure", block.id)
        elif isinstance(block, TableBlock):
            give("table", block.id)
        elif isinstance(block, Algorithm):
            give("algorithm", block.id)
        for display in displays(block):
            give("equation", display.equation.id)
            number = f"{document.mark}{counts['equation']}"
            for one in display.instances:
                counts["equation"] -= 1
                give("equation", one.equation.id, number + one.mark)
    numbering = Numbering(labels, spots)
    for block in document.blocks:
        for value in _values(block):
            if isinstance(value, Ref | PageRef):
                numbering[value.target]
            if isinstance(value, PageRef) and value.spot and value.spot not in spots:
                raise RenderError(f"the page of {value.spot!r} is told, which is no item of a list")
    return numbering


def ids_of(block: Bullets) -> tuple[str, ...]:
    """Return the id of each item of a list, "" of one that has none."""
    return tuple(block.ids.get(item.key, "") for item in block.items)


def _values(block: Block) -> Iterator[Value]:
    """All values in a block, those inside sentences included."""
    tops: tuple[Value, ...]
    if isinstance(block, Heading | Prose):
        tops = tuple(block.values.values())
    elif isinstance(block, Bullets):
        tops = block.items
    elif isinstance(block, FigureBlock):
        tops = (block.caption,)
    elif isinstance(block, TableBlock):
        tops = (block.caption, *block.header, *(cell for row in block.rows for cell in row))
    elif isinstance(block, Algorithm):
        tops = (block.caption, *(line.text for line in block.lines))
    elif isinstance(block, Listing):
        tops = tuple(line.ref for line in block.lines if line.ref is not None)
    else:
        tops = ()
    for top in tops:
        yield from _inside(top)


def _inside(value: Value) -> Iterator[Value]:
    yield value
    if isinstance(value, Text):
        for inner in value.values.values():
            yield from _inside(inner)
