"""Gates: a pre-activation a_g and the value that an elementwise function makes of it."""

from __future__ import annotations

from dataclasses import dataclass

from sympy import MatrixExpr

from derive.calculus.activations import apply
from derive.cells.cell import Assignment, define
from derive.expressions.algebra import add
from derive.expressions.quantities import At, Parameter, Series, t
from derive.expressions.types import TimeIndex


@dataclass(frozen=True)
class Gate:
    """A gate, or whatever else is f(U x + W h + b): U (n, d), W (n, n); ``a`` is the pre-activation."""

    U: Parameter
    W: Parameter
    biases: tuple[Parameter, ...]
    a: Series
    value: Series
    function: str

    def __getitem__(self, index: TimeIndex) -> At:
        return self.value[index]

    def equations(
        self, x: MatrixExpr, h: MatrixExpr, *more: MatrixExpr
    ) -> tuple[Assignment, Assignment]:
        """Return a_t = U x + W h + more (+ biases) and the gate f(a_t)."""
        return self.of(add(self.U * x, self.W * h, *more, *self.biases))

    def of(self, pre_activation: MatrixExpr) -> tuple[Assignment, Assignment]:
        """Return the equations of a pre-activation a_t and of the gate f(a_t)."""
        return define(self.a, pre_activation), define(self.value, apply(self.function, self.a[t]))


@dataclass(frozen=True)
class InputGate:
    """What is f(U x + b), of the input alone: U (n, d); ``a`` is the pre-activation."""

    U: Parameter
    biases: tuple[Parameter, ...]
    a: Series
    value: Series
    function: str

    def __getitem__(self, index: TimeIndex) -> At:
        return self.value[index]

    def equations(self, x: MatrixExpr) -> tuple[Assignment, ...]:
        """Return a_t = U x (+ b) and f(a_t); without a function, that alone."""
        made = add(self.U * x, *self.biases)
        if self.function == "identity":
            return (define(self.value, made),)
        return define(self.a, made), define(self.value, apply(self.function, self.a[t]))
