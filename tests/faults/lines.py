"""Faults in the lines that commands print: names, columns, numbers, words."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from tests.faults.fault import Change, Fault, computed, constant, instead, text

TERMINAL = "derive.cli.terminal.Terminal"
COMPARE = "run compare --values {values} --gradients {mine}"
FLOW, CHECK = "run flow vanishing saturated", "run check elman -T 2"
LEARN = "run learn --spans 6 --seeds 2"
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


def _line(wrong: str, right: str) -> Change:
    """Print lines with one text in the place of another."""
    return instead(lambda call, self, line: call(self, re.sub(wrong, right, line)))


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
    # Pages show bounds as well, and are read first.
    _said("a bound that is too large", CHECK, "derive.checks.bounds._above", constant(
        lambda error: -3), rf"{PRINTED}|a lower power of ten bounds 0"),
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
    _said("an id that is another's", "run list elman --ids", f"{TERMINAL}.say",
          _line("^elman-grad-W-sum$", "elman-grad-U-sum")),
    _said("an id that is left out", "run list elman --ids", f"{TERMINAL}.say", instead(
        lambda call, self, line: None if line == "elman-grad-W-sum" else call(self, line))),
    # flow --list
    *(_said(f"{name} of another experiment", "run flow --list", f"{TERMINAL}.say", _line(*change))
      for name, change in (
          ("the scale", ("times 1.1, inputs 2", "times 1.2, inputs 2")),
          ("the inputs", ("inputs 0.3", "inputs 0.5")), ("the size", ("n = 64", "n = 16")),
          ("the steps", ("T = 200", "T = 50")), ("the matrix", ("nilpotent times", "jordan times")),
          ("the activation", ("^linear: identity", "linear: tanh")),
          ("the name", ("^typical", "steady")))),
    # learn
    _said("methods in each other's row", LEARN, "derive.cli.commands.learn._print_table", instead(
        lambda call, outcomes, terminal: call(outcomes[::-1], terminal))),
    _said("shares that are too high", LEARN, f"{TERMINAL}.table", instead(
        lambda call, self, head, rows, right=(): call(
            self, head, [(*row[:3], "1.00 1.00 1.00") for row in rows], right))),
    _said("the largest share first", LEARN, "derive.gradientflow.learning.Outcome.spread",
          computed(lambda found: found[::-1])),
    _said("networks that learnt nothing", LEARN, "derive.gradientflow.learning.Outcome.learnt",
          computed(lambda found: found + 1)),
    _said("answers that are counted wrongly", LEARN, "derive.gradientflow.learning.require_answers",
          instead(lambda call, derivation, parameters, inputs, right, classes: call(
              derivation, parameters, inputs, ~right, classes)), r"answers \d+ on sequence"),
    _said("shares in JSON that are another method's", f"{LEARN} --json", f"{TERMINAL}.json", instead(
        lambda right, self, value: right(self, {**value, "outcomes": [
            {**row, "accuracies": other["accuracies"]} for row, other in zip(
                value["outcomes"], value["outcomes"][::-1], strict=True)]}))),
    *(Fault(f"{name} in the document on training", f"derive.chapters.learning.{target}", make,
            ("run learn --spans 2,6 --seeds 2 --format md --out {out}",),
            r"does not say of the training what came out")
      for name, target, make in (
          ("shares of another method", "_plot", instead(lambda call, outcomes: call([
              replace(o, accuracies=p.accuracies) for o, p in zip(outcomes, outcomes[::-1],
                                                                strict=True)]))),
          ("a share that is halved", "_share", instead(lambda call, value: call(value / 2))),
          ("longer sequences than were learnt", "_learnt", text(lambda found: found + 10)))),
    # explain
    *(_said(f"{name} in an explanation", f"run explain {cell}", f"{TERMINAL}.say", _line(*change))
      for name, cell, change in (
          ("another size", "elman", ("n: the size of s_t", "n: the size of x_t")),
          ("a size that is another's", "lstm", ("the size of h_t and c_t", "the size of h_t")),
          ("a shape turned round", "elman", (r"U \(n, d\)", "U (d, n)")),
          ("another quantity that is given", "elman", (r"  x_t \(d", "  s_t (d")),
          ("another start", "lstm", ("it is 0", "it is trained")),
          ("a state that no step reads later", "rwkv", (
              "^not handed on, but .*", "handed from step to step")),
          ("an equation without its bias", "lstm", (r" \+ b_i$", "")),
          ("another step", "elman", (r"W s_\{t-1\}$", "W s_t")),
          ("linear for not linear", "elman", ("not linear in a_t", "linear in a_t")),
          ("not linear for linear", "elman", ("linear in s_t", "not linear in s_t")),
          ("a quantity that is not read", "lstm", ("each of g_t, i_t, c_", "each of i_t, c_")),
          ("a sum over the last step", "elman", ("over every step", "over the last step")),
          ("what is multiplied with another", "lstm", (
              r"W_f \(n, n\) multiplies h_", "W_f (n, n) multiplies c_")),
          ("where a parameter acts", "lstm", (r"(b_f .*) in a_\{f,t\}", r"\1 in a_{i,t}")),
          ("a bias that is multiplied", "lstm", (r"b_f (.*) is added", r"b_f \1 multiplies h_t")),
          ("states that are linear", "elman", ("are not linear", "are linear")),
          ("states that are not linear", "mamba", ("are linear", "are not linear")),
          ("a parameter that is left out", "elman", (r"^  V \(m, n\).*", "")))),
    _said("a row that is lost in an explanation", "run explain lstm", f"{TERMINAL}.say", instead(
        lambda call, self, line: None if line.startswith("  U_g") else call(self, line))),
    _said("actions of another parameter", "run explain lstm", "derive.cells.understood.actions",
          instead(lambda call, cell, p: call(cell, cell.parameters[(
              cell.parameters.index(p) + 3) % len(cell.parameters)]))),
    _said("a cell that is linear wherever it is asked", "run explain elman",
          "derive.cells.understood._linear", constant(lambda *args: True)),
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
