"""What a notebook shows: parts of a derivation as Markdown, pictures inside."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from derive.bptt.derivation import Derivation
from derive.chapters.handout import Handout
from derive.document.blocks import FigureBlock
from derive.embedding.pages import Page
from derive.embedding.parts import Parts
from derive.embedding.reading import asked_equations, require_caption
from derive.embedding.request import Request
from derive.expressions.equation import Equation
from derive.jupyter.reading import require_figure, require_figures, require_label, require_shown
from derive.render.text.dialects import dialect_named
from derive.render.text.source import plain
from derive.typesetting.layout import PagePrinter
from derive.typesetting.printing import Printer


@dataclass(frozen=True)
class ShownFigure:
    """A figure with its caption: an SVG that was read back.

    ``block`` and ``parts`` are what it is of, which it is held against when it is shown.
    """

    id: str
    caption: str
    svg: str
    block: FigureBlock = field(repr=False)
    parts: Parts = field(repr=False)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        made = {"image/svg+xml": self.svg, "text/plain": repr(self)}
        require_figure(made, self.block, self.parts)
        return made

    def __repr__(self) -> str:
        said = f"{self.id}: {self.caption}"
        require_label(said, self.block, self.parts)
        return said


@dataclass(frozen=True)
class Shown:
    """Parts of a derivation; ``derivation`` and ``equations`` are the objects that are shown."""

    request: Request
    parts: Parts

    @cached_property
    def derivation(self) -> Derivation:
        """Return the derivation, whose equations are checked as they are given out."""
        return self.parts.derivation

    @cached_property
    def equations(self) -> tuple[Equation, ...]:
        """Return the equations that were asked for, each checked."""
        return tuple(asked_equations(self.parts, self.request))

    @cached_property
    def figures(self) -> tuple[ShownFigure, ...]:
        """Return the figures that were asked for, all where no part was."""
        blocks = [b for b in self.parts.document.blocks if isinstance(b, FigureBlock)]
        asked = self.request.figures
        wanted = [b for b in blocks if self.request.whole or b.figure.id in asked]
        drawings: dict[str, str] = {}

        def kept(name: str, drawing: str) -> str:
            drawings[name.removesuffix(".svg")] = drawing
            return name

        # A page reads back what it draws.
        only = replace(
            self.request, equations=(), sections=(), code=False,
            figures=tuple(b.figure.id for b in wanted),
        )  # fmt: skip
        if wanted:
            Page(dialect_named("mkdocs"), kept).text(only, self.parts)
        say = plain(self.parts.document, PagePrinter(self.parts.notation, "plain")).say
        captions = [require_caption(say(b.caption), b, self.parts) for b in wanted]
        made = tuple(
            ShownFigure(b.figure.id, caption, drawings[b.figure.id], b, self.parts)
            for b, caption in zip(wanted, captions, strict=True)
        )
        require_figures([(one.id, one.block) for one in made], self.request, self.parts)
        return made

    @property
    def handout(self) -> Handout:
        """Return the whole handout with the checks of all its equations."""
        return self.parts.whole

    @cached_property
    def markdown(self) -> str:
        """Return what is shown, as Markdown for notebooks; errors as `derive.embedding.pages`."""
        page = Page(dialect_named("mkdocs"), _inside)
        return page.text(self.request, self.parts)

    @cached_property
    def forms(self) -> dict[str, str]:
        """Return what a notebook chooses from, read back; a `CheckError` if it is not what was asked."""
        made = {"text/markdown": self.markdown, "text/plain": self._plain()}
        require_shown(made, self.request, self.parts)
        return made

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return dict(self.forms)

    def __repr__(self) -> str:
        return self.forms["text/plain"]

    def _plain(self) -> str:
        printer = Printer(self.parts.notation, "plain")
        return "\n".join([repr(self.derivation), *map(printer.inline, self.equations)])


def _inside(name: str, drawing: str) -> str:
    """Return a picture as an address that needs no file: notebooks drop SVG that stands in text."""
    return f"data:image/svg+xml;base64,{base64.b64encode(drawing.encode()).decode()}"
