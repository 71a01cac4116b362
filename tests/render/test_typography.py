"""How finished pages begin and end, and whether their colours can be read and told apart."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import pytest

from derive.__main__ import main
from derive.typesetting.palette import contrast_on_white, contribution_colours
from tests import ROOT
from tests.render.pages import LEFT, TEX, TOP, TYPST, Line, faults, faults_of
from tests.typesetting.test_palette import lab

needs_tex = pytest.mark.skipif(
    shutil.which("xelatex") is None and "CI" not in os.environ, reason="no TeX"
)

SAMPLE = [("handout", "elman", "-T", "1"), ("flow",)]
LONG = [
    ("handout", "elman", "-T", "3"),
    ("handout", "elman", "-T", "10"),
    ("handout", "lstm", "-T", "3"),
    ("handout", "gru", "-T", "3"),
    ("audit",),
    ("learn",),
]


def assert_well_set(words: Sequence[str], folder: Path, engine: str = "tex") -> None:
    """Assert that a document has no widows, no holes, and no heading at a foot."""
    written_by = ["--engine", engine, "--out", str(folder)]
    assert main([*words, "--format", "pdf", *written_by, "-q"]) == 0
    (written,) = folder.glob("*.pdf")
    assert not list(faults(written, TYPST if engine == "typst" else TEX))


@needs_tex
@pytest.mark.parametrize("words", SAMPLE, ids=" ".join)
def test_pages_begin_and_end_well(words: Sequence[str], tmp_path: Path) -> None:
    assert_well_set(words, tmp_path)


@needs_tex
@pytest.mark.deferred
@pytest.mark.parametrize("words", LONG, ids=" ".join)
def test_pages_of_longer_documents_begin_and_end_well(words: Sequence[str], tmp_path: Path) -> None:
    assert_well_set(words, tmp_path)


@pytest.mark.parametrize("words", SAMPLE[:1], ids=" ".join)
def test_pages_by_typst_begin_and_end_well(words: Sequence[str], tmp_path: Path) -> None:
    assert_well_set(words, tmp_path, "typst")


@pytest.mark.deferred
@pytest.mark.parametrize("words", [*SAMPLE[1:], *LONG], ids=" ".join)
def test_pages_of_longer_documents_by_typst_begin_and_end_well(
    words: Sequence[str], tmp_path: Path
) -> None:
    assert_well_set(words, tmp_path, "typst")


def paragraph(
    first: float, count: int, *, begin: str = "words", end: str = "go on", x: float = LEFT - 19
) -> list[Line]:
    """Return the lines of a paragraph, 12.6 points apart, from a height down."""
    texts = [begin, *["words"] * (count - 2), end] if count > 1 else [end]
    return [Line(first - 12.6 * n, x, text, 10.0, False) for n, text in enumerate(texts)]


FULL = paragraph(TOP - 15, 53, end="the end.")
HEADING = Line(100.0, 70.9, "5 The gradient", 14.3, True)
LAST = paragraph(TOP - 15, 1, end="The end.")


def test_whole_paragraphs_and_parts_of_some_lines_are_no_faults() -> None:
    assert not list(faults_of([FULL, FULL, LAST]))
    parted = [FULL[:44] + paragraph(FULL[43].y - 20, 2), paragraph(TOP - 15, 2, end="ends.")]
    assert not list(faults_of(parted))


@pytest.mark.parametrize(
    ("pages", "said"),
    [
        ([FULL, FULL[:20], LAST], "page 2 is empty to"),
        ([[*FULL[:44], HEADING], LAST], "page 1 ends in the heading '5 The gradient'"),
        (
            [FULL[:44] + paragraph(FULL[43].y - 20, 1), FULL],
            "page 1 ends in the first line of a paragraph, 'go on'",
        ),
        (
            [
                paragraph(TOP - 15, 46),
                [*paragraph(TOP - 15, 1, end="alone."), *paragraph(TOP - 50, 40, end="ends.")],
            ],
            "page 2 begins with the last line of a paragraph, 'alone.'",
        ),
    ],
)  # fmt: skip
def test_each_fault_is_noticed(pages: list[list[Line]], said: str) -> None:
    assert [fault for fault in faults_of(pages) if fault.startswith(said)]


def test_colours_of_words_can_be_read() -> None:
    """WCAG 2.1 wants 4.5 to 1 for text of this size."""
    macros = (ROOT / "templates/latex/macros.tex").read_text("utf-8")
    named = re.findall(r"\\definecolor\{\w+\}\{HTML\}\{([0-9A-F]{6})\}", macros)
    assert len(named) >= 2
    assert min(map(contrast_on_white, named)) >= 4.5


@pytest.mark.parametrize("count", range(2, 7))
def test_terms_side_by_side_differ_in_lightness(count: int) -> None:
    lightness = [lab(colour)[0] for colour in contribution_colours(count)]
    assert min(abs(a - b) for a, b in pairwise(lightness)) > 5
