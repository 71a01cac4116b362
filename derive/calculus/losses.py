"""The losses, each with the output function that it goes with: one row each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import inf

from sympy import MatrixExpr, Rational

from derive.calculus.activations import apply
from derive.errors import SpecError
from derive.expressions.algebra import add, mul, neg, ones, transpose
from derive.expressions.functions import Log, Softmax
from derive.expressions.types import Column
from derive.suggest import suggestion


@dataclass(frozen=True)
class Loss:
    """A loss L_t of the targets y and the outputs o, where o = ``output``(z) of the logits z.

    ``residual`` is ∇_z L_t, short because the loss and its output function belong together;
    ``general`` the same without the assumption named in ``assumes`` (the key of a sentence).
    ``layer`` is what the output function is called; either name finds the row.  ``targets`` are the
    least and the largest number that a target can be.
    """

    name: str
    layer: str
    output: Callable[[Column], Column]
    value: Callable[[Column, Column], MatrixExpr]
    residual: Callable[[Column, Column], Column]
    general: Callable[[Column, Column], Column]
    assumes: tuple[str, ...] = ()
    targets: tuple[float, float] = (-inf, inf)


def _cross_entropy(y: Column, o: Column) -> MatrixExpr:
    return neg(mul(transpose(y), Log(o)))


def _half_square(y: Column, o: Column) -> MatrixExpr:
    return mul(Rational(1, 2), transpose(o - y), o - y)


def _binary(y: Column, o: Column) -> MatrixExpr:
    return neg(add(mul(transpose(y), Log(o)), mul(transpose(1 - y), Log(1 - o))))


LOSSES: dict[str, Loss] = {
    row.name: row
    for row in (
        # With softmax, ∇_z = (1ᵀy) o − y, which is o − y where the targets sum to one.
        Loss(
            "cross_entropy",
            "softmax",
            Softmax,
            _cross_entropy,
            lambda y, o: o - y,
            lambda y, o: mul(transpose(ones(y.shape[0])), y) * o - y,
            ("targets-sum-to-one",),
            targets=(0.0, inf),
        ),
        Loss("mse", "linear", lambda z: z, _half_square, lambda y, o: o - y, lambda y, o: o - y),
        Loss(
            "bce",
            "sigmoid",
            lambda z: apply("sigmoid", z),
            _binary,
            lambda y, o: o - y,
            lambda y, o: o - y,
            targets=(0.0, 1.0),
        ),
    )
}


def loss(name: str) -> Loss:
    """Return the loss of that name, or of that output layer; an unknown one is a `SpecError`."""
    for row in LOSSES.values():
        if name in (row.name, row.layer):
            return row
    known = [word for row in LOSSES.values() for word in (row.layer, row.name)]
    raise SpecError(f"unknown output layer {name!r}: {suggestion(name, known)}")
