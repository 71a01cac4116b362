"""From a tree to expressions: each letter gets its quantity, each operator its node.

Shapes decide where letters don't: a bold one and a zero have the shape of what they stand beside.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress

from sympy import (
    Basic,
    Integer,
    Number,
    OneMatrix,
    Symbol,
)

from derive.errors import SpecError
from derive.expressions.algebra import mul
from derive.expressions.types import MatrixShape
from derive.reading import leaves, operators, tree
from derive.reading.building import negated
from derive.reading.indices import KNOWN, index_of
from derive.reading.parser import parse
from derive.reading.parts import (
    Factors,
    Gap,
    ReadFormula,
    ReadPart,
    Terms,
    Tinted,
    Whole,
)
from derive.reading.passage import Passage, ReadingError, UnshapedError
from derive.reading.plain import PlainParser, words
from derive.reading.shapes import ANY, NodeReader, Wanted
from derive.reading.vocabulary import Vocabulary


def read(
    passage: Passage, vocabulary: Vocabulary, lenient: bool = False, wanted: Wanted = ANY
) -> ReadFormula:
    """Return the formula that a passage writes; a `ReadingError` with the place if it can't be read.

    ``lenient``: products and sums may not fit in shape, as in a text that is wrong. ``wanted`` is the
    shape of what it is assigned to, where that stands elsewhere.
    """
    chain = parse(passage, vocabulary.spelled_functions)
    return _meant(chain, passage, vocabulary, lenient, wanted)


def read_plain(
    passage: Passage,
    vocabulary: Vocabulary,
    plain: Mapping[str, str],
    lenient: bool = False,
    wanted: Wanted = ANY,
) -> ReadFormula:
    """Return the formula that a passage writes in plain text; else as `read`.

    ``plain`` are the letters that a notation has of its own in plain text, by name.
    """
    found = words(passage, vocabulary.functions | set(vocabulary.own), plain, vocabulary.symbols)
    chain = PlainParser(passage, vocabulary.spelled_functions, found).chain()
    return _meant(chain, passage, vocabulary, lenient, wanted)


def _meant(
    chain: tree.Chain,
    passage: Passage,
    vocabulary: Vocabulary,
    lenient: bool,
    wanted: Wanted = ANY,
) -> ReadFormula:
    reader = MeaningReader(passage, vocabulary, lenient)
    sides = reader.sides(chain.sides, wanted)
    return ReadFormula(sides, chain.signs, reader.elided)


class MeaningReader:
    """Gives the nodes of one tree their meaning."""

    def __init__(self, passage: Passage, vocabulary: Vocabulary, lenient: bool) -> None:
        self.passage, self.vocabulary, self.lenient = passage, vocabulary, lenient
        self.indices: dict[str, Symbol] = {**KNOWN, **vocabulary.indices}
        self.elided: dict[Basic, Basic] = {}
        # While another side may still tell a shape, what is usual is no reason to assume one.
        self.certain = False

    def fail(self, problem: str, at: int) -> ReadingError:
        """Return a complaint about a place."""
        return ReadingError(problem, self.passage, at)

    def sides(self, nodes: tuple[tree.TreeNode, ...], wanted: Wanted = ANY) -> tuple[ReadPart, ...]:
        """Return the sides of a relation; a zero or one takes the shape of another, or that wanted."""
        known: dict[int, ReadPart] = {}
        self.certain = len(nodes) > 1
        for n, node in enumerate(nodes):
            if not self.open(node):
                with suppress(UnshapedError):
                    known[n] = self.part(node)
        self.certain = False
        shape = next((s for s in map(shape_of, known.values()) if s is not None), wanted)
        return tuple(
            known[n] if n in known else self.part(node, shape) for n, node in enumerate(nodes)
        )

    def unshaped(self, problem: str, at: int) -> UnshapedError:
        """Return the complaint that what is beside a place does not tell a shape."""
        return UnshapedError(problem, self.passage, at)

    # -- parts -----------------------------------------------------------------------------------

    def part(self, node: tree.TreeNode, wanted: Wanted = ANY) -> ReadPart:
        """Return a side, term or factor, in which there may be dots and colours."""
        if isinstance(node, tree.Tint):
            return Tinted(node.colour, self.part(node.node, wanted), node.at)
        if isinstance(node, tree.Dots):
            return Gap(node.at)
        if isinstance(node, tree.Sum) and any(_shows(term.node) for term in node.terms):
            return self._terms(node, wanted)
        if isinstance(node, tree.Product) and any(map(_shows, node.factors)):
            each = enumerate(node.factors)
            return Factors(
                tuple(self.part(f, self._beside(node.factors, n)) for n, f in each), node.at
            )
        return Whole(self.expr(node, wanted), node.at)

    def _beside(self, factors: tuple[tree.TreeNode, ...], n: int) -> Wanted:
        """Return what the factors next to one say of its shape; dots say nothing."""
        if isinstance(factors[n], tree.Numeral):
            return ANY
        before, after = factors[max(0, n - 1) : n], factors[n + 1 : n + 2]
        rows = next((self._length(factor, 1) for factor in before), None)
        return rows, next((self._length(factor, 0) for factor in after), None)

    def _length(self, node: tree.TreeNode, axis: int) -> Basic | None:
        while isinstance(node, tree.Tint):
            node = node.node
        return None if _shows(node) else operators.length(self, node, axis)

    def _terms(self, node: tree.Sum, wanted: Wanted) -> ReadPart:
        parts: list[ReadPart] = []
        for term in node.terms:
            part = self.part(term.node, wanted)
            if term.sign < 0:
                part = _negative(part)
            parts.append(part)
        # A sign before the only term is no sum.
        return parts[0] if len(parts) == 1 else Terms(tuple(parts), node.at)

    # -- expressions -----------------------------------------------------------------------------

    def expr(self, node: tree.TreeNode, wanted: Wanted = ANY) -> Basic:
        """Return the expression of a node; ``wanted`` is the shape that it must have, if known."""
        try:
            return _MEANINGS[type(node)](self, node, wanted)
        except (SpecError, ValueError, TypeError) as error:
            if isinstance(error, ReadingError):
                raise
            raise self.fail(str(error), node.at) from error

    def matrix(self, node: tree.TreeNode, wanted: Wanted = ANY) -> Basic:
        """Return the expression of a node that is a matrix, a number being one of a single entry."""
        value = self.expr(node, wanted)
        return mul(value, OneMatrix(1, 1)) if isinstance(value, Number) else value

    def attempt(self, node: tree.TreeNode) -> Basic | None:
        """Return the expression of a node, or None if its shape depends on what is beside it."""
        if self.open(node):
            return None
        try:
            return self.matrix(node)
        except UnshapedError:
            return None

    def open(self, node: tree.TreeNode) -> bool:
        """Tell whether the shape of a node depends on what it stands beside."""
        if isinstance(node, tree.Numeral | tree.Ones):
            return True
        if isinstance(node, tree.NameNode):
            bare = node.letter == "I" and not node.subs
            return bare and not self.vocabulary.meanings(node, self.indices)
        if isinstance(node, tree.Transposition | tree.Tint):
            return self.open(node.node)
        if isinstance(node, tree.Sum):
            return all(self.open(term.node) for term in node.terms)
        if isinstance(node, tree.Product):
            return all(map(self.open, node.factors))
        return False

    def index(self, item: tree.WordGroup) -> Basic:
        """Return an index; a complaint if it is none."""
        found = index_of(item.words, self.indices)
        if found is None:
            listed = ", ".join(self.indices)
            raise self.fail(
                f"expected a time index made of whole numbers and {listed}, found '{item.text}'",
                item.at,
            )
        return found

    @contextmanager
    def bound(self, item: tree.WordGroup) -> Iterator[Symbol]:
        """Make the index of a sum or product known within it."""
        name = item.text
        if len(item.words) != 1 or item.words[0].kind != "letter":
            raise self.fail(f"expected the letter of an index, found '{name}'", item.at)
        before = self.indices.get(name)
        symbol = before or Symbol(name, integer=True)
        self.indices[name] = symbol
        yield symbol
        if before is None:
            del self.indices[name]


Meaning = Callable[[NodeReader, Basic, Wanted], Basic]

_MEANINGS: Mapping[type, Meaning] = {
    tree.Numeral: leaves.numeral,
    tree.NameNode: operators.name,
    tree.Ones: leaves.ones,
    tree.SizedZero: operators.sized_zero,
    tree.Sum: operators.total,
    tree.Product: operators.product,
    tree.Infix: operators.infix,
    tree.FractionNode: operators.fraction,
    tree.Derivative: operators.derivative,
    tree.Nabla: operators.nabla,
    tree.Call: operators.call,
    tree.Transposition: operators.transposed,
    tree.Raised: operators.raised,
    tree.Over: operators.over,
    tree.NormOf: operators.norm,
    tree.Grid: operators.grid,
    tree.RowNode: operators.row,
    tree.Indicator: leaves.indicator,
    tree.EntryOf: operators.entry,
    tree.Elided: leaves.elided,
    tree.Dots: leaves.misplaced,
    tree.Tint: leaves.misplaced,
}


def _shows(node: tree.TreeNode) -> bool:
    """Tell whether a node has dots or a colour that belong to the sum or product round it."""
    if isinstance(node, tree.Dots | tree.Tint):
        return True
    return isinstance(node, tree.Product) and any(map(_shows, node.factors))


def _negative(part: ReadPart) -> ReadPart:
    if isinstance(part, Whole):
        return Whole(negated(part.expr), part.at)
    if isinstance(part, Tinted):
        return Tinted(part.colour, _negative(part.part), part.at)
    if isinstance(part, Factors):
        return Factors((Whole(Integer(-1), part.at), *part.parts), part.at)
    return part


def shape_of(part: ReadPart) -> MatrixShape | None:
    """Return the shape of a part, or None where it is not known."""
    if isinstance(part, Whole):
        return getattr(part.expr, "shape", None)
    if isinstance(part, Tinted):
        return shape_of(part.part)
    if isinstance(part, Terms):
        return next((s for s in map(shape_of, part.parts) if s is not None), None)
    return None
