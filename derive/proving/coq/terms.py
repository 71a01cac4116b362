"""What a rule for a node is in Coq, and the words of sizes, numbers and shapes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from sympy import Add, Basic, MatrixExpr, Mul, Rational

from derive.expressions.quantities import At, Parameter
from derive.expressions.table import Table

TermChange = Callable[[str], str]


@dataclass(frozen=True)
class ChangePath:
    """From an operand to what it is part of: ``forth`` takes its change, ``back`` a gradient.

    The two are adjoint by a lemma of the prelude: ⟨g, forth(X)⟩ = ⟨back(g), X⟩.
    """

    operand: MatrixExpr
    forth: TermChange
    back: TermChange


def by_matrix(operand: MatrixExpr, slope: str) -> ChangePath:
    """Return the path of a function of a column whose derivative is a matrix."""
    return ChangePath(
        operand, lambda inner: f"(mulL {slope} {inner})", lambda inner: f"({slope}^T *m {inner})"
    )


@dataclass(frozen=True)
class CoqRule:
    """What a node is in Coq, and the paths from its operands to it."""

    value: Callable[[CoqTerms, Any], str]
    paths: Callable[[CoqTerms, Any, MatrixExpr], Iterator[ChangePath]]


RULES: Table[CoqRule] = Table("write for Coq")
"""The rule of each node, as `derive.proving.coq.rules` has it."""


class CoqTerms:
    """Writes expressions, with the names that ``named`` gives to quantities at their steps."""

    def __init__(self, named: Callable[[Basic], str], function: Callable[[str], str]) -> None:
        self.named, self.function = named, function

    def value(self, expr: MatrixExpr) -> str:
        """Return an expression as a term."""
        return RULES[expr].value(self, expr)

    def change(
        self, expr: MatrixExpr, whole: MatrixExpr, leaf: Callable[[Basic], str | None]
    ) -> str:
        """Return the change of an expression, by those of its leaves; empty where none changes.

        ``whole`` is a quantity with this value, by which slopes are written.
        """
        if isinstance(expr, (At, Parameter)):
            return leaf(expr) or ""
        parts = []
        for path in RULES[expr].paths(self, expr, whole):
            inner = self.change(path.operand, path.operand, leaf)
            if inner:
                parts.append(path.forth(inner))
        return f"({' + '.join(parts)})" if len(parts) > 1 else "".join(parts)

    def arriving(
        self,
        expr: MatrixExpr,
        whole: MatrixExpr,
        gradient: str,
        leaf: Callable[[Basic], str | None],
    ) -> Iterator[tuple[Basic, str]]:
        """Yield what arrives at each leaf that changes, of a gradient by the whole."""
        if isinstance(expr, (At, Parameter)):
            if leaf(expr):
                yield expr, gradient
            return
        for path in RULES[expr].paths(self, expr, whole):
            yield from self.arriving(path.operand, path.operand, path.back(gradient), leaf)


def size(dimension: Basic) -> str:
    """Return a size as a natural number."""
    if isinstance(dimension, (Add, Mul)):
        sign = " + " if isinstance(dimension, Add) else " * "
        return f"({sign.join(size(part) for part in dimension.args)})%N"
    return str(dimension)


def number(value: Rational) -> str:
    """Return a rational number."""
    above, below = abs(int(value.p)), int(value.q)
    made = f"{above}%:R" if below == 1 else f"({above}%:R / {below}%:R)"
    return f"(- {made})" if value < 0 else made


def shape(expr: MatrixExpr) -> str:
    """Return the type of matrices of its sizes."""
    rows, columns = map(size, expr.shape)
    return f"'M[R]_({rows}, {columns})"
