"""What comes back from the next step: behind the last one it is 0, and need not have a value there."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from sympy import MatAdd, MatrixExpr

from derive.expressions.named import Named, NamedSlope
from derive.expressions.quantities import At, Series, t
from derive.expressions.walk import atoms_of, series_in


def own_after(expr: MatrixExpr) -> bool:
    """Tell whether an expression has a function of the user's own at what the next step reads.

    After the last step there is none, and such a function need not have a value there.
    """
    return any(
        at.indices[0] == t + 1
        for node in atoms_of(expr, (Named, NamedSlope))
        for at in series_in(node.arg)
    )


def ended(expr: MatrixExpr, adjoints: Collection[Series]) -> Iterator[MatrixExpr]:
    """Yield the largest parts that have such a function and are 0 behind the last step.

    Beside them may stand what comes from the loss of the step itself.
    """
    if not own_after(expr):
        return
    if _vanishes(expr, adjoints):
        yield expr
        return
    for part in expr.args:
        yield from ended(part, adjoints)


def _vanishes(expr: MatrixExpr, adjoints: Collection[Series]) -> bool:
    """Tell whether an expression is 0 behind the last step, as the adjoints there are."""
    if isinstance(expr, At):
        return expr.series in adjoints and bool(expr.indices[0] == t + 1)
    every = all if isinstance(expr, MatAdd) else any
    return bool(expr.args) and every(_vanishes(part, adjoints) for part in expr.args)
