"""The formulas of claims, evaluated straight from their text: sums, products, derivatives, relations.

A derivative is what the forward pass does when a quantity is moved; what is held fixed is read off the
text.  Shapes are kept as strictly as in a formula: what does not fit is a `ShapeMisfit`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
from sympy import Integer

from derive.arrays import Array
from derive.checks.secondarithmetic import Evaluated
from derive.checks.secondpasses import Den, MovedPass, Passes, shape_of
from derive.checks.secondreading import SAME, SecondReader
from derive.checks.secondshapes import BETWEEN, REPEATED, UNARY, SidesMisfit, sided, times
from derive.errors import CheckError
from derive.expressions.quantities import At, ParameterCopy
from derive.numerics.trace import STEP

ALIKE = {**SAME, "≤": "<=", "≥": ">=", "≠": "!=", "∥": "|"}
RELATIONS = ("=", "<=", ">=", "!=")

_WORD = re.compile(
    r"\s*(\d+(?:\.(?!\.)\d+)?(?:[eE][+-]?\d+)?|[^\W\d]\w*|\.T\b|\.\*|\.\.|[<>!]=|$|.)"
)
_QUANTITY = re.compile(r"\s*([^\W\d]\w*)\s*\[([^\]]*)\]\s*[),]")
_RANGE = re.compile(r"\s*(\w+)\s*=(.*?)\.\.(.*)", re.DOTALL)


@dataclass(frozen=True)
class RelationSides:
    """Both sides of a relation as they are read, and its sign."""

    left: Array
    sign: str
    right: Array


class ClaimReader(SecondReader):
    """Evaluates a relation at values of its indices; ``where`` are the texts of further names."""

    def __init__(
        self, text: str, passes: Passes, indices: Mapping[str, int], where: Mapping[str, str],
        along: MovedPass | None = None,
    ) -> None:  # fmt: skip
        super().__init__(text, along or passes.trace, 0, {})  # type: ignore[arg-type]
        self.passes, self.along = passes, along
        self.indices, self.where = dict(indices), where
        self.inside = 0

    word_pattern, same, between = _WORD, ALIKE, BETWEEN

    def relation(self) -> RelationSides:
        """Return both sides of a relation, in one shape; a `ShapeMisfit` where there is none."""
        left = self.value(0)
        sign = self.take()
        if sign not in RELATIONS:
            raise self.refusal(f"{sign!r} stands where a relation should")
        right = self.value(0)
        self.take("")
        a, b = sided(left, right), sided(right, left)
        if a.shape != b.shape:
            raise SidesMisfit(a, b)
        return RelationSides(b, "<=", a) if sign == ">=" else RelationSides(a, sign, b)

    def operand(self) -> Evaluated:
        word = self.peek()
        if word == "-":
            self.take()
            return times(np.array(-1.0), self.value(UNARY))
        if word[:1].isdigit():
            self.take()
            return np.array(float(word))
        if word == "d" and re.match(r"\s*d\s*[+(]", self.text[self.at :]):
            self.take()
            return self._derivative()
        return super().operand()

    def quantity(self, word: str) -> Evaluated:
        if self.peek() == "[":
            self.take("[")
            self.inside += 1
            step = self._step()
            self.inside -= 1
            self.take("]")
            return self.trace.value(self.series[word], step)
        if word in self.indices and (self.inside or word not in {*self.once, *self.where}):
            value = np.array(float(self.indices[word]))
            # Only in an index is it a bare number: elsewhere a quantity of one entry.
            return value if self.inside else value.reshape(1, 1)
        total = self.trace.cell.total
        if word == total.name:
            return self.trace.parameter(total)
        if word in self.where:
            return self._within(self.where[word]).all()
        return super().quantity(word)

    def all(self) -> Evaluated:
        """Return the value of a text that is one formula, of any kind."""
        value = self.value(0)
        self.take("")
        return value

    def _within(self, text: str) -> ClaimReader:
        return ClaimReader(text, self.passes, self.indices, self.where, self.along)

    def _step(self) -> int:
        return round(float(np.real(self.as_array(self.value(0)).item())))

    def function(self, word: str) -> Evaluated:
        if self.peek() != "(":
            return super().function(word)
        if word in REPEATED:
            self.take("(")
            return self._repeated(*REPEATED[word])
        if word == "grad":
            self.take("(")
            return self._moved(",", (), gradient=True)
        if word == "copy":
            self.take("(")
            name = self.take()
            self.take(",")
            self._index_until(")")
            return self.once[name]
        return super().function(word)

    def _repeated(self, rising: bool, then: Callable[[Evaluated, Evaluated], Evaluated],
                  nothing: Evaluated) -> Evaluated:  # fmt: skip
        """Return a sum or product over an index, term after term as they are written."""
        name = self.take()
        self.take("=")
        first = self._index_until("..")
        last = self._index_until(",")
        before, body, total = self.indices.get(name), self.at, nothing
        steps = [*range(first, last + 1)] if rising else [*range(first, last - 1, -1)]
        for number, step in enumerate(steps):
            self.at, self.indices[name] = body, step
            term = self.value(0)
            total = then(total, term) if number else term
        if not steps:
            # Its letter stands in the body; the value there is not looked at, nor must it exist.
            self._skip()
        if before is None:
            self.indices.pop(name, None)
        else:
            self.indices[name] = before
        self.take(")")
        return total

    def _skip(self) -> None:
        """Go on to the closing bracket of what is open here."""
        depth = 0
        while not (depth == 0 and self.peek() == ")"):
            depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(self.take(), 0)

    def _index_until(self, sign: str) -> int:
        self.inside += 1
        step = self._step()
        self.inside -= 1
        self.take(sign)
        return step

    # -- derivatives ---------------------------------------------------------------------------------

    def _derivative(self) -> Evaluated:
        immediate = self.peek() == "+"
        if immediate:
            self.take("+")
        self.take("(")
        start = self.at
        self._skip_to("|", ")")
        held: list[At] = []
        if self.peek() == "|":
            self.take("|")
            held = [self._quantity()]
            while self.peek() == ",":
                self.take(",")
                held.append(self._quantity())
        if immediate:
            held = self._before(start)
        end = self.at
        self.at = start
        return self._moved(None, tuple(held), gradient=False, end=end)

    def _before(self, start: int) -> list[At]:
        """Return what d+ holds fixed: the states that the numerator is computed from."""
        found = _QUANTITY.match(self.text, start)
        if found is None:
            return []
        step = self._index_in(found[2])
        states = self.trace.cell.states
        own = () if any(s.name == found[1] for s in states) else (step,)
        return [s[Integer(n)] for n in (*own, step - 1) for s in states]

    def _moved(
        self, comma: str | None, held: tuple[At, ...], *, gradient: bool, end: int = 0
    ) -> Evaluated:
        """Return how what stands here changes with what stands behind it."""
        start = self.at
        if comma is None:
            self.at = end
            for sign in (")", "/", "d", "("):
                self.take(sign)
        else:
            self._skip_to(comma)
            self.take(comma)
        den = self._den()
        self.take(")")
        stands = tuple(at for at in held if at != den)
        if self.along is not None:
            raise self.refusal("a derivative stands within a derivative")
        columns = self._columns(start, den, stands)
        return columns.reshape(shape_of(self.trace, den)) if gradient else columns

    def _columns(self, start: int, den: Den, held: tuple[At, ...]) -> Array:
        """Return the slopes of what stands at a place, a column for each entry of what is moved."""
        moved = self.passes.moved(den, held)
        alone = _QUANTITY.match(self.text, start)
        if alone is None or alone[1] not in self.series:
            slopes = [self._slope(start, MovedPass(moved, n)) for n in range(moved.batch)]
            return np.hstack(slopes)
        # A quantity by itself needs no reading for each entry.
        value = moved.value(self.series[alone[1]], self._index_in(alone[2]))
        if value.ndim == 2:
            return np.zeros((value.size, moved.batch))
        return np.asarray(value.reshape(moved.batch, -1).imag.T / STEP)

    def _index_in(self, text: str) -> int:
        reader = self._within(text)
        reader.inside = 1
        return round(float(np.asarray(reader.all()).item()))

    def _slope(self, start: int, moved: MovedPass) -> Array:
        reader = ClaimReader(self.text, self.passes, self.indices, self.where, moved)
        reader.at = start
        reader.once = {p.name: moved.parameter(p) for p in moved.parameters} | {**self.constants}
        found = np.asarray(reader.as_array(reader.value(0)))
        return np.asarray(found.reshape(-1, 1).imag / STEP)

    def _skip_to(self, *signs: str) -> None:
        depth = 0
        while depth or self.peek() not in signs:
            depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(self.take(), 0)

    def _quantity(self) -> At:
        name = self.take()
        self.take("[")
        return self.series[name][Integer(self._index_until("]"))]

    def _den(self) -> Den:
        parameters = {p.name: p for p in self.trace.parameters}
        word = self.peek()
        behind = self.text[self.at :].lstrip()[len(word) :].lstrip()
        if word == "copy" and behind.startswith("("):
            self.take()
            self.take("(")
            parameter = parameters[self.take()]
            self.take(",")
            return ParameterCopy(parameter, self._index_until(")"))
        if behind.startswith("["):
            return self._quantity()
        if word not in parameters:
            raise self.refusal(f"nothing is differentiated by {word!r}")
        return parameters[self.take()]


def ranges(text: str, passes: Passes) -> list[dict[str, int]]:
    """Return the values of the indices of a text such as ``t=1..T, k=1..t``, and T."""
    known = [{"T": passes.trace.steps}]
    for part in text.split(",") if text.strip() else []:
        found = _RANGE.fullmatch(part)
        if found is None:
            raise CheckError(f"read a second time, {part!r} is no range of an index")
        low, high = (partial(_bound, text, passes) for text in found.groups()[1:])
        known = [
            {**one, found[1]: value} for one in known for value in range(low(one), high(one) + 1)
        ]
    return known


def _bound(text: str, passes: Passes, known: Mapping[str, int]) -> int:
    reader = ClaimReader(text, passes, known, {})
    reader.inside = 1
    return round(float(np.asarray(reader.all()).item()))
