"""A forward pass on a user's numbers, computed in other ways than the one that it came by.

Whatever is derived from a pass is confirmed with the same functions and products: here the equations
are read from their text by the second reader, each function is taken at the very numbers that it is
applied to, with fifty digits, and the losses are computed from logits and targets alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from sympy import Basic

from derive.arrays import Array
from derive.checks.comparing import said
from derive.checks.exactly import require_exact, require_exact_at
from derive.checks.loaded import wording
from derive.errors import CheckError
from derive.expressions.averages import Deviation, LayerNorm, LogSumExp
from derive.expressions.functions import Apply, Softmax
from derive.expressions.quantities import t
from derive.expressions.walk import atoms_of
from derive.gradcheck.values import Values
from derive.numerics.evaluate import Evaluator
from derive.numerics.trace import ForwardPass

CLOSE = 1e-9
"""How far a loss may be from one that is computed otherwise, in units of what it is made of."""

PLACES = 12
"""At so many of the numbers that a function is applied to it is looked at."""

COLUMNS: dict[type[Basic], tuple[str, ...]] = {
    Deviation: ("deviation",),
    LayerNorm: ("layer_norm", "deviation"),
    LogSumExp: ("log_sum_exp",),
    Softmax: ("softmax", "log_softmax"),
}


def require_otherwise(values: Values, trace: ForwardPass) -> None:
    """Raise a `CheckError` unless a forward pass is what other ways make of the same numbers."""
    require_exact(frozenset(_functions(trace)))
    with np.errstate(all="ignore"):
        _require_applied(trace)
        _require_losses(trace)
        if values.options is not None:
            _require_text(values, trace)


def _functions(trace: ForwardPass) -> Iterator[str]:
    """Yield which functions a network has; the loss of a sigmoid is one of softplus."""
    for equation in trace.cell.equations:
        yield from (node.function for node in atoms_of(equation.expr, Apply))
        for kind, names in COLUMNS.items():
            if any(True for _ in atoms_of(equation.expr, kind)):
                yield from names
    yield from ("softplus", "sigmoid") if trace.cell.loss.layer == "sigmoid" else ()


def _require_applied(trace: ForwardPass) -> None:
    """Take each function of the equations at numbers that it is applied to."""
    evaluator, steps = Evaluator(trace), np.arange(1, trace.steps + 1)
    for equation in trace.cell.equations:
        for node in atoms_of(equation.expr, Apply):
            given = np.unique(np.real(evaluator.at(node.arg, {t: steps})))
            given = given[np.isfinite(given)]
            if given.size:
                nearest = int(np.abs(given).argmin())
                chosen = np.linspace(0, given.size - 1, min(PLACES, given.size)).astype(int)
                require_exact_at(node.function, given[np.unique([*chosen, nearest])])


def _cross_entropy(y: Array, z: Array) -> tuple[Array, Array]:
    total = np.logaddexp.reduce(z, axis=1)[:, None]
    return -(y * (z - total)).sum(axis=1), (np.abs(y) * (np.abs(z) + np.abs(total))).sum(axis=1)


def _squares(y: Array, z: Array) -> tuple[Array, Array]:
    return ((z - y) ** 2).sum(axis=1) / 2, ((np.abs(z) + np.abs(y)) ** 2).sum(axis=1)


def _binary(y: Array, z: Array) -> tuple[Array, Array]:
    on, off = np.logaddexp(0.0, -z), np.logaddexp(0.0, z)
    terms = y * on + (1 - y) * off
    return terms.sum(axis=1), np.abs(terms).sum(axis=1)


LOSSES: dict[str, Callable[[Array, Array], tuple[Array, Array]]] = {
    "softmax": _cross_entropy,
    "linear": _squares,
    "sigmoid": _binary,
}
"""The losses by what makes outputs of the logits, each with the size of what it is made of."""


def _require_losses(trace: ForwardPass) -> None:
    cell, steps = trace.cell, np.arange(1, trace.steps + 1)
    y, z, found = (
        np.reshape(trace.plain(series, steps), (trace.steps, -1))
        for series in (cell.target, cell.logits, cell.loss_series)
    )
    wanted, sizes = LOSSES[cell.loss.layer](y, z)
    wrong = np.abs(found[:, 0] - wanted) > CLOSE * sizes
    if wrong.any():
        step = int(wrong.argmax())
        raise _wrong(cell.loss_series.name, step + 1, found[step], wanted[step : step + 1])


def _require_text(values: Values, trace: ForwardPass) -> None:
    """Read the equations of the network from their text, at the first step that has all and the last."""
    text, lag = wording(trace, values.options or {})
    for step in sorted({lag + 1, trace.steps} & {*range(lag, trace.steps + 1)}):
        for name, value, made in text.differing(trace, step):
            # Where the second reader overflows, it says nothing.
            if np.isfinite(value).all():
                raise _wrong(name, step, made, value)


def _wrong(name: str, step: int, found: Array, wanted: Array) -> CheckError:
    return CheckError(
        f"{name} at step {step} is {said(found)}, where {said(wanted)} is what these numbers give in "
        "another way. Nothing is printed, as it would be wrong; please report it"
    )
