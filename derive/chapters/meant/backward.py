"""What is meant in the chapters on the recursion, the scalar case, the example, and the checks."""

from __future__ import annotations

from collections.abc import Callable
from math import isclose

import numpy as np

from derive.chapters.meant.gradients import LETTER
from derive.chapters.meant.network import LEAD, TOTAL, start
from derive.chapters.meant.place import Occurrence
from derive.chapters.meant.rules import (
    Meanings,
    MeantRule,
    all_of,
    at,
    introduced,
    introduced_as,
    is_,
    letter,
    listed,
    loss,
    state,
    to,
)
from derive.checks.verify import TOLERANCE
from derive.document.blocks import Algorithm
from derive.document.text import Bound, Number, Ref, Text, Value
from derive.expressions.derivatives import Gradient, Partial
from derive.expressions.introduced import Introduced, Role
from derive.expressions.quantities import At, Parameter, ParameterCopy, Series, T, j, k, t
from derive.numerics.evaluate import Evaluator
from derive.numerics.trace import ForwardPass


def _delta(place: Occurrence, value: Value) -> bool:
    """Tell whether this is an adjoint that the algorithm computes."""
    return bool(introduced_as(Role.ADJOINT, value)) and value in place.speaker.adjoints


def _whole(place: Occurrence, value: Value) -> bool:
    """Tell whether an adjoint is that of a state, or of what a state of the step is computed from.

    All paths lead through these; what acts on the loss of its own step alone has one path.
    """
    states = [delta for delta in place.speaker.adjoints if delta.series.of[0] in place.cell.states]
    if states:
        return value in states
    if not (isinstance(value, At) and isinstance(value.series, Introduced)):
        return False
    known = {value.series.of[0][t]}
    for equation in place.cell.equations:
        known |= {equation.left} if known & equation.expr.atoms(At) else set()
    return any(s[t] in known for s in place.cell.states)


def _host(place: Occurrence, value: Value) -> bool:
    delta = place.values["delta"]
    if not (isinstance(delta, At) and isinstance(delta.series, Introduced)):
        return False
    return bool(value == delta.series.of[0][t])


def _full(place: Occurrence, value: Value) -> bool:
    return bool(value == Gradient(place.cell.total, place.values["host"]))


def _next(place: Occurrence, value: Value) -> bool:
    delta = place.values["delta"]
    return isinstance(delta, At) and value == delta.series[t + 1]


def _adjoints(place: Occurrence) -> int:
    return len(place.speaker.adjoints)


RECURSION: dict[str, MeantRule] = {
    "delta": _delta, "host": _host, "full": _full, "algorithm": to("backward"), "next": _next,
    "count": is_(_adjoints),
}  # fmt: skip


# -- the scalar case


def _scalar(series: Callable[[Occurrence], Series]) -> MeantRule:
    """Return the rule that a value is a quantity of the scalar case."""
    return is_(lambda place: series(place)[t])


def _scalar_lead(place: Occurrence) -> Parameter:
    """Return the parameter of the scalar case that stands for the one treated first."""
    found = place.speaker.lead
    assert found is not None, "a cell with a scalar case has a section on a parameter"
    return place.speaker.scalar.parameters[place.cell.parameters.index(found)]


SCALAR = {
    "state": _scalar(lambda place: place.speaker.scalar.state),
    "input": _scalar(lambda place: place.speaker.scalar.inputs[0]),
    "output": _scalar(lambda place: place.speaker.scalar.output),
    "size": is_(lambda place: place.cell.output.shape[0]),
}

SCALAR_TERMS = {
    "parameter": is_(_scalar_lead),
    "loss": is_(lambda place: place.speaker.scalar.loss_series[place.steps]),
}


def _scalar_jacobian(place: Occurrence, value: Value) -> bool:
    found = introduced_as(Role.STEP_JACOBIAN, value)
    index = isinstance(value, At) and value.indices == (j,)
    return index and {*found} == {place.speaker.scalar.state}


# -- the example


def _numbers(place: Occurrence) -> ForwardPass:
    found = place.facts.example
    assert found is not None, "the chapter notes its numbers before it speaks of them"
    return found


def _example_sizes(place: Occurrence, value: Value) -> bool:
    """Tell whether each letter of a size is said to be what the arrays of the numbers have."""
    trace = _numbers(place)
    arrays = [(p.shape, trace.parameter(p)) for p in trace.cell.parameters]
    series = (*trace.cell.given, *(e.variable for e in trace.cell.equations))
    arrays += [(s.shape, trace.value(s, 1)) for s in series]
    sizes = {
        letter: size
        for shape, array in arrays
        for letter, size in zip(shape, array.shape, strict=True)
        if letter in place.cell.dimensions
    }
    said = [f"{letter} = {sizes[letter]}" for letter in place.cell.dimensions]
    return value == ", ".join(said)


def _example_steps(place: Occurrence, value: Value) -> bool:
    return value == Text("list.steps", {"count": _numbers(place).steps})


def _decimals(place: Occurrence, value: Value) -> bool:
    """Tell whether all numbers that were given have so many decimals, and one needs them."""
    trace = _numbers(place)
    given = [trace.parameter(p) for p in trace.cell.parameters]
    given += [trace.value(s, 0) for s in trace.cell.states]
    given += [trace.value(s, n) for s in trace.cell.inputs for n in range(1, trace.steps + 1)]

    def fit(places: int) -> bool:
        return all(np.allclose(np.round(v, places), v, rtol=0, atol=1e-12) for v in given)

    return isinstance(value, int) and fit(value) and not fit(value - 1)


def _seed(place: Occurrence) -> int:
    return min(sample.seed for sample in place.facts.samples)


def _last_loss(place: Occurrence, value: Value) -> bool:
    cell, steps = place.cell, _numbers(place).steps
    return value == (cell.total if cell.has_matrices else cell.loss_series[steps])


def _example_slope(place: Occurrence, value: Value) -> bool:
    return introduced(Role.SLOPE, t)(place, value)


def _checked(place: Occurrence, value: Value) -> bool:
    """Tell whether this is the parameter of the gradient that is checked below, the first if any is."""
    wanted = Gradient(place.values["loss"], value)
    id = f"{place.cell.name}-example-check"
    return LEAD(place, value) and any(
        e.id == id and e.left == wanted for e in place.speaker.equations
    )


def _agree(place: Occurrence, value: Value) -> bool:
    """Tell whether two ways to the gradient on the numbers differ by less than is said.

    One is by the parameter, the other by its copies, added up.
    """
    trace, checked = _numbers(place), f"{place.cell.name}-example-check"
    gradient = next(e.left for e in place.speaker.equations if e.id == checked)
    evaluator = Evaluator(trace, {})
    whole = evaluator.value(gradient)
    steps = range(1, trace.steps + 1)
    copies = [Gradient(gradient.num, ParameterCopy(gradient.den, n)) for n in steps]
    difference = np.abs(whole - sum(map(evaluator.value, copies))).max()
    said = value.value if isinstance(value, Bound) else np.nan
    return bool(difference <= said <= TOLERANCE * max(1.0, np.abs(whole).max()))


SEED = is_(_seed)

EXAMPLE = {
    "T": _example_steps, "decimals": _decimals,
    "seed": SEED, "start": start,
}  # fmt: skip


# -- the checks


def _displayed(place: Occurrence) -> int:
    return len(place.speaker.equations)


def _tolerance(place: Occurrence, value: Value) -> bool:
    return isinstance(value, Number) and isclose(float(value.value), TOLERANCE)


def _shrunk(place: Occurrence, value: Value) -> bool:
    return isinstance(value, Number) and value.value == min(s.shrunk for s in place.facts.samples)


CHECKS = {
    "count": is_(_displayed), "seed": SEED, "tolerance": _tolerance,
    "table": to("all-checks"),
}  # fmt: skip


def _proved(place: Occurrence) -> int:
    """Return how many entries what was proved has, at the sizes of each proof."""
    shapes = (
        [int(n.subs(proof.sizes)) for n in one.gradient.den.shape]
        for proof in place.facts.proofs
        for one in proof.proved
    )
    return sum(rows * columns for rows, columns in shapes)


def _gradient_of(place: Occurrence, value: Value) -> bool:
    """Tell whether the equation that is referred to is the gradient of the parameter."""
    if not isinstance(value, Ref):
        return False
    shown = {e.id: e for e in place.speaker.equations}
    equation = shown.get(value.target)
    wanted = Gradient(place.cell.total, place.values["parameter"])
    return equation is not None and equation.left == wanted


def _known(place: Occurrence, value: Value) -> bool:
    """Tell whether the equation of the line has the gradient of this parameter."""
    shown = {e.id: e.left for e in place.speaker.equations}
    equation = place.values["equation"]
    left = shown[equation.target] if isinstance(equation, Ref) else None
    trained = [s[0] for s in place.cell.states] if place.cell.initial == "trainable" else []
    return left == Gradient(place.cell.total, value) and value in (*place.speaker.direct, *trained)


def _accumulated(place: Occurrence, value: Value) -> bool:
    """Tell whether the line of the algorithm has the gradient of this parameter."""
    lines = place.block.lines if isinstance(place.block, Algorithm) else ()
    (equation,) = (line.equation for line in lines if line.text.values is place.values)
    return equation is not None and equation.left == Gradient(place.cell.total, value)


def _start_of_one(place: Occurrence, value: Value) -> bool:
    return value == place.cell.state[0]


def _lines_of_state(place: Occurrence, value: Value) -> bool:
    """Tell whether this is the equation on display of the derivative of the total loss by the state."""
    left = Partial(place.cell.total, place.cell.state[t])
    return any(e.left == left and value == Ref(e.id) for e in place.speaker.equations)


COLUMNS = {"algorithm": to("backward"), "equation": _lines_of_state}

FOUND: Meanings = {
    "prose.recursion.why": RECURSION,
    "prose.recursion.why_many": RECURSION | {"delta": all_of(_delta, _whole)},
    "prose.recursion.cost": {"delta": _delta, "T": letter(T)},
    "prose.recursion.cost_many": {"delta": all_of(_delta, _whole), "T": letter(T)},
    "prose.recursion.derived": {
        "state": state(at(t)), "next": state(at(t + 1)), "total": TOTAL, "T": letter(T),
        "figure": to("arrows"),
    },
    "prose.recursion.columns": COLUMNS,
    "prose.recursion.columns_many": COLUMNS | {"state": state(at(t))},
    "algorithm.loop": {"t": letter(t), "T": letter(T)},
    "algorithm.gradient": {"parameter": _accumulated},
    "algorithm.known": {"equation": _gradient_of, "parameter": _known},
    "prose.given.zero": {"start": _start_of_one},
    "prose.given.given": {"start": _start_of_one},
    "prose.given.trainable": {"start": _start_of_one},
    "prose.given.start": {"start": _start_of_one, "loss": loss(at(t))},
    "prose.given.inputs_one": {"input": is_(lambda place: place.cell.inputs[0][place.steps])},
    "prose.given.inputs": {
        "input": is_(lambda place: place.cell.inputs[0][k]), "t": letter(t), "k": letter(k),
    },
    "prose.given.recursion": {"algorithm": to("backward"), "total": TOTAL},
    "prose.matrices.given": {"start": start, "algorithm": to("backward"), "total": TOTAL},
    "prose.matrices.example": EXAMPLE,
    "prose.matrices.example_given": {"T": _example_steps},
    "prose.matrices.unnamed": {"algorithm": to("backward")},
    "prose.scalar.intro": SCALAR,
    "prose.scalar.intro_sized": SCALAR,
    "prose.scalar.intro_many": SCALAR,
    "prose.scalar.intro_many_sized": SCALAR,
    "prose.scalar.small_but": {
        "kept": listed(
            lambda place: [p for p in place.speaker.scalar.parameters if p.name[0].isupper()]
        ),
    },
    "prose.scalar.terms": SCALAR_TERMS,
    "prose.scalar.terms_by_state": SCALAR_TERMS,
    "prose.scalar.read_by_state": {"J": _scalar_jacobian},
    "prose.example.intro": EXAMPLE,
    "prose.example.given": EXAMPLE,
    "prose.example.slopes": {"slope": _example_slope},
    "prose.example.adjoints": {
        "loss": _last_loss, "adjoint": introduced(Role.LAGGED_ADJOINT, t, k),
    },
    "prose.example.forward": {"table": to("example-forward")},
    "prose.example.parameters": {"table": to("example-parameters")},
    "prose.example.terms": {"parameter": LEAD, "loss": _last_loss},
    "prose.example.sizes": {"sizes": _example_sizes},
    "prose.example.some_zero": {"parameter": LEAD},
    "prose.example.check": {"parameter": _checked, "loss": _last_loss},
    "prose.example.agree": {"bound": _agree},
    "prose.example.total": {"total": TOTAL},
    "prose.checks.intro": CHECKS,
    "prose.checks.line": CHECKS,
    "prose.proof.line": {"entries": is_(_proved)},
    "prose.proof.intro": {"entries": is_(_proved), "table": to("proved")},
    "prose.checks.shrunk": {"factor": _shrunk},
    "prose.glossary.intro": {"table": to("symbols"), "glossary": to("glossary-table")},
    "prose.glossary.letter": {"letter": LETTER},
}  # fmt: skip
