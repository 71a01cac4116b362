"""What `derive list` prints of names, read back beside where these names are known besides."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from derive.cli.same import require_same
from derive.resources import templates_root

if TYPE_CHECKING:
    from derive.cells.cell import Cell
    from derive.expressions.equation import Equation

IDS_FOR = 3
"""The number of steps for which the ids of all equations stand in a file."""


def shipped(folder: str) -> list[str]:
    """Return the names of the files of a kind that ship, in their order."""
    return sorted(path.stem for path in (templates_root() / folder).glob("*.toml"))


def require_cells(names: Sequence[str]) -> None:
    """Raise a `CheckError` unless networks are those whose equations ship a second time, all of them."""
    require_same("the networks", [*names], shipped("zoo"))


def require_equations(equations: Sequence[Equation], cell: Cell) -> None:
    """Raise a `CheckError` unless equations are those of a step of a cell, and of the total."""
    left = [str(equation.left) for equation in equations]
    require_same(
        f"what is computed in {cell.name}",
        left,
        [*(str(e.left) for e in cell.equations), str(cell.total)],
    )


def require_rows(lines: Iterator[str]) -> None:
    """Raise a `CheckError` unless what follows are the names that options and formats may have."""
    from derive.checks.chosen import ACTIVATIONS, OTHERWISE, PLACES, STARTS
    from derive.cli.written import FORMATS

    rows = {
        "activations": sorted(ACTIVATIONS),
        "output layers": [f"{layer} ({loss})" for loss, layer in OTHERWISE.items()],
        "losses": [*PLACES],
        "initial states": [*STARTS],
        "formats": sorted(FORMATS),
        "notations": shipped("notation"),
        "languages": shipped("lang"),
    }
    for head, names in rows.items():
        require_same("a head", next(lines, None), head)
        require_same(f"the {head}", next(lines, ""), f"  {', '.join(names)}")
    require_same("the last line", next(lines, None), None)


def require_ids(cell: str, found: Sequence[str]) -> None:
    """Raise a `CheckError` unless ids are those that the file of all ids has of a network."""
    from derive.cli.completion import ids

    others = [name for name in shipped("zoo") if name.startswith(cell) and name != cell]
    mine = [
        id for id in ids()
        if id.startswith(f"{cell}-") and not any(id.startswith(f"{name}-") for name in others)
    ]  # fmt: skip
    require_same(f"the ids of {cell}", [*found], mine)
