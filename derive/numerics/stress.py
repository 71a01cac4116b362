"""Forward passes at the edge: inputs that saturate every unit, gates that hand a state on whole."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np
from sympy import Basic, MatAdd, MatrixExpr

from derive.arrays import Array
from derive.cells.cell import Cell
from derive.expressions.functions import Apply, Softmax
from derive.expressions.quantities import At, Parameter, Series
from derive.expressions.walk import atoms_of, series_in
from derive.numerics.sample import sample
from derive.numerics.trace import ForwardPass

HUGE = 1e2
"""By what inputs and parameters are multiplied so that units are far from zero."""

OPEN = 12.0
"""A pre-activation that opens a gate all but wholly."""

SEEDS = 4
STEPS = 5


def far_passes(cell: Cell) -> list[ForwardPass]:
    """Return passes over a few steps on numbers so large that units are far from zero."""
    found = []
    for seed in range(SEEDS):
        trace = sample(cell, STEPS, seed, zero_start=False).trace
        parameters = {p: HUGE * trace.parameter(p) for p in cell.parameters}
        found.append(
            _rerun(cell, trace, parameters, {s: HUGE * _given(trace, s) for s in cell.inputs})
        )
    return found


def saturated_passes(cell: Cell) -> list[ForwardPass]:
    """Return passes over a few steps on which the units are far from zero, and nothing else need be.

    Large is what stands within an activation. What stands past them all, as the weights of a softmax,
    is of the usual size: that would be flat as well if its argument were as large.
    """
    own = [e.expr for e in cell.equations if e.variable not in _ends(cell)]
    within = _made_of(cell, [node.arg for expr in own for node in atoms_of(expr, Apply)])
    found = []
    for seed in range(SEEDS):
        trace = sample(cell, STEPS, seed, zero_start=False).trace
        # The inputs are as they were: they may act past activations as well.
        parameters = {p: HUGE**3 * trace.parameter(p) for p in cell.parameters if p in within}
        found.append(_rerun(cell, trace, parameters, {}))
    return found


def _ends(cell: Cell) -> tuple[Series | None, ...]:
    """Return what stands at the end of a step, the output with its own function."""
    return cell.output, cell.loss_series, cell.weight


def _made_of(cell: Cell, expressions: list[MatrixExpr]) -> set[Parameter]:
    """Return the parameters in expressions, and in the quantities that they read.

    What an activation or a softmax gives is no larger for what stands within it: there it ends.
    """
    found: set[Parameter] = set()
    waiting, seen = [*expressions], {*expressions}
    while waiting:
        for node in _open(waiting.pop()):
            if isinstance(node, Parameter):
                found.add(node)
            elif isinstance(node, At) and cell.defines(node.series):
                made = cell.definition(node.series).expr
                if made not in seen:
                    seen.add(made)
                    waiting.append(made)
    return found


def _open(expr: Basic) -> Iterator[Basic]:
    """Yield the nodes of an expression that do not stand within an activation or a softmax."""
    waiting = [expr]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Apply | Softmax):
            continue
        yield node
        if not isinstance(node, At):
            waiting += node.args


def kept_pass(cell: Cell, handed_on: list[tuple[Series, MatrixExpr]]) -> ForwardPass | None:
    """Return a pass on which each state is handed on with a factor of nearly 1, if one can be made.

    A gate is opened (or closed, where one minus the gate is the factor) by its input weights; a
    constant is given the value that does it.
    """
    trace = sample(cell, STEPS, 0, zero_start=False).trace
    inputs = {s: 1 + np.abs(_given(trace, s)) for s in cell.inputs}
    changed: dict[Parameter, Array] = {}
    constants = dict(cell.constants)
    for _, factor in handed_on:
        gates = [at.series for at in series_in(factor) if cell.defines(at.series)]
        held = [c for c in constants if factor.has(c)]
        minus = isinstance(factor, MatAdd)
        if held:
            constants |= dict.fromkeys(held, 1e-3 if minus else 1 - 1e-3)
        elif len(gates) == 1 and isinstance(made := cell.definition(gates[0]).expr, Apply):
            inner = cell.definition(next(iter(series_in(made))).series).expr
            for p in atoms_of(inner, Parameter):
                enters = any(at.series in cell.inputs for at in _beside(inner, p))
                value = (-OPEN if minus else OPEN) if enters else 0.0
                changed[p] = np.full_like(trace.parameter(p), value)
        else:
            return None
    moved = replace(cell, constants=constants)
    return _rerun(moved, trace, changed, inputs) if handed_on else None


def _beside(expr: MatrixExpr, parameter: Parameter) -> list[At]:
    """Return the quantities that stand in a term with the parameter."""
    terms = expr.args if isinstance(expr, MatAdd) else (expr,)
    return [at for term in terms if term.has(parameter) for at in series_in(term)]


def _given(trace: ForwardPass, series: Series) -> Array:
    return np.array([trace.value(series, n)[:, 0] for n in range(1, trace.steps + 1)])


def _rerun(
    cell: Cell,
    trace: ForwardPass,
    parameters: Mapping[Parameter, Array],
    inputs: dict[Series, Array],
) -> ForwardPass:
    """Return the pass on other inputs and some other parameters."""
    given = {s: inputs[s] if s in inputs else _given(trace, s) for s in cell.given}
    filled = {p.name: parameters.get(p, trace.parameter(p)) for p in cell.parameters}
    initial = trace.begin()
    with np.errstate(all="ignore"):
        return ForwardPass(cell, filled, {s.name: a for s, a in given.items()}, initial)
