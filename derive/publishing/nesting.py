"""Whether what a handout says of its nested function is so: written out, or too wide for a page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sympy import Basic

from derive.cells.cell import Cell
from derive.document.blocks import Document, Prose
from derive.errors import CheckError
from derive.expressions.quantities import At, Parameter, t

SHORT, LONG = 12, 55
"""Below so many signs two levels surely fit on a line, and above so many they surely do not."""

SAID = (
    "prose.forward.nested",
    "prose.forward.nested_fixed",
    "prose.forward.nested_one",
    "prose.forward.too_wide",
    "prose.forward.not_nested",
)
"""What can be said of it, of which one is said."""


def require_nesting(document: Document, cell: Cell) -> None:
    """Raise a `CheckError` unless a chapter on the forward pass says of the nested function what is so.

    It is written out where a step reads one state in one place and two levels fit on a line.
    """
    keys = [block.key for block in document.blocks if isinstance(block, Prose)]
    if "prose.forward.steps" not in keys or cell.has_matrices:
        # Where something is a matrix, no nested function is spoken of.
        return
    said = [key.rpartition(".")[2] for key in SAID if key in keys]
    signs, places = _counted(cell)
    single = len(cell.states) == 1 and places == 1
    wrong = (
        len(said) != 1
        or (said[0] == "not_nested") == single
        or (said[0].startswith("nested") and signs > LONG)
        or (said[0] == "too_wide" and signs < SHORT)
    )
    if wrong:
        raise CheckError(
            f"the text of {document.id} says of the nested function that it is "
            f"{' and '.join(said) or 'nothing'}, but two steps of it have {signs} signs, and a step "
            f"has the state before in {places} places. Nothing is written; correct what chooses it"
        )


def _counted(cell: Cell) -> tuple[int, int]:
    """Return how many signs the output has over two steps, and in how many places a state is read."""
    before: Mapping[Basic, tuple[int, int]] = {s[t - 1]: (1, 1) for s in cell.states}
    for _ in range(2):
        known: dict[Basic, tuple[int, int]] = dict(before)
        for equation in cell.equations:
            known[equation.left] = _signs(equation.expr, known)
        places = max(known[s[t]][1] for s in cell.states)
        before = {s[t - 1]: known[s[t]] for s in cell.states}
        if len(cell.states) > 1 or places != 1:
            break
    return known[cell.output[t]][0], places


def _signs(expr: Any, known: Mapping[Basic, tuple[int, int]]) -> tuple[int, int]:
    """Return how many letters and functions an expression has, and states of the step before."""
    if expr in known:
        return known[expr]
    if isinstance(expr, At | Parameter) or not expr.args:
        return 1, 0
    parts = [_signs(part, known) for part in expr.args if hasattr(part, "shape")]
    own = 0 if expr.is_Add or expr.is_Mul or "Mat" in type(expr).__name__ else 1
    return own + sum(signs for signs, _ in parts), sum(places for _, places in parts)
