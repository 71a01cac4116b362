"""Typical mistakes in back-propagation through time, as changes to the derivation.

Two kinds.  A pattern gives the terms of a gradient, each the contribution of step k to the loss of
step t, coefficients that are not 1.  A mutation changes an expression: an adjoint, a Jacobian or a
residual.  Either is evaluated like the derivation itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from sympy import Identity, MatrixExpr, Transpose

from derive.arrays import Array
from derive.bptt.derivation import Derivation
from derive.calculus.pullbacks import jacobian
from derive.calculus.simplify import applied
from derive.cells.cell import Assignment, Cell
from derive.expressions.algebra import Diag, had, mul, transpose
from derive.expressions.definition import Definition
from derive.expressions.folding import folded
from derive.expressions.functions import Apply, Softmax
from derive.expressions.quantities import At, t
from derive.expressions.sums import OrderedProduct, RisingProduct, TimeSum
from derive.expressions.types import Column
from derive.expressions.walk import atoms_of
from derive.gradcheck.slips import rows, slips


@dataclass(frozen=True)
class Pattern:
    """Coefficients [t − 1, k − 1] of the contributions of step k to L_t, and what they mean."""

    says: str
    coefficients: Array


def patterns(steps: int, weights: Array) -> Iterator[Pattern]:
    """Yield the mistakes that leave out, repeat or rescale terms, the likeliest first.

    ``weights`` are the w_t of the total loss.
    """
    t, k = np.mgrid[1 : steps + 1, 1 : steps + 1]
    lag, right = t - k, np.tril(np.ones((steps, steps))) * weights[:, None]
    last = right * (t == steps)
    yield Pattern("only the loss of the last step is differentiated", last)
    yield Pattern("the weights of the losses are left out", np.tril(np.ones((steps, steps))))
    yield Pattern(
        "total derivatives ∂s_k stand where immediate ones ∂⁺s_k belong: the use at step k is "
        "counted t − k + 1 times in the gradient of L_t",
        right * (lag + 1),
    )
    yield Pattern(
        "every loss reaches its own step only: nothing flows back through the state",
        right * (lag == 0),
    )
    for window in range(2, steps):
        yield Pattern(
            f"truncated: contributions of a lag of {window} and more are missing",
            right * (lag < window),
        )
    for length in range(2, steps):
        chunk = (t - 1) // length == (k - 1) // length
        yield Pattern(
            f"truncated: nothing flows back across chunks of {length} steps", right * chunk
        )
    for missing in range(steps):
        yield Pattern(
            f"the temporal contribution of lag {missing} is missing", right * (lag != missing)
        )
    for step in range(1, steps + 1):
        yield Pattern(f"the use at step {step} is missing", right * (k != step))
    for step in (steps, 1):
        yield Pattern(
            f"only the use at step {step} counts: assigned where it should be added up",
            right * (k == step),
        )
    for step in range(1, steps + 1):
        yield Pattern(f"the loss of step {step} is missing", right * (t != step))
    for step in range(1, steps + 1):
        yield Pattern(
            f"only the loss of the last step is differentiated, and the temporal contribution of "
            f"step {step} to it is missing",
            last * (k != step),
        )
    for twice in range(steps):
        yield Pattern(
            f"the temporal contribution of lag {twice} is counted twice",
            right * (1 + (lag == twice)),
        )


@dataclass(frozen=True)
class Mutation:
    """A derivation with a mistake: its cell and the definitions of its named quantities.

    With ``lagged`` the mistake is in δ_{t,k}, and the gradient is the sum over t and k; else it is
    in the recursion.  ``of`` changes the sum of a gradient; it is None where there is no such mistake.
    """

    says: str
    cell: Cell
    named: tuple[Definition, ...]
    lagged: bool = False
    of: Callable[[TimeSum, Cell], MatrixExpr | None] = lambda node, cell: node


def mutations(right: Derivation, short: Cell) -> Iterator[Mutation]:
    """Yield the mistakes inside the expressions; ``short`` is the cell with the short residual."""
    cell, named = right.cell, tuple(right.definitions)
    yield from _of_residual(right, short)
    yield from _of_slope(right)
    yield Mutation(
        "the recurrent weights are not transposed on the way back: W δ where Wᵀ δ belongs",
        cell,
        tuple(_untransposed(n, cell) if n.backward else n for n in named),
    )
    yield Mutation(
        "the factors of the step Jacobian are swapped: W D where D W belongs",
        cell,
        tuple(
            replace(n, expr=_reversed(n.expr)) if n.series == right.shared.J else n for n in named
        ),
        lagged=True,
    )
    yield Mutation(
        _turned(right),
        cell,
        tuple(
            replace(n, expr=transpose(n.expr)) if n.series == right.shared.J else n for n in named
        ),
        lagged=True,
    )
    yield Mutation(
        "the product of step Jacobians runs in the wrong order",
        cell,
        tuple(_reordered(n) for n in named),
        lagged=True,
    )
    names = ", ".join(s.name for s in cell.states)
    yield Mutation(f"the wrong step of {names} stands beside the adjoint", cell, named, of=_shifted)
    for says, of in rows():
        yield Mutation(says, cell, named, of=of)
    for says, wrong in slips(right):
        yield Mutation(says, cell, wrong, lagged=True)


def _turned(right: Derivation) -> str:
    """Return what a transposed step Jacobian is called: by its factors, where it is D W."""
    J = right.shared.expression_of(right.shared.J)
    if _reversed(J) == J:
        return "the step Jacobian is transposed: J stands where Jᵀ belongs on the way back"
    return (
        "the factors of the step Jacobian are swapped, and W is transposed: Wᵀ D where D W belongs"
    )


def _of_residual(right: Derivation, short: Cell) -> Iterator[Mutation]:
    cell, loss = right.cell, right.cell.loss
    y, o = cell.target[t], cell.output[t]
    by_output = transpose(jacobian(loss.value(y, o), o))
    output = cell.definition(cell.output).expr
    if output == cell.logits[t]:
        return
    through = jacobian(output, cell.logits[t], o)
    for says, residual in (
        (
            f"∂L/∂o stands where ∂L/∂z belongs: the Jacobian of the {loss.layer} is left out",
            by_output,
        ),
        (
            f"the Jacobian of the {loss.layer} is applied to o − y, which contains it already",
            mul(transpose(through), short.loss.residual(y, o)),
        ),
        *_of_diagonal(by_output, right),
        (
            "o − y stands where (1ᵀy) o − y belongs, as the targets do not sum to 1",
            short.loss.residual(y, o),
        ),
    ):
        wrong = replace(cell, loss=replace(loss, residual=_always(residual)))
        yield Mutation(says, wrong, tuple(Derivation(wrong, right.steps).definitions))


def _of_diagonal(by_output: Column, right: Derivation) -> Iterator[tuple[str, Column]]:
    """Yield the residuals with the softmax taken for a function of each component by itself."""
    cell = right.cell
    o = cell.output[t]
    if not isinstance(cell.definition(cell.output).expr, Softmax):
        return
    says = "the Jacobian of the softmax is taken as a diagonal"
    yield f"{says}, diag(o ⊙ (1 − o))", applied(Diag(had(o, 1 - o)), by_output)
    yield f"{says}, diag(o)", applied(Diag(o), by_output)


def _always(residual: Column) -> Callable[[Column, Column], Column]:
    return lambda y, o: residual


def _of_slope(right: Derivation) -> Iterator[Mutation]:
    cell, diagonals = right.cell, right.shared.jacobians.diagonals
    if not diagonals:
        return

    def changed(change: Callable[[MatrixExpr, Assignment], MatrixExpr]) -> tuple[Definition, ...]:
        rule = {D: cell.definition(variable) for variable, D in diagonals.items()}
        return tuple(
            replace(n, expr=change(n.expr, rule[n.series])) if n.series in rule else n
            for n in right.definitions
        )

    yield Mutation(
        "the derivative of the activation is left out",
        cell,
        changed(lambda expr, made: Identity(expr.shape[0])),
    )
    yield Mutation(
        "the derivative of the activation, written in the output, is taken at the pre-activation",
        cell,
        changed(lambda expr, made: folded(expr, {made.left: made.expr.arg})),
    )
    yield Mutation(
        "the derivative of the activation is taken at the output instead of the pre-activation",
        cell,
        changed(
            lambda expr, made: folded(
                expr, {made.left: Apply(made.expr.function, made.left), made.expr.arg: made.left}
            )
        ),
    )


def _untransposed(named: Definition, cell: Cell) -> Definition:
    square = [p for p in cell.parameters if p.shape[0] == p.shape[1] != 1]
    return replace(named, expr=folded(named.expr, {transpose(p): p for p in square}))


def _reversed(product: MatrixExpr) -> MatrixExpr:
    square = product.is_MatMul and all(f.shape == product.shape for f in product.args)
    return mul(*reversed(product.args)) if square else product


def _reordered(named: Definition) -> Definition:
    rule = {
        p: RisingProduct(p.body, p.index, p.low, p.high)
        for p in atoms_of(named.expr, OrderedProduct)
    }
    return replace(named, expr=folded(named.expr, rule))


def _shifted(node: TimeSum, cell: Cell) -> MatrixExpr | None:
    """Return a gradient's sum with s_t for s_{t-1} in its rows, and the reverse."""
    body = node.body
    if not states_only(body, cell):
        return None
    rule = {}
    for row in [row for row in atoms_of(body, Transpose) if isinstance(row.arg, At)]:
        at = row.arg
        moved = t if at.indices[0] == t - 1 else t - 1
        if at.indices[0] in (t, t - 1):
            rule[row] = transpose(at.series[moved])
    return TimeSum(folded(body, rule), node.index, node.low, node.high)


def states_only(body: MatrixExpr, cell: Cell) -> bool:
    """Tell whether every row in a body is a state: inputs do not exist at step 0."""
    rows = [row.arg for row in atoms_of(body, Transpose) if isinstance(row.arg, At)]
    return bool(rows) and all(at.series in cell.states for at in rows)
