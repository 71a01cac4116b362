"""Scalar functions for exact proofs: SymPy's, without the rewriting that hides what is equal."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import mpmath
from sympy import Expr, Function, Pow, Symbol, erf, exp, lambdify, log, pi, sqrt, tanh

from derive.calculus.activations import activation


class Exp(Function):
    """The exponential, kept apart: SymPy's own merges exp(a)·exp(b), and hides common factors."""

    nargs = 1

    @classmethod
    def eval(cls, arg: Expr) -> Expr | None:
        if isinstance(arg, log):
            return arg.args[0]
        if isinstance(-arg, log):
            return 1 / (-arg).args[0]
        return None

    def fdiff(self, argindex: int = 1) -> Expr:
        return self


class Tanh(Function):
    """The hyperbolic tangent, left alone: SymPy's own looks for multiples of iπ in its argument."""

    nargs = 1

    def fdiff(self, argindex: int = 1) -> Expr:
        a = Symbol("a")
        return tanh(a).diff(a).subs(tanh(a), self)


class Erf(Function):
    """The error function, whose derivative has the exponential that is kept apart."""

    nargs = 1

    def fdiff(self, argindex: int = 1) -> Expr:
        return 2 / sqrt(pi) * Exp(-(self.args[0] ** 2))


class Root(Function):
    """The root of a whole degree: its whole powers are all the powers of its argument there are."""

    nargs = 2

    def fdiff(self, argindex: int = 1) -> Expr:
        degree = self.args[1]
        return self ** (1 - degree) / degree


class Reciprocal(Function):
    """One over its argument, kept apart: cleared, a denominator would be multiplied into all else.

    That a·(1/a) is 1 is not known of it: what is proved without it holds.
    """

    nargs = 1

    def fdiff(self, argindex: int = 1) -> Expr:
        return -(self**2)


def inverse(value: Expr) -> Expr:
    """Return one over a value."""
    return Reciprocal(value) if value.is_Add else 1 / value


def power(base: Expr, exponent: Expr) -> Expr:
    """Return a power with a rational exponent, as a whole power of a root."""
    if exponent.is_Integer:
        return base**exponent if exponent > 0 else inverse(base) ** -exponent
    return Root(base, exponent.q) ** exponent.p


def _rooted(expr: Expr) -> bool:
    return isinstance(expr, Pow) and not expr.base.is_number and not expr.exp.is_Integer


def scalar_function(name: str, slope: bool = False) -> Callable[[Expr], Expr]:
    """Return an activation, or its derivative by SymPy, as a function of a scalar expression."""
    a = Symbol("a")
    template: Expr = activation(name).scalar(a)
    made = (template.diff(a) if slope else template).replace(_rooted, lambda e: power(*e.args))
    for theirs, ours in ((exp, Exp), (tanh, Tanh), (erf, Erf)):
        made = made.replace(theirs, ours)
    return lambda arg: made.xreplace({a: arg})


DIGITS = 60
"""Decimal digits with which two expressions are compared at a point."""

POINTS = 8
"""At how many points: what holds on one side of a kink may be wrong on the other."""

_NUMERIC = {
    "Exp": mpmath.exp, "Tanh": mpmath.tanh, "Erf": mpmath.erf, "Root": mpmath.root,
    "Reciprocal": lambda value: 1 / value,
}  # fmt: skip


def differ(one: Expr, other: Expr) -> bool:
    """Tell whether two expressions have different values at one of some points.

    Atoms hide identities, as that a·(1/a) is 1: what is not seen to be zero may be.  Points at which
    a function has no real value are passed over.
    """
    symbols = sorted(one.free_symbols | other.free_symbols, key=str)
    made = lambdify(symbols, [one, other], modules=[_NUMERIC, "mpmath"], cse=True)
    with mpmath.workdps(DIGITS):
        return any(_apart(made, _point(len(symbols), seed)) for seed in range(POINTS))


def _point(count: int, seed: int) -> list[mpmath.mpf]:
    """Return numbers of order 1, at the first point positive, at the others of both signs."""
    rng = Random(seed)
    signs = (1,) if seed == 0 else (-1, 1)
    return [rng.choice(signs) * mpmath.mpf(rng.randint(3, 29)) / 17 for _ in range(count)]


def _apart(made: Callable[..., list[mpmath.mpf]], point: list[mpmath.mpf]) -> bool:
    try:
        left, right = made(*point)
        size = max(abs(left), abs(right), mpmath.mpf(1))
        return bool(abs(left - right) > size * mpmath.mpf(10) ** (-DIGITS // 2))
    except (ArithmeticError, TypeError, ValueError):
        return False
