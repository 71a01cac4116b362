"""How each node is printed: one entry per node.

An entry is given the printer and the node; it yields the text, how tightly that binds, and its sign.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Protocol

from sympy import (
    Add,
    Float,
    Identity,
    KroneckerDelta,
    MatMul,
    Mul,
    Number,
    OneMatrix,
    Pow,
    Symbol,
    Tuple,
    ZeroMatrix,
)

from derive.errors import RenderError
from derive.expressions.algebra import Diag, Hadamard, Plus, Scaled, Times, Transposed
from derive.expressions.averages import Deviation, LayerNorm, LogSumExp, Mean, OneOver
from derive.expressions.blocks import Blocks, Stack
from derive.expressions.components import Component, ComponentSum
from derive.expressions.derivatives import Gradient, Partial
from derive.expressions.functions import Apply, Log, Quotient, Slope, Softmax
from derive.expressions.named import Named, NamedSlope
from derive.expressions.nodes import INTEGERS, RATIONALS, SERIES
from derive.expressions.pointwise import Maximum, Minimum, PointwisePower
from derive.expressions.quantities import At, Parameter, ParameterCopy, Scalar
from derive.expressions.shown import Coloured, Nested, Rounded
from derive.expressions.spectra import Norm, Power, Spectral
from derive.expressions.sums import Expanded, OrderedProduct, RisingProduct, TimeSum
from derive.expressions.table import Table
from derive.typesetting.glyphs import Glyphs
from derive.typesetting.lettering import letter_of
from derive.typesetting.printed import Printed, summed

SUM, PRODUCT, BARE, ATOM = 0, 1, 2, 3
"""How tightly a text binds; bare is a function without parentheses, ``log s_t``.

It is a factor as it stands, but what is put behind it, a power or a transpose, would be that of its
argument."""


class Operands(Protocol):
    """What an entry asks of the printer: operands as text, and signs to put between them."""

    @property
    def glyphs(self) -> Glyphs: ...
    def text(self, expr: Any, least: int = SUM) -> str: ...
    def printed(self, expr: Any) -> Printed: ...
    def paren(self, inner: str) -> str: ...
    def index(self, expr: Any) -> str: ...
    def signed(self, expr: Any, least: int) -> Printed: ...
    def terms(self, expr: Any) -> list[Printed]: ...
    def factors(self, expr: Any, least: int = BARE) -> list[str]: ...
    def filled(self, hole: Any, text: str) -> Operands: ...


def _sum(p: Operands, e: Any) -> Printed:
    return summed(p.terms(e), SUM, p.glyphs.plus, p.glyphs.minus)


def _operand(p: Operands, e: Any, least: int = PRODUCT) -> str:
    """Return what stands behind something else, where a minus would be that of a difference."""
    made = p.signed(e, least)
    return p.paren(made.whole) if made.negative else made.body


def _product(p: Operands, e: Any) -> Printed:
    if e.args[0] == -1:
        inner = e.args[1] if len(e.args) == 2 else e.func(*e.args[1:])
        return Printed(p.text(inner, PRODUCT), SUM, negative=True)
    factors = [f for a in e.args[:-1] for f in p.factors(a, ATOM)]
    negative = False
    if isinstance(e.args[0], Number):
        factors[0], _, negative = p.signed(e.args[0], ATOM)
    # A sum sign may close a product without parentheses, as nothing follows that it could swallow.
    last = e.args[-1]
    factors += [p.text(last)] if isinstance(last, TimeSum) else p.factors(last)
    return Printed(p.glyphs.product(factors), PRODUCT, negative)


def _hadamard(p: Operands, e: Any) -> Printed:
    if e.shape == (1, 1) and len(set(e.args)) == 1:
        return Printed(p.glyphs.power(p.text(e.args[0], ATOM), len(e.args)), ATOM)
    # A bare function closes a product: before another factor it would seem to be of both.
    least = [ATOM] * (len(e.args) - 1) + [BARE]
    first, *others = (
        p.signed(a, PRODUCT if isinstance(a, MatMul) else at)
        for a, at in zip(e.args, least, strict=True)
    )
    behind = [p.paren(other.whole) if other.negative else other.body for other in others]
    factors = [first.body, *behind]
    # Numbers multiply as numbers do: the circled dot is for the components of columns.
    text = p.glyphs.product(factors) if e.shape == (1, 1) else p.glyphs.times.join(factors)
    return Printed(text, PRODUCT, first.negative)


def _transpose(p: Operands, e: Any) -> Printed:
    return Printed(p.glyphs.transposed(p.text(e.arg, ATOM)), ATOM)


def _quantity(p: Operands, e: Any) -> Printed:
    return Printed(p.glyphs.symbol(letter_of(e)), ATOM)


def _call(p: Operands, name: str, arg: Any) -> Printed:
    inner = p.text(arg)
    return Printed(name + p.paren(inner), ATOM)


def _apply(p: Operands, e: Any) -> Printed:
    if e.function == "exp_minus":
        # Of e^{−a} there is a node; with −a in it, it is written without two signs.
        made = p.printed(e.arg)
        exponent = made.body if made.negative else "-" + p.text(e.arg, BARE)
        return Printed(p.glyphs.power(p.glyphs.euler, exponent), ATOM)
    if e.function == "sqrt":
        return Printed(p.glyphs.root(p.text(e.arg)), ATOM)
    return _call(p, p.glyphs.word(e.function), e.arg)


def _of_two(p: Operands, e: Any) -> Printed:
    inner = ", ".join(p.text(a) for a in e.args)
    return Printed(p.glyphs.word(e.sign) + p.paren(inner), ATOM)


def _pointwise_power(p: Operands, e: Any) -> Printed:
    exponent = str(e.exponent)
    if e.shape != (1, 1):
        exponent = f"{p.glyphs.times.strip()} {exponent}"
    return Printed(p.glyphs.power(p.text(e.arg, ATOM), exponent), ATOM)


def _log(p: Operands, e: Any) -> Printed:
    if isinstance(e.arg, At):
        return Printed(f"{p.glyphs.word('log')} {p.text(e.arg)}", BARE)
    return _call(p, p.glyphs.word("log"), e.arg)


def _symbol_text(p: Operands, e: Any) -> str:
    # The variable of a derivative or gradient: a copy, a parameter or a quantity at a step.
    return p.text(e, ATOM)


def _partial(p: Operands, e: Any) -> Printed:
    return Printed(
        p.glyphs.derivative(_symbol_text(p, e.num), _symbol_text(p, e.den), bool(e.held)), ATOM
    )


def _gradient(p: Operands, e: Any) -> Printed:
    return Printed(p.glyphs.gradient(_symbol_text(p, e.num), _symbol_text(p, e.den)), PRODUCT)


def _time_sum(p: Operands, e: Any) -> Printed:
    g = p.glyphs
    head = g.over("sum", p.index(e.index), p.index(e.low), p.index(e.high))
    # A sum within a sum needs no parentheses: what follows the signs belongs to both.
    return Printed(head + _operand(p, e.body, SUM if isinstance(e.body, TimeSum) else PRODUCT), SUM)


def _component(p: Operands, e: Component) -> Printed:
    # A letter has its step below it already: the component stands below parentheses.
    return Printed(p.glyphs.entry(p.text(e.matrix), [p.index(i) for i in e.indices]), ATOM)


def _over_components(p: Operands, e: ComponentSum) -> Printed:
    head = p.glyphs.over("sum", p.index(e.index), "1", p.text(e.size))
    return Printed(head + _operand(p, e.body), SUM)


def _raised(p: Operands, e: Any) -> Printed:
    base, exponent = e.args
    text = p.text(base, ATOM)
    if isinstance(base, Number) and not (base.is_Integer and base >= 0):
        text = p.glyphs.paren(text, 0)
    return Printed(p.glyphs.power(text, p.index(exponent)), ATOM)


def _one_over(p: Operands, e: Any) -> Printed:
    # Behind a slash what stands beside it would be read as going on behind it.
    text = p.glyphs.fraction("1", p.text(e.size))
    return Printed(p.paren(text) if p.glyphs.slashes else text, ATOM)


def _quotient(p: Operands, e: Any) -> Printed:
    if e.shape == (1, 1):
        # Behind a slash a product would be read as going on behind the quotient; a bar holds it all.
        least = ATOM if p.glyphs.slashes else SUM
        above, below = p.signed(e.args[0], PRODUCT), p.text(e.args[1], least)
        if p.glyphs.slashes and isinstance(e.args[0], Log):
            # A logarithm without parentheses would take the quotient as its argument.
            above = Printed(p.paren(above.whole), ATOM)
        if p.glyphs.slashes and any(a.shape != (1, 1) for a in _factors(e.args[0])):
            # Of a row times a column the column alone would be read as what is divided.
            above = Printed(p.paren(above.body), ATOM, above.negative)
        return Printed(p.glyphs.fraction(above.body, below), PRODUCT, above.negative)
    return Printed(p.text(e.args[0], ATOM) + p.glyphs.divide + p.text(e.args[1], ATOM), PRODUCT)


def _factors(e: Any) -> tuple[Any, ...]:
    """Return the factors of a product that are no bare numbers."""
    return tuple(a for a in e.args if not a.is_number) if isinstance(e, MatMul) else ()


def _ordered(p: Operands, e: Any) -> Printed:
    g = p.glyphs
    head = g.over("prod", p.index(e.index), p.index(e.low), p.index(e.high))
    # Bare, a second factor would look like one behind the product.
    least = ATOM if isinstance(e.body, MatMul) else PRODUCT
    return Printed(head + _operand(p, e.body, least), SUM)


def _spelled(p: Operands, e: Any) -> Printed:
    if isinstance(e.node, TimeSum):
        return _sum(p, e)
    return Printed(p.glyphs.product(p.factors(e)), PRODUCT)


def _tint(p: Operands, e: Any) -> Printed:
    body, precedence, negative = p.printed(e.expr)
    if negative and isinstance(e.expr, MatMul):
        # The sign of a product stands before its colour, as that of a term or of the whole side.
        precedence = PRODUCT
    else:
        body, precedence, negative = p.signed(e.expr, PRODUCT)
    step, steps = e.args[1:]
    # Within a sum that is not written out there is no one step to give it its colour.
    coloured = p.glyphs.coloured(body, int(step), int(steps)) if step.is_Integer else body
    return Printed(coloured, precedence, negative)


def _nested(p: Operands, e: Any) -> Printed:
    if e.hole is None:
        return p.printed(e.expr)
    # The innermost step, between dots, stands where the outer levels leave off.
    dots = p.glyphs.dots
    outer = p.filled(e.hole, f"{dots} {p.text(e.inner, ATOM)} {dots}").printed(e.outer)
    return outer._replace(precedence=ATOM)


def _blocks(p: Operands, e: Any) -> Printed:
    # Where zeros and identities are all there is, nothing else tells where one of them ends.
    text = partial(_sized, p) if e.chooses else p.text
    return Printed(p.glyphs.matrix([[text(b) for b in row] for row in e.rows_of_blocks]), ATOM)


def _sized(p: Operands, e: Any) -> str:
    if e.shape == (1, 1):
        return p.text(e)
    if isinstance(e, Identity):
        return p.glyphs.sized(p.glyphs.identity, p.text(e.shape[0]))
    rows, columns = (p.text(size, PRODUCT) for size in e.shape)
    return p.glyphs.sized(p.glyphs.zero, rows + p.glyphs.by + columns)


def _scaled(p: Operands, e: Any) -> Printed:
    scale, matrix = e.args
    # Behind a slash what is scaled would be read as going on below it.
    apart = isinstance(scale, MatMul | Log) or (p.glyphs.slashes and isinstance(scale, Quotient))
    least = ATOM if apart else PRODUCT
    first = p.signed(scale, least)
    return Printed(p.glyphs.product([first.body, _operand(p, matrix)]), PRODUCT, first.negative)


def _scalar(p: Operands, e: Any) -> Printed:
    number = e.number
    if isinstance(number, KroneckerDelta):
        return Printed(p.glyphs.indicator(*(p.index(i) for i in reversed(number.args))), ATOM)
    if isinstance(number, Pow) and number.exp == -1:
        return Printed(p.glyphs.fraction("1", p.index(number.base)), ATOM)
    if number.is_Rational:
        return p.printed(number)
    negative = bool(number.as_coeff_Mul()[0] < 0)
    return Printed(p.index(-number if negative else number), ATOM, negative)


def _shape(p: Operands, e: Any) -> Printed:
    rows, columns = e
    return Printed(p.glyphs.by.join(p.text(size, PRODUCT) for size in (rows, columns)), PRODUCT)


def _indices(p: Operands, e: At) -> str:
    return ",".join(p.index(i) for i in e.indices)


def _size_sum(p: Operands, e: Any) -> Printed:
    return Printed(p.glyphs.plus.join(p.text(a) for a in sorted(e.args, key=str)), SUM)


def _size_product(p: Operands, e: Any) -> Printed:
    return Printed(p.glyphs.dot.join(p.text(a, PRODUCT) for a in e.args), PRODUCT)


PRINT: Table[Callable[[Operands, Any], Printed]] = Table(
    "print",
    {
        Symbol: _quantity,
        (*INTEGERS, *RATIONALS): lambda p, e: Printed(
            p.glyphs.number(abs(int(e.p)), int(e.q)), ATOM, e.p < 0
        ),
        Parameter: _quantity,
        SERIES: _quantity,
        At: lambda p, e: Printed(p.glyphs.symbol(letter_of(e.series), _indices(p, e)), ATOM),
        ParameterCopy: lambda p, e: Printed(
            p.glyphs.symbol(letter_of(e.args[0]), sup=f"({p.index(e.args[1])})"),
            ATOM,
        ),
        Identity: lambda p, e: Printed("1" if e.shape == (1, 1) else p.glyphs.identity, ATOM),
        OneMatrix: lambda p, e: Printed("1" if e.shape == (1, 1) else p.glyphs.ones, ATOM),
        ZeroMatrix: lambda p, e: Printed(p.glyphs.zero, ATOM),
        Plus: _sum,
        Times: _product,
        Hadamard: _hadamard,
        Transposed: _transpose,
        Apply: _apply,
        Slope: lambda p, e: _call(p, p.glyphs.prime(e.function), e.arg),
        Softmax: lambda p, e: _call(p, p.glyphs.word("softmax"), e.arg),
        Log: _log,
        Quotient: _quotient,
        PointwisePower: _pointwise_power,
        Named: lambda p, e: _call(p, p.glyphs.word(e.function), e.arg),
        NamedSlope: lambda p, e: _call(p, p.glyphs.prime(e.function), e.arg),
        (Maximum, Minimum): _of_two,
        Diag: lambda p, e: _call(p, p.glyphs.word("diag"), e.arg),
        Mean: lambda p, e: _call(p, p.glyphs.word("mean"), e.arg),
        LogSumExp: lambda p, e: _call(p, p.glyphs.word("logsumexp"), e.arg),
        Deviation: lambda p, e: _call(p, p.glyphs.word("sd"), e.arg),
        LayerNorm: lambda p, e: _call(p, p.glyphs.word("layernorm"), e.arg),
        OneOver: _one_over,
        Scaled: _scaled,
        Stack: lambda p, e: Printed(p.glyphs.matrix([[p.text(a)] for a in e.args]), ATOM),
        Scalar: _scalar,
        Blocks: _blocks,
        Partial: _partial,
        Gradient: _gradient,
        TimeSum: _time_sum,
        (OrderedProduct, RisingProduct): _ordered,
        Expanded: _spelled,
        Coloured: _tint,
        Component: _component,
        ComponentSum: _over_components,
        Norm: lambda p, e: Printed(p.glyphs.norm(p.text(e.arg)), ATOM),
        Spectral: lambda p, e: _call(p, p.glyphs.word(e.kind), e.arg),
        Power: _raised,
        Nested: _nested,
        Tuple: _shape,
        Add: _size_sum,
        Mul: _size_product,
        Rounded: lambda p, e: Printed(p.glyphs.numbers(e.texts), ATOM),
    },
    RenderError,
)
PRINT.omit("numbers are printed as the exact fractions that they are", Float)
