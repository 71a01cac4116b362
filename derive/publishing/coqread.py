"""A file for Coq, read: whether what it defines is the network, and what it proves is what is printed.

Coq tells whether theorems follow from definitions, and not what these are of. So each equation of a
step, as a lemma of the file has it, and the gradients in its theorems are computed on numbers, by a
reader that knows the words of the file and not what writes them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

from derive.arrays import Array
from derive.bptt.derivation import Derivation
from derive.checks.secondarithmetic import EPSILON
from derive.checks.secondarithmetic import FUNCTIONS as OF_ONE
from derive.checks.secondreading import SecondReader
from derive.errors import CheckError
from derive.expressions.introduced import Introduced, Role
from derive.expressions.named import named_in
from derive.expressions.quantities import Series, t
from derive.expressions.shapes import number
from derive.numerics.evaluate import Evaluator
from derive.numerics.sample import sample
from derive.typesetting.lettering import letter_of

NEAR = 1e-9
STEP = 1e-20
"""Of complex steps, by which slopes are computed."""

FUNCTIONS: Mapping[str, Callable[[Array], Array]] = {
    **OF_ONE,
    # The slopes of max and min, and of what is bent at zero.
    "step": lambda a: np.where(a.real > 0, 1.0, 0.0),
    "sign": lambda a: np.sign(a.real),
    "exp_minus": lambda a: np.exp(-a),
    "deviation": lambda a: np.sqrt(np.mean((a - a.mean()) ** 2) + EPSILON).reshape(1, 1),
}
"""The functions of one argument by their names in the file."""

_POWER = re.compile(r"power_(minus_)?(\d+)_(\d+)_*")

_WORD = re.compile(
    r"\s*(\.\+\d+|%:R|%:M|%N|\*m|\*:|\^T|\^\+|\^-|=>|\\matrix_\(i, j\)|'M\[R\]_|[A-Za-z_][\w']*|\d+|\S)"
)
_LEMMA = re.compile(r"^Lemma (\w+)_E t : (\w+) t\.\+1 = (.*)\.$", re.MULTILINE)
_THEOREM = re.compile(r"^Theorem (\w+?)_grad_(\w+) .*= frob (\(.*\)|\S+) dir\.$", re.MULTILINE)
_SUM = re.compile(r"\(\\sum_\(t < T\) (.*)\)$")


def require_coq_read(derivation: Derivation, text: str) -> None:
    """Raise a `CheckError` unless a file for Coq is of this network, and of its printed gradients."""
    file = CoqText(derivation, text)
    for problem in (*file.unlike_steps(), *file.unlike_gradients()):
        raise CheckError(
            f"the file for Coq is not of {derivation.cell.name}: {problem}. Nothing is written; correct "
            "what writes it, or what reads it"
        )


class CoqText:
    """A file, and the numbers on which what stands in it is computed."""

    def __init__(self, derivation: Derivation, text: str) -> None:
        self.derivation, self.cell, self.text = derivation, derivation.cell, text
        self.trace = sample(self.cell, derivation.steps, seed=0, zero_start=False).trace
        self.evaluator = Evaluator(self.trace, derivation.definitions)
        self.functions = {**FUNCTIONS, **dict(self._own())}
        # R are the numbers themselves.
        declared = {*re.findall(r"^(?:Variable|Definition) (\w+) :", text, re.MULTILINE)} - {"R"}
        self.names: dict[str, Any] = {}
        adjoints = [n.series for n in derivation.definitions if _is_named(n.series)]
        every: list[Any] = [*self.cell.parameters, *self.cell.constants, *self.cell.given]
        every += (e.variable for e in self.cell.equations)
        for one in (*every, *adjoints):
            name = (
                letter_of(one).word.replace("-", "_") if isinstance(one, Introduced) else one.name
            )
            wish = re.sub(r"\W", "_", name, flags=re.ASCII)
            wish = wish if wish[0].isalpha() else f"v{wish}"
            found = [n for n in declared - self.names.keys() if n.rstrip("_") == wish.rstrip("_")]
            if found:
                self.names[min(found, key=len)] = one

    def _own(self) -> Iterator[tuple[str, Callable[[Array], Array]]]:
        """Yield the functions that a user defined, by their names, as their texts say."""
        named = named_in(equation.expr for equation in self.cell.equations)
        texts = dict(str(one.formula.name).split(" = ", 1) for one in named)
        for one in named:
            text = texts[str(one.formula.name).partition(" = ")[0]]
            yield one.function, partial(self._of_text, text, texts)

    def _of_text(self, text: str, texts: Mapping[str, str], argument: Array) -> Array:
        return SecondReader(text, self.trace, 1, texts, argument=argument).whole()

    def unlike_steps(self) -> Iterator[str]:
        """Yield what is defined otherwise than the equation of a step."""
        found = {name: right for name, other, right in _LEMMA.findall(self.text) if name == other}
        named = {one: name for name, one in self.names.items()}
        for equation in self.cell.equations:
            if equation.variable == self.cell.weight:
                # The theorems are of any weights.
                continue
            right = found.get(named.get(equation.variable, ""))
            if right is None:
                yield f"nothing says what {equation.variable.name} is"
                continue
            for step in range(1, self.trace.steps + 1):
                value = np.asarray(self.value(right, step))
                wanted = self.trace.value(equation.variable, step)
                if not alike(value, wanted):
                    yield f"{equation.variable.name} at step {step} is {value.ravel()[:3]} there"
                    break

    def unlike_gradients(self) -> Iterator[str]:
        """Yield which theorem is on another gradient than that of the total loss by its quantity."""
        equations = {equation.id: equation for equation in self.derivation.equations()}
        for _, of, body in _THEOREM.findall(self.text):
            equation = next(
                (
                    e
                    for id_, e in equations.items()
                    if id_.replace("-", "_").endswith(f"_grad_{of}")
                ),
                None,
            )
            if equation is None:
                yield f"no equation is that of the theorem on {of}"
                continue
            steps = range(1, self.trace.steps + 1)
            if summed := _SUM.match(body):
                value = sum(np.asarray(self.value(summed[1], step)) for step in steps)
                pairs = [(value, self.evaluator.value(equation.sides[-1]))]
            elif equation.free:
                pairs = [
                    (self.value(body, step), self.evaluator.at(equation.sides[-1], {t: step}))
                    for step in steps
                ]
            else:
                pairs = [(self.value(body, 1), self.evaluator.value(equation.sides[-1]))]
            if not all(alike(np.asarray(one), np.asarray(other)) for one, other in pairs):
                yield f"the theorem on {of} has another gradient than {equation.id}"

    def value(self, text: str, step: int) -> Any:
        """Return the value of a term in a lemma on the step t.+1, which is ``step``."""
        return CoqTerm(self.words_of(text), self, step).whole()

    @staticmethod
    def words_of(text: str) -> list[str]:
        """Return the words of a term."""
        return [m[1] for m in _WORD.finditer(text)]

    def of(self, one: Any, step: int | None) -> Array:
        """Return the numbers of a quantity, at a step if it has steps."""
        if not isinstance(one, Series):
            return self.trace.parameter(one)
        if step is None:
            raise CheckError(f"{one.name} stands without a step in the file for Coq")
        if step > self.trace.steps:
            # After the last step adjoints are 0, and so whatever else is read with them does not count.
            rows, columns = (number(size, self.trace.sizes) for size in one.shape)
            return np.full((rows, columns), 0.0 if isinstance(one, Introduced) else 1.0)
        if not isinstance(one, Introduced):
            return self.trace.value(one, step)
        return np.asarray(self.evaluator.at(one[t], {t: step}))


def _is_named(series: object) -> bool:
    return isinstance(series, Introduced) and series.role not in (Role.STACK, Role.LAGGED_ADJOINT)


def alike(found: Array, wanted: Array) -> bool:
    """Tell whether two arrays have one shape and the same numbers."""
    if found.shape != wanted.shape:
        return False
    return bool(np.abs(found - wanted).max() <= NEAR * max(1.0, float(np.abs(wanted).max())))


@dataclass
class CoqTerm:
    """A term of Coq, computed from the left to the right."""

    words: list[str]
    file: CoqText
    step: int
    at: int = field(default=0)

    def whole(self) -> Any:
        value = self.sum()
        if self.at < len(self.words):
            raise self.unread()
        return value

    @property
    def next(self) -> str:
        return self.words[self.at] if self.at < len(self.words) else ""

    def take(self, *words: str) -> str:
        found = self.next
        if words and found not in words:
            raise self.unread()
        self.at += 1
        return found

    def unread(self) -> CheckError:
        rest = " ".join(self.words[self.at : self.at + 8])
        return CheckError(f"the file for Coq cannot be read at {rest!r}. Nothing is written")

    def sum(self) -> Any:
        value = self.product()
        while self.next == "+":
            self.take()
            value = value + self.product()
        return value

    def product(self) -> Any:
        if self.next == "-":
            self.take()
            return -self.product()
        value = self.applied()
        if self.next == "*m":
            self.take()
            return value @ self.product()
        if self.next == "*:":
            self.take()
            return value * self.product()
        if self.next == "/":
            self.take()
            return value / self.product()
        return value

    def applied(self) -> Any:
        word = self.take()
        if word == "(":
            value = self.sum() if self.next != "\\matrix_(i, j)" else self.entries()
            if self.next == ":":
                value = self.shaped(value)
            self.take(")")
        elif word.isdigit():
            value = self.digits(word)
        elif word == "const_mx":
            value = self.constant()
        elif word == "pick":
            value = self.picked()
        elif word == "map_mx":
            value = self.function()(self.operand())
        elif word in ("had", "quo"):
            one, other = self.operand(), self.operand()
            value = one * other if word == "had" else one / other
        elif word == "dg":
            value = np.diag(self.operand()[:, 0])
        elif word.rstrip("_") in FUNCTIONS and word not in self.file.names:
            value = FUNCTIONS[word.rstrip("_")](self.operand())
        elif word in self.file.names:
            value = self.quantity(word)
        else:
            self.at -= 1
            raise self.unread()
        value = self.turned(value)
        if np.shape(value) == (1, 1) and self.words[self.at : self.at + 2] == ["0", "0"]:
            # The entry of a matrix of one.
            self.at += 2
            return float(value[0, 0])
        return value

    def operand(self) -> Any:
        return self.applied()

    def turned(self, value: Any) -> Any:
        """Return a value, transposed as often as it is said to be."""
        while self.next == "^T":
            self.take()
            value = value.T
        return value

    def constant(self) -> float:
        value = float(self.natural())
        if self.next == "%:R":
            self.take()
        if self.next == "^-":
            for word in ("^-", "1"):
                self.take(word)
            return 1 / value
        return value

    def picked(self) -> Array:
        """Return zeros, and ones in the columns from the one on that is named last."""
        self.take("R")
        rows, columns, first = (self.natural() for _ in range(3))
        return np.eye(rows, columns, k=first)

    def natural(self) -> int:
        """Return a number, a size, or a sum or product of these in parentheses."""
        text, depth = "", 0
        while True:
            word = self.take()
            depth += (word == "(") - (word == ")")
            text += word
            if depth == 0:
                break
        while self.next == "%N":
            self.take()
        known = {str(s): n for s, n in self.file.trace.sizes.items()}
        return _natural(text.replace("%N", ""), known)

    def digits(self, word: str) -> Any:
        if self.next in ("%:R", "%:M"):
            # The identity times a number: a number alone has the size of its type.
            return float(word) if self.take() == "%:R" else _Diagonal(float(word))
        return float(word)

    def quantity(self, word: str) -> Any:
        one = self.file.names[word]
        if not isinstance(one, Series):
            return self.file.of(one, None)
        return self.file.of(one, self.stepped())

    def stepped(self) -> int:
        """Return the step that stands behind a quantity."""
        first = self.take()
        if first == "t":
            return self.step + self.later() - 1
        self.take("%N")
        return int(first)

    def later(self) -> int:
        """Return how many steps after a letter are meant."""
        return int(self.take()[2:]) if self.next.startswith(".+") else 0

    def function(self) -> Callable[[Array], Array]:
        if self.next == "(":
            for word in ("(", "fun", "a", "=>", "a"):
                self.take(word)
            sign = 1 if self.take("^+", "^-") == "^+" else -1
            power = sign * int(self.take())
            self.take(")")
            return lambda a: a**power
        name = self.take().rstrip("_")
        if root := _POWER.fullmatch(name):
            exponent = (-1 if root[1] else 1) * int(root[2]) / int(root[3])
            return lambda a: a**exponent
        function = self.file.functions.get(name.removesuffix("_slope"))
        if function is None:
            raise self.unread()
        if name.endswith("_slope"):
            return lambda a: function(a + 1j * STEP).imag / STEP
        return function

    def entries(self) -> Array:
        """Return the larger or the smaller of two, entry by entry."""
        self.take()
        name, parts = self.take(), []
        for _ in range(2):
            self.take("(")
            parts.append(self.operand())
            for word in ("i", "j", ")"):
                self.take(word)
        chosen: Array = (np.maximum if name.rstrip("_") == "max" else np.minimum)(*parts)
        return chosen

    def shaped(self, value: Any) -> Any:
        """Read a type, and return a value of its size."""
        self.take(":")
        self.take("'M[R]_")
        sizes = self.sizes()
        if isinstance(value, _Diagonal):
            return value.number * np.eye(sizes[0])
        return np.full(sizes, value) if np.ndim(value) == 0 else value

    def sizes(self) -> tuple[int, int]:
        if self.next != "(":
            size = int(self.take())
            return size, size
        text, depth = "", 0
        while True:
            word = self.take()
            depth += (word == "(") - (word == ")")
            text += "" if word == "%N" else word
            if depth == 0:
                break
        known: Mapping[str, int] = {str(s): n for s, n in self.file.trace.sizes.items()}
        rows, columns = (_natural(part, known) for part in text[1:-1].split(","))
        return rows, columns


@dataclass(frozen=True)
class _Diagonal:
    """A number on the diagonal of a matrix whose size its type says."""

    number: float


def _natural(text: str, known: Mapping[str, int]) -> int:
    """Return a sum or a product of sizes and numbers, in parentheses or not."""
    depth, at = 0, {"+": -1, "*": -1}
    for n, sign in enumerate(text):
        depth += (sign == "(") - (sign == ")")
        if depth == 0 and sign in at:
            at[sign] = n
    if (n := at["+"]) >= 0:
        return _natural(text[:n], known) + _natural(text[n + 1 :], known)
    if (n := at["*"]) >= 0:
        return _natural(text[:n], known) * _natural(text[n + 1 :], known)
    if text.startswith("("):
        return _natural(text[1:-1], known)
    return int(text) if text.isdigit() else known[text]
