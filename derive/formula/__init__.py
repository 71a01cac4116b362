"""From text to expressions.

Takes a formula and a `Scope`, which says what its names stand for; gives an expression, or an error that
points at the place.  Never ``eval``: a tokenizer and a recursive descent.

A formula is written as one would in NumPy or MATLAB::

    tanh(U*x[t] + W*s[t-1] + b)           quantities at a step in brackets, products by *
    (o[t] - y[t]) * s[t]'                 a transpose: ' or .T
    f[t] .* c[t-1]                        element by element: .* or ⊙
    c[t]/(1 + abs(c[t])) + h[t]^2         quotients and powers, element by element
    tanh'(a[t])                           the derivative of an elementwise function
    sum(k=1..t, d(L[t])/d(s[k]) * d+(s[k])/d(W))
    prod(j=t..k+1, d(s[j])/d(s[j-1]))     ordered: from t, leftmost, down to k+1

``d(a)/d(b)`` is a total derivative in numerator layout, ``d+(a)/d(b)`` the immediate one, and
``d(a | h[t-1])/d(b)`` holds fixed what stands behind the bar; ``grad(a, b)`` has the shape of b,
and ``copy(W, k)`` is W at step k only.  Functions: those of `derive.calculus.activations`,
``max min softmax log logsumexp diag norm sigma_max sigma_min rho stack``; ``ones(n)``, ``I`` or
``I(n)``, numbers as ``2``, ``0.5``, ``1/2``.
"""

from __future__ import annotations

from derive.formula.parser import Relation, parse, parse_range, parse_relation
from derive.formula.scope import Scope
from derive.formula.tokens import FormulaError, ShapeError

__all__ = [
    "FormulaError",
    "Relation",
    "Scope",
    "ShapeError",
    "parse",
    "parse_range",
    "parse_relation",
]
