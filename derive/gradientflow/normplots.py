"""Plots of norms against the runs that they are said to show, computed anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from sympy import Basic

from derive.arrays import Array
from derive.document.blocks import Prose
from derive.document.diagram import Label
from derive.document.plot import Curve, Heat, Plot, Reference
from derive.document.text import Number, Text
from derive.errors import CheckError
from derive.expressions.derivatives import Partial
from derive.expressions.spectra import Norm
from derive.gradientflow.drawn import require_kind
from derive.gradientflow.measure import Flow, recurrent_weights
from derive.gradientflow.runs import Run
from derive.numerics.evaluate import Evaluator

LAG = 10
"""At which a norm is computed from the forward pass, without step Jacobians."""

NEAR = 1e-6
"""By how much a logarithm of a norm may differ that is computed in two ways."""

SAID = 1e-9
"""By how much a number may differ that is computed in two ways, relative to itself."""


def require_norms(plot: Plot, shown: Sequence[tuple[Label, Sequence[Flow]]]) -> Plot:
    """Return a plot with a curve for each label, of the norms of its runs over the lags.

    Of several runs it is the median, between the smallest and the largest. A `CheckError` for another
    curve, or another bound beside it.
    """
    curves = [c for p in plot.panels for c in p.items if isinstance(c, Curve) and c.x]
    named = [curve for curve in curves if curve.label is not None]
    if [curve.label for curve in named] != [label for label, _ in shown]:
        raise _failed(plot.id, f"its curves are {[_called(curve.label) for curve in named]}")
    for panel in plot.panels:
        _require_norm(plot.id, panel.y_label, shown[0][1][0])
    for curve, (label, flows) in zip(named, shown, strict=True):
        norms = np.sort([_norms(flow) for flow in flows], axis=0)
        half = len(flows) // 2
        middle = (norms[half] + norms[len(flows) - 1 - half]) / 2
        _require(plot.id, f"the norm of {_called(label)}", curve.y, middle)
        if len(flows) > 1:
            for what, side, wanted in zip(
                ("smallest", "largest"), curve.band or ((), ()), norms[[0, -1]], strict=True
            ):
                _require(plot.id, f"the {what} norm of {_called(label)}", side, wanted)
        for bound in (c for c in curves if c.label is None and c.colour == curve.colour):
            _require(
                plot.id, f"the bound of {_called(label)}", bound.y, 10.0 ** flows[0].log_bound[:-1]
            )
    return plot


def require_kinds(shown: Mapping[str, Sequence[Run]]) -> None:
    """Raise a `CheckError` unless runs that are named by a kind of matrix have weights of that kind.

    Their seeds must differ, as those of one are a single draw.
    """
    for kind, runs in shown.items():
        for run in runs:
            W = run.trace.parameter(recurrent_weights(run.derivation))
            require_kind(run.derivation.cell.name, kind, 1.0, W)
        if len({run.seed for run in runs}) != len(runs):
            raise _failed(kind, "two of its runs have one seed")


def _norms(flow: Flow) -> Array:
    """Return the norms at each lag but the last; a `CheckError` if one is not of the forward pass."""
    norms: Array = 10.0 ** flow.log_norms[:-1]
    state, last = flow.derivation.shared.state, flow.steps
    bound, found = float(flow.log_bound[LAG]), float(flow.log_norms[LAG])
    if not np.isfinite(bound) or bound - found > 6:
        # So much has cancelled that a derivative of the forward pass has no digits left.
        return norms
    whole = Evaluator(flow.trace).at(Partial(state[last], state[last - LAG]))
    wanted = float(np.linalg.norm(whole, 2))
    if wanted and not abs(np.log10(wanted) - flow.log_norms[LAG]) <= NEAR:
        raise _failed(
            flow.derivation.cell.name,
            f"the norm at the lag {LAG} is {wanted:.6g}, not {norms[LAG]:.6g}",
        )
    return norms


def _require_norm(plot: str, label: Label, flow: Flow) -> None:
    """Check that an axis is named after the derivative of the last state."""
    norm = label.values.get("norm") if isinstance(label, Text) else None
    of = norm.args[0] if isinstance(norm, Norm) else None
    state = of.num.indices[0] if isinstance(of, Partial) else None
    if not isinstance(state, Basic) or state != flow.steps:
        raise _failed(plot, f"its axis is {_called(label)}, of runs over {flow.steps} steps")


def require_scale_map(plot: Plot, runs: Sequence[Sequence[Run]], least: float) -> Plot:
    """Return a map of the logarithm of norms over lags and scales, the median of the runs of each.

    A row is that of the runs whose weights stretch by its scale; below ``least`` nothing is shown.
    Errors as `require_norms`.
    """
    heats = [item for panel in plot.panels for item in panel.items if isinstance(item, Heat)]
    lines = [item for panel in plot.panels for item in panel.items if isinstance(item, Reference)]
    for heat in heats:
        for scale, row, found in zip(heat.y, heat.values, runs, strict=True):
            seeds = {run.seed for run in found}
            for run in found:
                W = run.trace.parameter(recurrent_weights(run.derivation))
                if len(seeds) != len(found) or not np.allclose(
                    np.linalg.svd(W, compute_uv=False), scale
                ):
                    raise _failed(plot.id, f"the scale {scale:g} is that of no run of its row")
            logs = np.sort([run.flow.log_norms for run in found], axis=0)[len(found) // 2]
            wanted = np.maximum(logs[: len(heat.x)], least)
            if len(row) != len(logs) - 1 or not np.allclose(row, wanted, rtol=0, atol=NEAR):
                raise _failed(plot.id, f"at the scale {scale:g} it is not the median of its runs")
    slope = runs[0][0].flow.shape
    for line in lines:
        if slope is None or not np.isclose(line.value * slope.activation.gamma, 1.0):
            raise _failed(plot.id, f"nothing is proved below {line.value:g}")
    return plot


def require_saturated(plot: Plot, said: Prose, quiet: Run, loud: Run) -> Plot:
    """Return a plot of states with large inputs, and of mean slopes with small and large ones.

    The slopes are those of the step Jacobians, without the weights. Errors as `require_norms`, for a
    mean in the sentence too.
    """
    states, slopes = plot.panels
    s = loud.derivation.shared.state
    curves = [item for item in states.items if isinstance(item, Curve)]
    for unit, curve in enumerate(curves):
        wanted = [loud.trace.value(s, int(step))[unit, 0] for step in curve.x]
        if not np.allclose(curve.y, wanted, rtol=SAID, atol=SAID):
            raise _failed(plot.id, f"the state of unit {unit + 1} is another's")
    means = [item for item in slopes.items if isinstance(item, Curve)]
    for curve, run, name in zip(means, (quiet, loud), ("small", "large"), strict=True):
        W = np.linalg.inv(run.trace.parameter(recurrent_weights(run.derivation)))
        mean = np.array([np.diag(J @ W).mean() for J in run.flow.jacobians])
        size = curve.label.values["size"] if isinstance(curve.label, Text) else None
        if not isinstance(size, Number) or size.value != run.experiment.inputs:
            raise _failed(plot.id, f"the inputs have the size {run.experiment.inputs:g}")
        first = [int(step) - 1 for step in curve.x]
        if not np.allclose(curve.y, mean[first], rtol=NEAR, atol=NEAR):
            raise _failed(plot.id, f"the mean slopes with {name} inputs are others")
        value = said.values[name]
        if not isinstance(value, Number) or not np.isclose(value.value, mean.mean(), rtol=NEAR):
            raise _failed(plot.id, f"the mean slope with {name} inputs is {mean.mean():.6g}")
    return plot


def _called(label: Label | None) -> str:
    """Return what a message calls a label: words by their key."""
    return label.key if isinstance(label, Text) else str(label)


def _require(plot: str, what: str, logs: Sequence[float], wanted: Array) -> None:
    with np.errstate(divide="ignore"):
        meant = np.log10(wanted)
    found = np.asarray(logs, dtype=float)
    if found.shape != meant.shape or not np.allclose(found, meant, rtol=SAID, atol=SAID):
        raise _failed(plot, f"{what} is drawn as another")


def _failed(what: str, problem: str) -> CheckError:
    return CheckError(
        f"{what} does not show the runs that it is said to show: {problem}. Nothing is written; "
        "correct what draws it"
    )
