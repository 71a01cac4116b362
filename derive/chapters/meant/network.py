"""What is meant in the summary, in the chapters on the network and its forward pass, and on the loss."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from sympy import MatrixExpr

from derive.cells.cell import Cell
from derive.chapters.meant.counted import by_a_part, each_step, places, silent, unread
from derive.chapters.meant.place import Occurrence, handed_on
from derive.chapters.meant.rules import (
    Meanings,
    MeantRule,
    across,
    at,
    copy_of,
    how_many,
    immediate,
    introduced,
    introduced_as,
    is_,
    is_lead,
    is_number,
    kept,
    last,
    lead,
    letter,
    listed,
    loss,
    now,
    of_the_state,
    output,
    some_states,
    state,
    to,
    within,
)
from derive.checks.probe import acts_in, is_added
from derive.checks.tables import members
from derive.document.text import Text, Value
from derive.expressions.derivatives import Gradient, Partial
from derive.expressions.equation import Equation
from derive.expressions.introduced import Role
from derive.expressions.quantities import At, Parameter, T, j, k, t
from derive.expressions.shapes import is_vector
from derive.expressions.walk import series_in

TOTAL = is_(lambda place: place.cell.total)
STEPS = is_(lambda place: place.steps)
LEAD: MeantRule = is_lead
TARGET = is_(lambda place: place.cell.target[t])
LOGITS = is_(lambda place: place.cell.logits[t])
COPY = copy_of("parameter")
J_OF_STEP = of_the_state(Role.STEP_JACOBIAN, j)


def title(place: Occurrence, value: Value) -> bool:
    """Tell whether this is what the cell is called."""
    cell = place.cell
    return value == (Text(f"cell.{cell.name}") if cell.title is None else cell.title)


def start(place: Occurrence, value: Value) -> bool:
    """Tell whether these are the states at step 0, in one or each by itself."""
    single = value == place.cell.state[0] if not place.cell.has_matrices else False
    return single or list(members(value)) == [s[0] for s in handed_on(place.cell)]


def states(place: Occurrence) -> list[object]:
    """Return the states of a step that the next one reads."""
    return [s[t] for s in handed_on(place.cell)]


def _beside(place: Occurrence) -> list[object]:
    """Return the states of a step that no step reads later."""
    return [s[t] for s in place.cell.states if s not in handed_on(place.cell)]


def _equations_in_short(place: Occurrence, value: Value) -> bool:
    """Tell whether these are all equations of the cell, each for what it defines."""
    found = [e.left if isinstance(e, Equation) else None for e in members(value)]
    unread = _only_handed_on(place, value)
    shown = (e.left for e in place.cell.equations if e.left not in unread)
    return found == [*shown, place.cell.total]


def _equations_of_states(place: Occurrence, value: Value) -> bool:
    """Tell whether these are the equations of the states, in the order in which a step computes them."""
    states = {s[t] for s in handed_on(place.cell)}
    found = [e.left if isinstance(e, Equation) else None for e in members(value)]
    unread = _only_handed_on(place, value)
    return found == [e.left for e in place.cell.equations if e.left in states - unread]


def _only_handed_on(place: Occurrence, value: Value) -> set[At]:
    """Return the states that are another quantity, if no equation that is said reads one."""
    cell = place.cell
    own = {cell.output, *(e.variable for e in cell.lagged)}
    handed = [s for s in cell.states if isinstance(cell.definition(s).expr, At)]
    same = {s for s in handed if cell.lagged and s not in own}
    said = [e for e in members(value) if isinstance(e, Equation)]
    read = {at.series for e in said for side in e.sides for at in series_in(side)}
    return set() if same & read else {s[t] for s in same}


def _all_gradients(place: Occurrence, value: Value) -> bool:
    """Tell whether these say the gradient by each parameter."""
    found = [e.left if isinstance(e, Equation) else None for e in members(value)]
    trained = [s[0] for s in handed_on(place.cell)] if place.cell.initial == "trainable" else []
    return found == [Gradient(place.cell.total, p) for p in (*place.cell.parameters, *trained)]


def _one_gradient(place: Occurrence, value: Value) -> bool:
    """Tell whether this says the gradient by a parameter that acts on what a step hands on."""
    found = [e.left if isinstance(e, Equation) else None for e in members(value)]
    (gradient,) = found
    if not isinstance(gradient, Gradient) or gradient.num != place.cell.total:
        return False
    return is_lead(place, gradient.den)


def _adjoint_in_gradient(place: Occurrence, value: Value) -> bool:
    """Tell whether this is an adjoint of the step that stands in the gradient beside it."""
    found = [e for e in members(place.values["gradients"]) if isinstance(e, Equation)]
    return introduced(Role.ADJOINT, t)(place, value) and all(e.right.has(value) for e in found)


def _its_gradient(place: Occurrence, value: Value) -> bool:
    of = introduced_as(Role.ADJOINT, place.values["adjoint"])
    return [value] == [Gradient(place.cell.total, one[t]) for one in of]


def _sum_of_targets(place: Occurrence, value: Value) -> bool:
    """Tell whether this adds up the components of the target."""
    target = place.cell.target
    if not isinstance(value, MatrixExpr) or {*value.atoms(At)} != {target[t]}:
        return False
    return all(
        bool(np.allclose(e.at(value, {t: n}), e.at(target[n]).sum()))
        for e in place.facts.evaluators
        for n in range(1, place.steps + 1)
    )


def _recursion(place: Occurrence, value: Value) -> bool:
    """Tell whether this is the equation of the adjoint that the sentence names."""
    if not isinstance(value, Equation):
        return False
    shown = [e.sides for e in place.speaker.algorithm]
    return place.values["adjoint"] in value.sides and value.sides in shown


def _gate(place: Occurrence, value: Value) -> bool:
    """Tell whether these are quantities of a step that stay between 0 and 1, and are no output."""
    found = list(members(value))
    order = [e.left for e in place.cell.equations if e.left in found]
    return (
        bool(found)
        and found == order
        and {*found} >= place.speaker.called_gates
        and all(
            isinstance(gate, At)
            and gate.indices == (t,)
            and gate.series not in (*place.cell.states, place.cell.output)
            and all(
                bool(((v > 0) & (v < 1)).all())
                for sample in place.facts.samples
                for v in [sample.trace.value(gate.series, np.arange(1, place.steps + 1))]
            )
            for gate in found
        )
    )


def _written_steps(place: Occurrence) -> int:
    """Return of how many steps the document writes out all states."""
    lefts = {e.left for e in place.speaker.equations}
    steps = range(1, place.steps + 1)
    return sum(all(s[n] in lefts for s in place.cell.states) for n in steps)


def _matrix(place: Occurrence) -> Iterator[MatrixExpr]:
    """Yield the quantities that are matrices."""
    return (e.left for e in place.cell.equations if not is_vector(e.variable))


def _kept_before(place: Occurrence, value: Value) -> bool:
    named = members(place.values["state"])
    return [*members(value)] == [at.series[t - 1] for at in named if isinstance(at, At)]


def _slope(place: Occurrence, value: Value) -> bool:
    return introduced(Role.SLOPE, t)(place, value)


def _row(place: Occurrence) -> object:
    return place.cell.components[0]


def _column(place: Occurrence) -> object:
    return place.cell.components[1]


def _weight(place: Occurrence, value: Value) -> bool:
    """Tell whether this is the weight of a step, or what it is."""
    cell = place.cell
    if cell.weight is None or not isinstance(value, MatrixExpr):
        return False
    defined = cell.defines(cell.weight)
    return bool(value == (cell.definition(cell.weight).expr if defined else cell.weight[t]))


def _weight_of_step(place: Occurrence, value: Value) -> bool:
    weight = place.cell.weight
    return weight is not None and value == weight[t]


def _biases(cell: Cell) -> list[Parameter]:
    """Return the parameters that are added wherever they stand, and do nothing else."""
    made = {p: [cell.definition(s).expr for s in acts_in(cell, p)] for p in cell.parameters}
    return [p for p, found in made.items() if all(is_added(cell, expr, p) for expr in found)]


WEIGHTS = {
    "weights": listed(lambda place: [
        p for p in place.cell.parameters if p not in _biases(place.cell)
    ]),
}  # fmt: skip

INTRO = {
    "first": is_(lambda place: place.cell.inputs[0][1]),
    "last": is_(lambda place: place.cell.inputs[0][T]),
    "state": state(now), "before": state(at(t - 1)),
    "input": listed(lambda place: [x[t] for x in place.cell.inputs]), "output": output(now),
    "count": is_number(lambda place: len(place.cell.inputs)),
}  # fmt: skip

LOSSES = {"loss": loss(now), "total": TOTAL, "output": output(now), "target": TARGET}

KEPT = {
    "state": some_states(t),
    "before": _kept_before,
    "factor": kept(t),
    "count": how_many("state"),
}

_FROM_STATES: dict[str, MeantRule] = {
    "states": listed(states),
    "before": lambda place, value: (
        [*members(value)] == [s[t - 1] for s in place.cell.states if s in place.cell.handed]
    ),
}

FOUND: Meanings = {
    "prose.network.weights": WEIGHTS,
    "prose.network.weights_and_biases": WEIGHTS | {
        "biases": listed(lambda place: [*_biases(place.cell)]),
    },
    "document.title": {"cell": title, "T": STEPS},
    "prose.summary.question": {
        "total": TOTAL,
        "parameters": listed(lambda p: [*p.speaker.handing_on]),
    },
    "prose.summary.question_within": {
        "total": TOTAL, "parameters": listed(lambda p: [*p.speaker.recurrent]),
    },
    "prose.summary.question_fixed": {"total": TOTAL},
    "prose.summary.network": {"equations": _equations_in_short},
    "prose.summary.network_states": {"equations": _equations_of_states, "section": to("network")},
    "prose.summary.gradients": {
        "gradients": _all_gradients, "adjoint": introduced(Role.ADJOINT, t), "recursion": _recursion,
    },
    "prose.summary.gradients_slopes": {
        "gradients": _all_gradients, "adjoint": introduced(Role.ADJOINT, t), "recursion": _recursion,
        "slope": introduced(Role.SLOPE, t),
    },
    "prose.summary.gradients_named": {"gradients": _one_gradient, "algorithm": to("backward")},
    "prose.summary.gradients_many": {
        "gradients": _one_gradient, "algorithm": to("backward"),
        "adjoint": _adjoint_in_gradient, "full": _its_gradient,
    },
    "prose.summary.direct": {
        "parameters": listed(
            lambda p: [q for q in p.cell.parameters if q not in p.speaker.handing_on]
        ),
    },
    "prose.summary.terms": {
        "parameter": LEAD, "k": letter(k), "t": letter(t), "loss": loss(now),
    },
    "prose.summary.terms_beside": {
        "parameter": LEAD, "k": letter(k), "t": letter(t), "loss": loss(now),
    },
    "prose.summary.recursion": {"algorithm": to("backward"), "T": letter(T)},
    "prose.summary.product": {"J": J_OF_STEP, "step": across(j)},
    "prose.summary.product_many": {
        "J": J_OF_STEP, "step": across(j), "state": state(at(j)),
        "states": listed(lambda place: [s[j] for s in place.cell.states]),
    },
    "prose.matrices.question": {
        "total": TOTAL, "parameters": listed(lambda place: [*place.speaker.handing_on]),
    },
    "prose.matrices.summary": {"matrix": within(_matrix)},
    "prose.matrices.summary_columns": {"matrix": within(_matrix), "states": listed(states)},
    "prose.matrices.left_out_columns": {"matrix": within(_matrix), "states": listed(states)},
    "prose.matrices.intro": {"first": INTRO["first"], "last": INTRO["last"], **_FROM_STATES},
    "prose.matrices.intro_alone": _FROM_STATES,
    "prose.matrices.shapes": {
        "total": TOTAL, "matrix": within(_matrix),
        "gradient": is_(lambda place: Gradient(place.cell.total, place.values["matrix"])),
    },
    "prose.matrices.jacobian": {
        "jacobian": is_(lambda place: Partial(place.cell.output[t], place.cell.logits[t])),
    },
    "prose.matrices.picture": {"figure": to("unrolled")},
    "prose.matrices.picture_one": {"figure": to("unrolled")},
    "prose.network.intro": INTRO,
    "prose.network.intro_alone": INTRO,
    "prose.network.intro_feedback": INTRO,
    "prose.network.intro_feedback_alone": INTRO,
    "prose.flow.starts": {"start": start},
    "prose.network.intro_part": INTRO,
    "prose.network.intro_part_alone": INTRO,
    "prose.network.step_jacobian": {
        "J": J_OF_STEP, "state": state(at(j)), "before": state(at(j - 1)),
    },
    "prose.network.slope": {"slope": _slope},
    "prose.network.symbols": {"table": to("symbols"), "T": letter(T), "T_value": STEPS},
    "prose.network.gates": {"gates": _gate},
    "prose.network.carried": KEPT,
    "prose.network.carried_trained": KEPT,
    "prose.network.feedback": {"output": output(at(t - 1))},
    "prose.network.stacked": {"states": listed(states)},
    "prose.network.stacked_beside": {"states": listed(states), "beside": listed(_beside)},
    "prose.conventions.columns": {"jacobian": across(t)},
    "prose.conventions.gradient": {
        "row": is_(lambda place: Partial(place.cell.total, place.cell.state[t])),
        "gradient": is_(lambda place: Gradient(place.cell.total, place.cell.state[t])),
    },
    "prose.conventions.immediate": {
        "immediate": immediate(k, lead), "state": state(at(k)), "before": state(at(k - 1)),
        "total": is_(lambda place: Partial(place.cell.state[t], place.cell.state[k])),
    },
    "prose.conventions.parts": {"state": state(now), "gradient": by_a_part},
    "prose.conventions.copy": {
        "copy": COPY,
        "parameter": LEAD, "k": letter(k),
    },
    "prose.conventions.loss_mean": {"weight": _weight},
    "prose.conventions.loss_last": {"weight": _weight},
    "prose.conventions.loss_weighted": {"weight": _weight},
    "prose.conventions.start_zero": {"start": start},
    "prose.conventions.start_zero_several": {"start": start},
    "prose.conventions.start_given_several": {"start": start},
    "prose.conventions.start_trainable_several": {"start": start},
    "prose.conventions.start_given": {"start": start},
    "prose.conventions.start_trainable": {"start": start},
    "prose.forward.steps": {"T": STEPS, "start": start},
    "prose.forward.shown": {"T": STEPS, "count": is_(lambda place: _written_steps(place) // 2)},
    "prose.forward.nested": {"output": output(last()), "parameters": each_step},
    "prose.forward.nested_one": {"output": output(last())},
    "prose.forward.too_wide": {"output": output(last())},
    "prose.forward.not_nested": {
        "start": start, "output": output(last()), "places": places,
    },
    "prose.forward.contains": {
        "late": state(last()), "before": state(last(1)), "figure": to("unrolled"),
    },
    "prose.forward.nested_fixed": {"output": output(last())},
    "prose.forward.picture": {"figure": to("unrolled")},
    "prose.forward.one": {"late": state(at(1)), "figure": to("unrolled")},
    "prose.forward.one_other": {"late": state(at(1)), "figure": to("unrolled")},
    "caption.unrolled": {"T": STEPS},
    "prose.loss.intro": LOSSES,
    "prose.loss.intro_weighted": LOSSES,
    "prose.loss.cross_entropy": {"output": output(now), "logits": LOGITS},
    "prose.loss.softmax": {"output": output(now), "row": is_(_row)},
    "prose.loss.softmax_jacobian": {
        "output": output(now), "row": is_(_row), "column": is_(_column),
    },
    "prose.loss.softmax_loss": {
        "output": output(now), "row": is_(_row), "loss": loss(now), "target": TARGET,
    },
    "prose.loss.mse": {"output": output(now), "logits": LOGITS},
    "prose.loss.bce": {"output": output(now), "logits": LOGITS},
    "prose.loss.assumption": {"target": TARGET, "logits": LOGITS, "sum": _sum_of_targets},
    "prose.loss.state": {"state": state(now)},
    "prose.loss.silent": {"state": state(now), "parts": silent},
    "prose.loss.silent_later": {"parts": unread},
}  # fmt: skip
