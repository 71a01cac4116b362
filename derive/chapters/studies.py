"""Documents about one subject, beside the handouts: the audit of texts, and gradient flow."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from derive.audit import Claims
from derive.bptt.derivation import Derivation
from derive.chapters import audit, flow, landscape, proofs, references, remedies
from derive.chapters.closing import check_table
from derive.chapters.context import Context
from derive.chapters.facts import CellFacts
from derive.chapters.handout import Handout
from derive.chapters.learning import learning
from derive.chapters.meant import require_meant
from derive.chapters.meant.signs import require_signs
from derive.chapters.network import introduction
from derive.chapters.owed import require_introduced, require_studied
from derive.chapters.report import Report
from derive.checks.loaded import load
from derive.checks.verify import TOLERANCE, Verifier
from derive.document.blocks import Block, Document, Heading, Prose
from derive.document.conditions import Facts, NoFacts, require_true
from derive.document.text import Number, Ref, Text
from derive.gradientflow.learning import Outcome
from derive.numerics.sample import samples
from derive.progress import Progress

FLOW: tuple[Callable[[Context], Iterator[Block]], ...] = (
    flow.flow,
    proofs.proofs,
    landscape.landscape,
    remedies.remedies,
    landscape.experiments,
)


def audit_document(
    seed: int,
    claims: Claims | None = None,
    *,
    title: str | None = None,
    author: str | None = None,
    language: str = "en",
    progress: Progress | None = None,
) -> Handout:
    """Return the audit of a user's claims, or of those that ship; a `CheckError` if one breaks."""
    report = Report(seed)
    blocks = _by_itself(audit.audit(report, seed, None if claims is None else (claims,), progress))
    heading: Text | str = Text("document.audit")
    if claims is not None and claims.source is not None:
        heading = Text("document.audit_of", {"source": claims.source})
    return _document(
        "audit", heading if title is None else title, author, language, blocks, report, NoFacts()
    )


def _by_itself(chapter: Iterator[Block]) -> list[Block]:
    """Return a chapter as a document: the title stands for its heading, its sections for chapters."""
    _, *blocks = chapter
    return [replace(b, level=b.level - 1) if isinstance(b, Heading) else b for b in blocks]


def flow_document(
    seed: int,
    *,
    title: str | None = None,
    author: str | None = None,
    language: str = "en",
    progress: Progress | None = None,
) -> Handout:
    """Return all that is known and measured of gradient flow, for the simple network."""
    cell = load("elman")
    context = Context(Verifier(Derivation(cell, 4), samples(cell, 4, seed)), seed)
    blocks: list[Block] = []
    for chapter in FLOW:
        if progress is not None:
            progress(chapter.__name__)
        blocks += chapter(context)
    heading = Text("document.flow") if title is None else title
    made = _of_network("flow", heading, author, language, blocks, context)
    require_studied(made.document, context.facts)
    return made


def learning_document(
    seed: int,
    outcomes: list[Outcome],
    *,
    title: str | None = None,
    author: str | None = None,
    language: str = "en",
) -> Handout:
    """Return the outcomes of training as a document, with the gradients that were used."""
    context, blocks = learning(seed, outcomes)
    heading = Text("document.learning") if title is None else title
    return _of_network("learning", heading, author, language, blocks, context)


def _of_network(
    id: str,
    title: Text | str,
    author: str | None,
    language: str,
    blocks: list[Block],
    context: Context,
) -> Handout:
    """Return a document about one network, with what it uses before it and what it names behind."""
    whole = require_signs([*introduction(context, blocks), *blocks], f"document {id}")
    behind = [*references.chapter(context)]
    return _document(
        id, title, author, language, whole, context.report, context.facts, behind=behind
    )


def _document(
    id: str,
    title: Text | str,
    author: str | None,
    language: str,
    blocks: list[Block],
    report: Report,
    facts: Facts,
    *,
    behind: Sequence[Block] = (),
) -> Handout:
    displayed = [e.id for e in Document(id, title, author, language, tuple(blocks)).equations()]
    blocks.append(Heading("heading.checks", 1, "checks"))
    values = {
        "count": len(displayed),
        "tolerance": Number(TOLERANCE, 1),
        "table": Ref("all-checks"),
    }
    blocks.append(Prose("prose.audit.checks" if id == "audit" else "prose.flow.checks", values))
    blocks += [*check_table(report, displayed), *behind]
    document = Document(id, title, author, language, tuple(blocks))
    report.cover(document)
    require_true(document, facts)
    if isinstance(facts, CellFacts):
        require_meant(document, facts)
        require_introduced(document, facts)
    return Handout(document, report)
