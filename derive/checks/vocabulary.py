"""What the letters of a document about a cell may stand for.

What a derivation introduces has a role and no name: its letter is part of a document's notation, as
those of the notation file are, and given by typesetting. That no two have one is seen by the reader.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sympy import Basic, Symbol

from derive.calculus.activations import ACTIVATIONS
from derive.cells.cell import Cell
from derive.expressions.definition import Definition
from derive.expressions.named import named_in
from derive.expressions.quantities import At, Parameter, Series
from derive.expressions.walk import atoms_of
from derive.reading.calls import FORMS
from derive.reading.indices import spelled_index
from derive.reading.vocabulary import LetteredQuantity, Vocabulary
from derive.typesetting.lettering import letter_of

FUNCTIONS = frozenset((*ACTIVATIONS, *FORMS))
"""The functions that a document may write."""


def of_cell(
    cell: Cell,
    definitions: Iterable[Definition],
    symbols: Mapping[str, str],
    others: Iterable[Basic] = (),
) -> Vocabulary:
    """Return the quantities of a cell, those that a derivation defines, and those in ``others``.

    What ``others`` reads of a derivation stands in its place in the roster, which gives letters.
    """
    others = tuple(others)
    steps = [*cell.given, *cell.states, *(e.variable for e in cell.equations)]
    known = [
        *(quantity(p, 0) for p in (*cell.parameters, *cell.constants, cell.total)),
        *(quantity(series, 1) for series in steps),
    ]
    own = quantities_in(others)
    taken = {(q.node, q.indices) for q in own}
    introduced = [(n.series, len(n.indices)) for n in definitions]
    # Matrices and columns are not put one above the other.
    stacked = None if cell.has_matrices and len(cell.states) > 1 else cell.state
    if stacked is not None and len(cell.states) > 1:
        introduced.append((stacked, 1))
    known += [quantity(*one) for one in introduced if one not in taken]
    return Vocabulary(
        tuple(dict.fromkeys((*known, *own))),
        symbols,
        FUNCTIONS,
        cell.states,
        stacked,
        {size.name: size for size in cell.dimensions},
        {named.function: named.formula for named in named_in(e.expr for e in cell.equations)},
        indices_in(others),
    )


def quantity(node: Parameter | Series, indices: int) -> LetteredQuantity:
    """Return a quantity by what it is called on paper."""
    letter = letter_of(node)
    return LetteredQuantity(node, indices, letter.name, letter.marks)


def indices_in(exprs: Iterable[Basic]) -> dict[str, Symbol]:
    """Return the letters for steps that expressions leave open, by how they are written.

    A part of a sum has its index so, which the sum around it introduces.
    """
    found = {
        symbol
        for expr in exprs
        for at in atoms_of(expr, At)
        for index in at.indices
        for symbol in index.free_symbols & expr.free_symbols
        if isinstance(symbol, Symbol)
    }
    return {spelled_index(symbol): symbol for symbol in sorted(found, key=str)}


def quantities_in(exprs: Iterable[Basic]) -> list[LetteredQuantity]:
    """Return the quantities that expressions speak of."""
    found: dict[LetteredQuantity, None] = {}
    for expr in exprs:
        for at in atoms_of(expr, At):
            found[quantity(at.series, len(at.indices))] = None
        for parameter in atoms_of(expr, Parameter):
            found[quantity(parameter, 0)] = None
    return list(found)
