"""Facts, each computed a second way: from the values of a forward pass, or of one step, alone.

What cannot be told, as where the horizon is too short, is None.  A fact that is not here has one
implementation; docs/guide/checks.md lists these.
"""

from __future__ import annotations

import numpy as np
from sympy import MatrixExpr

from derive.arrays import Array
from derive.chapters.facts.facts import AGAIN, NEAR, CellFacts, again, small, surely
from derive.checks.probe import StepProbe, moves_output, moves_states
from derive.checks.roles import is_argument, of_parameter
from derive.checks.tables import members
from derive.document.text import Value
from derive.expressions.derivatives import Gradient, Partial
from derive.expressions.quantities import At, Parameter, ParameterCopy, Series, k, t
from derive.expressions.sums import instantiate
from derive.numerics.trace import ForwardPass


def traces(f: CellFacts) -> list[ForwardPass]:
    """Return the forward passes of the facts."""
    return [sample.trace for sample in f.samples]


def _total(trace: ForwardPass) -> float:
    return float(np.real(trace.parameter(trace.cell.total).item()))


def _losses(trace: ForwardPass) -> Array:
    return trace.value(trace.cell.loss_series, np.arange(1, trace.steps + 1))[:, 0, 0]


def _begins(trace: ForwardPass, series: Series) -> bool:
    """Tell whether a quantity has a value before the first step."""
    return bool(np.isfinite(trace.value(series, 0)).all())


def every(trace: ForwardPass, series: Series) -> Array:
    """Return a quantity at all steps, (T, entries)."""
    return trace.value(series, np.arange(1, trace.steps + 1)).reshape(trace.steps, -1)


# -- the horizon and the loss


@surely
def _several_steps(f: CellFacts) -> bool:
    return all(len(_losses(trace)) > 1 for trace in traces(f))


@again
def _example_shorter(f: CellFacts) -> bool:
    return f.example is not None and len(_losses(f.example)) < len(_losses(traces(f)[0]))


@again
def _early_losses_count(f: CellFacts) -> bool:
    """Tell whether a target before the last step moves the total loss: it acts on no other loss."""
    y, early = f.cell.target, range(1, f.steps)
    return any(np.any(e.at(Gradient(f.cell.total, y[n]))) for e in f.evaluators for n in early)


@surely
def _plain_sum(f: CellFacts) -> bool:
    return all(small(_total(trace) - _losses(trace).sum()) for trace in traces(f))


@again
def _weighted(f: CellFacts) -> bool:
    # In one step, a weight of 1 is seen by its name alone.
    named = any(series == f.cell.weight for series in f.samples[0].trace.columns)
    return not _plain_sum(f) if f.steps > 1 else named


@surely
def _mean(f: CellFacts) -> bool | None:
    if f.steps == 1:
        return None
    return all(small(_total(trace) - _losses(trace).mean()) for trace in traces(f))


@surely
def _last_only(f: CellFacts) -> bool:
    return all(small(_total(trace) - _losses(trace)[-1]) for trace in traces(f))


@again
def _bracketed(f: CellFacts) -> bool | None:
    """Tell whether the total is the last loss, of which the weight is computed and not given."""
    return None if f.steps == 1 else _last_only(f)


@surely
def _weights_given(f: CellFacts) -> bool:
    """Tell whether the weights are none of those that are computed."""
    last = np.arange(1, f.steps + 1) == f.steps
    return not any(small(f.weights - row) for row in (1.0, 1 / f.steps, last))


@surely
def _last_is_total(f: CellFacts) -> bool:
    return small(f.weights[:, -1] - 1) and not np.any(f.weights[:, :-1])


# -- the output


def _is_softmax(f: CellFacts) -> bool:
    found = [(e, o) for trace in traces(f) for e, o in
             [(np.exp(every(trace, f.cell.logits)), every(trace, f.cell.output))]]  # fmt: skip
    return all(small(e / e.sum(axis=1, keepdims=True) - o) for e, o in found)


@again
def _probabilities(f: CellFacts) -> bool:
    return _is_softmax(f)


@again
def _targets_sum_to_one(f: CellFacts) -> bool:
    # Some data are of the general case in any event, but not all of them.
    first = every(traces(f)[0], f.cell.target)
    return _is_softmax(f) and small(first.sum(axis=1) - 1)


@again
def _fractions(f: CellFacts) -> bool:
    z, o = f.cell.logits, f.cell.output
    return all(small(1 / (1 + np.exp(-every(v, z))) - every(v, o)) for v in traces(f))


@again
def _single_output(f: CellFacts) -> bool | None:
    """Tell whether the data have outputs of several components; of one they may have by chance."""
    return False if any(every(v, f.cell.output).shape[1] > 1 for v in traces(f)) else None


@again
def _output_is_logits(f: CellFacts) -> bool:
    """Tell whether the output moves as the logits do, component by component."""
    slope = Partial(f.cell.output[f.steps], f.cell.logits[f.steps])
    return all(small(J - np.eye(len(J))) for J in (e.at(slope) for e in f.evaluators))


@again
def _feedback(f: CellFacts) -> bool:
    return all(_begins(trace, f.cell.output) for trace in traces(f))


# -- states


@again
def _some_bias(f: CellFacts) -> bool | None:
    """Tell whether the run that is measured has a parameter that is zero."""
    if "own" not in f.traces:
        return None
    run = f.traces["own"]
    return any(not np.any(run.parameter(p)) for p in f.cell.parameters)


@again
def _one_state(f: CellFacts) -> bool:
    trace = f.samples[0].trace
    return sum(_begins(trace, series) for series in trace.columns) == 1


@again
def _matrices(f: CellFacts) -> bool | None:
    shapes = [column.shape[1:] for column in f.samples[0].trace.columns.values()]
    return False if all(shape[1] == 1 for shape in shapes) else None


@again
def _column_states(f: CellFacts) -> bool:
    """Tell whether what has a value before the first step has one column."""
    trace = f.samples[0].trace
    return all(v.shape[-1] == 1 for series, v in trace.columns.items() if _begins(trace, series))


@again
def _both_starts(f: CellFacts) -> bool:
    moved = {any(np.any(start) for start in trace.begin().values()) for trace in traces(f)}
    return moved == {True, False}


@again
def _state(f: CellFacts, at: At) -> bool:
    return _begins(f.samples[0].trace, at.series)


@again
def _pre_activation(f: CellFacts, at: At) -> bool:
    other = (*f.cell.states, f.cell.output, f.cell.logits, f.cell.loss_series)
    return at.series not in other and is_argument(f.cell, at.series)


@again
def _move_states(f: CellFacts, parameters: Value) -> bool:
    """Tell whether a state at some step has a slope by each of these parameters."""
    found = [p for p in members(parameters) if isinstance(p, Parameter)]

    def moves(p: Parameter) -> bool:
        passes = (trace.perturbed((p,), ()) for trace in traces(f))
        values = (
            v.value(s, n) for v in passes for s in f.cell.states for n in range(1, f.steps + 1)
        )
        return any(np.iscomplexobj(value) and np.any(value.imag) for value in values)

    return bool(found) and all(map(moves, found))


@again
def _fixed_states(f: CellFacts) -> bool:
    """Tell whether no state at any step has a slope by a parameter."""
    return not any(_move_states(f, p) for p in f.cell.parameters)


@again
def _lags(f: CellFacts) -> bool:
    """Tell whether one called lag has the values of another quantity, of its own step or before."""
    trace = f.samples[-1].trace
    others = [column[:-1] for series, column in trace.columns.items()]

    def follows(state: Series) -> bool:
        own = trace.columns[state]
        return any(
            other.shape[1:] == own.shape[1:]
            and series != state
            and (np.array_equal(other[1:], own[1:-1]) or np.array_equal(other[:-1], own[1:-1]))
            for series, other in zip(trace.columns, others, strict=True)
        )

    return any(follows(s) for s in f.cell.states if "lag" in s.name)


@again
def _listed_constants(f: CellFacts) -> bool | None:
    trace = f.samples[0].trace
    return True if any(trace.parameter(c).size > 1 for c in f.cell.constants) else None


# -- contributions


@again
def _first_zero(f: CellFacts, parameter: Parameter) -> bool | None:
    """Tell whether all later contributions are the whole gradient, from a zero start.

    What is left out may be small over many steps without being 0, so that this can only deny it.
    """
    last = f.cell.loss_series[f.steps]
    rest = [Gradient(last, ParameterCopy(parameter, n)) for n in range(2, f.steps + 1)]
    for e in f.evaluators:
        e.expect(rest, [{}])
    whole = all(
        small(e.at(Gradient(last, parameter)) - sum(map(e.at, rest)))
        for s, e in zip(f.samples, f.evaluators, strict=True)
        if s.zero_start
    )
    return None if whole else False


@surely
def _acts_later(f: CellFacts, parameter: Parameter) -> bool | None:
    """Tell whether the last loss changes with a use before it; over one step nothing is seen.

    A parameter may act through what a step of these data does not hand on, so that this can only
    affirm it.
    """
    last = f.cell.loss_series[f.steps]
    early = [Gradient(last, ParameterCopy(parameter, n)) for n in range(1, f.steps)]
    return True if any(np.any(e.at(c)) for e in f.evaluators for c in early) else None


@again
def _within_step(f: CellFacts, parameters: Value) -> bool:
    last = f.cell.loss_series[f.steps]

    def within(p: Parameter) -> bool:
        own = Gradient(last, ParameterCopy(p, f.steps))
        return all(small(e.at(Gradient(last, p)) - e.at(own)) for e in f.evaluators)

    return all(within(p) for p in members(parameters) if isinstance(p, Parameter))


@again
def _acts_beside(f: CellFacts, parameter: Parameter) -> bool:
    return moves_output(f.cell, parameter)


@surely
def _last_use_acts(f: CellFacts, parameter: Parameter) -> bool:
    """Tell whether the logits of a step change with a parameter of that step alone."""
    return moves_states(f.cell, parameter, (f.cell.logits,))


@again
def _alike_beside(f: CellFacts, first: Parameter, second: Parameter) -> bool:
    return moves_output(f.cell, first) is moves_output(f.cell, second)


@surely
def _has_inputs(f: CellFacts) -> bool | None:
    """Tell that it does, where an output is another with another number that is given to a step."""
    moved = (_other_outputs(trace, s, f.cell.output) for s in f.cell.given for trace in traces(f))
    return True if any(map(np.any, moved)) else None


@surely
def _inputs_reach(f: CellFacts) -> bool | None:
    """Tell whether all later outputs are other ones where the first value of an input is.

    An output may also stay the same by rounding, as that of its own step then, or as a unit is off.
    """
    found = [[_other_outputs(trace, x, f.cell.output) for trace in traces(f)]
             for x in f.cell.inputs]  # fmt: skip
    if not found:
        return False
    if all(one[1:].all() for each in found for one in each):
        return True
    never = any(any(one[0] for one in each) and not any(one[1:2].any() for one in each)
                for each in found)  # fmt: skip
    return False if never and not AGAIN["kinks"](f) else None


def _other_outputs(trace: ForwardPass, x: Series, o: Series) -> Array:
    """Return of each output whether it is another where the first value of an input is."""
    series = {s.name: every(trace, s) for s in trace.cell.given}
    series[x.name] = series[x.name].copy()
    series[x.name][0] += 0.5
    parameters = {p.name: trace.parameter(p) for p in trace.cell.parameters}
    moved = ForwardPass(trace.cell, parameters, series, trace.begin())
    differ = every(moved, o) != every(trace, o)
    return np.asarray(differ.any(axis=1))


@again
def _multiplies_input(f: CellFacts, parameter: Parameter) -> bool:
    return of_parameter(f.cell, parameter, "input")


@again
def _affine_in(f: CellFacts, at: At, column: MatrixExpr, parameter: Parameter) -> bool | None:
    """Tell whether another matrix changes a quantity by the difference times the column."""
    expr, right = f.cell.definition(at.series).expr, instantiate(column, {k: t})

    def holds(seed: int) -> bool:
        probe = StepProbe(f.cell, seed)
        by, before = probe.drawn(parameter.shape), probe.parameter(parameter)
        moved = probe.of(expr, {parameter: before + by}) - probe.of(expr, {})
        wanted = by @ probe.of(right, {})
        return bool(np.abs(moved - wanted).max() <= NEAR * (1 + np.abs(wanted).max()))

    return all(map(holds, range(2))) or None if parameter in f.cell.parameters else None


# -- the example


def _targets(f: CellFacts) -> Array:
    assert f.example is not None, "the chapter notes its numbers before it speaks of them"
    return every(f.example, f.example.cell.target)


@again
def _example_one_hot(f: CellFacts) -> bool:
    targets = _targets(f)
    return bool(np.isin(targets, (0, 1)).all() and (targets.sum(axis=1) == 1).all())


@again
def _example_from_nonzero(f: CellFacts) -> bool:
    assert f.example is not None, "the chapter notes its numbers before it speaks of them"
    return sum(float(np.abs(start).sum()) for start in f.example.begin().values()) > 0
