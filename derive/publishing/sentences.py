"""Mathematics within sentences and tables, read back and compared with what was to be said."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Protocol

from sympy import Basic, Integer, MatAdd, MatMul, Number, OneMatrix, Symbol, Tuple

from derive.checks.normal import Normal
from derive.checks.readback import ReadComparison
from derive.checks.vocabulary import indices_in, quantities_in
from derive.document import text as spoken_text
from derive.expressions.derivatives import Gradient, Partial
from derive.expressions.equation import Equation, Kind, Step
from derive.expressions.quantities import Scalar, T, t
from derive.expressions.shown import Rounded
from derive.publishing.spoken import Spoken
from derive.reading import numerals
from derive.reading.meaning import read, read_plain
from derive.reading.parts import ReadFormula, Whole
from derive.reading.passage import Passage, ReadingError
from derive.reading.typst import typst_numeral
from derive.reading.vocabulary import Vocabulary

SMALLEST = -12
"""A bound on a rounding error below this power of ten says as much about the machine."""

MOST_CHOSEN = 6
"""How many significant digits a number has that was chosen: one that has no more is written in full."""

LEAST = 2
"""How many significant digits a rounded number keeps."""

ARITHMETIC = Decimal("1e-12")
"""How far from a number, relative to it, the arithmetic that computed it may have led."""


class FormulaReader(Protocol):
    """What reads a formula, in one of the ways in which formulas are written."""

    def __call__(
        self, passage: Passage, known: Vocabulary, /, lenient: bool = False
    ) -> ReadFormula: ...


@dataclass(frozen=True)
class Sentences:
    """Compares formulas within lines; ``vocabulary`` is that of the document's cell."""

    vocabulary: Vocabulary

    def differences(
        self, found: Iterable[Passage], meant: Iterable[Spoken], text: Passage
    ) -> Iterator[ReadingError]:
        """Yield what is written otherwise than meant, formula by formula."""
        waiting = iter(meant)
        for passage in found:
            value = next(waiting, None)
            if value is None:
                yield ReadingError("no mathematics is meant here", passage, passage.start)
                return
            try:
                problem = self.problem(passage, value)
            except ReadingError as error:
                yield error
                return
            if problem is not None:
                yield ReadingError(problem, passage, passage.start)
        if next(waiting, None) is not None:
            yield ReadingError("mathematics is missing in the text", text, text.stop)

    def unordered(
        self, found: Iterable[Passage], meant: Iterable[Spoken], text: Passage
    ) -> Iterator[ReadingError]:
        """Yield what is written but not meant, or meant but not written, in whatever order."""
        waiting = list(meant)
        for passage in found:
            at = next((n for n, value in enumerate(waiting) if self._says(passage, value)), None)
            if at is None:
                yield ReadingError("no label is meant that says so", passage, passage.start)
                return
            del waiting[at]
        if waiting:
            yield ReadingError("the mathematics of a label is missing", text, text.stop)

    def _says(self, passage: Passage, value: Spoken) -> bool:
        try:
            return self.problem(passage, value) is None
        except ReadingError:
            return False

    def problem(self, passage: Passage, value: Spoken) -> str | None:
        """Return what a formula says otherwise than meant, or None."""
        if isinstance(value, spoken_text.Number):
            return _number(_numeral(passage), value)
        if isinstance(value, spoken_text.Bound):
            return _bound(_numeral(passage), abs(float(value.value)))
        return self._problem(passage, value, read)

    def plain_problem(
        self, passage: Passage, value: Spoken, plain: Mapping[str, str]
    ) -> str | None:
        """Return what plain text says otherwise than meant; ``plain`` are the letters of a notation."""
        if isinstance(value, spoken_text.Number):
            return _number(_in_tex(passage.inner), value)
        if isinstance(value, spoken_text.Bound):
            return _bound(_in_tex(passage.inner), abs(float(value.value)))

        def read_so(passage: Passage, known: Vocabulary, lenient: bool = False) -> ReadFormula:
            return read_plain(passage, known, plain, lenient)

        return self._problem(passage, value, read_so)

    def _problem(
        self, passage: Passage, value: Basic | Equation | int, read_so: FormulaReader
    ) -> str | None:
        if isinstance(value, int):
            return None if passage.inner == str(value) else f"{value} is meant"
        if isinstance(value, Tuple):
            return self._shape(passage, value, read_so)
        equation = value
        if not isinstance(value, Equation):
            equation = Equation("", Kind.IDENTITY, (value,), Step("say"))
        known = self._known(equation.sides)
        formula = read_so(passage, known, lenient=equation.kind is Kind.REFUTED)
        exprs = [side.expr for side in formula.sides if isinstance(side, Whole)]
        comparison = ReadComparison(equation, _Unseen(self.vocabulary), coloured=False)
        if len(exprs) == len(equation.sides) and all(map(_same, exprs, equation.sides)):
            return next((d.problem for d in comparison.signs(formula)), None)
        return next((d.problem for d in comparison.differences(formula)), "it is not what is meant")

    def _shape(self, passage: Passage, shape: Tuple, read_so: FormulaReader) -> str | None:
        cross = re.search(r"\\times|×", passage.inner)
        if cross is None:
            return "a shape is meant, with a cross between its numbers"
        at, behind = passage.start + cross.start(), passage.start + cross.end()
        parts = passage.part(passage.start, at), passage.part(behind, passage.stop)
        for part, size in zip(parts, shape, strict=True):
            (side,) = read_so(part, self._known((size,))).sides
            if not isinstance(side, Whole) or _size(side.expr) != size:
                return f"the size {size} is meant in {part.inner.strip()}"
        return None

    def _known(self, exprs: tuple[Basic, ...]) -> Vocabulary:
        """Return what letters may stand for in a sentence: another cell's quantities come first."""
        own, spelled = quantities_in(exprs), self.vocabulary.spelled
        taken = {(spelled(q), q.indices) for q in own}
        others = [q for q in self.vocabulary.quantities if (spelled(q), q.indices) not in taken]
        letters = {s for e in exprs for s in e.free_symbols if isinstance(s, Symbol)}
        # 1/T is no 1/n: the number of steps is no size.
        sizes = {s.name: s for s in letters - {t, T}}
        return replace(
            self.vocabulary,
            quantities=(*own, *others),
            sizes={**self.vocabulary.sizes, **sizes},
            indices=indices_in(exprs),
        )


@dataclass(frozen=True)
class _Unseen:
    """A source without numbers: what a sentence mentions has no value to compare."""

    known: Vocabulary

    def vocabulary(self, equation: Equation, symbols: Mapping[str, str]) -> Vocabulary:
        return self.known

    def apart(self, equation: Equation, read: Basic, meant: Basic) -> str | None:
        return "within a sentence only the same expression will do"


def _numeral(passage: Passage) -> str:
    """Return a number as it would be written in TeX."""
    return typst_numeral(passage) if passage.dialect == "typst" else passage.inner


def _in_tex(plain: str) -> str:
    """Return a number that is written in plain text as it would be in TeX."""
    return plain.replace("·", r" \cdot ").replace("∞", r"\infty")


def _number(tex: str, meant: spoken_text.Number) -> str | None:
    found, value = numerals.number(tex), float(meant.value)
    if found is None:
        return "a number is meant"
    if not found.is_finite() or not math.isfinite(value):
        return None if float(found) == value else f"{value} is meant"
    if value == 0:
        return None if found == 0 else "0 is meant"
    apart, size = abs(found - Decimal(value)), abs(Decimal(value))
    chosen = abs(Decimal(f"{value:.{MOST_CHOSEN - 1}e}") - Decimal(value)) <= ARITHMETIC * size
    if chosen and apart > ARITHMETIC * size:
        return f"{value:.{MOST_CHOSEN}g} is meant, in full"
    last = Decimal(10) ** (math.floor(math.log10(abs(value))) - max(LEAST, meant.digits) + 1)
    return None if apart <= last / 2 * Decimal("1.000000001") else f"{value:.12g} is meant"


def _bound(tex: str, value: float) -> str | None:
    power = numerals.bound(tex)
    if power is None:
        return "a bound by a power of ten is meant"
    if not value < float(f"1e{power}"):
        return f"it does not bound {value:.3g}"
    if power > SMALLEST and value < float(f"1e{power - 1}"):
        return f"a lower power of ten bounds {value:.3g}"
    return None


def _same(read_: Basic, meant: Basic) -> bool:
    """Tell whether an expression is the one that is meant, what it holds fixed aside."""
    if isinstance(meant, Rounded) and isinstance(read_, Number):
        return meant.texts == [[str(read_)]]
    if isinstance(meant, Symbol | Integer) or not hasattr(meant, "shape"):
        return bool(_size(read_) == meant)
    normal = Normal()
    return bool(_unheld(normal(read_)) == _unheld(normal(meant)))


def _unheld(expr: Basic) -> Basic:
    if isinstance(expr, Partial | Gradient):
        return expr.func(expr.num, expr.den, *([Integer(1)] if expr.held else []))
    if not expr.args:
        return expr
    args = [_unheld(a) for a in expr.args]
    same = all(a is b for a, b in zip(args, expr.args, strict=True))
    return expr if same else Basic.__new__(expr.func, *args)


def _size(expr: Basic) -> Basic:
    """Return a size or index from what was read, which takes letters for (1, 1) expressions."""
    if isinstance(expr, Scalar):
        return expr.number
    if isinstance(expr, OneMatrix) and expr.shape == (1, 1):
        return Integer(1)
    if isinstance(expr, MatAdd):
        return sum(map(_size, expr.args), Integer(0))
    if isinstance(expr, MatMul):
        found = Integer(1)
        for arg in expr.args:
            found = found * _size(arg)
        return found
    return expr
