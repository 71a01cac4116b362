"""What a page of HTML says of its document as a whole, and what it carries with it."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator

from derive.document.blocks import Document
from derive.document.language import load
from derive.publishing.fixed import require_page
from derive.publishing.wording import Wording, alike
from derive.reading.htmlpage import HtmlPage
from derive.reading.htmltree import HtmlElement, HtmlText
from derive.reading.passage import ReadingError
from derive.reading.statements import SourceStatement, of_css

_NAMED = ("author", "description")
_POLICY = "http-equiv"


def misdescribed_page(document: Document, page: HtmlPage, wording: Wording) -> Iterator[str]:
    """Yield what a page says of its document as a whole otherwise than it is.

    A `CheckError` for a head, sheets or scripts that are not those of all pages.
    """
    require_page([*carried_with(page)])
    author = wording.plain_value(document.author or "")
    wanted = {
        "title": [wording.plain_value(document.title)],
        "author": [author] if author else [],
        "description": [load(document.language).entries["ui.subject"]],
        "language": [document.language],
        "policy": [_policy(page)],
    }
    for name, meant in wanted.items():
        there = _said(page, name)
        if len(there) != len(meant) or not all(map(alike, there, meant)):
            yield (
                f"the {name} of the page is {' and '.join(there)!r}, where "
                f"{' and '.join(meant)!r} is meant"
            )


def _said(page: HtmlPage, name: str) -> list[str]:
    """Return what a page says under a name, once or more often."""
    head, _ = page.parts
    if name == "title":
        return [one.text for one in head.elements if one.name == name]
    if name == "language":
        return [page.root.attributes.get("lang", "")]
    metas = [one.attributes for one in head.elements if one.name == "meta"]
    if name == "policy":
        return [one.get("content", "") for one in metas if _POLICY in one]
    return [one.get("content", "") for one in metas if one.get("name") == name]


def _policy(page: HtmlPage) -> str:
    """Return what a page may allow itself: the sheets and scripts that stand in it, and no network."""
    styles, scripts = " ".join(_digests(page, "style")), " ".join(_digests(page, "script"))
    return (
        f"default-src 'none'; style-src {styles}; script-src {scripts}; font-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _digests(page: HtmlPage, name: str) -> Iterator[str]:
    for one in page.root.within():
        if one.name == name:
            raw = hashlib.sha256(one.text.encode()).digest()
            yield f"'sha256-{base64.b64encode(raw).decode('ascii')}'"


def carried_with(page: HtmlPage) -> Iterator[SourceStatement]:
    """Yield what is the same in all pages: tags, the parts of the head, style sheets and scripts."""
    head, body = page.parts
    root = {name: value for name, value in page.root.attributes.items() if name != "lang"}
    for name, attributes in (("html", root), ("head", head.attributes), ("body", body.attributes)):
        yield _tag(name, attributes)
    for part in head.parts:
        if isinstance(part, HtmlText):
            if part.text.strip():
                raise ReadingError("words stand in the head", page.document, part.at)
        elif part.attributes.get("name") != "author" or part.attributes.keys() != {
            "name",
            "content",
        }:
            yield from _of_head(part)
    for one in body.elements:
        if one.name == "script":
            yield from _of_head(one)


def _of_head(one: HtmlElement) -> Iterator[SourceStatement]:
    varies = one.attributes.get("name") in _NAMED or _POLICY in one.attributes
    yield _tag(one.name, {**one.attributes, **({"content": ""} if varies else {})})
    if one.name == "style" and "data:" not in one.text:
        yield from of_css(one.text)
    elif one.name in ("style", "script"):
        # Nobody reads letters, or the code of another: it is the same, or it is not.
        yield SourceStatement(one.name, one.text.strip())
    elif one.elements:
        yield SourceStatement(one.name, one.text)


def _tag(name: str, attributes: dict[str, str]) -> SourceStatement:
    said = "".join(f' {key}="{value}"' for key, value in sorted(attributes.items()))
    return SourceStatement(name, f"<{name}{said}>")
