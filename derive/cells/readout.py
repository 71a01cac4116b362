"""The part that all cells share: the output o_t from a state, and the loss."""

from __future__ import annotations

from collections.abc import Mapping

from sympy import MatrixExpr, Symbol

from derive.calculus.losses import loss as loss_named
from derive.cells.cell import Assignment, Cell, define
from derive.cells.weighting import weighting
from derive.expressions.quantities import Parameter, Series, t


def with_read_out(
    name: str,
    sizes: tuple[Symbol, ...],
    parameters: tuple[Parameter, ...],
    inputs: tuple[Series, ...],
    states: tuple[Series, ...],
    equations: tuple[Assignment, ...],
    *,
    hidden: Series,
    output_layer: str,
    loss: str,
    initial: str = "zero",
    bias: str | None = None,
    constants: Mapping[Parameter, float] | None = None,
) -> Cell:
    """Return a cell from the equations of its state: z_t = V h_t (+ bias), o_t and the loss are added.

    ``hidden`` is the state that V (m, n) reads; the last of ``sizes`` is m.  ``bias`` is the name of
    the read-out's bias (m,), if it has one.
    """
    m = sizes[-1]
    V, z = Parameter("V", m, hidden.shape[0]), Series("z", m, 1)
    biases = () if bias is None else (Parameter(bias, m, 1),)
    return with_output(
        name,
        sizes,
        (*parameters, V, *biases),
        inputs,
        states,
        (*equations, define(z, plus(V * hidden[t], *biases))),
        logits=z,
        output_layer=output_layer,
        loss=loss,
        initial=initial,
        constants=constants,
    )


def with_output(
    name: str,
    sizes: tuple[Symbol, ...],
    parameters: tuple[Parameter, ...],
    inputs: tuple[Series, ...],
    states: tuple[Series, ...],
    equations: tuple[Assignment, ...],
    *,
    logits: Series,
    output_layer: str,
    loss: str,
    initial: str = "zero",
    constants: Mapping[Parameter, float] | None = None,
    title: str | None = None,
) -> Cell:
    """Return a cell from the equations of its logits: o_t of them and the loss are added."""
    m = logits.shape[0]
    y, o, L = Series("y", m, 1), Series("o", m, 1), Series("L", 1, 1)
    weights, layer = weighting(loss), loss_named(output_layer)
    return Cell(
        name=name,
        dimensions=sizes,
        parameters=parameters,
        inputs=inputs,
        target=y,
        states=states,
        equations=(
            *equations,
            define(o, layer.output(logits[t])),
            define(L, layer.value(y[t], o[t])),
            *weights.equations,
        ),
        loss=layer,
        weight=weights.weight,
        initial=initial,
        logits=logits,
        output=o,
        loss_series=L,
        constants=dict(constants or {}),
        title=title,
    )


def plus(first: MatrixExpr, *rest: MatrixExpr) -> MatrixExpr:
    """Return a sum of what there is, so that an optional bias needs no second equation."""
    total = first
    for term in rest:
        total = total + term
    return total
