"""The arrows of the unrolled network: what each drawn quantity reads, and through which parameters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sympy import MatMul, MatrixExpr
from sympy.matrices.expressions import HadamardProduct

from derive.calculus.pullbacks import depends
from derive.cells.cell import Cell
from derive.chapters.figures.unrolled import Link
from derive.checks.network import LOSS
from derive.expressions.algebra import Scaled
from derive.expressions.quantities import At, Parameter, Series, t
from derive.expressions.walk import series_in

MOST_NAMES = 2
"""Parameters that fit beside an arrow."""


def below_output(cell: Cell) -> Series:
    """Return the quantity that the logits are made of, drawn where the output is the state.

    Where they are made of inputs and of the output before alone, these are the logits themselves.
    """
    reads = series_in(cell.definition(cell.logits).expr)
    made = (at.series for at in reads if cell.defines(at.series) and at.series != cell.output)
    return next(made, cell.logits)


def links(cell: Cell) -> list[Link]:
    """Return the arrows between what is drawn, through the quantities that are not drawn.

    Many parameters on an arrow would not fit beside it, nor any where arrows cross, as those do that
    lead over several steps; then none stands beside its arrow.
    """
    drawn = {*cell.inputs[:1], *cell.states, cell.output}
    if cell.states == (cell.output,):
        drawn.add(below_output(cell))
    made = [Link(cell.output.name, LOSS)]
    for equation in cell.equations:
        if equation.variable in drawn:
            found = _reads(cell, equation.expr, drawn)
            for (series, lag), parameters in found.items():
                made.append(Link(series, equation.variable.name, tuple(parameters), lag))
    if cell.lagged or any(len(link.parameters) > MOST_NAMES for link in made):
        return [replace(link, named=False) for link in made]
    return made


def reaches_loss(name: str, made: Sequence[Link]) -> bool:
    """Tell whether arrows within a step lead from a row to the loss of that step."""
    onward = {link.dst for link in made if link.src == name and link.lag == 0}
    return LOSS in onward or any(reaches_loss(row, made) for row in onward)


def _reads(cell: Cell, expr: MatrixExpr, drawn: set[Series]) -> dict[tuple[str, int], list[str]]:
    found: dict[tuple[str, int], list[str]] = {}
    terms = expr.args if expr.is_MatAdd else (expr,)
    for term in terms:
        for at in series_in(term):
            names = sorted(p.name for p in cell.parameters if _multiplies(p, at, term))
            lag = int(t - at.indices[0])
            if at.series in drawn:
                known = found.setdefault((at.series.name, lag), [])
                known.extend(n for n in names if n not in known)
            elif cell.defines(at.series):
                for key, inner in _reads(cell, cell.definition(at.series).expr, drawn).items():
                    found.setdefault(key, []).extend(n for n in inner if n not in found[key])
    return found


def _multiplies(parameter: Parameter, at: At, expr: MatrixExpr) -> bool:
    """Tell whether a parameter stands in a product with a quantity."""
    if not depends(expr, parameter) or not depends(expr, at):
        return False
    product = isinstance(expr, MatMul | HadamardProduct | Scaled)
    return product or any(_multiplies(parameter, at, arg) for arg in expr.args)
