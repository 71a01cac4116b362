"""Nodes and arrows: the description of a drawn graph, in centimetres, y upwards."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from sympy import Basic

    from derive.document.text import Text

Label: TypeAlias = "Text | Basic | str"
Typeset: TypeAlias = "Callable[[Label], str]"

_ID = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_COLOUR = re.compile(r"[0-9A-F]{6}")


class NodeRole(Enum):
    """What a node stands for; a writer chooses shape and fill by it."""

    INPUT = "input"
    STATE = "state"
    OUTPUT = "output"
    LOSS = "loss"
    START = "start"  # a constant that begins a row, such as s_0
    DOTS = "dots"  # left-out columns
    WORDS = "words"  # a free label without a border
    BLOCK = "block"  # a matrix, as wide and high as its shape says


class Style(Enum):
    """How a line is drawn; every line that matters is told apart by style as well as colour."""

    SOLID = "solid"
    DASHED = "dashed"
    DOTTED = "dotted"


@dataclass(frozen=True)
class Node:
    """A node with its centre in cm; ``colour`` is that of border and label.

    A block has the width and height of ``size``, in cm; other nodes are as large as their labels.
    """

    id: str
    x: float
    y: float
    label: Label
    role: NodeRole
    colour: str | None = None
    size: tuple[float, float] | None = None


@dataclass(frozen=True)
class Edge:
    """An arrow between two nodes, from border to border.

    ``labels`` are set beside the arrow at the share ``at`` of its length, on its left-hand side
    (``side`` 1) or right-hand side (-1), in rows of two.  ``bend`` is the angle in degrees by which
    the arrow leaves to the left of the straight line; ``offset`` shifts a straight arrow to the
    left in cm, so that several run next to each other.
    """

    src: str
    dst: str
    labels: tuple[Label, ...] = ()
    style: Style = Style.SOLID
    colour: str | None = None
    bend: float = 0.0
    offset: float = 0.0
    at: float = 0.5
    side: int = 1
    head: bool = True


@dataclass(frozen=True)
class LegendEntry:
    """A line sample with its words, below the drawing."""

    label: Label
    colour: str
    style: Style = Style.SOLID


@dataclass(frozen=True)
class Diagram:
    """A drawn graph.  Raises ValueError for a node that is twice or not there, or a bad colour."""

    id: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    legend: tuple[LegendEntry, ...] = ()

    def __post_init__(self) -> None:
        """Check that the edges have their nodes."""
        check_id(self.id)
        twice = [
            name for name, times in Counter(node.id for node in self.nodes).items() if times > 1
        ]
        if twice:
            raise ValueError(f"figure {self.id}: node id given twice: {', '.join(twice)}")
        if any((node.size is None) == (node.role is NodeRole.BLOCK) for node in self.nodes):
            raise ValueError(f"figure {self.id}: blocks have sizes, and nothing else has one")
        known = {node.id for node in self.nodes}
        for edge in self.edges:
            for end in (edge.src, edge.dst):
                if end not in known:
                    raise ValueError(f"figure {self.id}: an edge names the unknown node {end!r}")
            if edge.src == edge.dst:
                raise ValueError(f"figure {self.id}: an edge runs from {edge.src!r} to itself")
        colours = [node.colour for node in self.nodes] + [edge.colour for edge in self.edges]
        for colour in (*colours, *(entry.colour for entry in self.legend)):
            check_colour(colour, self.id)


def check_id(figure: str) -> None:
    """Refuse an id that cannot be a file name and an XML id."""
    if not _ID.fullmatch(figure):
        raise ValueError(f"figure id {figure!r}: use letters, digits, - and _, a letter first")


def check_colour(colour: str | None, figure: str) -> None:
    """Refuse what is not six upper-case hexadecimal digits."""
    if colour is not None and not _COLOUR.fullmatch(colour):
        raise ValueError(f"figure {figure}: colour {colour!r} is not RRGGBB in upper case")
