"""Words beside an arrow stand where no arrow runs through them."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from derive.chapters.figures.spots import HALF, NODE, Segment, clear_spot, outline

APART, RISE = 2.75, 5.25
ARROW: Segment = ((-APART, RISE), (0.0, 0.0))

heights = st.integers(0, 3).map(lambda row: 1.75 * row)
arrows = st.tuples(st.tuples(st.just(-APART), heights), st.tuples(st.just(0.0), heights))


def runs_through(segment: Segment, spot: tuple[float, float]) -> bool:
    (a, b), (c, d) = segment
    for n in range(1001):
        x, y = a + (c - a) * n / 1000 - spot[0], b + (d - b) * n / 1000 - spot[1]
        if abs(x) < HALF[0] - 0.05 and abs(y) < HALF[1] - 0.05:
            return True
    return False


@settings(deadline=None)
@given(st.lists(arrows, max_size=6))
def test_no_arrow_runs_through_the_words(others: list[Segment]) -> None:
    spot = clear_spot((-APART / 3, RISE * 2 / 3), ARROW, others, -APART)
    assert spot is None or not any(runs_through(one, spot) for one in (ARROW, *others))


def test_where_there_is_room_they_stay() -> None:
    first = (-APART / 3, RISE * 2 / 3)
    assert clear_spot(first, ARROW, [], -APART) == first
    assert clear_spot(first, ARROW, [((-APART, 3.5), (0.0, 3.5))], -APART) not in (None, first)
    everywhere = [((-APART, y / 5), (0.0, y / 5)) for y in range(30)]
    assert clear_spot(first, ARROW, everywhere, -APART) is None


@settings(deadline=None)
@given(st.lists(arrows, max_size=3), st.lists(heights, max_size=4))
def test_no_state_stands_over_the_words(others: list[Segment], rows: list[float]) -> None:
    states = [(x, row) for row in rows for x in (-APART, 0.0)]
    sides = [side for state in states for side in outline(state)]
    spot = clear_spot((-APART / 3, RISE * 2 / 3), ARROW, [*others, *sides], -APART)
    if spot is not None:
        for x, y in states:
            assert max(abs(spot[0] - x), abs(spot[1] - y)) > NODE
