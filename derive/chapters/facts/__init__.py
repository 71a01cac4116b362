"""What sentences rest on: facts of a cell with its options, of its horizon, of the numbers at hand.

A fact is a function with its name in `FACTS`, which ``templates/conditions.toml`` refers to.  Where
it can, it looks at numbers, and not at what chose the sentence.
"""

from __future__ import annotations

from derive.chapters.facts import (
    again,
    againparts,
    againranges,
    againshape,
    againslopes,
    againuses,
    forward,
    functions,
    jacobian,
    parts,
    past,
    ranges,
    refuted,
    shape,
)
from derive.chapters.facts.facts import AGAIN, FACTS, CellFacts

__all__ = [
    "AGAIN",
    "FACTS",
    "CellFacts",
    "again",
    "againparts",
    "againranges",
    "againshape",
    "againslopes",
    "againuses",
    "forward",
    "functions",
    "jacobian",
    "parts",
    "past",
    "ranges",
    "refuted",
    "shape",
]
