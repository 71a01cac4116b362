"""Faults in formulas within sentences and tables, which have no name but a place."""

from __future__ import annotations

import re
from typing import Any

from tests.faults.fault import Change, Fault, once, sub

PRINTER = "derive.typesetting.printing.Printer"
WORDS = "derive.render.page.words"
ELMAN = "elman-2"

REFUSAL = r"^(a formula of elman-T2|equation elman-example-W) .*, line \d+, column \d+: "


def _said(name: str, document: str, target: str, make: Change) -> Fault:
    """Return a fault that shows in a document, whatever its format."""
    runs = (f"write {document} latex", f"write {document} markdown")
    return Fault(name, target, make, runs, REFUSAL)


def _on_a_page(right: Any, printer: Any, value: Any, was: str, now: str) -> str:
    """Return a formula of a page with something else in it; lists, in plain text, are told right."""
    made: str = right(printer, value)
    return made if printer.dialect == "plain" else made.replace(was, now)


FAULTS = (
    _said("a digit of a number changed", ELMAN, f"{WORDS}.number_tex",
          once(lambda right, number: right(number).replace("0", "1", 1))),
    _said("a power of ten off by one", ELMAN, f"{WORDS}.number_tex",
          sub(r"10\^\{-(\d)", r"10^{-1\1")),
    _said("a lost sign of a number", ELMAN, f"{WORDS}.number_tex",
          sub(r"10\^\{-", "10^{")),
    _said("a bound that is too small", ELMAN, f"{WORDS}.bound_tex", sub("-12", "-40")),
    _said("a bound that is needlessly large", ELMAN, f"{WORDS}.bound_tex", sub("-12", "-2")),
    _said("a shape turned round", ELMAN, f"{PRINTER}.inline",
          sub(r"^(\w) \\times (\w)$", r"\2 \\times \1")),
    _said("a letter in one sentence", ELMAN, f"{PRINTER}.inline",
          once(lambda right, self, value: _on_a_page(right, self, value, "s_", "o_"))),
    _said("an index in one sentence", ELMAN, f"{PRINTER}.inline",
          once(lambda right, self, value: _on_a_page(right, self, value, "t-1", "t+1"))),
    _said("a derivative upside down in sentences", ELMAN, f"{PRINTER}.inline",
          sub(r"\\partial (\S+) / \\partial (\S+)", r"\\partial \2 / \\partial \1")),
    _said("a lost plus of a derivative in sentences", ELMAN, f"{PRINTER}.inline",
          sub(r"\\partial\^\{\+\}", r"\\partial")),
    _said("a norm that is lost in sentences", ELMAN, f"{PRINTER}.inline",
          sub(r"\\lVert (.*) \\rVert_\{2\}", r"\1")),
    _said("an entry of a table changed", ELMAN, f"{PRINTER}.inline",
          once(lambda right, self, value: right(self, value).replace("0.3", "0.8"))),
    _said("a formula that is lost in a sentence", ELMAN, f"{WORDS}.Speaker.say",
          once(lambda right, self, value: re.sub(r"^\$s.*\$$", "", right(self, value)))),
)  # fmt: skip
