"""A page of HTML as a tree of its elements, each closed where it is to be, with the places of all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

from derive.reading.passage import Passage, ReadingError

_VOID = {"input", "meta", "wbr"}
_RAW = {"script", "style"}


@dataclass
class HtmlText:
    """Text as it is read, and where it begins in the page."""

    text: str
    at: int


@dataclass
class HtmlElement:
    """An element: from ``at`` to ``end`` in the page, with its tags."""

    name: str
    attributes: dict[str, str]
    at: int
    end: int = 0
    parts: list[HtmlElement | HtmlText] = field(default_factory=list)

    @property
    def kind(self) -> str:
        """Return the class of the element, which has one or none."""
        return self.attributes.get("class", "")

    @property
    def id(self) -> str:
        """Return what the element can be referred to by, if anything."""
        return self.attributes.get("id", "")

    @property
    def elements(self) -> list[HtmlElement]:
        """Return the elements in it, in order."""
        return [part for part in self.parts if isinstance(part, HtmlElement)]

    @property
    def text(self) -> str:
        """Return all text in it."""
        return "".join(p.text for p in self.parts)

    def within(self) -> Iterator[HtmlElement]:
        """Yield all elements in it, and it itself, in the order of the page."""
        yield self
        for one in self.elements:
            yield from one.within()


def tree(page: Passage) -> HtmlElement:
    """Return the root of a page; a `ReadingError` for what a browser would have to mend.

    That is an element that is not closed or closed twice, an attribute that is given twice, an id that
    is given twice, and a remark, which could hold anything.
    """
    reader = _TreeReader(page)
    reader.feed(page.inner)
    reader.close()
    return reader.root()


class _TreeReader(HTMLParser):
    def __init__(self, page: Passage) -> None:
        super().__init__(convert_charrefs=False)
        self._page = page
        self._starts = [0]
        for line in page.inner.split("\n"):
            self._starts.append(self._starts[-1] + len(line) + 1)
        self._open = [HtmlElement("", {}, 0)]
        self._ids: set[str] = set()

    def root(self) -> HtmlElement:
        """Return the only element of the page."""
        if len(self._open) != 1:
            raise self._error(f"<{self._open[-1].name}> is not closed", self._open[-1].at)
        elements = self._open[0].elements
        if len(elements) != 1 or self._open[0].text.strip() != elements[0].text.strip():
            raise self._error("a page is one element", 0)
        return elements[0]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open an element."""
        at = self._at()
        attributes = {name: value or "" for name, value in attrs}
        if len(attributes) != len(attrs):
            raise self._error(f"<{tag}> has an attribute twice", at)
        if (id := attributes.get("id")) is not None:
            if id in self._ids:
                raise self._error(f"the id {id} is given twice", at)
            self._ids.add(id)
        made = HtmlElement(tag, attributes, at)
        self._open[-1].parts.append(made)
        made.end = at + len(self.get_starttag_text() or "")
        if tag not in _VOID:
            self._open.append(made)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take an element that is closed as it is opened, as pictures have them."""
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self._open.pop()

    def handle_endtag(self, tag: str) -> None:
        """Close an element, the last that was opened."""
        at = self._at()
        if self._open[-1].name != tag or len(self._open) == 1:
            raise self._error(f"</{tag}> stands where <{self._open[-1].name}> ends", at)
        self._open.pop().end = at + len(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        """Take text."""
        self._open[-1].parts.append(HtmlText(data, self._at()))

    def handle_entityref(self, name: str) -> None:
        """Take one of the few signs that are written by a name."""
        signs = {"amp": "&", "lt": "<", "gt": ">", "quot": '"'}
        if name not in signs:
            raise self._error(f"&{name}; is no sign of a page", self._at())
        self._open[-1].parts.append(HtmlText(signs[name], self._at()))

    def handle_charref(self, name: str) -> None:
        """Refuse a sign that is written by its number."""
        raise self._error(f"&#{name}; is no sign of a page", self._at())

    def handle_comment(self, data: str) -> None:
        """Refuse a remark."""
        raise self._error("a remark, which nobody sees", self._at())

    def unknown_decl(self, data: str) -> None:
        """Refuse what is no HTML."""
        raise self._error(f"{data} declares nothing", self._at())

    def handle_pi(self, data: str) -> None:
        """Refuse what is no HTML."""
        raise self._error(f"{data} is for no browser", self._at())

    def _at(self) -> int:
        line, column = self.getpos()
        return self._page.start + self._starts[line - 1] + column

    def _error(self, problem: str, at: int) -> ReadingError:
        return ReadingError(problem, self._page, at)
