"""From an expression to the text of a formula, under a notation.

One walk for TeX and plain text: precedence decides on parentheses, sums and products keep their
written order, and long ones print as a person writes them: the first terms, dots, the last term.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, Literal

from sympy import Add, Basic, Expr, MatAdd, MatMul

from derive.expressions.algebra import Scaled, mul
from derive.expressions.components import COMPONENTS
from derive.expressions.elision import WHOLE
from derive.expressions.equation import Equation, Kind
from derive.expressions.introduced import Roster, roster_of
from derive.expressions.shown import Coloured, Nested
from derive.expressions.sums import Expanded, TimeSum
from derive.typesetting import notation as notations
from derive.typesetting.glyphs import Glyphs, PlainGlyphs, TexGlyphs
from derive.typesetting.lettering import Letter
from derive.typesetting.nodes import ATOM, BARE, PRINT, PRODUCT, SUM
from derive.typesetting.notation import Notation
from derive.typesetting.printed import Printed
from derive.typesetting.typstglyphs import TypstGlyphs

MOST_TERMS = WHOLE
MOST_FACTORS = 6
Dialect = Literal["latex", "markdown", "plain", "bare", "typst"]

_COMPONENTS = frozenset(COMPONENTS)


class Printer:
    """Prints expressions in one notation and dialect.

    ``latex`` names its colours (`colours` lists those used so far), ``markdown`` writes them out,
    ``bare`` is TeX without colours, ``plain`` is text and ``typst`` the mathematics of Typst, which
    names its colours too.
    """

    def __init__(
        self, notation: Notation | None = None, dialect: Dialect = "bare", slashed: bool = False
    ) -> None:
        self.notation = notation or notations.load()
        notations.require_alike(self.notation)
        self.dialect = dialect
        self.glyphs: Glyphs = _glyphs(self.notation, dialect, slashed)
        # One per roster: in a document on two cells, equal quantities may have different letters.
        self._memos: dict[Roster | None, dict[Any, Printed]] = {}
        self._memo: dict[Any, Printed] | None = None
        # Within a sentence a derivative is set with a slash, so that lines keep their distance.
        self._within = (
            self if slashed or dialect == "plain" else Printer(self.notation, dialect, slashed=True)
        )

    @property
    def colours(self) -> dict[str, str]:
        """Return the named colours that were printed, with their hexadecimal values."""
        inner = {} if self._within is self else self._within.colours
        return getattr(self.glyphs, "used", {}) | inner

    def inline(self, value: Basic | Equation) -> str:
        """Return the formula on one line, for use within a sentence."""
        if isinstance(value, Equation):
            return self.joined_sides(value, [self._within.text(side) for side in value.sides])
        return self._within.text(value)

    def joined_sides(self, equation: Equation, sides: list[str]) -> str:
        """Return printed sides with the signs between them."""
        return sides[0] + "".join(
            self.relation(equation, n == len(sides) - 1) + side
            for n, side in enumerate(sides[1:], 1)
        )

    def relation(self, equation: Equation, last: bool = True) -> str:
        """Return the sign between two sides; of rounded ones only the last is rounded."""
        sign = equation.sign or ("<=" if equation.kind is Kind.INEQUALITY else "=")
        if equation.kind is Kind.ROUNDED and last:
            sign = "~"
        # What was refuted stands as it was written, and in doubt.
        return self.glyphs.relation(sign, sign != "~" and equation.kind is Kind.REFUTED)

    def text(self, expr: Any, least: int = SUM) -> str:
        """Return an expression, in parentheses where it binds less than ``least``."""
        made = self.signed(expr, least)
        if made.negative and isinstance(expr, Coloured) and expr.args[1].is_Integer:
            # Where nothing stands before it, its minus is as much its own as all else in it.
            return self.glyphs.coloured(self.text(expr.expr, least), *map(int, expr.args[1:]))
        return made.whole

    def signed(self, expr: Any, least: int) -> Printed:
        """Return the same with its sign apart; within parentheses it is no longer in front."""
        made = self.printed(expr)
        return made if made.precedence >= least else Printed(self.paren(made.whole), ATOM)

    def paren(self, inner: str) -> str:
        """Return a text in parentheses."""
        # The more levels of parentheses stand inside, the larger the outer pair is drawn.
        return self.glyphs.paren(inner, max(self.glyphs.levels(inner) - 1, 0))

    def filled(self, hole: Any, text: str) -> Printer:
        """Return a printer of the same notation that prints one node as the given text."""
        made = Printer(self.notation, self.dialect)
        made._memo = {hole: Printed(text, ATOM)}
        return made

    def printed(self, expr: Any) -> Printed:
        """Return the text of an expression, how tightly it binds, and its sign."""
        if self._memo is None:
            self._memo = self._memos.setdefault(roster_of(expr), {})
            try:
                return self.printed(expr)
            finally:
                self._memo = None
        if expr not in self._memo:
            self._memo[expr] = PRINT[expr](self, expr)
        return self._memo[expr]

    def index(self, expr: Any) -> str:
        """Return a time index, ``t-1``, or a component."""
        if expr in _COMPONENTS:
            return self.glyphs.symbol(Letter(expr.name))
        return _index(expr)

    # -- sums and products -----------------------------------------------------------------------

    def terms(self, expr: Any) -> list[Printed]:
        """Return the terms of a sum, each printed; a spelled sum with its dots."""
        if isinstance(expr, Nested) and expr.hole is None:
            return self.terms(expr.expr)
        if isinstance(expr, MatAdd):
            return [t for a in expr.args for t in self.terms(a)]
        if isinstance(expr, Expanded) and isinstance(expr.node, TimeSum):
            steps = list(expr.steps())
            shown: list[int | None] = list(steps)
            if len(steps) > MOST_TERMS:
                shown = [*steps[:2], None, steps[-1]]
            return [
                Printed(self.glyphs.dots, ATOM) if s is None else self.signed(expr.part(s), PRODUCT)
                for s in shown
            ]
        return [self.signed(expr, SUM if isinstance(expr, (MatMul, TimeSum)) else PRODUCT)]

    def factors(self, expr: Any, least: int = BARE) -> list[str]:
        """Return the factors of a product, each printed; a spelled product with its dots.

        The last one binds as ``least`` says: a bare function closes a product.
        """
        if isinstance(expr, Expanded):
            steps = list(expr.steps())
            per = len(self.factors(expr.part(steps[0])))
            most = MOST_FACTORS // per
            shown = steps if len(steps) <= most else [*steps[:1], None, steps[-1]]
            return [
                f
                for s in shown
                for f in ([self.glyphs.dots] if s is None else self.factors(expr.part(s)))
            ]
        if isinstance(expr, Scaled) and isinstance(expr.args[0], MatMul):
            # A product of matrices that is one number stands apart from what it scales.
            return [self.paren(self.text(expr.args[0])), *self.factors(expr.args[1], least)]
        if isinstance(expr, MatMul) and expr.args[0] == -1:
            # The sign stands before what it is of: -1 alone is no factor that people write.
            first, *others = self.factors(
                mul(*expr.args[1:]), least if len(expr.args) > 2 else ATOM
            )
            return [self.paren(Printed(first, PRODUCT, negative=True).whole), *others]
        if isinstance(expr, (MatMul, Scaled)):
            before = [f for a in expr.args[:-1] for f in self.factors(a, ATOM)]
            return [*before, *self.factors(expr.args[-1], least)]
        made = self.signed(expr, least)
        # Between factors a minus, that of a decimal too, would be that of a difference.
        negative = made.negative or made.body.startswith("-")
        return [self.paren(made.whole) if negative else made.body]


def _glyphs(notation: Notation, dialect: Dialect, slashed: bool) -> Glyphs:
    if dialect == "plain":
        return PlainGlyphs(notation)
    if dialect == "typst":
        return TypstGlyphs(notation, slashed)
    colours: dict[int, dict[int, str]] | None = None if dialect == "bare" else {}
    return TexGlyphs(notation, colours, dialect == "latex", slashed)


def tex(expr: Basic | Equation) -> str:
    """Return the TeX of an expression or equation in the default notation, without colours."""
    return Printer().inline(expr)


def plain(expr: Basic | Equation) -> str:
    """Return an expression or equation as one line of text."""
    return Printer(dialect="plain").inline(expr)


@lru_cache(maxsize=1024)
def _index(expr: Expr) -> str:
    """Return a time index as people write it."""
    if isinstance(expr, Add):
        # SymPy writes −k + t; people write t − k.
        terms = sorted(expr.args, key=lambda a: (a.could_extract_minus_sign(), a.is_number, str(a)))
        text = "+".join(str(a) for a in terms).replace("+-", "-")
    else:
        text = str(expr).replace(" ", "")
    # 2i rather than 2*i.
    return re.sub(r"(\d)\*(?=[A-Za-z(])", r"\1", text)
