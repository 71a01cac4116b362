"""All faults, by what they are planted in."""

from __future__ import annotations

from tests.faults import bptt, calculus, code, printing, sentences
from tests.faults.fault import Fault

AREAS: dict[str, tuple[Fault, ...]] = {
    "printing": printing.FAULTS,
    "sentences": sentences.FAULTS,
    "calculus": calculus.FAULTS,
    "bptt": bptt.FAULTS,
    "code": code.FAULTS,
}
