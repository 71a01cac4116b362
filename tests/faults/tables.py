"""Faults in tables: their numbers, their columns, and what they say of the checks."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sympy import Tuple

from derive.document.text import Bound
from derive.expressions.shown import Rounded
from tests.faults.fault import Change, Fault, instead, text

EXAMPLE = "derive.chapters.example"
NETWORK = "derive.chapters.network"
CLOSING = "derive.chapters.closing"

HOLDS = r"table \S+ does not hold what its head says|failed its check at"
SAID = r"a formula of \S+ is not printed as it was checked"


def _made(name: str, document: str, target: str, make: Change, refusal: str = HOLDS) -> Fault:
    return Fault(name, target, make, (f"make {document} markdown",), refusal)


def _rows(change: Any) -> Change:
    """Change the rows of a finished table."""
    return text(lambda table: replace(table, rows=tuple(change(table.rows))))


def _cells(change: Any) -> Change:
    return _rows(lambda rows: [tuple(change(row)) for row in rows])


def _written(change: Any) -> Change:
    """Change the cells of all tables on their way into a document."""
    return instead(
        lambda right, self, block: right(
            self, replace(block, rows=tuple(tuple(change(row)) for row in block.rows))
        )
    )


def _digits(cell: Any) -> Any:
    """Return a cell with another digit."""
    if not isinstance(cell, Rounded):
        return cell
    return Rounded([[t.replace("2", "3", 1) for t in row] for row in cell.texts], cell.digits)


FORWARD = f"{EXAMPLE}._forward_table"
VIEW = "derive.render.page.view._Looking._table"

FAULTS = (
    _made("columns of the forward pass exchanged", "elman-2/example", FORWARD,
          _cells(lambda row: (row[0], row[2], row[1], *row[3:]))),
    _made("the forward pass of another step", "elman-2/example", FORWARD,
          _rows(lambda rows: [(a[0], *b[1:]) for a, b in zip(rows, rows[::-1], strict=True)])),
    _made("a digit of the forward pass", "elman-2/example", FORWARD,
          _cells(lambda row: [_digits(cell) for cell in row])),
    _made("heads of the forward pass exchanged", "elman-2/example", FORWARD,
          text(lambda table: replace(table, header=(table.header[0], *table.header[:0:-1])))),
    _made("decimals cut off instead of rounded", "elman-2/example", f"{EXAMPLE}.decimals",
          instead(lambda right, values, places: right(values - 0.5 * 10.0**-places, places))),
    _made("decimals of the negative", "elman-2/example", f"{EXAMPLE}.decimals",
          instead(lambda right, values, places: right(-values, places))),
    _made("parameters beside another's numbers", "lstm-1/example", f"{EXAMPLE}._parameter_table",
          _rows(lambda rows: [(a[0], b[1], *a[2:]) for a, b in
                              zip(rows, [*rows[1:], rows[0]], strict=True)])),
    _made("shapes turned round", "elman-2/network", f"{NETWORK}._shape",
          text(lambda shape: Tuple(*reversed(shape)))),
    _made("symbol and meaning exchanged", "elman-2/network", f"{NETWORK}._symbol_rows",
          text(lambda rows: [(b, a, c) for a, b, c in rows])),
    _made("the shape of another symbol", "elman-2/network", f"{NETWORK}._symbol_rows",
          text(lambda rows: [(a, b, x[2]) for (a, b, _), x in
                             (lambda r: zip(r, [*r[1:], r[0]], strict=True))(list(rows))])),
    _made("a bound that is too small in the table of checks", "elman-2", f"{CLOSING}._error",
          text(lambda found: Bound(found.value * 1e-9) if isinstance(found, Bound) else found)),
    _made("the places of another check", "elman-2", f"{CLOSING}.Ref",
          instead(lambda right, target: right("elman-forward-a"))),
    _made("kinds of checks mistaken", "elman-2/checks", f"{CLOSING}.Text",
          instead(lambda right, key, *more: right(key.replace("kind.identity", "kind.definition"),
                                                  *more))),
    _made("norms of another lag", "elman-2/flow", "derive.chapters.flow.require_curves",
          instead(lambda right, table, plot, lag: right(replace(table, rows=tuple(
              (row[0], replace(row[1], value=2 * row[1].value), *row[2:])
              for row in table.rows)), plot, lag))),
    _made("norm and bound exchanged", "elman-2/flow", "derive.chapters.flow.require_curves",
          instead(lambda right, table, plot, lag: right(replace(table, rows=tuple(
              (row[0], row[2], row[1], *row[3:]) for row in table.rows)), plot, lag))),
    *(
        Fault(name, VIEW, make, (f"write elman-2 {form}",), SAID)
        for form in ("latex", "markdown")
        for name, make in (
            (f"cells of tables in reverse order, in {form}", _written(lambda row: row[::-1])),
            (f"an entry of a table written twice, in {form}",
             _written(lambda row: (row[1], *row[1:]))),
            (f"another digit in a table, in {form}",
             _written(lambda row: [_digits(cell) for cell in row])),
        )
    ),
)  # fmt: skip
