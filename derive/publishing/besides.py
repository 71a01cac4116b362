"""What stands beside a handout on a page, made and checked beforehand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from derive.chapters.handout import Handout
from derive.chapters.horizons import MOST, horizons
from derive.chapters.livepanel import live_panel
from derive.document.beside import Beside, HorizonPart
from derive.document.blocks import Heading
from derive.document.text import Text
from derive.publishing.checknotes import said_checks
from derive.publishing.horizoned import require_horizons
from derive.publishing.manifest import manifest
from derive.publishing.told import source_of_cell
from derive.render.html import fitted
from derive.typesetting.notation import Notation

if TYPE_CHECKING:
    from derive.render import PrinterFor


def horizons_of(handout: Handout, network: tuple[str, int] | None) -> dict[int, Handout]:
    """Return what depends on the number of steps, by that number; nothing for other documents.

    A `CheckError` if one of its equations fails its check.
    """
    source = source_of_cell(handout)
    if network is None or source is None or not _has(handout, "gradient-"):
        return {}
    found = horizons(source.derivation.cell, handout.report.seed, handout.document.language)
    require_horizons(found)
    return found


def beside_of(
    handout: Handout,
    checks: Mapping[str, Text],
    symbols: Notation,
    network: tuple[str, int] | None,
    printer_for: PrinterFor,
) -> tuple[Mapping[int, Handout], Beside]:
    """Return what stands beside a handout, its ``checks`` as the manifest has them, with its page.

    Of what depends on the number of steps the page has as much as there is room for, and it is returned
    by that number.  Errors as `horizons_of`, and as `derive.render.html.fitted`.
    """
    horizons = horizons_of(handout, network)
    parts = (
        HorizonPart(steps, one.document, said_checks(manifest(one, symbols)))
        for steps, one in horizons.items()
    )
    source = source_of_cell(handout)
    live = None
    if network is not None and source is not None and _has(handout, "flow"):
        live = live_panel(source.derivation.cell)
    chosen = min(MOST, network[1]) if network is not None else 0
    beside = fitted(handout.document, printer_for, Beside(checks, tuple(parts), chosen, live))
    return {one.steps: horizons[one.steps] for one in beside.horizons}, beside


def _has(handout: Handout, chapter: str) -> bool:
    heads = (b for b in handout.document.blocks if isinstance(b, Heading) and b.level == 1)
    return any(head.id.startswith(chapter) for head in heads)
