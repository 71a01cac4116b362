"""What a page can refer to: its equations, numbered by Sphinx, and its sections, figures and tables."""

from __future__ import annotations

from collections.abc import Sequence

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from derive.errors import UsageError
from derive.sphinx.colours import COLOURED
from derive.sphinx.twins import apart, plain_id


def numbered(directive: SphinxDirective, label: str, tex: str, coloured: str) -> list[nodes.Node]:
    """Return an equation under a label, as Sphinx's own directive makes it."""
    # Sphinx renamed the attribute.
    node = nodes.math_block(
        tex, tex, label=label, docname=directive.env.docname, classes=["bptt"],
        **{"no-wrap": False, "nowrap": False},
    )  # fmt: skip
    if coloured != tex:
        node[COLOURED] = coloured
    directive.set_source_info(node)
    return [nodes.target("", "", ids=[plain_id(label)], equation=label), node]


def register(directive: SphinxDirective, made: Sequence[nodes.Node]) -> None:
    """Have equations numbered, and all places found by `:eq:`, `:ref:` and `:numref:`.

    A `UsageError` if the site has one of them already; then none is registered.
    """
    document, domain = directive.state.document, directive.env.domains.math_domain
    equations = [node for root in made for node in root.findall(nodes.math_block)]
    places = [node for root in made for node in root.findall(nodes.Element) if node.get("ids")]
    for node in equations:
        if node["label"] in domain.equations:
            page = domain.equations[node["label"]][0]
            where = "this page" if page == directive.env.docname else f"the page {page!r}"
            raise _twice(f"the equation {node['label']!r}", where)
    _require_apart([node["label"] for node in equations])
    others = [place["ids"][0] for place in places if "equation" not in place]
    for name in others:
        if name in document.ids:
            raise _twice(f"the place {name!r}", "this page")
    _require_apart(others)
    taken = {*document.ids, *others}
    for place in places:
        if "equation" in place:
            place["ids"] = [apart(directive.env, directive.env.docname, place["equation"], taken)]
            taken.add(place["ids"][0])
    for node in equations:
        domain.note_equation(directive.env.docname, node["label"], location=node)
        node["number"] = domain.get_equation_number_for(node["label"])
    for place in places:
        document.note_explicit_target(place)


def _require_apart(names: Sequence[str]) -> None:
    """Raise a `UsageError` if two places have one name."""
    for name in names:
        if names.count(name) > 1:
            raise UsageError(
                f"two places here are both called {name!r}: name it once, or in a file of equations, "
                "where Sphinx writes names in small letters, rename what differs only in that, such "
                "as W and w"
            )


def _twice(what: str, where: str) -> UsageError:
    return UsageError(
        f"{what} stands on {where} already; give it another name here by the option label-prefix"
    )
