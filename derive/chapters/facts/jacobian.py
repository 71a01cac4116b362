"""Facts of the step Jacobian and of the activations."""

from __future__ import annotations

from copy import copy
from functools import cache
from typing import Any

import numpy as np
from sympy import Basic, MatAdd, MatMul, MatrixExpr

from derive.arrays import Array
from derive.bptt.derivation import Derivation
from derive.bptt.scalar import scalar
from derive.calculus.activations import Standing, activation
from derive.cells.describe import carried, gates, parameter_role
from derive.chapters.facts.facts import FACTS, CellFacts, Fact, fact, small
from derive.checks.tables import members
from derive.checks.verify import TOLERANCE
from derive.document.text import Value
from derive.expressions.algebra import Hadamard
from derive.expressions.functions import Apply
from derive.expressions.introduced import Introduced
from derive.expressions.quantities import At, Parameter, j, t
from derive.expressions.sums import instantiate
from derive.expressions.walk import atoms_of, series_in
from derive.gradientflow.measure import simple_shape
from derive.gradientflow.theorems import has_uniform_bound
from derive.numerics.evaluate import Evaluator
from derive.numerics.trace import ForwardPass


@fact
def _slopes_times_weights(f: CellFacts) -> bool:
    """Tell whether each step Jacobian is a diagonal of slopes times one matrix of weights."""
    shape = simple_shape(f.derivation)
    return shape is not None and not shape.linear


@fact
def _bounded_by_weights(f: CellFacts) -> bool:
    """Tell whether each step Jacobian is at most so large as one matrix of weights and the slopes."""
    return has_uniform_bound(f.derivation)


@fact
def _one_hidden_layer(f: CellFacts) -> bool:
    """Tell whether one step is a network with one hidden layer, with its activation."""
    return simple_shape(f.derivation) is not None and len(f.cell.states) == 1


@fact
def _slopes_in_output(f: CellFacts) -> bool:
    """Tell whether each slope is written in the output of its activation."""
    d = f.derivation
    found = ((v, d.shared.expression_of(D)) for v, D in d.shared.jacobians.diagonals.items())
    return all(f.cell.definition(v).expr.arg not in set(series_in(e)) for v, e in found)


@fact
def _column_slopes(f: CellFacts) -> bool:
    """Tell whether the slopes of an activation of a column have a name."""
    return any(v.shape != (1, 1) for v in f.derivation.shared.jacobians.diagonals)


@fact
def _diagonal_put_in(f: CellFacts) -> bool:
    """Tell whether a diagonal of slopes stands in what an adjoint for another step is at first."""
    shared = f.derivation.shared
    written = shared.lagged.values() if shared.state_adjoint is None else [shared.state_adjoint]
    slopes = {*shared.jacobians.diagonals.values()}
    found = (at.series for one in written for at in series_in(shared.expression_of(one)))
    return any(series in slopes for series in found)


@fact
def _number_slopes(f: CellFacts) -> bool:
    """Tell whether the slope of an activation of a number has a name."""
    return any(v.shape == (1, 1) for v in f.derivation.shared.jacobians.diagonals)


@fact
def _reset_after_weights(f: CellFacts) -> bool:
    """Tell whether a reset gate multiplies a quantity that has weights times a state before in it."""
    cell = f.cell
    resets = [g for g in gates(cell) if cell.gate_kinds.get(g.name) == "reset"]
    products = [p for e in cell.equations for p in atoms_of(e.expr, Hadamard)]
    others = [
        cell.definition(one.series).expr
        for product in products
        for gate in resets
        if gate[t] in product.args
        for one in product.args
        if isinstance(one, At) and one != gate[t] and cell.defines(one.series)
    ]
    weighted = [p for expr in others for p in (expr, *expr.args) if isinstance(p, MatMul)]
    return any(p.args[-1] in [s[t - 1] for s in cell.states] for p in weighted)


@fact
def _inner_activation(f: CellFacts, applied: Value) -> bool:
    """Tell whether these are activations of quantities, each within a larger expression."""
    found = list(members(applied))
    expressions = [e.expr for e in f.cell.equations]
    return bool(found) and all(
        isinstance(one, Apply)
        and activation(one.function).use is Standing.ACTIVATION
        and any(one in atoms_of(expr, Apply) and one != expr for expr in expressions)
        for one in found
    )


@fact
def _changing_jacobian(f: CellFacts) -> bool:
    """Tell whether the step Jacobian depends on the states or inputs."""
    J = f.derivation.shared.J
    return f.steps > 1 and any(not small(e.at(J[2]) - e.at(J[1])) for e in f.evaluators)


@fact
def _same_jacobian(f: CellFacts) -> bool:
    """Tell whether the step Jacobian is made of what changes from no step to the next."""
    cell, shared = f.cell, f.derivation.shared
    waiting = [shared.expression_of(shared.J)]
    while waiting:
        for at in series_in(waiting.pop()):
            if isinstance(at.series, Introduced):
                waiting.append(shared.expression_of(at.series))
            elif at.series in (*cell.given, *cell.states):
                return False
            else:
                # It may be a function of parameters alone, which the step computes.
                waiting.append(cell.definition(at.series).expr)
    return True


@fact
def _one_scalar_weight(f: CellFacts) -> bool:
    """Tell whether the step Jacobian of the scalar case is a parameter."""
    shared = Derivation(scalar(f.cell), 1).shared
    return isinstance(shared.expression_of(shared.J), Parameter)


@fact
def _gates_between(f: CellFacts) -> bool:
    """Tell whether what is called a gate lies between 0 and 1, at every step."""
    values = [
        e.at(g[n]) for e in f.evaluators for g in gates(f.cell) for n in range(1, f.steps + 1)
    ]
    return bool(values) and all(bool(np.all((v > 0) & (v < 1))) for v in values)


@fact
def _trained_factor(f: CellFacts, factor: Any) -> bool:
    """Tell whether the factor by which a state is handed on is itself a parameter."""
    return any(factor.has(p) for p in f.cell.parameters)


@fact
def _constant_factor(f: CellFacts, factor: Any) -> bool:
    """Tell whether the factor by which a state is handed on is the same at every step and fixed."""
    return not _trained_factor(f, factor) and not any(True for _ in series_in(factor))


@fact
def _weighted_blocks(f: CellFacts, blocks: Value) -> bool:
    """Tell whether these are the blocks of step Jacobians that change with the parameters alone."""
    d, changed = f.derivation, set[Basic]()
    rng = np.random.default_rng(0)
    for sample, evaluator in zip(f.samples, f.evaluators, strict=True):
        other = copy(sample.trace)
        other.parameters = dict(other.parameters)
        for p in f.cell.parameters:
            other.parameters[p] = other.parameters[p] + rng.normal(size=other.parameters[p].shape)
        moved = Evaluator(other, d.definitions)
        for (_, read), block in d.shared.jacobians.parts.items():
            steps = range(1, f.steps + 1) if read.indices[0] != t else ()
            if any(not small(evaluator.at(block[n]) - moved.at(block[n])) for n in steps):
                changed.add(block[j])
    return changed == {*members(blocks)}


@fact
def _carries(f: CellFacts) -> bool:
    return bool(carried(f.cell))


@fact
def _hands_on(f: CellFacts, state: Value, factor: MatrixExpr) -> bool:
    """Tell whether these are all the states that are handed on by that factor."""
    wanted = instantiate(factor, {j: t})
    found = [s for s, each in carried(f.cell) if each == wanted]
    return bool(found) and [at.series for at in members(state) if isinstance(at, At)] == found


@fact
def _terms_beside(f: CellFacts, factor: MatrixExpr) -> bool:
    """Tell whether the step Jacobian of one state has another term than that of a factor."""
    expr = f.derivation.shared.expression_of(f.derivation.shared.J)
    return len(f.cell.states) == 1 and isinstance(expr, MatAdd)


@fact
def _back_in_two_steps(f: CellFacts, state: At) -> bool:
    """Tell whether a state acts on itself over two steps through others, by the blocks of each."""
    first = f.evaluators[0]
    ends = np.cumsum([0, *(len(first.at(s[1])) for s in f.cell.states)])
    own = slice(*ends[f.cell.states.index(state.series) :][:2])
    steps = [[e.at(f.derivation.shared.J[n]) for n in (2, 1)] for e in f.evaluators]
    return any(not small((b @ a)[own, own] - b[own, own] @ a[own, own]) for b, a in steps)


NEAR = 0.05
"""How far from the identity a step Jacobian may be that is near it."""


@fact
def _saturation_closes(f: CellFacts) -> bool:
    """Tell whether step Jacobians vanish where all units are far from zero."""
    return bool(f.saturated) and max(*f.saturated, *f.flat, 0.0) < NEAR


@fact
def _saturation_passes(f: CellFacts) -> bool:
    """Tell whether something passes by activations whose units are far from zero."""
    return bool(f.saturated) and max(f.saturated) > NEAR


# -- activations ----------------------------------------------------------------------------------


@cache
def _slopes(name: str) -> Array:
    return np.asarray(activation(name).slope(np.linspace(-40.0, 40.0, 2001)))


@fact
def _bell(f: CellFacts, applied: Apply) -> bool:
    """Tell whether a slope is largest in the middle and falls away to 0 on both sides."""
    slopes = _slopes(applied.function)
    top, tails = int(slopes.argmax()), slopes[[0, -1]]
    rises = np.all(np.diff(slopes[: top + 1]) >= -TOLERANCE)
    falls = np.all(np.diff(slopes[top:]) <= TOLERANCE)
    return bool(rises and falls and small(tails) and 0 < top < len(slopes) - 1)


@fact
def _step(f: CellFacts, applied: Apply) -> bool:
    """Tell whether a slope is 0 below zero and 1 above, and nothing between."""
    slopes = _slopes(applied.function)
    middle = len(slopes) // 2
    return not slopes[:middle].any() and bool(np.all(slopes[middle + 1 :] == 1))


@fact
def _rising(f: CellFacts, applied: Apply) -> bool:
    """Tell whether a slope rises from 0 to the bound of the table, and takes values between."""
    slopes, gamma = _slopes(applied.function), activation(applied.function).gamma
    between = (slopes > 0.1 * gamma) & (slopes < 0.9 * gamma)
    ends = small(slopes[0]) and small(slopes[-1] - gamma)
    return ends and bool(np.all(np.diff(slopes) >= 0)) and bool(between.any())


@fact
def _passes_above(f: CellFacts, applied: Apply) -> bool:
    """Tell whether a slope is exactly 1 wherever its argument is above zero."""
    slopes = _slopes(applied.function)
    return bool(np.all(slopes[len(slopes) // 2 + 1 :] == 1))


def _of_each(shape: Fact) -> Fact:
    """Return whether each of the functions that a value names has a slope of that shape."""

    def found(f: CellFacts, applied: Value) -> bool:
        named = [*members(applied)]
        return bool(named) and all(shape(f, one) for one in named)

    return found


FACTS |= {
    "bell": _of_each(_bell), "step": _of_each(_step), "rising": _of_each(_rising),
    "passes-above": _of_each(_passes_above),
}  # fmt: skip


def _some(shape: Fact) -> Fact:
    """Return whether an activation of the cell has a slope of that shape."""

    def found(f: CellFacts) -> bool:
        diagonals = f.derivation.shared.jacobians.diagonals
        return any(shape(f, f.cell.definition(v).expr) for v in diagonals)

    return found


FACTS |= {"some-bell": _some(_bell)}


@fact
def _identity_start(f: CellFacts) -> bool:
    """Tell whether units that are active pass their gradient on unchanged, and others nothing.

    That is with the identity as recurrent weights, and zeros as biases.
    """
    trace, cell = f.samples[-1].trace, f.cell
    begun = {p.name: _begun(f, p) for p in cell.parameters}
    steps = np.arange(1, trace.steps + 1)
    series = {s.name: trace.value(s, steps)[..., 0] for s in cell.given}
    started = ForwardPass(cell, begun, series, trace.begin())
    evaluator, J = Evaluator(started, f.derivation.definitions), f.derivation.shared.J
    slopes = [evaluator.at(J[n]) for n in range(1, f.steps + 1)]
    active = [started.value(f.cell.state, n)[:, 0] > 0 for n in range(1, f.steps + 1)]
    return all(small(s - np.diag(on)) for s, on in zip(slopes, active, strict=True))


def _begun(f: CellFacts, parameter: Parameter) -> Array:
    drawn, role = f.samples[-1].trace.parameter(parameter), parameter_role(f.cell, parameter)
    if role == "recurrent":
        return np.eye(*drawn.shape)
    return np.zeros(drawn.shape) if role == "bias" else drawn
