"""The page of a handout, made once, and a browser, started once, for all that look at it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from derive.catalogue import load
from derive.chapters.handout import Handout, build
from derive.publishing.publish import write
from derive.reading.htmlpage import HtmlPage
from derive.reading.passage import Passage
from tests.browser import PROGRAM, Browser, browser

TITLE = 'A <b>title</b> & "more" $x$ <script>document.title = 1</script>'


@pytest.fixture(scope="session")
def handout() -> Handout:
    return build(load("elman"), 3, seed=0, title=TITLE, author="Ada & <Bob>")


@pytest.fixture(scope="session")
def path(handout: Handout, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("page")
    write(handout, ["html"], folder, network=("elman", 3))
    return folder / "elman-T3.html"


@pytest.fixture(scope="session")
def page(path: Path) -> HtmlPage:
    return HtmlPage(Passage(path.read_text(encoding="utf-8"), path.name))


@pytest.fixture(scope="session")
def there() -> Iterator[Browser]:
    if PROGRAM is None:
        pytest.skip("no Chromium: tools/apt-install chromium")
    with browser() as running:
        yield running
