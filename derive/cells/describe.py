"""What each quantity of a cell is for, read off its equations."""

from __future__ import annotations

from sympy import MatAdd, MatMul, MatrixExpr

from derive.calculus.activations import Standing, activation
from derive.calculus.pullbacks import depends
from derive.cells.cell import Cell
from derive.expressions.algebra import Hadamard, Scaled, had, mul
from derive.expressions.averages import LayerNorm
from derive.expressions.blocks import Blocks
from derive.expressions.functions import Apply, Quotient, Softmax
from derive.expressions.quantities import At, Parameter, Series, t
from derive.expressions.walk import atoms_of, series_in


def parameter_role(cell: Cell, parameter: Parameter) -> str:
    """Return what a parameter is, by what it is multiplied with.

    One of bias, scalar, elementwise, input, recurrent, mixed, output and between; a trained number,
    vector or matrix, where it is none of them.
    """
    if _is_bias(cell, parameter):
        return "bias"
    for equation in cell.equations:
        # Within a sum each term counts for itself, what stands outside of all sums as a whole.
        terms = [*_terms(equation.expr), equation.expr]
        using = [each for each in terms if depends(each, parameter)]
        if using:
            # What has the parameter in two terms of its own is no single term.
            term = next((each for each in using if not _twice(each, parameter)), using[0])
            factor = _factor(term, parameter)
            reads = list(series_in(_behind(factor, parameter)))
            if not reads or (isinstance(factor, MatAdd) and parameter.shape[1] == 1):
                return trained(parameter)
            if parameter.shape == (1, 1):
                return "scalar"
            column = parameter.shape[1] == 1 and not _of_a_number(factor, parameter)
            if column or (isinstance(factor, Hadamard) and parameter in factor.args):
                return "elementwise"
            return _of_reads(cell, equation.variable, reads)
    return trained(parameter)


def role_among_all(cell: Cell, parameter: Parameter) -> str:
    """Return what a parameter is, the bias of the output told apart from other biases."""
    role = parameter_role(cell, parameter)
    using = [e.variable for e in cell.equations if depends(e.expr, parameter)]
    return "output_bias" if role == "bias" and using == [cell.logits] else role


def trained(parameter: Parameter) -> str:
    """Return what a parameter is that is multiplied with nothing, and no bias."""
    if parameter.shape == (1, 1):
        return "trained_number"
    return "trained_vector" if parameter.shape[1] == 1 else "trained_matrix"


def _is_bias(cell: Cell, parameter: Parameter) -> bool:
    """Tell whether a parameter is added to pre-activations, or to whole equations, and does no more."""
    using = [e.expr for e in cell.equations if depends(e.expr, parameter)]
    return bool(using) and all(_only_added(expr, parameter, whole=True) for expr in using)


def _only_added(expr: MatrixExpr, parameter: Parameter, whole: bool) -> bool:
    """Tell whether a parameter stands in an expression as a term beside what is computed, only.

    ``whole`` says that the expression is the side of an equation, or what a function or a matrix acts
    on; elsewhere a sum counts where it has weights times something, as one that a gate multiplies.
    """
    if not depends(expr, parameter):
        return True
    if isinstance(expr, MatAdd):
        rest = [term for term in expr.args if _bare(term) != parameter]
        read = any(True for term in rest for _ in series_in(term))
        fits = read and (whole or any(_weighs(term) for term in rest))
        return (fits or len(rest) == len(expr.args)) and all(
            _only_added(term, parameter, whole) for term in rest
        )
    if isinstance(expr, Blocks):
        return all(_only_added(part, parameter, whole) for part in expr.args)
    if isinstance(expr, MatMul) and any(depends(a, parameter) for a in expr.args[:-1]):
        # What stands before something is a map, or a part of one.
        return False
    if isinstance(expr, Hadamard | Scaled):
        fixed = [a for a in expr.args if not any(True for _ in series_in(a))]
        whole = whole and len(fixed) == len(expr.args) - 1
    elif not isinstance(expr, MatMul | Apply | Softmax | LayerNorm):
        whole = False
    else:
        whole = True
    if parameter in expr.args:
        return False
    return all(_only_added(a, parameter, whole) for a in expr.args if isinstance(a, MatrixExpr))


def _bare(term: MatrixExpr) -> MatrixExpr:
    """Return a term without the number before it."""
    numbered = isinstance(term, MatMul) and len(term.args) == 2 and term.args[0].is_number
    return term.args[1] if numbered else term


def _weighs(term: MatrixExpr) -> bool:
    """Tell whether a term is a parameter times something that a step computes or reads."""
    return isinstance(term, MatMul) and any(isinstance(a, Parameter) for a in term.args)


def divisors(cell: Cell) -> list[Parameter]:
    """Return the parameters by which something is divided, by themselves or by a function of them."""
    quotients = (node for e in cell.equations for node in atoms_of(e.expr, Quotient))
    below = [q.args[1] for q in quotients if not any(True for _ in series_in(q.args[1]))]
    return [p for p in cell.parameters if any(depends(expr, p) for expr in below)]


def _of_reads(cell: Cell, made: Series, reads: list[At]) -> str:
    """Return what a matrix is that a quantity is made by from these."""
    given = [read for read in reads if is_given(cell, read.series)]
    if len(given) == len(reads):
        return "input"
    if any(read.indices[0] != t for read in reads if read not in given):
        return "mixed" if given else "recurrent"
    return "output" if made == cell.logits else "between"


def is_given(cell: Cell, series: Series) -> bool:
    """Tell whether a quantity is an input, or one that was kept from an earlier step."""
    if series in cell.inputs:
        return True
    kept = cell.definition(series).expr if series in cell.states and cell.defines(series) else None
    return isinstance(kept, At) and kept.series != series and is_given(cell, kept.series)


def _twice(term: MatrixExpr, parameter: Parameter) -> bool:
    """Tell whether two terms of a sum within a term have the parameter, each beside a quantity."""
    for inner in atoms_of(term, MatAdd):
        using = [a for a in inner.args if depends(a, parameter)]
        if len(using) > 1 and all(any(True for _ in series_in(a)) for a in using):
            return True
    return False


def _of_a_number(factor: MatrixExpr, parameter: Parameter) -> bool:
    """Tell whether a column stands before a number, as a matrix of one column does.

    In v vᵀs it does not: there it is a direction.
    """
    if isinstance(factor, Scaled):
        return bool(factor.args[1] == parameter) and not depends(factor.args[0], parameter)
    if not isinstance(factor, MatMul) or parameter not in factor.args:
        return False
    at = factor.args.index(parameter)
    before, after = factor.args[:at], factor.args[at + 1 :]
    return all(a.is_number for a in before) and not any(depends(a, parameter) for a in after)


def _factor(term: MatrixExpr, parameter: Parameter) -> MatrixExpr:
    """Return the smallest product within a term that has the parameter and reads a quantity."""
    while True:
        inner = [a for a in term.args if isinstance(a, MatrixExpr) and depends(a, parameter)]
        reading = [a for a in inner if any(True for _ in series_in(a))]
        if len(inner) != 1 or not reading:
            return term
        (term,) = reading


def _behind(factor: MatrixExpr, parameter: Parameter) -> MatrixExpr:
    """Return what a parameter stands before, or the whole product where that is nothing."""
    if not isinstance(factor, MatMul) or parameter not in factor.args:
        return factor
    rest = factor.args[factor.args.index(parameter) + 1 :]
    # Of F x uᵀ the matrix acts on x: the column that it makes is multiplied by a row.
    columns = [at for at, part in enumerate(rest) if part.shape[1] == 1]
    rest = rest[: columns[0] + 1] if columns else rest
    return mul(*rest) if any(True for a in rest for _ in series_in(a)) else factor


def enters_state(cell: Cell, parameter: Parameter) -> bool:
    """Tell whether what the next step reads is computed with a parameter, at once or by its parts."""
    made: set[Series] = set()
    for equation in cell.equations:
        reads = (at.series for at in series_in(equation.expr) if at.indices[0] == t)
        if depends(equation.expr, parameter) or any(series in made for series in reads):
            made.add(equation.variable)
    return not made.isdisjoint(cell.handed)


def series_role(cell: Cell, series: Series) -> str:
    """Return input, target, weight, state, lag, output, logits, loss, pre-activation or quantity."""
    roles = [
        ("input", cell.inputs), ("target", (cell.target,)), ("loss", (cell.loss_series,)),
        ("weight", () if cell.weight is None else (cell.weight,)),
        ("output", (cell.output,)), ("logits", (cell.logits,)), ("state", cell.states),
    ]  # fmt: skip
    for role, members in roles:
        if series in members:
            if role == "state" and series not in cell.handed:
                return "quantity"
            if role == "state" and series in cell.lags:
                return "lag"
            return "carried" if role == "state" and _is_inner(cell, series) else role
    own = cell.definition(series).expr
    acted_on = any(_acts_on(e.expr, series[t]) for e in cell.equations)
    if acted_on and not isinstance(own, Apply) and any(True for _ in series_in(own)):
        return "pre_activation"
    if series in gates(cell):
        return "gate"
    applied = any(e.variable == series and isinstance(e.expr, Apply) for e in cell.equations)
    if applied and not _scales(cell, series):
        # A root or an exponential makes a factor, as that which norms an input, and no candidate.
        acts = activation(cell.definition(series).expr.function).use is Standing.ACTIVATION
        if acts and any(_adds_to(cell, s, series) for s in cell.states):
            return "candidate"
        return "layer" if _is_mapped(cell, cell.logits, series) else "quantity"
    return "quantity"


def _is_inner(cell: Cell, state: Series) -> bool:
    """Tell whether a state is an inner memory: a column that gates carry, or let out into another state.

    What the output reads is none, even where it is handed on like one.
    """
    beside = [s for s in cell.states if s != state]
    if not beside or state.shape[1] != 1 or _reaches_output(cell, state):
        return False
    factors = [factor for carried_on, factor in carried(cell) if carried_on == state]
    if any(True for factor in factors for _ in series_in(factor)):
        return True
    # Another path may lead to it from the step before, as where it is corrected for elapsed time.
    made = (cell.definition(s).expr for s in beside if cell.defines(s))
    return any(isinstance(e, Hadamard) and state[t] in series_in(e) for e in made)


def _reaches_output(cell: Cell, state: Series) -> bool:
    """Tell whether the output reads a state, by itself or by way of what no later step reads."""
    found = {state}
    for equation in cell.equations:
        read = any(at.series in found and at.indices[0] == t for at in series_in(equation.expr))
        if read and equation.variable not in cell.handed:
            found.add(equation.variable)
    return cell.logits in found


def _is_mapped(cell: Cell, reader: Series, series: Series) -> bool:
    """Tell whether a quantity reads a column behind a matrix of parameters, as it is or in a stack."""
    products = atoms_of(cell.definition(reader).expr, MatMul) if cell.defines(reader) else ()
    return series.shape[1] == 1 and any(
        isinstance(node.args[-2], Parameter)
        and (node.args[-1] == series[t] or series[t] in getattr(node.args[-1], "args", ()))
        for node in products
    )


def _read_by(cell: Cell, reader: Series, series: Series) -> bool:
    """Tell whether the equation of one quantity reads another of its step."""
    return cell.defines(reader) and series[t] in series_in(cell.definition(reader).expr)


def _adds_to(cell: Cell, state: Series, series: Series) -> bool:
    """Tell whether a state reads a quantity that stands in no product with a state before."""
    if state.shape != series.shape or not _read_by(cell, state, series):
        return False
    products = atoms_of(cell.definition(state).expr, (MatMul, Hadamard, Scaled))
    read = [set(series_in(product)) for product in products]
    before = {s[t - 1] for s in cell.states}
    return not any(series[t] in each and each & before for each in read)


def _acts_on(expr: MatrixExpr, argument: MatrixExpr) -> bool:
    return any(
        node.arg == argument
        for kind in (Apply, Softmax, LayerNorm)
        for node in atoms_of(expr, kind)
    )


def makes_gate(cell: Cell, series: Series) -> bool:
    """Tell whether a quantity is the pre-activation of another, which is nothing but its function."""
    kinds = (Apply, Softmax, LayerNorm)
    whole = [e.expr for e in cell.equations if isinstance(e.expr, kinds)]
    known = series_role(cell, series) == "pre_activation"
    return known and any(expr.arg == series[t] for expr in whole)


def _scales(cell: Cell, series: Series) -> bool:
    """Tell whether a quantity is a number that a column or a matrix is multiplied by."""
    scaled = (node for e in cell.equations for node in atoms_of(e.expr, Scaled))
    return series.shape == (1, 1) and any(depends(node.args[0], series[t]) for node in scaled)


def gates(cell: Cell) -> list[Series]:
    """Return the quantities between 0 and 1 that multiply others element by element."""
    factors = {
        at
        for e in cell.equations
        for product in atoms_of(e.expr, Hadamard)
        for factor in product.args
        for at in series_in(factor)
    }
    return [
        e.variable
        for e in cell.equations
        if isinstance(e.expr, Apply) and e.expr.function == "sigmoid" and e.left in factors
        if e.variable not in (cell.output, *cell.states)
    ]


def carried(cell: Cell) -> list[tuple[Series, MatrixExpr]]:
    """Return the states that are handed on element by element, each with the factor that does it."""
    found = []
    for state in cell.states:
        if not cell.defines(state):
            continue
        expr = cell.definition(state).expr
        for term in expr.args if isinstance(expr, MatAdd) else (expr,):
            if isinstance(term, Hadamard) and state[t - 1] in term.args:
                factor = had(*(a for a in term.args if a != state[t - 1]))
                found.append((state, factor))
            elif isinstance(term, Scaled) and term.args[1] == state[t - 1]:
                found.append((state, term.args[0]))
    return found


def carried_alike(cell: Cell) -> list[tuple[list[Series], MatrixExpr]]:
    """Return the states that are handed on by the same factor, with the factor."""
    found: dict[MatrixExpr, list[Series]] = {}
    for state, factor in carried(cell):
        found.setdefault(factor, []).append(state)
    return [(states, factor) for factor, states in found.items()]


def inner_activations(cell: Cell) -> list[Apply]:
    """Return the activations within larger expressions, as q ⊙ tanh(c) has one, in order."""
    found = (
        node
        for e in cell.equations
        if e.variable not in (cell.output, cell.loss_series)
        for node in atoms_of(e.expr, Apply)
        if node != e.expr and activation(node.function).use is Standing.ACTIVATION
    )
    return list(dict.fromkeys(found))


def _terms(expr: MatrixExpr) -> tuple[MatrixExpr, ...]:
    sums = [e for e in atoms_of(expr, object) if getattr(e, "is_MatAdd", False)]
    return tuple(a for s in sums for a in s.args) or (expr,)
