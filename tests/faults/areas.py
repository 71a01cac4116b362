"""All faults, by what they are planted in."""

from __future__ import annotations

from tests.faults import (
    answers,
    asked,
    attacks,
    bptt,
    calculus,
    claims,
    code,
    commands,
    conclusions,
    facts,
    figures,
    guards,
    lines,
    looks,
    measured,
    printing,
    records,
    sentences,
    sources,
    tables,
    texts,
    wording,
)
from tests.faults.fault import Fault

AREAS: dict[str, tuple[Fault, ...]] = {
    "printing": printing.FAULTS,
    "sentences": sentences.FAULTS,
    "calculus": calculus.FAULTS,
    "bptt": bptt.FAULTS,
    "code": code.FAULTS,
    "figures": figures.FAULTS,
    "tables": tables.FAULTS,
    "conclusions": conclusions.FAULTS,
    "texts": texts.FAULTS,
    "wording": wording.FAULTS,
    "answers": answers.FAULTS,
    "lines": lines.FAULTS,
    "attacks": attacks.FAULTS,
    "asked": asked.FAULTS,
    "measured": measured.FAULTS,
    "sources": sources.FAULTS,
    "claims": claims.FAULTS,
    "facts": facts.FAULTS,
    "looks": looks.FAULTS,
    "commands": commands.FAULTS,
    "records": records.FAULTS,
    "guards": guards.FAULTS,
}
