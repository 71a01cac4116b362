"""Faults in the reader of numbers: what it ought to refuse is taken, and must not be used."""

from __future__ import annotations

import json
from dataclasses import replace

from tests.faults.fault import Change, Fault, constant, instead, text

READER = "derive.gradcheck.reading"
VALUES = "derive.gradcheck.values"
TAKEN = "was taken although"


def _taken(name: str, target: str, make: Change, file: str, refusal: str = TAKEN) -> Fault:
    run = f"run evaluate --values {{{file}}} --only L,dL"
    return Fault(name, target, make, (run,), refusal)


FAULTS = (
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
