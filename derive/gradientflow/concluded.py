"""What is concluded from runs, beside the runs that each sentence is about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from derive.arrays import Array
from derive.document.blocks import Bullets, Prose, TableBlock
from derive.document.text import Number, Text, Value
from derive.errors import CheckError
from derive.gradientflow.measure import recurrent_weights
from derive.gradientflow.runs import Run, experiment

_ABOUT: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "prose.flow.not_slope": {"norm": ("steady", "lag")},
    "prose.flow.not_size": {
        "grown": ("exploding", "lag"), "shrunk": ("saturated", "lag"), "scale": ("saturated", "scale"),
        "inputs": ("saturated", "inputs"),
    },
    "prose.flow.not_tanh": {"norm": ("linear", "lag"), "radius": ("linear", "radius")},
    "prose.flow.not_monotone": {
        "peak": ("nonnormal", "lag"), "end": ("nonnormal", "far"), "radius": ("nonnormal", "radius"),
    },
}  # fmt: skip
"""Of each sentence, of which experiment a number is: a setting, its radius, or the norm at a lag."""

_HIGHEST = {"prose.flow.not_monotone": ("nonnormal", "lag")}
"""Where a lag is that of the largest norm."""

SAID = 1e-9
"""By how much a number that is computed in two ways may differ, relative to itself."""


def require_concluded(bullets: Bullets, runs: Iterable[Run]) -> Bullets:
    """Return sentences on runs; a `CheckError` for a number that is another run's, or of another lag."""
    known = {run.experiment.name: run for run in runs}
    for item in bullets.items:
        assert isinstance(item, Text)
        for name, (about, what) in _ABOUT.get(item.key, {}).items():
            _require(item.key, item.values[name], _number(known[about], what, item.values))
        if item.key in _HIGHEST:
            about, lag = _HIGHEST[item.key]
            if item.values[lag] != int(np.argmax(_run(known[about]).flow.log_norms)):
                raise _untrue(item.key, f"the norm is not largest at the lag {item.values[lag]}")
    return bullets


def require_runs(table: TableBlock, runs: Sequence[Run]) -> TableBlock:
    """Return a table of runs, each with what is proved of it; a `CheckError` for another's."""
    for (name, *_, proved), run in zip(table.rows, map(_run, runs), strict=True):
        _require_settings(table.id, name, run)
        verdict = run.flow.verdict
        if (
            not isinstance(proved, Text)
            or proved.key != f"verdict.{verdict.says}.{verdict.because}"
        ):
            raise _untrue(table.id, f"of {run.experiment.name} it is proved that it {verdict.says}")
        if "number" in proved.values:
            _require(table.id, proved.values["number"], verdict.number)
    return table


def require_settings(prose: Prose, run: Run) -> Prose:
    """Return a sentence on the size, the steps and the seed of runs; errors as `require_concluded`."""
    wanted = {"n": run.experiment.n, "steps": run.trace.steps, "seed": run.seed}
    for name, value in wanted.items():
        if name in prose.values and prose.values[name] != value:
            raise _untrue(prose.key, f"{name} is {value}, {prose.values[name]} is written")
    return prose


def require_row(run: Run, cells: tuple[Value, ...]) -> tuple[Value, ...]:
    """Return a row of the table of experiments; a `CheckError` for one that is not about this run.

    It has the activation, the kind of the matrix, its scale, the size of inputs, of the network and of
    the sequence, the logarithms of the norm at the longest lag and of its bound, and the verdict.
    """
    row, verdict = run.experiment, run.flow.verdict
    units = len(run.trace.value(run.derivation.cell.states[0], 1))
    function, matrix, scale, inputs, n, steps, norm, bound, said = cells
    words = [f"landscape.activation.{row.activation}", f"landscape.matrix.{row.matrix}"]
    words.append(f"landscape.verdict.{verdict.says}")
    if [getattr(word, "key", "") for word in (function, matrix, said)] != words:
        raise _untrue(row.name, f"{function}, {matrix} and {said} are written")
    if (n, steps) != (units, run.trace.steps):
        raise _untrue(row.name, f"{n} units and {steps} steps are written")
    _require(row.name, scale, row.scale)
    _require(row.name, inputs, row.inputs)
    require_logs(run, norm, bound)
    return cells


def require_logs(run: Run, norm: Value, bound: Value) -> None:
    """Raise a `CheckError` unless these are the logarithms of the norm at the longest lag and its bound.

    The norm is that of the factors themselves, multiplied from the last one on.
    """
    product: Array = np.eye(len(run.flow.jacobians[0]))
    logs, bounds = 0.0, 0.0
    with np.errstate(divide="ignore", invalid="ignore"):
        for factor in run.flow.jacobians[:0:-1]:
            product = product @ factor
            size = float(np.linalg.norm(product, 2))
            logs, bounds = logs + np.log10(size), bounds + np.log10(np.linalg.norm(factor, 2))
            product = product / size if size > 0 else product
    for value, wanted in ((norm, logs), (bound, bounds)):
        shown = float(value.value) if isinstance(value, Number) else -np.inf
        if not (shown == wanted or abs(shown - wanted) <= HALF):
            raise _untrue(
                run.experiment.name, f"{shown:.4g} is written where the run has {wanted:.4g}"
            )


HALF = 0.05 * (1 + 1e-9)
"""Half of the last digit of a logarithm that is printed with one decimal."""


def _run(run: Run) -> Run:
    """Return a run of an experiment of the table, with the settings that it has there."""
    if run.experiment != experiment(run.experiment.name):
        raise _untrue(run.experiment.name, "it was not run with its settings")
    return run


def _number(run: Run, what: str, values: Mapping[str, Value]) -> float:
    if what in ("scale", "inputs"):
        return float(getattr(_run(run).experiment, what))
    if what == "radius":
        W = run.trace.parameter(recurrent_weights(run.derivation))
        return float(np.abs(np.linalg.eigvals(W)).max())
    lag = values[what]
    assert isinstance(lag, int)
    return float(10.0 ** _run(run).flow.log_norms[lag])


def _require_settings(what: str, name: Value, run: Run) -> None:
    e = run.experiment
    key = "label.flow.inputs" if e.inputs else "label.flow.quiet"
    if not isinstance(name, Text) or name.key != key:
        raise _untrue(what, f"{e.name} has inputs of the size {e.inputs:g}")
    _require(what, name.values["scale"], e.scale)


def _require(what: str, found: Value, wanted: float) -> None:
    value = found.value if isinstance(found, Number) else np.nan
    if not np.isclose(float(value), wanted, rtol=SAID, atol=0.0):
        raise _untrue(what, f"{value:.6g} is written where the run has {wanted:.6g}")


def _untrue(what: str, problem: str) -> CheckError:
    return CheckError(
        f"{what} does not say of the runs what they are: {problem}. Nothing is written; correct what "
        "fills it"
    )
