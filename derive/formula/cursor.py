"""A place in the tokens of a formula: what comes next, complaints that point there, indices."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sympy import Basic, Expr, Integer, Rational, Symbol

from derive import budgets
from derive.errors import SpecError
from derive.formula.building import EYE, Builder, ScaledEye
from derive.formula.scope import INDICES, Scope
from derive.formula.tokens import FormulaError, ShapeError, Token, tokens
from derive.source import Origin

_OPENING = {")": "parenthesis", "]": "bracket"}
"""What a sign closes."""


class Cursor:
    """Reads the tokens of one formula in order."""

    def __init__(self, source: str, scope: Scope, origin: Origin, strict: bool) -> None:
        self.source, self.scope, self.origin = source, scope, origin
        self.builder = Builder(strict)
        self.tokens = tokens(source, origin)
        self.at = 0
        self.depth = 0
        self.built_so_far = 0
        self.indices = dict(INDICES)

    # -- tokens ----------------------------------------------------------------------------------

    @property
    def now(self) -> Token:
        """Return the token that comes next."""
        return self.tokens[self.at]

    def fail(self, problem: str, token: Token | None = None) -> FormulaError:
        """Return the error that points at a token, the next one if none is given."""
        return FormulaError(problem, self.source, (token or self.now).start, self.origin)

    def sees(self, *texts: str) -> bool:
        """Tell whether the next token is one of these signs."""
        return self.now.kind == "sign" and self.now.text in texts

    def follows(self, *texts: str) -> bool:
        """Tell whether the token after the next one is one of these signs."""
        after = self.tokens[min(self.at + 1, len(self.tokens) - 1)]
        return after.kind == "sign" and after.text in texts

    def skip(self, *texts: str) -> bool:
        """Take the next token if it is one of these signs, and tell whether it was."""
        if self.sees(*texts):
            self.at += 1
            return True
        return False

    def take(self, *texts: str, what: str = "") -> Token:
        """Take the next token, which must be one of these signs; ``what`` is said to be expected."""
        if not self.sees(*texts):
            seen = f"{self.now.text!r}" if self.now.kind != "end" else "the end of the formula"
            raise self.fail(f"expected {what or ' or '.join(map(repr, texts))}, found {seen}")
        self.at += 1
        return self.tokens[self.at - 1]

    def close(self, sign: str, opening: Token) -> Token:
        """Take a closing sign; where there is another, or the end, the opening one is pointed at."""
        if not self.sees(sign) and (self.now.kind == "end" or self.sees(")", "]")):
            raise self.fail(f"this {_OPENING[sign]} is not closed", opening)
        return self.take(sign)

    def expect_end(self) -> None:
        """Check that nothing is left."""
        if self.now.kind != "end":
            raise self.fail(
                f"{self.now.text!r} stands where an operator or the end of the formula should be"
            )

    def whole(self, value: Basic) -> Basic:
        """Return a finished expression; an error if it is an identity of no known size."""
        if value == EYE or isinstance(value, ScaledEye):
            raise FormulaError("the identity needs a size here: I(n)", self.source, 0, self.origin)
        return value

    @contextmanager
    def deeper(self) -> Iterator[None]:
        """Count a level of nesting for as long as the block lasts."""
        self.depth += 1
        if self.depth > budgets.most("formula-nesting"):
            said = f"the formula goes {self.depth} levels deep"
            raise self.fail(budgets.exceeded("formula-nesting", said))
        yield
        self.depth -= 1

    def built(self, token: Token, build: Callable[..., Basic], *args: object) -> Basic:
        """Return what a builder makes; its complaint about shapes gets the place of the operator."""
        self.built_so_far += 1
        if self.built_so_far > budgets.most("formula-size"):
            said = f"the formula has more than {budgets.most('formula-size')} operations"
            raise self.fail(budgets.exceeded("formula-size", said), token)
        try:
            return build(*args)
        except FormulaError:
            raise
        except (SpecError, ValueError) as error:
            raise ShapeError(str(error), self.source, token.start, self.origin) from error

    # -- indices ---------------------------------------------------------------------------------

    def range(self) -> tuple[Symbol, Expr, Expr]:
        """Read ``k=1..t`` and make k known from here on."""
        token = self.now
        if token.kind != "name":
            raise self.fail("expected an index and its range, such as k=1..t")
        self.at += 1
        self.take("=")
        first = self.index()
        self.take("..")
        last = self.index()
        symbol = self.indices.get(token.text) or Symbol(token.text, integer=True)
        self.indices[token.text] = symbol
        return symbol, first, last

    def index(self) -> Expr:
        """Read a time index: terms with + and − between, as in ``t - 1``."""
        with self.deeper():
            token = self.now
            value = -self.index_term() if self.skip("-") else self.index_term()
            while self.sees("+", "-"):
                sign = self.take("+", "-").text
                term = self.index_term()
                value = self.checked(value + term if sign == "+" else value - term, token)
            return value

    def index_term(self) -> Expr:
        """Read a product of numbers and at most one symbol, as in ``2*k``."""
        token = self.now
        value = self.index_atom()
        while self.skip("*"):
            other = self.index_atom()
            if not (value.is_number or other.is_number):
                raise self.fail("an index is multiplied by numbers only", token)
            value = self.checked(value * other, token)
        return value

    def checked(self, index: Expr, token: Token) -> Expr:
        """Return an index, unless a number in it is larger than any horizon."""
        most = budgets.most("sum-range")
        if any(abs(c) > most for c in index.expand().as_coefficients_dict().values()):
            raise self.fail(budgets.exceeded("sum-range", "an index is too large"), token)
        return index

    def index_atom(self) -> Expr:
        """Read a whole number, a time index by name, or an index in parentheses."""
        token = self.now
        if self.skip("("):
            value = self.index()
            self.close(")", token)
            return value
        if token.kind != "end":
            self.at += 1
        if token.kind == "number" and token.text.isdigit():
            return self.checked(Integer(token.text), token)
        if token.kind == "name" and token.text in self.indices:
            return self.indices[token.text]
        known = ", ".join(self.indices)
        seen = f"{token.text!r}" if token.kind != "end" else "the end of the formula"
        raise self.fail(f"expected a whole number or a time index ({known}), found {seen}", token)

    def is_fraction(self) -> bool:
        """Tell whether a decimal or a quotient of numbers comes next: ``-1/2``."""
        at = self.at + self.sees("-")
        number, sign = self.tokens[at], self.tokens[min(at + 1, len(self.tokens) - 1)]
        return number.kind == "number" and (not number.text.isdigit() or sign.text == "/")

    def fraction(self) -> Rational:
        """Read a decimal or a quotient of numbers."""
        sign = -1 if self.skip("-") else 1
        value = Rational(self.now.text)
        self.at += 1
        if self.skip("/"):
            below = self.now
            if below.kind != "number" or Rational(below.text) == 0:
                raise self.fail("expected a number other than 0 below the slash", below)
            self.at += 1
            value = value / Rational(below.text)
        return sign * value
