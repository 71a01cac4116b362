"""The summary, and the table of all checks."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from math import isfinite

from derive.bptt import unroll
from derive.chapters.context import Context, heads, listed
from derive.chapters.network import leading
from derive.chapters.report import Report
from derive.checks.tables import require_checks
from derive.checks.verify import METHODS, TOLERANCE, Check
from derive.document.blocks import Block, Bullets, Heading, Prose, TableBlock
from derive.document.text import Bound, Code, Number, Ref, Text, Value
from derive.expressions.derivatives import Gradient, Partial
from derive.expressions.equation import Kind
from derive.expressions.quantities import T, j, k, t


def summary(c: Context) -> Iterator[Block]:
    """Yield the first page: question, network, gradients, algorithm, product, answer."""
    cell = c.cell
    lead = leading(c)
    yield Heading("heading.summary", 1, "summary")
    beside = [p for p in cell.parameters if p not in c.handing_on()]
    direct = [Text("prose.summary.direct", {"parameters": listed(p)}) for p in [beside] if p]
    flow = ("prose.summary.flow", "prose.summary.flow_constant", "prose.summary.flow_shrinking",
            "prose.summary.flow_one")  # fmt: skip
    terms = ("prose.summary.terms", "prose.summary.terms_beside")
    values = {"parameter": lead, "k": k, "t": t, "loss": cell.loss_series[t]}
    items = [
        question(c),
        *network_in_short(c),
        *gradients_in_short(c),
        *(Text(key, values) for key in terms if c.may_say(key, values)),
        Text("prose.summary.recursion", {"algorithm": Ref("backward"), "T": T}),
        between_steps(c),
        *direct,
        *(Text(key) for key in flow if c.may_say(key, {})),
    ]
    yield Bullets(tuple(items))


def question(c: Context) -> Text:
    """Return what is asked, and of which parameters above all."""
    total: dict[str, Value] = {"total": c.cell.total}
    acting = c.handing_on()
    if not acting and c.recurrent():
        # They act on what only the output reads.
        within = total | {"parameters": listed(c.recurrent())}
        return Text("prose.summary.question_within", within)
    if not acting:
        return Text("prose.summary.question_fixed", total)
    kind = "matrices" if c.cell.has_matrices else "summary"
    return Text(f"prose.{kind}.question", total | {"parameters": listed(acting)})


def between_steps(c: Context) -> Text:
    """Return what leads from step to step, and of several states what the column of them is."""
    state = c.cell.state
    values = {"J": c.derivation.shared.J[j], "step": Partial(state[j], state[j - 1])}
    if len(c.cell.states) == 1:
        return Text("prose.summary.product", values)
    states = listed([s[j] for s in c.cell.states])
    return Text("prose.summary.product_many", values | {"state": state[j], "states": states})


SHORT = 6
"""More gradients than this are no summary."""

FEW_EQUATIONS = 8
"""So many equations of a network are: those of a simple one with a weight of each loss."""

FEW_STATES = 3
"""Of the equations of a longer network, those of so many states are."""


def network_in_short(c: Context) -> Iterator[Text]:
    """Yield the equations of a network with few of them, or those of its states."""
    equations = [*unroll.in_short(c.cell, c.steps), *unroll.loss(c.cell)]
    if len(equations) <= FEW_EQUATIONS:
        values = {"equations": listed([c.checked(e) for e in equations])}
        yield Text("prose.summary.network", values)
        return
    of_states = [e for e in equations if e.left in {s[t] for s in c.cell.handed}]
    if of_states and len(of_states) <= FEW_STATES:
        said = {"equations": listed([c.checked(e) for e in of_states]), "section": Ref("network")}
        yield Text("prose.summary.network_states", said)


def gradients_in_short(c: Context) -> Iterator[Text]:
    """Yield the gradients of the recursion, or one of many."""
    r, parameters = c.derivation.recursion, c.cell.parameters
    few = len(parameters) <= SHORT and len(r.steps()) == 1
    shown = parameters if few else [leading(c)]
    start = r.trained_start() if few else []
    gradients = listed([c.checked(e) for e in (*map(r.accumulated, shown), *start)])
    if few:
        (step,) = r.steps()
        (adjoint,) = r.deltas.values()
        values = {"gradients": gradients, "adjoint": adjoint[t], "recursion": c.checked(step)}
        slopes = [*c.derivation.shared.jacobians.diagonals.values()]
        slope = next((D[t] for D in slopes if step.right.has(D[t])), None)
        if slope is None or not c.may_say("prose.summary.gradients_slopes", {}):
            yield Text("prose.summary.gradients", values)
        else:
            yield Text("prose.summary.gradients_slopes", values | {"slope": slope})
    else:
        made = r.accumulated(shown[0]).right
        host = next((v for v in r.deltas if made.has(r.deltas[v][t])), None)
        if host is None:
            values = {"gradients": gradients, "algorithm": Ref("backward")}
            yield Text("prose.summary.gradients_named", values)
            return
        full = Gradient(c.cell.total, host[t])
        values = {"gradients": gradients, "algorithm": Ref("backward"),
                  "adjoint": r.deltas[host][t], "full": full}  # fmt: skip
        yield Text("prose.summary.gradients_many", values)


def checks(c: Context, displayed: list[str], numbered: int) -> Iterator[Block]:
    """Yield how the equations were checked, and on request one row per equation.

    ``displayed`` are also those of single gates, for which one with a number may stand.
    """
    yield Heading("heading.checks", 1, "checks")
    values: dict[str, Value] = {
        "count": numbered,
        "seed": c.seed,
        "tolerance": Number(TOLERANCE, 1),
    }
    key = "prose.checks.intro" if c.tables else "prose.checks.line"
    values |= {"table": Ref("all-checks")} if c.tables else {}
    # From a state of 0 a network may have no values, where its states are given.
    yield Prose(key if c.may_say(key, values) else f"{key}_nonzero", values)
    if any(c.report.by_id[id].kind is Kind.REFUTED for id in displayed):
        yield Prose("prose.checks.question")
    smallest = min(sample.shrunk for sample in c.samples)
    if smallest < 1.0:
        shrunk = ("prose.checks.shrunk", "prose.checks.shrunk_alone")
        yield from c.say({"factor": Number(smallest)}, *shrunk)
    if c.tables:
        yield from check_table(c.report, displayed)
    if any(id.startswith("claim-") for id in displayed):
        yield Prose("prose.checks.elsewhere", {"section": Ref("audit")})


def check_table(report: Report, displayed: list[str]) -> Iterator[Block]:
    """Yield what the methods are, and one row per equation with the bound on its error."""
    counted = [report.by_id[id] for id in displayed]
    proved = report.proved
    methods = tuple(
        Text(f"prose.checks.{method}")
        for method in METHODS
        if any(check.method == method for check in counted)
    )
    first = (Text("prose.checks.proved", {"section": Ref("general")}),)
    yield Bullets(first + methods if proved.intersection(displayed) else methods)
    rows = tuple(
        (
            Ref(check.id),
            Code(check.id),
            Text(f"kind.{check.kind.value}"),
            method_of(check, proved),
            check.count,
            _error(check),
        )
        for check in counted
    )
    header = heads("table", "equation", "id", "kind", "method", "places", "error")
    table = TableBlock("all-checks", Text("caption.checks"), header, rows, "llllrl", long=True)
    yield require_checks(table, report.by_id, proved)


def method_of(check: Check, proved: Collection[str]) -> Text:
    """Return how an equation was checked, behind that it is proved if it is."""
    method = Text(f"method.{check.method}")
    return Text("method.proved", {"method": method}) if check.id in proved else method


def _error(check: Check) -> Value:
    if check.kind is Kind.REFUTED:
        # It must be large; a formula without a value has none.
        return Number(check.error, 2) if isfinite(check.error) else Text("table.no_error")
    return Bound(check.error) if check.tolerance <= TOLERANCE else Bound(check.tolerance)
