"""Faults that leave equations out of a network of one's own, or say of one what it is not."""

from __future__ import annotations

import re

from tests.faults.fault import Change, Fault, constant
from tests.faults.omitted import edited

OWN = "list tests/catalogue/literature/layernorm_rnn.toml -T 2"
TIED = "list {tied} -T 2"
FURTHER_BACK = "list tests/catalogue/literature/narx.toml -T 3"

LACKS = r"are not those that it has: without .*"
ID = r"FAILED at its id"


def _lacks(name: str, target: str, make: Change, run: str, what: str) -> Fault:
    return Fault(name, f"derive.{target}.__code__", make, (f"run {run}",), LACKS + what)


def _said(name: str, target: str, old: str, new: str, run: str = "run check elman -T 2") -> Fault:
    return Fault(name, f"derive.{target}.__code__", edited(old, new), (run,), ID)


EQUATIONS = "bptt.derivation.Derivation.equations"
GIVEN = "self.given.equations(shown_steps(last))"
ADDED = "self.added_up(parameter) if self.shared"

FAULTS = (
    _lacks("functions after the first that are left out", EQUATIONS,
           edited("unroll.functions(cell)", "unroll.functions(cell)[:1]"), OWN, "function-sd"),
    _lacks("the contribution of the first step left out", EQUATIONS,
           edited("reversed(shown_steps(last))", "reversed(shown_steps(last)[1:])"), TIED,
           "contribution-2-1"),
    _lacks("the initial state at the first step left out", EQUATIONS,
           edited(GIVEN, GIVEN.replace("(last)", "(last)[1:]")),
           TIED, "grad-s0-terms-1"),
    _lacks("an output that is left out of the forward pass", "bptt.unroll.forward",
           edited("not in (cell.loss_series", "not in (cell.output, cell.loss_series"), FURTHER_BACK,
           "forward-o"),
    _lacks("an input that is said to be there later", "bptt.unroll._first_read",
           edited("(0 if at.series in cell.states else 1)", "3"), FURTHER_BACK, "lagged-"),
    _lacks("sums over losses of the wrong parameters", "bptt.steps.DerivationSteps.equations",
           edited(f"{ADDED}.recurrent_uses", f"{ADDED}.direct_uses"), TIED, "steps-added-"),
    Fault("an author that becomes a list", "derive.render.page.escaping._LINE_START",
          constant(re.compile(r"^(\d{1,9}(?=[.]( |$))|[+\-%:])")),
          ("run handout elman -T 1 --detail brief --format md --author 1) --out {out}",),
          r"this begins a block"),
    Fault("a network that is left out of all ids", "derive.cli.commands.list.run.__code__",
          edited("for derived in made.values() for e", "for derived in [*made.values()][1:] for e"),
          ("run list --ids",), LACKS),
    _said("an unrolled step that is a definition", "bptt.unroll.steps", '"unroll"', '"definition"'),
    _said("a nested pass that is a definition", "bptt.unroll.nested_output", "IDENTITY", "DEFINITION"),
    _said("a total loss that is an identity", "bptt.unroll.loss",
          '-loss-total", Kind.DEFINITION', '-loss-total", Kind.IDENTITY'),
    _said("Jacobians put in that are collected", "bptt.given.Given.initial_substituted",
          '"substitute-jacobians"', '"collect"', "run check {tied} -T 2"),
    _said("a range that begins later than it holds", "bptt.unroll.lagged", "Integer(first), T",
          "Integer(first + 1), T", "run check tests/catalogue/literature/narx.toml -T 4"),
)  # fmt: skip
