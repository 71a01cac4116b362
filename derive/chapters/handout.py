"""From a cell to a checked document: the order of the chapters; no words, no LaTeX."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from derive.bptt.derivation import Derivation
from derive.cells.cell import Cell
from derive.chapters import (
    activation,
    closing,
    example,
    fixed,
    flow,
    general,
    glossary,
    gradients,
    jacobians,
    landscape,
    loss,
    matrices,
    memory,
    network,
    proof,
    proofs,
    recursion,
    references,
    remedies,
    scalar,
)
from derive.chapters.context import DETAILS, Context
from derive.chapters.listing import only_displayed
from derive.chapters.meant import require_meant
from derive.chapters.meant.tried import require_tried
from derive.chapters.owed import Asked, require_complete
from derive.chapters.report import Report
from derive.chapters.signs import only_standing
from derive.checks.verify import Verifier
from derive.document.blocks import Block, Document
from derive.document.conditions import require_true
from derive.document.text import Text
from derive.errors import UsageError, checking
from derive.numerics.sample import samples
from derive.numerics.trace import ForwardPass
from derive.progress import Progress
from derive.proving.general import proved_in_general
from derive.suggest import suggestion

CHAPTERS: tuple[Callable[[Context], Iterator[Block]], ...] = (
    closing.summary,
    network.network,
    network.forward,
    loss.loss,
    gradients.direct,
    gradients.first,
    gradients.others,
    gradients.sums,
    jacobians.substituted,
    activation.activation,
    flow.flow,
    memory.memory,
    recursion.recursion,
    recursion.given,
    scalar.scalar,
    example.example,
)


OF_FIXED: tuple[Callable[[Context], Iterator[Block]], ...] = (
    fixed.summary,
    network.network,
    network.forward,
    loss.loss,
    gradients.direct,
    fixed.jacobian,
    activation.activation,
    recursion.recursion,
    recursion.given,
    matrices.example,
)
"""Those of a network of which no parameter acts on a state: what it hands on is not trained."""


OF_MATRICES: tuple[Callable[[Context], Iterator[Block]], ...] = (
    matrices.summary,
    matrices.described,
    matrices.forward,
    loss.loss,
    recursion.recursion,
    matrices.given,
    matrices.example,
)
"""Those of a network with matrices, which has no products of step Jacobians to speak of."""


def _title(cell: Cell, steps: int) -> Text:
    # What a user calls a network of his own is not translated.
    name: Text | str = Text(f"cell.{cell.name}") if cell.title is None else cell.title
    return Text("document.title", {"cell": name, "T": steps})


def _audit(c: Context) -> Iterator[Block]:
    # What reads claims is an eighth of the imports: those alone who ask for this chapter wait for it.
    from derive.chapters import audit

    yield from audit.chapter(c)


EXTRA: dict[str, Callable[[Context], Iterator[Block]]] = {
    "proofs": proofs.proofs,
    "experiments": landscape.landscape,
    "remedies": remedies.remedies,
    "audit": _audit,
}
"""Chapters that a handout has on request: they are about the simple network, and long."""


CHECKS = "checks"
"""What `EXTRA` has beside it: the tables of all checks and proofs, at the end of the handout."""


def of_kind(c: Context) -> tuple[Callable[[Context], Iterator[Block]], ...]:
    """Return the chapters for a network of this kind."""
    if c.cell.has_matrices:
        return OF_MATRICES
    return CHAPTERS if c.recurrent() else OF_FIXED


def _chapters(more: Sequence[str], c: Context) -> list[Callable[[Context], Iterator[Block]]]:
    known = (*EXTRA, CHECKS)
    for name in more:
        if name not in known:
            raise UsageError(f"no chapter {name!r}: {suggestion(name, known)}")
    return [*of_kind(c), *(chapter for name, chapter in EXTRA.items() if name in more)]


@dataclass(frozen=True)
class Handout:
    """A document with the checks of all its equations."""

    document: Document
    report: Report


def build(
    cell: Cell,
    steps: int,
    *,
    seed: int,
    title: str | None = None,
    author: str | None = None,
    language: str = "en",
    given: ForwardPass | None = None,
    more: Sequence[str] = (),
    detail: str = "steps",
    proved: bool = True,
    verifier: Verifier | None = None,
    progress: Progress | None = None,
) -> Handout:
    """Return the handout of a cell, its numeric example on the ``given`` numbers if there are any.

    ``more`` names chapters of `EXTRA`, or `CHECKS`; ``detail`` is one of `DETAILS`.  Unless ``proved``,
    the proofs are left out, and what the last chapters say of them: they take most of the time, and
    serve no other chapter.  One for small sizes is made where that for every size is not whole.  What a
    ``verifier`` of this cell, these steps and this seed has checked before is not checked again.  A
    `CheckError` if a displayed equation fails its check.
    """
    if detail not in DETAILS:
        raise UsageError(f"no detail {detail!r}: {suggestion(detail, DETAILS)}")
    if given is not None:
        example.require_printable(given)
    if verifier is None:
        verifier = Verifier(Derivation(cell, steps), samples(cell, steps, seed))
    context = Context(verifier, seed, given, detail, CHECKS in more)
    blocks: list[Block] = []
    for chapter in _chapters(more, context):
        if progress is not None:
            progress(chapter.__name__)
        with checking(f"the chapter {chapter.__name__} of {cell.name}"):
            blocks += chapter(context)
    name = f"{cell.name}-T{steps}"
    heading = title if title is not None else _title(cell, steps)
    draft = Document(name, heading, author, language, tuple(blocks))
    context.report.cover(draft)
    # The last chapters say what these are; the whole document has no others.
    _note_shown(context, draft)
    displayed = [e.id for e in draft.equations()]
    if proved:
        if progress is not None:
            progress("proving")
        context.facts.general = context.report.general = proved_in_general(context.cell)
    blocks += closing.checks(context, displayed, len(draft.displays()))
    if context.facts.general is not None:
        if not context.facts.general.whole:
            blocks += proof.proof(context)
        blocks += general.general(context, blocks)
    blocks += [*glossary.glossary(context, blocks), *references.chapter(context)]
    blocks = [*only_displayed(only_standing(blocks))]
    document = Document(name, heading, author, language, tuple(blocks))
    context.report.cover(document)
    _note_shown(context, document)
    asked = Asked(detail, tuple(more), given is not None, proved)
    with checking(f"the sentences of {name}"):
        require_true(document, context.facts)
        require_meant(document, context.facts)
        require_tried(document, context.facts)
        require_complete(document, context.facts, asked)
    return Handout(document, context.report)


def _note_shown(context: Context, document: Document) -> None:
    """Note what a document shows; what another verifier has checked is about another network."""
    context.facts.shown = document.equations()
    checkers = context.report.checkers
    context.facts.elsewhere = frozenset(
        e.id for e in context.facts.shown if checkers[e.id] is not context.verifier
    )
