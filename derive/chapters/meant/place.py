"""Where a sentence stands: the document, the section, and what its cell has that it may speak of.

What a placeholder means is said in terms of this, and not of what filled it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from sympy import Basic, Symbol

from derive.bptt.gatewise import Gatewise
from derive.bptt.scalar import can_be_scalar
from derive.bptt.scalar import scalar as scalar_cell
from derive.cells.cell import Cell
from derive.chapters.facts import CellFacts
from derive.checks.loaded import load
from derive.checks.probe import moves_states
from derive.checks.tables import members
from derive.document.blocks import (
    Algorithm,
    Block,
    Bullets,
    Display,
    Document,
    FigureBlock,
    Heading,
    TableBlock,
    displays,
)
from derive.document.conditions import said
from derive.document.figures import Curve, Plot
from derive.document.text import Text, Value
from derive.errors import CheckError
from derive.expressions.algebra import mul
from derive.expressions.equation import Equation
from derive.expressions.introduced import Introduced, Role
from derive.expressions.quantities import At, Parameter, Series, t
from derive.expressions.walk import series_in


@dataclass
class Subject:
    """What a document has of which its sentences speak, found anew."""

    document: Document
    facts: CellFacts

    @property
    def cell(self) -> Cell:
        """Return the cell."""
        found: Cell = self.facts.cell
        return found

    @property
    def steps(self) -> int:
        """Return the horizon T."""
        return self.facts.steps

    @cached_property
    def equations(self) -> list[Equation]:
        """Return the equations on display."""
        return list(self.document.equations())

    @cached_property
    def displays(self) -> Mapping[str, Display]:
        """Return the displays of the document, those in its algorithms too, by the ids of equations."""
        found = (d for block in self.document.blocks for d in displays(block))
        return {d.equation.id: d for d in found}

    @cached_property
    def lefts(self) -> set[Basic]:
        """Return the left sides of all equations of the cell, of each gate by itself."""
        own = [d for id, d in self.displays.items() if not self.is_aside(id)]
        return {e.left for d in own for e in _each(d)}

    def is_aside(self, id: str) -> bool:
        """Tell whether an equation is of the scalar case, of the example, or of the simple network."""
        own = (f"{self.cell.name}-scalar-", f"{self.cell.name}-example-")
        return id.startswith((*own, "simple-network-"))

    def defined(self, role: Role) -> dict[Series, Series]:
        """Return what is introduced with a role and defined on display, with what it belongs to."""
        own = [d for id, d in self.displays.items() if not self.is_aside(id)]
        found = (side for d in own for e in _each(d) for side in e.sides[:2])
        named = (at.series for at in found if isinstance(at, At))
        return {s: s.of[0] for s in named if isinstance(s, Introduced) and s.role is role}

    @cached_property
    def spots(self) -> Mapping[str, str]:
        """Return the ids of sentences in lists, by their keys."""
        lists = (block for block in self.document.blocks if isinstance(block, Bullets))
        return {i.key: b.ids[i.key] for b in lists for i in b.items if i.key in b.ids}

    @cached_property
    def algorithm(self) -> list[Equation]:
        """Return the equations of the algorithm, of each gate by itself."""
        blocks = (b for b in self.document.blocks if isinstance(b, Algorithm))
        return [e for block in blocks for d in displays(block) for e in _each(d)]

    @property
    def adjoints(self) -> list[Basic]:
        """Return the adjoints of step t that the algorithm computes."""
        sides = [side for e in self.algorithm for side in e.sides if isinstance(side, At)]
        named = [at for at in sides if isinstance(at.series, Introduced) and at.indices == (t,)]
        return [*dict.fromkeys(at for at in named if at.series.role is Role.ADJOINT)]

    @cached_property
    def simple(self) -> Cell:
        """Return the simple network, which experiments run."""
        return load("elman")

    def table(self, id: str) -> TableBlock:
        """Return a table of the document; a `CheckError` if it has none of this id."""
        for block in self.document.blocks:
            if isinstance(block, TableBlock) and block.id == id:
                return block
        raise CheckError(f"a sentence speaks of the table {id}, which the document does not have")

    @property
    def called_gates(self) -> set[Value]:
        """Return what the table of symbols calls gates."""
        rows = self.table("symbols").rows
        said = [(symbols, m.key) for symbols, m, *_ in rows if isinstance(m, Text)]
        return {one for symbols, key in said if key.endswith("gate") for one in members(symbols)}

    def plot(self, id: str) -> Plot:
        """Return a plot of the document; a `CheckError` if it has none of this id."""
        for block in self.document.blocks:
            if isinstance(block, FigureBlock) and block.id == id and isinstance(block.figure, Plot):
                return block.figure
        raise CheckError(f"a sentence speaks of the figure {id}, which the document does not have")

    @cached_property
    def spans(self) -> set[int]:
        """Return over how many steps the figures go in which norms stand against lags."""
        return {span(b) for b in self.document.blocks if isinstance(b, FigureBlock)} - {0}

    @cached_property
    def named(self) -> set[Value]:
        """Return all names that stand in lists within sentences, those of texts among them."""
        listed = (values for key, values in said(self.document.blocks) if key.startswith("list."))
        return {name for values in listed for name in values.values() if isinstance(name, str)}

    @property
    def letter(self) -> Symbol:
        """Return the letter that stands for a gate."""
        return Gatewise(self.cell).letter

    @cached_property
    def recurrent(self) -> list[Parameter]:
        """Return the parameters with which what a step hands on changes, tried on numbers."""
        return [p for p in self.cell.parameters if moves_states(self.cell, p)]

    @cached_property
    def handing_on(self) -> list[Parameter]:
        """Return those with which what the next step reads changes."""
        return [p for p in self.recurrent if moves_states(self.cell, p, handed_on(self.cell))]

    @property
    def direct(self) -> list[Parameter]:
        """Return the others, which act on the loss of their own step only."""
        return [p for p in self.cell.parameters if p not in self.recurrent]

    @cached_property
    def lead(self) -> Parameter | None:
        """Return the first recurrent parameter that has a section of its own.

        Without one it is the first that multiplies a state of the step before, or None.
        """
        headings = (b for b in self.document.blocks if isinstance(b, Heading))
        sections = (h.id.removeprefix("gradient-") for h in headings if h.key == "heading.gradient")
        recurrent = {p.name: p for p in self.recurrent}
        found = [recurrent[name] for name in sections if name in recurrent]
        return next(iter(found or self._beside_states()), None)

    def _beside_states(self) -> list[Parameter]:
        """Return the parameters that multiply a state of the step before."""
        terms = [term for e in self.cell.equations for term in (e.expr, *e.expr.args)]
        states = [s[t - 1] for s in self.cell.states]
        return [
            p
            for p in self.recurrent
            if any(p.shape[1] == s.shape[0] and mul(p, s) in terms for s in states)
        ]

    @cached_property
    def scalar(self) -> Cell:
        """Return the cell whose sizes are one; a `CheckError` if there is none."""
        if not can_be_scalar(self.cell):
            raise CheckError(f"{self.cell.name} has no scalar case, and a sentence speaks of it")
        return scalar_cell(self.cell)


def handed_on(cell: Cell) -> list[Series]:
    """Return the states of which an equation reads that of the step before."""
    read = [at for e in cell.equations for at in series_in(e.expr) if at.indices[0] != t]
    return [s for s in cell.states if any(at.series == s for at in read)]


def _each(display: Display) -> list[Equation]:
    """Return what a display says: of each gate its equation, where it stands for several."""
    return [one.equation for one in display.instances] or [display.equation]


def span(block: Block | None) -> int:
    """Return over how many steps a figure goes in which norms stand against lags from 0 on, else 0."""
    figure = block.figure if isinstance(block, FigureBlock) else None
    curves = [c for p in getattr(figure, "panels", ()) for c in p.items if isinstance(c, Curve)]
    lags = [c.x for c in curves if c.x[:2] == (0.0, 1.0)]
    return int(max(map(max, lags))) + 1 if lags else 0


@dataclass(frozen=True)
class Occurrence:
    """A sentence in a ``block``, with its values; ``section`` is the parameter of its section."""

    speaker: Subject
    section: Parameter | None
    values: Mapping[str, Value]
    block: Block | None = None

    @property
    def cell(self) -> Cell:
        """Return the cell."""
        return self.speaker.cell

    @property
    def steps(self) -> int:
        """Return the horizon T."""
        return self.speaker.steps

    @property
    def facts(self) -> CellFacts:
        """Return the facts of the cell on its data."""
        return self.speaker.facts

    @property
    def span(self) -> int:
        """Return over how many steps the figure goes in which this is a label."""
        return span(self.block)
