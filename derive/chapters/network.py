"""The network, its symbols and conventions; the forward pass; the loss."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from sympy import Basic, Integer, MatrixExpr, Tuple

from derive.bptt import unroll
from derive.bptt.derivation import Derivation
from derive.calculus.activations import Standing, activation
from derive.cells.cell import Cell
from derive.cells.describe import (
    carried_alike,
    gates,
    parameter_role,
    role_among_all,
    series_role,
    trained,
)
from derive.chapters.context import Context, heads, listed, required_one
from derive.chapters.facts.parts import parts_through_others
from derive.chapters.figures.links import MOST_NAMES, below_output, links
from derive.chapters.figures.unrolled import GradientPaths, VectorRow, unrolled_network
from derive.chapters.references import METHOD, cite, own_papers
from derive.chapters.shared import SharedDisplays, show_shared
from derive.chapters.signs import (
    COPY,
    COPY_AT,
    IMMEDIATE,
    IMMEDIATE_AT,
    OF_OPERATIONS,
    TOGETHER,
    formulas,
    role,
    signs,
)
from derive.checks.network import require_network
from derive.checks.roles import means, require_roles
from derive.checks.tables import require_shapes
from derive.checks.verify import Verifier
from derive.document.blocks import Block, Bullets, FigureBlock, Heading, Prose, TableBlock
from derive.document.diagram import Diagram
from derive.document.text import Ref, Text, Value, exactly
from derive.expressions.derivatives import Gradient, Partial
from derive.expressions.elision import shown_steps
from derive.expressions.functions import Apply, Slope
from derive.expressions.introduced import Role
from derive.expressions.quantities import At, Parameter, ParameterCopy, Series, T, j, k, t
from derive.expressions.walk import atoms_of
from derive.numerics.sample import samples
from derive.typesetting.palette import step_colours


def network(c: Context) -> Iterator[Block]:
    """Yield the chapter on the equations, the symbols with their shapes, and the conventions."""
    cell, s = c.cell, c.cell.state
    yield Heading("heading.network", 1, "network")
    yield from _begins(c)
    yield from lagged(c)
    yield from show_shared(c, *unroll.forward(cell))
    yield from papers(c)
    yield from functions(c)
    yield from explained(c)
    yield from symbols(c)
    yield Heading("heading.conventions", 2, "conventions")
    signs = (*TOGETHER, *OF_OPERATIONS)
    yield Bullets(
        (
            Text("prose.conventions.columns", {"jacobian": Partial(s[t], s[t - 1])}),
            Text(
                "prose.conventions.gradient",
                {"row": Partial(cell.total, s[t]), "gradient": Gradient(cell.total, s[t])},
            ),
            *_of_uses(c),
            *_parts(c),
            *(Text(key) for key in signs if c.may_say(key, {})),
            *kinks(c),
            *where_the_loss_stands(c),
            Text(f"prose.conventions.start_{cell.initial}", {"start": s[0]}),
        ),
        ids={IMMEDIATE: IMMEDIATE_AT, COPY: COPY_AT},
    )  # fmt: skip


def _begins(c: Context) -> Iterator[Block]:
    """Yield what a step computes of what: of an input, if there is one, and of what it is handed."""
    cell, s = c.cell, c.cell.state
    values: dict[str, Value] = {"state": s[t], "before": s[t - 1]}
    for x in cell.inputs[:1]:
        every = listed([each[t] for each in cell.inputs])
        values |= {"first": x[Integer(1)], "last": x[T], "input": every}
        values["count"] = len(cell.inputs)
    beside = values | {"output": cell.output[t]}
    yield from c.say(beside, "prose.network.intro", "prose.network.intro_alone")
    yield from c.say(values, "prose.network.intro_feedback", "prose.network.intro_feedback_alone")
    yield from c.say(beside, "prose.network.intro_part", "prose.network.intro_part_alone")


def _of_uses(c: Context) -> Iterator[Text]:
    """Yield the signs for a single use of a parameter, where one acts on a state."""
    s = c.cell.state
    for lead in [leading(c)] if c.recurrent() else []:
        immediate = {"immediate": c.derivation.chains.immediate(lead, k), "state": s[k],
                     "before": s[k - 1], "total": Partial(s[t], s[k])}  # fmt: skip
        yield Text(IMMEDIATE, immediate)
        yield Text("prose.conventions.plus_sign", {"papers": cite(c, METHOD)})
        copy = {"copy": ParameterCopy(lead, k), "parameter": lead, "k": k}
        yield Text(COPY, copy)


def kinks(c: Context) -> Iterator[Text]:
    """Yield what is taken for the slope of an activation where it has none."""
    a = Parameter("a", 1, 1)
    exprs = [e.expr for e in c.cell.equations]
    names = dict.fromkeys(node.function for expr in exprs for node in atoms_of(expr, Apply))
    for row in map(activation, names):
        if row.kinks == (0.0,) and row.use is Standing.ACTIVATION:
            values: dict[str, Value] = {"value": Apply(row.name, a), "slope": Slope(row.name, a)}
            yield Text("prose.conventions.kink", values)


def _parts(c: Context) -> Iterator[Text]:
    """Yield what a derivative by a column of several parts counts, where some are made of others."""
    found = parts_through_others(c.facts) if c.may_say("prose.conventions.parts", {}) else []
    if found:
        gradient = Partial(c.cell.loss_series[t], found[0])
        values = {"state": c.cell.state[t], "gradient": gradient}
        yield Text("prose.conventions.parts", values)


def lagged(c: Context) -> Iterator[Block]:
    """Yield what is read from further back than one step, and that states hand it on."""
    found = unroll.lagged(c.cell)
    if found:
        yield Prose("prose.network.lagged")
        known, far = unroll.lagged(c.cell, c.steps), unroll.all_read(c.cell)
        longer: Verifier | None = None
        if len(known) < len(found):
            # Over the steps of the handout nothing is read from so far back: more of them show it.
            longer = Verifier(Derivation(c.cell, far), samples(c.cell, far, c.seed))
        for equation in found:
            yield from c.show(equation, verifier=None if equation in known else longer)
    yield from c.say({}, "prose.network.lags")


def papers(c: Context) -> Iterator[Block]:
    """Yield where a network that ships was described first."""
    own = own_papers(c)
    if own:
        yield Prose("prose.network.papers", {"papers": cite(c, own)})


def symbols(c: Context) -> Iterator[Block]:
    """Yield the table of the quantities with their meaning and their shapes."""
    yield Prose("prose.network.symbols", {"table": Ref("symbols"), "T": T, "T_value": c.steps})
    header = heads("table", "symbol", "meaning", "shape")
    rows = tuple(_together(_symbol_rows(c)))
    table = TableBlock("symbols", Text("caption.symbols"), header, rows, "llc")
    yield require_roles(require_shapes(table), c.cell, c.samples)


def where_the_loss_stands(c: Context) -> Iterator[Text]:
    """Yield what the total loss is made of."""
    weight = c.cell.weight
    values: dict[str, Value] = {}
    keys = ["prose.conventions.loss"]
    if weight is not None:
        made = c.cell.definition(weight).expr if c.cell.defines(weight) else weight[t]
        values = {"weight": made}
        keys = ["prose.conventions.loss_mean", "prose.conventions.loss_last"]
        keys += ["prose.conventions.loss_weighted"]
    yield from (Text(key, values) for key in keys if c.may_say(key, values))


def functions(c: Context) -> Iterator[Block]:
    """Yield what constants of several numbers are, and what functions stand for."""
    given = unroll.constants(c.cell)
    if given:
        yield Prose("prose.network.constants")
        yield from c.show(*given)
    found = unroll.functions(c.cell)
    if found:
        yield from c.say({}, "prose.network.functions", "prose.network.functions_alone")
        yield from c.show(*found)


def explained(c: Context) -> Iterator[Block]:
    """Yield what the equations of a cell with gates or several states mean, by their form."""
    cell = c.cell
    found = gates(cell)
    if found:
        yield Prose("prose.network.gates", {"gates": listed([g[t] for g in found])})
    for states, factor in carried_alike(cell):
        before = listed([s[t - 1] for s in states])
        yield from c.say(
            {
                "state": listed([s[t] for s in states]),
                "before": before,
                "factor": factor,
                "count": len(states),
            },
            "prose.network.carried",
            "prose.network.carried_trained",
        )
    if cell.output in cell.states:
        yield from c.say({"output": cell.output[t - 1]}, "prose.network.feedback")
    for remark in cell.remarks:
        yield Prose(f"prose.remark.{remark}")
    if len(cell.states) > 1 and not cell.has_matrices:
        beside = [s[t] for s in cell.states if s not in cell.handed]
        kept: dict[str, Value] = {"states": listed([s[t] for s in cell.handed])}
        if beside:
            yield Prose("prose.network.stacked_beside", kept | {"beside": listed(beside)})
        else:
            yield Prose("prose.network.stacked", kept)
        yield from c.show(*unroll.stacked(cell))


def leading(c: Context) -> Parameter:
    """Return the parameter that the text treats first: the recurrent weights, if there are any.

    What acts on later steps comes before what acts within its own step, by a quantity that no later
    step reads; what acts on no state, only where there is nothing else.
    """
    found = c.handing_on() or c.recurrent() or c.direct()
    return next((p for p in found if parameter_role(c.cell, p) == "recurrent"), found[0])


def _symbol_rows(c: Context) -> Iterator[tuple[Value, ...]]:
    cell = c.cell
    order = [*cell.inputs, *(e.variable for e in cell.equations if e.variable != cell.loss_series)]
    # A weight that is given by no equation has its number beside the target.
    given = [cell.weight] if cell.weight in cell.given else []
    for series in (*order, cell.target, *given, cell.loss_series):
        meaning = cell.meanings.get(series.name, Text(_meaning(c, series)))
        yield series[t], meaning, _shape(series)
    yield cell.total, Text("symbol.total"), _shape(cell.total)
    for parameter in cell.parameters:
        roles = role_among_all(cell, parameter), trained(parameter)
        key = _agreed(c, parameter, *(f"symbol.parameter.{role}" for role in roles))
        called = cell.meanings.get(parameter.name, Text(key))
        yield parameter, called, _shape(parameter)
    for state in cell.handed if cell.initial == "trainable" else ():
        yield state[0], Text("symbol.start"), _shape(state)
    for constant, value in cell.constants.items():
        said = Text("symbol.constants")
        if not isinstance(value, list):
            said = Text("symbol.constant", {"value": exactly(value)})
        yield constant, said, _shape(constant)


def _together(rows: Iterable[tuple[Value, ...]]) -> Iterator[tuple[Value, ...]]:
    """Yield the rows of symbols, those of one meaning and shape as one, where the first stood."""
    found: list[tuple[list[Value], tuple[Value, ...]]] = []
    for symbol, *same in rows:
        symbols = next((others for others, what in found if what == tuple(same)), None)
        if symbols is None:
            found.append(([symbol], tuple(same)))
        else:
            symbols.append(symbol)
    for symbols, what in found:
        yield listed(symbols) if len(symbols) > 1 else symbols[0], *what


def _meaning(c: Context, series: Series) -> str:
    """Return the key of what a quantity is: of an output, and of its logits, what holds of them."""
    role = series_role(c.cell, series)
    if series.name in c.cell.called:
        called = c.cell.called[series.name]
        return f"symbol.called.{called}"
    if role == "gate" and series.name in c.cell.gate_kinds:
        kind = c.cell.gate_kinds[series.name]
        return f"symbol.{kind}_gate"
    kinds = [f"symbol.{role}"]
    if role == "carried" and c.cell.title is not None:
        # That it is a cell state, as that of an LSTM, nothing in the equations of a user says.
        kinds = ["symbol.carried_inner"]
    if series == c.cell.output:
        kinds += ["symbol.output_fractions", "symbol.output_linear"]
    elif role == "logits":
        kinds += ["symbol.linear"]
    said = (key for key in kinds if c.may_say(key, {}))
    key = required_one(
        said, f"sentence that holds of {series.name} in {c.cell.name}: {' or '.join(kinds)}"
    )
    return _agreed(
        c, series[t], key, "symbol.state" if series in c.cell.handed else "symbol.quantity"
    )


def _agreed(c: Context, symbol: Parameter | At, key: str, plain: str) -> str:
    """Return the key of what a symbol is; of a user's cell, where two ways to tell agree on that.

    What equations nobody foresaw make of a quantity can be seen in more than one way, and then the
    word says no more than what it is by its shape and its place.  Of a cell that is shipped the
    word is the right one, or the table is refused.
    """
    if c.cell.written is None or means(symbol, key, c.cell, c.samples):
        return key
    return plain


def _shape(quantity: MatrixExpr) -> Basic:
    return Tuple(*quantity.shape)


def forward(c: Context) -> Iterator[Block]:
    """Yield the chapter on the forward pass, unrolled and nested, with the picture."""
    cell, last = c.cell, c.steps
    s = cell.state
    yield Heading("heading.forward", 1, "forward")
    yield Prose("prose.forward.steps", {"T": last, "start": s[0]})
    shown = shown_steps(last)
    if len(shown) < last:
        yield Prose("prose.forward.shown", {"count": len(shown) // 2, "T": last})
    shared = SharedDisplays(c, c.verifier)
    yield from shared.in_groups(unroll.steps(cell, step) for step in shown)
    yield from shared.ranges()
    if unroll.nests(cell):
        values: dict[str, Value] = {"output": cell.output[last]}
        yield from c.say(values, "prose.forward.nested_one", "prose.forward.nested_fixed")
        if c.recurrent():
            several = values | {"parameters": listed(c.recurrent())}
            yield from c.say(several, "prose.forward.nested")
        yield from c.show(unroll.nested_output(cell, last))
    elif len(cell.states) == 1 and unroll.occurrences(cell) == 1:
        yield Prose("prose.forward.too_wide", {"output": cell.output[last]})
    else:
        yield Prose(
            "prose.forward.not_nested",
            {"start": s[0], "output": cell.output[last],
             "places": Text("list.places", {"count": unroll.start_occurrences(cell, last)})},
        )  # fmt: skip
    states = [s[step] for step in (last, last - 1)]
    if last > 1:
        figure: dict[str, Value] = {"figure": Ref("unrolled")}
        values = figure | {"late": states[0], "before": states[1]}
        yield from c.say(values, "prose.forward.contains")
        yield from c.say(figure, "prose.forward.picture")
    else:
        single: dict[str, Value] = {"figure": Ref("unrolled"), "late": states[0]}
        yield from c.say(single, "prose.forward.one", "prose.forward.one_other")
    yield FigureBlock(
        "unrolled",
        picture(cell, last, "unrolled", None),
        Text("caption.unrolled", {"T": last}),
    )


def drawn_states(cell: Cell) -> list[Series]:
    """Return what stands in the rows of states of a picture, from the bottom up: as it is computed.

    Where the output is the only state, it is what the output is made of.
    """
    order = [e.variable for e in cell.equations]
    hidden = sorted((s for s in cell.states if s != cell.output), key=order.index)
    return hidden or [below_output(cell)]


def picture(cell: Cell, steps: int, id: str, contributions: GradientPaths | None) -> Diagram:
    """Return the picture of the unrolled network, with the gradient's paths if given."""
    hidden = drawn_states(cell)

    def row(series: Series) -> VectorRow:
        return VectorRow(series.name, lambda step: series[step])

    made = unrolled_network(
        id,
        steps,
        inputs=next((row(x) for x in cell.inputs), None),
        states=[row(s) for s in hidden],
        output=row(cell.output),
        loss=VectorRow("loss", lambda step: cell.loss_series[step]),
        links=links(cell),
        parameter=lambda name, step: next(p for p in cell.parameters if p.name == name),
        contributions=contributions,
    )
    require_network(made, cell, steps, step_colours(steps), MOST_NAMES)
    return made


def introduction(c: Context, blocks: Sequence[Block]) -> Iterator[Block]:
    """Yield what a document must say before its own blocks: the network, and the signs in them."""
    d, cell, s = c.derivation, c.cell, c.cell.state
    begins: list[Block] = [Heading("heading.network", 1, "network"), *_begins(c)]
    begins += c.show(*unroll.forward(cell))
    begins.append(_named(cell))
    begins += c.say({"start": s[0]}, "prose.flow.starts")
    values: dict[str, Value] = {"loss": cell.loss_series[t], "total": cell.total}
    values |= {"output": cell.output[t], "target": cell.target[t]}
    begins += c.say(values, "prose.loss.intro", "prose.loss.intro_weighted")
    begins += c.show(*unroll.loss(cell))
    used = {role(at) for expr in formulas(blocks) for at in atoms_of(expr, At)}
    if Role.STEP_JACOBIAN in used:
        values = {"J": d.shared.J[j], "state": s[j], "before": s[j - 1]}
        begins += c.say(values, "prose.network.step_jacobian")
        begins += c.show(*d.substitution.diagonals(), d.substitution.step_jacobian())
    elif Role.SLOPE in used:
        slopes = [D[t] for D in d.shared.jacobians.diagonals.values()]
        begins.append(Prose("prose.network.slopes", {"slopes": listed(slopes)}))
        begins += c.show(*d.substitution.diagonals())
    yield from begins
    yield from signs(d, leading(c), [*begins, *blocks])


def _named(cell: Cell) -> Block:
    """Return which parameters are weights, and which biases if there are any."""
    weights = [p for p in cell.parameters if p.shape[1] != 1]
    biases = [p for p in cell.parameters if p not in weights]
    values: dict[str, Value] = {"weights": listed(weights)}
    if biases:
        return Prose("prose.network.weights_and_biases", values | {"biases": listed(biases)})
    return Prose("prose.network.weights", values)
