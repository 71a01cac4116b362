"""What a file of numbers holds for a cell: every key that it may have, declared once."""

from __future__ import annotations

from dataclasses import dataclass

from derive.cells.cell import Cell
from derive.expressions.quantities import Parameter, Series
from derive.expressions.types import MatrixShape


@dataclass(frozen=True)
class Key:
    """What a file has to say of one quantity: its name there and its shape.

    With ``rows`` there is a row per step.  ``needed`` ends the complaint where it is missing; without
    one, it is 0 there.
    """

    name: str
    quantity: Series | Parameter
    shape: MatrixShape
    rows: bool = False
    needed: str = ""

    @property
    def single(self) -> bool:
        """Tell whether a step has one number, which stands without brackets."""
        return self.name == "weights"


TOGETHER = "s0"
"""Several initial states may stand together: ``"s0": {"h": …, "c": …}``."""


def declared(cell: Cell) -> tuple[Key, ...]:
    """Return the keys of a file for a cell, in the order in which they are read."""
    has = f"; cell {cell.name} has {', '.join(p.name for p in cell.parameters)}"
    names: dict[Series | Parameter | None, str] = {cell.target: "target", cell.weight: "weights"}
    given = [(names.get(s) or s.name, s) for s in cell.given]
    start = "" if cell.initial == "zero" else f": the initial state is {cell.initial}"
    return (
        *(Key(p.name, p, p.shape, needed=has) for p in cell.parameters),
        *(Key(name, s, s.shape, True, ": expected one row per step") for name, s in given),
        *(
            # Nothing depends on where a state starts that no step reads of the step before.
            Key(f"{s.name}0", s, s.shape, needed=start if s in cell.handed else "")
            for s in cell.states
        ),
    )


def others(cell: Cell) -> set[str]:
    """Return the names in a file that are no parameters."""
    own = {key.name for key in declared(cell) if key.quantity not in cell.parameters}
    return {"options", *own, *({TOGETHER} if len(cell.states) > 1 else ())}
