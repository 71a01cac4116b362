"""Tables against what their heads and first cells say that they hold, computed anew."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from math import log10

import numpy as np
from sympy import Integer, Tuple

from derive.arrays import Array
from derive.checks.verify import Check
from derive.document.blocks import TableBlock
from derive.document.plot import Curve, Plot
from derive.document.text import Bound, Code, Number, Ref, Text, Value, numeric
from derive.errors import CheckError
from derive.expressions.equation import Kind
from derive.expressions.quantities import At, Parameter, Series, t
from derive.expressions.shapes import is_vector
from derive.expressions.shown import Rounded
from derive.expressions.walk import series_in
from derive.numerics.trace import ForwardPass

ROUNDED = 1 + 1e-9
"""Of half a unit of the last digit, what the decimals of a double may be off."""


def require_values(table: TableBlock, trace: ForwardPass) -> TableBlock:
    """Return a table whose rows are steps, and its columns the quantities that its head names.

    A `CheckError` for a number that is not that of the forward pass, rounded.
    """
    heads = [_named(head) for head in table.header]
    for row in table.rows:
        step = row[0]
        for head, cell in zip(heads[1:], row[1:], strict=True):
            if not (isinstance(step, Integer) and isinstance(head, At)):
                raise _failed(table, f"{step} and {head} name no quantity at a step")
            if cell == "" and _nothing_before(trace, head.series, int(step)):
                continue
            value = trace.value(head.series, int(step))
            # A column stands there as a row.
            wanted = value.T if is_vector(head) else value
            _require_number(table, f"{head.series.name} at step {step}", cell, wanted)
    return table


def require_quantities(table: TableBlock, trace: ForwardPass) -> TableBlock:
    """Return a table whose rows are quantities, and its columns steps; errors as `require_values`."""
    steps = [head.values.get("step") for head in table.header[1:]]
    for named, *cells in table.rows:
        for step, cell in zip(steps, cells, strict=True):
            if not (isinstance(named, At) and named.indices == (t,) and isinstance(step, int)):
                raise _failed(table, f"{named} and {step} name no quantity at a step")
            wanted = trace.value(named.series, step)
            what = f"{named.series.name} at step {step}"
            _require_number(table, what, cell, wanted.T if is_vector(named) else wanted)
    return table


def require_parameters(table: TableBlock, trace: ForwardPass) -> TableBlock:
    """Return a table of parameters with their numbers beside them; errors as `require_values`."""
    for row in table.rows:
        for name, cell in zip(row[::2], row[1::2], strict=True):
            if isinstance(name, Parameter):
                _require_number(table, name.name, cell, trace.parameter(name))
            elif name != "" or cell != "":
                raise _failed(table, f"{name} is no parameter")
    return table


def require_shapes(table: TableBlock) -> TableBlock:
    """Return a table of symbols, their meaning and their shapes; a `CheckError` for a wrong one."""
    for symbols, meaning, shape in table.rows:
        named = list(members(symbols))
        if not named:
            raise _failed(table, f"no symbol stands beside {shape}")
        for symbol in named:
            wanted = getattr(symbol, "shape", None)
            if wanted is None or not isinstance(meaning, Text | str) or shape != Tuple(*wanted):
                raise _failed(table, f"{symbol} has the shape {wanted}, {shape} is written")
    return table


def members(value: Value) -> Iterator[Value]:
    """Yield what a cell of a table names: the value, or those of a list."""
    if isinstance(value, Text):
        for part in value.values.values():
            yield from members(part)
    else:
        yield value


def require_checks(
    table: TableBlock, checks: Mapping[str, Check], proved: Collection[str] = ()
) -> TableBlock:
    """Return a table of checks, a row each; a `CheckError` for one that says another thing.

    ``proved`` are the ids of equations that are said to be proved as well.
    """
    for row in table.rows:
        for problem in _of_check(row, checks, proved):
            raise _failed(table, problem)
    return table


def _of_check(
    row: tuple[Value, ...], checks: Mapping[str, Check], proved: Collection[str]
) -> Iterator[str]:
    ref, id, kind, method, count, error = row
    if not isinstance(id, Code) or ref != Ref(id.text) or id.text not in checks:
        yield f"{id} stands beside {ref}"
        return
    check = checks[id.text]
    wanted = Text(f"method.{check.method}")
    if check.id in proved:
        wanted = Text("method.proved", {"method": wanted})
    if (kind, method) != (Text(f"kind.{check.kind.name.lower()}"), wanted):
        yield f"{check.id} is said to be of another kind or method"
    if count != check.count:
        yield f"{check.id} was checked at {check.count} places, {count} are written"
    refuted = check.kind is Kind.REFUTED
    if isinstance(error, Bound) and (refuted or error.value < min(check.error, check.tolerance)):
        yield f"the error of {check.id} is {check.error:.3g}, not below {error.value:.3g}"
    if isinstance(error, Number) and (not refuted or error.value != check.error):
        yield f"the error of {check.id} is {check.error:.3g}, not {error.value:.3g}"


def require_curves(table: TableBlock, plot: Plot, lag: int) -> TableBlock:
    """Return a table of norms at a lag, and their bounds, that a plot shows over all lags.

    A `CheckError` for a row that is not what the curve of its name is there.
    """
    curves = [c for p in plot.panels for c in p.items if isinstance(c, Curve) and c.x]
    for name, *cells in table.rows:
        named = [c for c in curves if c.label == name]
        beside = [c for c in curves if named and c.label is None and c.colour == named[0].colour]
        for curve, cell in zip((*named, *beside), cells, strict=False):
            value = numeric(cell)
            logs = log10(value) if value > 0 else -np.inf
            if curve.x[lag] != lag or not np.isclose(logs, curve.y[lag], rtol=1e-9, atol=1e-9):
                raise _failed(
                    table, f"{value:.4g} is written where {10 ** curve.y[lag]:.4g} is drawn"
                )
        if len(named) != 1:
            raise _failed(table, f"no curve is called as the row {name}")
    return table


def _nothing_before(trace: ForwardPass, series: Series, step: int) -> bool:
    """Tell whether a quantity is not there at a step: before the first one are the states it reads."""
    if np.isnan(trace.value(series, step)).all():
        return True
    reads = (at for e in trace.cell.equations for at in series_in(e.expr))
    return step == 0 and series[t - 1] not in set(reads)


def _named(head: Text) -> object:
    return head.values.get("value")


def _require_number(table: TableBlock, what: str, cell: object, wanted: Array) -> None:
    if isinstance(cell, Rounded):
        found = np.array([[float(text) for text in row] for row in cell.texts])
        unit = 10.0 ** -min(len(text.partition(".")[2]) for row in cell.texts for text in row)
        if found.shape == wanted.shape and np.abs(found - wanted).max() <= unit / 2 * ROUNDED:
            return
    raise _failed(table, f"{what} is {np.array2string(wanted, precision=6)}, {cell} is written")


def _failed(table: TableBlock, problem: str) -> CheckError:
    return CheckError(
        f"table {table.id} does not hold what its head says: {problem}. Nothing is written; correct "
        "what fills it"
    )
