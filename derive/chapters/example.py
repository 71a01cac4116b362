"""A numeric example: small matrices, each contribution as numbers, their sum, and the check's number."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest

import numpy as np
from sympy import Integer, MatrixExpr, Rational

from derive.arrays import Array
from derive.bptt.derivation import Derivation
from derive.cells.cell import Cell
from derive.chapters.context import Context, heads, listed
from derive.chapters.decimals import decimals, exact_places, scientific, telling_places
from derive.chapters.exampledata import drawn_trace
from derive.chapters.network import leading
from derive.checks.seeded import require_example
from derive.checks.tables import require_parameters, require_quantities, require_values
from derive.checks.verify import Verifier
from derive.document.blocks import Block, Heading, Prose, TableBlock
from derive.document.text import Bound, Ref, Text, Value
from derive.errors import UsageError
from derive.expressions.algebra import mul
from derive.expressions.derivatives import Gradient
from derive.expressions.elision import WHOLE, shown_steps
from derive.expressions.equation import Equation, Kind, Step
from derive.expressions.quantities import At, Parameter, ParameterCopy, Series, T, k, t
from derive.expressions.shapes import is_vector
from derive.expressions.shown import Coloured, Rounded
from derive.expressions.sums import TimeSum, instantiate
from derive.expressions.walk import series_in
from derive.numerics.evaluate import Evaluator
from derive.numerics.sample import Sample, is_finite
from derive.numerics.trace import ForwardPass

DIGITS = 4
"""Decimals of the computed numbers."""
MANY = 6
"""More parameters than this stand in a table."""
NARROW = 2
"""Matrices of so many columns stand three in a row."""
MOST_COLUMNS = 7
"""So many columns of vectors, beside the step and the loss, fit a page."""
LARGEST = 1e6
"""Numbers from here on are not printed as decimals."""
MOST_ROWS = 6
"""The largest matrix that is printed."""
MOST_PLACES = 12
"""Smaller gradients than decimals of so many places show make no example to read."""
GIVEN = 1
"""Decimals of the given ones, which are rounded BEFORE the network is computed, so they are exact."""


@dataclass(frozen=True)
class RoundedNumbers:
    """The equations that say what expressions are on the numbers of an example."""

    cell: Cell
    value: Evaluator

    def rounded(
        self, name: str, *exprs: MatrixExpr, tinted: int | None = None, exact: bool = False
    ) -> Equation:
        """Return the equation of expressions and the decimals of the last of them.

        What is ``exact`` is of whole numbers, if it is, and no rounding is said of it.
        """
        expr = exprs[-1]
        values = self.value.value(expr)
        if exact and exact_places(values) == 0:
            sides, step = (*exprs, Rounded(decimals(values, 0), 0)), Step("evaluate", (expr,))
            return Equation(f"{self.cell.name}-{name}", Kind.DEFINITION, sides, step)
        texts, places, exponent = scientific(values)
        numbers = mul(Rational(1, 10**exponent), Rounded(texts, places))
        if tinted is not None:
            numbers = Coloured(numbers, tinted, self.value.trace.steps)
        sides, step = (*exprs, numbers), Step("evaluate", (expr,))
        id = f"{self.cell.name}-{name}"
        return Equation(id, Kind.ROUNDED, sides, step, digits=places + exponent)


def example(c: Context) -> Iterator[Block]:
    """Yield the chapter on the given numbers, or on drawn ones.

    Those are for the handout's T, or for 3 steps where that is long.
    """
    trace = c.given or drawn_trace(c, c.steps if c.steps <= WHOLE else 3)
    if c.given is None and not (fits(trace) and is_finite(trace)):
        # A cell whose sizes are numbers has no small example, and one to read must be small.
        return
    steps = trace.steps
    cell = c.cell.renamed(f"{c.cell.name}-example")
    d = Derivation(cell, steps)
    starts = [trace.value(s, 0) for s in cell.states]
    verifier = Verifier(d, [Sample(trace, c.seed, zero_start=not any(map(np.any, starts)))])
    value = Evaluator(trace, d.definitions)
    parameter = leading(c)
    L = cell.loss_series
    uses = list(reversed(shown_steps(steps)))
    terms = {
        use: d.substitution.substituted_term(parameter, Integer(steps), Integer(use))
        for use in uses
    }
    gradients = {p: d.recursion.accumulated(p).sides for p in cell.parameters}
    printed = [*terms.values(), *(sides[-1] for sides in gradients.values())]
    if c.given is None and max(telling_places(value.value(e), 0) for e in printed) > MOST_PLACES:
        return

    rounded = RoundedNumbers(cell, value).rounded
    c.facts.example = trace if c.given else require_example(trace, c.seed)
    yield Heading("heading.example", 1, "example")
    values: dict[str, Value] = {"T": Text("list.steps", {"count": steps})}
    if c.given:
        yield Prose("prose.example.given", values)
    else:
        drawn = {"start": cell.state[0], "decimals": GIVEN, "seed": c.seed}
        yield from c.say(values | drawn, "prose.example.intro", "prose.example.intro_plain")
    if steps < c.steps:
        yield from c.say({"T": T, "steps": steps}, "prose.example.horizon")
    yield from sizes_of(trace)
    if c.given is None and c.stepwise:
        yield from c.say({}, "prose.example.pencil")
    yield from parameters(c, cell, trace, verifier)
    host = d.shared.recurrent_uses(parameter)[0].entry
    shown_host: tuple[Series, ...] = () if len(cell.states) > 1 else (host,)
    yield from forward_tables(c, trace, value, shown_host, read_off(d, printed))
    if c.stepwise:
        adjoint = d.shared.lagged[host]
        slopes = [D for v, D in d.shared.jacobians.diagonals.items()
                  if len(cell.states) == 1 and cell.definition(v).expr.arg == host[t]]  # fmt: skip
        values = {"loss": L[steps], "adjoint": adjoint[t, k]}
        if slopes:
            yield from c.say({"slope": slopes[0][t]}, "prose.example.slopes")
        for D in slopes:
            found = [rounded(f"slope-{use}", D[use], exact=True) for use in reversed(uses)]
            yield from c.show(*found, verifier=verifier)
        yield from c.say(values, "prose.example.adjoints", "prose.example.adjoint_one")
        for use in uses:
            column = rounded(f"adjoint-{use}", adjoint[steps, use], tinted=use)
            yield from c.show(column, verifier=verifier)
    if not d.shared.direct_uses(parameter):
        # What acts on the output beside the state is no contribution through a state: the sum lacks it.
        of: dict[str, Value] = {"parameter": parameter, "loss": L[steps]}
        yield from c.say(of, "prose.example.terms", "prose.example.term_one")
        contributions = [rounded(f"contribution-{use}", terms[use], tinted=use) for use in uses]
        yield from c.show(*contributions, verifier=verifier)
        summed = instantiate(
            TimeSum(d.substitution.substituted_term(parameter, T, k), k, 1, T), {T: steps}
        )
        if c.given is None:
            yield from c.say({"parameter": parameter}, "prose.example.some_zero")
        found = [rounded("sum", summed)] if steps > 1 else []
        found.append(rounded("check", Gradient(L[steps], parameter)))
        key = "prose.example.sum_check" if steps > 1 else "prose.example.check"
        yield Prose(key, {"parameter": parameter, "loss": L[steps]})
        yield from c.show(*found, verifier=verifier)
        bound = bound_of(value, summed, Gradient(L[steps], parameter))
        yield Prose("prose.example.agree", {"bound": bound})
    if c.stepwise and host in d.recursion.deltas:
        delta = d.recursion.deltas[host]
        said = {"delta": delta[t], "total": cell.total}
        if c.may_say("prose.example.deltas", said):
            yield Prose("prose.example.deltas", said)
            for use in uses:
                yield from c.show(rounded(f"delta-{use}", delta[use]), verifier=verifier)
    yield Prose("prose.example.total", {"total": cell.total})
    # Of many, the formulas stand in the algorithm, and the numbers beside one another.
    which = slice(0, 2) if len(cell.parameters) <= MANY else slice(0, 1)
    totals = [rounded(f"total-{p.name}", *gradients[p][which]) for p in cell.parameters]
    for equation, state in zip(d.recursion.trained_start(), cell.handed, strict=False):
        totals.append(rounded(f"total-{state.name}0", *equation.sides[which]))
    yield from c.show(*totals, verifier=verifier)


def read_off(d: Derivation, printed: Sequence[MatrixExpr]) -> tuple[Series, ...]:
    """Return the computed columns that printed formulas read, and the recursion, names put in."""
    cell, made = d.cell, {one.series: one.expr for one in d.definitions}
    read: set[Series] = set()
    waiting = [*printed, *(equation.right for equation in d.recursion.steps())]
    while waiting:
        found = {at.series for at in series_in(waiting.pop())} - read
        read |= found
        waiting += [made[series] for series in found if series in made]
    order = [e.variable for e in cell.equations if is_vector(e.variable)]
    known = {*cell.states, cell.output, cell.loss_series, cell.weight}
    return tuple(s for s in order if s in read and s not in known)


def parameters(c: Context, cell: Cell, trace: ForwardPass, verifier: Verifier) -> Iterator[Block]:
    """Yield the numbers of the parameters, of many in a table."""
    few = len(cell.parameters) <= MANY
    if not few:
        yield Prose("prose.example.parameters", {"table": Ref("example-parameters")})
        yield require_parameters(_parameter_table(c, trace), trace)
    for p in cell.parameters if few else ():
        yield from c.show(given_numbers(cell, p, trace), verifier=verifier)


def given_numbers(cell: Cell, parameter: Parameter, trace: ForwardPass) -> Equation:
    """Return the numbers of a parameter, rounded only where few places do not say them exactly."""
    return _given(cell, parameter, parameter.name, trace.parameter(parameter))


def given_start(cell: Cell, state: Series, trace: ForwardPass) -> Equation:
    """Return the numbers of an initial state; as `given_numbers`."""
    return _given(cell, state[0], f"{state.name}0", trace.value(state, 0))


def _given(cell: Cell, of: MatrixExpr, name: str, values: Array) -> Equation:
    places = exact_places(values)
    kind, digits = (Kind.DEFINITION, places) if places is not None else (Kind.ROUNDED, DIGITS)
    sides = (of, Rounded(decimals(values, digits), digits))
    id, step = f"{cell.name}-{name}", Step("given", (of,))
    return Equation(id, kind, sides, step, digits=digits if kind is Kind.ROUNDED else None)


def _parameter_table(c: Context, trace: ForwardPass) -> TableBlock:
    """Return the given numbers where there are many, each as it stands in the computation."""
    rows = []
    for p in c.cell.parameters:
        values = trace.parameter(p)
        places = exact_places(values)
        digits = DIGITS if places is None else places
        rows.append((p, Rounded(decimals(values, digits), digits)))
    widest = max(texts.shape[1] for _, texts in rows)
    across = 3 if widest <= NARROW else 2
    third = -(-len(rows) // across)
    columns = [rows[at : at + third] for at in range(0, len(rows), third)]
    side = [sum(cells, ()) for cells in zip_longest(*columns, fillvalue=("", ""))]
    header = heads("table", "parameter", "value") * len(columns)
    caption = Text("caption.example_parameters")
    return TableBlock("example-parameters", caption, header, tuple(side), "ll" * len(columns))


def bound_of(value: Evaluator, derived: MatrixExpr, exact: Gradient) -> Bound:
    """Return how far what is derived is from a gradient by complex steps, as a bound.

    Those are taken of the whole and use by use, which differ by rounding as well; and the bound is never
    below what float64 can show.
    """
    steps = range(1, value.trace.steps + 1)
    copies = (Gradient(exact.num, ParameterCopy(exact.den, n)) for n in steps)
    whole, added = value.value(exact), sum(map(value.value, copies))
    found = value.value(derived)
    pairs = ((found, whole), (found, added), (whole, added))
    return Bound(max(1e-15, *(float(np.abs(a - b).max()) for a, b in pairs)))


def sizes_of(trace: ForwardPass) -> Iterator[Block]:
    """Yield the sizes that a cell gives by letters."""
    letters = (symbol for symbol in trace.cell.dimensions if symbol in trace.sizes)
    sizes: list[Value] = [
        Text("prose.example.size", {"letter": symbol, "value": trace.sizes[symbol]})
        for symbol in letters
    ]
    if sizes:
        yield Prose("prose.example.sizes", {"sizes": listed(sizes)})


def fits(trace: ForwardPass) -> bool:
    """Tell whether all matrices are small enough to be printed."""
    cell = trace.cell
    arrays = [*map(trace.parameter, cell.parameters), *(trace.value(s, 1) for s in cell.states)]
    return max(max(array.shape) for array in arrays) <= MOST_ROWS


def require_printable(trace: ForwardPass) -> None:
    """Raise a `UsageError` for numbers whose matrices do not fit a page."""
    for symbol, size in trace.sizes.items():
        if size > MOST_ROWS:
            raise UsageError(
                f"the numeric example prints every matrix in full, but {symbol} = {size}: expected "
                f"sizes of at most {MOST_ROWS}. `derive evaluate` takes numbers of any size"
            )
    cell = trace.cell
    quantities = {p.name: trace.parameter(p) for p in cell.parameters}
    for step in range(1, trace.steps + 1):
        quantities |= {f"{s.name}[{step}]": trace.value(s, step) for s in cell.given}
    for name, array in quantities.items():
        if np.abs(array).max() >= LARGEST:
            raise UsageError(
                f"the numeric example prints decimals, but {name} has the entry "
                f"{np.abs(array).max():.3g}: expected numbers below {LARGEST:g}. `derive evaluate` "
                "takes numbers of any size"
            )


def forward_tables(
    c: Context,
    trace: ForwardPass,
    value: Evaluator,
    host: tuple[Series, ...],
    read: tuple[Series, ...],
) -> Iterator[Block]:
    """Yield the table of the forward pass, and a second of what is read where one is too wide."""
    cell = c.cell
    columns = {*cell.inputs, cell.target, *host, *cell.states, cell.output, *read}
    rest = () if len(columns) <= MOST_COLUMNS else tuple(s for s in read if s not in host)
    values: dict[str, Value] = {"table": Ref("example-forward")}
    if rest:
        values["within"] = Ref("example-within")
    yield Prose("prose.example.forward_within" if rest else "prose.example.forward", values)
    shown = host if rest else tuple(dict.fromkeys((*host, *read)))
    yield require_values(forward_table(c, value, trace.steps, shown), trace)
    if rest:
        yield require_quantities(_within_table(value, rest), trace)


def _within_table(value: Evaluator, series: Sequence[Series]) -> TableBlock:
    """Return the table of what steps compute on their way, a row for each; columns are rows there."""
    steps = shown_steps(value.trace.steps)
    rows = tuple(
        (s[t], *(_rounded_row(value.value(s[t], t=step)) for step in steps)) for s in series
    )
    header = (
        *heads("table", "symbol"),
        *(Text("table.step", {"t": t, "step": step}) for step in steps),
    )
    caption = Text("caption.example_within")
    return TableBlock("example-within", caption, header, rows, "l" + "l" * len(steps))


def _rounded_row(column: Array) -> Rounded:
    return Rounded(decimals(column.T, DIGITS), DIGITS)


def forward_table(
    c: Context, value: Evaluator, steps: int, shown_host: tuple[Series, ...]
) -> TableBlock:
    """Return the table of the forward pass, a row for each step; columns stand there as rows."""
    cell = c.cell
    weight = [cell.weight] if cell.weight in cell.given else []
    series = [*cell.inputs, cell.target, *shown_host, *cell.states, cell.output, cell.loss_series]
    series = list(dict.fromkeys([*series, *weight]))

    def shown(at: At, step: int) -> Value:
        if step == 0 and at.series not in cell.handed:
            return ""
        column = value.value(at, t=step)
        known = exact_places(column) if at.series in cell.given or step == 0 else None
        digits = DIGITS if known is None else known
        written = column.T if is_vector(at.series) else column
        return Rounded(decimals(written, digits), digits)

    rows = tuple(
        (Integer(step), *(shown(s[t], step) for s in series)) for step in (0, *shown_steps(steps))
    )
    header = (
        Text("list.value", {"value": t}),
        *(Text("list.value", {"value": s[t]}) for s in series),
    )
    return TableBlock(
        "example-forward", Text("caption.example_forward"), header, rows, "r" + "l" * len(series)
    )
