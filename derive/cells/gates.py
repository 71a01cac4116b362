"""Gates: a pre-activation a_g and the value that an elementwise function makes of it."""

from __future__ import annotations

from collections.abc import Iterable

from sympy import MatrixExpr, Symbol

from derive.calculus.activations import apply
from derive.cells.cell import Assignment, define
from derive.cells.readout import plus
from derive.expressions.quantities import At, Parameter, Series, t
from derive.expressions.types import TimeIndex


class Gate:
    """A gate ``name`` over inputs of size d and states of size n.

    U (n, d), W (n, n) and, with ``bias``, b (n,); ``a`` is the pre-activation and ``value`` the gate.
    """

    def __init__(
        self,
        name: str,
        d: Symbol,
        n: Symbol,
        *,
        bias: bool,
        function: str = "sigmoid",
        value: str = "",
    ) -> None:
        self.U, self.W = Parameter(f"U_{name}", n, d), Parameter(f"W_{name}", n, n)
        self.biases = (Parameter(f"b_{name}", n, 1),) if bias else ()
        self.a = Series(f"a_{name}", n, 1)
        self.value = Series(value or name, n, 1)
        self.function = function

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """Return the weights and the bias."""
        return (self.U, self.W, *self.biases)

    def __getitem__(self, index: TimeIndex) -> At:
        return self.value[index]

    def equations(
        self, x: MatrixExpr, h: MatrixExpr, *more: MatrixExpr
    ) -> tuple[Assignment, Assignment]:
        """Return a_t = U x + W h + more (+ b) and the gate f(a_t)."""
        return (
            define(self.a, plus(self.U * x, self.W * h, *more, *self.biases)),
            define(self.value, apply(self.function, self.a[t])),
        )


def parameters(gates: Iterable[Gate]) -> tuple[Parameter, ...]:
    """Return the parameters of several gates, gate by gate."""
    return tuple(p for gate in gates for p in gate.parameters)
