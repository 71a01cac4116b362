"""What a generated module computes where: before the loop over time, in it, or after it.

Only what one step hands to the next stays in the loops.  The rest is computed for all steps at once,
and so are the parts of a sum, and the factors of a product, that do not depend on it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sympy import MatAdd, MatMul

from derive.bptt.derivation import Derivation
from derive.cells.cell import Assignment, Cell
from derive.expressions.algebra import Diag, Hadamard, Scaled, add, mul
from derive.expressions.quantities import At, DiagonalSeries, Series, t
from derive.expressions.walk import series_in


@dataclass(frozen=True)
class Pass:
    """The quantities of one direction, in the order in which they are computed."""

    before: tuple[Any, ...]
    loop: tuple[Any, ...]
    after: tuple[Any, ...]


def forward_pass(cell: Cell) -> Pass:
    """Return the equations of a cell, sorted into before, in and after the loop."""
    fed = set(cell.states)
    return _sorted(
        list(cell.equations),
        variable=lambda e: e.variable,
        now=lambda e: {r.series for r in series_in(e.expr) if r.indices[0] == t},
        other=lambda e: {r.series for r in series_in(e.expr) if r.indices[0] != t},
        fed=fed,
    )


def backward_pass(derivation: Derivation) -> Pass:
    """Return the named adjoints (their definitions), sorted into before, in and after the loop."""
    named = list(derivation.recursion.definitions.values())
    adjoints = {n.series for n in named}

    def reads(n: Any, now: bool) -> set[Series]:
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


def _sorted(items: list[Any], *, variable: Any, now: Any, other: Any, fed: set[Any]) -> Pass:
    """Sort: in the loop is what depends on another step and is needed by what is handed over."""
    dependent: set[Any] = set()
    for item in items:
        if other(item) or now(item) & dependent:
            dependent.add(variable(item))
    needed = set(fed)
    for item in reversed(items):
        if variable(item) in needed:
            needed |= now(item)
    loop = dependent & needed
    return Pass(
        tuple(i for i in items if variable(i) not in dependent),
        tuple(i for i in items if variable(i) in loop),
        tuple(i for i in items if variable(i) in dependent - loop),
    )


@dataclass(frozen=True)
class Split:
    """A quantity as ``factors ⊙ (given + terms)``: factors and given are free of the loop."""

    factors: tuple[Any, ...]
    given: Any | None
    terms: tuple[Any, ...]


def split(expr: Any, bound: Iterable[Series]) -> Split:
    """Return an expression sorted into what is free of the series of the loop and what is not."""
    loop = set(bound)
    factors, core = _peeled(expr, loop)
    terms = core.args if isinstance(core, MatAdd) else (core,)
    free = [term for term in terms if not _reads(term, loop)]
    rest = tuple(term for term in terms if _reads(term, loop))
    return Split(tuple(factors), add(*free) if free else None, rest)


def peeled(expr: Any, bound: Iterable[Series]) -> tuple[list[Any], Any]:
    """Return the factors that are free of the loop and act element by element, and the rest."""
    return _peeled(expr, set(bound))


def _reads(expr: Any, loop: set[Series]) -> bool:
    return any(at.series in loop for at in series_in(expr))


def _peeled(expr: Any, loop: set[Series]) -> tuple[list[Any], Any]:
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


def is_plain(expr: Any) -> bool:
    """Tell whether an expression is one quantity, which needs no name of its own."""
    return isinstance(expr, At) or bool(expr.is_number)


def hidden(equation: Assignment, loop: set[Series]) -> tuple[Any | None, Any]:
    """Return the part of an equation's sum that can be computed for all steps first, and the rest."""
    if not isinstance(equation.expr, MatAdd):
        return None, equation.expr
    free = [a for a in equation.expr.args if not _reads(a, loop)]
    rest = [a for a in equation.expr.args if _reads(a, loop)]
    if not rest or not any(True for a in free for _ in series_in(a)):
        return None, equation.expr
    return add(*free), add(*rest)
