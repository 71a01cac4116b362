"""The right side of an equation of a file: read, of the right shape, and of this step and the last."""

from __future__ import annotations

import itertools

from sympy import Integer, MatrixExpr

from derive.catalogue.cellnames import HINTS, LOGITS
from derive.catalogue.declarations import Declared
from derive.catalogue.tomlfile import Row
from derive.expressions.nodes import OVER_TIME
from derive.expressions.quantities import Scalar, Series, T, t
from derive.expressions.shapes import is_vector, shape_text
from derive.expressions.walk import atoms_of, series_in
from derive.formula import FormulaError, Scope, parse
from derive.formula.tokens import tokens
from derive.source import Origin


def formula(declared: Declared, series: dict[str, Series], row: Row) -> MatrixExpr:
    """Return the right side of an equation; a `FormulaError` with its place if it makes no sense."""
    parameters = {**declared.parameters, **{p.name: p for p in declared.constants}}
    scope = Scope(
        series,
        parameters,
        tuple(declared.states.values()),
        declared.sizes,
        own=declared.functions,
        rows=declared.rows_of_identity,
        of_step=True,
        hints=HINTS,
    )
    origin = Origin(str(declared.file.path), row.line, row.column)
    expr = parse(row.formula, scope, origin=origin)
    _check_numbers(row, expr, origin)
    _check_shape(declared, row, expr, origin)
    _check_indices(declared, row, expr, origin)
    return expr


def _check_numbers(row: Row, expr: MatrixExpr, origin: Origin) -> None:
    """Check that no number depends on the step: a step of the code does not know its number."""
    indices = {str(s) for a in atoms_of(expr, Scalar) for s in a.number.free_symbols}
    if not indices:
        return
    words = tokens(row.formula, origin)
    # In brackets it is an index, and not meant.
    inside = itertools.accumulate((w.text == "[") - (w.text == "]") for w in words)
    free = (w for w, depth in zip(words, inside, strict=True) if w.text in indices and not depth)
    word = next(free, words[0])
    raise FormulaError(
        f"{word.text} is the number of a step here, and the equations are the same at every step; "
        "give what depends on it as an input",
        row.formula, word.start, origin,
    )  # fmt: skip


def _check_shape(declared: Declared, row: Row, expr: MatrixExpr, origin: Origin) -> None:
    if not hasattr(expr, "shape"):
        raise FormulaError("a number is not a vector; expected a quantity", row.formula, 0, origin)
    state = declared.states.get(row.name)
    if state is not None and state.shape != expr.shape:
        raise FormulaError(
            f"the state {row.name}[t] is {shape_text(state.shape)}, but the right side is "
            f"{shape_text(expr.shape)}; both must have one shape",
            row.formula, 0, origin,
        )  # fmt: skip
    if is_vector(expr):
        return
    if expr.shape[0] == 1 or row.name == LOGITS:
        what = "a row" if expr.shape[0] == 1 else "a matrix"
        raise FormulaError(
            f"{row.name}[t] would be {what}, {shape_text(expr.shape)}; expected a column",
            row.formula, 0, origin,
        )  # fmt: skip


def _check_indices(declared: Declared, row: Row, expr: MatrixExpr, origin: Origin) -> None:
    if any(True for _ in atoms_of(expr, OVER_TIME)):
        raise FormulaError(
            f"{row.name}[t] is made of all steps so far, as in attention; what one step hands to "
            "the next has a fixed size, so it reads a fixed number of steps: s[t-1], x[t-2]. The "
            "nearest that works is an average with weights that decay, kept as a state, as in the "
            "cell rwkv",
            row.formula, 0, origin,
        )  # fmt: skip
    for at in series_in(expr):
        lag, name = t - at.indices[0], at.series.name
        if lag.is_negative or T in at.indices[0].free_symbols:
            own = "its values" if name in declared.inputs else "what it computes"
            said = (
                f"{at} is read; expected an index t, t-1 or t minus another number. One step hands on "
                "to the next, and derivatives go back through this one recurrence, so that a network "
                "that runs backwards as well (bidirectional) cannot be derived. The nearest that works: "
                f"give {own} in that order as an input of its own, such as xnext[t] for x[t+1]"
            )
            if t not in at.indices[0].free_symbols:
                said = (
                    f"{at} is read; expected an index t, t-1 or t minus another number. A step reads "
                    "what steps before it have computed, not what the last one will have: of an "
                    "encoder and a decoder each is a network of its own. The nearest that works: give "
                    f"it to each step as an input of its own, such as {name}last[t]"
                )
            raise FormulaError(said, row.formula, _index(row, origin, name), origin)
        if not isinstance(lag, Integer) or lag < 0:
            said = f"{at} is read; expected an index t, t-1 or t minus another number"
            raise FormulaError(said, row.formula, _index(row, origin, name), origin)
        # Of all else that is no state, `Order` has said so.
        if lag > 0 and name == LOGITS:
            said = f"{at} is read: {HINTS[LOGITS]}"
            raise FormulaError(said, row.formula, _before(row, origin, name), origin)


def _read(row: Row, origin: Origin, name: str) -> list[tuple[int, int, str]]:
    """Return where a quantity is read: its place, that of the end of its index, and its index."""
    words, found = tokens(row.formula, origin), []
    for n, word in enumerate(words[:-1]):
        if word.text == name and words[n + 1].text == "[":
            inside = []
            for token in words[n + 2 :]:
                if token.text == "]":
                    break
                inside.append(token)
            last = inside[-1].start if inside else word.start
            found.append((word.start, last, "".join(token.text for token in inside)))
    return found


def _index(row: Row, origin: Origin, name: str) -> int:
    """Return where the index of another step than this one and the one before ends."""
    places = (end for _, end, index in _read(row, origin, name) if index not in ("t", "t-1"))
    return next(places, 0)


def _before(row: Row, origin: Origin, name: str) -> int:
    """Return where a quantity of the step before is read."""
    places = (start for start, _, index in _read(row, origin, name) if index != "t")
    return next(places, 0)
