"""What stands on a page read back: it must say what was checked, in its place and under its number."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from derive.document.blocks import Block
from derive.document.text import Ref, Value
from derive.embedding.parts import Parts
from derive.errors import CheckError
from derive.publishing.readback import ReadBack
from derive.reading import markdown
from derive.reading.passage import Passage, ReadingError
from derive.render.page.escaping import anchor
from derive.render.page.numbering import Numbering
from derive.render.page.pieces import Elsewhere
from derive.render.text.dialects import dialect_named


def part_reader(
    found: Parts, blocks: tuple[Block, ...], labels: Numbering, here: frozenset[str], dialect: str
) -> ReadBack:
    """Return what reads some blocks of a handout where they stand by themselves."""
    elsewhere = Elsewhere(found.document, here)

    def instead(ref: Ref) -> Value | None:
        return elsewhere.named(ref, labels[ref.target])

    part = replace(found.handout, document=replace(found.document, blocks=blocks))
    steps = found.network.steps
    return ReadBack(
        part, found.notation, steps, dialect, labels=labels, instead=instead, whole=found.document
    )


def require_part(reading: ReadBack, text: str, drawings: Mapping[str, str]) -> None:
    """Read Markdown with its drawings, by the ids of their figures; else a `CheckError`."""
    reading.read_markdown(Passage(text, "the page"), list(drawings.values()))
    reading.read_drawings({Path(f"{id}.svg"): svg for id, svg in drawings.items()}, tex=False)


def require_numbers(text: str, dialect: str, wanted: Iterable[tuple[str, int]]) -> None:
    """Raise a `CheckError` unless these labels, each with its number, are displayed in this order.

    A dialect whose site numbers equations by itself has no numbers.
    """
    numbered = dialect_named(dialect).numbers
    passage, expected = Passage(text, "the page"), list(wanted)
    displays = sorted(markdown.displays(passage, dialect), key=lambda d: d.passage.start)
    found = [(display.labels, display.number) for display in displays]
    if found != [((f"eq-{anchor(label)}",), str(n) if numbered else None) for label, n in expected]:
        problem = f"these equations are displayed: {found}, {expected} are meant"
        raise CheckError(str(ReadingError(problem, passage, passage.start)))
