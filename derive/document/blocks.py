"""A document as data: a closed set of blocks; words are keys and mathematics is objects.

Nothing in here knows a language, LaTeX or Markdown.  Sentences live in ``templates/lang``; a block
names a sentence by its key and gives the values of its placeholders.  A value is an expression
(printed as inline mathematics), a reference, a number that the program computed, or plain text
(always escaped).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from derive.document.text import Ref, Text, Value

if TYPE_CHECKING:
    from derive.document.figures import Figure
    from derive.expressions.equation import Equation


@dataclass(frozen=True)
class Heading:
    """A chapter (level 1) or section (level 2)."""

    key: str
    level: int
    id: str
    values: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True)
class Prose:
    """A paragraph."""

    key: str
    values: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True)
class Bullets:
    """A list of sentences; numbered where the order matters.

    ``ids`` are those of items to whose page something leads, by the keys of their sentences.
    """

    items: tuple[Text, ...]
    numbered: bool = False
    ids: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Instance:
    """An equation that another one says with a letter in place of ``mark``, and of others."""

    mark: str
    equation: Equation


@dataclass(frozen=True)
class Display:
    """A displayed, numbered equation, and what it says of each of several quantities.

    ``begins``: where short equations stand beside one another, it begins a line.
    """

    equation: Equation
    instances: tuple[Instance, ...] = ()
    begins: bool = False


@dataclass(frozen=True)
class FigureBlock:
    """A numbered figure with its caption.

    ``narrow``: the figure or table that follows may stand beside it.
    """

    id: str
    figure: Figure
    caption: Text
    narrow: bool = False


@dataclass(frozen=True)
class TableBlock:
    """A numbered table.  ``align`` has one of l, c, r per column; ``long`` may run over pages."""

    id: str
    caption: Text
    header: tuple[Text, ...]
    rows: tuple[tuple[Value, ...], ...]
    align: str
    long: bool = False


@dataclass(frozen=True)
class AlgorithmLine:
    """One line of an algorithm: a sentence and optionally an equation set beside it."""

    text: Text
    equation: Equation | None = None
    indent: int = 0
    instances: tuple[Instance, ...] = ()


@dataclass(frozen=True)
class Algorithm:
    """A numbered algorithm: lines with loops shown by indentation, equations with their numbers."""

    id: str
    caption: Text
    lines: tuple[AlgorithmLine, ...]


@dataclass(frozen=True)
class CodeLine:
    """One line of code as it is written; ``ref`` is the equation that its statement computes."""

    source: str
    ref: Ref | None = None


@dataclass(frozen=True)
class Listing:
    """Lines of Python, without a number of their own: what stands before them leads to them."""

    lines: tuple[CodeLine, ...]

    @property
    def source(self) -> str:
        """Return the code without its references."""
        return "\n".join(line.source for line in self.lines)


Block = Heading | Prose | Bullets | Display | FigureBlock | TableBlock | Algorithm | Listing


@dataclass(frozen=True)
class Document:
    """A handout: what stands on it, in order.  ``title`` and ``author`` are the user's data.

    ``prefix`` stands before the ids in all labels, and ``mark`` before the numbers of its equations and
    figures, so that those of two documents are different.
    """

    id: str
    title: Text | str
    author: str | None
    language: str
    blocks: tuple[Block, ...]
    prefix: str = ""
    mark: str = ""

    def displays(self) -> list[Display]:
        """Return what is displayed in order (in algorithms included)."""
        return [display for block in self.blocks for display in displays(block)]

    def equations(self) -> list[Equation]:
        """Return the equations in order, each displayed one before what it says of its instances."""
        found: list[Equation] = []
        for display in self.displays():
            found += [display.equation, *(one.equation for one in display.instances)]
        return found


def displays(block: Block) -> list[Display]:
    """Return what a block displays."""
    if isinstance(block, Display):
        return [block]
    if isinstance(block, Algorithm):
        return [Display(n.equation, n.instances) for n in block.lines if n.equation is not None]
    return []
