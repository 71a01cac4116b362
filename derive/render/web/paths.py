"""The paths in a picture, and the terms of equations that go them: they light up together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sympy import Basic

from derive.document.blocks import Document, FigureBlock
from derive.document.diagram import Diagram
from derive.expressions.quantities import ParameterCopy
from derive.expressions.shown import Coloured
from derive.render.page.words import Speaker

_PATHS = "paths"
"""The id of the picture of the paths that the terms of the document go."""


@dataclass(frozen=True)
class PathName:
    """What names a path in a picture of paths: its step, its colour, and the label at its end."""

    step: int
    colour: str
    label: Basic


def paths_in(document: Document, speaker: Speaker) -> Mapping[str, list[PathName]]:
    """Return what names the paths in a picture of paths, the last step's first, by its anchor."""
    found = {}
    for block in document.blocks:
        # Other pictures show paths of networks of their own.
        if getattr(block, "id", None) != _PATHS:
            continue
        if isinstance(block, FigureBlock) and isinstance(block.figure, Diagram):
            named = [
                PathName(int(node.label.args[1]), node.colour, node.label)
                for node in block.figure.nodes
                if node.colour and isinstance(node.label, ParameterCopy)
            ]
            if named:
                found[speaker.numbering[block.id].anchor] = named[::-1]
    return found


def with_paths(
    document: Document, speaker: Speaker, paths: Mapping[str, list[PathName]]
) -> Mapping[str, str]:
    """Return, by the anchors of equations, the pictures in which their terms have paths.

    A term has the colour of its lag: a picture shows the paths from the last loss only.
    """
    found = {}
    for anchor, named in paths.items():
        horizon = max(name.step for name in named)
        for display in document.displays():
            terms = [t for side in display.equation.sides for t in side.atoms(Coloured)]
            if any(term.args[2] == horizon for term in terms):
                found[speaker.numbering[display.equation.id].anchor] = anchor
    return found
