"""Writes ids.txt: the ids that pages may name, of every cell that ships, at three steps.

Run it where an id was added: ``python -m tests.goldens.make_ids`` (some minutes).  One that changes or
goes breaks the pages of others: then CHANGELOG.md says so.  A line has a kind, an id without the name
of the cell before it, and the cells that have it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from derive.bptt.derivation import Derivation
from derive.catalogue import load, names
from derive.chapters.handout import build
from derive.render.page.numbering import number

PATH = Path(__file__).parent / "ids.txt"

STEPS = 3

Ids = frozenset[tuple[str, str]]
"""Ids with their kinds."""


@cache
def derived(cell: str) -> Ids:
    """Return the ids of the equations of a cell."""
    made = Derivation(load(cell), STEPS)
    return _ids(cell, (("equation", equation.id) for equation in made.equations()))


@cache
def displayed(cell: str) -> Ids:
    """Return the ids of all that stands in the handout of a cell and can be named."""
    labels = number(build(load(cell), STEPS, seed=0).document).labels
    return _ids(cell, ((label.kind, id) for id, label in labels.items()))


def _ids(cell: str, found: Iterable[tuple[str, str]]) -> Ids:
    return frozenset((kind, id.removeprefix(f"{cell}-")) for kind, id in found)


def golden() -> dict[str, Ids]:
    """Return what ids.txt says, by cell."""
    found: defaultdict[str, set[tuple[str, str]]] = defaultdict(set)
    for line in PATH.read_text(encoding="utf-8").splitlines():
        kind, id, *cells = line.split()
        for cell in cells:
            found[cell].add((kind, id))
    return {cell: frozenset(ids) for cell, ids in found.items()}


def main() -> None:
    """Write the list."""
    found: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for cell in sorted(names()):
        for one in derived(cell) | displayed(cell):
            found[one].append(cell)
    lines = (" ".join([*one, *cells]) + "\n" for one, cells in sorted(found.items()))
    PATH.write_text("".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
