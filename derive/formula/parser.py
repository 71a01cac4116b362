"""Recursive descent over the tokens of a formula."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sympy import Basic, Expr, Integer, MatrixExpr, Number, OneMatrix, Rational, Symbol

from derive.expressions.algebra import mul
from derive.expressions.blocks import Stack
from derive.expressions.derivatives import Partial
from derive.expressions.functions import Apply, Slope
from derive.expressions.named import Named, NamedSlope
from derive.expressions.quantities import At, Parameter, ParameterCopy, Scalar
from derive.expressions.spectra import Power
from derive.formula.building import EYE
from derive.formula.components import components
from derive.formula.cursor import Cursor
from derive.formula.forms import FORMS, INSTEAD
from derive.formula.refused import ENTRIES, INDEXED, OPERANDS, which_power
from derive.formula.scope import Scope
from derive.formula.tokens import FormulaError, Token
from derive.source import Origin
from derive.suggest import MOST_LISTED, suggestion

RELATIONS = ("=", "<=", ">=", "!=")


@dataclass(frozen=True)
class Relation:
    """Two sides and the sign between them: ``=``, ``<=`` or ``!=`` (a ``>=`` is turned round)."""

    left: Basic
    sign: str
    right: Basic


def parse(source: str, scope: Scope, *, origin: Origin | None = None, strict: bool = True) -> Basic:
    """Return the expression that a formula writes; a `FormulaError` with its place if it cannot be.

    With ``strict=False`` products and sums need not fit in shape.
    """
    parser = FormulaParser(source, scope, origin or Origin(), strict)
    value = parser.sum()
    parser.expect_end()
    return parser.whole(value)


def parse_relation(
    source: str, scope: Scope, *, origin: Origin | None = None, strict: bool = True
) -> Relation:
    """Return the two sides of ``a = b``, ``a <= b``, ``a >= b`` or ``a != b``."""
    parser = FormulaParser(source, scope, origin or Origin(), strict)
    left = parser.sum()
    sign = parser.take(*RELATIONS, what="a relation (=, <=, >= or !=)")
    right = parser.sum()
    parser.expect_end()
    left, right = parser.builder.sides(left, right)
    if sign.text == ">=":
        return Relation(parser.whole(right), "<=", parser.whole(left))
    return Relation(parser.whole(left), sign.text, parser.whole(right))


def parse_range(
    source: str, scope: Scope, *, origin: Origin | None = None
) -> tuple[tuple[Symbol, Expr, Expr], ...]:
    """Return the indices of ``t=1..T, k=1..t`` with their bounds, in order."""
    parser = FormulaParser(source, scope, origin or Origin(), strict=True)
    found = [parser.range()]
    while parser.skip(","):
        found.append(parser.range())
    parser.expect_end()
    return tuple(found)


class FormulaParser(Cursor):
    """Reads expressions: sums of products of signed, transposed or raised atoms."""

    # -- operators -------------------------------------------------------------------------------

    def sum(self) -> Basic:
        """Read products with + and − between: what binds least."""
        with self.deeper():
            value = self.product()
            while self.sees("+", "-"):
                sign = self.take("+", "-")
                build = self.builder.sum if sign.text == "+" else self.builder.difference
                value = self.built(sign, build, value, self.product())
            return value

    def product(self) -> Basic:
        """Read signed factors with ``*``, ``.*`` and ``/`` between, from the left."""
        value = self.signed()
        while self.sees("*", ".*", "/"):
            sign = self.take("*", ".*", "/")
            build = {
                "*": self.builder.elementwise if self.scope.entrywise else self.builder.product,
                ".*": self.builder.elementwise,
                "/": self.builder.quotient,
            }[sign.text]
            value = self.built(sign, build, value, self.signed())
        if self.now.kind in ("name", "number") or self.sees("("):
            raise self.fail(f"an operator is missing before {self.now.text!r}; a product takes a *")
        return value

    def signed(self) -> Basic:
        """Read a factor with any number of minus signs in front."""
        if self.sees("-"):
            sign = self.take("-")
            with self.deeper():
                return self.built(sign, self.builder.negative, self.signed())
        return self.postfix()

    def postfix(self) -> Basic:
        """Read an atom with its transposes ' and powers ^ behind."""
        value = self.atom()
        while self.sees("'", "^"):
            sign = self.take("'", "^")
            if sign.text == "'":
                value = self.built(sign, self.builder.transposed, value)
            else:
                raised = self.built(sign, self.builder.power, value, self.exponent())
                if self.scope.of_step and isinstance(raised, Power) and not value.is_number:
                    raise self.fail(which_power(value, raised), sign)
                value = raised
        return value

    def exponent(self) -> Expr:
        """Read what stands after ^: a number, one index, or several in parentheses."""
        if self.now.kind == "number" and not self.now.text.isdigit():
            self.at += 1
            return Rational(self.tokens[self.at - 1].text)
        if not self.skip("("):
            return self.index_atom()
        token = self.now
        value = self.fraction() if self.is_fraction() else self.index()
        self.take(")")
        return self.checked(value, token)

    # -- atoms -----------------------------------------------------------------------------------

    def atom(self) -> Basic:
        """Read a number, a quantity, a call, a derivative, or what stands in brackets."""
        token = self.now
        if token.kind == "number":
            self.at += 1
            return Rational(token.text)
        if self.skip("("):
            value = self.sum()
            self.close(")", token)
            return value
        if self.skip("["):
            if self.sees("["):
                raise self.fail(ENTRIES, token)
            columns = [self.block(), *(self.block() for _ in iter(lambda: self.skip(";"), False))]
            if self.sees(","):
                raise self.fail(ENTRIES, token)
            self.close("]", token)
            return self.built(token, Stack, *columns) if len(columns) > 1 else columns[0]
        if token.kind != "name":
            seen = f"{token.text!r}" if token.kind != "end" else "the end of the formula"
            power = self.at > 0 and token.text == self.tokens[self.at - 1].text == "*"
            more = "; a power is written ^" if power else ""
            raise self.fail(f"expected a quantity, a number or '(', found {seen}{more}")
        if token.text == "d" and self.follows("(", "+"):
            return self.derivative()
        if self.follows("(") or (self.follows("'") and self.is_slope()):
            return self.call()
        return self.quantity()

    def is_slope(self) -> bool:
        """Tell whether a function with a prime comes next: ``tanh'(a[t])``."""
        after = self.tokens[min(self.at + 2, len(self.tokens) - 1)]
        known = self.now.text in self.scope.functions or self.now.text in self.scope.own
        return known and after.text == "("

    def quantity(self) -> Basic:
        """Read a parameter, or a series at its indices."""
        token, name = self.now, self.now.text
        self.at += 1
        if self.sees("["):
            if name not in self.scope.series:
                if name in self.scope.parameters:
                    said = f"{name} has one value for all steps; write it without [ ]"
                    if self.tokens[self.at + 1].kind == "number":
                        said += INDEXED
                    raise self.fail(said, token)
                raise self.unknown(token)
            opening = self.take("[")
            indices = [self.index()]
            while self.skip(","):
                indices.append(self.index())
            self.close("]", opening)
            found = At(self.scope.series[name], *indices)
            return components(self, found) if self.sees("[") else found
        if name in self.scope.parameters:
            return self.scope.parameters[name]
        if name in self.scope.shorthands:
            return self.scope.shorthands[name]
        if name in self.scope.series:
            raise self.fail(f"{name} has a value for each step; write {name}[t]", token)
        if name in self.indices:
            return Scalar(self.indices[name])
        if name == "I":
            return EYE
        raise self.unknown(token)

    def unknown(self, token: Token) -> FormulaError:
        """Return the error for a name that the scope does not have."""
        known = self.scope.names()
        if token.text in self.scope.hints:
            return self.fail(f"unknown name {token.text!r}: {self.scope.hints[token.text]}", token)
        return self.fail(f"unknown name {token.text!r}: {suggestion(token.text, known)}", token)

    def derivative(self) -> MatrixExpr:
        """Read ``d(a)/d(b)``, ``d+(a)/d(b)``, or ``d(a | held, held)/d(b)``."""
        head = self.take_name("d")
        immediate = self.skip("+")
        self.take("(")
        num = self.sum()
        held: tuple[Basic, ...] = ()
        if self.skip("|"):
            held = (
                self.quantity(),
                *(self.quantity() for _ in iter(lambda: self.skip(","), False)),
            )
        self.take(")")
        self.take("/", what="'/ d(…)', what the derivative is by")
        self.take_name("d")
        self.take("(")
        den = self.variable()
        self.take(")")
        if not isinstance(num, MatrixExpr):
            raise self.fail("a derivative is of a quantity", head)
        return Partial(num, den, *(self.scope.held(num, den) if immediate else held))

    def take_name(self, name: str) -> Token:
        """Take the next token, which must be this name."""
        if self.now.kind != "name" or self.now.text != name:
            raise self.fail(f"expected {name!r}, found {self.now.text!r}")
        self.at += 1
        return self.tokens[self.at - 1]

    def variable(self) -> At | Parameter | ParameterCopy:
        """Read what a derivative may be by: a parameter, a copy of one, a quantity at a step."""
        token = self.now
        value = self.sum()
        if not isinstance(value, (At, Parameter, ParameterCopy)):
            raise self.fail("a derivative is by a quantity such as W or s[t-1]", token)
        return value

    def call(self) -> Basic:
        """Read a function with its arguments in parentheses."""
        token, name = self.now, self.now.text
        # With bounds it is about steps, of which more is said below.
        bounds = [t.text for t in self.tokens[self.at + 3 : self.at + 4]] == ["="]
        if self.scope.of_step and name in INSTEAD and not bounds:
            raise self.fail(f"{name!r} is no function of a step; {INSTEAD[name]}", token)
        self.at += 1
        slope = self.skip("'")
        opening = self.take("(")
        if name in self.scope.functions:
            arg = self.matrix()
            value = Slope(name, arg) if slope else Apply(name, arg) if name != "identity" else arg
        elif name in self.scope.own:
            value = (NamedSlope if slope else Named)(self.scope.own[name], self.matrix())
        elif name in FORMS:
            value = self.built(token, FORMS[name], self)
        else:
            forms = FORMS.keys() - INSTEAD.keys() if self.scope.of_step else FORMS.keys()
            known = sorted({*self.scope.functions, *self.scope.own, *forms})
            # A short list stands in the suggestion itself; either way there is one.
            listed = f"Functions are {', '.join(known)}." if len(known) > MOST_LISTED else ""
            raise self.fail(f"unknown function {name!r}: {suggestion(name, known, listed)}", token)
        self.close(")", opening)
        return value

    def two(self, build: Callable[[Basic, Basic], Basic]) -> Basic:
        """Read two operands with a comma between; ``build`` makes one of them."""
        first = self.sum()
        comma = self.take(",")
        second = self.sum()
        if self.sees(","):
            raise self.fail(OPERANDS)
        return self.built(comma, build, first, second)

    def matrix(self, number: Callable[[Number], MatrixExpr] | None = None) -> MatrixExpr:
        """Read an expression that is no bare number, unless ``number`` makes a matrix of it."""
        token = self.now
        value = self.sum()
        if number and isinstance(value, Number):
            return number(value)
        if not isinstance(value, MatrixExpr):
            raise self.fail(
                "expected a matrix or vector, found a bare number: work out what the function makes of "
                "it, and write that number, or name it under [constants]",
                token,
            )
        return value

    def block(self) -> MatrixExpr:
        """Read what stands above or below others in a column; a number is a row of its own."""
        one = OneMatrix(1, 1)
        return self.matrix(number=lambda value: one if value == 1 else mul(value, one))

    def size(self) -> Expr:
        """Read a number of rows: digits, or a size of the scope."""
        token = self.now
        self.at += 1
        if token.kind == "number" and token.text.isdigit():
            return Integer(token.text)
        if token.kind == "name" and token.text in self.scope.sizes:
            return self.scope.sizes[token.text]
        known = ", ".join(self.scope.sizes) or "whole numbers"
        raise self.fail(f"expected a size ({known}), found {token.text!r}", token)
