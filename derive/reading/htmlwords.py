"""The words of a page of HTML: every element has its place and its attributes, or is refused."""

from __future__ import annotations

from derive.reading.htmlforms import CONTROLS, attributes_of, unformed
from derive.reading.htmlpage import HtmlPage, name_of
from derive.reading.htmltree import HtmlElement, HtmlText
from derive.reading.passage import Passage, ReadingError
from derive.reading.words import Word, WordSequence

_WAYS = {"l": ":--", "c": ":-:", "r": "--:"}
_LEVELS = {"level-1": "-", "level-2": "  -"}


class HtmlWords:
    """Reads the words of a page, or of a region of one, element by element."""

    def __init__(self, page: HtmlPage) -> None:
        self.page = page
        self.words = WordSequence()

    @property
    def document(self) -> Passage:
        """Return the text of the page."""
        return self.page.document

    def read(self) -> list[Word]:
        """Return the words; a `ReadingError` for an element that is none of a page."""
        parts = self.page.body.parts
        # What a region is called stands in the page around it.
        title = [p for p in parts if isinstance(p, HtmlElement) and p.name == "summary"][:1]
        for part in parts:
            if isinstance(part, HtmlText) or (part.name != "script" and part not in title):
                self.block(part)
        return self.words.taken()

    def block(self, part: HtmlElement | HtmlText) -> None:
        """Read a part that stands by itself."""
        if isinstance(part, HtmlText):
            if part.text.strip():
                raise self.error("words stand in a block", part)
            return
        self.require(part)
        make = getattr(self, f"_{part.name}", None)
        if make is None:
            raise self.error(f"<{part.name}> stands in no such place", part)
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
            raise self.error("a link stands by itself", one)
        self._link(one)

    def _button(self, one: HtmlElement) -> None:
        named = one.attributes.get("value", one.id)
        self.words.sign("button", f"{one.attributes['type']} {named}", one.at)
        self.said(one)

    def _nav(self, one: HtmlElement) -> None:
        self.words.sign("contents", one.attributes["aria-labelledby"], one.at)
        self._blocks(one)

    def _h1(self, one: HtmlElement) -> None:
        if one.id:
            self.words.sign("anchor", one.id, one.at)
        self.words.sign("heading", one.name.removeprefix("h"), one.at)
        self.said(one)

    _h2 = _h3 = _h1

    def _p(self, one: HtmlElement) -> None:
        if one.id:
            self.words.sign("anchor", one.id, one.at)
        self.words.sign("paragraph", one.kind, one.at)
        if "data-factor" in one.attributes:
            self.words.sign("factor", one.attributes["data-factor"], one.at)
        self.said(one)

    def _ul(self, one: HtmlElement) -> None:
        if one.id or one.kind == "results":
            self.words.sign("list", f"{one.id}{one.kind}", one.at)
        for count, item in enumerate(self.only(one, "li"), 1):
            mark = _LEVELS.get(item.kind) or (f"{count}." if one.name == "ol" else "-")
            self.words.sign("item", mark, item.at)
            self.said(item)

    _ol = _ul

    def _div(self, one: HtmlElement) -> None:
        if one.kind == "display":
            self.words.sign("anchor", one.id, one.at)
            self.words.sign("display", one.attributes.get("data-paths", ""), one.at)
            for inner in self.page.display(one):
                self.require(inner)
            for inner in one.elements[2:]:
                self._unfolding(inner)
        elif one.kind == "displays":
            for inner in one.elements:
                if inner.name not in ("div", "span") or inner.kind not in ("display", ""):
                    raise self.error("expected a formula", inner)
            self._blocks(one)
        elif one.kind == "table":
            self.only(one, "table")
            self._blocks(one)
        elif one.kind == "code":
            self._listing(one)
        elif one.kind == "plot" and not one.parts:
            self.words.sign("plot", attributes_of(one), one.at)
        else:
            raise self.error("a formula has a number", one)

    def _section(self, one: HtmlElement) -> None:
        self.words.sign("panel", one.id, one.at)
        self._blocks(one)

    def _dialog(self, one: HtmlElement) -> None:
        self.words.sign("dialog", f"{one.id} {one.attributes['aria-label']}", one.at)
        self._blocks(one)

    def _details(self, one: HtmlElement) -> None:
        """Read what a region is called; what stands in it is read by itself."""
        if one.kind != "horizon" or not one.elements or one.elements[0].name != "summary":
            raise self.error("expected what depends on the number of steps", one)
        self.words.sign("horizon", one.id, one.at)
        self.said(one.elements[0])

    def _unfolding(self, one: HtmlElement) -> None:
        """Read what unfolds beside a formula: a title, and a line for each equation, factor or step."""
        self.require(one)
        if one.name != "details" or one.kind not in ("check", "factors", "steps"):
            raise self.error("expected what unfolds beside a formula", one)
        title, notes = self.only(one, "summary", "ol" if one.kind == "steps" else "div")
        self.require(notes)
        self.words.sign(one.kind, notes.kind, one.at)
        self.said(title)
        if one.kind == "steps":
            self._ol(notes)
            return
        for line in self.only(notes, "p"):
            self._p(line)

    def _span(self, one: HtmlElement) -> None:
        """Read an anchor, which stands before what it leads to."""
        if one.parts or not one.id:
            raise self.error("expected an anchor", one)
        self.words.sign("anchor", one.id, one.at)

    def _figure(self, one: HtmlElement) -> None:
        self.words.sign("anchor", one.id, one.at)
        if one.kind == "algorithm":
            caption, lines = self.only(one, "figcaption", "ol")
            self._caption(caption)
            for count, line in enumerate(self.only(lines, "li"), 1):
                self.require(line)
                self.words.sign("line", f"{count} {line.kind}", line.at)
                self._step(line)
            return
        named = [inner.name for inner in one.elements]
        picture, *terms, caption = self.only(one, "svg", *named[1:-1], "figcaption")
        self.words.sign("drawing", name_of(picture), picture.at)
        for line in terms:
            self.require(line)
            if (line.name, line.kind) != ("p", "terms"):
                raise self.error("expected what names the paths", line)
            for button in self.only(line, "button"):
                self._button(button)
        self._caption(caption)

    def _step(self, line: HtmlElement) -> None:
        for part in line.parts:
            if isinstance(part, HtmlElement) and (part.name == "div" or part.id):
                self.block(part)
            else:
                self._inline(part)

    def _caption(self, one: HtmlElement) -> None:
        self.require(one)
        self.words.sign("paragraph", at=one.at)
        self.said(one)

    def _table(self, one: HtmlElement) -> None:
        caption, head, rows = self.only(one, "caption", "thead", "tbody")
        self.words.sign("anchor", one.id, one.at)
        self._caption(caption)
        (titles,) = self.only(head, "tr")
        ways = self._row(titles, "th")
        self.words.sign("row", at=head.at)
        for way in ways:
            self.words.sign("alignment", way, head.at)
        for row in self.only(rows, "tr"):
            if self._row(row, "td") != ways:
                raise self.error("the cells of a row stand as those above them do", row)

    def _row(self, row: HtmlElement, name: str) -> list[str]:
        self.words.sign("row", at=row.at)
        cells = self.only(row, name)
        for cell in cells:
            self.require(cell)
            if cell.attributes.get("scope", "col") != "col":
                raise self.error("a title is that of a column", cell)
            self.words.sign("cell", at=cell.at)
            self.said(cell)
        return [_WAYS[cell.kind] for cell in cells]

    def _listing(self, one: HtmlElement) -> None:
        self.words.sign("listing", at=one.at)
        for part in one.elements:
            self.require(part)
            if part.name == "code" and part.kind == "line" and not part.elements:
                self.words.sign("code line", part.text, part.at)
            elif part.name == "a" and not part.kind:
                self._inline(part)
            else:
                raise self.error("expected a line of code", part)

    # -- within lines --

    def said(self, one: HtmlElement) -> None:
        self.require(one)
        for part in one.parts:
            self._inline(part)

    def _inline(self, part: HtmlElement | HtmlText) -> None:
        if isinstance(part, HtmlText):
            self.words.text(part.text, part.at)
            return
        self.require(part)
        sign = self.words.sign
        if part.name == "span" and part.kind == "tex":
            sign("formula", at=part.at)
        elif part.name == "code" and not part.kind and not part.elements:
            sign("code", " ".join(part.text.split()), part.at)
        elif part.name in ("em", "strong"):
            mark = "*" if part.name == "em" else "**"
            sign("mark", mark, part.at)
            self.said(part)
            sign("mark", mark, part.at)
        elif part.name == "a" and part.kind == "address":
            if part.text != part.attributes["href"] or part.elements:
                raise self.error("an address leads where it says", part)
            sign("address", part.text, part.at)
        elif part.name == "a" and part.kind in ("", "web"):
            self._link(part)
        elif part.name in CONTROLS:
            self._control(part)
        else:
            raise self.error(f"<{part.name}> stands within words", part)

    def _control(self, one: HtmlElement) -> None:
        """Read a control: what it is and may be set to, and the words in it."""
        self.words.sign(one.name, attributes_of(one), one.at)
        if one.name == "select":
            for option in self.only(one, "option"):
                self._control(option)
        else:
            self.said(one)

    def _link(self, link: HtmlElement) -> None:
        self.words.sign("link", at=link.at)
        self.said(link)
        address = link.attributes["href"]
        if link.kind == "web":
            self.words.sign("web", address, link.at)
        elif address.startswith("#"):
            self.words.sign("target", address.removeprefix("#"), link.at)
        else:
            raise self.error("a link leads to a place of the page", link)

    def only(self, one: HtmlElement, *names: str) -> list[HtmlElement]:
        """Return the elements in another: those of some names in order, or all of one name."""
        self.require(one)
        for part in one.parts:
            if isinstance(part, HtmlText) and part.text.strip():
                raise self.error("words stand between elements", part)
        found = [inner.name for inner in one.elements]
        wanted = [*names] if len(names) > 1 else [*names] * len(found)
        if found != wanted:
            raise self.error(f"<{one.name}> has {', '.join(found) or 'nothing'} in it", one)
        return one.elements

    def require(self, one: HtmlElement) -> None:
        """Raise a `ReadingError` unless an element has the attributes that it has in a page."""
        problem = unformed(one)
        if problem is not None:
            raise self.error(problem, one)

    def error(self, problem: str, one: HtmlElement | HtmlText) -> ReadingError:
        return self.page.error(problem, one)
