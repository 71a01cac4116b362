"""Finished pictures read back: what their words say, how these are drawn, and what is where."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import unescape
from pathlib import Path

from derive.checks.axes import require_axes
from derive.checks.curves import require_functions
from derive.checks.plotlines import require_lines
from derive.document.blocks import Document, FigureBlock
from derive.document.figures import Figure, Plot, Typeset
from derive.document.language import load
from derive.errors import CheckError
from derive.publishing import graphed, plotted
from derive.publishing.legible import illegible
from derive.publishing.outlined import require_outlines
from derive.publishing.sentences import Sentences
from derive.publishing.spoken import labelled
from derive.publishing.wording import Wording, alike
from derive.reading import inline
from derive.reading.drawings import drawn, paper
from derive.reading.elements import DrawnWords
from derive.reading.passage import Passage, ReadingError

_NAMED = re.compile(r'^<svg [^>]*aria-labelledby="(?P<ids>[^"]*)"', re.MULTILINE)
_DESCRIBED = re.compile(r'<(?:title|desc) id="([^"]*)"')
_TITLE = re.compile(r'<title id="(?P<id>[^"]*)-title">(?P<text>[^<]*)</title>')


@dataclass(frozen=True)
class PictureReader:
    """Reads the pictures of a document; ``wording`` says what words it has, ``say`` sets labels.

    Of a network whose pictures were looked at when it was ``placed``, all must be legible.
    """

    document: Document
    sentences: Sentences
    wording: Wording
    say: Typeset
    placed: bool = True

    def differences(self, texts: Mapping[Path, str], tex: bool) -> Iterator[ReadingError | str]:
        """Yield what is said otherwise than meant; a `CheckError` for what is drawn otherwise."""
        drawings = {path.stem: Passage(text, path.name) for path, text in texts.items()}
        for block in self.document.blocks:
            if isinstance(block, FigureBlock):
                text = drawings.get(block.figure.id)
                if text is None:
                    yield f"there is no file of the picture {block.figure.id}"
                    return
                yield from self._drawing(block.figure, text, tex)
                if not tex:
                    yield from self._title(block, text)

    def _drawing(self, figure: Figure, text: Passage, tex: bool) -> Iterator[ReadingError]:
        elements = drawn(text)
        words = [e for e in elements if isinstance(e, DrawnWords)]
        if not tex:
            require_outlines(words, text)
        said = Passage("\n".join(e.text for e in words), text.name)
        meant = labelled(figure, load(self.document.language))
        yield from self.sentences.unordered(inline.of_latex(said), meant, said)
        if isinstance(figure, Plot):
            require_functions(figure)
            require_axes(figure)
            require_lines(figure)
            problems = plotted.misdrawn(figure, elements, self.say)
        else:
            problems = graphed.misdrawn(figure, elements, self.say)
        for problem in (
            *problems,
            *(illegible(elements, paper(text)) if self.placed else ()),
        ):
            raise CheckError(
                f"figure {figure.id} of {self.document.id} is not drawn as it was meant: "
                f"{text.name}: {problem}\nNothing is written; correct what draws it, or what reads it"
            )

    def _title(self, block: FigureBlock, text: Passage) -> Iterator[str]:
        """Compare what a picture says to those who cannot see it with the words below it."""
        found = _TITLE.search(text.text)
        said = unescape(found["text"]) if found else ""
        meant = self.wording.plain_words(block.caption)
        if not alike(said, meant) or (found and found["id"] != block.figure.id):
            yield f"{text.name} is called '{said}', where '{meant}' is meant"
        named = _NAMED.search(text.text)
        if named is None or set(named["ids"].split()) != set(_DESCRIBED.findall(text.text)):
            yield f"{text.name} is not named by its title and description"
