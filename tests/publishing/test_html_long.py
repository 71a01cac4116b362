"""A page that would be too long leaves out what is for the largest numbers of steps, and says so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import cast

import pytest

from derive import budgets
from derive.chapters.handout import Handout
from derive.document.beside import Beside
from derive.errors import CheckError, SpecError
from derive.publishing.besides import beside_of
from derive.publishing.checknotes import said_checks
from derive.publishing.htmlback import PageReadBack
from derive.publishing.manifest import manifest
from derive.reading.htmlpage import HtmlPage
from derive.reading.passage import Passage
from derive.render.html import fitted
from derive.typesetting import notation
from derive.typesetting.layout import PagePrinter
from derive.typesetting.printing import Dialect

SYMBOLS = notation.load("source")


def printer_for(dialect: str) -> PagePrinter:
    return PagePrinter(SYMBOLS, cast(Dialect, dialect))


@pytest.fixture(scope="module")
def made(handout: Handout) -> tuple[Mapping[int, Handout], Beside]:
    checks = said_checks(manifest(handout, SYMBOLS))
    return beside_of(handout, checks, SYMBOLS, ("elman", 3), printer_for)


@pytest.fixture(autouse=True)
def _limits() -> Iterator[None]:
    yield
    budgets.use([])


def size(page: str) -> int:
    return len(page.encode())


def limited(handout: Handout, beside: Beside, most: int) -> Beside:
    budgets.use([f"page-bytes={most}"])
    return fitted(handout.document, printer_for, beside)


def read(handout: Handout, horizons: Mapping[int, Handout], beside: Beside) -> None:
    kept = {one.steps: horizons[one.steps] for one in beside.horizons}
    reading = PageReadBack(handout, SYMBOLS, 3, horizons=kept, beside=beside)
    reading.read_html(Passage(beside.page, "elman-T3.html"))


def regions(beside: Beside) -> list[str]:
    return [*HtmlPage(Passage(beside.page, "elman-T3.html")).regions]


def test_a_page_that_is_short_enough_shows_all(
    handout: Handout, made: tuple[Mapping[int, Handout], Beside]
) -> None:
    _, whole = made
    assert (len(whole.horizons), whole.left) == (8, 0)
    assert "are left out" not in whole.page
    assert limited(handout, whole, size(whole.page)) == whole


def test_the_largest_number_of_steps_goes_first_and_the_page_says_so(
    handout: Handout, made: tuple[Mapping[int, Handout], Beside]
) -> None:
    horizons, whole = made
    most = size(whole.page) - 1
    shorter = limited(handout, whole, most)
    assert regions(shorter) == [f"horizon-{steps}" for steps in range(1, 8)]
    assert (
        f"for more than 7 steps is left out, as with it this page would be longer than {most}"
        in (shorter.page)
    )
    assert 'min="1" max="7"' in shorter.page
    read(handout, horizons, shorter)
    # Another number, another limit, and one more that is left out are not what is meant.
    for wrong in ("more than 6 steps", "more than 8 steps"):
        other = replace(shorter, page=shorter.page.replace("more than 7 steps", wrong))
        with pytest.raises(CheckError, match="is not what was meant"):
            read(handout, horizons, other)
    with pytest.raises(CheckError, match="7 numbers of steps are shown"):
        read(handout, horizons, replace(shorter, left=0))
    budgets.use([f"page-bytes={size(shorter.page) - 1}"])
    with pytest.raises(CheckError, match=f"has {size(shorter.page)} bytes, and may have"):
        read(handout, horizons, shorter)


def test_what_is_shown_first_is_the_nearest_that_is_there(
    handout: Handout, made: tuple[Mapping[int, Handout], Beside]
) -> None:
    horizons, whole = made
    two = whole
    for _ in range(6):
        two = two.without_largest()
    assert [one.steps for one in two.horizons] == [1, 2]
    assert two.chosen == 2
    page = limited(handout, two, 10 * size(whole.page))
    read(handout, horizons, page)
    other = limited(handout, replace(two, chosen=1), 10 * size(whole.page))
    with pytest.raises(CheckError, match="1 steps are shown first, 2 are meant"):
        read(handout, horizons, other)


def test_a_page_without_room_for_any_says_that_and_a_longer_one_names_the_limit(
    handout: Handout, made: tuple[Mapping[int, Handout], Beside]
) -> None:
    horizons, whole = made
    bare = whole
    while bare.horizons:
        bare = bare.without_largest()
    bare = limited(handout, bare, size(whole.page))
    assert regions(bare) == []
    assert "It is left out, as with it this page would be longer than" in bare.page
    assert 'id="horizon"' not in bare.page
    read(handout, horizons, bare)
    # The limit itself stands on the page, and may have a digit less.
    with pytest.raises(SpecError, match=r"the page of elman-T3 has \d+ bytes.*--limit page-bytes="):
        limited(handout, bare, size(bare.page) - 100)
