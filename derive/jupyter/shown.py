"""What a notebook shows: parts of a derivation as Markdown, pictures inside."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from derive.bptt.derivation import Derivation
from derive.chapters.handout import Handout
from derive.embedding.pages import Page
from derive.embedding.parts import Parts
from derive.embedding.request import Request
from derive.expressions.equation import Equation
from derive.render.text.dialects import dialect_named
from derive.typesetting.printing import Printer


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
        return tuple(map(self.parts.equation, self.request.equations))

    @property
    def handout(self) -> Handout:
        """Return the whole handout with the checks of all its equations."""
        return self.parts.whole

    @cached_property
    def markdown(self) -> str:
        """Return what is shown, as Markdown for notebooks; errors as `derive.embedding.pages`."""
        page = Page(dialect_named("mkdocs"), _inside)
        return page.text(self.request, self.parts)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/markdown": self.markdown, "text/plain": repr(self)}

    def __repr__(self) -> str:
        printer = Printer(self.parts.notation, "plain")
        return "\n".join([repr(self.derivation), *map(printer.inline, self.equations)])


def _inside(name: str, drawing: str) -> str:
    """Return a picture as an address that needs no file: notebooks drop SVG that stands in text."""
    return f"data:image/svg+xml;base64,{base64.b64encode(drawing.encode()).decode()}"
