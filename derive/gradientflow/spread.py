"""Temporal contributions against the forward pass, and what is said of them, computed anew."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from sympy import Integer

from derive.arrays import Array
from derive.document.blocks import Prose, TableBlock
from derive.document.plot import Bars, Curve, Plot
from derive.document.text import Number, Text
from derive.errors import CheckError
from derive.expressions.quantities import Parameter, ParameterCopy
from derive.numerics.directional import Directional
from derive.numerics.trace import ForwardPass

TOLERANCE = 1e-6
"""Of what is added up along a direction: of a slope 1 − tanh² near 1e-9 seven digits are left."""

NOISE = 1e-12
"""Of the output and the target, of whose difference little may be left; and of the largest
contribution, beside which such a slope leaves no digit."""

LARGE = 1e20
"""A derivative along which a complex step is no longer small at the end."""

SAID = 1e-9
"""By how much a number that is computed in two ways may differ, relative to itself."""


def require_contributions(
    trace: ForwardPass, parameter: Parameter, losses: Iterable[int], terms: Sequence[Array]
) -> None:
    """Check contributions to the gradients of some losses, those of steps 1, 2, … in that order.

    Each copy of the parameter is moved along a random direction of its own, and the forward pass is
    run again. A `CheckError` names the contribution that is another one.
    """
    shape, cell = trace.parameter(parameter).shape, trace.cell
    drawn = np.random.default_rng(len(shape)).normal(size=(trace.steps, *shape))
    moved = _moved(trace, parameter, drawn)
    grown = np.maximum(_growth(moved), 1.0)
    if grown.max() > LARGE:
        drawn = drawn / grown.reshape(-1, *(1 for _ in shape))
        moved = _moved(trace, parameter, drawn)
    for step, found in zip(losses, terms, strict=True):
        parts = (found * drawn[:step]).reshape(step, -1)
        wanted = moved.along(cell.loss_series, step)[:step, 0]
        ends = sum(float(np.abs(trace.value(s, step)).sum()) for s in (cell.output, cell.target))
        spare = NOISE * ends * np.abs(moved.along(cell.logits, step)[:step]).sum(axis=1)
        apart = np.abs(parts.sum(axis=1) - wanted)
        sizes = np.abs(parts).sum(axis=1)
        wrong = ~(apart <= TOLERANCE * sizes + NOISE * sizes.max() + spare)
        if wrong.any():
            raise CheckError(
                f"the contribution of step {int(wrong.argmax()) + 1} to ∇_{parameter.name} L_{step} "
                f"of {cell.name} is not that of the forward pass. Nothing is said of it; please "
                "report it"
            )


def _moved(trace: ForwardPass, parameter: Parameter, directions: Array) -> Directional:
    copies = (ParameterCopy(parameter, Integer(step)) for step in range(1, trace.steps + 1))
    return Directional(trace, dict(zip(copies, directions, strict=True)))


def _growth(moved: Directional) -> Array:
    """Return by how much the last state and output move along each direction."""
    ends = (moved.along(s, moved.steps) for s in (moved.cell.state, moved.cell.logits))
    result: Array = np.max([np.abs(end).max(axis=1) for end in ends], axis=0)
    return result


def require_shares(table: TableBlock, terms: Array) -> TableBlock:
    """Return a table of the latest contributions, their share and what is missing without others.

    ``terms`` are all of them, the latest first. A `CheckError` for another number.
    """
    sizes = np.sqrt((terms**2).sum(axis=(1, 2)))
    for count, share, missing in table.rows:
        assert isinstance(count, int)
        rest = terms.sum(axis=0) - terms[:count].sum(axis=0)
        _require(table.id, share, 100 * sizes[:count].sum() / sizes.sum())
        slack = 1e-12 * sizes.sum() / _size(terms.sum(axis=0))
        _require(table.id, missing, _size(rest) / _size(terms.sum(axis=0)), slack)
    return table


def require_bars(plot: Plot, terms: Array) -> Plot:
    """Return a plot of the norms of contributions by their steps; errors as `require_shares`."""
    sizes = np.sqrt((terms**2).sum(axis=(1, 2)))[::-1]
    for panel in plot.panels:
        for item in panel.items:
            if not isinstance(item, Bars | Curve):
                continue
            steps = [int(x) for x in item.x]
            if steps != list(range(len(sizes) - len(steps) + 1, len(sizes) + 1)):
                raise _failed(plot.id, f"it shows the steps {steps[:4]} …")
            with np.errstate(divide="ignore"):
                drawn = item.heights if isinstance(item, Bars) else 10.0 ** np.array(item.y)
            for step, value in zip(steps, drawn, strict=True):
                _require(plot.id, Number(float(value)), sizes[step - 1])
    return plot


def require_spread(prose: Prose, terms: Array) -> Prose:
    """Return a sentence on a share, one contribution and the whole; errors as `require_shares`."""
    sizes = np.sqrt((terms**2).sum(axis=(1, 2)))[::-1]
    count, step = prose.values["count"], prose.values["step"]
    assert isinstance(count, int)
    assert isinstance(step, int)
    _require(prose.key, prose.values["share"], 100 * sizes[-count:].sum() / sizes.sum())
    _require(prose.key, prose.values["first"], sizes[step - 1])
    _require(prose.key, prose.values["whole"], _size(terms.sum(axis=0)))
    return prose


def require_truncated(table: TableBlock, terms: Sequence[Array]) -> TableBlock:
    """Return a table of spans, and for windows and chunks of these: the error, and the cosine.

    ``terms`` are the contributions of the steps 1, 2, … to each loss; errors as `require_shares`.
    """
    full = sum((part.sum(axis=0) for part in terms), np.zeros(terms[0].shape[1:]))
    for span, *cells in table.rows:
        assert isinstance(span, int)
        found: list[Array] = []
        for chunks in (False, True):
            firsts = [n // span * span if chunks else n + 1 - span for n in range(len(terms))]
            kept = (part[max(first, 0) :] for part, first in zip(terms, firsts, strict=True))
            found.append(np.concatenate([*kept]).sum(axis=0))
        wanted = [
            value
            for cut in found
            for value in (_size(cut - full) / _size(full), _cosine(cut, full))
        ]
        slack = 1e-12 * sum(_size(part) for part in terms) / _size(full)
        for cell, value in zip(cells, wanted, strict=True):
            _require(table.id, cell, value, slack)
    return table


def require_angles(table: TableBlock, gradient: Array) -> TableBlock:
    """Return a table of the cosine between a gradient and itself, clipped as each row says.

    By its norm, or at a part of the largest entry; errors as `require_shares`.
    """
    for name, cell in table.rows:
        part = name.values.get("part") if isinstance(name, Text) else None
        limit = np.abs(gradient).max() * (part.value if isinstance(part, Number) else np.inf)
        cut = np.where(np.abs(gradient) > limit, np.sign(gradient) * limit, gradient)
        _require(table.id, cell, _cosine(cut, gradient))
    return table


def _cosine(cut: Array, full: Array) -> float:
    return float((cut * full).sum()) / (_size(cut) * _size(full))


def _size(matrix: Array) -> float:
    return float(np.sqrt((matrix**2).sum()))


def _require(what: str, found: object, wanted: float, slack: float = 0.0) -> None:
    value = found.value if isinstance(found, Number) else np.nan
    if not np.isclose(value, wanted, rtol=SAID, atol=slack):
        raise _failed(what, f"{value:.6g} is written where {wanted:.6g} was computed anew")


def _failed(what: str, problem: str) -> CheckError:
    return CheckError(
        f"{what} does not say of the contributions what they are: {problem}. Nothing is written; "
        "correct what fills it"
    )
