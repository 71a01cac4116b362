"""The gradients of the parameters: term by term, as a sum with a product, substituted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from sympy import Basic, Identity, Integer

from derive.bptt.gatewise import Gatewise, mark_of
from derive.bptt.steps import DEPTH
from derive.chapters.context import Context, heads, listed, required_one
from derive.chapters.figures.links import links, reaches_loss
from derive.chapters.figures.unrolled import GradientPaths
from derive.chapters.network import drawn_states, leading, picture
from derive.checks.network import require_paths
from derive.checks.probe import acts_in, is_added
from derive.document.blocks import Block, FigureBlock, Heading, Prose, TableBlock
from derive.document.text import Ref, Text, Value
from derive.expressions.algebra import is_zero
from derive.expressions.derivatives import Partial
from derive.expressions.elision import shown_steps
from derive.expressions.equation import Equation, Kind
from derive.expressions.quantities import Parameter, ParameterCopy, T, j, k, t
from derive.expressions.walk import series_in
from derive.typesetting.palette import step_colours


def direct(c: Context) -> Iterator[Block]:
    """Yield the chapter on the parameters that the loss of a step sees without the past."""
    d, cell = c.derivation, c.cell
    for n, parameter in enumerate(c.direct()):
        yield Heading("heading.gradient", 1, f"gradient-{parameter.name}", {"parameter": parameter})
        if n > 0:
            # The reasoning is that of the first, which stands on the page before.
            yield Prose("prose.direct.same", {"parameter": parameter, "lead": c.direct()[0]})
            yield from c.show(d.chains.sum_product(parameter))
            yield from outer_product(c, parameter)
            yield from _put_in(c, parameter)
            yield from c.show(
                d.substitution.substituted(parameter),
                d.chains.total(parameter),
                d.recursion.accumulated(parameter),
            )
            yield from _ahead(c, parameter)
            continue
        yield Prose("prose.direct.chain", {"parameter": parameter, "loss": cell.loss_series[t]})
        yield from c.show(d.chains.sum_product(parameter))
        yield from outer_product(c, parameter)
        yield from _put_in(c, parameter)
        yield from c.show(d.substitution.substituted(parameter))
        yield from c.say({"output": cell.output[t]}, "prose.direct.past")
        yield Prose("prose.direct.total", {"total": cell.total})
        yield from c.show(d.chains.total(parameter), d.recursion.accumulated(parameter))
        yield from _ahead(c, parameter)
    if c.direct() and c.may_say("prose.direct.last", {}):
        yield Prose("prose.direct.last")
        yield from c.show(*map(d.substitution.last_term, c.direct()))


def _ahead(c: Context, parameter: Parameter) -> Iterator[Block]:
    """Yield what the adjoints stand for that a gradient has here, the first parameter that has them."""
    recursion, before = c.derivation.recursion, c.direct()[: c.direct().index(parameter)]
    told = {at for p in before for at in series_in(recursion.accumulated(p).right)}
    stand = {*series_in(recursion.accumulated(parameter).right)} - told
    for equation in recursion.steps():
        gradient, adjoint = equation.sides[0], equation.sides[1]
        if adjoint in stand:
            named: dict[str, Value] = {"adjoint": adjoint, "gradient": gradient}
            said = named | {"at": gradient.den, "equation": Ref(equation.id)}
            yield Prose("prose.direct.adjoint", said)


def is_only_added(c: Context, parameter: Parameter) -> bool:
    """Tell whether the derivative by a parameter is the identity wherever it enters."""
    paths = (path for _, path in c.derivation.shared.jacobians.entries(parameter))
    if not all(path.right is None and isinstance(path.left, Identity) for path in paths):
        return False
    # The last piece of a path may be the identity where what leads to it is not.
    made = (c.cell.definition(series).expr for series in acts_in(c.cell, parameter))
    return all(is_added(c.cell, expr, parameter) for expr in made)


def _put_in(c: Context, parameter: Parameter) -> Iterator[Block]:
    """Yield what leads from the chain to the gradient in the shape of the parameter."""
    if c.stepwise:
        column = "prose.direct.put_in_column" if parameter.shape[1] == 1 else "prose.direct.put_in"
        key = "prose.direct.put_in_added" if is_only_added(c, parameter) else column
        yield Prose(key, {"parameter": parameter})


def outer_product(c: Context, *parameters: Parameter) -> Iterator[Block]:
    """Yield once, for the first matrix of which it can be said, why its gradient is an outer product.

    It is said where that is one of the ``parameters``.
    """
    found = _outer(c)
    if found is None or found[0] not in parameters:
        return
    parameter, lines = found
    arriving, column = lines.sides[-1].matrix.args
    at = arriving.den
    row, across, _ = c.cell.components
    values = {"parameter": parameter, "at": at, "column": column.arg}
    yield from c.say(values | {"row_index": row, "column_index": across}, "prose.shape.outer")
    yield from c.show(lines)
    yield from c.say({"arriving": arriving, "column": column.arg}, "prose.shape.outer_read")


def outer_lines(c: Context) -> Equation | None:
    """Return the lines of the outer product that are shown, of whichever matrix."""
    found = _outer(c)
    return None if found is None else found[1]


def _outer(c: Context) -> tuple[Parameter, Equation] | None:
    order = dict.fromkeys((*c.direct(), leading(c), *c.recurrent()))
    found = ((a, lines) for a in order for lines in c.derivation.entries.outer(a))
    return next(found, None) if c.stepwise else None


def first(c: Context) -> Iterator[Block]:
    """Yield the chapter on one recurrent parameter, term by term, with the coloured paths."""
    d, cell, last = c.derivation, c.cell, c.steps
    parameter = leading(c)
    L, s = cell.loss_series, cell.state
    yield Heading("heading.gradient", 1, f"gradient-{parameter.name}", {"parameter": parameter})
    why: dict[str, Value] = {
        "parameter": parameter,
        "loss": L[last],
        "state": s[last],
        "immediate": d.chains.immediate(parameter, k),
    }
    yield from c.say(why, "prose.terms.why")
    once: dict[str, Value] = {"parameter": parameter, "loss": L[last], "state": s[last]}
    yield from c.say(once, "prose.terms.why_one")
    beside = Partial(cell.output[last], parameter, s[last])
    yield from c.say(why | {"beside": beside}, "prose.terms.why_beside")
    yield from _unrolled(c, parameter)
    for step in shown_steps(last):
        yield from c.show(d.chains.terms(parameter, step))
    yield from _within(c, [parameter])
    values = {"loss": L[last], "last": s[last], "parameter": parameter, "figure": Ref("paths")}
    if last > 1:
        read = values | {"T": last, "use": s[k], "k": k}
        yield from c.say(read, "prose.terms.read", "prose.terms.read_beside")
    else:
        yield from c.say(values, "prose.terms.read_one", "prose.terms.read_one_beside")
    late = {"last": s[last], "parameter": parameter, "figure": Ref("paths")}
    yield from c.say(late, "prose.terms.late")
    yield from c.say({"figure": Ref("paths")}, "prose.terms.elided")
    yield pictured(c, parameter, "paths")
    # What acts on an output as well does so at the first step, whatever the initial state is.
    if d.substitution.vanishes_at_start(parameter) and not d.shared.direct_uses(parameter):
        shows = Ref(d.substitution.substituted(parameter, last).id)
        values = {"one": Integer(1), "start": s[0], "parameter": parameter, "equation": shows}
        part = values | {"part": listed([s[0] for s in d.substitution.parts_at_start(parameter)])}
        yield from c.say(values, "prose.terms.start", "prose.terms.start_terms")
        yield from c.say(part, "prose.terms.start_part")
        yield from c.show(d.substitution.first_contribution(parameter))
        yield from c.say({"parameter": parameter}, "prose.terms.start_only")
    values = {"total": cell.total, "loss": L[last], "parameter": parameter}
    yield from c.say(
        values,
        "prose.terms.total",
        "prose.terms.total_weighted",
        "prose.terms.total_last",
        "prose.terms.total_one",
    )
    yield from c.show(d.chains.total(parameter))


def pictured(c: Context, parameter: Parameter, name: str) -> FigureBlock:
    """Return the picture of the paths to a parameter; ``name`` is that of its file."""
    loss = c.cell.loss_series[c.steps]
    caption = Text(*_caption_of_paths(c, {"loss": loss, "parameter": parameter}))
    ends, last = _entered(c, parameter)
    paths = GradientPaths(
        step_colours(c.steps),
        lambda step: ParameterCopy(parameter, step),
        ends,
        parameter=parameter.name,
        apart={c.steps: last} if last else {},
    )
    made = picture(c.cell, c.steps, name, paths)
    value = c.verifier.evaluators[-1].value
    require_paths(made, parameter, loss, paths.colours, value)
    return FigureBlock("paths", made, caption)


def _caption_of_paths(c: Context, about: dict[str, Value]) -> tuple[str, dict[str, Value]]:
    """Return what is said below the picture of the paths, of one path where there is one step."""
    if len(c.cell.states) == 1 and c.steps == 1:
        return "caption.paths_one", about
    parameter = about["parameter"]
    assert isinstance(parameter, Parameter), "paths lead to a parameter"
    about = about | {"copy": ParameterCopy(parameter, k), "k": k}
    if len(c.cell.states) > 1:
        return "caption.paths_many", about
    return "caption.paths", about | {"use": drawn_states(c.cell)[0][k]}


def _unrolled(c: Context, parameter: Parameter) -> Iterator[Block]:
    """Yield how the contributions come about: split step by step, then put into the loss."""
    lines, last = c.derivation.lines, c.steps
    if last == 1 or not c.stepwise:
        return
    state = c.cell.state[min(last, DEPTH)]
    shorter: dict[str, Value] = {"T": last, "shown": DEPTH, "state": state}
    yield from c.say(shorter, "prose.terms.unrolled_shorter")
    values = {"parameter": parameter, "state": state, "before": state.series[state.indices[0] - 1]}
    yield from c.say(values, "prose.terms.unrolled", "prose.terms.unrolled_within")
    yield from c.show(lines.unrolled(parameter, last))
    through = lines.through_state(parameter, last)
    if through:
        values = {"parameter": parameter, "state": c.cell.state[last]}
        yield from c.say(values | {"loss": c.cell.loss_series[last]}, "prose.terms.through")
        yield from c.show(*through)
    if last > DEPTH:
        yield from c.say({"T": last}, "prose.terms.put_in_longer")
    else:
        yield from c.say({}, "prose.terms.put_in")


def others(c: Context) -> Iterator[Block]:
    """Yield the chapters on the other recurrent parameters: only the last factor differs."""
    d, cell, last = c.derivation, c.cell, c.steps
    lead = leading(c)
    if len(c.recurrent()) > MANY:
        yield from _all_others(c)
        return
    for parameter in c.recurrent():
        if parameter == lead:
            continue
        yield Heading("heading.gradient", 1, f"gradient-{parameter.name}", {"parameter": parameter})
        same: dict[str, Value] = {
            "parameter": parameter,
            "lead": lead,
            "immediate": d.chains.immediate(parameter, k),
            "section": Ref(f"gradient-{lead.name}"),
        }
        kinds = ("prose.others.same", "prose.others.same_more", "prose.others.same_less")
        yield from c.say(same, *kinds)
        yield from _within(c, [parameter])
        if c.detail == "full":
            yield from _unrolled(c, parameter)
        yield from c.show(d.chains.terms(parameter, last), d.chains.total(parameter))
        start = {"parameter": parameter, "lead": lead, "start": cell.state[0]}
        for x in cell.inputs[:1]:
            yield from c.say(start | {"input": x[1]}, "prose.others.start")
        yield from c.say(start, "prose.others.start_bias")


def _within(c: Context, parameters: list[Parameter]) -> Iterator[Block]:
    """Yield what is said of the parameters with which nothing is made that a later step reads."""
    found = [p for p in parameters if p not in c.handing_on()]
    if found:
        yield from c.say({"parameters": listed(found)}, "prose.others.within")


def _entered(c: Context, parameter: Parameter) -> tuple[str | None, str | None]:
    """Return the state that a parameter enters first, where there are several to choose from.

    One that the loss of the same step reads and that is handed on, if there is one: else paths would be
    missing.  Where a parameter enters one of each kind only, the path of the last step ends elsewhere.
    """
    d, cell = c.derivation, c.cell
    if len(cell.states) == 1:
        return None, None
    # One that gates share enters several.
    hosts = [use.entry for use in d.shared.recurrent_uses(parameter)]
    jacobians = d.shared.jacobians
    reached = [
        s for s in cell.states if any(not is_zero(jacobians.derivative(s, h[t])) for h in hosts)
    ]
    names = [e.variable.name for e in cell.equations if e.variable in reached]
    arrows = links(cell)
    read = [name for name in names if reaches_loss(name, arrows)]
    kept = [name for name in names if any(one.src == name and one.lag for one in arrows)]
    both = [name for name in read if name in kept]
    first = required_one(
        both or kept or names, f"state that {parameter.name} enters first in {cell.name}"
    )
    return first, read[0] if read and not both else None


MANY = 4
"""More parameters than this are treated together, with a table instead of a section each."""


def _all_others(c: Context) -> Iterator[Block]:
    """Yield one chapter for many parameters: where each enters, and when its first term is 0."""
    lead = leading(c)
    others = [p for p in c.recurrent() if p != lead]
    yield Heading("heading.others", 1, "gradient-others")
    values = {"parameters": listed(others), "lead": lead, "section": Ref(f"gradient-{lead.name}"),
              "table": Ref("uses"), "k": k}  # fmt: skip
    yield from c.say(values | {"start": c.cell.state[0]}, "prose.others.all")
    yield from c.say(values, "prose.others.all_started")
    yield from _within(c, others)
    beside = {p: bool(c.derivation.shared.direct_uses(p)) for p in (lead, *others)}
    for acts, key in ((True, "prose.others.beside"), (False, "prose.others.not_beside")):
        found_beside = [p for p in others if beside[p] is acts]
        if beside[lead] is not acts and found_beside:
            yield Prose(key, {"parameters": listed(found_beside), "lead": lead})
        elif acts and beside[lead] and found_beside:
            yield Prose(
                "prose.others.beside_too", {"parameters": listed(found_beside), "lead": lead}
            )
    # From another start than zero no first contribution is known to be 0.
    zero = c.cell.initial == "zero"
    gatewise = Gatewise(c.cell)
    found = gatewise.alike(
        [_use(c, p) for p in c.recurrent()], lambda use: use.said, UseRow.lettered
    )
    rows = [(use.row(gates), bool(gates)) for gates, use in found]
    shared = any(of_gates for _, of_gates in rows)
    head = heads("table", "parameter", "enters", "factor", "first")
    letter = Text("list.value", {"value": gatewise.letter})
    which = slice(0 if shared else 1, 5 if zero else 4)
    kinds = ("caption.uses_shared_started", "caption.uses_shared")
    key = (kinds if shared else ("caption.uses_started", "caption.uses"))[zero]
    said: dict[str, Value] = {"k": k} | ({"letter": gatewise.letter} if shared else {})
    cells = tuple(row[which] for row, _ in rows)
    yield TableBlock("uses", Text(key, said), (letter, *head)[which], cells, "llllc"[which])


@dataclass(frozen=True)
class UseRow:
    """Where a parameter enters, its last factor, and whether its first contribution is 0."""

    said: tuple[Basic, ...]
    zero: bool

    def lettered(self, said: tuple[Basic, ...]) -> UseRow:
        """Return it with a letter for the gate in what it says."""
        return UseRow(said, self.zero)

    def row(self, gates: tuple[str, ...]) -> tuple[Value, ...]:
        """Return the row of a table; ``gates`` are what the letter stands for."""
        parameter, factor, *entries = self.said
        return (
            listed([mark_of(gate) for gate in gates]) if gates else "",
            parameter,
            listed(entries),
            factor,
            Text("list.zero" if self.zero else "list.not_zero"),
        )


def _use(c: Context, parameter: Parameter) -> UseRow:
    """Return where a parameter enters, its last factor, and whether its first contribution is 0."""
    d = c.derivation
    first = d.substitution.first_contribution(parameter)
    zero = d.substitution.vanishes_at_start(parameter)
    if c.cell.initial == "zero":
        # It is 0 as well of what no later step feels, as of a gate of the output alone.
        zero = zero or c.verifier.check(first).passed
        # What the cell claims is checked like an equation; "not zero" is the claim "zero", refuted.
        c.checked(first if zero else replace(first, kind=Kind.REFUTED))
    # A parameter that stands in an equation twice enters what that makes once.
    entries = dict.fromkeys(use.entry[k] for use in d.shared.recurrent_uses(parameter))
    return UseRow((parameter, d.chains.immediate(parameter, k), *entries), zero)


def sums(c: Context) -> Iterator[Block]:
    """Yield the chapter on the formula for every T: a sum over k with an ordered product over j."""
    d, cell, last = c.derivation, c.cell, c.steps
    lead = leading(c)
    if last == 1:
        return
    yield Heading("heading.sums", 1, "sums")
    values = {"k": k, "j": j, "loss": cell.loss_series[last], "parameter": lead}
    yield Prose("prose.sums.concrete", values)
    yield from c.show(d.chains.sum_product(lead, last))
    indices = {"j": j, "k": k, "T": last}
    yield from c.say(indices, "prose.sums.product")
    yield from c.say(indices | {"section": Ref("jacobian")}, "prose.sums.product_diagonal")
    yield Prose("prose.sums.general", {"t": t, "T": T})
    # Of many parameters, the table says what differs in the others: the last factor.
    written = c.recurrent() if len(c.recurrent()) <= MANY or c.detail == "full" else [lead]
    for parameter in written:
        yield from c.show(d.chains.sum_product(parameter))
    if c.direct():
        yield Prose("prose.sums.none", {"parameters": listed(c.direct())})
    within = [p for p in c.recurrent() if p not in c.handing_on()]
    if within:
        yield from c.say({"parameters": listed(within), "t": t}, "prose.sums.within")
