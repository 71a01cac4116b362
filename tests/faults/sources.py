"""Faults in the cells that ship: each is another cell than its paper has, and consistent in itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from derive.cells.cell import define
from derive.expressions.algebra import add, had, mul, neg
from tests.faults.fault import Change, Fault, constant, instead, text

ZOO = "derive.cells.zoo"
BUILDER = "derive.cells.builder.CellBuilder"
LOSSES = "derive.calculus.losses.LOSSES"


def _other(name: str, words: str, target: str, make: Change) -> Fault:
    cell = words.split()[1]
    return Fault(
        name,
        target,
        make,
        (f"run {words}",),
        rf"cell {cell} is not what zoo/{cell}\.toml|network {cell} is not what was asked for",
    )


def _spelled(name: str, table: str, letter: str, by: str, *runs: str) -> Fault:
    """Return a fault in one table of a notation's file, however often it is read."""

    def changed(right: Callable[[str], dict[str, Any]], text: str) -> dict[str, Any]:
        file = right(text)
        if letter in file.get(table, {}):
            file[table][letter] = by
        return file

    return Fault(
        name,
        "derive.typesetting.notation.tomllib.loads",
        instead(changed),
        runs,
        r"has more than one letter for",
    )


GOODFELLOW = "--notation goodfellow"

FAULTS = (
    # Notations, each with three tables of letters.
    _spelled("another letter in TeX", "symbols", "s", "g",
             *(f"run show elman-grad-W-sum {GOODFELLOW}{form}" for form in ("", " --as latex")),
             "write goodfellow-2/forward latex"),
    _spelled("another letter in plain text", "plain", "o", "ẑ",
             f"run show elman-grad-W-sum {GOODFELLOW} --as plain"),
    _spelled("a letter without its accent in Typst", "typst", "o", "y",
             f"run show elman-grad-W-sum {GOODFELLOW} --as markdown"),
    _spelled("another Greek letter", "symbols", "delta", "\\epsilon", "run show elman-delta-end"),
    _other("a product in the place of a gate's share", "explain lem", f"{ZOO}.lem.had",
           instead(lambda right, a, b: add(a, b))),
    _other("a cell with a constant of its own", "explain rg_lru", f"{ZOO}.rg_lru.SPEED",
           constant(-4)),
    _other("a bias in a cell without biases", "list elman -T 1", f"{ZOO}.elman.OPTIONS",
           lambda right: replace(right, bias=True)),
    _other("gates that add the state as it is", "check ugrnn -T 1", "derive.cells.gates.add",
           instead(lambda right, first, *more: right(first, first, *more))),
    _other("a gate of another function", "explain minimal_gated", f"{BUILDER}.gate",
           text(lambda gate: replace(gate, function={"sigmoid": "bipolar"}.get(
               gate.function, gate.function)))),
    _other("a state of twice its size", "explain min_gru", f"{ZOO}.min_gru.define",
           instead(lambda right, variable, expr: right(variable, mul(2, expr)))),
    _other("a peephole that subtracts", "list lstm_peephole -T 1",
           f"{ZOO}.lstm_peephole.had", instead(
               lambda right, a, b: neg(right(a, b)) if str(a).startswith("p_") else right(a, b))),
    _other("another weight of the loss", "explain gru --loss mean",
           "derive.cells.weighting.WEIGHTINGS[mean]",
           lambda row: replace(row, equations=tuple(
               define(e.variable, mul(2, e.expr)) for e in row.equations))),
    _other("a loss of twice its size", "explain elman --output-layer linear", f"{LOSSES}[mse]",
           lambda row: replace(row, value=lambda y, o: mul(2, row.value(y, o)))),
    _other("an output that is squared", "explain elman", f"{LOSSES}[cross_entropy]",
           lambda row: replace(row, output=lambda z: row.output(had(z, z)))),
    _other("a remark on another cell", "explain jordan", "derive.cells.builder.CellBuilder.output",
           text(lambda cell: replace(cell, remarks=("identity_start",)))),
    _other("a kind of gate that is another's", "explain lstm",
           "derive.cells.builder.CellBuilder.output",
           text(lambda cell: replace(cell, gate_kinds={**cell.gate_kinds, "f": "output"}))),
    _other("an initial state that is not asked for", "explain gru",
           "derive.cells.builder.CellBuilder.output", text(
               lambda cell: replace(cell, initial="trainable"))),
)  # fmt: skip
