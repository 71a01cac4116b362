"""A page as Sphinx writes it: each reference to an equation shows the number that stands beside it."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.errors import SphinxError

from derive.sphinx.colours import COLOURED
from derive.sphinx.drawings import INSTEAD, bptt_drawing
from derive.sphinx.twins import place_of

if TYPE_CHECKING:
    from sphinx.application import Sphinx


class PageError(SphinxError):
    """A page that does not say what was meant."""

    category = "bptt"


def setup(app: Sphinx) -> None:
    """Register what looks at the pages, last of all."""
    app.connect("doctree-resolved", _require_page, priority=900)


_ASSEMBLED = ("singlehtml", "latex", "texinfo", "man")
"""Builders that make one document of many pages."""


def _require_page(app: Sphinx, page: nodes.document, name: str) -> None:
    html = app.builder.format == "html"
    if app.builder.name not in _ASSEMBLED:
        _require_kept(app.env.get_doctree(name), page, name)
    for node in (*page.findall(nodes.math), *page.findall(nodes.math_block)):
        if html and node.get(COLOURED, node.astext()) != node.astext():
            raise _failed(name, f"the formula {node.astext()} is another")
    if app.config.numfig and app.config.math_numfig:
        # Then equations are numbered by the sections of the whole site, as they are written.
        return
    equations = app.env.domains.math_domain.equations
    for block in page.findall(nodes.math_block):
        if "bptt" in block["classes"] and block["number"] != equations[block["label"]][1]:
            raise _failed(name, f"{block['label']} has the number {block['number']}")
    places = {(of, place_of(app.env, label)): n for label, (of, n) in equations.items()}
    if app.builder.name not in _ASSEMBLED:
        _require_led(app, page, name, {*places})
    for node in page.findall(nodes.reference):
        number = places.get(_target(app, name, node, {of for of, _ in places}))
        shown = app.config.math_eqref_format or "({number})"
        # A reference with words of its own shows no number.
        alike = re.escape(shown).replace(re.escape("{number}"), r"\d+")
        said = node.astext()
        wrong = number is not None and said != shown.format(number=number)
        if wrong and re.fullmatch(alike, said):
            raise _failed(name, f"{said} leads to the equation with the number {number}")


def _require_kept(read: nodes.document, page: nodes.document, name: str) -> None:
    """Raise a `PageError` unless a page still has the equations and drawings that were read."""
    equations, kept = _equations(read), _equations(page)
    if kept != equations:
        problem = next((label for label in equations if kept.get(label) != equations[label]), "")
        raise _failed(name, f"the equation {problem or ', '.join(kept)} is not what was read")
    drawings = [_drawing(node) for node in read.findall(bptt_drawing)]
    # Where a builder draws nothing, the words stand there.
    words = [node.astext() for node in page.findall(nodes.paragraph) if node.get(INSTEAD)]
    shown = [_drawing(node) for node in page.findall(bptt_drawing)]
    if shown != drawings and (shown or words != [f"[{drawing[-1]}]" for drawing in drawings]):
        raise _failed(name, "its pictures are not those that were read")


def _require_led(
    app: Sphinx, page: nodes.document, name: str, places: set[tuple[str, str]]
) -> None:
    """Raise a `PageError` unless a page's references lead to the equations that its source names."""
    equations = app.env.domains.math_domain.equations
    labels = [
        node["reftarget"]
        for node in app.env.get_doctree(name).findall(pending_xref)
        if node["refdomain"] == "math" and node["reftarget"] in equations
    ]
    wanted = [(equations[label][0], place_of(app.env, label)) for label in labels]
    targets = (
        _target(app, name, node, {of for of, _ in places}) for node in page.findall(nodes.reference)
    )
    found = [target for target in targets if target in places]
    if missing := Counter(wanted) - Counter(found):
        said = ", ".join(id for _, id in missing)
        raise _failed(name, f"no reference leads to {said}, as its source says")


def _equations(page: nodes.document) -> dict[str, str]:
    """Return the formulas of equations of ours, with their colours, by their labels."""
    blocks = (node for node in page.findall(nodes.math_block) if "bptt" in node["classes"])
    return {node["label"]: node.get(COLOURED, node.astext()) for node in blocks}


def _drawing(node: bptt_drawing) -> tuple[str, ...]:
    return tuple(node[key] for key in ("figure", "svg", "tikz", "alt"))


def _target(app: Sphinx, page: str, node: nodes.Element, pages: set[str]) -> tuple[str, str]:
    """Return the page and the id that a reference leads to, empty where it leads elsewhere."""
    if "refid" in node:
        return page, node["refid"]
    address, _, id = node.get("refuri", "").partition("#")
    found = (of for of in sorted(pages) if app.builder.get_relative_uri(page, of) == address)
    return (next(found, ""), id) if id and node.get("internal") else ("", "")


def _failed(page: str, problem: str) -> PageError:
    return PageError(
        f"bptt: the page {page} does not say what was meant: {problem}. Nothing is shown; correct what "
        "numbers or colours it"
    )
