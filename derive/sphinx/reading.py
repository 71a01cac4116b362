"""The nodes of a page read back, before Sphinx has them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from docutils import nodes

from derive.document.blocks import Block
from derive.embedding.parts import Parts
from derive.embedding.reading import part_reader
from derive.publishing.readback import ReadBack
from derive.reading.display import DisplayedText
from derive.reading.passage import Passage
from derive.render.page.numbering import Numbering
from derive.sphinx.colours import COLOURED
from derive.sphinx.drawings import bptt_drawing


def require_nodes(
    made: Sequence[nodes.Node],
    found: Parts,
    blocks: tuple[Block, ...],
    labels: Numbering,
    here: frozenset[str],
    prefix: str,
) -> None:
    """Raise a `CheckError` unless the formulas and drawings of some nodes are those of their blocks."""
    reading = part_reader(found, blocks, labels, here, "myst")
    for coloured in (False, True):
        displays = list(_displays(made, labels, prefix, coloured))
        if not coloured:
            _require_bare(displays, found, reading)
            continue
        sentences = [_passage(node, coloured) for node in _of(made, nodes.math)]
        reading.read_formulas(Passage("", "the page"), displays, sentences)
    # Without colours a sentence is the same, as none stand in it.
    drawings = _of(made, bptt_drawing)
    for form, tex in (("svg", False), ("tikz", True)):
        reading.read_drawings({Path(f"{d['figure']}.{form}"): d[form] for d in drawings}, tex)


def _require_bare(displays: list[DisplayedText], found: Parts, reading: ReadBack) -> None:
    for display in displays:
        equation = reading.equations.get(display.labels[0])
        if equation is not None:
            found.shown(reading.handout, equation, display.passage.inner)


def _displays(
    made: Sequence[nodes.Node], labels: Numbering, prefix: str, coloured: bool
) -> Iterator[DisplayedText]:
    for node in _of(made, nodes.math_block):
        label = labels[node["label"].removeprefix(prefix)].anchor
        yield DisplayedText((label,), _passage(node, coloured))


def _passage(node: nodes.Element, coloured: bool) -> Passage:
    text = node.get(COLOURED, node.astext()) if coloured else node.astext()
    return Passage(text, "the page")


def _of(made: Sequence[nodes.Node], kind: type[nodes.Element]) -> list[nodes.Element]:
    return [node for root in made for node in root.findall(kind)]
