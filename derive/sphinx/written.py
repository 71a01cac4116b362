"""Pages as a builder writes them: pictures, what is said of them, and equations, each in its place."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from docutils import nodes

from derive.errors import CheckError, shown
from derive.publishing.fixed import require_looks, require_signs
from derive.sphinx.drawings import bptt_drawing
from derive.sphinx.resolved import PageError
from derive.sphinx.twins import place_of

if TYPE_CHECKING:
    from sphinx.application import Sphinx

_VOID = frozenset("area base br col embed hr img input link meta source track wbr".split())
_OWN = ("src", "alt")
"""What each picture has of its own; all else is how it looks."""

_TEX_EQUATION = re.compile(
    r"\\label\{equation:(?P<place>[^{}]*)\}(?P<tex>.*?)\\end\{equation\}", re.DOTALL
)
_TEX_DRAWING = re.compile(
    r"\\sbox\\derivedrawing\{(?P<tikz>.*?)\\unskip\}%(?P<rest>.*?)\\end\{figure\}", re.DOTALL
)
_TEX_FITTED = (
    "\n\\ifdim\\wd\\derivedrawing>\\linewidth\\resizebox{\\linewidth}{!}"
    "{\\usebox\\derivedrawing}\\else\\usebox\\derivedrawing\\fi\n\\end{center}\n"
)
"""How a drawing is set: as it is, or as wide as the text."""

_TEX_INK = re.compile(r"\\definecolor\{ink\}\{HTML\}\{(?P<value>\w+)\}")
_INK = "1F2328"
"""The colour of ink, written here a second time."""

_TEX_LABEL = re.compile(r"\\label\{\\detokenize\{(?P<place>[^{}]*)\}\}")


def setup(app: Sphinx) -> None:
    """Register what reads pages of HTML, and files of LaTeX, as they are written."""
    app.connect("html-page-context", _require_html, priority=900)
    app.connect("build-finished", _require_latex)


@dataclass
class WrittenBody(HTMLParser):
    """Reads the body of a page: our pictures, the figures that they stand in, and our equations."""

    pictures: list[tuple[str, str, str]] = field(default_factory=list)
    looks: set[str] = field(default_factory=set)
    equations: list[tuple[str, str, str]] = field(default_factory=list)
    _open: list[tuple[str, str, str]] = field(default_factory=list)
    _said: list[str] = field(default_factory=list)
    _number: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a picture, or the beginning of an equation."""
        said = {name: value or "" for name, value in attrs}
        classes = said.get("class", "").split()
        if tag == "img" and "bptt-drawing" in classes:
            figures = (
                id for kind, id, _ in reversed(self._open) if kind in ("figure", "div") and id
            )
            self.pictures.append((next(figures, ""), said.get("src", ""), said.get("alt", "")))
            rest = [f'{name}="{value}"' for name, value in said.items() if name not in _OWN]
            self.looks.add(" ".join(rest))
        elif tag == "img":
            # Where formulas are pictures, their words are the TeX.
            self._said.append(said.get("alt", ""))
        if tag in _VOID:
            return
        kind = "equation" if tag == "div" and {"math", "bptt"} <= {*classes} else ""
        if "eqno" in classes:
            kind = "number"
        if kind == "equation":
            self._said, self._number = [], []
        self._open.append((tag, said.get("id", ""), kind))

    def handle_endtag(self, tag: str) -> None:
        """Note an equation at its end."""
        while self._open:
            name, id, kind = self._open.pop()
            if kind == "equation":
                self.equations.append((id, "".join(self._number), " ".join(self._said)))
            if name == tag:
                return

    def handle_data(self, data: str) -> None:
        """Take what is said in an equation, or its number."""
        inside = any(kind == "number" for _, _, kind in self._open)
        (self._number if inside else self._said).append(data)


def _require_html(
    app: Sphinx,
    page: str,
    template: str,
    context: Mapping[str, Any],
    doctree: nodes.document | None,
) -> None:
    if doctree is None or "body" not in context:
        return
    body = WrittenBody()
    body.feed(context["body"])
    body.close()
    _require_pictures(app, page, body, [*doctree.findall(bptt_drawing)])
    blocks = [n for n in doctree.findall(nodes.math_block) if "bptt" in n["classes"]]
    if blocks and not body.equations:
        # A builder, or an extension, that writes mathematics in its own way.
        return
    if len(blocks) != len(body.equations):
        raise _failed(page, f"it has {len(body.equations)} equations, {len(blocks)} are meant")
    own = bool(app.config.numfig and app.config.math_numfig)
    for block, (id, said, tex) in zip(blocks, body.equations, strict=True):
        label = block["label"]
        if id != place_of(app.env, label):
            raise _failed(page, f"the equation {label} stands in the place {id}")
        if not own and not said.startswith(f"({block['number']})"):
            raise _failed(page, f"the equation {label} has the number {said}")
        if _spaced(block.astext()) not in _spaced(tex):
            raise _failed(page, f"in the place of {label} stands {tex.strip()}")


def _require_pictures(
    app: Sphinx, page: str, body: WrittenBody, drawings: list[bptt_drawing]
) -> None:
    if len(body.pictures) != len(drawings):
        raise _failed(page, f"it has {len(body.pictures)} pictures, {len(drawings)} are meant")
    with _as_page(page):
        for looks in body.looks:
            require_looks(looks)
    builder: Any = app.builder
    folder = Path(builder.get_outfilename(page)).parent
    for node, (id, source, said) in zip(drawings, body.pictures, strict=True):
        name = node["figure"]
        file = Path(posixpath.normpath(posixpath.join(folder.as_posix(), unquote(source))))
        if not file.is_file() or file.read_text(encoding="utf-8") != node["svg"]:
            raise _failed(page, f"the picture {name} is not what stands in {source}")
        if said != node["alt"]:
            raise _failed(
                page, f"the picture {name} is said to be {said!r}, {node['alt']!r} is meant"
            )
        if id and node.parent.get("ids") and id not in node.parent["ids"]:
            raise _failed(page, f"the picture {name} stands in the figure {id}")


def _require_latex(app: Sphinx, exception: Exception | None) -> None:
    if exception is not None or app.builder.format != "latex":
        return
    equations, drawings = _meant(app)
    for path in sorted(Path(app.outdir).glob("*.tex")):
        text = path.read_text(encoding="utf-8")
        for found in _TEX_EQUATION.finditer(text):
            meant = equations.get(found["place"])
            if meant is not None and _spaced(meant) not in _spaced(found["tex"]):
                raise _failed(path.name, f"in the place of {found['place']} stands {found['tex']}")
        if (equations or drawings) and app.config.latex_engine == "pdflatex":
            with _as_page(path.name):
                require_signs(text)
        inks = {found["value"] for found in _TEX_INK.finditer(text)}
        if drawings and inks - {_INK}:
            raise _failed(path.name, f"ink has the colour {' and '.join(inks)}")
        for found in _TEX_DRAWING.finditer(text):
            if not found["rest"].startswith(_TEX_FITTED):
                raise _failed(path.name, f"a drawing is set otherwise: {found['rest'][:200]}")
            places = [label["place"] for label in _TEX_LABEL.finditer(found["rest"])]
            known = [drawings[place] for place in places if place in drawings]
            if found["tikz"] not in (known or drawings.values()):
                raise _failed(path.name, f"in the figure {' '.join(places)} is another drawing")


def _meant(app: Sphinx) -> tuple[dict[str, str], dict[str, str]]:
    """Return the equations and the drawings of all pages, as they were read, by their labels."""
    equations, drawings = dict[str, str](), dict[str, str]()
    for page in sorted(app.env.found_docs):
        tree = app.env.get_doctree(page)
        for block in tree.findall(nodes.math_block):
            if "bptt" in block["classes"]:
                equations[f"{page}:{block['label']}"] = block.astext()
        for node in tree.findall(bptt_drawing):
            drawings |= {f"{page}:{id}": node["tikz"].strip() for id in node.parent["ids"]}
    return equations, drawings


@contextmanager
def _as_page(page: str) -> Iterator[None]:
    """Raise what is found of a page as an error of Sphinx, which stops the build."""
    try:
        yield
    except CheckError as error:
        raise _failed(page, str(error)) from error


def _spaced(text: str) -> str:
    return " ".join(text.split())


def _failed(page: str, problem: str) -> PageError:
    return PageError(
        f"bptt: {page} is not written as it was read: {shown(problem, 400)}. Correct what writes it"
    )
