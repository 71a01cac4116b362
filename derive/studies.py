"""Documents about one subject, beside the handouts: the audit of texts, and gradient flow."""

from __future__ import annotations

from collections.abc import Callable

from derive.audit import Claims
from derive.chapters import audit
from derive.chapters.closing import check_table
from derive.document import Block, Document, Heading, Number, Prose, Ref, Text
from derive.handout import Handout
from derive.report import Report
from derive.verify import TOLERANCE

Progress = Callable[[str], None]


def audit_document(
    seed: int,
    claims: Claims | None = None,
    *,
    title: str | None = None,
    author: str | None = None,
    language: str = "en",
    progress: Progress | None = None,
) -> Handout:
    """Yield the audit of a user's claims, or of those that ship; a `CheckError` if one breaks."""
    report = Report(seed)
    blocks = list(audit.audit(report, seed, None if claims is None else (claims,), progress))
    heading: Text | str = Text("document.audit")
    if claims is not None and claims.source is not None:
        heading = Text("document.audit_of", {"source": claims.source})
    return _document("audit", title or heading, author, language, blocks, report)


def _document(
    id: str,
    title: Text | str,
    author: str | None,
    language: str,
    blocks: list[Block],
    report: Report,
) -> Handout:
    displayed = [e.id for e in Document(id, title, author, language, tuple(blocks)).equations()]
    blocks.append(Heading("heading.checks", 1, "checks"))
    values = {
        "count": len(displayed),
        "tolerance": Number(TOLERANCE, 1),
        "table": Ref("all-checks"),
    }
    blocks.append(Prose("prose.audit.checks", values))
    blocks += check_table(report, displayed)
    document = Document(id, title, author, language, tuple(blocks))
    report.cover(document)
    return Handout(document, report)
