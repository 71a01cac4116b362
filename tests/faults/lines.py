"""Faults in the lines that commands print: names, columns, numbers, words."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.faults.fault import Change, Fault, constant, instead, text

TERMINAL = "derive.cli.terminal.Terminal"
COMPARE = "run compare --values {values} --gradients {mine}"
FLOW, CHECK = "run flow vanishing saturated", "run check elman -T 2"
PRINTED = r"what would be printed is not what was confirmed"


def _said(name: str, run: str, target: str, make: Change, refusal: str = PRINTED) -> Fault:
    return Fault(name, target, make, (run,), refusal)


def _exchanged(one: int, other: int) -> Change:
    """Exchange two columns of every table below its head."""

    def changed(row: Any) -> list[str]:
        cells = [*row]
        cells[one], cells[other] = cells[other], cells[one]
        return cells

    return instead(
        lambda call, self, head, rows, right=(): call(self, head, map(changed, rows), right)
    )


def _found(**changes: Any) -> Change:
    """Print another finding."""
    return instead(lambda right, found, terminal: right(replace(found, **changes), terminal))


def _turned(rows: list[Any]) -> list[Any]:
    """Give each row the first cell of the row as far from the end."""
    return [[other[0], *row[1:]] for row, other in zip(rows, rows[::-1], strict=True)]


FAULTS = (
    # flow
    _said("columns of lags exchanged", FLOW, f"{TERMINAL}.table", _exchanged(1, 2)),
    _said("experiments in each other's row", FLOW, f"{TERMINAL}.table", instead(
        lambda call, self, head, rows, right=(): call(self, head, [*rows][::-1], right))),
    _said("logarithms without their sign", FLOW, "derive.cli.commands.flow._text",
          text(lambda found: found.replace("-", "+"))),
    _said("a norm of the wrong lag", FLOW, "derive.cli.commands.flow._text", constant(
        lambda value: "-0.10")),
    # compare
    _said("another parameter that differs", COMPARE, "derive.cli.commands.compare._print",
          _found(parameter="U")),
    _said("a gradient that agrees", COMPARE, "derive.cli.commands.compare._print",
          _found(agrees=True)),
    _said("another mistake", COMPARE, "derive.cli.commands.compare._print",
          _found(looks_like=("transposed",))),
    _said("another difference", COMPARE, "derive.cli.commands.compare._print", _found(error=1e-9)),
    # check
    _said("a bound that is too small on the terminal", CHECK, f"{TERMINAL}.table", instead(
        lambda call, self, head, rows, right=(): call(
            self, head, [[*row[:3], "< 1e-13", *row[4:]] for row in rows], right))),
    _said("a bound that is too large", CHECK, "derive.checks.bounds._above", constant(
        lambda error: -3)),
    _said("another number of places", CHECK, f"{TERMINAL}.table", instead(
        lambda call, self, head, rows, right=(): call(
            self, head, [[*row[:4], row[4] + "0", *row[5:]] for row in rows], right))),
    _said("ids in each other's row", CHECK, f"{TERMINAL}.table", instead(
        lambda call, self, head, rows, right=(): call(self, head, _turned([*rows]), right))),
    # list and show
    _said("a formula beside another's id", "run list elman", f"{TERMINAL}.say", instead(
        lambda right, self, line: right(self, line.replace("forward-a ", "forward-s ")))),
    _said("a formula that is another's", "run list elman", f"{TERMINAL}.say", instead(
        lambda right, self, line: right(self, line.replace("tanh(a_t)", "tanh(s_t)"))),
        r"equation \S+ is not printed as it was checked"),
    _said("another equation than asked for", "run show elman-forward-s",
          "derive.bptt.derivation.Derivation.equation",
          instead(lambda right, self, id: right(self, "elman-forward-a"))),
)  # fmt: skip
