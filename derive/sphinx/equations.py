"""An equation of a page, numbered by Sphinx."""

from __future__ import annotations

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from derive.sphinx.colours import COLOURED


def numbered(directive: SphinxDirective, label: str, tex: str, coloured: str) -> list[nodes.Node]:
    """Return a numbered equation under a label, as Sphinx's own directive makes it."""
    docname, domain = directive.env.docname, directive.env.domains.math_domain
    # Sphinx renamed the attribute.
    node = nodes.math_block(
        tex, tex, label=label, docname=docname, classes=["bptt"],
        **{"no-wrap": False, "nowrap": False},
    )  # fmt: skip
    if coloured != tex:
        node[COLOURED] = coloured
    directive.set_source_info(node)
    domain.note_equation(docname, label, location=node)
    node["number"] = domain.get_equation_number_for(label)
    target = nodes.target("", "", ids=[nodes.make_id(f"equation-{label}")])
    directive.state.document.note_explicit_target(target)
    return [target, node]
