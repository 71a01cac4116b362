"""Scalar functions for exact proofs: SymPy's, without the rewriting that hides what is equal."""

from __future__ import annotations

from collections.abc import Callable

from sympy import Expr, Function, Symbol, exp, log, tanh

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


def scalar_function(name: str, slope: bool = False) -> Callable[[Expr], Expr]:
    """Return an activation, or its derivative by SymPy, as a function of a scalar expression."""
    a = Symbol("a")
    template: Expr = activation(name).scalar(a)
    made = (template.diff(a) if slope else template).replace(exp, Exp).replace(tanh, Tanh)
    return lambda arg: made.xreplace({a: arg})
