"""A handout made as it would be written, and thrown away: whether it can be written at all."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from derive.chapters.handout import build
from derive.progress import Progress
from derive.publishing.publish import ready, write
from derive.render import formats
from derive.render.engine import AUTO, TYPST

if TYPE_CHECKING:
    from derive.cells.cell import Cell
    from derive.chapters.handout import Handout
    from derive.checks.verify import Verifier


def rehearse(
    cell: Cell,
    steps: int,
    tried: Sequence[str] = (),
    *,
    seed: int = 0,
    verifier: Verifier | None = None,
    progress: Progress | None = None,
) -> Handout:
    """Return the handout of a cell, after it was written in the formats to a place of no account.

    Without formats, in all; a PDF is by Typst, as TeX would take long for what is read in the LaTeX.
    Errors as `derive.publishing.publish.publish`: where there is none, that writes the same handout.
    What a ``verifier`` of this cell, these steps and this seed has checked before is not checked again.
    """
    chosen, engine = (tried, AUTO) if tried else ([*formats()], TYPST)
    ready(steps, chosen, "source", "en")
    made = build(cell, steps, seed=seed, verifier=verifier, progress=progress)
    with tempfile.TemporaryDirectory(prefix="derive-") as folder:
        write(
            made, chosen, Path(folder), network=(cell.name, steps), progress=progress, engine=engine
        )
    return made
