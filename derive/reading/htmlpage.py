"""A page of HTML as what it says: its words, its formulas and its pictures, in their order.

Every element has its place and its attributes here: what is anything else is refused, so that
nothing can be hidden, moved or made to act by a page.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from derive.reading.display import DisplayedText
from derive.reading.htmltree import HtmlElement, HtmlText, tree
from derive.reading.passage import Passage, ReadingError
from derive.reading.words import Word, WordSequence

_WAYS = {"l": ":--", "c": ":-:", "r": "--:"}
_LEVELS = {"level-1": "-", "level-2": "  -"}

_FORMS: Mapping[str, tuple[frozenset[str], frozenset[str]]] = {
    name: (frozenset(needed.split()), frozenset(kinds.split(",")))
    for name, needed, kinds in (
        ("header", "", ""), ("h1", "", ""), ("nav", "aria-labelledby", ""), ("main", "id", ""),
        ("h2", "id", ""), ("h3", "id", ""), ("p", "", ",author,terms"), ("ul", "", ""), ("ol", "", ""),
        ("li", "", ",level-1,level-2,in-0,in-1,in-2,in-3"),
        ("div", "", "displays,display,formula,notes,table,code"), ("figure", "id", ",algorithm"),
        ("figcaption", "", ""), ("table", "id", ""), ("caption", "", ""), ("thead", "", ""),
        ("tbody", "", ""), ("tr", "", ""), ("th", "scope", "l,c,r"), ("td", "", "l,c,r"),
        ("code", "", ",line"), ("em", "", ""), ("strong", "", ""), ("span", "", ",tex"),
        ("a", "href", ",skip,number,address,web"), ("button", "type", ""),
        ("details", "", "check"), ("summary", "", ""),
    )
}  # fmt: skip
"""The elements of a body: which attributes each has, and which classes it may have."""

_MAY_HAVE = {
    ("p", ""): {"id"}, ("div", "display"): {"id", "data-paths"}, ("span", ""): {"id"},
    ("button", ""): {"id", "value"},
}  # fmt: skip
"""What elements may have, beside the attributes that they always do."""


@dataclass
class HtmlPage:
    """A page, read."""

    document: Passage
    root: HtmlElement = field(init=False)

    def __post_init__(self) -> None:
        self.root = tree(self.document)

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
        """Return the body."""
        return self.parts[1]

    @cached_property
    def drawings(self) -> Mapping[str, str]:
        """Return the pictures as files would have them, by the names that they have for others."""
        found: dict[str, str] = {}
        for one in self.body.within():
            if one.name == "svg":
                text = self.document.text[one.at : one.end]
                found[_named(one)] = f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'
        return found

    def displays(self, _: Passage) -> Iterator[DisplayedText]:
        """Yield the formulas on display, with their anchors and numbers."""
        for one in self.body.within():
            if one.name == "div" and one.kind == "display":
                formula, number = self._display(one)
                said = number.text.removeprefix("(").removesuffix(")")
                if number.text != f"({said})" or number.attributes["href"] != f"#{one.id}":
                    raise self._error("a number leads to its own equation", number)
                yield DisplayedText((one.id,), self._mathematics(formula), said)

    def sentences(self, where: str = "") -> Iterator[Passage]:
        """Yield the formulas within lines: in ``nav``, ``details`` or ``button``, or all others."""
        for one, place in _placed(self.body, ""):
            if place == where and one.name == "span" and one.kind == "tex":
                yield self._mathematics(one)

    def read(self) -> list[Word]:
        """Return the words; a `ReadingError` for an element that is none of a page."""
        words = HtmlWords(self)
        for part in self.body.parts:
            if isinstance(part, HtmlText) or part.name != "script":
                words.block(part)
        return words.words.taken()

    def _display(self, one: HtmlElement) -> tuple[HtmlElement, HtmlElement]:
        kinds = [(inner.name, inner.kind) for inner in one.elements]
        if kinds[:2] != [("div", "formula"), ("a", "number")] or any(
            isinstance(part, HtmlText) for part in one.parts
        ):
            raise self._error("expected a formula and its number", one)
        return one.elements[0], one.elements[1]

    def _mathematics(self, one: HtmlElement) -> Passage:
        """Return the TeX in an element, which a complaint finds by the line of the page."""
        if one.elements:
            raise self._error("a formula is text", one)
        line = self.document.text.count("\n", 0, one.at) + 1
        return Passage(one.text, f"{self.document.name}, line {line}")

    def _error(self, problem: str, one: HtmlElement | HtmlText) -> ReadingError:
        return ReadingError(problem, self.document, one.at)


def _placed(one: HtmlElement, place: str) -> Iterator[tuple[HtmlElement, str]]:
    """Yield the elements in another, each with what it stands in of contents and checks."""
    place = one.name if one.name in ("nav", "details", "button") else place
    yield one, place
    for inner in one.elements:
        yield from _placed(inner, place)


def pages(document: Passage) -> Iterator[HtmlPage]:
    """Yield the one page that a text is; errors as `tree`."""
    yield HtmlPage(document)


def _named(picture: HtmlElement) -> str:
    """Return the name of the file that a picture would have: that of its title."""
    titles = [one.id for one in picture.elements if one.name == "title"]
    return titles[0].removesuffix("-title") if len(titles) == 1 else ""


class HtmlWords:
    """Reads the words of a body, element by element."""

    def __init__(self, page: HtmlPage) -> None:
        self.page = page
        self.words = WordSequence()

    def block(self, part: HtmlElement | HtmlText) -> None:
        """Read a part that stands by itself."""
        if isinstance(part, HtmlText):
            if part.text.strip():
                raise self._error("words stand in a block", part)
            return
        self._require(part)
        make = getattr(self, f"_{part.name}", None)
        if make is None:
            raise self._error(f"<{part.name}> stands in no such place", part)
        make(part)

    def _blocks(self, one: HtmlElement) -> None:
        for part in one.parts:
            self.block(part)

    _header = _blocks

    def _main(self, one: HtmlElement) -> None:
        self.words.sign("main", one.id, one.at)
        self._blocks(one)

    def _a(self, one: HtmlElement) -> None:
        if one.kind != "skip":
            raise self._error("a link stands by itself", one)
        self._link(one)

    def _button(self, one: HtmlElement) -> None:
        named = one.attributes.get("value", one.id)
        self.words.sign("button", f"{one.attributes['type']} {named}", one.at)
        self._said(one)

    def _nav(self, one: HtmlElement) -> None:
        self.words.sign("contents", one.attributes["aria-labelledby"], one.at)
        self._blocks(one)

    def _h1(self, one: HtmlElement) -> None:
        if one.id:
            self.words.sign("anchor", one.id, one.at)
        self.words.sign("heading", one.name.removeprefix("h"), one.at)
        self._said(one)

    _h2 = _h3 = _h1

    def _p(self, one: HtmlElement) -> None:
        if one.id:
            self.words.sign("anchor", one.id, one.at)
        self.words.sign("paragraph", one.kind, one.at)
        self._said(one)

    def _ul(self, one: HtmlElement) -> None:
        for count, item in enumerate(self._only(one, "li"), 1):
            mark = _LEVELS.get(item.kind) or (f"{count}." if one.name == "ol" else "-")
            self.words.sign("item", mark, item.at)
            self._said(item)

    _ol = _ul

    def _div(self, one: HtmlElement) -> None:
        if one.kind == "display":
            self.words.sign("anchor", one.id, one.at)
            self.words.sign("display", one.attributes.get("data-paths", ""), one.at)
            for inner in self.page._display(one):
                self._require(inner)
            for inner in one.elements[2:]:
                self._check(inner)
        elif one.kind == "displays":
            for inner in one.elements:
                if inner.name not in ("div", "span") or inner.kind not in ("display", ""):
                    raise self._error("expected a formula", inner)
            self._blocks(one)
        elif one.kind == "table":
            self._only(one, "table")
            self._blocks(one)
        elif one.kind == "code":
            self._listing(one)
        else:
            raise self._error("a formula has a number", one)

    def _check(self, one: HtmlElement) -> None:
        """Read what unfolds beside a formula: a title, and a line for each equation."""
        self._require(one)
        if one.name != "details":
            raise self._error("expected what is said of a check", one)
        title, notes = self._only(one, "summary", "div")
        self._require(notes)
        self.words.sign("check", notes.kind, one.at)
        self._said(title)
        for line in self._only(notes, "p"):
            self._p(line)

    def _span(self, one: HtmlElement) -> None:
        """Read an anchor, which stands before what it leads to."""
        if one.parts or not one.id:
            raise self._error("expected an anchor", one)
        self.words.sign("anchor", one.id, one.at)

    def _figure(self, one: HtmlElement) -> None:
        self.words.sign("anchor", one.id, one.at)
        if one.kind == "algorithm":
            caption, lines = self._only(one, "figcaption", "ol")
            self._caption(caption)
            for count, line in enumerate(self._only(lines, "li"), 1):
                self._require(line)
                self.words.sign("line", f"{count} {line.kind}", line.at)
                self._step(line)
            return
        named = [inner.name for inner in one.elements]
        picture, *terms, caption = self._only(one, "svg", *named[1:-1], "figcaption")
        self.words.sign("drawing", _named(picture), picture.at)
        for line in terms:
            self._require(line)
            if (line.name, line.kind) != ("p", "terms"):
                raise self._error("expected what names the paths", line)
            for button in self._only(line, "button"):
                self._button(button)
        self._caption(caption)

    def _step(self, line: HtmlElement) -> None:
        for part in line.parts:
            if isinstance(part, HtmlElement) and (part.name == "div" or part.id):
                self.block(part)
            else:
                self._inline(part)

    def _caption(self, one: HtmlElement) -> None:
        self._require(one)
        self.words.sign("paragraph", at=one.at)
        self._said(one)

    def _table(self, one: HtmlElement) -> None:
        caption, head, rows = self._only(one, "caption", "thead", "tbody")
        self.words.sign("anchor", one.id, one.at)
        self._caption(caption)
        (titles,) = self._only(head, "tr")
        ways = self._row(titles, "th")
        self.words.sign("row", at=head.at)
        for way in ways:
            self.words.sign("alignment", way, head.at)
        for row in self._only(rows, "tr"):
            if self._row(row, "td") != ways:
                raise self._error("the cells of a row stand as those above them do", row)

    def _row(self, row: HtmlElement, name: str) -> list[str]:
        self.words.sign("row", at=row.at)
        cells = self._only(row, name)
        for cell in cells:
            self._require(cell)
            if cell.attributes.get("scope", "col") != "col":
                raise self._error("a title is that of a column", cell)
            self.words.sign("cell", at=cell.at)
            self._said(cell)
        return [_WAYS[cell.kind] for cell in cells]

    def _listing(self, one: HtmlElement) -> None:
        self.words.sign("listing", at=one.at)
        for part in one.elements:
            self._require(part)
            if part.name == "code" and part.kind == "line" and not part.elements:
                self.words.sign("code line", part.text, part.at)
            elif part.name == "a" and not part.kind:
                self._inline(part)
            else:
                raise self._error("expected a line of code", part)

    # -- within lines --

    def _said(self, one: HtmlElement) -> None:
        self._require(one)
        for part in one.parts:
            self._inline(part)

    def _inline(self, part: HtmlElement | HtmlText) -> None:
        if isinstance(part, HtmlText):
            self.words.text(part.text, part.at)
            return
        self._require(part)
        sign = self.words.sign
        if part.name == "span" and part.kind == "tex":
            sign("formula", at=part.at)
        elif part.name == "code" and not part.kind and not part.elements:
            sign("code", " ".join(part.text.split()), part.at)
        elif part.name in ("em", "strong"):
            mark = "*" if part.name == "em" else "**"
            sign("mark", mark, part.at)
            self._said(part)
            sign("mark", mark, part.at)
        elif part.name == "a" and part.kind == "address":
            if part.text != part.attributes["href"] or part.elements:
                raise self._error("an address leads where it says", part)
            sign("address", part.text, part.at)
        elif part.name == "a" and part.kind in ("", "web"):
            self._link(part)
        else:
            raise self._error(f"<{part.name}> stands within words", part)

    def _link(self, link: HtmlElement) -> None:
        self.words.sign("link", at=link.at)
        self._said(link)
        address = link.attributes["href"]
        if link.kind == "web":
            self.words.sign("web", address, link.at)
        elif address.startswith("#"):
            self.words.sign("target", address.removeprefix("#"), link.at)
        else:
            raise self._error("a link leads to a place of the page", link)

    def _only(self, one: HtmlElement, *names: str) -> list[HtmlElement]:
        """Return the elements in another: those of some names in order, or all of one name."""
        self._require(one)
        for part in one.parts:
            if isinstance(part, HtmlText) and part.text.strip():
                raise self._error("words stand between elements", part)
        found = [inner.name for inner in one.elements]
        wanted = [*names] if len(names) > 1 else [*names] * len(found)
        if found != wanted:
            raise self._error(f"<{one.name}> has {', '.join(found) or 'nothing'} in it", one)
        return one.elements

    def _require(self, one: HtmlElement) -> None:
        """Raise a `ReadingError` unless an element has the attributes that it has in a page."""
        if one.name not in _FORMS:
            raise self._error(f"<{one.name}> is no element of a page", one)
        needed, kinds = _FORMS[one.name]
        has = one.attributes.keys() - {"class"}
        may = needed | _MAY_HAVE.get((one.name, one.kind), set())
        if not needed <= has <= may or one.kind not in kinds:
            said = " ".join(f'{name}="{value}"' for name, value in one.attributes.items())
            raise self._error(f"<{one.name}> has other attributes than it may: {said}", one)

    def _error(self, problem: str, one: HtmlElement | HtmlText) -> ReadingError:
        return self.page._error(problem, one)
