"""Faults in the facts that choose sentences: each would make a document say what is not so."""

from __future__ import annotations

from typing import Any

from derive.chapters.facts import FACTS
from derive.expressions.algebra import mul
from tests.faults.fault import Change, Fault, constant, instead, text

TABLE = "derive.chapters.facts.facts.FACTS"

EXAMPLE = "derive.chapters.example"

DIGITS = "with other digits than it says"

REFUSAL = r"if computed a second way|is said only where|which is said only where"


def _opposite(right: Any) -> Any:
    return lambda f, *about: not right(f, *about)


def _told(fact: str, document: str, make: Change = _opposite) -> Fault:
    """Return a fault that turns a fact round, and a document that asks for it."""
    assert fact in FACTS, fact
    return Fault(f"the fact {fact} turned round", f"{TABLE}[{fact}]", make,
                 (f"make {document} markdown",), REFUSAL)  # fmt: skip


FAULTS = (
    _told("several-steps", "elman-2/forward,first"),
    _told("plain-sum", "elman-2/loss"),
    _told("early-losses-count", "elman-2/first"),
    _told("probabilities", "elman-2/network"),
    _told("output-is-logits", "mse-2/network"),
    _told("feedback", "jordan-2/network"),
    _told("circled-dot", "gru-2/network"),
    _told("changing-jacobian", "elman-2/summary"),
    _told("trained-factor", "diagonal-2/network"),
    _told("bell", "elman-2/activation"),
    _told("some-bell", "elman-2/activation"),
    _told("same-jacobian", "elman-2/flow"),
    _told("one-scalar-weight", "elman-2/scalar"),
    _told("terms-beside", "leaky-2/substituted"),
    _told("example-some-zero", "elman-2/example"),
    _told("inputs-reach", "elman-2/forward"),
    _told("kinks", "elman-2/proof"),
    _told("slopes-in-output", "silu-2/substituted"),
    Fault("what is hardly near 0 taken for it", "derive.chapters.facts.jacobian.NEAR", constant(0.95),
          ("make leaky-2/activation markdown",), REFUSAL),
    Fault("numbers with two digits of the largest", f"{EXAMPLE}.scientific",
          instead(lambda right, values: right(values, 2)), ("make elman-2 markdown",), DIGITS),
    Fault("a forward pass with three decimals", f"{EXAMPLE}.DIGITS", constant(3),
          ("make elman-2 markdown",), DIGITS),
    Fault("a state that is handed on by another gate", "derive.cells.describe.had",
          text(lambda factor: mul(-1, factor)), ("make lstm-2 markdown",), REFUSAL),
)  # fmt: skip
