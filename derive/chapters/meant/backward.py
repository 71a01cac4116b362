"""What is meant in the chapters on the recursion, the initial state and the scalar case."""

from __future__ import annotations

import ast
from collections.abc import Callable

import numpy as np
from sympy import Integer

from derive.chapters.meant.network import LEAD, TOTAL, start
from derive.chapters.meant.place import Occurrence, handed_on
from derive.chapters.meant.rules import (
    Meanings,
    MeantRule,
    at,
    introduced_as,
    is_,
    letter,
    listed,
    loss,
    state,
    to,
)
from derive.checks.smallletters import kept_capitals
from derive.checks.swept import SweepCosts, costs
from derive.checks.tables import members
from derive.checks.verify import TOLERANCE
from derive.document.blocks import Algorithm, Display, Listing
from derive.document.conditions import said
from derive.document.text import Code, Ref, Text, Value
from derive.expressions.derivatives import Gradient, Partial
from derive.expressions.introduced import Role
from derive.expressions.quantities import At, Parameter, Series, T, j, k, t
from derive.expressions.walk import series_in
from derive.numerics.evaluate import Evaluator
from derive.numerics.sample import samples

# -- the scalar case


def _scalar(series: Callable[[Occurrence], Series]) -> MeantRule:
    """Return the rule that a value is a quantity of the scalar case."""
    return is_(lambda place: series(place)[t])


def _scalar_lead(place: Occurrence) -> Parameter:
    """Return the parameter of the scalar case that stands for the one treated first."""
    found = place.speaker.lead
    assert found is not None, "a cell with a scalar case has a section on a parameter"
    return place.speaker.scalar.parameters[place.cell.parameters.index(found)]


def _narrow(place: Occurrence) -> list[Series]:
    """Return the inputs of which one component is left in the scalar case."""
    return [x for x in place.speaker.scalar.inputs if x.shape[0] == 1]


def _single(place: Occurrence, value: Value) -> bool:
    """Tell whether it is told in the words for one state or for several, with inputs or without."""
    parts = len(place.cell.states) > 1
    with_inputs = "prose.scalar.parts_with_inputs" if parts else "prose.scalar.with_inputs"
    alone = "prose.scalar.parts_alone" if parts else "prose.scalar.state_alone"
    return isinstance(value, Text) and value.key == (with_inputs if _narrow(place) else alone)


def _wide(place: Occurrence, value: Value) -> bool:
    """Tell whether each input that keeps its size is told."""
    kept = [x for x in place.speaker.scalar.inputs if x not in _narrow(place)]
    return list(members(value)) == [one for x in kept for one in (x[t], x.shape[0])]


def _is_size_of(named: Value, value: Value) -> bool:
    return isinstance(named, At) and value == named.shape[0]


SINGLE = {"state": _scalar(lambda place: place.speaker.scalar.state)}
SINGLE_INPUTS = SINGLE | {"inputs": listed(lambda place: [x[t] for x in _narrow(place)])}

SCALAR: dict[str, MeantRule] = {
    "single": _single,
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


def _scalar_weight(place: Occurrence, value: Value) -> bool:
    """Tell whether this alone is as large as the derivative of the state by the one before."""
    cell = place.speaker.scalar
    trace = samples(cell, 1, 0)[0].trace
    slope = Evaluator(trace).at(Partial(cell.state[1], cell.state[0]))
    sizes = {p: trace.parameter(p) for p in cell.parameters}
    near = {p: size for p, size in sizes.items() if size.shape == slope.shape}
    return [p for p, size in near.items() if np.allclose(size, slope, rtol=TOLERANCE)] == [value]


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
    trained = [s[0] for s in handed_on(place.cell)] if place.cell.initial == "trainable" else []
    return left == Gradient(place.cell.total, value) and value in (*place.speaker.direct, *trained)


def _accumulated(place: Occurrence, value: Value) -> bool:
    """Tell whether the line of the algorithm has the gradient by this parameter, or quantity."""
    lines = place.block.lines if isinstance(place.block, Algorithm) else ()
    (equation,) = (line.equation for line in lines if line.text.values is place.values)
    return equation is not None and equation.left == Gradient(place.cell.total, value)


def _unlisted(place: Occurrence, value: Value) -> bool:
    """Tell whether these are all quantities that act on a loss, and have no line in the algorithm."""
    cell, wanted = place.cell, []
    lines = {e.left for e in place.speaker.algorithm}
    # The algorithm is for every number of steps: at one step, or from zeros, what it hands back may be
    # zero that is not at others.  What is handed on reaches a loss within as many steps as it has parts.
    steps = max(place.facts.steps, len(cell.states) + 1)
    evaluators = [Evaluator(s.trace, {}) for s in samples(cell, steps, place.facts.seed)]
    for equation in cell.equations:
        v = equation.variable
        readers = [e.variable for e in cell.equations if v in {a.series for a in series_in(e.expr)}]
        # What the loss alone reads of the output is told with that of the logits.
        residual = v == cell.output and readers == [cell.loss_series]
        if residual or v in (cell.loss_series, cell.weight) or Gradient(cell.total, v[t]) in lines:
            continue
        arrives = (
            evaluator.value(Gradient(cell.total, v[Integer(n)]))
            for evaluator in evaluators
            for n in range(1, steps + 1)
        )
        if any(np.any(value) for value in arrives):
            wanted.append(v[t])
    return list(members(value)) == wanted


def _input_below(place: Occurrence, value: Value) -> bool:
    """Tell whether this is an input, and the equation below is the derivative of a loss by it."""
    blocks = place.speaker.document.blocks
    at = next(n for n, block in enumerate(blocks) if block is place.block)
    below = blocks[at + 1]
    left = below.equation.left if isinstance(below, Display) else None
    if not isinstance(left, Partial) or left.num != place.cell.loss_series[t]:
        return False
    return left.den == value and value in [x[k] for x in place.cell.inputs]


def _start_of_one(place: Occurrence, value: Value) -> bool:
    return value == place.cell.state[0]


def _lines_of_state(place: Occurrence, value: Value) -> bool:
    """Tell whether this is the equation on display of the derivative of the total loss by the state."""
    left = Partial(place.cell.total, place.cell.state[t])
    return any(e.left == left and value == Ref(e.id) for e in place.speaker.equations)


def weight_of_step(place: Occurrence, value: Value) -> bool:
    """Tell whether this is the weight of a step in the total loss."""
    weight = place.cell.weight
    return weight is not None and value == weight[t]


DERIVED = {
    "state": state(at(t)), "next": state(at(t + 1)), "total": TOTAL, "T": letter(T),
    "figure": to("arrows"), "weight": weight_of_step,
}  # fmt: skip


COLUMNS = {"algorithm": to("backward"), "equation": _lines_of_state}


def _costs(place: Occurrence) -> SweepCosts:
    """Return what the code of the document takes and keeps, counted in its lines."""
    (code,) = (b.source for b in place.speaker.document.blocks if isinstance(b, Listing))
    return costs(code)


OF_GIVEN: dict[str, MeantRule] = {"algorithm": to("backward"), "total": TOTAL}


def _called(slopes: bool) -> dict[str, MeantRule]:
    """Return the rules of a list of functions: all that the code calls, of derivatives or of others.

    Those with a sentence of their own, by their names, are not in it.
    """

    def called(place: Occurrence) -> list[str]:
        (code,) = (b.source for b in place.speaker.document.blocks if isinstance(b, Listing))
        tree = ast.walk(ast.parse(code))
        calls = (
            n.func.id for n in tree if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)
        )
        alone = {key.rpartition(".")[2] for key, _ in said(place.speaker.document.blocks)
                 if key.startswith("prose.listing.")}  # fmt: skip
        found = {*calls} - alone - {"range"}
        return sorted(name for name in found if name.endswith("_slope") is slopes)

    return {"names": listed(lambda place: [Code(name) for name in called(place)])}


def _arrays(place: Occurrence, value: Value) -> bool:
    """Tell whether as many arrays are named as the code reads of the forward pass, each for one."""
    found = [*members(value)]
    pairs = [*zip(found[::2], found[1::2], strict=True)]
    return len(pairs) == _costs(place).read and all(
        _holds(name, quantity) for name, quantity in pairs
    )


def _holds(name: Value, quantity: Value) -> bool:
    """Tell whether an array has the name of a quantity of a step: but for a line behind it, its own."""
    if not (isinstance(name, Code) and isinstance(quantity, At) and quantity.indices == (t,)):
        return False
    return bool(name.text.rstrip("_") == quantity.series.name.rstrip("_"))


FOUND: Meanings = {
    "prose.listing.arrays": {"arrays": _arrays},
    "prose.listing.array": {
        "name": lambda place, value: _holds(value, place.values["quantity"]),
        "quantity": lambda place, value: _holds(place.values["name"], value),
    },
    "prose.listing.functions": _called(slopes=False),
    "prose.listing.slopes": _called(slopes=True),
    "prose.listing.lead": {
        "algorithm": to("backward"), "t": letter(t), "loss": loss(at(t)),
        "logits": is_(lambda place: place.cell.logits[t]),
    },
    "prose.listing.cost": {
        "T": letter(T),
        "products": is_(lambda place: _costs(place).products),
        "outer": is_(lambda place: _costs(place).outer),
        "arrays": is_(lambda place: _costs(place).arrays),
        "read": is_(lambda place: _costs(place).read),
    },
    "prose.listing.cost_once": {
        "products": is_(lambda place: _costs(place).once_products),
        "outer": is_(lambda place: _costs(place).once_outer),
    },
    "prose.recursion.derived": DERIVED,
    "prose.recursion.derived_weighted": DERIVED,
    "prose.recursion.derived_last": DERIVED,
    "prose.recursion.added": {"algorithm": to("backward"), "parameter": LEAD},
    "prose.recursion.rule": {"algorithm": to("backward")},
    "prose.recursion.unlisted": {"algorithm": to("backward"), "quantities": _unlisted},
    "prose.recursion.columns": COLUMNS,
    "prose.recursion.columns_lines": COLUMNS | {"T": letter(T)},
    "prose.recursion.columns_many": {
        "algorithm": COLUMNS["algorithm"], "state": state(at(t)),
    },
    "prose.recursion.through_parts": {"equation": COLUMNS["equation"]},
    "algorithm.loop": {"t": letter(t), "T": letter(T)},
    "algorithm.adjoint": {"of": _accumulated},
    "algorithm.gradient": {"parameter": _accumulated},
    "algorithm.known": {"equation": _gradient_of, "parameter": _known},
    "prose.given.zero": {"start": _start_of_one},
    "prose.given.zero_alone": {"start": _start_of_one},
    "prose.given.given": {"start": _start_of_one},
    "prose.given.given_alone": {"start": _start_of_one},
    "prose.given.trainable": {"start": _start_of_one},
    "prose.given.start": {"start": _start_of_one, "loss": loss(at(t))},
    "prose.given.inputs": {
        "input": _input_below, "t": letter(t), "k": letter(k),
    },
    "prose.given.inputs_beside": {
        "input": _input_below, "t": letter(t), "k": letter(k),
        "state": state(at(t)),
        "beside": is_(lambda place: Partial(
            place.cell.output[t], place.values["input"], place.cell.state[t]
        )),
    },
    "prose.given.recursion": OF_GIVEN,
    "prose.given.recursion_alone": OF_GIVEN,
    "prose.matrices.given": OF_GIVEN | {"start": start},
    "prose.matrices.given_alone": OF_GIVEN | {"start": start},
    "prose.matrices.unnamed": {"algorithm": to("backward")},
    "prose.scalar.intro": SCALAR,
    "prose.scalar.intro_single": {"single": _single},
    "prose.scalar.intro_many_single": {"single": _single},
    "prose.scalar.state_alone": SINGLE,
    "prose.scalar.parts_alone": SINGLE,
    "prose.scalar.with_inputs": {
        "quantities": listed(
            lambda place: [place.speaker.scalar.state[t], *(x[t] for x in _narrow(place))]
        ),
    },
    "prose.scalar.parts_with_inputs": SINGLE_INPUTS,
    "prose.scalar.wide": {"wide": _wide},
    "prose.scalar.wide_input": {
        "input": lambda place, value: value in [x[t] for x in place.speaker.scalar.inputs],
        "size": lambda place, value: _is_size_of(place.values["input"], value),
    },
    "prose.recursion.reduced": {"target": is_(lambda place: place.cell.target[t])},
    "prose.scalar.intro_sized": SCALAR,
    "prose.scalar.intro_many": SCALAR,
    "prose.scalar.intro_many_sized": SCALAR,
    "prose.scalar.small_but": {
        "kept": listed(lambda place: kept_capitals(place.cell, place.speaker.scalar)),
    },
    "prose.scalar.terms": SCALAR_TERMS,
    "prose.scalar.terms_by_state": SCALAR_TERMS,
    "prose.scalar.read_by_state": {"J": _scalar_jacobian},
    "prose.scalar.read_shrinking": {"J": _scalar_jacobian},
    "prose.scalar.read_by_weight": {"J": _scalar_jacobian, "weight": _scalar_weight},
}  # fmt: skip
