"""The mathematics within the sentences of a document, in the order in which a format writes them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields, is_dataclass
from typing import TypeAlias

from sympy import Basic

from derive.document.blocks import (
    Algorithm,
    Block,
    Bullets,
    Display,
    Document,
    FigureBlock,
    Heading,
    Listing,
    Prose,
    TableBlock,
)
from derive.document.figures import Figure
from derive.document.language import Filled, Language, Marked, Part
from derive.document.text import Bound, Number, PageRef, Ref, Text, Value
from derive.expressions.equation import Equation

Spoken: TypeAlias = "Basic | Equation | Number | Bound | int"
"""What is set as mathematics within a sentence."""


Instead = Callable[[Ref], "Value | None"]
"""What stands for a reference whose target is not in the text, or None where it is."""


def spoken(
    document: Document,
    language: Language,
    captions_first: bool,
    instead: Instead | None = None,
    titled: bool = True,
) -> Iterator[Spoken]:
    """Yield what is set as mathematics; a table's caption before or behind its rows.

    ``titled``: the title of the document stands in the text.
    """
    if titled:
        yield from _said(document.title, language, instead)
    for block in document.blocks:
        for value in _values(block, captions_first):
            yield from _said(value, language, instead)


def labelled(figure: Figure, language: Language) -> Iterator[Spoken]:
    """Yield what is set as mathematics in the labels of a drawing."""
    for value in _labels(figure):
        yield from _said(value, language)


def _labels(part: object) -> Iterator[Value]:
    """Yield the labels of a drawing and of all that it is made of."""
    if isinstance(part, tuple):
        for inner in part:
            yield from _labels(inner)
    elif is_dataclass(part) and not isinstance(part, Text):
        for field in fields(part):
            value = getattr(part, field.name)
            if field.name in ("label", "x_label", "y_label"):
                yield from () if value is None else (value,)
            elif field.name == "labels":
                yield from value
            else:
                yield from _labels(value)


def _values(block: Block, captions_first: bool) -> Iterable[Value]:
    if isinstance(block, Heading | Prose):
        return (Text(block.key, block.values),)
    if isinstance(block, Bullets):
        return block.items
    if isinstance(block, Display | Listing):
        return ()
    if isinstance(block, FigureBlock):
        return (block.caption,)
    if isinstance(block, TableBlock):
        cells = (*block.header, *(cell for row in block.rows for cell in row))
        return (block.caption, *cells) if captions_first else (*cells, block.caption)
    if isinstance(block, Algorithm):
        return (block.caption, *(line.text for line in block.lines))
    raise TypeError(f"a document cannot hold a block {type(block).__name__}")


def _said(value: Value, language: Language, instead: Instead | None = None) -> Iterator[Spoken]:
    if isinstance(value, Text):
        yield from _parts(language.sentence(value.key, value.values), language, instead)
    elif isinstance(value, Ref | PageRef) and instead is not None:
        other = instead(Ref(value.target))
        if other is not None:
            yield from _said(other, language, instead)
    elif isinstance(value, Basic | Equation | Number | Bound) or (
        isinstance(value, int) and not isinstance(value, bool) and value < 0
    ):
        yield value


def _parts(parts: Iterable[Part], language: Language, instead: Instead | None) -> Iterator[Spoken]:
    for part in parts:
        if isinstance(part, Filled):
            yield from _said(part.value, language, instead)
        elif isinstance(part, Marked):
            yield from _parts(part.parts, language, instead)
