"""Which derivative each factor of a chain-rule product is, and which equation on display is about it.

A factor is known by what it is a derivative of and by what: the equation whose left side is that
derivative, for its own steps or for every step, is the one that a reader wants to see.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sympy import Basic, MatMul, Transpose

from derive.document.blocks import Document
from derive.document.text import Ref, Text
from derive.document.used import values_of
from derive.expressions.components import Component
from derive.expressions.derivatives import Gradient, Partial
from derive.expressions.equation import Equation, Kind
from derive.expressions.quantities import At, Parameter
from derive.expressions.shown import Nested
from derive.expressions.sums import Expanded, OrderedProduct, RisingProduct
from derive.expressions.walk import atoms_of

LONGEST = 8
"""Of what is written out over more steps than this, some stand behind dots."""

_PRODUCTS = (OrderedProduct, RisingProduct)


@dataclass(frozen=True)
class Factor:
    """A derivative that is a factor; ``shown`` is the id of the equation that is about it, if any."""

    expr: Partial | Gradient
    shown: str | None

    @property
    def said(self) -> Text:
        """Return which derivative it is, and where its equation stands."""
        name = Text(f"ui.factor.{self.kind}", {"factor": self.expr})
        if self.shown is None:
            return Text("ui.factor.alone", {"factor": name})
        return Text("ui.factor.shown", {"factor": name, "equation": Ref(self.shown)})

    @property
    def kind(self) -> str:
        """Return what kind of derivative it is, as the language file calls it."""
        return kind_of(self.expr)


def kind_of(expr: Partial | Gradient) -> str:
    """Return the kind of a derivative, as the language file has it under ``ui.factor``."""
    num, den = expr.num, expr.den
    if expr.held:
        return "immediate" if isinstance(den, Parameter) else "held"
    if isinstance(expr, Gradient):
        return "gradient"
    if isinstance(num, At) and isinstance(den, At) and num.series == den.series:
        apart = [one - other for one, other in zip(num.indices, den.indices, strict=True)]
        return "step_jacobian" if apart == [1] else "over_steps"
    if num.shape != (1, 1):
        return "jacobian"
    return "number" if den.shape == (1, 1) else "row"


def factors_of(
    document: Document, about: Iterable[Equation] = ()
) -> Mapping[str, tuple[Factor, ...]]:
    """Return the factors of the products on display, each once, by the ids of their equations.

    Those that dots stand for may be left out.  An equation without such a product has no entry.
    ``about`` are equations that stand elsewhere on the page.
    """
    claims = (Kind.IDENTITY, Kind.DEFINITION)
    known = [e for e in (*document.equations(), *about) if e.kind in claims]
    about = [e for e in known if isinstance(e.left, Partial | Gradient)]
    found: dict[str, tuple[Factor, ...]] = {}
    for display in document.displays():
        equation = display.equation
        rights = equation.sides[1:]
        if any(map(is_chain, rights)):
            factors = dict.fromkeys(one for side in rights for one in _derivatives(side))
            found[equation.id] = tuple(
                Factor(one, _shown(one, [e for e in about if e.id != equation.id]))
                for one in factors
            )
    return found


def is_chain(side: Basic) -> bool:
    """Tell whether a product with two derivatives or more stands in a side."""
    return any(
        sum(_leads(arg) for arg in product.args) > 1
        for part in _written(side)
        for product in atoms_of(part, MatMul)
    )


def _leads(arg: Basic) -> bool:
    """Tell whether a factor is a derivative, or a product of them over steps."""
    while isinstance(arg, Transpose):
        arg = arg.args[0]
    if isinstance(arg, Expanded):
        arg = arg.node
    if isinstance(arg, _PRODUCTS):
        arg = arg.body
    return _is_plain(arg)


def _is_plain(expr: Basic) -> bool:
    """Tell whether an expression is a derivative of whole quantities, not of single entries."""
    derivative = isinstance(expr, Partial | Gradient)
    return derivative and next(atoms_of(expr, Component), None) is None


def _written(side: Basic) -> Iterator[Basic]:
    """Yield a side, or the parts in which it is written out."""
    if not isinstance(side, Expanded):
        yield side
        return
    for step in _ends(side.steps()):
        yield side.part(step)


def _derivatives(expr: Basic) -> Iterator[Partial | Gradient]:
    """Yield the derivatives that stand in an expression as it is written out."""
    if isinstance(expr, Partial | Gradient):
        if _is_plain(expr):
            yield expr
    elif isinstance(expr, Expanded):
        for part in _written(expr):
            yield from _derivatives(part)
    elif not isinstance(expr, Nested):
        for arg in expr.args:
            yield from _derivatives(arg)


def _ends(steps: range) -> Iterable[int]:
    return steps if len(steps) <= LONGEST else (*steps[:2], *steps[-2:])


def _shown(expr: Partial | Gradient, about: Sequence[Equation]) -> str | None:
    """Return the id of the equation about a derivative: for its own steps, else for every step."""
    for equation in about:
        if equation.left == expr:
            return equation.id
    for equation in about:
        free = frozenset(index.symbol for index in equation.free)
        if free and values_of(equation.left, expr, free) is not None:
            return equation.id
    return None
