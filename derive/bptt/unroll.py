"""The forward pass as equations: one step, every step, and nested by substitution."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sympy import Integer, MatrixExpr, OneMatrix, Rational

from derive.bptt.levels import nested
from derive.calculus.activations import activation
from derive.cells.cell import Cell
from derive.expressions.algebra import Scalar, add, neg, scaled
from derive.expressions.averages import EPSILON, Deviation, LayerNorm, Mean
from derive.expressions.equation import Equation, Index, Kind, Step, identifier
from derive.expressions.functions import Apply, Slope, Softmax, divided
from derive.expressions.named import NamedSlope, named_in
from derive.expressions.pointwise import raised
from derive.expressions.quantities import At, Parameter, Series, T, t
from derive.expressions.rewrite import substituted
from derive.expressions.shown import Nested, Rounded
from derive.expressions.sums import TimeSum, instantiate
from derive.expressions.walk import atoms_of, series_in


def landmarks(cell: Cell) -> set[Series]:
    """Return the quantities that stay visible when a step is written out.

    Where a cell has gates, all but what functions act on: a state written in nothing but inputs and
    states would be longer than a line holds.
    """
    short = {*cell.states, cell.output, cell.loss_series}
    functions = [e for e in cell.equations if isinstance(e.expr, (Apply, Softmax, LayerNorm))]
    if all(e.variable in short for e in functions):
        return short
    arguments = {at.series for e in functions for at in series_in(e.expr)}
    return {e.variable for e in cell.equations if e.variable not in arguments} | short


def inlined(cell: Cell, expr: Any, keep: set[Series]) -> Any:
    """Return an expression with the cell's own quantities substituted, but for those to keep."""
    rule = {}
    for at in series_in(expr):
        if at.series in keep or not cell.defines(at.series):
            continue
        made = instantiate(cell.definition(at.series).expr, {t: at.indices[0]})
        rule[at] = inlined(cell, made, keep)
    return substituted(expr, rule)


DEPTH = 3
"""How many levels of a nested forward pass stand on a line."""

LETTERS = 24
"""How many letters and functions of nested levels stand on a line."""


def nests(cell: Cell) -> bool:
    """Tell whether the nested output is a formula that people write.

    Each step must read the state in one place: with two, the innermost stands 2ᵀ times in it.  So must
    the output, or all levels stand there again.
    """
    single = len(cell.states) == 1 and occurrences(cell) == 1
    return single and start_occurrences(cell, 1) == 1 and _depth(cell) > 1


def occurrences(cell: Cell) -> int:
    """Return how often a state occurs when it is written in those of the step before."""
    reads = {s[t - 1]: 1 for s in cell.states}
    counts: dict[Any, int] = dict(reads)
    for equation in cell.equations:
        counts[equation.left] = _count(equation.expr, counts)
    return max(counts[s[t]] for s in cell.states)


def start_occurrences(cell: Cell, steps: int) -> int:
    """Return how often the initial states occur in the output of a step, all steps put in."""
    reads: dict[Any, int] = dict.fromkeys(cell.states, 1)
    counts: dict[Any, int] = {}
    for _ in range(steps):
        counts = {s[t - 1]: reads[s] for s in cell.states}
        for equation in cell.equations:
            counts[equation.left] = _count(equation.expr, counts)
        reads = {s: counts[s[t]] for s in cell.states}
    return counts[cell.output[t]]


def _count(expr: Any, counts: dict[Any, int]) -> int:
    if expr in counts:
        return counts[expr]
    return 0 if isinstance(expr, At) else sum(_count(a, counts) for a in expr.args)


def _depth(cell: Cell) -> int:
    """Return how many levels of the nested forward pass stand on a line."""
    # A level through the output has two functions, so that fewer of them fit.
    depth = DEPTH if cell.output not in cell.states else DEPTH - 1
    return min(depth, LETTERS // _letters(cell))


def _letters(cell: Cell) -> int:
    """Return how many letters and functions a level of the nested forward pass has."""
    count = 0
    for equation in cell.equations:
        if equation.variable not in (cell.output, cell.loss_series):
            count += sum(not _substituted(cell, at) for at in series_in(equation.expr))
            count += sum(1 for _ in atoms_of(equation.expr, (Parameter, Apply)))
            # Its name, written out, is as long as five letters.
            count += 5 * sum(1 for _ in atoms_of(equation.expr, LayerNorm))
    return count


def _substituted(cell: Cell, at: At) -> bool:
    return cell.defines(at.series) and at.indices[0] == t


def stacked(cell: Cell) -> list[Equation]:
    """Return the definition of the stacked state ξ_t, where there are several states."""
    if len(cell.states) == 1:
        return []
    sides = (cell.state[t], cell.stacked(t))
    return [
        Equation(f"{cell.name}-stacked", Kind.DEFINITION, sides, Step("stack", sides), every_step())
    ]


def nested_output(cell: Cell, step: int) -> Equation:
    """Return the output of a step, nested down to the initial state."""
    left = cell.output[step]
    whole = nested(cell, left)
    side = Nested(whole)
    depth = _depth(cell)
    if step > depth and len(cell.states) == 1:
        hole = cell.states[0][step - depth + 1]
        outer = nested(cell, left, step - depth + 1)
        side = Nested(whole, outer, nested(cell, cell.states[0][1]), hole)
    return Equation(
        f"{cell.name}-nested-{step}", Kind.IDENTITY, (left, side), Step("substitute", (left,))
    )


def every_step() -> tuple[Index, ...]:
    """Return the range of an equation that holds at every step."""
    return (Index(t, Integer(1), T),)


def forward(cell: Cell) -> list[Equation]:
    """Return the definitions of one step at symbolic t, then the total loss."""
    found = [
        Equation(
            f"{cell.name}-forward-{e.variable.name}",
            Kind.DEFINITION,
            (e.left, e.expr),
            Step("definition", (e.left,)),
            every_step(),
        )
        for e in cell.equations
        if e.variable not in (cell.loss_series, cell.weight)
    ]
    return found


def lagged(cell: Cell, steps: int | None = None) -> list[Equation]:
    """Return the equations that read from further back than one step, as the file of a cell has them.

    They hold from the step on before which there is nothing to read; those that have none such among
    so many ``steps``, if a number of them is given, are left out.
    """
    found = []
    for e in cell.lagged:
        first = max(_first_read(cell, at) for at in series_in(e.expr))
        if steps is None or first <= steps:
            name = f"{cell.name}-lagged-{e.variable.name}"
            step, free = Step("substitute", (e.left,)), (Index(t, Integer(first), T),)
            found.append(Equation(name, Kind.IDENTITY, (e.left, e.expr), step, free))
    return found


def in_short(cell: Cell, steps: int) -> list[Equation]:
    """Return the equations of a step as the file of a cell has them.

    Where so many steps do not show all that is read, those of `forward`.
    """
    read = {e.left: e for e in lagged(cell, steps)}
    if len(read) < len(cell.lagged):
        return forward(cell)
    made = [e for e in forward(cell) if e.left not in {s[t] for s in cell.lags}]
    return [read.get(e.left, e) for e in made]


def all_read(cell: Cell) -> int:
    """Return the first step at which all is there that a step reads from further back."""
    firsts = [_first_read(cell, at) for e in cell.lagged for at in series_in(e.expr)]
    return max(firsts, default=1)


def _first_read(cell: Cell, at: At) -> int:
    """Return the first step at which there is a quantity that is read: a state from step 0 on."""
    return int(t - at.indices[0]) + (0 if at.series in cell.states else 1)


def functions(cell: Cell) -> list[Equation]:
    """Return what the functions stand for that a user defined, and the longer derivatives."""
    found: dict[str, Equation] = {}
    exprs = [e.expr for e in cell.equations]
    named = named_in(exprs)
    exprs += [node.expanded for node in named]
    sides: list[tuple[str, str, MatrixExpr, MatrixExpr]] = []
    for node in named:
        slope = NamedSlope(node.formula, node.arg)
        sides.append(("function", node.function, node, node.expanded))
        sides.append(("slope", node.function, slope, slope.expanded))
    for norm in (n for expr in exprs for n in atoms_of(expr, LayerNorm)):
        sides.append(("function", "layernorm", norm, _normed(norm.arg)))
        sides.append(("function", "sd", Deviation(norm.arg), _deviation(norm.arg)))
    for node in (n for expr in exprs for n in atoms_of(expr, Apply)):
        written, form = activation(node.function).written, activation(node.function).long_slope
        if written is not None:
            sides.append(("function", node.function, node, written(node.arg)))
        if form is not None:
            slope = Slope(node.function, node.arg)
            sides.append(("slope", node.function, slope, form(node.arg)))
    for what, function, left, right in sides:
        name = identifier(cell.name, what, function)
        free = every_step() if any(True for _ in series_in(left)) else ()
        step = Step("definition", (left,))
        found.setdefault(name, Equation(name, Kind.IDENTITY, (left, right), step, free))
    return list(found.values())


def _apart(column: MatrixExpr) -> MatrixExpr:
    """Return the differences of components from their mean."""
    return add(column, neg(scaled(Mean(column), OneMatrix(*column.shape))))


def _normed(column: MatrixExpr) -> MatrixExpr:
    """Return layer normalisation by its formula (Ba, Kiros and Hinton 2016, without gain and bias)."""
    return divided(_apart(column), scaled(Deviation(column), OneMatrix(*column.shape)))


def _deviation(column: MatrixExpr) -> MatrixExpr:
    """Return the standard deviation of components by its formula, with ε in the root."""
    variance = Mean(raised(_apart(column), 2))
    return raised(add(variance, Scalar(Rational(str(EPSILON)))), Rational(1, 2))


MOST_NUMBERS = 36
"""How many numbers of a constant are written out."""


def constants(cell: Cell) -> list[Equation]:
    """Return the constants of several numbers, written out where they are few."""
    found = []
    for constant, value in cell.constants.items():
        rows, columns = map(int, constant.shape) if isinstance(value, list) else (1, 1)
        if not 1 < rows * columns <= MOST_NUMBERS or not isinstance(value, list):
            continue
        listed = [row if isinstance(row, list) else [row] for row in value]
        texts = decimals([number for row in listed for number in row])
        cells = [texts[n * columns : (n + 1) * columns] for n in range(rows)]
        sides = (constant, Rounded(cells, len(texts[0].partition(".")[2])))
        name = identifier(cell.name, "constant", constant.name)
        found.append(Equation(name, Kind.DEFINITION, sides, Step("definition", (constant,))))
    return found


def decimals(numbers: list[float]) -> list[str]:
    """Return numbers as decimals without loss, all with equally many places."""
    exact = [Decimal(repr(float(number))) for number in numbers]
    # Whole numbers are written without a point, if all of them are whole.
    parts = [e for e in exact if e != e.to_integral_value()]
    places = max((-int(e.as_tuple().exponent) for e in parts), default=0)
    return [f"{e:.{places}f}" for e in exact]


def loss(cell: Cell) -> list[Equation]:
    """Return the definitions of the loss of a step and of the total loss."""
    made = cell.definition(cell.loss_series)
    weights = [cell.definition(cell.weight)] if cell.weight and cell.defines(cell.weight) else []
    return [
        Equation(
            f"{cell.name}-loss-step", Kind.DEFINITION, (made.left, made.expr),
            Step("definition", (made.left,)), every_step(),
        ),
        *(
            Equation(
                f"{cell.name}-loss-weight", Kind.DEFINITION, (w.left, w.expr),
                Step("definition", (w.left,)), every_step(),
            )
            for w in weights
        ),
        Equation(
            f"{cell.name}-loss-total", Kind.DEFINITION,
            (cell.total, TimeSum(cell.weighted(cell.loss_series[t], t), t, 1, T)),
            Step("definition", (cell.total,)),
        ),
    ]  # fmt: skip


def steps(cell: Cell, step: int) -> list[Equation]:
    """Return one step's states and output, each in one line, for a concrete step."""
    keep = landmarks(cell)
    found = []
    for e in cell.equations:
        if e.variable in keep - {cell.loss_series}:
            left = e.variable[step]
            right = inlined(cell, instantiate(e.expr, {t: step}), keep)
            found.append(
                Equation(
                    f"{cell.name}-step-{step}-{e.variable.name}", Kind.DEFINITION, (left, right),
                    Step("unroll", (left,)),
                )
            )  # fmt: skip
    return found
