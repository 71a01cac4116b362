"""What judges sentences, tried on one that is false: it must refuse it."""

from __future__ import annotations

from dataclasses import replace

from derive.chapters.facts import CellFacts
from derive.chapters.meant.judge import require_meant
from derive.document.blocks import Document
from derive.document.text import Text
from derive.errors import CheckError


def require_tried(document: Document, facts: CellFacts) -> None:
    """Raise a `CheckError` unless a title of fewer steps than none is refused where it stands alone."""
    title = document.title
    if not isinstance(title, Text) or "T" not in title.values:
        return
    false = replace(title, values={**title.values, "T": -1})
    try:
        require_meant(replace(document, id="tried", title=false, blocks=()), facts)
    except CheckError as error:
        if repr(title.key) in str(error):
            return
    raise CheckError(
        "what judges sentences does not refuse what is false: nothing that it passes is to be relied "
        "on. Nothing is written; please report it"
    )
