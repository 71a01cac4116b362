"""What Typst says of a document as a whole: its properties, and the title above each page."""

from __future__ import annotations

import re
from collections.abc import Iterator

from derive.document.blocks import Document
from derive.document.language import load
from derive.publishing.fixed import require_typst_head
from derive.publishing.properties import heads_pages
from derive.publishing.wording import Wording, alike
from derive.reading.statements import SHOWN
from derive.reading.typst import unquoted
from derive.reading.typstcalls import BODY

_VALUE = re.compile(r'^  (?P<name>[a-z]+): "(?P<value>(?:[^"\\]|\\.)*)",$', re.MULTILINE)


def misdescribed_typst(document: Document, text: str, wording: Wording) -> Iterator[str]:
    """Yield a property of a document that Typst says otherwise than it is.

    A `CheckError` for definitions beside them that are not those of all documents.
    """
    require_typst_head(text)
    head = text.partition(BODY)[0]
    said = {one["name"]: unquoted(one["value"]) for one in _VALUE.finditer(head, head.index(SHOWN))}
    wanted = {
        "title": wording.plain_value(document.title),
        "author": wording.plain_value(document.author or ""),
        "subject": load(document.language).entries["ui.subject"],
        "keywords": document.id,
        "language": document.language,
    }
    for name, meant in wanted.items():
        if not alike(said.get(name, ""), meant):
            yield f"the {name} of the PDF is {said.get(name)!r}, where {meant!r} is meant"
    if not heads_pages(said.get("running", ""), wanted["title"], wording):
        yield f"{said.get('running')!r} stands above the pages, where the title is {wanted['title']!r}"
