"""What depends on the number of steps, for several of them: the paths and the gradients of a network."""

from __future__ import annotations

from collections.abc import Iterator

from derive.bptt.derivation import Derivation
from derive.cells.cell import Cell
from derive.chapters.context import Context
from derive.chapters.gradients import MANY, pictured
from derive.chapters.handout import Handout, of_kind
from derive.chapters.network import leading
from derive.checks.verify import Verifier
from derive.document.blocks import Block, Document
from derive.document.conditions import require_true
from derive.errors import checking
from derive.numerics.sample import samples

MOST = 8
"""The longest horizon; from six steps on the formulas have dots."""


def horizons(cell: Cell, seed: int, language: str = "en") -> dict[int, Handout]:
    """Return by the number of steps, from 1 to `MOST`, a document of what depends on it, checked.

    It is empty for a network without paths through states to a parameter.  Errors as
    `derive.chapters.handout.build`.
    """
    found: dict[int, Handout] = {}
    for steps in range(1, MOST + 1):
        c = Context(Verifier(Derivation(cell, steps), samples(cell, steps, seed)), seed)
        if cell.has_matrices or not c.recurrent() or not _has_paths(c):
            return {}
        with checking(f"what depends on T = {steps} of {cell.name}"):
            found[steps] = _of(c, language)
    return found


def _has_paths(c: Context) -> bool:
    """Tell whether the handout of the network has the chapter with the paths."""
    return any(chapter.__name__ == "first" for chapter in of_kind(c))


def _of(c: Context, language: str) -> Handout:
    name = f"{c.cell.name}-T{c.steps}"
    blocks = tuple(_blocks(c))
    prefix = f"T{c.steps}-"
    document = Document(name, name, None, language, blocks, prefix, mark=f"T{c.steps}.")
    c.report.cover(document)
    c.facts.shown = document.equations()
    require_true(document, c.facts)
    return Handout(document, c.report)


def _blocks(c: Context) -> Iterator[Block]:
    yield pictured(c, leading(c), f"paths-{c.steps}")
    shown = c.recurrent() if len(c.recurrent()) <= MANY else [leading(c)]
    for parameter in (*shown, *c.direct()):
        yield from c.show(c.derivation.chains.terms(parameter, c.steps))
        yield from c.show(c.derivation.substitution.substituted(parameter, c.steps))
