"""Figures in Sphinx: SVG beside the pages for HTML, TikZ for LaTeX, words elsewhere."""

from __future__ import annotations

import hashlib
import posixpath
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform

if TYPE_CHECKING:
    from sphinx.application import Sphinx


LOOKS = 'class="bptt-drawing" style="max-width:100%;height:auto;background:white"'
"""How a picture looks on a page of HTML."""

INSTEAD = "derive-instead"
"""The attribute of words in place of a drawing."""


class bptt_drawing(nodes.General, nodes.Element):  # noqa: N801  # as docutils names its nodes
    """A drawing: ``svg`` and ``tikz`` are its forms, ``alt`` says in words what it shows."""


def setup(app: Sphinx) -> None:
    """Register how a drawing is written."""
    app.add_node(
        bptt_drawing,
        html=(_html, _leave),
        latex=(_latex, _leave),
    )
    app.add_post_transform(DrawingWords)
    app.connect("config-inited", _prepare)


def _prepare(app: Sphinx, config: Any) -> None:
    """Add what drawings need to the preamble of LaTeX."""
    from derive.sphinx.signs import declared_signs
    from derive.typesetting.palette import INK

    colour = rf"\definecolor{{ink}}{{HTML}}{{{INK}}}"
    own = config.latex_elements.get("preamble", "")
    declared = declared_signs() if config.latex_engine == "pdflatex" else ""
    config.latex_elements["preamble"] = f"{own}\n{colour}\n\\newsavebox\\derivedrawing\n{declared}"
    app.add_latex_package("tikz")


def _html(visitor: Any, node: bptt_drawing) -> None:
    svg: str = node["svg"]
    name = f"bptt-{hashlib.sha256(svg.encode()).hexdigest()[:20]}.svg"
    builder = visitor.builder
    place = Path(builder.outdir) / builder.imagedir / name
    if not place.exists():
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(svg, encoding="utf-8")
    source = posixpath.join(builder.imgpath, name)
    visitor.body.append(f'<img src="{escape(source)}" alt="{escape(node["alt"])}" {LOOKS}/>\n')
    raise nodes.SkipNode


def _latex(visitor: Any, node: bptt_drawing) -> None:
    visitor.body.append(
        "\n\\begin{center}\n\\sbox\\derivedrawing{" + node["tikz"].strip() + "\\unskip}%\n"
        "\\ifdim\\wd\\derivedrawing>\\linewidth\\resizebox{\\linewidth}{!}"
        "{\\usebox\\derivedrawing}\\else\\usebox\\derivedrawing\\fi\n\\end{center}\n"
    )
    raise nodes.SkipNode


class DrawingWords(SphinxPostTransform):
    """Puts words in place of drawings where a builder has neither SVG nor TikZ."""

    default_priority = 400

    def run(self, **kwargs: object) -> None:
        """Replace the drawings of a page."""
        if self.app.builder.format in ("html", "latex"):
            return
        for node in list(self.document.findall(bptt_drawing)):
            words = nodes.paragraph("", f"[{node['alt']}]")
            words[INSTEAD] = True
            node.replace_self(words)


def _leave(visitor: Any, node: bptt_drawing) -> None:
    """Do nothing: all is done when a drawing is entered."""
