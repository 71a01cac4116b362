r"""From words to a tree, by precedence: relations, sums, ``\odot``, products, powers, atoms.

Side by side binds closer than ``\odot``, and that closer than a plus sign. A sum or product sign
reaches as far as the product that follows it.
"""

from __future__ import annotations

from collections.abc import Mapping

from derive.reading.atoms import Atoms
from derive.reading.passage import Passage
from derive.reading.tokens import TexToken
from derive.reading.tree import (
    Chain,
    Dots,
    Elided,
    Infix,
    Product,
    Raised,
    Sign,
    Sum,
    Term,
    Transposition,
    TreeNode,
)

RELATIONS = {
    "=": "=", "\\leq": "<=", "\\geq": ">=", "\\neq": "!=", "\\approx": "~", "<": "<", ">": ">",
}  # fmt: skip
"""The signs between sides, and what they are called here."""


def parse(passage: Passage, functions: Mapping[str, str]) -> Chain:
    r"""Return the tree of a formula; ``functions`` are their spellings (``\tanh``), with names.

    A `ReadingError` with the place where it can't be read.
    """
    return TreeParser(passage, functions).chain()


class TreeParser(Atoms):
    """Reads chains, sums and products; `Atoms` reads what these are made of."""

    def chain(self) -> Chain:
        """Return the sides of the formula and the signs between them, up to its end."""
        sides, signs = [self.sum()], []
        while True:
            sign = self._relation()
            if sign is None:
                break
            signs.append(sign)
            sides.append(self.sum())
        if self.now.kind != "stop":
            raise self.expected("an operator, a relation or the end of the formula")
        return Chain(tuple(sides), tuple(signs))

    def _relation(self) -> Sign | None:
        at = self.now.at
        if self.skip("\\overset"):
            mark, under = self.group(), self.group()
            if mark.text != "?" or under.text not in RELATIONS:
                raise self.fail("expected a relation with a question mark over it", at)
            return Sign(RELATIONS[under.text], True, at)
        if self.sees(*RELATIONS):
            return Sign(RELATIONS[self.take(*RELATIONS).text], False, at)
        return None

    def sum(self) -> TreeNode:
        """Return terms up to what is no part of a sum."""
        at, terms = self.now.at, []
        self._empty_groups()
        sign = -1 if self.skip("-") else 1
        self.skip("+")
        terms.append(Term(sign, self.elementwise()))
        self._empty_groups()
        while self.sees("+", "-"):
            sign = 1 if self.take("+", "-").text == "+" else -1
            terms.append(Term(sign, self.elementwise()))
            self._empty_groups()
        if len(terms) == 1 and terms[0].sign == 1:
            return terms[0].node
        return Sum(tuple(terms), at)

    def _empty_groups(self) -> None:
        # A sign after {} is set as one between two terms.
        while self._empty():
            self.place += 2

    def _empty(self) -> bool:
        return self.sees("{") and self.ahead(1).text == "}"

    def elementwise(self) -> TreeNode:
        """Return products with operators between them that act entry by entry."""
        left = self.product()
        self._empty_groups()
        while self.sees("\\odot", "\\oslash", "\\times"):
            operator = self.take("\\odot", "\\oslash", "\\times")
            left = Infix(operator.text, left, self.product(), operator.at)
            self._empty_groups()
        return left

    def product(self) -> TreeNode:
        """Return factors side by side, up to what can't begin one."""
        at, factors = self.now.at, [self.factor()]
        while self.skip("\\cdot") or self.begins(self.now):
            factors.append(self.factor())
        whole = _elided(factors)
        node = whole[0] if len(whole) == 1 else Product(tuple(whole), at)
        # From the left: 1 / a / b is the inverse of a divided by b.
        while self.sees("/"):
            slash = self.take("/")
            node = Infix("/", node, self.factor(), slash.at)
        return node

    def factor(self) -> TreeNode:
        """Return an atom with the signs above and behind it."""
        node = self.atom()
        while self.sees("^"):
            at = self.take("^").at
            exponent = self.group()
            if exponent.text == "\\top":
                node = Transposition(node, node.at)
            elif not exponent.words:
                raise self.fail("expected an exponent", at)
            else:
                node = Raised(node, exponent, node.at)
        return node

    def begins(self, word: TexToken) -> bool:
        """Tell whether a factor can begin with this word, which comes next."""
        if word.kind in ("letter", "number", "begin"):
            return True
        return word.text in self.beginnings and not self._empty()


def _elided(factors: list[TreeNode]) -> list[TreeNode]:
    """Return factors with each one that stands between dots as the innermost of something nested."""
    found: list[TreeNode] = []
    at = 0
    while at < len(factors):
        if at + 2 < len(factors) and isinstance(factors[at], Dots):
            inner, after = factors[at + 1], factors[at + 2]
            if isinstance(after, Dots) and at + 3 == len(factors):
                found.append(Elided(inner, inner.at))
                at += 3
                continue
        found.append(factors[at])
        at += 1
    return found
