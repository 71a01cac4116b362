"""What a study owes: of gradient flow the chapters it is of, and each its network and its checks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from derive.chapters.facts import CellFacts
from derive.chapters.meant.missing import lacks
from derive.chapters.meant.signs import printed_signs
from derive.chapters.owed.covered import OF_STUDIES
from derive.chapters.owed.explained import OWN_MARKS
from derive.chapters.owed.judge import is_owed, named, stands
from derive.chapters.owed.owing import Asked, Owing
from derive.document.blocks import Document, TableBlock
from derive.document.owed import load
from derive.gradientflow.runs import table

STUDIED = {"proofs-asked", "experiments-asked", "remedies-asked"}
"""Facts under which chapters on request are owed, all of which the study of gradient flow has."""

OF_EACH = (
    "network", "checks", "all-checks", "prose.flow.checks",
    "prose.network.intro | prose.network.intro_alone | prose.network.intro_feedback | "
    "prose.network.intro_feedback_alone | prose.network.intro_part | prose.network.intro_part_alone",
    "prose.network.weights | prose.network.weights_and_biases",
    "prose.loss.intro | prose.loss.intro_weighted",
)  # fmt: skip
"""The sections, tables and sentences that each study has; ` | ` stands between alternatives."""

OF_FLOW = (
    "flow", "flow-spread", "flow-conclusions", "experiments", "references",
    "prose.references.intro", "all-experiments", "prose.landscape.experiments",
    "prose.landscape.kind_nilpotent", "prose.landscape.kind_jordan", "prose.landscape.kind_nonnormal",
    "prose.landscape.kink",
)  # fmt: skip
"""Those that the study of gradient flow has beside these."""

INTRODUCED = {
    r"(?<![A-Za-z\\])J_": "prose.network.step_jacobian",
    r"(?<![A-Za-z\\])D_": "prose.network.slopes | prose.network.slope",
}
"""Letters of a step in formulas, each with what introduces it where it stands."""

MARKED = [*INTRODUCED.items(), *((mark, key) for key, mark in OWN_MARKS.items())]


def require_introduced(document: Document, facts: CellFacts) -> None:
    """Raise a `CheckError` for a study that lacks its network, what it names, or its checks."""
    owing = Owing(document, facts, Asked(proved=False))
    for problem in _of_each(owing):
        raise lacks(f"document {document.id}", problem)


def _of_each(owing: Owing) -> Iterator[str]:
    found = {*owing.sections, *owing.figures, *owing.sentences}
    printed = printed_signs(owing.document.blocks)
    wanted = [*OF_EACH, *(key for mark, key in MARKED if re.search(mark, printed))]
    wanted += ["prose.flow.starts"] if owing.facts.holds("zero-start") else []
    yield from (one for one in wanted if not found.intersection(one.split(" | ")))
    for part in OF_STUDIES:
        yield from part(owing)


def require_studied(document: Document, facts: CellFacts) -> None:
    """Raise a `CheckError` for a study of gradient flow that lacks a part of the chapters it is of."""
    more = tuple(fact.removesuffix("-asked") for fact in sorted(STUDIED))
    owing = Owing(document, facts, Asked(more=more, proved=False))
    for problem in _of_flow(owing):
        raise lacks(f"document {document.id}", problem)


def _of_flow(owing: Owing) -> Iterator[str]:
    debts = [
        debt
        for debt in load()
        if any(one.fact in STUDIED for one in debt.conditions)
        or (not debt.domains and debt.alternatives[0].startswith(("flow-", "prose.flow.")))
    ]
    for debt in debts:
        names = [*debt.alternatives]
        if is_owed(debt, names, {}, owing) and not stands(debt, names, {}, owing):
            yield named(debt, names, {})
    found = {*owing.sections, *owing.figures, *owing.sentences}
    yield from (name for name in OF_FLOW if name not in found)
    # Two experiments may have one setting, which is told of once.
    settings = {replace(row, name="") for row in table().values()}
    shown = owing.figures.get("all-experiments")
    if isinstance(shown, TableBlock) and len(shown.rows) != len(settings):
        yield f"an experiment: {len(shown.rows)} of {len(settings)} are in its table"
