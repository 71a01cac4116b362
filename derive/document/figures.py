r"""Figures as data: one description, every format.

A description says what a figure shows, in centimetres (`Diagram`) or in data (`Plot`).
``layout.lay_out`` turns it into a scene of paths and words; ``tikz`` and ``svg`` write a scene.
Both formats hence show the same picture, and neither knows what a network is.

Labels are sentences of the language file, expressions, or literal text.  A writer gets a function
``typeset`` that turns a label into a string of its format in which mathematics stands between
``$…$``; a literal dollar sign comes as ``\$``.
"""

from __future__ import annotations

from derive.document.diagram import (
    Diagram,
    Edge,
    Label,
    LegendEntry,
    Node,
    NodeRole,
    Style,
    Typeset,
)
from derive.document.plot import Bars, Curve, Heat, Mark, Panel, Plot, Reference

Figure = Diagram | Plot

__all__ = [
    "Bars",
    "Curve",
    "Diagram",
    "Edge",
    "Figure",
    "Heat",
    "Label",
    "LegendEntry",
    "Mark",
    "Node",
    "NodeRole",
    "Panel",
    "Plot",
    "Reference",
    "Style",
    "Typeset",
]
