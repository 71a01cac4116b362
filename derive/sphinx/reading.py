"""The nodes of a page read back, before Sphinx has them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from docutils import nodes

from derive.document.blocks import Algorithm, FigureBlock, Heading, TableBlock
from derive.embedding.meant import MeantPart, numbered
from derive.embedding.parts import Parts
from derive.embedding.reading import asked_equations, part_reader
from derive.embedding.request import Request
from derive.errors import CheckError
from derive.publishing.readback import ReadBack
from derive.publishing.wording import unlike
from derive.reading.display import DisplayedText
from derive.reading.passage import Passage, ReadingError
from derive.reading.words import Word, WordSequence
from derive.render.page.numbering import ReferenceLabel, number
from derive.sphinx.colours import COLOURED
from derive.sphinx.drawings import bptt_drawing
from derive.sphinx.wording import NodeWording
from derive.sphinx.words import NodeWords

_NOWHERE = Passage("", "the page")

_PLACED = (Heading, FigureBlock, TableBlock, Algorithm)
_PLACES = (nodes.section, nodes.figure, nodes.table, nodes.container)


def require_nodes(made: Sequence[nodes.Node], found: Parts, wanted: Request, counted: bool) -> None:
    """Raise a `CheckError` unless some nodes are what is meant by a request.

    ``counted`` is whether Sphinx numbers figures and tables.
    """
    asked, words = asked_equations(found, wanted), WordSequence()
    for equation, node in zip(asked, _of(made, nodes.math_block), strict=False):
        for coloured, manner in ((False, "latex"), (True, "markdown")):
            found.require(equation, _passage(node, coloured).inner, manner)
    for equation in asked:
        words.sign("anchor", wanted.prefix + equation.id)
        words.sign("display", wanted.prefix + equation.id)
    reading: ReadBack | None = None
    if wanted.sections or wanted.figures or wanted.whole:
        reading = _require_blocks(made, found, wanted, counted, words)
    if wanted.code:
        words.sign("listing", f"python {found.code}")
    said = _require_words(made, words.taken())
    if reading is not None:
        # The whole module, which comes last, was checked by itself.
        reading.require_code(said[:-1] if wanted.code else said)


def _require_blocks(
    made: Sequence[nodes.Node], found: Parts, wanted: Request, counted: bool, words: WordSequence
) -> ReadBack:
    """Read formulas and drawings, and say what words are meant; return what read them."""
    meant, labels = MeantPart(found.document, wanted), number(found.document)
    known = {id: labels[id] for section in meant.sections for _, id in numbered(section)}
    reading = part_reader(found, meant, meant.blocks, known, "myst")
    equations = _of(made, nodes.math_block)[len(wanted.equations) :]
    for coloured in (False, True):
        displays = [_display(node, labels.labels, wanted.prefix, coloured) for node in equations]
        if not coloured:
            _require_bare(displays, found, reading)
            continue
        sentences = [_passage(node, coloured) for node in _of(made, nodes.math)]
        reading.read_formulas(_NOWHERE, displays, sentences)
    # Without colours a sentence is the same, as none stand in it.
    drawings = _of(made, bptt_drawing)
    for form, tex in (("svg", False), ("tikz", True)):
        reading.read_drawings({Path(f"{d['figure']}.{form}"): d[form] for d in drawings}, tex)
    NodeWording(
        found.document,
        "",
        formula=reading.bare_formula,
        words=words,
        part=meant,
        ids=_ids(made, meant, labels.labels),
        known=frozenset(known),
        counted=counted,
    ).say_part()
    return reading


def _ids(
    made: Sequence[nodes.Node], meant: MeantPart, labels: Mapping[str, ReferenceLabel]
) -> dict[str, str]:
    """Return the ids of what can be referred to, as the nodes have them, by those of the handout.

    They are as Sphinx writes them, with a number behind those that would be one without capitals.
    """
    places = [node for root in made for node in root.findall() if isinstance(node, _PLACES)]
    placed = [block for block in meant.blocks if isinstance(block, _PLACED)]
    found: dict[str, str] = {}
    for node, block in zip(places, placed, strict=False):
        plain = nodes.make_id(meant.request.prefix + nodes.make_id(labels[block.id].anchor))
        named = [id for id in node["ids"] if re.fullmatch(rf"{re.escape(plain)}(-\d+)?", id)]
        others = {id for of, id in found.items() if of != block.id}
        if node["ids"] != named or node["names"] != named or len({*named} - others) != 1:
            raise _failed(f"{block.id} is called {node['ids']}, {plain} is meant")
        found[block.id] = named[0]
    return found


def _require_words(made: Sequence[nodes.Node], meant: list[Word]) -> list[Word]:
    """Return the words of a page; a `CheckError` unless they are those that are meant."""
    try:
        found = NodeWords(made, _NOWHERE).read()
        for difference in unlike(found, meant, _NOWHERE):
            raise difference
    except ReadingError as error:
        raise _failed(error.problem) from error
    return found


def _failed(problem: str) -> CheckError:
    return CheckError(
        f"the page does not say what was meant: {problem}. Nothing is shown; correct what makes the "
        "page, or what reads it"
    )


def _require_bare(displays: list[DisplayedText], found: Parts, reading: ReadBack) -> None:
    for display in displays:
        equation = reading.equations.get(next(iter(display.labels), ""))
        if equation is not None:
            found.shown(reading.handout, equation, display.passage.inner)


def _display(
    node: nodes.Element, labels: Mapping[str, ReferenceLabel], prefix: str, coloured: bool
) -> DisplayedText:
    label = labels.get(node["label"].removeprefix(prefix))
    return DisplayedText(() if label is None else (label.anchor,), _passage(node, coloured))


def _passage(node: nodes.Element, coloured: bool) -> Passage:
    text = node.get(COLOURED, node.astext()) if coloured else node.astext()
    return Passage(text, "the page")


def _of(made: Sequence[nodes.Node], kind: type[nodes.Element]) -> list[nodes.Element]:
    return [node for root in made for node in root.findall(kind)]
