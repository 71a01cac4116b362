"""Faults in the calculus: wrong rules, slopes, residuals, and products of Jacobians."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sympy import Integer, MatrixExpr

from derive.expressions.algebra import Diag, add, had, mul, neg, transpose
from derive.expressions.functions import Log
from tests.faults.fault import Change, Fault, instead, text

RULES = "derive.calculus.rules.RULES.entries"
ACTIVATIONS = "derive.calculus.activations.ACTIVATIONS"
LOSSES = "derive.calculus.losses.LOSSES"
SIMPLIFY = "derive.calculus.simplify"

REFUSAL = (
    r"FAILED at|are not those that it has|is not what zoo/|was asked for, and it is another"
    r"|this is a fault of derive|cannot print Float"
)


def _checked(name: str, cell: str, target: str, make: Change) -> Fault:
    """Return a fault that the checks of a cell's equations find."""
    return Fault(name, target, make, (f"run check {cell} -T 2",), REFUSAL)


def _row(**changes: Any) -> Change:
    return lambda row: replace(row, **{k: v(getattr(row, k)) for k, v in changes.items()})


def _twice(node: MatrixExpr) -> MatrixExpr:
    return mul(2, node)


FAULTS = (
    # Rules, each wrong in its own way.
    _checked("the sum's rule negates", "elman", f"{RULES}[Plus]", text(neg)),
    _checked("the sum's rule counts its first term twice", "gru", f"{RULES}[Plus]",
             instead(lambda right, node, i, out: mul(2 if i == 0 else 1, right(node, i, out)))),
    _checked("the product's rule loses a factor", "two_layer", f"{RULES}[Times]", text(_twice)),
    _checked("the rule of an entry by entry product keeps all factors", "gru",
             f"{RULES}[Hadamard]",
             instead(lambda right, node, i, out: Diag(had(*node.args)))),
    _checked("the rule of a function forgets the slope", "elman", f"{RULES}[Apply]",
             instead(lambda right, node, i, out: Diag(out))),
    _checked("the softmax's rule has a plus", "elman", f"{RULES}[Softmax]",
             instead(lambda right, node, i, out: add(Diag(out), mul(out, transpose(out))))),
    _checked("the softmax's rule has lost its second term", "elman", f"{RULES}[Softmax]",
             instead(lambda right, node, i, out: Diag(out))),
    _checked("the logarithm's rule is turned over", "elman", f"{RULES}[Log]",
             instead(lambda right, node, i, out: Diag(node.arg))),
    _checked("the rule of a scaled matrix loses the scale", "leaky", f"{RULES}[Scaled]",
             text(_twice)),
    # Functions.
    _checked("the slope of tanh without its square", "elman", f"{ACTIVATIONS}[tanh]",
             _row(in_output=lambda right: lambda y: 1 - y)),
    _checked("the slope of tanh with a plus", "elman", f"{ACTIVATIONS}[tanh]",
             _row(in_output=lambda right: lambda y: 1 + had(y, y))),
    _checked("the slope of tanh off by a thousandth", "elman", f"{ACTIVATIONS}[tanh]",
             _row(in_output=lambda right: lambda y: 1 - mul(0.999, had(y, y)))),
    _checked("the slope of the sigmoid with a plus", "gru", f"{ACTIVATIONS}[sigmoid]",
             _row(in_output=lambda right: lambda y: had(y, 1 + y))),
    _checked("the slope of the sigmoid squared", "gru", f"{ACTIVATIONS}[sigmoid]",
             _row(in_output=lambda right: lambda y: had(y, y))),
    _checked("relu's slope on the wrong side", "irnn", f"{ACTIVATIONS}[relu]",
             _row(slope=lambda right: lambda a: right(-a))),
    _checked("bipolar's slope is that of tanh", "elman --activation bipolar",
             f"{ACTIVATIONS}[bipolar]", _row(in_output=lambda right: lambda y: 1 - had(y, y))),
    _checked("softplus' slope is that of another", "elman --activation softplus",
             f"{ACTIVATIONS}[softplus]", _row(in_output=lambda right: lambda y: y)),
    # Losses.
    _checked("the residual has its sign turned", "elman", f"{LOSSES}[cross_entropy]",
             _row(residual=lambda right: lambda y, o: y - o)),
    _checked("the residual is doubled", "elman --output-layer mse", f"{LOSSES}[mse]",
             _row(residual=lambda right: lambda y, o: mul(2, o - y))),
    _checked("the general residual is the short one", "elman", f"{LOSSES}[cross_entropy]",
             _row(general=lambda right: lambda y, o: o - y)),
    _checked("a loss without its half", "elman --output-layer mse", f"{LOSSES}[mse]",
             _row(value=lambda right: lambda y, o: mul(2, right(y, o)))),
    _checked("a binary loss without its second term", "elman --output-layer bce", f"{LOSSES}[bce]",
             _row(value=lambda right: lambda y, o: neg(mul(transpose(y), Log(o))))),
    # Products and sums of Jacobians.
    _checked("a chain that loses its inner factor", "gru", "derive.bptt.stepwise.chain",
             instead(lambda right, outer, inner: outer
                     if outer.shape == inner.shape else right(outer, inner))),
    _checked("a matrix that is applied transposed", "elman", "derive.bptt.recursion.applied",
             instead(lambda right, matrix, column: right(
                 transpose(matrix) if matrix.shape[0] == matrix.shape[1] else matrix, column))),
    _checked("a sum of paths that loses one", "gru", "derive.bptt.stepwise.factored",
             instead(lambda right, terms: right(terms[:-1] or terms))),
    _checked("numbers before equal paths are lost", "elman --output-layer mse",
             "derive.calculus.pullbacks.numbered", text(lambda found: (Integer(1), found[1]))),
    _checked("paths to a parameter that lose the last", "lstm", "derive.bptt.stepwise.pullbacks",
             text(lambda found: [replace(p, left=mul(2, p.left)) for p in found])),
)  # fmt: skip
