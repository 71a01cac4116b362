"""A page of HTML as what it says: its words, its formulas and its pictures, in their order.

What its elements are is seen by `derive.reading.htmlwords`, which refuses all that have no place.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from derive.reading.display import DisplayedText, SpokenFormula
from derive.reading.htmltree import HtmlElement, HtmlText, tree
from derive.reading.passage import Passage, ReadingError

_OUTLINE = re.compile(r'<path id="(?P<id>[^"]*)" d="[^"]*"/>\n')
_USED = re.compile(r'<use href="#([^"]*)"')


@dataclass
class HtmlPage:
    """A page, read; or a region of it that is a document of its own, for another number of steps."""

    document: Passage
    region: HtmlElement | None = None
    root: HtmlElement = field(init=False)

    def __post_init__(self) -> None:
        self.root = tree(self.document) if self.region is None else self.region

    @cached_property
    def parts(self) -> tuple[HtmlElement, HtmlElement]:
        """Return the head and the body; a `ReadingError` if there are others."""
        names = [one.name for one in self.root.elements]
        if self.root.name != "html" or names != ["head", "body"]:
            raise ReadingError("a page has a head and a body", self.document, self.root.at)
        head, body = self.root.elements
        return head, body

    @property
    def body(self) -> HtmlElement:
        """Return the body, or the region."""
        return self.parts[1] if self.region is None else self.region

    @cached_property
    def regions(self) -> Mapping[str, HtmlPage]:
        """Return the regions of the page that are documents of their own, by their ids."""
        every = self.body.within()
        return {one.id: HtmlPage(self.document, one) for one in every if _is_region(one)}

    def within(self) -> Iterator[HtmlElement]:
        """Yield the elements of the page, or of the region, in order; none of regions in it."""
        for one, _ in _placed(self.body, ""):
            yield one

    @cached_property
    def drawings(self) -> Mapping[str, str]:
        """Return the pictures as files would have them, by the names that they have for others."""
        found: dict[str, str] = {}
        outlines = {line["id"]: line[0] for line in _OUTLINE.finditer(self.document.text)}
        for one in self.within():
            if one.name == "svg":
                text = self.document.text[one.at : one.end]
                # The outlines of letters stand in the first picture of the page that needs them.
                own = {line["id"] for line in _OUTLINE.finditer(text)}
                missing = [id for id in dict.fromkeys(_USED.findall(text)) if id not in own]
                if any(id not in outlines for id in missing):
                    raise self.error("a picture uses an outline that stands nowhere", one)
                needed = "".join(outlines[id] for id in missing)
                text = text.replace("<defs>\n", f"<defs>\n{needed}", 1)
                found[name_of(one)] = f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'
        return found

    def displays(self, _: Passage) -> Iterator[DisplayedText]:
        """Yield the formulas on display, with their anchors and numbers."""
        for one in self.within():
            if one.name == "div" and one.kind == "display":
                formula, number = self.display(one)
                said = number.text.removeprefix("(").removesuffix(")")
                if number.text != f"({said})" or number.attributes["href"] != f"#{one.id}":
                    raise self.error("a number leads to its own equation", number)
                yield DisplayedText((one.id,), self._mathematics(formula), said)

    def sentences(self, where: str = "") -> Iterator[Passage]:
        """Yield the formulas within lines: in one of `PLACES`, or all others."""
        for one in self.spoken(where):
            yield one.passage

    def spoken(self, where: str = "") -> Iterator[SpokenFormula]:
        """Yield the same formulas, each with the words that stand there where no script runs."""
        for one, place in _placed(self.body, ""):
            if place == where and one.name == "span" and one.kind == "tex":
                yield SpokenFormula(one.text, self._mathematics(one), one.at)

    def spoken_displays(self) -> Iterator[tuple[str, SpokenFormula]]:
        """Yield the anchors of formulas on display, each with the formula and its words."""
        for one in self.within():
            if one.name == "div" and one.kind == "display":
                formula, _ = self.display(one)
                yield one.id, SpokenFormula(formula.text, self._mathematics(formula), formula.at)

    def factors(self) -> Iterator[tuple[str, tuple[tuple[int, Passage], ...]]]:
        """Yield of each display with marked factors its anchor, and the numbers and TeX of these."""
        for one in self.within():
            if one.name == "div" and one.kind == "display":
                formula, _ = self.display(one)
                said = formula.attributes.get("data-factors")
                if said is not None:
                    yield one.id, tuple(self._marked(formula, said))

    def _marked(self, formula: HtmlElement, said: str) -> Iterator[tuple[int, Passage]]:
        whole = self._mathematics(formula)
        numbers = [int(word) if word.isdecimal() else -1 for word in said.split(" ")]
        last = 0
        for start, stop, number in zip(*[iter(numbers)] * 3, strict=False):
            if not last <= start < stop <= len(whole.text) or len(numbers) % 3 or number < 0:
                raise self.error("factors stand one behind the other in their formula", formula)
            yield number, Passage(whole.text[start:stop], whole.name)
            last = stop

    def display(self, one: HtmlElement) -> tuple[HtmlElement, HtmlElement]:
        kinds = [(inner.name, inner.kind) for inner in one.elements]
        if kinds[:2] != [("div", "formula"), ("a", "number")] or any(
            isinstance(part, HtmlText) for part in one.parts
        ):
            raise self.error("expected a formula and its number", one)
        return one.elements[0], one.elements[1]

    def _mathematics(self, one: HtmlElement) -> Passage:
        """Return the TeX of an element, which a complaint finds by the line of the page."""
        if one.elements:
            raise self.error("a formula is text", one)
        if "data-tex" not in one.attributes:
            raise self.error("a formula is words and TeX", one)
        line = self.document.text.count("\n", 0, one.at) + 1
        return Passage(one.attributes["data-tex"], f"{self.document.name}, line {line}")

    def error(self, problem: str, one: HtmlElement | HtmlText) -> ReadingError:
        return ReadingError(problem, self.document, one.at)


PLACES = ("nav", "button", "check", "factors", "steps", "panel")
"""What formulas may stand in beside the text: contents, buttons, what unfolds, and panels."""


def _placed(one: HtmlElement, place: str) -> Iterator[tuple[HtmlElement, str]]:
    """Yield the elements in another, each with what it stands in of `PLACES`; none of regions."""
    name = one.kind if one.name in ("details", "section") else one.name
    place = name if name in PLACES else place
    yield one, place
    for inner in one.elements:
        if _is_region(inner):
            yield from _placed(inner.elements[0], place) if inner.elements else ()
        else:
            yield from _placed(inner, place)


def _is_region(one: HtmlElement) -> bool:
    return one.name == "details" and one.kind == "horizon"


def pages(document: Passage) -> Iterator[HtmlPage]:
    """Yield the one page that a text is; errors as `tree`."""
    yield HtmlPage(document)


def name_of(picture: HtmlElement) -> str:
    """Return the name of the file that a picture would have: that of its title."""
    titles = [one.id for one in picture.elements if one.name == "title"]
    return titles[0].removesuffix("-title") if len(titles) == 1 else ""
