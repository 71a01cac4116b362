"""What is meant in the chapters on gradients, the step Jacobian and the activations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from sympy import MatAdd, MatMul, MatrixExpr

from derive.calculus.activations import Standing, activation
from derive.chapters.facts import AGAIN
from derive.chapters.meant.contributed import (
    added,
    columns,
    computed_later,
    is_column,
    lines_of_outer,
    multiplied,
    only_added,
    part_at_start,
    unrolled_steps,
)  # fmt: skip
from derive.chapters.meant.network import (
    COPY,
    J_OF_STEP,
    LEAD,
    STEPS,
    TOTAL,
    start,
)
from derive.chapters.meant.place import Occurrence
from derive.chapters.meant.rules import (
    Meanings,
    MeantRule,
    at,
    belongs,
    how_many,
    immediate,
    is_,
    kept,
    last,
    lead,
    letter,
    listed,
    loss,
    of_the_state,
    output,
    own,
    some_states,
    state,
    texts,
    to,
    within,
)
from derive.checks.probe import moves_output
from derive.checks.tables import members
from derive.document.figures import Diagram, NodeRole
from derive.document.text import Ref, Value
from derive.expressions.derivatives import Gradient, Partial
from derive.expressions.functions import Apply, Slope
from derive.expressions.introduced import Introduced, Role
from derive.expressions.quantities import At, Parameter, T, j, k, t
from derive.expressions.walk import atoms_of

OWN = is_(own)
LETTER = is_(lambda place: place.speaker.letter)
NOW_LOSS = loss(at(t))
LAST_LOSS = loss(last())
LAST_STATE = state(last())
J_NOW = of_the_state(Role.STEP_JACOBIAN, t)
TOTALS = {"total": TOTAL, "loss": LAST_LOSS, "parameter": OWN}
PATHS = {"loss": LAST_LOSS, "parameter": OWN, "copy": COPY, "k": letter(k)}
BLOCKS = {"before": state(at(j - 1)), "state": state(at(j))}
OF_BLOCKS = {
    **BLOCKS, "J": J_OF_STEP, "states": listed(lambda p: [s[j] for s in p.cell.states]),
}  # fmt: skip
OTHERS = {
    "parameters": listed(lambda p: [a for a in p.speaker.recurrent if a != p.speaker.lead]),
    "lead": LEAD, "section": is_(lambda place: Ref(f"gradient-{_name(lead(place))}")),
    "table": to("uses"), "k": letter(k), "start": start,
}  # fmt: skip


def _name(parameter: Parameter | None) -> str:
    return "" if parameter is None else str(parameter.name)


def _entries(place: Occurrence) -> Iterator[MatrixExpr]:
    """Yield what the adjoints of the loss of a step that are defined belong to."""
    return (of[k] for of in place.speaker.defined(Role.LAGGED_ADJOINT).values())


def _first_direct(place: Occurrence) -> Parameter:
    return place.speaker.direct[0]


def _unrolled(place: Occurrence, value: Value) -> bool:
    """Tell whether this is the state whose derivative by the parameter the equation below unrolls."""
    known = isinstance(value, At) and value.series == place.cell.state
    return known and Partial(value, own(place)) in place.speaker.lefts


def _past_state(place: Occurrence, value: Value) -> bool:
    """Tell whether this is the derivative of the last output by the parameter, its state held fixed."""
    steps = place.steps
    held: tuple[MatrixExpr, ...] = (place.cell.state[steps],)
    return isinstance(value, Partial) and (value.num, value.den, value.held) == (
        place.cell.output[steps], own(place), held
    )  # fmt: skip


def _past_states(*, acts: bool) -> MeantRule:
    """Return the rule that these are the others that act, or do not, on an output past its state."""
    return listed(
        lambda place: [
            p for p in place.speaker.recurrent
            if p != place.speaker.lead and moves_output(place.cell, p) is acts
        ]
    )  # fmt: skip


def _before(place: Occurrence, value: Value) -> bool:
    named = place.values["state"]
    return isinstance(named, At) and value == named.series[named.indices[0] - 1]


def _slopes(place: Occurrence) -> int:
    """Return how many diagonal matrices of slopes the document defines."""
    return len(place.speaker.defined(Role.SLOPE))


def _inner(place: Occurrence, value: Value) -> bool:
    """Tell whether these are all activations within larger expressions, none of them a quantity."""
    found = list(members(value))
    own = (place.cell.output, place.cell.loss_series)
    parts = [part for e in place.cell.equations if e.variable not in own for part in e.expr.args]
    inside = {node for part in parts for node in part.atoms(Apply)}
    whole = {e.expr for e in place.cell.equations}
    wanted = {
        node for node in inside - whole if activation(node.function).use is Standing.ACTIVATION
    }
    return len(found) == len({*found}) and {*found} == wanted


def _hosts(place: Occurrence, value: Value) -> bool:
    """Tell whether these are all quantities whose adjoint by the loss of a step is defined.

    The state has one anyway; whether parameters enter there as well is another question.
    """
    found = list(members(value))
    shown = {series[k] for series in place.speaker.defined(Role.LAGGED_ADJOINT).values()}
    needed = shown - {place.cell.state[k]}
    return len(found) == len({*found}) and needed <= {*found} <= shown


def _column_beside(place: Occurrence, value: Value) -> bool:
    """Tell whether this is what the parameter is multiplied with where it enters."""
    entry = place.values.get("at", getattr(place.values.get("arriving"), "den", None))
    if not isinstance(entry, At):
        return False
    expr = place.cell.definition(entry.series).expr
    terms = expr.args if isinstance(expr, MatAdd) else (expr,)
    products = [term.args for term in terms if isinstance(term, MatMul)]
    named = place.values.get("parameter")
    # Of a recurrent parameter it is said at the step k of its use.
    column = value.xreplace({k: t}) if isinstance(value, MatrixExpr) else value
    fits = [args for args in products if args[-1] == column and isinstance(args[-2], Parameter)]
    return any(named in (None, args[-2]) for args in fits)


def _with_parameter(place: Occurrence, value: Value) -> bool:
    """Tell whether this is a quantity in whose equation the parameter stands."""
    if not (isinstance(value, At) and place.cell.defines(value.series)):
        return False
    if value.indices not in ((t,), (k,)):
        return False
    expr = place.cell.definition(value.series).expr
    return place.values["parameter"] in {*atoms_of(expr, Parameter)}


def _entered(place: Occurrence, value: Value) -> bool:
    """Tell whether this is the product that a gradient in the document arrives at."""
    if not (isinstance(value, Gradient) and isinstance(value.den, At)):
        return False
    losses = [place.cell.loss_series[step] for step in (t, T)]
    return value.num in losses and _is_shown(place, value)


def _is_shown(place: Occurrence, value: Gradient) -> bool:
    return any(
        value in atoms_of(side, Gradient) for e in place.speaker.equations for side in e.sides
    )


def _function(place: Occurrence, value: Value) -> bool:
    """Tell whether this is an activation in the cell, of any argument."""
    functions = {a.function for e in place.cell.equations for a in atoms_of(e.expr, Apply)}
    return value in [Apply(f, Parameter("a", 1, 1)) for f in functions]


def _units(shape: str, exact: bool | None = None) -> MeantRule:
    """Return the rule that a value names all whose slopes have a name, and such a shape.

    ``exact`` tells whether what rises to 1 is 1 everywhere above zero.
    """

    def fits(place: Occurrence, one: Apply) -> bool:
        above = exact is None or AGAIN["passes-above"](place.facts, one) is exact
        return above and bool(AGAIN[shape](place.facts, one))

    def rule(place: Occurrence, value: Value) -> bool:
        named = (d.series for d in place.facts.derivation.definitions)
        of = [s.of[0] for s in named if isinstance(s, Introduced) and s.role is Role.SLOPE]
        functions = dict.fromkeys(place.cell.definition(v).expr.function for v in of)
        acting = [f for f in functions if activation(f).use is Standing.ACTIVATION]
        each = [Apply(f, Parameter("a", 1, 1)) for f in acting]
        return [*members(value)] == [one for one in each if fits(place, one)]

    return rule


def _without_slope(place: Occurrence, value: Value) -> bool:
    """Tell whether this is an activation in the cell whose slopes beside zero differ."""
    if not (_function(place, value) and isinstance(value, Apply)):
        return False
    below, above = activation(value.function).slope(np.array([-1e-9, 1e-9]))
    return bool(abs(above - below) > JUMP)


JUMP = 0.1
"""By how much slopes at both sides of a point differ, at least, where there is none."""


def _its_slope(place: Occurrence, value: Value) -> bool:
    named = place.values["value"]
    return isinstance(named, Apply) and value == Slope(named.function, named.arg)


def _its_figure(place: Occurrence, value: Value) -> bool:
    named = place.values["value"]
    return isinstance(named, Apply) and value == Ref(f"activation-{named.function}")


def _blocks(place: Occurrence, value: Value) -> bool:
    """Tell whether these are blocks of the step Jacobian; which, the condition computes."""
    roles = (Role.BLOCK,)
    found = list(members(value))
    return bool(found) and all(isinstance(b, At) and b.series.role in roles for b in found)


def _ranges(place: Occurrence, value: Value) -> bool:
    """Tell whether each formula is said to stand for the gates that it is checked for."""
    ranges = [one for one in texts(value) if one.key == "prose.shared.range"]
    return bool(ranges) and all(range_of_gates(place, one.values) for one in ranges)


def range_of_gates(place: Occurrence, values: Mapping[str, Value]) -> bool:
    """Tell whether each formula that is named stands for the gates that are named, and no others."""
    gates = [str(gate) for gate in members(values["gates"])]
    shown = place.speaker.displays
    refs = [ref.target for ref in members(values["equations"]) if isinstance(ref, Ref)]
    return len(refs) == len({*refs}) > 0 and all(
        id in shown and [i.mark for i in shown[id].instances] == gates for id in refs
    )


def _parameter(place: Occurrence, value: Value) -> bool:
    return value in place.cell.parameters


def _single_slopes(place: Occurrence, value: Value) -> bool:
    """Tell whether these are the slopes on display of what has one component on the data."""
    shown = [slope[t] for slope in place.speaker.defined(Role.SLOPE)]
    evaluator = place.facts.evaluators[0]
    wanted = [at for at in shown if evaluator.at(at, {t: 1}).size == 1]
    return bool(wanted) and [*members(value)] == wanted


def _read_by_none(place: Occurrence, value: Value) -> bool:
    """Tell whether these are the parameters, or the one of the section, that no later step feels."""
    speaker = place.speaker
    wanted = [p for p in speaker.recurrent if p not in speaker.handing_on]
    # Of the one that is treated first its own section says it.
    if place.section is not None:
        wanted = [p for p in wanted if p == place.section]
    else:
        wanted = [p for p in wanted if p != speaker.lead]
    return bool(wanted) and [*members(value)] == wanted


def _all_read_by_none(place: Occurrence, value: Value) -> bool:
    """Tell whether these are all parameters that no later step feels, the one treated first as well."""
    speaker = place.speaker
    return [*members(value)] == [p for p in speaker.recurrent if p not in speaker.handing_on]


def _path_end(place: Occurrence, value: Value) -> bool:
    """Tell whether this is where the path to step k ends in the picture, for each k that is drawn."""
    figure = getattr(place.block, "figure", None)
    if not isinstance(figure, Diagram) or not isinstance(value, At) or value.indices != (k,):
        return False
    # What leads within the steps that are left out is not drawn.
    nodes = {n.id: n.label for n in figure.nodes if n.role is not NodeRole.DOTS}
    paths = [e for e in figure.edges if e.colour is not None]
    # Where a path ends, none of its colour goes on.
    goes_on = {(e.src, e.colour) for e in paths}
    ends = [nodes[e.dst] for e in paths if e.dst in nodes and (e.dst, e.colour) not in goes_on]
    return bool(ends) and all(isinstance(end, At) and end.series == value.series for end in ends)


ACTIVATION = {"value": _function, "slope": _its_slope, "figure": _its_figure}

HANDED = {"factor": kept(j), "J": J_OF_STEP, "state": some_states(j)}

SAME = {
    "parameter": OWN, "lead": LEAD, "section": OTHERS["section"], "immediate": immediate(k, own),
}  # fmt: skip

ADJOINT = {
    "loss": NOW_LOSS, "k": letter(k), "J": J_OF_STEP,
    "host": within(_entries),
    "delta": belongs(Role.LAGGED_ADJOINT, "host", t, k),
}  # fmt: skip


def _shows_contributions(place: Occurrence, value: Value) -> bool:
    """Tell whether an equation of the document has the contributions to the last loss, put in."""
    last, parameter = place.cell.loss_series[place.steps], own(place)
    shown = place.speaker.displays.get(value.target) if isinstance(value, Ref) else None
    return shown is not None and shown.equation.left == Gradient(last, parameter)


def _host(place: Occurrence) -> Value:
    """Return to what an adjoint for all losses belongs, at its step."""
    adjoint = place.values["adjoint"]
    if not isinstance(adjoint, At) or not isinstance(adjoint.series, Introduced):
        return ""
    return adjoint.series.of[0][adjoint.indices[0]]


AT_START = {
    "one": is_(lambda place: 1), "start": start, "parameter": OWN, "equation": _shows_contributions,
}  # fmt: skip


FOUND: Meanings = {
    "heading.gradient": {"parameter": OWN},
    "prose.direct.chain": {"parameter": OWN, "loss": NOW_LOSS},
    "prose.direct.same": {"parameter": OWN, "lead": is_(_first_direct)},
    "prose.direct.put_in": {"parameter": OWN},
    "prose.direct.put_in_added": {"parameter": only_added},
    "prose.direct.put_in_column": {"parameter": is_column},
    "prose.direct.adjoint": {
        "adjoint": lambda place, value: value in place.speaker.adjoints,
        "gradient": is_(lambda place: Gradient(place.cell.total, _host(place))),
        "at": is_(lambda place: _host(place)), "equation": computed_later,
    },
    "prose.direct.past": {"output": output(at(t))},
    "prose.direct.total": {"total": TOTAL},
    "prose.terms.why": {
        "parameter": OWN, "loss": LAST_LOSS, "state": LAST_STATE, "immediate": immediate(k, own),
    },
    "prose.terms.why_one": {"parameter": OWN, "loss": LAST_LOSS, "state": LAST_STATE},
    "prose.terms.why_beside": {
        "parameter": OWN, "loss": LAST_LOSS, "state": LAST_STATE, "immediate": immediate(k, own),
        "beside": _past_state,
    },
    "prose.terms.read_beside": {
        "loss": LAST_LOSS, "last": LAST_STATE, "parameter": OWN, "figure": to("paths"),
        "T": STEPS, "use": state(at(k)), "k": letter(k),
    },
    "prose.terms.read_one_beside": {
        "loss": LAST_LOSS, "last": LAST_STATE, "parameter": OWN, "figure": to("paths"),
    },
    "prose.terms.unrolled": {"parameter": OWN, "state": _unrolled, "before": _before},
    "prose.terms.unrolled_within": {"parameter": OWN, "state": _unrolled, "before": _before},
    "prose.terms.through": {"parameter": OWN, "state": LAST_STATE, "loss": LAST_LOSS},
    "prose.terms.read": {
        "loss": LAST_LOSS, "last": LAST_STATE, "parameter": OWN, "figure": to("paths"),
        "T": STEPS, "use": state(at(k)), "k": letter(k),
    },
    "prose.terms.read_one": {
        "loss": LAST_LOSS, "last": LAST_STATE, "parameter": OWN, "figure": to("paths"),
    },
    "caption.paths": {**PATHS, "use": _path_end},
    "caption.paths_many": PATHS,
    "caption.paths_one": {"loss": LAST_LOSS, "parameter": OWN},
    "prose.terms.start": AT_START,
    "prose.terms.start_terms": AT_START,
    "prose.terms.start_only": {"parameter": OWN},
    "prose.terms.put_in_longer": {"T": STEPS},
    "prose.terms.unrolled_shorter": {"shown": unrolled_steps, "T": STEPS, "state": _unrolled},
    "prose.terms.late": {"last": LAST_STATE, "parameter": OWN, "figure": to("paths")},
    "prose.terms.elided": {"figure": to("paths")},
    "prose.terms.start_part": {
        **AT_START, "part": part_at_start,
    },
    "prose.terms.total": TOTALS,
    "prose.terms.total_weighted": TOTALS,
    "prose.terms.total_last": TOTALS,
    "prose.terms.total_one": TOTALS,
    "prose.others.same": SAME,
    "prose.others.same_more": SAME,
    "prose.others.same_less": SAME,
    "prose.others.beside": {"parameters": _past_states(acts=True), "lead": LEAD},
    "prose.others.beside_too": {"parameters": _past_states(acts=True), "lead": LEAD},
    "prose.others.not_beside": {"parameters": _past_states(acts=False), "lead": LEAD},
    "prose.others.start": {
        "parameter": OWN, "lead": LEAD, "start": start,
        "input": is_(lambda place: place.cell.inputs[0][1]),
    },
    "prose.others.start_bias": {"parameter": OWN, "lead": LEAD, "start": start},
    "prose.others.within": {"parameters": _read_by_none},
    "prose.others.all": OTHERS,
    "prose.others.all_started": OTHERS,
    "caption.uses": {"k": letter(k)},
    "caption.uses_started": {"k": letter(k)},
    "caption.uses_shared": {"k": letter(k), "letter": LETTER},
    "caption.uses_shared_started": {
        "k": letter(k), "letter": LETTER,
    },
    "prose.sums.concrete": {"k": letter(k), "j": letter(j), "loss": LAST_LOSS, "parameter": LEAD},
    "prose.sums.product": {"j": letter(j), "k": letter(k), "T": STEPS},
    "prose.sums.product_diagonal": {
        "j": letter(j), "k": letter(k), "T": STEPS, "section": to("jacobian"),
    },
    "prose.sums.general": {"t": letter(t), "T": letter(T)},
    "prose.sums.none": {"parameters": listed(lambda place: [*place.speaker.direct])},
    "prose.sums.within": {"parameters": _all_read_by_none, "t": letter(t)},
    "prose.jacobian.fixed": {"section": to("given")},
    "prose.jacobian.fixed_alone": {"section": to("given")},
    "prose.jacobian.intro": BLOCKS,
    "prose.jacobian.intro_slope": BLOCKS,
    "prose.jacobian.factor": BLOCKS,
    "prose.jacobian.paths": BLOCKS,
    "prose.jacobian.made": {"J": J_OF_STEP},
    "prose.jacobian.slopes": {"count": is_(_slopes)},
    "prose.jacobian.slopes_plain": {"count": is_(_slopes)},
    "prose.jacobian.single": {"numbers": _single_slopes},
    "prose.jacobian.blocks": OF_BLOCKS,
    "prose.jacobian.blocks_through": OF_BLOCKS,
    "prose.jacobian.inner": {"inner": _inner},
    "prose.jacobian.together": {"J": J_OF_STEP},
    "prose.jacobian.carried_constant": HANDED,
    "prose.jacobian.carried_whole": HANDED,
    "prose.jacobian.shrinks": {"J": J_OF_STEP},
    "prose.jacobian.carried_block": HANDED | {"count": how_many("state")},
    "prose.jacobian.carried_other": HANDED,
    "prose.jacobian.carried_trained": HANDED,
    "prose.jacobian.carried_beside": HANDED,
    "prose.jacobian.carried_weighted": {"blocks": _blocks, "J": J_OF_STEP},
    "prose.adjoint.intro": ADJOINT,
    "prose.adjoint.of_state": ADJOINT,
    "prose.adjoint.of_other": ADJOINT,
    "prose.adjoint.spelled": {"T": STEPS},
    "prose.adjoint.into": {"k": letter(k)},
    "prose.adjoint.column": {"J": J_OF_STEP},
    "prose.adjoint.state": {
        "loss": NOW_LOSS, "state": state(at(k)), "k": letter(k),
        "adjoint": belongs(Role.LAGGED_ADJOINT, "state", t, k),
    },
    "prose.adjoint.hosts": {
        "hosts": _hosts, "adjoint": of_the_state(Role.LAGGED_ADJOINT, t, k),
    },
    "prose.shape.by_outer": {"equation": lines_of_outer},
    "prose.shape.added": {"parameters": added},
    "prose.shape.column": {"parameters": columns},
    "prose.shape.multiplied": {"parameters": multiplied},
    "prose.shape.intro": {"parameter": LEAD, "k": letter(k), "copy": COPY},
    "prose.shape.general": {"t": letter(t)},
    "prose.shape.alone": {"k": letter(k), "loss": loss(at(T)), "T": letter(T)},
    "prose.shape.outer": {
        "parameter": _parameter,
        "at": _with_parameter,
        "column": _column_beside,
        "row_index": is_(lambda place: place.cell.components[0]),
        "column_index": is_(lambda place: place.cell.components[1]),
    },
    "prose.shape.outer_read": {"arriving": _entered, "column": _column_beside},
    "prose.activation.bell": ACTIVATION,
    "prose.activation.step": ACTIVATION,
    "prose.activation.rising": ACTIVATION,
    "prose.activation.shown": ACTIVATION,
    "prose.conventions.kink": {"value": _without_slope, "slope": _its_slope},
    "caption.activation": {"value": _function, "slope": _its_slope},
    "prose.activation.saturated": {"value": _units("bell")},
    "prose.activation.inactive": {"value": _units("step")},
    "prose.activation.one_sided": {"value": _units("rising", exact=False)},
    "prose.activation.one_sided_exact": {"value": _units("rising", exact=True)},
    "prose.activation.rows": {"value": _function, "J": J_NOW},
    "prose.activation.closed": {"J": J_NOW},
    "prose.activation.around": {
        "J": J_NOW, "factor": kept(t),
        "state": some_states(t),
    },
    "prose.activation.around_too": {
        "J": J_NOW, "factor": kept(t),
        "state": some_states(t),
    },
    "prose.shared.intro": {"letter": LETTER},
    "prose.shared.ranges": {"letter": LETTER, "ranges": _ranges},
}  # fmt: skip
