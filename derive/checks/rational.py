"""Exact tests for zero: expressions as polynomials over their atoms, with denominators cleared.

``simplify`` does not finish on an unrolled network.  Here every symbol and every transcendental
function value is one generator of a sparse polynomial ring over the integers, and a sum is brought
on a common denominator, which is kept in factors and never expanded.  A zero numerator proves that
the expression is zero; no number is rounded and nothing is sampled.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sympy import Add, Expr, Function, Integer, Max, Min, Mul, Pow, Rational, Symbol
from sympy.polys.domains import ZZ
from sympy.polys.rings import PolyElement, PolyRing

from derive.errors import DerivationError


@dataclass(frozen=True)
class Fraction:
    """A numerator over a product of powers; a denominator's factors stay apart."""

    above: PolyElement
    below: dict[PolyElement, int]


class TooLongError(Exception):
    """The polynomials have become longer than what may be spent on them."""


class Effort:
    """How many products of terms may still be made; counted, so that it is the same everywhere."""

    def __init__(self, most: int | None = None) -> None:
        self.left, self.spent = most, 0

    def spend(self, terms: int) -> None:
        """Count products before they are made; a `TooLongError` if they are too many."""
        if self.left is not None and terms > self.left - self.spent:
            raise TooLongError
        self.spent += terms


class Rationals:
    """Expressions over one set of atoms, as fractions of polynomials."""

    def __init__(self, expressions: Iterable[Expr], effort: Effort | None = None) -> None:
        self._effort = effort or Effort()
        found = _Atoms(expressions)
        # Numbered names: the printed form of a generator is its identity to SymPy.
        self._ring = PolyRing([f"g{i}" for i in range(len(found.atoms))], ZZ)
        self._places = {gen: i for i, gen in enumerate(self._ring.gens)}
        self._memo: dict[Expr, Fraction] = {}
        for atom, gen in zip(found.atoms, self._ring.gens, strict=True):
            # For g in a denominator 1 + g, as in a sigmoid, the generator is u = 1/(1 + g) and
            # g = (1 − u)/u: what was a fraction in g is a polynomial in u.
            inverted = atom in found.inverted
            self._memo[atom] = Fraction(1 - gen, {gen: 1}) if inverted else Fraction(gen, {})

    def is_zero(self, expr: Expr) -> bool:
        """Tell whether an expression is zero for all values of its atoms."""
        return not self.fraction(expr).above

    def fraction(self, expr: Expr) -> Fraction:
        """Return an expression as a fraction; one in a new atom is a `KeyError`."""
        if expr not in self._memo:
            self._memo[expr] = self._made(expr)
        return self._memo[expr]

    def _made(self, expr: Expr) -> Fraction:
        if isinstance(expr, Rational):
            below = {} if expr.q == 1 else {self._ring.ground_new(ZZ(expr.q)): 1}
            return Fraction(self._ring.ground_new(ZZ(expr.p)), below)
        if isinstance(expr, Add):
            return self._sum([self.fraction(a) for a in expr.args])
        if isinstance(expr, Mul):
            return self._product([self.fraction(a) for a in expr.args])
        if not isinstance(expr, Pow):
            raise KeyError(expr)
        return self._power(self.fraction(expr.base), int(expr.exp))

    def _sum(self, terms: list[Fraction]) -> Fraction:
        below: dict[PolyElement, int] = {}
        for term in terms:
            for factor, power in term.below.items():
                below[factor] = max(below.get(factor, 0), power)
        above = self._ring.zero
        for term in terms:
            missing = {f: power - term.below.get(f, 0) for f, power in below.items()}
            above += self._times(term.above, self._expanded(missing))
        return self._cancelled(above, below)

    def _product(self, factors: list[Fraction]) -> Fraction:
        above, below = self._ring.one, dict[PolyElement, int]()
        for factor in factors:
            above = self._times(above, factor.above)
            for base, power in factor.below.items():
                below[base] = below.get(base, 0) + power
        return self._cancelled(above, below)

    def _power(self, base: Fraction, power: int) -> Fraction:
        if power >= 0:
            return Fraction(
                self._raised(base.above, power), {f: n * power for f, n in base.below.items()}
            )
        if not base.above:
            raise ZeroDivisionError("a denominator is identically zero")
        above = self._raised(self._expanded(base.below), -power)
        return self._cancelled(above, {base.above: -power})

    def _cancelled(self, above: PolyElement, below: dict[PolyElement, int]) -> Fraction:
        """Return a fraction without the generators that stand in both its parts as factors."""
        kept: dict[PolyElement, int] = {}
        for factor, power in below.items():
            place = self._places.get(factor)
            common = 0
            if place is not None and above:
                common = min(power, min(monomial[place] for monomial in above))
            if common and place is not None:
                above = self._lowered(above, place, common)
            if power > common:
                kept[factor] = power - common
        return Fraction(above, kept)

    def _lowered(self, above: PolyElement, place: int, power: int) -> PolyElement:
        """Return a polynomial over the power of a generator that stands in each of its terms."""
        self._effort.spend(len(above))
        # SymPy's division tries term after term, which takes the square of their number.
        return self._ring.from_dict(
            {(*m[:place], m[place] - power, *m[place + 1 :]): c for m, c in above.items()}
        )

    def _expanded(self, factors: dict[PolyElement, int]) -> PolyElement:
        result = self._ring.one
        for factor, power in factors.items():
            result = self._times(result, self._raised(factor, power))
        return result

    def _raised(self, base: PolyElement, power: int) -> PolyElement:
        result = self._ring.one
        for _ in range(power):
            result = self._times(result, base)
        return result

    def _times(self, a: PolyElement, b: PolyElement) -> PolyElement:
        self._effort.spend(len(a) * len(b))
        return a * b


class _Atoms:
    """The symbols and function values in expressions; those g with a denominator 1 + g as well."""

    def __init__(self, expressions: Iterable[Expr]) -> None:
        self.inverted: set[Expr] = set()
        found: dict[Expr, None] = {}
        seen: set[Expr] = set()
        stack = list(expressions)
        while stack:
            node = stack.pop()
            if node in seen:
                continue
            seen.add(node)
            if isinstance(node, (Symbol, Function, Max, Min)) or _irrational(node):
                found[node] = None
            elif isinstance(node, (Add, Mul)):
                stack.extend(node.args)
            elif isinstance(node, Pow) and isinstance(node.exp, Integer):
                stack.append(node.base)
                self._note_denominator(node)
            elif not isinstance(node, Rational):
                raise DerivationError(
                    f"cannot decide exactly whether an expression with {node} is zero: expected "
                    "symbols, rational numbers, functions, their sums, products and whole powers"
                )
        self.atoms = sorted(found, key=lambda atom: atom.sort_key())

    def _note_denominator(self, node: Expr) -> None:
        if node.exp < 0 and isinstance(node.base, Add) and len(node.base.args) == 2:
            one, atom = node.base.args
            if one == 1 and isinstance(atom, Function):
                self.inverted.add(atom)


def _irrational(node: Expr) -> bool:
    """Tell whether a node is a number such as π or √2, which is an atom as well.

    That √2·√2 is 2 is not known of an atom: what is proved without it holds.
    """
    return bool(node.is_number) and not isinstance(node, (Rational, Add, Mul))
