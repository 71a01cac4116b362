"""What is said of the factors of products: which derivative each is, and where its equation stands.

A second way to see it: the equation is taken at all values that its indices may have, and at one of
them its left side must be the factor.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import product

from sympy import Add, Basic

from derive.document.factors import Factor
from derive.errors import CheckError
from derive.expressions.derivatives import Gradient
from derive.expressions.equation import Equation
from derive.expressions.quantities import At, Parameter
from derive.expressions.sums import instantiate
from derive.expressions.walk import atoms_of


def require_factors(
    found: Mapping[str, Iterable[Factor]], equations: Mapping[str, Equation], document: str
) -> None:
    """Raise a `CheckError` for a factor that is another derivative than is said of it.

    ``equations`` are those on the page by their ids.
    """
    for id, factors in found.items():
        for one in factors:
            shown = None if one.shown is None else equations[one.shown]
            if shown is not None and (shown.id == id or not _is_about(shown, one.expr)):
                raise _unlike(document, id, f"{shown.id} is not about {one.expr}")
            if one.kind != _meant_kind(one.expr):
                raise _unlike(document, id, f"{one.expr} is no {one.kind}")


def _is_about(equation: Equation, expr: Basic) -> bool:
    symbols = [index.symbol for index in equation.free]
    steps = dict.fromkeys(i for at in atoms_of(expr, At) for i in at.indices)
    for values in product(steps, repeat=len(symbols)):
        if instantiate(equation.left, dict(zip(symbols, values, strict=True))) == expr:
            return True
    return False


def _meant_kind(expr: Basic) -> str:
    """Return the kind of a derivative by its shape and by what it is of."""
    of, by = expr.num, expr.den
    if len(expr.held):
        return "immediate" if isinstance(by, Parameter) else "held"
    if isinstance(expr, Gradient):
        return "gradient"
    lag = None
    if isinstance(of, At) and isinstance(by, At) and of.series is by.series:
        (lag,) = (Add(one, -other) for one, other in zip(of.indices, by.indices, strict=True))
    if lag is not None:
        return "step_jacobian" if lag == 1 else "over_steps"
    rows, columns = expr.shape
    return "jacobian" if rows != 1 else "number" if columns == 1 else "row"


def _unlike(document: str, id: str, problem: str) -> CheckError:
    return CheckError(
        f"the factors of equation {id} of {document} are not what is said of them: {problem}. Nothing "
        "is written; correct what describes them"
    )
