"""Faults in the reader of numbers: what it ought to refuse is taken, and must not be used."""

from __future__ import annotations

import json
import re
from dataclasses import replace

from tests.faults.fault import Change, Fault, constant, instead, sub, text

READER = "derive.gradcheck.reading"
VALUES = "derive.gradcheck.values"
TAKEN = "was taken although"


def _taken(name: str, target: str, make: Change, file: str, refusal: str = TAKEN) -> Fault:
    run = f"run evaluate --values {{{file}}} --only L,dL"
    return Fault(name, target, make, (run,), refusal)


def _told(name: str, module: str, wrong: str, right: str, run: str, refusal: str) -> Fault:
    """Return the fault that an error says something else of a file."""
    change = instead(lambda call, said, *rest: call(re.sub(wrong, right, said), *rest))
    return Fault(name, module, change, (run,), f"is left out: {refusal}")


READING, CHECKING, ORDER = (
    f"{READER}.SpecError",
    f"{VALUES}.SpecError",
    "derive.catalogue.order.FormulaError",
)

FAULTS = (
    _told("another entry than is below 0", CHECKING, r"\[0\]\[0\]", "[0][1]",
          "run evaluate --values {below}", r"target\[0\]\[1\] is"),
    _told("an entry that is not there", CHECKING, r"\[0\]\[0\]", "[0][9]",
          "run evaluate --values {below}", "there is no target"),
    _told("another number of rows", CHECKING, r"has (\d+) rows", r"has 1\1 rows",
          "run evaluate --values {uneven}", "target has"),
    _told("rows of two that are exchanged", CHECKING, r"has (\d+):", r"has 1\1:",
          "run evaluate --values {uneven}", "target is as long as"),
    _told("another size to which rows are compared", CHECKING, r"as (\w) = \d+", r"as \1 = 77",
          "run evaluate --values {wide}", "x (params.U has no|is not)"),
    _told("another column of what is no JSON", READING, r"column (\d)", r"column 1\1",
          "run evaluate --values {unread}", "it is no JSON at line"),
    _told("another sign that is missing", READING, "a comma or a closing bracket", "a colon",
          "run evaluate --values {unread}", "it is a comma"),
    _told("another line in which a quantity is defined", ORDER, r"in line (\d+)", r"in line 1\1",
          "run explain {late}", "'?v'? is defined in line"),
    _told("a cycle the other way round", ORDER, r"(\w)\[t\] → (\w)\[t\] → (\w)\[t\] →",
          r"\1[t] → \3[t] → \2[t] →", "run explain {cyclic}", "'?a'? does not read '?c'?"),
    Fault("advice on a power that is exchanged", "derive.formula.parser.which_power",
          sub(r"write (\S+) for the first and (.*) for the", r"write \2 for the first and \1 for the"),
          ("run explain {raised}",), "is left out: the two ways"),
    _taken("numbers that overflow and are taken", "derive.gradcheck.results.require_finite",
           constant(lambda trace: None), "unbounded", "overflows in the forward pass"),
    Fault("a start that is missing and is 0", f"{VALUES}.declared",
          text(lambda found: tuple(replace(key, needed="") for key in found)),
          ("run evaluate --values {startless} --initial given --only L",), "s0 is missing"),
    _taken("a target below 0", f"{VALUES}._File._check_targets",
           constant(lambda self, cell, targets: None), "below", "a target is not between"),
    _taken("a key that stands twice", f"{READER}._json",
           constant(lambda path, data: json.loads(data, parse_int=float)), "twice", "stands twice"),
    _taken("a whole number that is rounded", f"{READER}._whole", constant(float), "whole",
           "is no number of float64"),
    _taken("a start that is taken twice as large", f"{VALUES}._File._read",
           instead(lambda call, self, key, where, place:
                   call(self, key, where, place) * (2 if key.name == "s0" else 1)),
           "values", "was not taken as it stands there"),
)  # fmt: skip
