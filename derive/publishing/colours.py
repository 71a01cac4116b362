"""The colours of temporal contributions: one for each, in formulas and in pictures alike."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from sympy import Basic

from derive.document.blocks import Document, FigureBlock
from derive.document.diagram import Diagram
from derive.expressions.quantities import ParameterCopy

PATHS = "paths"
"""The id of the picture of all paths, and the name of its file."""

_DEFINED = re.compile(r"\\definecolor\{(\w+)\}\{HTML\}\{([0-9A-F]{6})\}")
_LET = re.compile(
    r'^#let (\w+)\(body\) = text\(fill: rgb\("#([0-9A-F]{6})"\), body\)$', re.MULTILINE
)
_WORDS = re.compile(r"\\node\[[^\]]*text=(\w+)[^\]]*\][^{}]*\{\$[^$]*\^\{\((\d+)\)\}[^$]*\$\}")

_BY_LAG = "1069A3 C05607 054F38 9C1B6F 07253D".split()
"""Blue, vermillion, green, purple, navy: the colours of the last contribution, of the one before …

They are written here a second time: all colours could be exchanged, in pictures and formulas alike.
"""


def meant_colour(step: int, steps: int) -> str:
    """Return the colour that the contribution of a step has among those of so many steps.

    Of more than five the first two and the last two are written out, and follow one another.
    """
    lag = steps - step
    return _BY_LAG[lag if steps <= len(_BY_LAG) or lag < 2 else 4 - step]


def unmeant(step: int, steps: int, colour: str) -> str | None:
    """Return a complaint if the contribution of a step has another colour than is meant."""
    wanted = meant_colour(step, steps)
    if colour == wanted:
        return None
    return f"the contribution of step {step} of {steps} has the colour {colour}, {wanted} is meant"


@dataclass
class Colours:
    """The colours found so far, by the step of the contribution and the number of steps."""

    found: dict[tuple[int, int], str] = field(default_factory=dict)
    _named: dict[str, str] = field(default_factory=dict)

    def define(self, text: str) -> None:
        """Learn the names of colours from what stands above a document in LaTeX or Typst."""
        self._named |= dict(_DEFINED.findall(text)) | dict(_LET.findall(text))

    def value(self, colour: str) -> str | None:
        """Return a colour as six digits, or None for an unknown name."""
        return colour[1:] if colour.startswith("#") else self._named.get(colour)

    def note(self, contribution: tuple[int, int], colour: str) -> str | None:
        """Note the colour of a contribution; a complaint if it has another."""
        step, steps = contribution
        value = self.value(colour)
        if value is None:
            return f"the colour {colour} of the contribution of step {step} is not defined"
        before = self.found.setdefault(contribution, value)
        if before != value:
            return (
                f"the contribution of step {step} of {steps} has the colour {value} here and "
                f"{before} before"
            )
        return unmeant(step, steps, value)

    def against(
        self, drawn: Iterable[tuple[int, str]], steps: int | None
    ) -> Iterator[tuple[tuple[int, int], str]]:
        """Yield each contribution that is drawn in another colour, and a complaint."""
        for step, colour in drawn:
            wanted = self.found.get((step, steps or 0))
            if wanted is None and steps:
                # Where no formula shows the contribution, its path has the colour that it would have.
                wanted = meant_colour(step, steps)
            if wanted is not None and colour != wanted:
                yield (
                    (step, steps or 0),
                    f"the path of step {step} is drawn in the colour {colour}, its contribution is "
                    f"printed in {wanted}",
                )


def drawn_colours(figure: str) -> Iterator[tuple[int, str]]:
    """Yield the steps that the words of a drawing in TeX name, each with its colour."""
    named = dict(_DEFINED.findall(figure))
    for name, mark in _WORDS.findall(figure):
        yield int(mark), named.get(name, name)


def described(document: Document) -> Iterator[tuple[int, str]]:
    """Yield the steps of the gradient paths in a document's pictures, each with its colour.

    In some formats the words of a picture are outlines, which can't be read.  A picture of other
    paths, of a network with a horizon of its own, has nothing to do with the terms of the document.
    """
    yield from ((step, colour) for step, colour, _ in named_paths(document))


def named_paths(document: Document) -> Iterator[tuple[int, str, Basic]]:
    """Yield the steps of the paths that `described` yields, with colours and labels."""
    for block in document.blocks:
        if not isinstance(block, FigureBlock) or block.id != PATHS:
            continue
        if isinstance(block.figure, Diagram):
            for node in block.figure.nodes:
                if isinstance(node.label, ParameterCopy) and node.colour is not None:
                    yield int(node.label.args[1]), node.colour, node.label
