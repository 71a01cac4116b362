"""A page of a site as it is written: its pictures, what is said of them, and where equations are."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape, unescape
from html.parser import HTMLParser
from itertools import zip_longest
from pathlib import Path
from posixpath import join, normpath
from urllib.parse import unquote, urlsplit

from derive.embedding.reading import PageReader
from derive.errors import CheckError, shown
from derive.publishing.wording import alike
from derive.render.page.escaping import anchor

_IMAGE = re.compile(r"<img\b[^>]*>")
_ALT = re.compile(r"(?<=\balt=\")[^\"]*")
_MATHEMATICS = re.compile(r"arithmatex|math|katex", re.IGNORECASE)
_VOID = {
    "area",
    "base",
    "br",
    "col",
    "embed",
    "hr",
    "img",
    "input",
    "link",
    "meta",
    "source",
    "wbr",
}
_ESCAPED = re.compile(r"\\([$~^|])")


@dataclass
class WrittenPage(HTMLParser):
    """Reads the HTML of a page: pictures by their addresses and words, ids, links within it, words.

    ``sheets`` are the addresses of its style sheets, ``typeset`` is what is said within elements that
    are set as mathematics.
    """

    pictures: list[tuple[str, str]] = field(default_factory=list)
    ids: Counter[str] = field(default_factory=Counter)
    links: list[str] = field(default_factory=list)
    sheets: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    typeset: list[str] = field(default_factory=list)
    open_: list[tuple[str, bool]] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what a tag says."""
        said = {name: value or "" for name, value in attrs}
        if "id" in said:
            self.ids[said["id"]] += 1
        if tag == "img":
            self.pictures.append((said.get("src", ""), said.get("alt", "")))
        if tag == "a" and said.get("href", "").startswith("#"):
            self.links.append(said["href"][1:])
        if tag == "link" and "stylesheet" in said.get("rel", ""):
            self.sheets.append(said.get("href", ""))
        if tag not in _VOID:
            kinds = f"{said.get('class', '')} {said.get('type', '')}"
            within = any(mathematics for _, mathematics in self.open_)
            self.open_.append((tag, within or _MATHEMATICS.search(kinds) is not None))

    def handle_endtag(self, tag: str) -> None:
        """Close an element, and those in it that were left open."""
        if any(name == tag for name, _ in self.open_):
            while self.open_.pop()[0] != tag:
                pass

    def handle_data(self, data: str) -> None:
        """Take what is said, formulas as well."""
        self.said.append(data)
        if any(mathematics for _, mathematics in self.open_):
            self.typeset.append(data)

    @property
    def words(self) -> str:
        """Return all that is said, without white space: how much there is says nothing."""
        return "".join("".join(self.said).split())


def read_page(html: str) -> WrittenPage:
    """Return a page that was read."""
    page = WrittenPage()
    page.feed(html)
    page.close()
    return page


def place_of(address: str, url: str) -> str:
    """Return what an address on a page leads to, from the root of the site."""
    return normpath(join(url.rpartition("/")[0], unquote(urlsplit(address).path)))


def unescaped(html: str, url: str, folder: str) -> str:
    """Return a page whose pictures of a folder have their words without backslashes.

    Markdown takes one before any of these signs; here it would be read aloud, as pictures are.
    """

    def plain(image: re.Match[str]) -> str:
        source = re.search(r"\bsrc=\"([^\"]*)", image[0])
        if source is None or not place_of(unescape(source[1]), url).startswith(f"{folder}/"):
            return image[0]
        return _ALT.sub(lambda alt: escape(_ESCAPED.sub(r"\1", unescape(alt[0]))), image[0])

    return _IMAGE.sub(plain, html)


def require_page(
    html: str, url: str, reader: PageReader, drawings: Mapping[str, str], folder: str
) -> None:
    """Raise a `CheckError` unless a page has the pictures and the places that were meant for it.

    ``drawings`` are the texts of the files of the site that stand in the folder, by their places.
    """
    page = read_page(html)
    placed = [(place_of(source, url), said) for source, said in page.pictures]
    ours = [(place, said) for place, said in placed if place.startswith(f"{folder}/")]
    if len(ours) != len(reader.pictures):
        raise _failed(url, f"it has {len(ours)} pictures, {len(reader.pictures)} are meant")
    for (place, said), (meant, drawing) in zip(ours, reader.pictures, strict=True):
        if drawings.get(place) != drawing:
            raise _failed(url, f"the picture of {meant!r} is not what stands in {place}")
        if not alike(said, meant):
            raise _failed(url, f"a picture is said to be {said!r}, {meant!r} is meant")
    for place in reader.numbers:
        if page.ids[place] != 1:
            raise _failed(url, f"the place {place} is there {page.ids[place]} times")
    for link in page.links:
        if link.startswith("eq-") and page.ids[link] != 1:
            raise _failed(url, f"a link leads to {link}, which is there {page.ids[link]} times")
    words, typeset, at, there = page.words, "".join("".join(page.typeset).split()), 0, 0
    for formula in reader.formulas:
        wanted = "".join(formula.split())
        at, there = words.find(wanted, at), typeset.find(wanted, there)
        if at < 0:
            raise _failed(url, f"it does not show the formula {formula.strip()}")
        if there < 0:
            raise _failed(
                url,
                "it has a formula as bare text, which no extension such as pymdownx.arithmatex took for "
                f"mathematics; a fence in a list stands four spaces in: {formula.strip()}",
            )
        at, there = at + len(wanted), there + len(wanted)


def require_unescaped(html: str, made: str) -> None:
    """Raise a `CheckError` unless a page differs from another in the words of pictures alone."""
    if _ALT.sub("", html) != _ALT.sub("", made):
        raise _failed("a page", "more than the words of its pictures was changed")


@dataclass(frozen=True)
class ReadPage:
    """A page whose content was read: its address, what is to stand there, and all its words."""

    url: str
    reader: PageReader
    words: str

    def require(self, site: Path, place: str, drawings: Mapping[str, str], style: str) -> None:
        """Raise a `CheckError` unless a file of a site has what was read, and loads the style sheet."""
        folder = style.rpartition("/")[0]
        html = (site / place).read_text(encoding="utf-8")
        require_page(html, self.url, self.reader, drawings, folder)
        page = read_page(html)
        if self.words not in page.words:
            raise _failed(place, "this file of the site has other words than were read")
        # A theme may have its own way with style sheets, or none.
        if page.sheets and style not in [place_of(sheet, self.url) for sheet in page.sheets]:
            raise _failed(place, f"this file of the site does not load {style}")


def require_within(page: str, fence: str, text: str) -> None:
    """Raise a `CheckError` unless a text stands in a page as far in as the fence that it stands for.

    Further out it would end the list, or the admonition, that the fence is in.
    """
    before = fence[: len(fence) - len(fence.lstrip(" "))]
    lines = (before + line if line.strip() else line for line in text.split("\n"))
    if "\n".join(("", *lines)) not in f"\n{page}":
        raise CheckError(
            f"what stands for the fence {shown(fence.strip())} does not stand as far in as that. "
            "Nothing is shown; please report it"
        )


_FENCED = re.compile(
    r"^(?P<before> *)(?P<mark>`{3,}|~{3,}) *(?P<info>[^`\n]*)$.*?(?:^ *(?P=mark)[`~]* *$|\Z)",
    re.MULTILINE | re.DOTALL,
)
_OURS = re.compile(r"\{?bptt\}?(?: .*)?")
_ROLE = re.compile(r"(?P<code>`+)(?!`).*?(?<!`)(?P=code)(?!`)|\{eq\}`(?P<label>[^`]+)`(?!`)")


def require_around(page: str, source: str, reader: PageReader) -> None:
    """Raise a `CheckError` unless a page is its source, but for what was made for it.

    That is what stands for its fences, and the references in its text: not in code, which is shown as
    it is.
    """
    made, meant, at = iter(reader.texts), "", 0
    for fence in _FENCED.finditer(source):
        meant += _referring(source[at : fence.start()], reader)
        own = _OURS.fullmatch(fence["info"].strip()) is None
        meant += fence[0] if own else _further_in(next(made, ""), fence["before"])
        at = fence.end()
    meant += _referring(source[at:], reader)
    for found, wanted in zip_longest(page.split("\n"), meant.split("\n")):
        if found != wanted:
            raise CheckError(
                f"a page has the line {shown(found or 'that is none')!r} where its source has "
                f"{shown(wanted or 'none')!r}. Nothing is shown; please report it"
            )


def _referring(text: str, reader: PageReader) -> str:
    """Return a text with the numbers of equations where it refers to them."""

    def link(role: re.Match[str]) -> str:
        if role["label"] is None:
            return role[0]
        place = f"eq-{anchor(role['label'])}"
        return f"[({reader.numbers.get(place)})](#{place})"

    return "\n".join(_ROLE.sub(link, line) for line in text.split("\n"))


def _further_in(text: str, before: str) -> str:
    return "\n".join(before + line if line.strip() else line for line in text.split("\n"))


def require_files(site: Path, drawings: Mapping[str, str]) -> None:
    """Raise a `CheckError` unless drawings stand in a site as they were read."""
    for place, drawing in drawings.items():
        path = site / place
        if not path.is_file() or path.read_text(encoding="utf-8") != drawing:
            raise _failed(place, "this file of the site is not the drawing that was read")


def _failed(where: str, problem: str) -> CheckError:
    return CheckError(
        f"{where or 'the first page'} is not what was meant: {shown(problem, 400)}. Correct what "
        "writes it, or take out what changes pages behind derive"
    )
