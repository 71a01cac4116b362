"""What a table says that each quantity is, against where it stands in the equations and what it does."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

import numpy as np
from sympy import MatAdd, MatMul, MatrixExpr, Transpose

from derive.cells.cell import Cell
from derive.cells.describe import carried
from derive.cells.understood import Action, actions
from derive.checks.tables import members
from derive.document.blocks import TableBlock
from derive.document.text import Text, Value
from derive.errors import CheckError
from derive.expressions.algebra import Hadamard, Scaled, neg, transpose
from derive.expressions.averages import LayerNorm
from derive.expressions.functions import Apply, Elementwise, Quotient, Softmax
from derive.expressions.pointwise import Maximum
from derive.expressions.quantities import At, Parameter, Series, t
from derive.expressions.walk import atoms_of, series_in
from derive.numerics.sample import Sample


def require_roles(table: TableBlock, cell: Cell, samples: Sequence[Sample]) -> TableBlock:
    """Return a table of symbols and their meaning; a `CheckError` for one that means another thing.

    What a user's file calls a quantity is the user's.
    """
    for symbols, meaning, *_ in table.rows:
        if not isinstance(meaning, Text):
            continue
        for symbol in members(symbols):
            if not means(symbol, meaning.key, cell, samples):
                raise CheckError(
                    f"table {table.id} does not hold what its head says: {symbol} is said to be "
                    f"{meaning.key}, which it is not in the equations of {cell.name}. Nothing is "
                    "written; correct what fills it"
                )
    return table


def means(symbol: Value, key: str, cell: Cell, samples: Sequence[Sample]) -> bool:
    """Tell whether a symbol is what a meaning says; one of which nothing is known is not."""
    group, _, role = key.removeprefix("symbol").removeprefix(".").rpartition(".")
    if isinstance(symbol, At):
        known = _CALLED if group == "called" else _SERIES if not group else {}
        return role in known and known[role](cell, symbol.series, samples)
    if symbol in cell.parameters and isinstance(symbol, Parameter):
        return group == "parameter" and of_parameter(cell, symbol, role)
    # The total loss and constants are parameters to expressions.
    if symbol in cell.constants and isinstance(symbol, Parameter):
        several = isinstance(cell.constants[symbol], list)
        return key == ("symbol.constants" if several else "symbol.constant")
    return symbol == cell.total and key == "symbol.total"


def of_parameter(cell: Cell, parameter: Parameter, role: str) -> bool:
    """Tell whether a parameter acts in that manner, where it acts first."""
    found = actions(cell, parameter)
    if role == "output_bias":
        in_output = {action.entry for action in found} == {cell.logits}
        return in_output and of_parameter(cell, parameter, "bias")
    if role == "bias":
        return bool(found) and all(_beside(e.expr, parameter) for e in cell.equations)
    if role.startswith("trained_"):
        kind = (parameter.shape[0] != 1) + (parameter.shape[1] != 1)
        return role == ("trained_number", "trained_vector", "trained_matrix")[kind]
    return bool(found) and role == _manner(cell, parameter, found[0])


def _beside(expr: MatrixExpr, parameter: Parameter) -> bool:
    """Tell whether a parameter stands wherever it does in a sum with what is read, by itself."""
    if expr == parameter:
        return False
    inner = [a for a in expr.args if isinstance(a, MatrixExpr)]
    if isinstance(expr, MatAdd):
        alone = [a for a in inner if a in (parameter, neg(parameter))]
        if alone and not any(set(series_in(a)) for a in inner):
            return False
        inner = [a for a in inner if a not in alone]
    return all(_beside(a, parameter) for a in inner)


def _manner(cell: Cell, parameter: Parameter, action: Action) -> str:
    number = _number_before(cell, parameter, action)
    on = action.on if number is None else number
    if on is None:
        if action.added:
            return "bias"
        return "scalar" if parameter.shape == (1, 1) else "elementwise"
    reads = list(series_in(_column_of(on)))
    if not reads:
        return "bias"
    # Before a number that it is part of, as in v vᵀs, a column is a direction.
    of_number = on.shape == (1, 1) and parameter not in set(atoms_of(on, Parameter))
    if (parameter.shape[1] == 1 and not of_number) or action.entrywise:
        return "scalar" if parameter.shape == (1, 1) else "elementwise"
    if parameter.shape == (1, 1):
        return "scalar"
    kept = {at for at in reads if at.series in cell.inputs or _keeps_input(cell, at.series)}
    before = any(at.indices[0] != t for at in reads if at not in kept)
    if kept and (before or kept >= set(reads)):
        return "mixed" if before else "input"
    if before:
        return "recurrent"
    return "output" if action.entry == cell.logits else "between"


def _column_of(on: MatrixExpr) -> MatrixExpr:
    """Return the column with which a product begins that a row ends: x of x uᵀ."""
    parts: list[MatrixExpr] = [*on.args] if isinstance(on, MatMul) else []
    ends = [at for at, part in enumerate(parts) if part.shape[1] == 1]
    rows = [at for at, part in enumerate(parts) if part.shape[0] == 1 and part.shape[1] != 1]
    if not ends or not rows or rows[0] != ends[0] + 1:
        return on
    return parts[0] if ends[0] == 0 else MatMul(*parts[: ends[0] + 1])


def _number_before(cell: Cell, parameter: Parameter, action: Action) -> MatrixExpr | None:
    """Return the number by which a column of parameters is scaled where it acts, if it reads one."""
    scalings = atoms_of(cell.definition(action.entry).expr, Scaled)
    found = (node.args[0] for node in scalings if node.args[1] == parameter)
    return next((number for number in found if any(True for _ in series_in(number))), None)


def _keeps_input(cell: Cell, series: Series) -> bool:
    """Tell whether a quantity is an input of its step or of one before, unchanged."""
    seen: set[Series] = set()
    while series not in seen and cell.defines(series):
        seen.add(series)
        made = cell.definition(series).expr
        series = made.series if isinstance(made, At) else series
    return series in cell.inputs


def _handed_on(cell: Cell, series: Series) -> bool:
    """Tell whether a later step reads a quantity."""
    reads = (at for e in cell.equations for at in series_in(e.expr) if at.series == series)
    return any(at.indices[0] != t for at in reads)


def _read_out(cell: Cell, series: Series) -> bool:
    """Tell whether the output is computed from a quantity."""
    return series[t] in set(series_in(cell.definition(cell.logits).expr))


def _seen_by_output(cell: Cell, series: Series) -> bool:
    """Tell whether the output depends on a quantity of its step, all that is handed on held fixed."""
    pending, seen = [cell.logits], set[Series]()
    while pending:
        made = cell.definition(pending.pop()).expr
        read = {at.series for at in series_in(made) if at.indices[0] == t} - seen
        seen |= read
        pending += [s for s in read if cell.defines(s) and not _handed_on(cell, s)]
    return series in seen


def is_argument(cell: Cell, series: Series) -> bool:
    """Tell whether a quantity is what a function is applied to, and no later step reads it."""
    kinds = (Elementwise, Softmax, LayerNorm)
    applied = (node for e in cell.equations for kind in kinds for node in atoms_of(e.expr, kind))
    if not any(f.arg == series[t] for f in applied) or _handed_on(cell, series):
        return False
    return not cell.defines(series) or any(True for _ in series_in(cell.definition(series).expr))


def _enters_state(cell: Cell, series: Series) -> bool:
    """Tell whether a state is computed from a quantity of its step, and no later step reads that."""
    made = (cell.definition(s).expr for s in cell.states if cell.defines(s))
    return any(series[t] in set(series_in(e)) for e in made) and not _handed_on(cell, series)


def _multiplies_state(cell: Cell, series: Series) -> bool:
    """Tell whether a factor of a product has a quantity, and another factor a state before."""
    kinds = (MatMul, Hadamard, Scaled)
    products = [node for s in cell.states if cell.defines(s)
                for kind in kinds for node in atoms_of(cell.definition(s).expr, kind)]  # fmt: skip
    past = {state[t - 1] for state in cell.states}
    for node in products:
        with_it = [a for a in node.args if series[t] in set(series_in(a))]
        if with_it and any(past & set(series_in(a)) for a in node.args if a not in with_it):
            return True
    return False


def _is_applied(cell: Cell, series: Series) -> bool:
    """Tell whether a quantity is a function, component by component, of another."""
    return cell.defines(series) and isinstance(cell.definition(series).expr, Elementwise)


def _between(series: Series, samples: Sequence[Sample]) -> bool:
    """Tell whether a quantity is between 0 and 1 in all data."""
    return all(
        bool(((values >= 0) & (values <= 1)).all())
        for sample in samples
        for values in [sample.trace.value(series, np.arange(1, sample.trace.steps + 1))]
    )


def _carries(cell: Cell, series: Series) -> bool:
    """Tell whether a quantity decides how much of a state is handed on."""
    return any(series[t] in set(series_in(factor)) for _, factor in carried(cell))


def _lets_in(cell: Cell, series: Series) -> bool:
    """Tell whether a quantity stands in a state that is handed on, and not in what hands it on."""
    kept = [s for s, _ in carried(cell) if series[t] in set(series_in(cell.definition(s).expr))]
    return bool(kept) and not _carries(cell, series)


def _lets_out(cell: Cell, series: Series) -> bool:
    """Tell whether a state that is not handed on by itself is a product with a quantity."""
    kept = {state for state, _ in carried(cell)}
    made = (cell.definition(s).expr for s in cell.states if cell.defines(s) and s not in kept)
    return any(isinstance(expr, Hadamard) and series[t] in expr.args for expr in made)


def _within(cell: Cell, series: Series) -> bool:
    """Tell whether what is no state is computed from a quantity."""
    return any(series[t] in set(series_in(e.expr)) for e in cell.equations
               if e.variable not in (*cell.states, cell.output))  # fmt: skip


def _mapped(cell: Cell, series: Series) -> bool:
    """Tell whether a quantity is, or has as a term, a parameter times something."""
    if not cell.defines(series):
        return False
    expr = cell.definition(series).expr
    products = [part for part in (expr, *expr.args) if isinstance(part, MatMul)]
    return any(_untransposed(product.args[0]) in cell.parameters for product in products)


def _stored(cell: Cell, series: Series) -> bool:
    return _mapped(cell, series) and any(series[t] in parts for parts in _made_of(cell).values())


def _made_of(cell: Cell) -> Mapping[Series, set[At]]:
    """Return for each state all of which it is computed, in its own step or before."""
    known: dict[Series, set[At]] = {}
    for e in cell.equations:
        reads = set(series_in(e.expr))
        known[e.variable] = reads | {at for r in reads for at in known.get(r.series, ())}
    return {state: known[state] for state in cell.states}


def _only_stored(cell: Cell, series: Series) -> bool:
    """Tell whether states alone read a quantity, each as it is: no function and no transpose of it."""
    readers = [e for e in cell.equations if series[t] in set(series_in(e.expr))]
    bent = [f.arg for e in readers for kind in (Apply, Transpose) for f in atoms_of(e.expr, kind)]
    inside = any(series[t] in set(series_in(arg)) for arg in bent)
    of_states = bool(readers) and all(e.variable in cell.states for e in readers)
    return _mapped(cell, series) and of_states and not inside


def _scales_state(cell: Cell, series: Series) -> bool:
    """Tell whether a number scales a term of a state."""
    made = [cell.definition(s).expr for s in cell.states if cell.defines(s)]
    return series.shape == (1, 1) and any(series[t] in set(series_in(e)) for e in made)


def _has(cell: Cell, series: Series, function: str) -> bool:
    expr = cell.definition(series).expr
    return any(f.function == function for f in atoms_of(expr, Apply))


def _applied_by(cell: Cell, series: Series, *functions: str) -> bool:
    found = cell.definition(series).expr if cell.defines(series) else None
    return isinstance(found, Apply) and found.function in functions


def _positive(series: Series, samples: Sequence[Sample]) -> bool:
    """Tell whether a quantity is above zero in all data."""
    return all(
        bool((sample.trace.value(series, np.arange(1, sample.trace.steps + 1)) > 0).all())
        for sample in samples
    )


def _in_exponent(cell: Cell, series: Series) -> bool:
    """Tell whether a quantity is a term, or minus it, of what an exponential or a sigmoid is of."""
    arguments = [f.arg for e in cell.equations for f in atoms_of(e.expr, Apply)]
    named = [a.series for a in arguments if isinstance(a, At) and cell.defines(a.series)]
    arguments += [cell.definition(one).expr for one in named]
    return any({series[t], neg(series[t])} & {*argument.args} for argument in arguments)


def _weighs_states(cell: Cell, series: Series) -> bool:
    """Tell whether the components of a quantity multiply states before, one each, in a sum."""
    size = series.shape[0]
    for equation in cell.equations:
        terms = equation.expr.args if isinstance(equation.expr, MatAdd) else ()
        weighed = [
            at.series
            for term in terms
            if series in {at.series for at in series_in(term)}
            for at in series_in(term)
            if at.series in cell.states and at.indices != (t,)
        ]
        if len(terms) == len(weighed) == len({*weighed}) == size:
            return True
    return False


def _linear_with(cell: Cell, series: Series, other: object) -> bool:
    """Tell whether a quantity and another are factors of one product."""
    products = [
        {*map(_untransposed, node.args)}
        for e in cell.equations
        for kind in (MatMul, Hadamard, Scaled)
        for node in atoms_of(e.expr, kind)
    ]
    return any({series[t], other} <= found for found in products)


def _untransposed(factor: MatrixExpr) -> MatrixExpr:
    return transpose(factor) if isinstance(factor, Transpose) else factor


_Claim: TypeAlias = Callable[[Cell, Series, Sequence[Sample]], bool]

_CALLED: Mapping[str, _Claim] = {
    "query": lambda cell, s, _: _mapped(cell, s) and not _stored(cell, s),
    "key": lambda cell, s, _: _stored(cell, s) and not _only_stored(cell, s),
    "value": lambda cell, s, _: _only_stored(cell, s),
    "scores": lambda cell, s, _: Softmax(s[t]) in [e.expr for e in cell.equations],
    "attention": lambda cell, s, _: (
        isinstance(cell.definition(s).expr, Softmax) and _weighs_states(cell, s)
    ),
    "attended": lambda cell, s, _: any(
        _CALLED["attention"](cell, at.series, ())
        for at in series_in(cell.definition(s).expr)
        if at.indices == (t,)
    ),
    "mapped_input": lambda cell, s, _: _only_stored(cell, s),
    "linear_candidate": lambda cell, s, _: _only_stored(cell, s),
    "write_strength": lambda cell, s, samples: _between(s, samples) and _scales_state(cell, s),
    "gate_exponential": lambda cell, s, samples: (
        _applied_by(cell, s, "exp") and _between(s, samples) and _scales_state(cell, s)
    ),
    "fast_weights": lambda cell, s, _: s in cell.states and 1 not in s.shape,
    "matrix_memory": lambda cell, s, _: s in cell.states and 1 not in s.shape,
    "normaliser": lambda cell, s, _: s in dict(carried(cell)) and not _read_out(cell, s),
    "stabiliser": lambda cell, s, _: (
        s in cell.states and isinstance(cell.definition(s).expr, Maximum)
    ),
    "divisor": lambda cell, s, _: any(
        s[t] in set(series_in(q.args[1]))
        for e in cell.equations
        for q in atoms_of(e.expr, Quotient)
    ),
    "answer": lambda cell, s, _: _read_out(cell, s) and not _handed_on(cell, s),
    "read_out": lambda cell, s, _: _read_out(cell, s) and not _handed_on(cell, s),
    "gate_logarithm": lambda cell, s, _: _in_exponent(cell, s) and _mapped(cell, s),
    "normaliser_logarithm": lambda cell, s, _: s in cell.states and _has(cell, s, "softplus"),
    "time_share": lambda cell, s, samples: (
        _between(s, samples) and any(_linear_with(cell, s, constant) for constant in cell.constants)
    ),
    "time_step": lambda cell, s, samples: _positive(s, samples) and _enters_state(cell, s),
    "step_size": lambda cell, s, samples: _positive(s, samples) and _enters_state(cell, s),
    "input_map": lambda cell, s, _: _mapped(cell, s) and _scales_state(cell, s),
    "output_map": lambda cell, s, _: any(_linear_with(cell, s, state[t]) for state in cell.states),
    "decay": lambda cell, s, samples: _carries(cell, s) and _between(s, samples),
    "input_scale": lambda cell, s, samples: (
        _lets_in(cell, s) and _between(s, samples) and _applied_by(cell, s, "sqrt")
    ),
    "recurrence_gate": lambda cell, s, samples: _between(s, samples) and not _enters_state(cell, s),
    "driving_force": lambda cell, s, _: _is_applied(cell, s) and _enters_state(cell, s),
    "velocity": lambda cell, s, _: s in cell.states and not _read_out(cell, s),
    "position": lambda cell, s, _: s in cell.states and _read_out(cell, s),
    "receptance": lambda cell, s, samples: _lets_out(cell, s) and _between(s, samples),
    "past_share": lambda cell, s, samples: (
        _between(s, samples) and any(_linear_with(cell, s, state[t - 1]) for state in cell.states)
    ),
    "average": lambda cell, s, _: s in dict(carried(cell)),
    "input_kept": lambda cell, s, _: (
        s in cell.states and cell.definition(s).expr in [x[t] for x in cell.inputs]
    ),
    "recurrent_part": lambda cell, s, _: any(
        at.indices[0] != t for at in series_in(cell.definition(s).expr)
    ),
}
"""Of what the papers call quantities, what tells it."""

_SERIES: Mapping[str, _Claim] = {
    "input": lambda cell, s, _: not cell.defines(s) and s not in (cell.target, cell.weight),
    "start": lambda cell, s, _: s in cell.states and cell.initial == "trainable",
    "target": lambda cell, s, _: not cell.defines(s) and s == cell.target,
    "state": lambda cell, s, _: cell.defines(s) and _handed_on(cell, s),
    "carried": lambda cell, s, _: (
        cell.title is None
        and cell.defines(s)
        and _handed_on(cell, s)
        and not _seen_by_output(cell, s)
    ),
    "carried_inner": lambda cell, s, _: (
        cell.title is not None
        and cell.defines(s)
        and _handed_on(cell, s)
        and not _seen_by_output(cell, s)
    ),
    "lag": lambda cell, s, _: isinstance(cell.definition(s).expr, At) and _handed_on(cell, s),
    "pre_activation": lambda cell, s, _: cell.defines(s) and is_argument(cell, s),
    "gate": lambda cell, s, samples: cell.defines(s) and _between(s, samples),
    "forget_gate": lambda cell, s, samples: _carries(cell, s) and _between(s, samples),
    "update_gate": lambda cell, s, samples: _carries(cell, s) and _between(s, samples),
    "input_gate": lambda cell, s, samples: _lets_in(cell, s) and _between(s, samples),
    "output_gate": lambda cell, s, samples: _lets_out(cell, s) and _between(s, samples),
    "reset_gate": lambda cell, s, samples: _within(cell, s) and _between(s, samples),
    "candidate": lambda cell, s, _: (
        _is_applied(cell, s) and _enters_state(cell, s) and not _multiplies_state(cell, s)
    ),
    "layer": lambda cell, s, _: _is_applied(cell, s) and _read_out(cell, s),
    "quantity": lambda cell, s, _: cell.defines(s) and not _handed_on(cell, s),
    "output": lambda cell, s, samples: s == cell.output and _between(s, samples),
    "output_fractions": lambda cell, s, samples: s == cell.output and _between(s, samples),
    "output_linear": lambda cell, s, _: s == cell.output,
    "logits": lambda cell, s, _: s == cell.logits,
    "linear": lambda cell, s, _: s == cell.logits,
    "loss": lambda cell, s, _: s == cell.loss_series,
    "weight": lambda cell, s, _: s == cell.weight,
}
"""Of each role that a quantity of a step may have, what tells it."""
