"""Colours of temporal contributions, where a builder's mathematics has colours."""

from __future__ import annotations

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform

COLOURED = "derive-coloured"
"""The attribute of a formula that has it in colours."""


class Colouring(SphinxPostTransform):
    """Puts in the coloured form of a formula for HTML, which names colours by their digits."""

    default_priority = 400
    formats = ("html",)

    def run(self, **kwargs: object) -> None:
        """Replace the texts of formulas."""
        for kind in (nodes.math_block, nodes.math):
            for node in self.document.findall(kind):
                coloured = node.get(COLOURED)
                if coloured is not None:
                    node.children = []
                    node += nodes.Text(coloured)
