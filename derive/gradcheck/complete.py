"""Whether results are all that there are, told from a cell and not from what computed them."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from derive.cells.cell import Cell
from derive.errors import CheckError

OF_LOSSES = ("L_t", "L", "dL", "dL_t")
"""What every network has beside its quantities."""

OF_STEPS = ("contributions", "step_jacobians", "state_jacobians")
"""What a network has besides whose quantities are all columns."""

WITH_START = ("dL", "dL_t")
"""What has a gradient of the initial state as well, where that is trained."""


def require_names(found: Collection[str], cell: Cell) -> None:
    """Raise a `CheckError` unless results are those that a cell has, none left out."""
    computed = {e.variable for e in cell.equations}
    wanted = {s.name for s in (*cell.states, *computed)} | {*OF_LOSSES}
    if cell.weight is not None:
        wanted.add(cell.weight.name)
    if all(s.shape[1] == 1 for s in computed):
        wanted |= {*OF_STEPS}
    _require_same("the results", found, wanted)


def require_parts(name: str, found: object, cell: Cell) -> None:
    """Raise a `CheckError` unless a result by parameters has a part for each of them."""
    if isinstance(found, Mapping):
        starts = [f"{s.name}0" for s in cell.states] if cell.initial == "trainable" else []
        started = starts if name in WITH_START else []
        _require_same(f"the parts of {name}", found, {*started, *(p.name for p in cell.parameters)})


def _require_same(what: str, found: Collection[str], wanted: Collection[str]) -> None:
    if {*found} != {*wanted}:
        raise CheckError(
            f"{what} are {', '.join(found)}, where {', '.join(sorted(wanted))} are meant. Nothing is "
            "printed; please report it"
        )
