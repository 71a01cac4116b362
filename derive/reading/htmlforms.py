"""The elements of a page of HTML: which attributes each has.

What is anything else is refused, so that nothing can be hidden, moved or made to act by a page.
"""

from __future__ import annotations

from collections.abc import Mapping

from derive.reading.htmltree import HtmlElement

_FORMS: Mapping[str, tuple[frozenset[str], frozenset[str]]] = {
    name: (frozenset(needed.split()), frozenset(kinds.split(",")))
    for name, needed, kinds in (
        ("header", "", ""), ("h1", "", ""), ("nav", "aria-labelledby", ""), ("main", "id", ""),
        ("h2", "", ""), ("h3", "id", ""),
        ("p", "", ",author,terms,setting,overflow,count,controls"),
        ("ul", "", ",results"), ("ol", "", ",notes"),
        ("li", "", ",level-1,level-2,in-0,in-1,in-2,in-3"),
        ("div", "", "displays,display,formula,notes,table,code,plot"), ("figure", "id", ",algorithm"),
        ("figcaption", "", ""), ("table", "id", ""), ("caption", "", ""), ("thead", "", ""),
        ("tbody", "", ""), ("tr", "", ""), ("th", "scope", "l,c,r"), ("td", "", "l,c,r"),
        ("code", "", ",line"), ("em", "", ""), ("strong", "", ""), ("span", "", ",tex"),
        ("a", "href", ",skip,number,address,web"), ("button", "type", ",step"),
        ("details", "", "check,factors,steps,horizon"), ("summary", "", ""),
        # Panels, and the box for a derivation.
        ("section", "id", "panel"), ("dialog", "id aria-label", ""), ("label", "for", ""),
        ("input", "type id min max step value", ""), ("select", "id", ""), ("option", "value", ""),
        ("output", "", ""),
    )
}  # fmt: skip
"""The elements of a body: which attributes each has, and which classes it may have."""

_MAY_HAVE = {
    ("p", ""): {"id", "data-factor"}, ("div", "display"): {"id", "data-paths"},
    ("span", ""): {"id"}, ("span", "tex"): {"data-tex"},
    ("button", ""): {"id", "value"}, ("h2", ""): {"id"},
    ("div", "formula"): {"data-factors", "data-tex"},
    ("div", "plot"): {"id", "role", "aria-label"}, ("details", "horizon"): {"id"},
    ("ol", ""): {"id"}, ("option", ""): {"selected"}, ("output", ""): {"id", "for"},
}  # fmt: skip
"""What elements may have, beside the attributes that they always do."""

CONTROLS = ("label", "input", "select", "option", "output", "button")
"""What a reader sets, and where a script answers."""


def unformed(one: HtmlElement) -> str | None:
    """Return what is wrong with an element of a page by itself, None if nothing is."""
    if one.name not in _FORMS:
        return f"<{one.name}> is no element of a page"
    needed, kinds = _FORMS[one.name]
    has = one.attributes.keys() - {"class"}
    may = needed | _MAY_HAVE.get((one.name, one.kind), set())
    if not needed <= has <= may or one.kind not in kinds:
        said = " ".join(f'{name}="{value}"' for name, value in one.attributes.items())
        return f"<{one.name}> has other attributes than it may: {said}"
    return None


def attributes_of(one: HtmlElement) -> str:
    """Return all attributes of an element as words, in the order of their names."""
    return " ".join(f"{name}={value}" for name, value in sorted(one.attributes.items()))
