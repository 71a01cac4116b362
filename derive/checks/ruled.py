"""The rule and the kind of an equation, by the family of its id: looked at by somebody, once.

A manifest gives both, and what an equation says of itself no number would tell: that it is a definition,
or that it is the sum rule which made it.
"""

from __future__ import annotations

import re

from derive.cells.cell import Cell
from derive.expressions.equation import Equation, Kind

_RULES: tuple[tuple[str, str, Kind], ...] = (
    (r"(scalar-)?forward-.+|loss-(step|total|weight)|constant-.+", "definition", Kind.DEFINITION),
    (r"(function|slope)-[^\W\d].*", "definition", Kind.IDENTITY),
    (r"lagged-.+|nested-\d+", "substitute", Kind.IDENTITY),
    (r"stacked", "stack", Kind.DEFINITION),
    (r"step-\d+-.+", "unroll", Kind.DEFINITION),
    (r"entries-.+", "entries", Kind.IDENTITY),
    (r"steps-.+", "steps", Kind.IDENTITY),
    (r"induction-(states|product|sums)", "induction", Kind.IDENTITY),
    (r"loss-output", "loss", Kind.IDENTITY),
    (r"output-logits", "output", Kind.IDENTITY),
    (r"loss-logits", "residual", Kind.IDENTITY),
    (r"loss-(logits-general|state)", "chain-rule", Kind.IDENTITY),
    (r"diagonal-.+", "activation", Kind.IDENTITY),
    (r"(block|part)-.+", "block", Kind.IDENTITY),
    (r"step-jacobian", "jacobian", Kind.IDENTITY),
    (r"into-.+", "into-state", Kind.IDENTITY),
    (r".+-lag-\d+-\d+", "spell-out", Kind.IDENTITY),
    (r".+-lag", "adjoint", Kind.IDENTITY),
    (r".+-recursion", "recursion", Kind.IDENTITY),
    (r".+-end", "end", Kind.DEFINITION),
    (r"grad-.+-terms-\d+", "chain-rule", Kind.IDENTITY),
    (r"grad-.+-substituted(-\d+)?", "substitute-jacobians", Kind.IDENTITY),
    (r"grad-.+-total", "sum-rule", Kind.IDENTITY),
    (r"grad-.+-sum-\d+", "collect", Kind.IDENTITY),
    (r"grad-.+-contributions|grad-.+-contribution-\d+-\d+", "one-contribution", Kind.IDENTITY),
    (r"grad-.+-first", "zero-start", Kind.IDENTITY),
)
"""Ids behind the name of the network, with the rule and the kind: the first that fits counts."""

_OF_GIVEN = ("chain-rule", "collect")
"""By which rule the sum over the steps is that of an input, and of what acts at every step."""


def misruled(equation: Equation, cell: Cell) -> str | None:
    """Return what is wrong with the rule or the kind of an equation of a cell, None where nothing is."""
    name = equation.id.removeprefix(f"{cell.name}-")
    wanted = None if name == equation.id else _meant(name, cell)
    found = (equation.step.rule, equation.kind)
    # A claim that is refuted may be of any kind, and must fail.
    if wanted is None or found in (wanted, (wanted[0], Kind.REFUTED)):
        return None
    said, meant = (f"{rule} ({kind.value})" for rule, kind in (found, wanted))
    return f"it is said to be by {said}, and is by {meant}"


def _meant(name: str, cell: Cell) -> tuple[str, Kind] | None:
    for pattern, rule, kind in _RULES:
        if re.fullmatch(pattern, name):
            return rule, kind
    inputs = {x.name for x in cell.inputs}
    if found := re.fullmatch(r"grad-(.+)-sum", name):
        return _OF_GIVEN[found[1] not in inputs], Kind.IDENTITY
    if found := re.fullmatch(r"grad-(\w+)", name):
        starts = {f"{s.name}0" for s in cell.states}
        rule = (
            "input"
            if found[1] in inputs
            else "initial-state"
            if found[1] in starts
            else "accumulate"
        )
        return rule, Kind.IDENTITY
    return None
