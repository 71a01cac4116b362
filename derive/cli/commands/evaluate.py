"""Evaluates the derived expressions on your own numbers.

Prints the states s (T + 1 rows, the initial one first), the other quantities of the forward pass,
L_t and L, the gradients dL and dL_t (of every L_t alone), the contributions to the gradient of L_T
by the step at which a parameter is used, and the Jacobians of the states.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import Any

from derive.cli import arguments as common
from derive.cli.terminal import Terminal

HELP = "evaluate all gradients on your own numbers"

GENERAL = r"targets do not sum to 1: the general residual \(1ᵀy\) o − y is used"
"""What is remarked of such targets, as it is read back."""

CLEARLY = 1e-9
"""What differs from 1 by more is no rounding of what was meant to be 1."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments: the cell and the file."""
    common.add_cell(parser)
    common.add_values(parser)
    common.add_network(parser)
    common.add_json(parser, "all")
    parser.add_argument(
        "--only", metavar="LIST", help="print only these, with commas between: s,L,dL"
    )


def run(args: argparse.Namespace, terminal: Terminal) -> int:
    """Print the results, each when it is computed."""
    terminal.progress("loading")
    from derive.gradcheck.results import Results
    from derive.gradcheck.tried import require_tried
    from derive.gradcheck.values import values

    read = values(args.values, args.cell, common.options_of(args))
    results = Results(read)
    asked = terminal.asked
    asked.require_cell(results.derivation.cell)
    asked.require_values(read.cell, read.parameters, read.series, read.initial)
    names = _chosen(args.only, results.names, results.left_out())
    from derive.cli.same import require_same, unlike

    off_by = float(abs(read.series[read.cell.target.name].sum(axis=1) - 1).max())
    if read.general:
        from derive.cli.written import require_remark

        terminal.remark(
            "targets do not sum to 1: the general residual (1ᵀy) o − y is used",
            lambda line: require_remark(line, GENERAL if off_by > 0 else ""),
        )
    # What is off by rounding alone may be meant to sum to one.
    owed = off_by > CLEARLY and read.cell.loss.name == "cross_entropy"
    told = bool(terminal.remarks) or not owed or asked.typed("quiet")
    require_same("whether the general residual is told of", told, True)
    # All are computed before the first is printed: an error must not follow half a result.
    found = {}
    for name in names:
        terminal.progress(f"evaluating {name}")
        found[name] = results[name]
    require_tried()
    terminal.clear()
    if (only := asked.given("only")) is not None:
        asked.require_set("only", found.keys())
        require_same("the results", [*found], [*common.listed(only)])
    elif found.keys() != set(results.names):
        raise unlike("the results", ", ".join(found), ", ".join(results.names))
    _print(found, args.json, terminal)
    return 0


def _print(found: dict[str, Any], as_json: bool, terminal: Terminal) -> None:
    """Print the results, once their text is read back; a `CheckError` if it says anything else."""
    from derive.cli.readback import of_json, of_text, require_numbers
    from derive.cli.sent import HeldResult

    with HeldResult() as text:
        text.write(_json(found) if as_json else _plain(found))
        read = of_json(text.read(",")) if as_json else of_text(text.read("\n"), found)
        require_numbers(read, found)
        terminal.asked.require_there("json", text.beginning == "{")
        text.send(terminal.settle())


def _chosen(text: str | None, known: list[str], left_out: str) -> list[str]:
    if text is None:
        return known
    from derive.errors import UsageError
    from derive.suggest import suggestion

    names = common.listed(text)
    for name in names:
        if name not in known:
            why = f"; {left_out}" if left_out else ""
            raise UsageError(f"there is no result {name!r}: {suggestion(name, known)}{why}")
    if not names:
        raise UsageError(f"--only names nothing: expected some of {', '.join(known)}")
    return list(names)


def _json(found: dict[str, Any]) -> Iterator[str]:
    import json

    # Step by step: as lists, a thousand steps would need ten times the memory of the numbers.
    opening = "{"
    for name, value in found.items():
        yield f"{opening}{json.dumps(name)}: "
        yield from _value(value)
        opening = ",\n "
    yield "}\n"


def _value(value: Any) -> Iterator[str]:
    import json

    if isinstance(value, dict):
        opening = "{"
        for name, array in value.items():
            yield f"{opening}{json.dumps(name)}: "
            yield from _value(array)
            opening = ",\n  "
        yield "}"
    elif value.ndim == 0:
        yield json.dumps(value.item(), allow_nan=False)
    else:
        opening = "["
        for row in value:
            yield opening + json.dumps(row.tolist(), allow_nan=False)
            opening = ", "
        yield "]"


def _plain(found: dict[str, Any]) -> Iterator[str]:
    for name, value in found.items():
        for part, array in value.items() if isinstance(value, dict) else [("", value)]:
            yield f"{name}[{part}]" if part else name
            yield from _rows(array, "\n  ")
            yield "\n"


def _rows(array: Any, start: str) -> Iterator[str]:
    """Yield numbers in full precision: a row of the last axis on each line, steps set apart."""
    if array.ndim < 2:
        yield start + " ".join(map(repr, array.reshape(-1).tolist()))
        return
    for i, inner in enumerate(array):
        if inner.ndim == 2 and i:
            yield "\n"
        yield from _rows(inner, start)
