"""Where a formula that is too wide for a line may be parted, inwards from its terms.

What is parted reads as if it were printed whole: the same factors and signs in the same order. Only
parentheses that open on one line and close on another are of a fixed size.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from enum import Enum
from typing import Any, NamedTuple

from sympy import HadamardProduct, MatAdd, MatMul, Transpose

from derive.expressions.algebra import Scaled
from derive.expressions.functions import Apply, Log, Quotient
from derive.expressions.shown import Coloured, Nested
from derive.expressions.sums import Expanded, TimeSum
from derive.typesetting.nodes import ATOM, BARE, PRODUCT, SUM
from derive.typesetting.printing import Printer

_BETWEEN_POWERS = ("exp_minus", "sqrt")
"""Functions whose argument stands in an exponent or under a root, where no line ends."""


class Joint(Enum):
    """What a part is to what stands before it."""

    TERM = "a term, with its sign"
    DOTS = "dots, with which a line ends"
    TIMES = "a factor, behind a sign"
    BESIDE = "a factor, behind nothing"


class TermColour(NamedTuple):
    """The colour of a contribution, and which term of its side has it."""

    step: int
    steps: int
    term: int


class Piece(NamedTuple):
    """A part of a formula without the sign before it, and within how many parentheses it begins."""

    body: str
    negative: bool = False
    joint: Joint = Joint.TERM
    glue: str = ""
    depth: int = 0
    tint: TermColour | None = None


def parts_of(printer: Printer, side: Any, wide: Callable[[Any], bool]) -> list[Piece]:
    """Return the terms of a side, those that are ``wide`` in parts."""
    return _Parting(printer, wide).terms(side)


class _Parting:
    """Parts expressions for one printer."""

    def __init__(self, printer: Printer, wide: Callable[[Any], bool]) -> None:
        self._p = printer
        self._g = printer.glyphs
        self._wide = wide

    def terms(self, e: Any) -> list[Piece]:
        """Return the terms of a sum, or of what is none the one, and their parts."""
        found: list[Piece] = []
        for n, term in enumerate(e.args if isinstance(e, MatAdd) else (e,)):
            printed = self._p.terms(term)
            inner = self._of_term(term, n) if len(printed) == 1 and self._wide(term) else []
            found += inner or [Piece(t.body, t.negative, self._joint(t.body)) for t in printed]
        return found

    def _of_term(self, term: Any, n: int) -> list[Piece]:
        """Return the parts of a term; none where they would not read as it does."""
        tint = None
        if isinstance(term, Coloured):
            step, steps = term.args[1:]
            tint = TermColour(int(step), int(steps), n) if step.is_Integer else None
            term = term.expr
        parts = self._parted(term, SUM if tint is None or isinstance(term, MatMul) else PRODUCT)
        if parts and _letters(self._whole(parts)) != _letters(self._p.text(term)):
            return []
        return [part._replace(tint=tint) for part in parts]

    def _joint(self, body: str) -> Joint:
        return Joint.DOTS if body == self._g.dots else Joint.TERM

    def _whole(self, parts: list[Piece]) -> str:
        """Return parts one behind the other."""
        first, *others = parts
        text = f"-{first.body}" if first.negative else first.body
        for part in others:
            sign = self._g.minus if part.negative else self._g.plus
            text += (sign if part.joint in (Joint.TERM, Joint.DOTS) else part.glue) + part.body
        return text

    def _parted(self, e: Any, least: int = SUM) -> list[Piece]:
        """Return the parts of what must bind as ``least``, or nothing if it has to stay whole."""
        parts = self._inner(e)
        if parts and self._p.printed(e).precedence < least:
            parts = self._enclosed("", e, parts)
        return parts if len(parts) > 1 else []

    def _inner(self, e: Any) -> list[Piece]:
        if isinstance(e, Nested) and e.hole is None:
            return self._inner(e.expr)
        if isinstance(e, MatAdd):
            return self.terms(e)
        if isinstance(e, Quotient) and e.shape != (1, 1):
            return self._joined([(a, ATOM) for a in e.args], Joint.TIMES, self._g.divide)
        if isinstance(e, HadamardProduct):
            if e.shape == (1, 1):
                return self._product(e.args) if len(set(e.args)) > 1 else []
            least = [*[ATOM] * (len(e.args) - 1), BARE]
            binds = [
                PRODUCT if isinstance(a, MatMul) else at
                for a, at in zip(e.args, least, strict=True)
            ]
            return self._joined(list(zip(e.args, binds, strict=True)), Joint.TIMES, self._g.times)
        if isinstance(e, MatMul):
            if e.args[0] != -1:
                return self._product(e.args)
            first, *others = self._product(e.args[1:])
            return [] if first.negative else [first._replace(negative=True), *others]
        if isinstance(e, Scaled):
            return self._product(e.args)
        if isinstance(e, Expanded) and not isinstance(e.node, TimeSum):
            return self._product([e])
        if isinstance(e, TimeSum):
            return self._over_time(e)
        if isinstance(e, Apply) and e.function not in _BETWEEN_POWERS:
            return self._enclosed(self._g.word(e.function), e.arg, self._parted(e.arg))
        if isinstance(e, Log):
            return self._enclosed(self._g.word("log"), e.arg, self._parted(e.arg))
        if isinstance(e, Transpose):
            return self._transposed(e)
        return []

    def _over_time(self, e: TimeSum) -> list[Piece]:
        least = SUM if isinstance(e.body, TimeSum) else PRODUCT
        parts = self._parted(e.body, least)
        head, body = self._p.text(e), self._p.text(e.body, least)
        if not parts or parts[0].negative or not head.endswith(body):
            return []
        first = parts[0]._replace(body=head.removesuffix(body) + parts[0].body)
        return [first, *parts[1:]]

    def _transposed(self, e: Any) -> list[Piece]:
        parts = self._parted(e.arg, ATOM)
        if not parts or self._p.printed(e.arg).precedence >= ATOM:
            return []
        closed = self._g.parted(self._p.text(e.arg))[1]
        last = parts[-1]
        body = last.body.removesuffix(closed) + self._g.transposed(closed)
        return [*parts[:-1], last._replace(body=body)]

    def _enclosed(self, name: str, inner: Any, parts: list[Piece]) -> list[Piece]:
        """Return parts in parentheses: behind the first one they are a level deeper."""
        if not parts:
            return []
        opened, closed = self._g.parted(self._p.text(inner))
        first, *others = parts
        sign = "-" if first.negative else ""
        begun = first._replace(body=f"{name}{opened}{sign}{first.body}", negative=False)
        found = [begun, *(part._replace(depth=part.depth + 1) for part in others)]
        return [*found[:-1], found[-1]._replace(body=found[-1].body + closed)]

    def _product(self, args: Any) -> list[Piece]:
        """Return the parts of a product of matrices or of numbers."""
        parts = self._joined(list(self._flat(args)), Joint.BESIDE, None)
        found = parts[:1]
        for part in parts[1:]:
            if part.joint is Joint.BESIDE and "dot" in part.glue:
                # Without the dot, what stands before it would be the name of a function.
                last = found[-1]
                found[-1] = last._replace(body=last.body + part.glue + part.body)
            else:
                found.append(part)
        return found

    def _flat(self, args: Any) -> Iterator[tuple[Any, int]]:
        """Yield the factors of a product, and of those within it, with how each must bind."""
        for n, arg in enumerate(args):
            last = n == len(args) - 1
            inner = arg.args if isinstance(arg, MatMul) and arg.args[0] != -1 else ()
            if isinstance(arg, Expanded) and not isinstance(arg.node, TimeSum):
                inner = self._spelled(arg)
            if inner:
                yield from ((a, least if last else ATOM) for a, least in self._flat(inner))
            else:
                yield arg, SUM if last and isinstance(arg, TimeSum) else BARE if last else ATOM

    def _spelled(self, e: Expanded) -> list[Any]:
        """Return the factors of a product over steps: where there are dots, as they are printed."""
        printed = self._p.factors(e)
        return printed if self._g.dots in printed else [e.part(step) for step in e.steps()]

    def _joined(
        self, factors: list[tuple[Any, int]], joint: Joint, glue: str | None
    ) -> list[Piece]:
        """Return factors one behind the other: those that are wide in parts, and the longest sum."""
        sums = [n for n, (a, _) in enumerate(factors) if isinstance(a, MatAdd)]
        longest = max(sums, key=lambda n: len(self._p.text(factors[n][0])), default=None)
        found: list[Piece] = []
        for n, (a, least) in enumerate(factors):
            wide = not isinstance(a, str) and (n == longest or self._wide(a))
            parts = self._parted(a, least) if wide else []
            if not parts or (n and parts[0].negative):
                parts = [self._factor(a, least, first=not n)]
            first, *others = parts
            if n:
                before = found[-1].body
                between = glue
                if between is None:
                    beside = self._g.product([before, first.body])
                    between = beside[len(before) : len(beside) - len(first.body)]
                first = first._replace(joint=joint, glue=between)
            found += [first, *others]
        return found

    def _factor(self, a: Any, least: int, *, first: bool) -> Piece:
        if isinstance(a, str):
            return Piece(a)
        made = self._p.signed(a, least)
        if first:
            return Piece(made.body, made.negative)
        return Piece(self._p.paren(made.whole) if made.negative else made.body)


_SIZES = re.compile(
    r"\\left|\\right|\\[bB]igg?[lr]|\b(?:plain|big|bigger|huge|huger)(?:open|close)?\b|[()\s]"
)


def _letters(text: str) -> str:
    """Return a text without parentheses, of whatever size."""
    return _SIZES.sub("", text)
