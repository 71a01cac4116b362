"""One equation, or expression, without the derivation it is of: printed, and read back.

What its letters may stand for are its own quantities, and as there are no data, what was read must be
what was printed, in one normal form of both.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import wraps
from inspect import signature
from typing import ParamSpec

from sympy import Basic, Expr, MatrixExpr, Symbol, SympifyError, expand, sympify

from derive.checks.vocabulary import FUNCTIONS, quantities_in
from derive.errors import CheckError, shown
from derive.expressions.blocks import Blocks
from derive.expressions.derivatives import Partial
from derive.expressions.equation import Equation, Kind, Step
from derive.expressions.introduced import Introduced, Role
from derive.expressions.named import named_in
from derive.expressions.quantities import At, Series
from derive.expressions.walk import atoms_of
from derive.publishing.notated import require_notation
from derive.publishing.shown import ShownEquations
from derive.reading.vocabulary import Vocabulary
from derive.render.drawing.formula import formula_svg
from derive.typesetting import notation as notations
from derive.typesetting.layout import display
from derive.typesetting.printing import Dialect, Printer


@dataclass(frozen=True)
class _OwnVocabulary(Vocabulary):
    """The quantities of one equation; ``immediate`` is what its derivatives hold fixed.

    By the series that is differentiated and what by: series, and how many steps before it they stand.
    """

    immediate: Mapping[tuple[Basic, Basic], tuple[tuple[Series, Expr], ...]] = field(
        default_factory=dict
    )

    def held(self, num: Basic, den: Basic) -> tuple[Basic, ...]:
        if not isinstance(num, At):
            return ()
        step = num.indices[0]
        return tuple(s[step - lag] for s, lag in self.immediate.get(_by(num, den), ()))


def _by(num: At, den: Basic) -> tuple[Basic, Basic]:
    return num.series, den.series if isinstance(den, At) else den.args[0] if den.args else den


class _Same:
    """Tells two expressions apart by what they are made of."""

    def vocabulary(self, equation: Equation, symbols: Mapping[str, str]) -> Vocabulary:
        """Return the quantities of an equation."""
        sides = equation.sides
        partials = [p for side in sides for p in atoms_of(side, Partial)]
        immediate = {
            _by(p.num, p.den): tuple((h.series, p.num.indices[0] - h.indices[0]) for h in p.held)
            for p in partials
            if p.held and isinstance(p.num, At)
        }
        return _OwnVocabulary(
            tuple(quantities_in(sides)),
            symbols,
            FUNCTIONS,
            states=_states(sides),
            sizes={size.name: size for size in _sizes(sides)},
            own={named.function: named.formula for named in named_in(sides)},
            immediate=immediate,
        )

    def apart(self, equation: Equation, read: Basic, meant: Basic) -> str | None:
        """Return what differs: this is asked only of what is not one and the same."""
        return "they are not the same"


def _states(sides: Iterable[Basic]) -> tuple[Series, ...]:
    """Return what columns of blocks belong to, which have no sizes on paper."""
    for side in sides:
        for at in atoms_of(side, At):
            if isinstance(at.series, Introduced) and at.series.role is Role.STACK:
                return at.series.of
    for side in sides:
        for blocks in atoms_of(side, Blocks):
            rows = blocks.rows_of_blocks
            sizes = [b.shape[1] for b in rows[0]] if rows[0][1:] else [r[0].shape[0] for r in rows]
            return tuple(Series(str(n), size, 1) for n, size in enumerate(sizes))
    return ()


def _sizes(sides: Iterable[Basic]) -> set[Symbol]:
    quantities = [q.node for q in quantities_in(sides)]
    matrices = [*quantities, *(side for side in sides if isinstance(side, MatrixExpr))]
    return {symbol for m in matrices for size in m.shape for symbol in size.free_symbols}


def text(value: Basic | Equation, notation: str, dialect: Dialect) -> str:
    """Return an equation or expression as it is printed; `require_text` reads it back."""
    printer = Printer(notations.load(notation), dialect)
    return display(printer, value) if isinstance(value, Equation) else printer.inline(value)


def picture(equation: Equation, notation: str) -> str:
    """Return a picture of an equation; `require_text` reads it back."""
    return formula_svg(equation, notations.load(notation))


def require_text(value: Basic | Equation, made: str, notation: str, manner: str) -> str:
    """Return a text that says what a value is, in the notation of that name; else a `CheckError`.

    ``manner`` is latex, markdown between lines of dollars, plain or svg.
    """
    found = require_notation(notations.load(notation), notation)
    reader = ShownEquations(_Same(), found)
    if manner == "markdown":
        fenced = _FENCED.fullmatch(made)
        if fenced is None:
            raise _failed(value, made, "it is not between lines of two dollars")
        reader.require(_whole(value), fenced["tex"], manner)
    elif isinstance(value, Equation | MatrixExpr):
        reader.require(_whole(value), made, manner)
    elif isinstance(value, Expr):
        _require_number(value, made)
    return made


P = ParamSpec("P")


def read_as(manner: str) -> Callable[[Callable[P, str]], Callable[P, str]]:
    """Have what a function of the library returns read with the arguments that its caller gave.

    These are a value and, where it is not the usual one, a notation; errors as `require_text`.
    """

    def decorate(function: Callable[P, str]) -> Callable[P, str]:
        @wraps(function)
        def asked(*args: P.args, **options: P.kwargs) -> str:
            given = signature(function).bind(*args, **options).arguments
            value, notation = next(iter(given.values())), given.get("notation", "source")
            return require_text(value, function(*args, **options), notation, manner)

        return asked

    return decorate


_FENCED = re.compile(r"\$\$\n(?P<tex>[^$]*)\n\$\$")
_FRACTION = re.compile(r"\\[td]?frac\{(-?\d+)\}\{(\d+)\}")
_BESIDE = re.compile(r"(?<=[\w)]) +(?=[A-Za-z(])|(?<=\d)(?=[A-Za-z])")


def _whole(value: Basic | Equation) -> Equation:
    if isinstance(value, Equation):
        return value
    return Equation("expression", Kind.IDENTITY, (value,), Step("shown"))


def _require_number(value: Expr, made: str) -> None:
    """Read a number or an index by itself, as arithmetic has it, and compare it."""
    names = {str(symbol): symbol for symbol in value.free_symbols}
    arithmetic = _BESIDE.sub("*", _FRACTION.sub(r"(\1)/(\2)", made))
    if not re.fullmatch(r"[\w\s+*/()-]*", arithmetic):
        return
    try:
        found = sympify(arithmetic, locals=names, rational=True)
    except SympifyError as error:
        raise _failed(value, made, "it is no arithmetic") from error
    if expand(found - value) != 0:
        raise _failed(value, made, f"{found} is written")


def _failed(value: Basic | Equation, made: str, problem: str) -> CheckError:
    said = value.id if isinstance(value, Equation) else str(value)
    return CheckError(
        f"{shown(said)} is not printed as it is: {problem}, in {shown(made)}. Nothing is shown; "
        "correct what prints it"
    )
