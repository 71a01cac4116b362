"""What was read of a displayed formula, beside the equation that was to be printed.

An equation was checked as an object. The text says the same if what was read of it is that object
again, side by side, or has its values wherever it was checked. Of a formula with dots, each factor
and term that is shown is compared with the one at its place; what the dots stand for is part of the
object that was checked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import islice
from typing import Protocol

from sympy import Basic, Integer, MatAdd, Rational, ZeroMatrix

from derive.checks.normal import Normal, exact_numbers, factors, numbered, with_numbers
from derive.checks.unlike import Unlike, differing
from derive.errors import shown
from derive.expressions.equation import Equation, Kind
from derive.expressions.folding import folded
from derive.expressions.quantities import Parameter
from derive.expressions.shown import Coloured, Nested, Rounded
from derive.expressions.sums import Expanded, TimeSum
from derive.expressions.walk import atoms_of
from derive.reading.parts import (
    Factors,
    Gap,
    ReadFormula,
    ReadPart,
    Terms,
    Tinted,
    Whole,
)
from derive.reading.tree import Sign
from derive.reading.vocabulary import Vocabulary


class ReadingSource(Protocol):
    """What checked an equation, and so can read it back: it knows the quantities and their values."""

    def vocabulary(self, equation: Equation, symbols: Mapping[str, str]) -> Vocabulary:
        """Return what the letters of the equation may stand for."""

    def apart(self, equation: Equation, read: Basic, meant: Basic) -> str | None:
        """Return how the values of two expressions differ, or None if they agree everywhere."""


@dataclass(frozen=True)
class Difference:
    """What a text says other than its equation, and where."""

    problem: str
    at: int


@dataclass
class ReadComparison:
    """The comparison of one formula with its equation; ``colours`` are those of contributions."""

    equation: Equation
    source: ReadingSource
    coloured: bool
    normal: Normal = field(default_factory=Normal)
    colours: dict[tuple[int, int], str] = field(default_factory=dict)
    _elided: Mapping[Basic, Basic] = field(default_factory=dict)

    def differences(self, formula: ReadFormula) -> Iterator[Difference]:
        """Yield what differs: the number of sides, a sign between them, a side."""
        sides, self._elided = self.equation.sides, formula.elided
        if len(formula.sides) != len(sides):
            problem = f"{len(formula.sides)} sides are written, {len(sides)} are meant"
            yield Difference(problem, _place(formula.sides[0]))
            return
        yield from self.signs(formula)
        for part, side in zip(formula.sides, sides, strict=True):
            yield from self.compared(part, side)

    def signs(self, formula: ReadFormula) -> Iterator[Difference]:
        """Yield what differs in the signs between the sides."""
        for n, relation in enumerate(formula.relations, 1):
            wanted = meant_relation(self.equation, last=n == len(formula.relations))
            if (relation.text, relation.doubted) != wanted:
                yield Difference(f"the relation is {_said(relation)}, {wanted[0]} is meant",
                                 relation.at)  # fmt: skip

    def compared(self, part: ReadPart, meant: Basic) -> Iterator[Difference]:
        """Yield what differs between a part of the text and what is meant there."""
        if not self.coloured and isinstance(meant, Coloured):
            # A text without colours says what is in them.
            meant = meant.expr
        if isinstance(part, Tinted):
            yield from self._tinted(part, meant)
        elif self.coloured and _contribution(meant) is not None:
            yield Difference("the colour of this contribution is missing", _place(part))
        elif self.coloured and isinstance(part, Whole) and _contributes(meant):
            yield Difference("the colours of these contributions are missing", part.at)
        elif isinstance(part, Terms):
            yield from self._listed(part.parts, list(terms(meant)), part.at)
        elif isinstance(part, Factors):
            yield from self._factors(part, meant)
        elif isinstance(part, Gap):
            yield Difference("dots stand for a term or factor that is meant to be shown", part.at)
        else:
            yield from self._whole(part, meant)

    def _tinted(self, part: Tinted, meant: Basic) -> Iterator[Difference]:
        found = _contribution(meant)
        if found is None:
            yield Difference("a colour stands where no single contribution is meant", part.at)
            return
        before = self.colours.setdefault(found, part.colour)
        if before != part.colour:
            yield Difference(
                f"the contribution of step {found[0]} of {found[1]} has the colour {part.colour} "
                f"here and {before} elsewhere", part.at,
            )  # fmt: skip
        yield from self.compared(part.part, meant.expr)

    def _listed(
        self, parts: tuple[ReadPart, ...], meant: list[Callable[[], Basic]], at: int
    ) -> Iterator[Difference]:
        """Yield what differs between terms, or factors, and those that are meant at their places."""
        gaps = [n for n, part in enumerate(parts) if isinstance(part, Gap)]
        if len(gaps) > 1:
            yield Difference("dots stand in more than one place", parts[gaps[1]].at)
            return
        if gaps:
            left, right = parts[: gaps[0]], parts[gaps[0] + 1 :]
            if len(left) + len(right) >= len(meant):
                yield Difference("the dots stand for nothing", parts[gaps[0]].at)
                return
            pairs = [*zip(left, meant, strict=False)]
            pairs += [*zip(right, meant[len(meant) - len(right) :], strict=True)]
        elif len(parts) != len(meant):
            yield Difference(f"{len(parts)} terms are written, {len(meant)} are meant", at)
            return
        else:
            pairs = [*zip(parts, meant, strict=True)]
        for part, make in pairs:
            yield from self.compared(part, make())

    def _factors(self, part: Factors, meant: Basic) -> Iterator[Difference]:
        """Yield what differs before the dots of a product, and behind them."""
        at = next((n for n, p in enumerate(part.parts) if isinstance(p, Gap)), None)
        if at is None or any(isinstance(p, Gap) for p in part.parts[at + 1 :]):
            yield Difference("dots and colours can't be told apart in this product", part.at)
            return
        yield from self._sequence(part.parts[:at], factors(meant), backwards=False)
        yield from self._sequence(part.parts[at + 1 :], factors(meant, True), backwards=True)

    def _sequence(
        self, parts: tuple[ReadPart, ...], meant: Iterator[Basic], backwards: bool
    ) -> Iterator[Difference]:
        wrong = next((part for part in parts if not isinstance(part, Whole)), None)
        if wrong is not None:
            yield Difference("a colour stands within a product with dots", _place(wrong))
            return
        found = [(f, p.at) for p in parts if isinstance(p, Whole) for f in factors(p.expr)]
        # A sign, or a number, may be read as one of the factor behind it, or as one by itself.
        shown = [*numbered(found)]
        wanted = with_numbers(meant, backwards)
        for read, at in reversed(shown) if backwards else shown:
            factor = next(wanted, None)
            if factor is None:
                yield Difference("more factors are written than are meant", at)
                return
            yield from self._whole(Whole(read, at), factor)

    def _whole(self, part: Whole, meant: Basic) -> Iterator[Difference]:
        if isinstance(meant, Nested) and meant.hole is not None:
            yield from self._nested(part, meant)
            return
        if self._holes(part.expr):
            yield Difference("dots stand within what is meant to be shown whole", part.at)
            return
        problem = self._apart(part.expr, meant)
        if problem is not None:
            yield Difference(problem, part.at)

    def _nested(self, part: Whole, meant: Basic) -> Iterator[Difference]:
        """Yield what differs in the outer levels, and in the innermost one between the dots."""
        holes = self._holes(part.expr)
        if len(holes) != 1:
            yield Difference(f"{len(holes)} levels stand between dots, 1 is meant", part.at)
            return
        outer = folded(part.expr, {holes[0]: meant.hole})
        for read, wanted in ((outer, meant.outer), (self._elided[holes[0]], meant.inner)):
            problem = self._apart(read, wanted)
            if problem is not None:
                yield Difference(problem, part.at)

    def _holes(self, expr: Basic) -> list[Basic]:
        """Return what stands for innermost levels between dots."""
        return [p for p in atoms_of(expr, Parameter) if p in self._elided]

    def _apart(self, read: Basic, meant: Basic) -> str | None:
        """Return how two expressions differ, or None if they are the same, or have the same values."""
        one, other = self.normal(read), self.normal(meant)
        # Zeros and ones that were not rounded are written as numbers that were.
        if isinstance(meant, Rounded) or isinstance(one, Rounded):
            return _numbers_apart(read, meant)
        if _is_zero(one) and _is_zero(other):
            return None
        for unlike in differing(one, other, self.equation.free):
            problem = self._values_apart(unlike)
            if problem is not None:
                return f"{_cut(unlike.read)} is written, {_cut(unlike.meant)} is meant{problem}"
        return None

    def _values_apart(self, unlike: Unlike) -> str | None:
        if unlike.read.free_symbols ^ unlike.meant.free_symbols:
            return ""
        equation = replace(self.equation, free=unlike.free)
        problem = self.source.apart(equation, unlike.read, unlike.meant)
        return None if problem is None else f": {problem}"


def meant_relation(equation: Equation, last: bool) -> tuple[str, bool]:
    """Return the sign that belongs between two sides, and whether it is in doubt."""
    doubted = equation.kind is Kind.REFUTED
    if equation.kind is Kind.ROUNDED and last:
        return "~", doubted
    return equation.sign or ("<=" if equation.kind is Kind.INEQUALITY else "="), doubted


def terms(expr: Basic) -> Iterator[Callable[[], Basic]]:
    """Yield the terms of a sum, each to be made when it is asked for."""
    if isinstance(expr, Nested) and expr.hole is None:
        yield from terms(expr.expr)
    elif isinstance(expr, MatAdd):
        for arg in expr.args:
            yield from terms(arg)
    elif isinstance(expr, Expanded) and isinstance(expr.node, TimeSum):
        for step in expr.steps():
            yield partial(expr.part, step)
    else:
        yield lambda: expr


def _contribution(meant: Basic) -> tuple[int, int] | None:
    """Return the step of a coloured contribution, and of how many; None for all else."""
    if not isinstance(meant, Coloured) or not isinstance(meant.args[1], Integer):
        return None
    return int(meant.args[1]), int(meant.args[2])


def _contributes(meant: Basic) -> bool:
    """Tell whether a sum has contributions with colours; of a long one, the first terms will do."""
    return any(_contribution(make()) is not None for make in islice(terms(meant), 3))


def _numbers_apart(read: Basic, meant: Basic) -> str | None:
    """Return how printed numbers differ from those that were computed."""
    # A column of zeros and ones looks like one of rounded numbers.
    exact = exact_numbers(meant) if isinstance(read, Rounded) else None
    if exact is not None and exact == [[*map(Rational, row)] for row in read.texts]:
        return None
    texts = read.texts if isinstance(read, Rounded) else [[str(read)]]
    if not isinstance(meant, Rounded):
        return f"the numbers {texts} are written, {_cut(meant)} is meant"
    if [len(row) for row in texts] != [len(row) for row in meant.texts]:
        return f"the numbers {texts} are written, {meant.texts} are meant"
    for row, wanted in zip(texts, meant.texts, strict=True):
        for cell, text in zip(row, wanted, strict=True):
            if cell != text:
                return f"{cell} is written, {text} is meant"
    return None


def _is_zero(expr: Basic) -> bool:
    return isinstance(expr, ZeroMatrix) or expr == 0


def _place(part: ReadPart) -> int:
    return part.at


def _said(relation: Sign) -> str:
    return f"{relation.text}{' in doubt' if relation.doubted else ''}"


def _cut(expr: Basic) -> str:
    return shown(expr, 200)
