"""What a notebook shows, read back as the notebook has it: each of its forms, and each figure."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from derive.checks.checked import CheckedDerivation
from derive.checks.requested import require_named
from derive.document.blocks import FigureBlock
from derive.embedding.meant import MeantPart
from derive.embedding.parts import Parts
from derive.embedding.reading import PageReader, asked_equations, part_reader, require_caption
from derive.embedding.request import Request
from derive.errors import CheckError, shown
from derive.render.page.numbering import number
from derive.render.text.source import plain
from derive.typesetting.layout import PagePrinter

_ADDRESS = re.compile(r"\]\((?P<address>data:image/svg\+xml;base64,(?P<code>[^)\s]*))\)")


def require_shown(made: Mapping[str, str], wanted: Request, found: Parts) -> None:
    """Raise a `CheckError` unless a bundle has both its forms, and each is what is meant."""
    _require_forms(made, "text/markdown", "text/plain")
    text = made["text/markdown"]
    figures = _figures(found, wanted)
    addresses = [*_ADDRESS.finditer(text)]
    if len(addresses) != len(figures):
        raise _failed(f"{len(addresses)} pictures are inside, {len(figures)} are meant")
    drawings: dict[str, tuple[str, str]] = {}
    for block, address in zip(figures, addresses, strict=True):
        drawing = address["address"], _decoded(address["code"])
        if drawings.setdefault(block.figure.id, drawing) != drawing:
            raise _failed(f"the picture {block.figure.id} is drawn in two ways")
    PageReader("mkdocs").require(text, wanted, found, drawings)
    _require_plain(made["text/plain"], wanted, found)


def require_typed(kept: object, text: str) -> None:
    """Raise a `CheckError` unless what a notebook keeps is the derivation of what was typed."""
    written = kept.cell.written if isinstance(kept, CheckedDerivation) else None
    if written is None or written.toml != text:
        raise _failed(f"what is kept under the name of the network is {kept!r}")


def require_figures(made: Sequence[tuple[str, FigureBlock]], wanted: Request, found: Parts) -> None:
    """Raise a `CheckError` unless these are the figures that are asked for, by their ids and blocks.

    What each shows is read when it is shown.
    """
    meant = [b for b in found.document.blocks if isinstance(b, FigureBlock)]
    if not wanted.whole:
        meant = [b for b in meant if b.figure.id in wanted.figures]
    if [*made] != [(block.figure.id, block) for block in meant]:
        raise _failed(f"the figures are {', '.join(id for id, _ in made) or 'none'}")


def require_label(said: str, block: FigureBlock, found: Parts) -> None:
    """Raise a `CheckError` unless a text is the id and the caption of a figure, formulas included."""
    id, _, caption = said.partition(": ")
    if id != block.figure.id:
        raise _failed(f"a figure is called {id}, {block.figure.id} is meant")
    require_caption(caption, block, found)
    # That compares the words; its formulas are compared letter by letter.
    meant = plain(found.document, PagePrinter(found.notation, "plain")).say(block.caption)
    if caption != meant:
        raise _failed(f"the caption of the figure {id} is {caption!r}, {meant!r} is meant")


def require_figure(made: Mapping[str, str], block: FigureBlock, found: Parts) -> None:
    """Raise a `CheckError` unless a bundle has the picture of a figure, and its id and caption."""
    _require_forms(made, "image/svg+xml", "text/plain")
    id = block.figure.id
    require_label(made["text/plain"], block, found)
    request = Request(found.network, figures=(id,))
    labels = number(found.document)
    shown_labels = {block.id: labels[block.id]}
    reading = part_reader(
        found, MeantPart(found.document, request), (block,), shown_labels, "mkdocs"
    )
    reading.read_drawings({Path(f"{id}.svg"): made["image/svg+xml"]}, tex=False)


def _figures(found: Parts, wanted: Request) -> list[FigureBlock]:
    if not (wanted.sections or wanted.figures or wanted.whole):
        return []
    blocks = MeantPart(found.document, wanted).blocks
    return [block for block in blocks if isinstance(block, FigureBlock)]


def _require_plain(text: str, wanted: Request, found: Parts) -> None:
    head, *lines = text.split("\n")
    require_named(head, found.derivation)
    equations = asked_equations(found, wanted)
    if len(lines) != len(equations):
        raise _failed(f"as plain text it has {len(lines)} formulas, {len(equations)} are meant")
    for equation, line in zip(equations, lines, strict=True):
        found.require(equation, line, "plain")


def _require_forms(made: Mapping[str, str], *forms: str) -> None:
    if sorted(made) != [*forms]:
        raise _failed(f"its forms are {', '.join(made)}, {', '.join(forms)} are meant")


def _decoded(code: str) -> str:
    try:
        return base64.b64decode(code, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise _failed("the address of a picture holds none") from error


def _failed(problem: str) -> CheckError:
    return CheckError(
        f"what a notebook would show is not what was meant: {shown(problem)}. Nothing is shown; "
        "correct what makes it"
    )
