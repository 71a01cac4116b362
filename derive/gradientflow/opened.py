"""Runs of cells with gates, beside what is said of them: which network it is, how far gates are open."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from derive.arrays import Array
from derive.bptt.derivation import Derivation
from derive.cells.cell import Cell
from derive.cells.describe import carried
from derive.checks.loaded import load
from derive.checks.roles import of_parameter
from derive.checks.seeded import require_run
from derive.document.blocks import Prose
from derive.document.text import Text, Value, numeric
from derive.errors import CheckError
from derive.expressions.quantities import At, Parameter, Series
from derive.gradientflow.drawn import require_given, require_weights
from derive.gradientflow.gated import GatedRun
from derive.numerics.trace import ForwardPass

SAID = 1e-9
"""By how much a number may differ that is computed in two ways, relative to itself."""


def require_named(runs: Sequence[tuple[Text, GatedRun]], own: Derivation, said: Prose) -> None:
    """Raise a `CheckError` unless each run is of the network that its label names, as it is said.

    That is: its equations, the steps, the units, weights and data as at the start of training; and no
    biases but those of the run that is called open are raised.
    """
    for label, run in runs:
        name = label.key.rpartition(".")[2]
        cell = own.cell if name in ("this", "opened") else load(name)
        if run.trace.cell.equations != cell.equations or run.derivation.cell != run.trace.cell:
            raise _failed(label, f"it is one of {run.trace.cell.name}")
        for problem in _problems(run, said):
            raise _failed(label, problem)
        opened = gate_parameters(run)
        drawn = [p for p in cell.parameters if p not in opened]
        require_weights(run.trace, drawn, 1.0)
        require_given(run.trace, 1.0)
        seed, units = said.values["seed"], said.values["n"]
        assert isinstance(seed, int)
        assert isinstance(units, int)
        require_run(run.trace, seed, stream=units)
        if bool(opened) != (name == "opened"):
            raise _failed(label, f"its biases {[p.name for p in opened]} are raised")


def require_opened(closed: GatedRun, run: GatedRun, raised: Prose, verdict: Prose) -> None:
    """Raise a `CheckError` unless gates are as far open as two sentences on a run say.

    The first names the biases and by what they raise a pre-activation of the closed run, the second
    the gates and the norm at the longest lag.
    """
    label, far = Text("label.memory.opened"), run.trace.steps - 1
    bias, gate, norm = raised.values["bias"], verdict.values["gate"], verdict.values["norm"]
    before = dict(gates_reached(closed.trace))
    for said, of in ((raised, closed), (verdict, run)):
        seen = np.concatenate([values.ravel() for values in _seen(of.trace)])
        ends = {"low": seen.min(), "middle": np.median(seen), "high": seen.max()}
        for name, end in ends.items():
            _require(label, f"the {name} value of a gate", said.values[name], float(end))
    for series, value in gates_reached(run.trace):
        _require(label, "the bias of a gate", bias, _logit(value) - _logit(before[series]))
        _require(label, "a gate", gate, value)
    named = {p for p in _members(raised.values["biases"]) if isinstance(p, Parameter)}
    if named != {*gate_parameters(run)}:
        raise _failed(
            label, f"the biases that are not zero are {[p.name for p in gate_parameters(run)]}"
        )
    if verdict.values["lag"] != far:
        raise _failed(label, f"its longest lag is {far}")
    _require(label, f"the norm at the lag {far}", norm, float(10.0 ** run.flow.log_norms[far]))


def opens_evenly(trace: ForwardPass) -> bool:
    """Tell whether its biases alone open each gate that carries a state alike in all components."""
    return all(np.ptp(values) <= SAID for _, values in _still(trace))


def gates_reached(trace: ForwardPass) -> Iterator[tuple[Series, float]]:
    """Yield the gates that carry a state, and how far each is open without inputs and at a zero state.

    That is what its biases alone do. One whose components differ is a `CheckError`.
    """
    for gate, values in _still(trace):
        if np.ptp(values) > SAID:
            raise _failed(Text("label.memory.opened"), f"the gate {gate.name} is uneven")
        yield gate, float(values.flat[0])


def gates_seen(trace: ForwardPass) -> tuple[float, float, float]:
    """Return the smallest, the median and the largest value of the gates that carry a state."""
    seen = np.concatenate([values.ravel() for values in _seen(trace)])
    return float(seen.min()), float(np.median(seen)), float(seen.max())


def _seen(trace: ForwardPass) -> Iterator[Array]:
    """Yield the values of each gate that carries a state, at all steps of a run."""
    steps = np.arange(1, trace.steps + 1)
    for gate, _ in _still(trace):
        yield trace.value(gate, steps)


def _still(trace: ForwardPass) -> Iterator[tuple[Series, Array]]:
    cell = trace.cell
    parameters = {p.name: trace.parameter(p) for p in cell.parameters}
    given = {s.name: np.zeros((1, len(trace.value(s, 1)))) for s in cell.given}
    initial = {s.name: np.zeros(len(trace.value(s, 0))) for s in cell.states}
    still = ForwardPass(cell, parameters, given, initial)
    for _, factor in carried(cell):
        if isinstance(factor, At) and cell.defines(factor.series) and _sigmoid(cell, factor.series):
            yield factor.series, still.value(factor.series, 1)


def gate_parameters(run: GatedRun) -> list[Parameter]:
    """Return what is added and is the same number throughout, and not zero."""
    found = []
    for p in run.trace.cell.parameters:
        values = run.trace.parameter(p)
        alike = values.shape[1] == 1 and values.any() and np.ptp(values) == 0
        # A single number is the same throughout however it was drawn.
        if alike and (values.size > 1 or of_parameter(run.trace.cell, p, "bias")):
            found.append(p)
    return found


def _logit(value: float) -> float:
    return float(np.log(value / (1 - value)))


def _sigmoid(cell: Cell, gate: Series) -> bool:
    return getattr(cell.definition(gate).expr, "function", "") == "sigmoid"


def _problems(run: GatedRun, said: Prose) -> Iterator[str]:
    if run.trace.steps != said.values["steps"]:
        yield f"it has {run.trace.steps} steps"
    cell = run.trace.cell
    # A state may be as large as the input, which is handed on as it is, or have a size of its own.
    ends = {s.shape[0] for s in (*cell.inputs[:1], cell.target)}
    free = [s for s in cell.states if s.shape[0].is_Symbol and s.shape[0] not in ends]
    units = {len(run.trace.value(s, 0)) for s in free}
    if not units <= {said.values["n"]}:
        yield f"its states have {sorted(units)} units"


def _members(value: Value) -> Iterator[Value]:
    if isinstance(value, Text):
        for part in value.values.values():
            yield from _members(part)
    else:
        yield value


def _require(label: Text, what: str, found: Value, wanted: float) -> None:
    value = numeric(found)
    if not np.isclose(value, wanted, rtol=SAID, atol=0.0):
        raise _failed(label, f"{what} is {wanted:.6g}, {value:.6g} is written")


def _failed(label: Text, problem: str) -> CheckError:
    return CheckError(
        f"the run {label.key} is not what it is called: {problem}. Nothing is written; correct what "
        "runs it, or what names it"
    )
