"""A user's equations, evaluated straight from their text by a second reader.

What a document prints is compared with the cell, and the cell with its derivatives; this compares the
cell with what its author wrote.  It shares nothing with `derive.formula` and the nodes: no tree is
made, each sign is done as soon as it is read, by NumPy.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

import numpy as np

from derive.arrays import Array
from derive.checks.secondarithmetic import (
    FUNCTIONS,
    Evaluated,
    Eye,
    number,
    over,
    plus,
    times,
)
from derive.errors import CheckError
from derive.numerics.trace import ROUNDING, STEP, ForwardPass

SAME = {"⊙": ".*", "·": "*", "@": "*", "−": "-", "ᵀ": "'", ".T": "'"}
_WORD = re.compile(
    r"\s*(?:#[^\n]*\s*)*"
    r"(\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|[^\W\d]\w*|\.T\b|\.\*|$|.)"
)
_DEFINES = re.compile(r"\s*(?:#[^\n]*\s*)*([^\W\d]\w*)\s*\[\s*t\s*\]\s*=")


_UNARY = 3
_BETWEEN: dict[str, tuple[int, Callable[[Evaluated, Evaluated], Evaluated]]] = {
    "+": (1, plus),
    "-": (1, lambda a, b: plus(a, times(number(-1.0), b))),
    "*": (2, times),
    ".*": (2, lambda a, b: a * b),  # type: ignore[operator]
    "/": (2, over),
}
"""The signs between two values: how tightly they bind, and what they do."""


class SecondReader:
    """Evaluates a text at a step of a forward pass, from left to right.

    ``own`` are texts of functions by ``name(argument)`` or by name; ``argument`` is the value of the
    only name in the text of such a function.  ``constants`` have values of their own, and ``rng``
    changes the last digits of whatever is read.
    """

    word_pattern = _WORD
    same: Mapping[str, str] = SAME
    between: Mapping[str, tuple[int, Callable[[Evaluated, Evaluated], Evaluated]]] = _BETWEEN

    def __init__(
        self,
        text: str,
        trace: ForwardPass,
        step: int,
        own: Mapping[str, str],
        *,
        constants: Mapping[str, Array] | None = None,
        rng: np.random.Generator | None = None,
        argument: Array | None = None,
    ) -> None:
        self.text, self.trace, self.step, self.argument = text, trace, step, argument
        self.own, self.rng = own, rng
        self.series = {s.name: s for s in trace.columns}
        self.constants = constants or {}
        self.once = {p.name: array for p, array in trace.parameters.items()} | {**self.constants}
        self.sizes = {str(symbol): size for symbol, size in trace.sizes.items()}
        self.at = 0

    def equations(self) -> dict[str, Array]:
        """Return the right side of each equation of the text, by the name on its left."""
        found: dict[str, Array] = {}
        while left := _DEFINES.match(self.text, self.at):
            self.at = left.end()
            found[left[1]] = self.as_array(self.value(0))
        self.take("")
        return found

    def whole(self) -> Array:
        """Return the value of a text that is one formula."""
        value = self.as_array(self.value(0))
        self.take("")
        return value

    def value(self, binding: int) -> Evaluated:
        """Return what stands from here to the first sign that binds no more tightly than ``binding``."""
        left = self.operand()
        while True:
            sign = self.peek()
            binds, then = self.between.get(sign, (0, None))
            if sign in ("'", "^"):
                self.take(sign)
                left = self._transposed(left) if sign == "'" else self._raised(left)
            elif then is None or binds <= binding:
                return left
            else:
                self.take(sign)
                right = self.value(binds)
                # In a function of entries every product is one of entries.
                entries = sign == "*" and self.argument is not None
                left = left * right if entries else then(left, right)  # type: ignore[operator]

    def operand(self) -> Evaluated:
        word = self.take()
        if word == "-":
            return times(number(-1.0), self.value(_UNARY))
        if word[0].isdigit():
            return number(float(word))
        if word in "([":
            parts = [self.value(0)]
            while word == "[" and self.peek() == ";":
                self.take(";")
                parts.append(self.value(0))
            self.take(")" if word == "(" else "]")
            return np.vstack([self.as_array(p) for p in parts]) if len(parts) > 1 else parts[0]
        if not word[0].isalpha():
            raise self.refusal(f"{word!r} begins nothing")
        after = self.peek()
        if after == "(" or (after == "'" and self._is_function(word)):
            return self.function(word)
        return self.quantity(word)

    def _is_function(self, word: str) -> bool:
        known = word in FUNCTIONS or word in self._own_names()
        return known and re.match(r"\s*(?:'|ᵀ)\s*\(", self.text[self.at :]) is not None

    def quantity(self, word: str) -> Evaluated:
        if self.peek() == "[":
            self.take("[")
            index = self.value(0)
            self.take("]")
            if word not in self.series:
                raise self.refusal(f"{word!r} is no quantity of a step")
            step = round(float(self.as_array(index)[0, 0]))
            whole = self._rounded(self.trace.value(self.series[word], step))
            return self._components(whole) if self.peek() == "[" else whole
        if word in self.once:
            return self._rounded(self.once[word])
        if word == "t":
            return number(float(self.step))
        if word == "I":
            return Eye(number(1.0))
        if self.argument is None:
            raise self.refusal(f"{word!r} is no quantity")
        return self._rounded(self.argument)

    def _components(self, whole: Array) -> Array:
        self.take("[")
        first = int(self.take())
        last = int(self.take()) if self.peek() == ":" and self.take(":") else first
        self.take("]")
        return whole[first - 1 : last]

    def _rounded(self, value: Array) -> Array:
        if self.rng is None:
            return value
        changed: Array = value * (1 + ROUNDING * self.rng.normal(size=value.shape))
        return changed

    def function(self, word: str) -> Evaluated:
        slope = self.peek() == "'"
        if slope:
            self.take("'")
        self.take("(")
        if word in ("ones", "I"):
            size = self.take()
            rows = int(size) if size.isdigit() else self.sizes[size]
            self.take(")")
            return np.ones((rows, 1)) if word == "ones" else np.eye(rows)
        given = [self.as_array(self.value(0))]
        while self.peek() == ",":
            self.take(",")
            given.append(self.as_array(self.value(0)))
        self.take(")")
        if word in ("max", "min"):
            return np.maximum(*given) if word == "max" else np.minimum(*given)
        if word == "stack":
            return np.vstack(given)
        function = FUNCTIONS.get(word) or self._own(word)
        if slope:
            return function(given[0] + 1j * STEP).imag / STEP
        return function(given[0])

    def _own_names(self) -> dict[str, str]:
        return {key.partition("(")[0].strip(): text for key, text in self.own.items()}

    def _own(self, word: str) -> Callable[[Array], Array]:
        text = self._own_names().get(word)
        if text is None:
            raise self.refusal(f"{word!r} is no function")
        return lambda a: SecondReader(
            text,
            self.trace,
            self.step,
            self.own,
            rng=self.rng,
            constants=self.constants,
            argument=a,
        ).whole()

    def _raised(self, base: Evaluated) -> Evaluated:
        word = self.peek()
        if word == "(":
            self.take("(")
            exponent = float(np.real(self.as_array(self.value(0)).item()))
            self.take(")")
        else:
            exponent = float(self.take())
        array = self.as_array(base)
        power = int(exponent) if exponent == int(exponent) else exponent
        if array.shape[1:] in ((), (1,)):
            return np.asarray(array**power)
        return np.linalg.matrix_power(array, int(power))

    def _transposed(self, value: Evaluated) -> Evaluated:
        return value if isinstance(value, Eye) else value.T

    def as_array(self, value: Evaluated) -> Array:
        if isinstance(value, Eye):
            raise self.refusal("an identity stands alone")
        return value

    def peek(self) -> str:
        found = self.word_pattern.match(self.text, self.at)
        word = "" if found is None else found[1]
        return self.same.get(word, word)

    def take(self, wanted: str | None = None) -> str:
        found = self.word_pattern.match(self.text, self.at)
        word = self.peek()
        if wanted is not None and word != wanted:
            raise self.refusal(f"{word!r} stands where {wanted!r} should")
        if found is not None:
            self.at = found.end()
        return word

    def refusal(self, said: str) -> CheckError:
        line = self.text.count("\n", 0, self.at) + 1
        return CheckError(f"read a second time, {said} in line {line} of its equations")
