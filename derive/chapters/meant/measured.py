"""What numbers and quantities of runs are, by settings of experiments, by noted runs, and by tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from math import ceil, exp, floor, isclose, nan

import numpy as np
from sympy import Basic, MatrixExpr

from derive.arrays import Array
from derive.bptt.derivation import Derivation
from derive.calculus.activations import activation
from derive.cells.cell import Cell
from derive.chapters.meant.place import Occurrence
from derive.chapters.meant.rules import MeantRule, introduced_as, is_lead, is_number, said
from derive.checks.roles import of_parameter
from derive.checks.slopes import steepest
from derive.checks.tables import members
from derive.document.text import Number, Text, Value
from derive.expressions.derivatives import Gradient, Partial
from derive.expressions.equation import Equation
from derive.expressions.functions import Apply, Quotient
from derive.expressions.introduced import Role
from derive.expressions.quantities import At, Parameter, ParameterCopy, Series, k, t
from derive.expressions.spectra import Norm, Spectral
from derive.expressions.walk import atoms_of, series_in
from derive.gradientflow import learning
from derive.gradientflow.runs import carry_out, experiment
from derive.gradientflow.theorems import chunk_split, window_split
from derive.numerics.evaluate import Evaluator
from derive.numerics.trace import ForwardPass


def setting(name: str, what: str) -> MeantRule:
    """Return the rule that a number is a setting of an experiment."""
    return is_number(lambda place: float(getattr(experiment(name), what)))


# -- the network that experiments run, and the chapter's own


def weights(place: Occurrence) -> Parameter:
    """Return the recurrent weights of the simple network."""
    return next(p for p in place.speaker.simple.parameters if p.name == "W")


def norm_of_run(place: Occurrence, value: Value) -> bool:
    """Tell whether this is the norm of the derivative of the state over all steps of a figure."""
    inner = value.arg if isinstance(value, Norm) else None
    if not isinstance(inner, Partial) or inner.held or not isinstance(inner.num, At):
        return False
    s, last = inner.num.series, inner.num.indices[0]
    # Matrices and columns are not put one above the other: of them there is no norm.
    own = [] if place.cell.has_matrices and len(place.cell.states) > 1 else [place.cell.state]
    known = s in (*own, place.speaker.simple.state)
    return known and inner.den == s[k] and last in place.speaker.spans


def size_of_run(place: Occurrence, value: Value) -> bool:
    """Tell whether this is the norm over the lags, or of the contribution of a step."""
    inner = value.arg if isinstance(value, Norm) else None
    if not isinstance(inner, Gradient):
        return norm_of_run(place, value)
    used = isinstance(inner.den, ParameterCopy) and inner.den == ParameterCopy(weights(place), k)
    return used and inner.num == typical_loss(place)


def typical_loss(place: Occurrence) -> At:
    """Return the last loss of the run whose contributions are shown."""
    found: At = place.speaker.simple.loss_series[experiment("typical").steps]
    return found


def last_loss(place: Occurrence, value: Value) -> bool:
    """Tell whether this is the last loss of the run that the contributions are of."""
    steps = place.facts.traces["own"].steps if "own" in place.facts.traces else 0
    return value in (typical_loss(place), place.cell.loss_series[steps])


def term(place: Occurrence, value: Value) -> bool:
    """Tell whether this is the gradient of the loss by the copy of the weights that are named."""
    named = (place.values["loss"], place.values["weights"])
    return isinstance(named[1], Parameter) and value == Gradient(
        named[0], ParameterCopy(named[1], k)
    )


def largest_slope(place: Occurrence) -> float:
    """Return the largest slope of what acts on the pre-activations of the states."""
    found = {a.function for s in place.cell.states for a in atoms_of(_made(place, s), Apply)}
    # A state without a function has the slope one.
    return max(map(steepest, sorted(found)), default=1.0)


def bounds_slope(place: Occurrence, value: Value) -> bool:
    """Tell whether a number is the largest slope, or hardly above it where that has many digits."""
    found, wanted = value.value if isinstance(value, Number) else nan, largest_slope(place)
    return isclose(found, wanted, rel_tol=1e-9) or (
        not isclose(wanted, float(f"{wanted:.5e}"), rel_tol=1e-9) and wanted < found < 1.01 * wanted
    )


def _made(place: Occurrence, series: Series) -> MatrixExpr:
    return place.cell.definition(series).expr


def its_norm(place: Occurrence, value: Value) -> bool:
    """Tell whether this is the norm of the weights that are named."""
    named = place.values.get("weights", weights(place))
    return isinstance(value, Norm) and value.arg == named


def rate(place: Occurrence, value: Value) -> bool:
    """Tell whether a bound on display is a power of this."""
    sides = (side for e in place.speaker.equations for side in e.sides)
    return any(power.args[:1] == (value,) for side in sides for power in atoms_of(side, Basic))


def recurrent_matrix(place: Occurrence, value: Value) -> bool:
    """Tell whether this is the parameter that is treated first, or a matrix that is not trained."""
    if isinstance(value, Parameter) and value in place.cell.constants:
        return 1 not in value.shape
    return is_lead(place, value)


def _trace(name: str) -> Callable[[Occurrence], ForwardPass]:
    return lambda place: place.facts.traces[name]


def _columns(place: Occurrence) -> dict[Parameter, str]:
    """Return of each column in the run of this network whether it is near one, drawn wide, or zero.

    Near one is what something is divided by: a single number may be so by chance.
    """
    name = "own" if "own" in place.facts.traces else "this"
    trace = place.facts.traces[name]
    below = {a for e in trace.cell.equations for q in atoms_of(e.expr, Quotient)
             for a in atoms_of(q.args[1], Parameter)}  # fmt: skip
    found = {}
    for p in trace.cell.parameters:
        values = trace.parameter(p)
        if p in below and np.allclose(values, 1.0, atol=NEAR_ONE):
            found[p] = "one"
        elif values.shape[1] == 1:
            found[p] = "wide" if np.any(values) else "zero"
    return found


NEAR_ONE = 0.65
"""How far from 1 no number lies that is drawn with a tenth as its standard deviation."""


def near_one(place: Occurrence, value: Value) -> bool:
    """Tell whether these are all parameters of the run that are near one, and divide something."""
    wanted = [p for p, drawn in _columns(place).items() if drawn == "one"]
    return bool(wanted) and [*members(value)] == wanted


def like_weights(place: Occurrence, value: Value) -> bool:
    """Tell whether these are all columns of the run that are not zero, and divide nothing."""
    drawn = _columns(place)
    wanted = [p for p, how in drawn.items() if how == "wide"]
    return bool(wanted) and [*members(value)] == wanted


def components(place: Occurrence, value: Value) -> bool:
    """Tell whether this says how many numbers the cell's own runs are given at each step."""
    trace = _trace("own")(place)
    rows = np.vstack([trace.value(series, 1) for series in place.cell.inputs])
    return value == Text("list.components", {"count": len(rows)})


def outputs(place: Occurrence, value: Value) -> bool:
    """Tell whether this is how many components the output of the cell's own runs has."""
    count = len(_trace("own")(place).value(place.cell.output, 1))
    return value == Text("list.outputs", {"count": count})


def drawn_inputs(place: Occurrence) -> int:
    """Return how many components the inputs of the experiments have, by the columns of their weights."""
    run = carry_out(experiment("saturated"), 0)
    (series,) = run.derivation.cell.inputs
    return run.trace.value(series, 1).size


def steps(name: str) -> MeantRule:
    """Return the rule that a number is that of the steps of a run."""
    return is_number(lambda place: _trace(name)(place).steps)


# -- gates that are opened


def raised(place: Occurrence) -> float:
    """Return by how much the biases of the gates raise their pre-activations, in the run with them.

    nan, unless it is the same for all to which such biases are added.
    """
    trace = _trace("opened")(place)
    added = {
        p: float(np.mean(trace.parameter(p))) for p in trace.cell.parameters if _is_bias(trace, p)
    }
    sums = [sum(added.get(term, 0.0) for term in e.expr.args) for e in trace.cell.equations]
    found = {round(value, 12) for value in sums if value}
    return found.pop() if len(found) == 1 else nan


def _is_bias(trace: ForwardPass, parameter: Parameter) -> bool:
    values = trace.parameter(parameter)
    alike = values.shape[1] == 1 and bool(np.all(values == values[0, 0]) and values[0, 0] != 0)
    return alike and (values.size > 1 or of_parameter(trace.cell, parameter, "bias"))


def biases(place: Occurrence, value: Value) -> bool:
    """Tell whether these are the biases that are not zero in the run with open gates."""
    trace = _trace("opened")(place)
    return [*members(value)] == [p for p in trace.cell.parameters if _is_bias(trace, p)]


def gate(place: Occurrence) -> float:
    """Return the value of a gate whose pre-activation is what it is raised by."""
    return 1 / (1 + exp(-raised(place)))


def _inside_gates(cell: Cell) -> Iterator[MatrixExpr]:
    """Yield the pre-activations of the sigmoids by which a state of the step before is multiplied."""
    found: dict[MatrixExpr, None] = {}
    for s in cell.states:
        expr = cell.definition(s).expr
        for term in expr.args if expr.is_MatAdd else (expr,):
            others = set(series_in(term)) - {s[t - 1]}
            if s[t - 1] in set(series_in(term)) and len(others) == 1:
                (factor,) = others
                made = cell.definition(factor.series).expr if cell.defines(factor.series) else None
                if isinstance(made, Apply) and made.function == "sigmoid":
                    found[made.arg] = None
    return iter(found)


def gate_values(name: str) -> dict[str, MeantRule]:
    """Return the rules that numbers are the ends and the middle of the gates that carry a state.

    The values are sigmoids of the pre-activations of a run, sorted.
    """

    def found(place: Occurrence) -> Array:
        trace = _trace(name)(place)
        values, steps = Evaluator(trace), range(1, trace.steps + 1)
        inside = [values.at(a, {t: n}).ravel() for a in _inside_gates(trace.cell) for n in steps]
        with np.errstate(over="ignore"):
            return np.sort(1 / (1 + np.exp(-np.concatenate(inside))))

    def at_share(share: float) -> MeantRule:
        def number(place: Occurrence) -> float:
            ordered = found(place)
            at = share * (len(ordered) - 1)
            return float(ordered[floor(at)] + ordered[ceil(at)]) / 2

        return is_number(number)

    return {"low": at_share(0.0), "middle": at_share(0.5), "high": at_share(1.0)}


def in_table(row: Callable[[Text], bool]) -> MeantRule:
    """Return the rule that a number stands in the table of memory, in a row and at a lag."""

    def rule(place: Occurrence, value: Value) -> bool:
        table = place.speaker.table("memory-runs")
        at_lag = next(
            n for n, h in enumerate(table.header) if h.values.get("lag") == place.values["lag"]
        )
        wanted = [
            cells[at_lag] for cells in table.rows if isinstance(cells[0], Text) and row(cells[0])
        ]
        return value in wanted

    return rule


def opened(label: Text) -> bool:
    """Tell whether a row is that of the run with open gates."""
    return label.key == "label.memory.opened"


def of_opened(key: str) -> Callable[[Text], bool]:
    """Return what tells whether a row is of the run with open gates, of such a kind."""

    def row(label: Text) -> bool:
        run = label.values.get("run")
        return label.key == key and isinstance(run, Text) and opened(run)

    return row


# -- what is proved, and what is done


def powers(place: Occurrence) -> tuple[list[float], float]:
    """Return the norms of the powers of the weights that are not normal, and their spectral radius."""
    run = carry_out(experiment("nonnormal"), min(s.seed for s in place.facts.samples))
    W = run.trace.parameter(weights(place))
    found = [np.linalg.matrix_power(W, n) for n in range(run.trace.steps)]
    norms = [float(np.linalg.norm(power, 2)) for power in found]
    return norms, float(np.abs(np.linalg.eigvals(W)).max())


def smallest(place: Occurrence, value: Value) -> bool:
    """Tell whether this is the smallest singular value of a step Jacobian."""
    J = place.values.get("J", getattr(value, "arg", None))
    own = {*introduced_as(Role.STEP_JACOBIAN, J)} == {place.cell.state}
    sides = [side for e in place.speaker.equations for side in e.sides]
    known = own and value == Spectral("sigma_min", J)
    return known and any(value in atoms_of(side, Basic) for side in sides)


def _split(make: Callable[[Occurrence, Derivation, Parameter], Equation]) -> MeantRule:
    """Return the rule that an equation on display has the lengths that the sentence says."""

    def rule(place: Occurrence, value: Value) -> bool:
        derivation = Derivation(place.speaker.simple.renamed("truncated"), 6)
        made = make(place, derivation, weights(place))
        return any(e.sides == made.sides for e in place.speaker.equations)

    return rule


WINDOW = _split(lambda place, d, W: window_split(d, W, place.values["steps"]))  # type: ignore[arg-type]


def _chunks(place: Occurrence, d: Derivation, W: Parameter) -> Equation:
    whole, steps = place.values["whole"], place.values["steps"]
    assert isinstance(whole, int)
    assert isinstance(steps, int)
    assert whole % steps == 0, "the last piece is as long as the others"
    return chunk_split(d, W, steps, whole // steps)


CHUNKS = _split(_chunks)


def bias_of(column: int) -> MeantRule:
    """Return the rule that a number stands in the row of the table on truncation for ``last`` steps."""

    def rule(place: Occurrence, value: Value) -> bool:
        rows = place.speaker.table("truncation-bias").rows
        return value in [row[column] for row in rows if row[0] == place.values["last"]]

    return rule


def clipped_one(place: Occurrence, value: Value) -> bool:
    """Tell whether this is the vector whose norm is made that of the limit, on display."""
    found = [vector for vector in _in_clipping(place) if vector.shape[0] != 1]
    return value in found


def clipping_limit(place: Occurrence, value: Value) -> bool:
    """Tell whether this is the number that a norm is made to be, on display."""
    (lines,) = (e for e in place.speaker.equations if e.id == "clipped-norm")
    return isinstance(value, Parameter) and value == lines.sides[-1]


def _in_clipping(place: Occurrence) -> set[Parameter]:
    (lines,) = (e for e in place.speaker.equations if e.id == "clipped-norm")
    return set(atoms_of(lines.sides[0], Parameter))


def flipped(place: Occurrence) -> float:
    """Return what three numbers add up to that are clipped one by one."""
    limit = said("limit")(place)
    parts = (said("first")(place), said("second")(place), said("second")(place))
    return float(sum(np.clip(part, -limit, limit) for part in parts))


def panels(place: Occurrence) -> int:
    """Return how many activations the figure of them shows."""
    return len(place.speaker.plot("activations").panels)


def mean_slope(inputs: float | None) -> MeantRule:
    """Return the rule that a number is the mean of 1 - s² in the saturated run, with these inputs."""

    def rule(place: Occurrence, value: Value) -> bool:
        settings = experiment("saturated")
        settings = settings if inputs is None else replace(settings, inputs=inputs)
        run = carry_out(settings, min(s.seed for s in place.facts.samples))
        steps = np.arange(1, run.trace.steps + 1)
        shown = activation(settings.activation)
        a = run.trace.value(_argument(run.derivation.cell), steps)
        return is_number(lambda place: float(shown.slope(a).mean()))(place, value)

    return rule


def _argument(cell: Cell) -> Series:
    """Return the quantity that the activation of the state acts on."""
    (applied,) = atoms_of(cell.definition(cell.states[0]).expr, Apply)
    found: Series = applied.arg.series
    return found


def slopes(place: Occurrence, value: Value) -> bool:
    """Tell whether these are all that an equation on display gives slopes for, at any step."""
    wanted = [e.sides[1] for e in place.speaker.equations if "-diagonal-" in e.id]
    return bool(wanted) and [*members(value)] == wanted


def lagged(place: Occurrence, value: Value) -> bool:
    """Tell whether this is the gradient of a loss by what the adjoint beside it belongs to."""
    of = introduced_as(Role.LAGGED_ADJOINT, place.values["adjoint"])
    return [value] == [Gradient(place.cell.loss_series[t], one[k]) for one in of]


def constant(name: str, by: float = 1.0) -> MeantRule:
    """Return the rule that a number is what training was done with."""
    return is_number(lambda place: by * float(getattr(learning, name)))


def learnt_weight(place: Occurrence, value: Value) -> bool:
    """Tell whether this is the weight of the loss of a step."""
    return value == place.cell.weighted(1, t)
