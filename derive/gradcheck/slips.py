"""Slips inside the terms: the step of a slope, a Jacobian too many, the row of another step.

Each is a change of the definitions of the right derivation, or of the sum of a gradient.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, TypeAlias

from sympy import Identity, MatrixExpr, Transpose

from derive.bptt.derivation import Derivation
from derive.cells.cell import Cell
from derive.expressions.algebra import add, transpose
from derive.expressions.definition import Definition
from derive.expressions.folding import folded
from derive.expressions.quantities import At, Series, T, t
from derive.expressions.sums import OrderedProduct, TimeSum, instantiate
from derive.expressions.walk import atoms_of, series_in

Change = Callable[[Any], Any]


def slips(right: Derivation) -> Iterator[tuple[str, tuple[Definition, ...]]]:
    """Yield what is wrong in δ_{t,k}, with the definitions in which it is."""
    jacobian, immediate = _parts(right)
    missing, before = _slopes(right, None), _slopes(right, -1)
    if right.shared.jacobians.diagonals:
        for says, change, where in (
            ("is missing in the step Jacobian only", missing, jacobian),
            ("is missing in the immediate part only", missing, immediate),
            ("is that of the step before", before, jacobian | immediate),
            ("is that of the step before, in the step Jacobian only", before, jacobian),
            ("is that of the step before, in the immediate part only", before, immediate),
        ):
            yield f"the derivative of the activation {says}", _changed(right, change, where)
    every = {named.series for named in right.definitions}
    yield (
        "one step Jacobian too many: the product begins at step k, where k + 1 belongs",
        _changed(right, _one_more, every),
    )


def _parts(right: Derivation) -> tuple[set[Series], set[Series]]:
    """Return what the step Jacobian is made of, and what leads from a parameter into the state."""
    shared = right.shared
    jacobian = {shared.J, *shared.jacobians.parts.values()}
    return jacobian, {*shared.lagged.values(), *shared.into.values()} - {shared.state_adjoint}


def _changed(right: Derivation, change: Change, where: set[Series]) -> tuple[Definition, ...]:
    return tuple(
        replace(n, expr=change(n.expr)) if n.series in where and not n.backward else n
        for n in right.definitions
    )


def _slopes(right: Derivation, shift: int | None) -> Change:
    """Return how slopes are moved by some steps, or left out."""
    diagonals = set(right.shared.jacobians.diagonals.values())

    def change(expr: Any) -> Any:
        found = {at for at in series_in(expr) if at.series in diagonals}
        if shift is None:
            return folded(expr, {at: Identity(at.shape[0]) for at in found})
        return folded(expr, {at: at.series[at.indices[0] + shift] for at in found})

    return change


def _one_more(expr: Any) -> Any:
    rule = {
        p: OrderedProduct(p.body, p.index, p.low - 1, p.high)
        for p in atoms_of(expr, OrderedProduct)
    }
    return folded(expr, rule)


SlipInRow: TypeAlias = tuple[str, Callable[[TimeSum, Cell], MatrixExpr | None]]
"""What is wrong, and the gradient with it: None where it would not show."""


def rows() -> Iterator[SlipInRow]:
    """Yield what is wrong in the row beside the adjoint, and the gradient with it, None if none."""
    yield "x_{k-1} stands where x_k belongs, and nothing before the first step", _late
    yield "x_{k-1} stands where x_k belongs, and x_T before the first step: index -1", _wrapped


def _late(node: TimeSum, cell: Cell) -> Any | None:
    """Return the gradient with the inputs of the step before; the first step has none."""
    inputs = _inputs(node.body, cell)
    if not inputs:
        return None
    moved = folded(node.body, {row: transpose(row.arg.series[t - 1]) for row in inputs})
    return TimeSum(moved, node.index, node.low + 1, node.high)


def _wrapped(node: TimeSum, cell: Cell) -> Any | None:
    late = _late(node, cell)
    if late is None:
        return None
    last = {row: transpose(row.arg.series[T]) for row in _inputs(node.body, cell)}
    return add(late, instantiate(folded(node.body, last), {t: 1}))


def _inputs(body: Any, cell: Cell) -> list[Any]:
    """Return the rows of a body, if they are inputs of its step; states have a step 0, and these not."""
    found = [row for row in atoms_of(body, Transpose) if isinstance(row.arg, At)]
    fits = all(r.arg.series in cell.inputs and r.arg.indices == (t,) for r in found)
    return found if fits else []
