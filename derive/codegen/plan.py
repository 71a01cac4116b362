"""What a generated module computes where: before the loop over time, in it, or after it.

Only what one step hands to the next stays in the loops.  The rest is computed for all steps at once,
and so are the parts of a sum, and the factors of a product, that do not depend on it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from sympy import MatAdd, MatMul, MatrixExpr

from derive.bptt.derivation import Derivation
from derive.cells.cell import Assignment, Cell
from derive.expressions.algebra import Diag, Hadamard, Scaled, add, mul
from derive.expressions.definition import Definition
from derive.expressions.quantities import At, DiagonalSeries, Series, t
from derive.expressions.walk import series_in

Item = TypeVar("Item", Assignment, Definition)


@dataclass(frozen=True)
class Schedule(Generic[Item]):
    """The equations of one direction, in the order in which they are computed."""

    before: tuple[Item, ...]
    loop: tuple[Item, ...]
    after: tuple[Item, ...]


def forward_pass(cell: Cell) -> Schedule[Assignment]:
    """Return the equations of a cell, sorted into before, in and after the loop."""
    fed = set(cell.states)
    return _sorted(
        list(cell.equations),
        variable=lambda e: e.variable,
        now=lambda e: {r.series for r in series_in(e.expr) if r.indices[0] == t},
        other=lambda e: {r.series for r in series_in(e.expr) if r.indices[0] != t},
        fed=fed,
    )


def backward_pass(derivation: Derivation) -> Schedule[Definition]:
    """Return the named adjoints (their definitions), sorted into before, in and after the loop."""
    named = list(derivation.recursion.definitions.values())
    adjoints = {n.series for n in named}

    def reads(n: Definition, now: bool) -> set[Series]:
        return {
            r.series
            for r in series_in(n.expr)
            if r.series in adjoints and (r.indices[0] == t) is now
        }

    fed = {series for n in named for series in reads(n, now=False)}
    return _sorted(
        named,
        variable=lambda n: n.series,
        now=lambda n: reads(n, now=True),
        other=lambda n: reads(n, now=False),
        fed=fed,
    )


def _sorted(
    items: list[Item],
    *,
    variable: Callable[[Item], Series],
    now: Callable[[Item], set[Series]],
    other: Callable[[Item], set[Series]],
    fed: set[Series],
) -> Schedule[Item]:
    """Sort: in the loop is what depends on another step and is needed by what is handed over."""
    dependent: set[Series] = set()
    for item in items:
        if other(item) or now(item) & dependent:
            dependent.add(variable(item))
    needed = set(fed)
    for item in reversed(items):
        if variable(item) in needed:
            needed |= now(item)
    loop = dependent & needed
    return Schedule(
        tuple(i for i in items if variable(i) not in dependent),
        tuple(i for i in items if variable(i) in loop),
        tuple(i for i in items if variable(i) in dependent - loop),
    )


@dataclass(frozen=True)
class Split:
    """A quantity as ``factors ⊙ (free + terms)``: factors and what is free do not read the loop."""

    factors: tuple[MatrixExpr, ...]
    free: MatrixExpr | None
    terms: tuple[MatrixExpr, ...]


def split(expr: MatrixExpr, bound: Iterable[Series]) -> Split:
    """Return an expression sorted into what is free of the series of the loop and what is not."""
    loop = set(bound)
    factors, core = _peeled(expr, loop)
    terms = core.args if isinstance(core, MatAdd) else (core,)
    free = [term for term in terms if not _reads(term, loop)]
    rest = tuple(term for term in terms if _reads(term, loop))
    return Split(tuple(factors), add(*free) if free else None, rest)


def peeled(expr: MatrixExpr, bound: Iterable[Series]) -> tuple[list[MatrixExpr], MatrixExpr]:
    """Return the factors that are free of the loop and act element by element, and the rest."""
    return _peeled(expr, set(bound))


def _reads(expr: MatrixExpr, loop: set[Series]) -> bool:
    return any(at.series in loop for at in series_in(expr))


def _peeled(expr: MatrixExpr, loop: set[Series]) -> tuple[list[MatrixExpr], MatrixExpr]:
    if isinstance(expr, Hadamard):
        bound = [a for a in expr.args if _reads(a, loop)]
        if len(bound) == 1:
            inner, core = _peeled(bound[0], loop)
            return [*(a for a in expr.args if a is not bound[0]), *inner], core
    if isinstance(expr, Scaled) and not _reads(expr.args[0], loop):
        inner, core = _peeled(expr.args[1], loop)
        return [expr.args[0], *inner], core
    if isinstance(expr, MatMul) and len(expr.args) > 1:
        head = expr.args[0]
        acts = head.is_number or isinstance(head, Diag) or head.shape == (1, 1)
        acts = acts or (isinstance(head, At) and isinstance(head.series, DiagonalSeries))
        if acts and (head.is_number or not _reads(head, loop)):
            inner, core = _peeled(mul(*expr.args[1:]), loop)
            return [head.arg if isinstance(head, Diag) else head, *inner], core
    return [], expr


def is_plain(expr: MatrixExpr) -> bool:
    """Tell whether an expression is one quantity, which needs no name of its own."""
    return isinstance(expr, At) or bool(expr.is_number)


def hidden(equation: Assignment, loop: set[Series]) -> tuple[MatrixExpr | None, MatrixExpr]:
    """Return the part of an equation's sum that can be computed for all steps first, and the rest."""
    if not isinstance(equation.expr, MatAdd):
        return None, equation.expr
    free = [a for a in equation.expr.args if not _reads(a, loop)]
    rest = [a for a in equation.expr.args if _reads(a, loop)]
    if not rest or not any(True for a in free for _ in series_in(a)):
        return None, equation.expr
    return add(*free), add(*rest)
