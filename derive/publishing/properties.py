"""What LaTeX says of a document as a whole: the properties of its PDF, and the title above each page."""

from __future__ import annotations

import re
from collections.abc import Iterator

from derive.document.blocks import Document
from derive.document.language import load
from derive.publishing.fixed import require_head
from derive.publishing.userstext import cleaned
from derive.publishing.wording import Wording, alike

_SETUP = re.compile(r"pdf(?P<name>title|author|subject|keywords|lang)=\{")
_HEAD = re.compile(r"\\fancyhead\[L\]\{\\footnotesize\\color\{quiet\}")
_SIGNS = {
    r"\textbackslash{}": "\\", r"\textasciitilde{}": "~", r"\^{}": "^", "{-}": "-", "{[}": "[",
    "{]}": "]", "{`}": "`", **{f"\\{sign}": sign for sign in "&%$#_{}"},
}  # fmt: skip
_SIGN = re.compile("|".join(map(re.escape, sorted(_SIGNS, key=len, reverse=True))))

SHORTENED = "…"
"""Behind a title that is too long for the head of a page."""

KEPT = 30
"""Of such a title at least so many letters are kept."""


def misdescribed(document: Document, text: str, wording: Wording) -> Iterator[str]:
    """Yield a property of a document that LaTeX says otherwise than it is.

    A `CheckError` for definitions beside them that are not those of all documents.
    """
    require_head(text)
    said: dict[str, list[str]] = {}
    for found in _SETUP.finditer(text):
        said.setdefault(found["name"], []).append(_braced(text, found.end()))
    wanted = {
        "title": wording.plain_value(document.title),
        "author": wording.plain_value(document.author or ""),
        "subject": load(document.language).entries["ui.subject"],
        "keywords": document.id,
        "lang": document.language,
    }
    for name, meant in wanted.items():
        values = said.get(name, [])
        if len(values) != 1 or not alike(values[0], meant):
            yield f"the {name} of the PDF is {' and '.join(values)!r}, where {meant!r} is meant"
    heads = [_braced(text, found.end()) for found in _HEAD.finditer(text)]
    if len(heads) != 1 or not heads_pages(heads[0], wanted["title"], wording):
        yield f"{' and '.join(heads)!r} stands above the pages, where the title is {wanted['title']!r}"


def heads_pages(said: str, title: str, wording: Wording) -> bool:
    """Tell whether a text is a title, or its beginning where it is long."""
    begins, whole = cleaned(said), cleaned(title)
    if said != wording.users_text(begins):
        return False
    if not begins.endswith(SHORTENED):
        return alike(begins, whole)
    begins = begins.removesuffix(SHORTENED)
    return len(begins) >= KEPT and alike(begins, whole[: len(begins)])


def _braced(text: str, at: int) -> str:
    """Return what stands up to the brace that closes, its escaped signs as they are read."""
    level, end = 1, at
    while level and end < len(text):
        if text[end] == "\\":
            end += 2
            continue
        level += (text[end] == "{") - (text[end] == "}")
        end += 1
    return _SIGN.sub(lambda sign: _SIGNS[sign[0]], text[at : end - 1])
