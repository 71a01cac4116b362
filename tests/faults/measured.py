"""Faults in runs and in their plots: what was run, how it was drawn, what an axis or a curve is."""

from __future__ import annotations

from typing import Any

import numpy as np

from derive.catalogue import load
from derive.document.plot import Heat
from derive.document.text import Number, Text
from tests.faults.fault import Change, Fault, constant, instead, text

CHAPTERS = "derive.chapters"
RUNS = "derive.gradientflow"
MATRICES = "derive.numerics.initialisation.MATRICES"

AXIS = r"figure \S+ has an axis of another name"
SHOWN = r"does not show the runs that it is said to show"
DRAWN = r"a run of \S+ is not what it is said to be"
CALLED = r"the run \S+ is not what it is called"


def _made(name: str, document: str, target: str, make: Change, refusal: str) -> Fault:
    return Fault(name, target, make, (f"make {document} markdown",), refusal)


def _kind(name: str, kind: str, experiment: str, make: Any) -> Fault:
    """Return a fault in how a matrix is drawn, which an experiment runs into."""
    drawn = constant(make)
    return Fault(name, f"{MATRICES}[{kind}]", drawn, (f"run flow {experiment}",), DRAWN)


def _trace(**changes: Any) -> Change:
    """Change what a forward pass is given: ``parameters`` or ``series``."""

    def changed(right: Any, cell: Any, parameters: Any, series: Any, initial: Any) -> Any:
        given = {"parameters": parameters, "series": series}
        made = {key: changes.get(key, lambda found: found)(value) for key, value in given.items()}
        return right(cell, made["parameters"], made["series"], initial)

    return instead(changed)


def _times(name: str, factor: float) -> Any:
    return lambda found: {n: factor * v if n == name else v for n, v in found.items()}


def _other_cell(right: Any, cell: Any, seed: int, **more: Any) -> Any:
    return right(load("elman") if cell.name == "lstm" else cell, seed, **more)


def _other_kind(right: Any, name: str) -> Any:
    exchanged = {"init-uniform": "init-gaussian", "init-gaussian": "init-uniform"}
    return right(exchanged.get(name, name))


FAULTS = (
    # Axes.
    _made("axes of a map exchanged", "elman-2/forward,landscape", f"{CHAPTERS}.landscape.Panel",
          instead(lambda right, items, x, y, **more: right(
              items, *((y, x) if isinstance(items[0], Heat) else (x, y)), **more)), AXIS),
    _made("lags that begin with one", "elman-2/flow", f"{CHAPTERS}.figures.readymade.Curve",
          instead(lambda right, x, *more, **named: right(tuple(n + 1 for n in x), *more, **named)),
          rf"{AXIS}|does not hold what its head says"),
    _made("lags up to another step", "gru-1/flow", f"{CHAPTERS}.ownflow.Text",
          instead(lambda right, key, values={}: right(key, {**values, "steps": 99}
                  if key == "label.flow.lag" else values)), AXIS),
    _made("a norm of another state on an axis", "gru-1/flow", f"{CHAPTERS}.ownflow.Norm",
          instead(lambda right, of: right(of.func(of.num.series[50], of.den))), SHOWN),
    _made("norms that are not of the lag zero", "gru-1/memory", f"{CHAPTERS}.memory.NormCurve",
          instead(lambda right, label, norms, **more: right(label, 2 * norms, **more)),
          rf"{AXIS}|{SHOWN}"),
    # Curves.
    _made("a median of fewer seeds", "elman-2/remedies", f"{CHAPTERS}.remedies._band",
          instead(lambda right, kind, runs: right(kind, runs[1:])), SHOWN),
    _made("a band from the largest to the smallest", "elman-2/remedies",
          f"{CHAPTERS}.remedies.NormCurve",
          instead(lambda right, *given, band: right(*given, band=band[::-1])), SHOWN),
    _made("kinds of initial weights exchanged", "elman-2/remedies",
          f"{CHAPTERS}.remedies.experiment", instead(_other_kind), DRAWN),
    _made("a curve that lacks its bound", "gru-1/flow", f"{CHAPTERS}.ownflow.NormCurve",
          instead(lambda right, label, norms, bound: right(label, bound, bound=norms)), SHOWN),
    _made("a map of other scales", "elman-2/forward,landscape", f"{CHAPTERS}.landscape.replace",
          instead(lambda right, found, **new: right(found, **{
              n: 1.05 * v if n == "scale" else v for n, v in new.items()})), SHOWN),
    _made("a map of one seed", "elman-2/forward,landscape", f"{CHAPTERS}.landscape.np",
          lambda right: _OtherMedian(), SHOWN),
    _made("a border that proves nothing", "elman-2/forward,landscape", f"{CHAPTERS}.landscape.Reference",
          instead(lambda right, value, *more: right(1.2 * value, *more)), SHOWN),
    _made("states of other units", "elman-2/forward,landscape", f"{CHAPTERS}.landscape._states",
          text(lambda found: found[:, ::-1]), SHOWN),
    _made("slopes of inputs of another size", "elman-2/forward,landscape",
          f"{CHAPTERS}.landscape._inputs",
          text(lambda found: Text(found.key, {"size": Number(1.0, 2)})), SHOWN),
    # What was run.
    _made("a run of another network", "gru-1/memory", f"{CHAPTERS}.memory.run",
          instead(_other_cell), CALLED),
    _made("gates opened less than is said", "lstm-1/memory", f"{RUNS}.gated.OPEN", constant(3.0),
          CALLED),
    _made("another gate opened", "gru-1/memory", f"{RUNS}.gated.gate_biases",
          instead(lambda right, cell: dict.fromkeys(
              right(cell), [p for p in cell.parameters if p.shape[1] == 1][:1])), CALLED),
    _made("a gate that is said to be open further", "gru-1/memory",
          f"{CHAPTERS}.memory.gates_reached",
          text(lambda found: [(gate, 0.99) for gate, _ in found]), CALLED),
    _made("gates that reach less far than they did", "gru-1/memory", f"{CHAPTERS}.memory.gates_seen",
          text(lambda found: (found[0], found[1], 0.9 * found[2])), CALLED),
    _made("biases that are not zero", "gru-1/memory", f"{RUNS}.gated.ForwardPass",
          _trace(parameters=lambda found: {
              n: v + 0.1 if v.shape[1] == 1 else v for n, v in found.items()}), CALLED),
    _made("inputs of twice the size", "gru-1/memory", f"{RUNS}.gated.ForwardPass",
          _trace(series=_times("x", 2.0)), DRAWN),
    _made("weights of another scale than is said", "gru-1/flow", f"{RUNS}.own.ForwardPass",
          _trace(parameters=_times("W_h", 1.6)), DRAWN),
    _made("targets that are no classes", "elman-2/flow", f"{RUNS}.runs.ForwardPass",
          _trace(series=_times("y", 0.5)), DRAWN),
    # How matrices are drawn.
    _kind("a normal matrix that is uniform", "gaussian", "init-gaussian",
          lambda rng, n: rng.uniform(-1, 1, size=(n, n)) * np.sqrt(3 / n)),
    _kind("a uniform matrix of half the size", "uniform", "init-uniform",
          lambda rng, n: rng.uniform(-0.5, 0.5, size=(n, n)) / np.sqrt(n)),
    _kind("an orthogonal matrix that shrinks", "orthogonal", "steady",
          lambda rng, n: 0.999 * np.linalg.qr(rng.normal(size=(n, n)))[0]),
    _kind("a Jordan block of another number", "jordan", "jordan",
          lambda rng, n: 1.1 * np.eye(n) + np.eye(n, k=1)),
    _kind("a nilpotent matrix with a diagonal", "nilpotent", "nilpotent",
          lambda rng, n: np.triu(rng.normal(size=(n, n)))),
    _kind("a matrix of smaller norm", "nonnormal", "nonnormal",
          lambda rng, n: np.array([[0.9, 1.0], [0.0, 0.9]])),
    Fault("inputs of an experiment of another size", f"{RUNS}.runs.ForwardPass",
          _trace(series=_times("x", 0.5)), ("run flow typical",), DRAWN),
    Fault("the scale of an experiment left out", f"{RUNS}.runs.draw",
          instead(lambda right, kind, scale, *more: right(kind, 1.0, *more)),
          ("run flow exploding",), DRAWN),
)  # fmt: skip


class _OtherMedian:
    """NumPy, but for the median, in whose place it gives the first."""

    def __getattr__(self, name: str) -> Any:
        if name == "median":
            return lambda found, axis: np.asarray(found)[0]
        return getattr(np, name)
