"""Components of columns and entries of matrices: printed, read, evaluated; wrong ones are refused."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sympy import Symbol

from derive.bptt.derivation import Derivation
from derive.catalogue import load, names
from derive.checks.verify import Verifier
from derive.checks.vocabulary import of_cell
from derive.errors import CheckError, UsageError
from derive.expressions.algebra import neg
from derive.expressions.components import (
    COMPONENTS,
    Component,
    ComponentSum,
    components_beside,
)
from derive.expressions.quantities import t
from derive.numerics.sample import samples
from derive.reading.meaning import read, read_plain
from derive.reading.parts import Whole
from derive.reading.passage import Passage, ReadingError
from derive.typesetting.printing import plain, tex

d = Derivation(load("elman"), 3)
verifier = Verifier(d, samples(d.cell, 3, 0))
vocabulary = of_cell(d.cell, d.definitions, {})
z, L = d.cell.logits[t], d.cell.loss_series[t]
(V,) = (a for a in d.cell.parameters if a.name == "V")
m = z.shape[0]
p, q, r = d.cell.components


@pytest.mark.parametrize(
    "expr",
    [
        Component(z, p),
        Component(V, p, q),
        *(ComponentSum(Component(z, p), p, size) for size in (m, 3, 2 * m, m + z.shape[0] + 1)),
    ],
)
def test_what_is_printed_is_read_as_it_was_meant(expr: Component) -> None:
    for formula in (
        read(Passage(tex(expr)), vocabulary),
        read_plain(Passage(plain(expr)), vocabulary, {}),
    ):
        (side,) = formula.sides
        assert isinstance(side, Whole)
        assert side.expr == expr


@pytest.mark.parametrize("text", ["(z_{t})_{t}", "(V)_{p,q,r}", r"\sum_{p=1}^{x} (z_{t})_{p}"])
def test_what_is_no_component_is_refused(text: str) -> None:
    with pytest.raises(ReadingError, match="component"):
        read(Passage(text), vocabulary)


@pytest.mark.parametrize("name", names())
def test_the_lines_hold_for_every_cell(name: str) -> None:
    one = Derivation(load(name), 2)
    check = Verifier(one, samples(one.cell, 2, 0))
    for equation in one.entries.equations():
        assert check.require(equation).count > 1, equation.id


@pytest.mark.parametrize("side", [1, 2, 3])
def test_a_wrong_line_is_caught(side: int) -> None:
    for equation in (*d.entries.softmax()[1:2], *d.entries.outer(V)):
        sides = list(equation.sides)
        sides[side] = neg(sides[side])
        with pytest.raises(CheckError, match="failed its check"):
            verifier.require(replace(equation, sides=tuple(sides)))


def test_a_swapped_row_and_column_are_caught() -> None:
    (equation,) = d.entries.outer(V)
    swap = {p: Symbol("q2"), q: p}
    *others, last = equation.sides
    turned = last.xreplace(swap).xreplace({Symbol("q2"): q})
    # Where there are more rows than columns, there is no such entry.
    with pytest.raises(CheckError, match="elman-entries-outer-V"):
        verifier.require(replace(equation, sides=(*others, turned)))


def test_their_letters_are_those_of_no_quantity() -> None:
    """A gate called p is no index; with every letter taken, the error says what to do."""
    for name in names():
        cell = load(name)
        letters = {symbol.name for symbol in cell.components}
        assert len(letters) == 3
        assert not letters & cell.names
    assert "p" not in {symbol.name for symbol in load("lem").components}
    with pytest.raises(UsageError, match="rename"):
        components_beside({symbol.name for symbol in COMPONENTS[2:]})
