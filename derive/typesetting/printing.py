"""From an expression to the text of a formula, under a notation.

One walk for TeX and plain text: precedence decides on parentheses, sums and products keep their
written order, and long ones print as a person writes them: the first terms, dots, the last term.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Literal

from sympy import (
    Add,
    Basic,
    Identity,
    Integer,
    KroneckerDelta,
    MatAdd,
    MatMul,
    Mul,
    Number,
    OneMatrix,
    Pow,
    Symbol,
    Transpose,
    Tuple,
    ZeroMatrix,
)
from sympy.matrices.expressions import HadamardProduct

from derive.errors import RenderError
from derive.expressions.algebra import (
    Apply,
    At,
    Blocks,
    Diag,
    Log,
    Parameter,
    Quotient,
    Scalar,
    Scaled,
    Series,
    Slope,
    Softmax,
    Stack,
)
from derive.expressions.averages import Deviation, LayerNorm, Mean, OneOver
from derive.expressions.elision import WHOLE
from derive.expressions.equation import Equation, Kind
from derive.expressions.nodes import (
    Coloured,
    Expanded,
    Gradient,
    Nested,
    Norm,
    OrderedProduct,
    ParameterCopy,
    Partial,
    Power,
    RisingProduct,
    Rounded,
    Spectral,
    TimeSum,
)
from derive.typesetting import notation as notations
from derive.typesetting.glyphs import Glyphs, PlainGlyphs, TexGlyphs
from derive.typesetting.notation import Notation

SUM, PRODUCT, ATOM = 0, 1, 2
MOST_TERMS = WHOLE
MOST_FACTORS = 6
Dialect = Literal["latex", "markdown", "plain", "bare"]


class Printer:
    """Prints expressions in one notation and dialect.

    ``latex`` names its colours (`colours` lists those used so far), ``markdown`` writes them out,
    ``bare`` is TeX without colours and ``plain`` is text.
    """

    def __init__(
        self, notation: Notation | None = None, dialect: Dialect = "bare", slashed: bool = False
    ) -> None:
        self.notation = notation or notations.load()
        self.dialect = dialect
        self._tex = TexGlyphs(
            self.notation, None if dialect == "bare" else {}, dialect == "latex", slashed
        )
        self.glyphs: Glyphs = PlainGlyphs(self.notation) if dialect == "plain" else self._tex
        self._memo: dict[Any, tuple[str, int]] = {}
        # Within a sentence a derivative is set with a slash, so that lines keep their distance.
        self._within = (
            self if slashed or dialect == "plain" else Printer(self.notation, dialect, slashed=True)
        )

    @property
    def colours(self) -> dict[str, str]:
        """Return the named colours that were printed, with their hexadecimal values."""
        inner = {} if self._within is self else self._within.colours
        return self._tex.used | inner

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
        tex = self.dialect != "plain"
        sign = equation.sign or ("<=" if equation.kind is Kind.INEQUALITY else "=")
        if equation.kind is Kind.ROUNDED and last:
            return r" \approx " if tex else " ≈ "
        text = {"<=": (" ≤ ", r"\le"), "!=": (" ≠ ", r"\ne"), "=": (" = ", "=")}[sign][tex]
        if equation.kind is Kind.REFUTED:
            # As it was written, and in doubt.
            return rf" \overset{{?}}{{{text}}} " if tex else f"{text.rstrip()}? "
        return f" {text.strip()} "

    def text(self, expr: Any, least: int = SUM) -> str:
        """Return an expression, in parentheses where it binds less than ``least``."""
        text, precedence = self._print(expr)
        return text if precedence >= least else self.glyphs.paren(text, self._depth(text))

    def _depth(self, text: str) -> int:
        # How many levels of parentheses stand inside: the outer pair is drawn larger.
        level = deepest = 0
        for sign in text:
            level += (sign == "(") - (sign == ")")
            deepest = max(deepest, level)
        return max(deepest - 1, 0)

    def _print(self, expr: Any) -> tuple[str, int]:
        if expr not in self._memo:
            for base in type(expr).__mro__:
                if base in PRINTERS:
                    self._memo[expr] = PRINTERS[base](self, expr)
                    break
            else:
                raise RenderError(
                    f"cannot print {type(expr).__name__}: no printer is registered for it"
                )
        return self._memo[expr]

    def index(self, expr: Any) -> str:
        """Return a time index: ``t-1``."""
        if isinstance(expr, Add):
            # SymPy writes −k + t; people write t − k.
            terms = sorted(
                expr.args, key=lambda a: (a.could_extract_minus_sign(), a.is_number, str(a))
            )
            text = "+".join(str(a) for a in terms).replace("+-", "-")
        else:
            text = str(expr).replace(" ", "")
        # 2i rather than 2*i.
        return re.sub(r"(\d)\*(?=[A-Za-z(])", r"\1", text)

    # -- sums and products -----------------------------------------------------------------------

    def joined(self, terms: list[str]) -> str:
        """Return terms joined by their signs; a leading minus of a term is its sign."""
        g, text = self.glyphs, terms[0]
        for term in terms[1:]:
            text += g.minus + term[1:] if term.startswith("-") else g.plus + term
        return text

    def terms(self, expr: Any) -> list[str]:
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
                self.glyphs.dots if s is None else self.text(expr.part(s), PRODUCT) for s in shown
            ]
        return [self.text(expr, SUM if isinstance(expr, (MatMul, TimeSum)) else PRODUCT)]

    def factors(self, expr: Any) -> list[str]:
        """Return the factors of a product, each printed; a spelled product with its dots."""
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
        if isinstance(expr, (MatMul, Scaled)):
            return [f for a in expr.args for f in self.factors(a)]
        return [self.text(expr, ATOM)]


def _sum(p: Printer, e: Any) -> tuple[str, int]:
    return p.joined(p.terms(e)), SUM


def _product(p: Printer, e: Any) -> tuple[str, int]:
    if e.args[0] == -1:
        inner = e.args[1] if len(e.args) == 2 else e.func(*e.args[1:])
        return "-" + p.text(inner, PRODUCT), SUM
    factors = [f for a in e.args[:-1] for f in p.factors(a)]
    # A sum sign may close a product without parentheses, as nothing follows that it could swallow.
    last = e.args[-1]
    factors += [p.text(last)] if isinstance(last, TimeSum) else p.factors(last)
    return p.glyphs.product(factors), PRODUCT


def _hadamard(p: Printer, e: Any) -> tuple[str, int]:
    if e.shape == (1, 1) and len(set(e.args)) == 1:
        return p.glyphs.power(p.text(e.args[0], ATOM), len(e.args)), ATOM
    return p.glyphs.times.join(
        p.text(a, PRODUCT if isinstance(a, MatMul) else ATOM) for a in e.args
    ), PRODUCT


def _transpose(p: Printer, e: Any) -> tuple[str, int]:
    return p.glyphs.transposed(p.text(e.arg, ATOM)), ATOM


def _call(p: Printer, name: str, arg: Any) -> tuple[str, int]:
    inner = p.text(arg)
    return name + p.glyphs.paren(inner, p._depth(inner)), ATOM


def _apply(p: Printer, e: Any) -> tuple[str, int]:
    if e.function == "exp_minus":
        return p.glyphs.power(p.glyphs.euler, "-" + p.text(e.arg, ATOM)), ATOM
    return _call(p, p.glyphs.word(e.function), e.arg)


def _log(p: Printer, e: Any) -> tuple[str, int]:
    if isinstance(e.arg, At):
        return f"{p.glyphs.word('log')} {p.text(e.arg)}", ATOM
    return _call(p, p.glyphs.word("log"), e.arg)


def _symbol_text(p: Printer, e: Any) -> str:
    # The variable of a derivative or gradient: a copy, a parameter or a quantity at a step.
    return p.text(e, ATOM)


def _partial(p: Printer, e: Any) -> tuple[str, int]:
    return p.glyphs.derivative(_symbol_text(p, e.num), _symbol_text(p, e.den), bool(e.held)), ATOM


def _gradient(p: Printer, e: Any) -> tuple[str, int]:
    return p.glyphs.gradient(_symbol_text(p, e.num), _symbol_text(p, e.den)), PRODUCT


def _time_sum(p: Printer, e: Any) -> tuple[str, int]:
    g = p.glyphs
    head = g.over("sum", p.index(e.index), p.index(e.low), p.index(e.high))
    # A sum within a sum needs no parentheses: what follows the signs belongs to both.
    return head + p.text(e.body, SUM if isinstance(e.body, TimeSum) else PRODUCT), SUM


def _raised(p: Printer, e: Any) -> tuple[str, int]:
    base, exponent = e.args
    text = p.text(base, ATOM)
    if isinstance(base, Number) and not (base.is_Integer and base >= 0):
        text = p.glyphs.paren(text, 0)
    return p.glyphs.power(text, p.index(exponent)), ATOM


def _quotient(p: Printer, e: Any) -> tuple[str, int]:
    if e.shape == (1, 1):
        return p.glyphs.fraction(p.text(e.args[0], PRODUCT), p.text(e.args[1], PRODUCT)), PRODUCT
    return p.text(e.args[0], ATOM) + p.glyphs.divide + p.text(e.args[1], ATOM), PRODUCT


def _ordered(p: Printer, e: Any) -> tuple[str, int]:
    g = p.glyphs
    head = g.over("prod", p.index(e.index), p.index(e.low), p.index(e.high))
    return head + p.text(e.body, PRODUCT), SUM


def _spelled(p: Printer, e: Any) -> tuple[str, int]:
    if isinstance(e.node, TimeSum):
        return p.joined(p.terms(e)), SUM
    return p.glyphs.product(p.factors(e)), PRODUCT


def _tint(p: Printer, e: Any) -> tuple[str, int]:
    inner, precedence = p._print(e.expr)
    if precedence < PRODUCT:
        inner = p.glyphs.paren(inner, p._depth(inner))
    step, steps = e.args[1:]
    # Within a sum that is not written out there is no one step to give it its colour.
    coloured = p.glyphs.coloured(inner, int(step), int(steps)) if step.is_Integer else inner
    return coloured, max(precedence, PRODUCT)


def _nested(p: Printer, e: Any) -> tuple[str, int]:
    if e.hole is None:
        return p._print(e.expr)
    # The innermost step, between dots, stands where the outer levels leave off.
    dots = p.glyphs.dots
    whole = Printer(p.notation, p.dialect)
    whole._memo[e.hole] = (f"{dots} {p.text(e.inner)} {dots}", ATOM)
    return whole.text(e.outer), ATOM


def _blocks(p: Printer, e: Any) -> tuple[str, int]:
    return p.glyphs.matrix([[p.text(b) for b in row] for row in e.rows_of_blocks]), ATOM


def _scaled(p: Printer, e: Any) -> tuple[str, int]:
    scale, matrix = e.args
    least = PRODUCT if not isinstance(scale, MatMul) else ATOM
    return p.text(scale, least) + p.glyphs.dot + p.text(matrix, PRODUCT), PRODUCT


def _scalar(p: Printer, e: Any) -> tuple[str, int]:
    number = e.number
    if isinstance(number, KroneckerDelta):
        return p.glyphs.indicator(*(p.index(i) for i in reversed(number.args))), ATOM
    if isinstance(number, Pow) and number.exp == -1:
        return p.glyphs.fraction("1", p.index(number.base)), ATOM
    return p.index(number), ATOM


def _shape(p: Printer, e: Any) -> tuple[str, int]:
    rows, columns = e
    return p.glyphs.by.join(p.text(size, PRODUCT) for size in (rows, columns)), PRODUCT


def _indices(p: Printer, e: At) -> str:
    return ",".join(p.index(i) for i in e.indices)


def _size_sum(p: Printer, e: Any) -> tuple[str, int]:
    return p.glyphs.plus.join(p.text(a) for a in sorted(e.args, key=str)), SUM


def _size_product(p: Printer, e: Any) -> tuple[str, int]:
    return p.glyphs.dot.join(p.text(a, PRODUCT) for a in e.args), PRODUCT


PRINTERS: dict[type, Callable[[Printer, Any], tuple[str, int]]] = {
    Symbol: lambda p, e: (p.glyphs.symbol(e.name), ATOM),
    Integer: lambda p, e: (p.glyphs.number(int(e), 1), ATOM),
    Number: lambda p, e: (p.glyphs.number(int(e.p), int(e.q)), ATOM),
    Parameter: lambda p, e: (p.glyphs.symbol(e.name), ATOM),
    Series: lambda p, e: (p.glyphs.symbol(e.name), ATOM),
    At: lambda p, e: (p.glyphs.symbol(e.series.name, _indices(p, e)), ATOM),
    ParameterCopy: lambda p, e: (
        p.glyphs.symbol(e.args[0].name, sup=f"({p.index(e.args[1])})"),
        ATOM,
    ),
    Identity: lambda p, e: (p.glyphs.identity, ATOM),
    OneMatrix: lambda p, e: ("1" if e.shape == (1, 1) else p.glyphs.ones, ATOM),
    ZeroMatrix: lambda p, e: (p.glyphs.zero, ATOM),
    MatAdd: _sum,
    MatMul: _product,
    HadamardProduct: _hadamard,
    Transpose: _transpose,
    Apply: _apply,
    Slope: lambda p, e: _call(p, p.glyphs.prime(e.function), e.arg),
    Softmax: lambda p, e: _call(p, p.glyphs.word("softmax"), e.arg),
    Log: _log,
    Quotient: _quotient,
    Diag: lambda p, e: _call(p, p.glyphs.word("diag"), e.arg),
    Mean: lambda p, e: _call(p, p.glyphs.word("mean"), e.arg),
    Deviation: lambda p, e: _call(p, p.glyphs.word("sd"), e.arg),
    LayerNorm: lambda p, e: _call(p, p.glyphs.word("layernorm"), e.arg),
    OneOver: lambda p, e: (p.glyphs.fraction("1", p.text(e.size)), ATOM),
    Scaled: _scaled,
    Stack: lambda p, e: (p.glyphs.matrix([[p.text(a)] for a in e.args]), ATOM),
    Scalar: _scalar,
    Blocks: _blocks,
    Partial: _partial,
    Gradient: _gradient,
    TimeSum: _time_sum,
    OrderedProduct: _ordered,
    RisingProduct: _ordered,
    Expanded: _spelled,
    Coloured: _tint,
    Norm: lambda p, e: (p.glyphs.norm(p.text(e.arg)), ATOM),
    Spectral: lambda p, e: _call(p, p.glyphs.word(e.kind), e.arg),
    Power: _raised,
    Nested: _nested,
    Tuple: _shape,
    Add: _size_sum,
    Mul: _size_product,
    Rounded: lambda p, e: (p.glyphs.numbers(e.texts), ATOM),
}


def tex(expr: Basic | Equation) -> str:
    """Return the TeX of an expression or equation in the default notation, without colours."""
    return Printer().inline(expr)


def plain(expr: Basic | Equation) -> str:
    """Return an expression or equation as one line of text."""
    return Printer(dialect="plain").inline(expr)
