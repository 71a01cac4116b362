"""The proof, entry by entry, against SymPy's own differentiation."""

from __future__ import annotations

from collections.abc import Iterator

from sympy import Integer, Symbol

from derive.averages import LayerNorm
from derive.chapters.context import Context
from derive.document import Block, Heading, Prose, Ref, Table, Text
from derive.element import Proof, prove, smallest
from derive.nodes import atoms_of

LONGEST = {"scalar": (4, 2), "matrix": (2, 1)}
"""The longest horizons of the proofs, with sizes of one and with a matrix of recurrent weights: for
a cell with one activation, and for one with several, whose polynomials are much longer."""


FLOATING = 20
"""The most rows of a table that stands on one page."""


def proof(c: Context) -> Iterator[Block]:
    """Yield the chapter: what was proved for which sizes, gradient by gradient."""
    if any(True for e in c.cell.equations for _ in atoms_of(e.expr, LayerNorm)):
        # A square root is no quotient of polynomials in exponentials.
        return
    gated = len(c.derivation.within.diagonals) > 1
    longest = {kind: horizons[gated] for kind, horizons in LONGEST.items()}
    scalar = prove(c.cell, min(c.steps, longest["scalar"]), smallest(c.cell))
    matrix = prove(c.cell, min(c.steps, longest["matrix"]), _with_matrices(c))
    entries = scalar.entries + matrix.entries
    yield Heading("heading.proof", 1, "proof")
    yield Prose("prose.proof.intro", {"entries": entries, "table": Ref("proved")})
    header = ("gradient", "steps", "sizes", "entries", "nonzero")
    rows = tuple(row for one in (scalar, matrix) for row in _rows(one))
    yield Table(
        "proved",
        Text("caption.proved"),
        tuple(Text(f"table.{name}") for name in header),
        rows,
        "lrlrr",
        long=len(rows) > FLOATING,
    )
    yield Prose("prose.proof.exact")


def _with_matrices(c: Context) -> dict[Symbol, int]:
    sizes = smallest(c.cell)
    return sizes | {c.cell.states[0].shape[0]: 2}


def _rows(proof: Proof) -> Iterator[tuple[object, ...]]:
    for one in proof.proved:
        sizes = Text(
            "list.sizes", {"sizes": ", ".join(f"{s} = {n}" for s, n in proof.sizes.items())}
        )
        yield one.gradient, Integer(proof.steps), sizes, one.entries, one.nonzero
