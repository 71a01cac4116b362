"""One equation as a text of its own, read back before it is given out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import unescape

from sympy import MatrixExpr

from derive.checks.readback import ReadComparison, ReadingSource
from derive.errors import CheckError, checking
from derive.expressions.equation import Equation, Kind
from derive.publishing.colours import unmeant
from derive.publishing.outlined import require_outlines
from derive.publishing.papered import require_frame
from derive.reading.drawings import drawn
from derive.reading.elements import DrawnWords
from derive.reading.meaning import read, read_plain
from derive.reading.passage import Passage, ReadingError
from derive.reading.shapes import ANY
from derive.typesetting.notation import Notation
from derive.typesetting.palette import INK

_FENCED = re.compile(r"\$\$\n(?P<tex>.*)\n\$\$", re.DOTALL)
_TITLE = re.compile(r"<title id=\"[^\"]*\">(?P<text>[^<]*)</title>")
_WORDS = re.compile(
    r"<g fill=\"#(?P<colour>[0-9A-F]{6})\" aria-label=(?P<quote>[\"'])\$(?P<tex>.*?)\$(?P=quote) "
)


@dataclass(frozen=True)
class ShownEquations:
    """Reads texts of equations back; ``source`` checked them, and knows their quantities."""

    source: ReadingSource
    notation: Notation

    def require(self, equation: Equation, text: str, manner: str) -> str:
        """Return a text that says what was checked; a `CheckError` for any other.

        ``manner`` is latex, markdown, plain or svg.
        """
        with checking(f"the text of equation {equation.id}"):
            for passage, plain in _passages(text, manner):
                self._require(equation, passage, plain, coloured=manner in ("markdown", "svg"))
            if manner == "svg":
                self._require_drawn(equation, Passage(text, "the picture"))
        return text

    def _require_drawn(self, equation: Equation, picture: Passage) -> None:
        try:
            words = [element for element in drawn(picture) if isinstance(element, DrawnWords)]
            require_outlines(words, picture)
            require_frame(words, equation.id, picture)
        except ReadingError as error:
            raise self._failed(equation, error) from error

    def _require(self, equation: Equation, passage: Passage, plain: bool, coloured: bool) -> None:
        vocabulary = self.source.vocabulary(equation, self.notation.symbols)
        doubted = equation.kind is Kind.REFUTED
        comparison = ReadComparison(equation, self.source, coloured=coloured and not plain)
        # An expression alone stands beside nothing that tells its shape.
        single = len(equation.sides) == 1 and isinstance(equation.left, MatrixExpr)
        wanted = equation.left.shape if single else ANY
        try:
            if plain:
                formula = read_plain(passage, vocabulary, self.notation.plain, doubted, wanted)
            else:
                formula = read(passage, vocabulary, doubted, wanted)
            for difference in comparison.differences(formula):
                raise ReadingError(difference.problem, passage, difference.at)
            _require_colours(comparison.colours, passage)
        except ReadingError as error:
            raise self._failed(equation, error) from error

    def _failed(self, equation: Equation, error: ReadingError) -> CheckError:
        return CheckError(
            f"equation {equation.id} is not printed as it was checked: {error}\n"
            f"Nothing is shown; correct what prints it in the notation {self.notation.name}, "
            "or what reads it"
        )


def _passages(text: str, manner: str) -> list[tuple[Passage, bool]]:
    """Return the formulas in a text, and whether they are plain text."""
    if manner == "markdown":
        found = _FENCED.fullmatch(text)
        inner = text if found is None else found["tex"]
        return [(Passage(inner, "the text"), False)]
    if manner == "svg":
        title = _TITLE.search(text)
        said = "" if title is None else unescape(title["text"])
        drawn = "".join(_piece(m["colour"], unescape(m["tex"])) for m in _WORDS.finditer(text))
        return [(Passage(said, "the title"), True), (Passage(drawn, "the picture"), False)]
    return [(Passage(text, "the text"), manner == "plain")]


def _piece(colour: str, tex: str) -> str:
    """Return a piece of a drawn line as TeX, in its colour if it has one of its own."""
    return f" {tex} " if colour == INK else rf" \textcolor{{#{colour}}}{{{tex}}} "


def _require_colours(colours: Mapping[tuple[int, int], str], passage: Passage) -> None:
    for (step, steps), colour in colours.items():
        problem = unmeant(step, steps, colour.removeprefix("#"))
        if problem is not None:
            raise ReadingError(problem, passage, passage.start)
