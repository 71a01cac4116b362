"""Faults in the lines that commands print: names, columns, numbers, words."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.faults.fault import Change, Fault, constant, instead, text

TERMINAL = "derive.cli.terminal.Terminal"
COMPARE = "run compare --values {values} --gradients {mine}"
FLOW, CHECK = "run flow vanishing saturated", "run check elman -T 2"
AUDIT = "run audit {claims}"
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


def _rows(key: str, change: Any) -> Change:
    """Change each object of a list in JSON."""
    return lambda value: {**value, key: [change(row) for row in value[key]]}


def _first(key: str, name: str, change: Any) -> Change:
    """Change what has a name in each object of a list in JSON."""
    return _rows(key, lambda row: {**row, name: change(row[name])})


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
    _said("a cell's equations under another name", "run list", f"{TERMINAL}.say", instead(
        lambda right, self, line: right(self, line.replace("jordan", "irnn")))),
    _said("an equation of a cell that is another's", "run list", f"{TERMINAL}.say", instead(
        lambda right, self, line: right(self, line.replace("s_t = tanh(a_t)", "s_t = relu(a_t)"))),
        r"equation \S+ is not printed as it was checked"),
    _said("a format that is not there", "run list", f"{TERMINAL}.say", instead(
        lambda right, self, line: right(self, line.replace("latex", "html")))),
    # audit
    _said("a verdict that is another one", AUDIT, f"{TERMINAL}.say", instead(
        lambda right, self, line: right(self, line.replace(": right", ": harmless")))),
    _said("a formula of a claim without a prime", AUDIT, f"{TERMINAL}.say", instead(
        lambda right, self, line: right(self, line.replace("tanh'(", "tanh("))),
        r"equation \S+ is not printed as it was checked"),
    _said("a wrong claim that is shown as right", "run audit {wrong}", f"{TERMINAL}.say", instead(
        lambda right, self, line: right(self, line.replace("=?", "="))),
        r"equation \S+ is not printed as it was checked"),
    _said("an error of another size", "run audit {wrong}", "derive.cli.commands.audit._size",
          text(lambda found: found.replace("error ", "error 1"))),
    _said("words of a claim that are cut", AUDIT, "derive.cli.commands.audit._words",
          text(lambda found: found[:-1])),
    # JSON
    *(_said(f"{name}, in JSON", f"{run} --json", f"{TERMINAL}.json", instead(
          lambda right, self, value, change=change: right(self, change(value))), refusal)
      for name, run, change, refusal in (
          ("norms of one lag less", "run flow vanishing", _first(
              "experiments", "log10_norms", lambda found: [*found[1:], found[-1]]), PRINTED),
          ("bounds and norms exchanged", "run flow saturated", _rows("experiments", lambda row: {
              **row, "log10_norms": row["log10_bound"], "log10_bound": row["log10_norms"]}), PRINTED),
          ("a setting of another run", "run flow vanishing", _first(
              "experiments", "scale", lambda found: found + 1), PRINTED),
          ("a verdict that was not reached", "run flow saturated", _first(
              "experiments", "verdict", lambda found: "explodes"), PRINTED),
          ("a difference that is none", COMPARE, _first(
              "parameters", "difference", lambda found: 0.0), PRINTED),
          ("a gradient that agrees", COMPARE, _first(
              "parameters", "agrees", lambda found: True), PRINTED),
          ("mistakes of none", COMPARE, _first(
              "parameters", "looks_like", lambda found: ["transposed"]), PRINTED),
          ("a bound that is too small", "run check diagonal -T 1", _rows("cells", lambda cell: {
              **cell, "checks": [{**row, "bound": "< 1e-15"} for row in cell["checks"]]}), PRINTED),
          ("a check that is left out", "run check diagonal -T 1", _first(
              "cells", "checks", lambda found: found[:-1]), PRINTED),
          ("another seed", "run check diagonal -T 1", lambda value: {**value, "seed": 1}, PRINTED),
          ("a claim that holds", "run audit {wrong}", _first(
              "claims", "written", lambda found: {**found, "holds": True}), PRINTED),
          ("a formula of a claim", AUDIT, _first("claims", "written", lambda found: {
              **found, "formula": found["formula"].replace("s_t", "a_t", 1)}),
           r"equation \S+ is not printed as it was checked"),
          ("a place of another claim", AUDIT, _first("claims", "place", lambda found: "9"), PRINTED),
      )),
)  # fmt: skip
