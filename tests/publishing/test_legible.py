"""Whether lines that bend run through words, and lines whose chords alone would do not."""

from __future__ import annotations

import pytest

from derive.publishing.legible import illegible
from derive.reading.elements import DrawnEdges, DrawnPaper, DrawnPath, DrawnWords

PAPER = DrawnPaper((-2.0, -1.0, 2.0, 3.0))


def words(x: float, y: float) -> DrawnWords:
    return DrawnWords((x, y), "$h_{2}$", "000000", anchor="center", size=9.0)


def bent(bow: float) -> DrawnPath:
    """Return an arrow from (0, 0) to (0, 2) that goes so far round what stands between its ends."""
    controls = ((bow, 0.5), (bow, 1.5))
    return DrawnPath(((0.0, 0.0), (0.0, 2.0)), "000000", None, controls=controls, width=1.0)


@pytest.mark.parametrize(
    ("bow", "x", "crossed"),
    [(2.0, 0.0, False), (2.0, 1.5, True), (0.0, 0.0, True), (-2.0, 1.5, False)],
)
def test_an_arrow_that_is_bent_crosses_what_lies_on_its_curve(
    bow: float, x: float, crossed: bool
) -> None:
    # The curve is at 3/4 of the bow halfway between its ends; its chord is at 0 everywhere.
    frame: DrawnEdges = (-2.0, -1.0, 2.0, 3.0)
    corners = ((frame[0], frame[1]), (frame[2], frame[3]))
    ground = DrawnPath(corners, None, "FFFFFF", opacity=1.0)
    found = [*illegible([ground, words(x, 0.95), bent(bow)], PAPER)]
    assert any("is crossed by a line" in one for one in found) is crossed, found
