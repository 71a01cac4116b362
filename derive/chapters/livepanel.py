"""The panel that computes norms for settings of the reader's: for which networks, and of what."""

from __future__ import annotations

from sympy import Basic, MatAdd, MatMul, preorder_traversal

from derive.bptt.derivation import Derivation
from derive.cells.cell import Cell
from derive.cells.describe import parameter_role
from derive.document.beside import LivePanel
from derive.expressions.derivatives import Gradient, Partial
from derive.expressions.quantities import At, Parameter, ParameterCopy, j, k, t
from derive.expressions.spectra import Norm
from derive.gradientflow.measure import simple_shape
from derive.render.web.live import ACTIVATIONS

STEPS = 100
"""How many steps the panel computes, as the chapter above it does."""


def live_panel(cell: Cell) -> LivePanel | None:
    """Return the panel of a network that is s_t = φ(U x_t + W s_{t−1} + b) with a softmax behind it.

    None for every other network: the panel would compute something else than it says.
    """
    if cell.has_matrices or len(cell.states) != 1 or cell.loss.name != "cross_entropy":
        return None
    derivation = Derivation(cell, 1)
    shape = simple_shape(derivation)
    driven = _driven(cell)
    if shape is None or driven is None or shape.activation.name not in ACTIVATIONS:
        return None
    state, last = cell.state, STEPS
    return LivePanel(
        STEPS,
        shape.activation.name,
        shape.weights,
        driven,
        derivation.shared.J[j],
        Norm(Partial(state[last], state[k])),
        Norm(Gradient(cell.loss_series[last], ParameterCopy(shape.weights, k))),
        k,
    )


def _driven(cell: Cell) -> MatMul | None:
    """Return what inputs add to the pre-activation, None unless it is that, a term of the state, a bias.

    The output must be a softmax of a product with the state, and of a bias.
    """
    inner = cell.definition(cell.state).expr.args[-1]
    defined = isinstance(inner, At) and cell.defines(inner.series)
    made = cell.definition(inner.series).expr if defined else inner
    terms = [a for a in _terms(made) if not _is_bias(cell, a)]
    read = [a for a in _terms(cell.definition(cell.logits).expr) if not _is_bias(cell, a)]
    x = [x[t] for x in cell.inputs]
    driven = [a for a in terms if _acts_on(a, x)]
    held = [a for a in terms if _acts_on(a, [cell.state[t - 1]])]
    out = [a for a in read if _acts_on(a, [cell.state[t]])]
    alone = len(terms) == 2 and len(driven) == len(held) == len(out) == len(read) == 1
    if not alone:
        return None
    # Weights that act in two places are drawn apart by the panel, which would be another network.
    acting = [term.args[0] for term in (*driven, *held, *out)]
    exprs = [equation.expr for equation in cell.equations]
    once = all(sum(_count(expr, one) for expr in exprs) == 1 for one in acting)
    return driven[0] if once else None


def _count(expr: Basic, parameter: Basic) -> int:
    return sum(node == parameter for node in preorder_traversal(expr))


def _terms(expr: Basic) -> tuple[Basic, ...]:
    return tuple(expr.args) if isinstance(expr, MatAdd) else (expr,)


def _acts_on(term: object, columns: list[At]) -> bool:
    """Tell whether a term is a parameter times one of some columns."""
    if not isinstance(term, MatMul) or len(term.args) != 2:
        return False
    return isinstance(term.args[0], Parameter) and term.args[1] in columns


def _is_bias(cell: Cell, term: object) -> bool:
    return isinstance(term, Parameter) and parameter_role(cell, term) == "bias"
