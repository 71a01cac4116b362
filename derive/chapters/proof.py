"""The proof, entry by entry, against SymPy's own differentiation."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, partial

from sympy import Integer, Symbol

from derive.bptt.derivation import Derivation
from derive.budgets import most
from derive.chapters.context import Context, heads, listed
from derive.checks.counted import require_nonzero, require_proved
from derive.checks.proof import Proof, prove, require_counts, smallest, work
from derive.checks.proofowed import require_all
from derive.checks.tried import require_proof_tried
from derive.document.blocks import Block, Heading, Prose, TableBlock
from derive.document.text import Ref, Text, Value
from derive.expressions.averages import LayerNorm
from derive.expressions.walk import atoms_of

LONGEST = {"scalar": (4, 2), "matrix": (2, 1)}
"""The longest horizons of the proofs, with sizes of one and with a matrix of recurrent weights: for
a cell with one activation, and for one with several, whose polynomials are much longer."""


FLOATING = 20
"""The most rows of a table that stands on one page."""


def proof(c: Context) -> Iterator[Block]:
    """Yield what was proved for which sizes; on request a section, gradient by gradient."""
    if any(True for e in c.cell.equations for _ in atoms_of(e.expr, LayerNorm)):
        # A square root is no quotient of polynomials in exponentials.
        yield from _without(c, "prose.proof.root")
        return
    gated = len(c.derivation.shared.jacobians.diagonals) > 1
    longest = {kind: horizons[gated] for kind, horizons in LONGEST.items()}
    sizes = {"scalar": smallest(c.cell), "matrix": _with_matrices(c)}
    if sizes["scalar"] == sizes["matrix"]:
        # No size of one, as where the output has that of the state: one proof, of the more steps that
        # such sizes allow.
        longest["scalar"] = longest["matrix"] if gated else longest["scalar"]
        del sizes["matrix"]
    proofs = [_proved(c, min(c.steps, longest[kind]), sizes[kind]) for kind in sizes]
    found = [one for one in proofs if one is not None]
    if not found:
        yield from _without(c, "prose.proof.long")
        return
    c.report.proofs += found
    c.facts.proofs += found
    require_proof_tried()
    entries = sum(one.entries for one in found)
    require_counts(found, entries)
    require_all(c.cell, found)
    require_nonzero(c.cell, found)
    if not c.tables:
        of_each = listed([_at(one) for one in found])
        said: dict[str, Value] = {"entries": entries, "sizes": of_each}
        yield from c.say(said, "prose.proof.line", "prose.proof.line_kinks")
        yield from _counted(c, found)
        yield from _left_out(found)
        return
    yield Heading("heading.proof", 2, "proof")
    intro: dict[str, Value] = {"entries": entries, "table": Ref("proved")}
    yield from c.say(intro, "prose.proof.intro", "prose.proof.intro_kinks")
    rows = tuple(row for one in found for row in _rows(one))
    table = TableBlock(
        "proved",
        Text("caption.proved"),
        heads("table", "gradient", "steps", "sizes", "entries", "nonzero"),
        rows,
        "lrlrr",
        long=len(rows) > FLOATING,
    )
    yield require_proved(table, found)
    yield Prose("prose.proof.exact")
    yield from _left_out(found)


def _counted(c: Context, found: list[Proof]) -> Iterator[Block]:
    """Yield of which gradients the entries are counted: of the total loss, and of the last one."""
    own = [one.gradient.num == c.cell.total for proof in found for one in proof.proved]
    values: dict[str, Value] = {"total": c.cell.total, "own": own.count(True)}
    if all(own):
        yield from c.say(values, "prose.proof.counted_total", "prose.proof.counted_total_alone")
        return
    values |= {"late": own.count(False)}
    yield from c.say(values, "prose.proof.counted", "prose.proof.counted_alone")


def _without(c: Context, reason: str) -> Iterator[Block]:
    """Yield that nothing is proved in this way of a cell."""
    if c.tables:
        yield Heading("heading.proof", 2, "proof")
    yield Prose(reason)


def _left_out(found: list[Proof]) -> Iterator[Block]:
    """Yield what was not proved, as its polynomials are too long."""
    for one in found:
        if one.unproved:
            yield Prose(
                "prose.proof.unproved",
                {"gradients": listed(one.unproved), "steps": Text("list.steps", {"count": one.steps}),
                 "sizes": _sizes(one)},
            )  # fmt: skip


def _sizes(one: Proof) -> Text:
    """Return the sizes that were chosen, or that all are numbers of the network itself."""
    if not one.sizes:
        return Text("list.own_sizes")
    return Text("list.sizes", {"sizes": ", ".join(f"{s} = {n}" for s, n in one.sizes.items())})


def _at(one: Proof) -> Text:
    steps = Text("list.steps", {"count": one.steps})
    return Text("prose.proof.sizes", {"steps": steps, "sizes": _sizes(one)})


def _proved(c: Context, steps: int, sizes: dict[Symbol, int]) -> Proof | None:
    """Return the proof for at most so many steps; None where even that of one takes too long."""
    made = cache(partial(Derivation, c.cell))
    while steps and work(c.cell, steps, sizes, made(steps)) > most("proof"):
        steps -= 1
    while steps:
        # A gradient may be 0, as of a sum of softmax; how many entries are not is in the table.
        proof = prove(c.cell, steps, sizes, made(steps), telling=False, most=most("proof-terms"))
        if proof.proved:
            return proof
        steps -= 1
    return None


def _with_matrices(c: Context) -> dict[Symbol, int]:
    sizes, shape = smallest(c.cell), c.cell.states[0].shape
    return sizes | {size: 2 for extent in shape for size in extent.free_symbols}


def _rows(proof: Proof) -> Iterator[tuple[object, ...]]:
    sizes = _sizes(proof)
    for one in proof.proved:
        yield one.gradient, Integer(proof.steps), sizes, one.entries, one.nonzero
