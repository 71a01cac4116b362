"""Exact tests for zero: expressions as polynomials over their atoms, with denominators cleared.

``simplify`` does not finish on an unrolled network.  Here every symbol and every transcendental
function value is one generator of a sparse polynomial ring over the rationals, and a sum is brought
on a common denominator, which is kept in factors and never expanded.  A zero numerator proves that
the expression is zero; no number is rounded and nothing is sampled.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sympy import Add, Function, Integer, Max, Min, Mul, Pow, Rational, Symbol
from sympy.polys.domains import QQ
from sympy.polys.rings import PolyElement, PolyRing

from derive.errors import DerivationError


@dataclass(frozen=True)
class Fraction:
    """A numerator over a product of powers; a denominator's factors stay apart."""

    above: Any
    below: dict[Any, int]


class Rationals:
    """Expressions over one set of atoms, as fractions of polynomials."""

    def __init__(self, expressions: Iterable[Any]) -> None:
        atoms = _atoms(expressions)
        # Numbered names: the generators' printed form is their identity to SymPy.
        self._ring = PolyRing([f"g{i}" for i in range(len(atoms))], QQ)
        self._memo: dict[Any, Fraction] = {
            atom: Fraction(gen, {}) for atom, gen in zip(atoms, self._ring.gens, strict=True)
        }

    def is_zero(self, expr: Any) -> bool:
        """Tell whether an expression is zero for all values of its atoms."""
        return not self.fraction(expr).above

    def fraction(self, expr: Any) -> Fraction:
        """Yield an expression as a fraction; one in a new atom is a `KeyError`."""
        if expr not in self._memo:
            self._memo[expr] = self._made(expr)
        return self._memo[expr]

    def _made(self, expr: Any) -> Fraction:
        if isinstance(expr, Rational):
            return Fraction(self._ring.ground_new(QQ(expr.p, expr.q)), {})
        if isinstance(expr, Add):
            return self._sum([self.fraction(a) for a in expr.args])
        if isinstance(expr, Mul):
            return self._product([self.fraction(a) for a in expr.args])
        base, power = expr.args
        return self._power(self.fraction(base), int(power))

    def _sum(self, terms: list[Fraction]) -> Fraction:
        below: dict[Any, int] = {}
        for term in terms:
            for factor, power in term.below.items():
                below[factor] = max(below.get(factor, 0), power)
        above = self._ring.zero
        for term in terms:
            missing = {f: power - term.below.get(f, 0) for f, power in below.items()}
            above += term.above * self._expanded(missing)
        return Fraction(above, below)

    def _product(self, factors: list[Fraction]) -> Fraction:
        above, below = self._ring.one, dict[Any, int]()
        for factor in factors:
            above *= factor.above
            for base, power in factor.below.items():
                below[base] = below.get(base, 0) + power
        return Fraction(above, below)

    def _power(self, base: Fraction, power: int) -> Fraction:
        if power >= 0:
            return Fraction(base.above**power, {f: n * power for f, n in base.below.items()})
        if not base.above:
            raise ZeroDivisionError("a denominator is identically zero")
        above = self._expanded(base.below) ** -power
        return Fraction(above, {base.above: -power})

    def _expanded(self, factors: dict[Any, int]) -> PolyElement:
        result = self._ring.one
        for factor, power in factors.items():
            result *= factor**power
        return result


def _atoms(expressions: Iterable[Any]) -> list[Any]:
    """Yield the symbols and function values that stand in expressions, without looking into them."""
    found: dict[Any, None] = {}
    seen: set[Any] = set()
    stack = list(expressions)
    while stack:
        node = stack.pop()
        if node in seen:
            continue
        seen.add(node)
        if isinstance(node, (Symbol, Function, Max, Min)):
            found[node] = None
        elif isinstance(node, (Add, Mul)) or (
            isinstance(node, Pow) and isinstance(node.exp, Integer)
        ):
            stack.extend(node.args if not isinstance(node, Pow) else node.args[:1])
        elif not isinstance(node, Rational):
            raise DerivationError(
                f"cannot decide exactly whether an expression with {node} is zero: expected symbols, "
                "rational numbers, functions of them, and sums, products and whole powers of those"
            )
    return sorted(found, key=lambda atom: atom.sort_key())
