"""What a PDF is, read from its bytes: its pages, its bookmarks, and what it says of itself.

It is read no further than that: what stands on a page is said by fonts of which only a part is there.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

_OBJECT = re.compile(rb"(?:\A|[\r\n])(\d+) 0 obj\b(.*?)endobj", re.S)
_STREAM = re.compile(rb"stream\r?\n")
_REFERENCE = rb"/%s ?(\d+) 0 R"
_TEXT = rb"/%s ?(?:<(?P<hex>[0-9A-Fa-f]*)>|\((?P<plain>.*))"
_ESCAPED = re.compile(rb"\\([0-7]{1,3}|.)", re.S)
_NUMBERS = rb"/%s ?\[([^\]]*)\]"
_PART = re.compile(rb"<pdfuaid:part>(\d+)</pdfuaid:part>")
_MOVED = re.compile(rb"\s*q (\S+) (\S+) (\S+) (\S+) (\S+) (\S+) cm\b")


class PdfError(ValueError):
    """A PDF that is not whole: something that it refers to is not there."""


@dataclass(frozen=True)
class PdfPage:
    """A page: its corners in points, by how much it is turned, and how all that is on it is moved.

    ``moved`` are the six numbers of the first transformation, none where there is no such.
    """

    box: tuple[float, ...]
    turned: int
    moved: tuple[float, ...]


class PdfFile:
    """A PDF by its bytes; a `PdfError` for what can't be found in it."""

    def __init__(self, content: bytes) -> None:
        self._heads: dict[int, bytes] = {}
        self._streams: dict[int, bytes] = {}
        for found in _OBJECT.finditer(content):
            self._keep(int(found[1]), found[2])
        for number in [n for n, head in self._heads.items() if b"/ObjStm" in head]:
            self._unpack(number)

    def _keep(self, number: int, body: bytes) -> None:
        start = _STREAM.search(body)
        self._heads[number] = body if start is None else body[: start.start()]
        if start is not None:
            self._streams[number] = body[start.end() :]

    def _unpack(self, number: int) -> None:
        """Keep the objects that stand in a stream, each by its number and where it begins."""
        content, head = self._stream(number), self._heads[number]
        first = _number(head, b"First")
        noted = [int(word) for word in content[:first].split()]
        starts = [first + at for at in noted[1::2]]
        for one, start, end in zip(noted[::2], starts, [*starts[1:], None], strict=True):
            self._heads[one] = content[start:end]

    def _head(self, number: int) -> bytes:
        if number not in self._heads:
            raise PdfError(f"object {number} is not there")
        return self._heads[number]

    def _stream(self, number: int) -> bytes:
        head, raw = self._head(number), self._streams.get(number, b"")
        if b"/FlateDecode" not in head:
            return raw
        try:
            return zlib.decompressobj().decompress(raw)
        except zlib.error as error:
            raise PdfError(f"the stream of object {number} can't be read: {error}") from error

    @cached_property
    def _catalog(self) -> bytes:
        found = [head for head in self._heads.values() if re.search(rb"/Type ?/Catalog\b", head)]
        if len(found) != 1:
            raise PdfError(f"it has {len(found)} catalogs")
        return found[0]

    def pages(self) -> list[PdfPage]:
        """Return the pages in their order."""
        return [*self._pages(_reference(self._catalog, b"Pages"), ())]

    def _pages(self, number: int, box: tuple[float, ...], turned: int = 0) -> Iterator[PdfPage]:
        head = self._head(number)
        # A page has the size of what it stands in, unless it says one.
        box = _floats(head, b"MediaBox") or box
        turned = _number(head, b"Rotate", turned)
        kids = re.search(rb"/Kids ?\[([^\]]*)\]", head)
        if kids is not None:
            for kid in re.findall(rb"(\d+) 0 R", kids[1]):
                yield from self._pages(int(kid), box, turned)
            return
        drawn = re.search(rb"/Contents ?\[? ?(\d+) 0 R", head)
        moved = None if drawn is None else _MOVED.match(self._stream(int(drawn[1])))
        yield PdfPage(box, turned, tuple(map(float, moved.groups())) if moved else ())

    def bookmarks(self) -> list[str]:
        """Return the texts of the bookmarks in their order, those within others behind these."""
        found = re.search(_REFERENCE % b"Outlines", self._catalog)
        return [] if found is None else [*self._bookmarks(int(found[1]))]

    def _bookmarks(self, within: int) -> Iterator[str]:
        following = re.search(_REFERENCE % b"First", self._head(within))
        while following is not None:
            number = int(following[1])
            yield _text(self._head(number), b"Title") or ""
            yield from self._bookmarks(number)
            following = re.search(_REFERENCE % b"Next", self._head(number))

    def said(self, name: str) -> str | None:
        """Return what it says of itself under a name, such as ``Title`` or ``CreationDate``."""
        # The object with its properties is the one that names what made it, and is no page.
        for head in self._heads.values():
            if re.search(rb"/(Creator|Producer) ?[<(]", head):
                return _text(head, name.encode())
        raise PdfError("it does not say what made it")

    @property
    def language(self) -> str | None:
        """Return the language that it is in, as it says."""
        return _text(self._catalog, b"Lang")

    @property
    def accessible(self) -> int | None:
        """Return the part of ISO 14289 that it says to follow, None where it says none."""
        found = re.search(_REFERENCE % b"Metadata", self._catalog)
        part = None if found is None else _PART.search(self._stream(int(found[1])))
        return None if part is None else int(part[1])


def _reference(head: bytes, name: bytes) -> int:
    found = re.search(_REFERENCE % name, head)
    if found is None:
        raise PdfError(f"it has no {name.decode()}")
    return int(found[1])


def _number(head: bytes, name: bytes, otherwise: int = 0) -> int:
    found = re.search(rb"/%s ?(-?\d+)" % name, head)
    return otherwise if found is None else int(found[1])


def _floats(head: bytes, name: bytes) -> tuple[float, ...]:
    found = re.search(_NUMBERS % name, head)
    return () if found is None else tuple(map(float, found[1].split()))


def _text(head: bytes, name: bytes) -> str | None:
    found = re.search(_TEXT % name, head, re.S)
    if found is None:
        return None
    if found["hex"] is not None:
        raw = bytes.fromhex(found["hex"].decode())
    else:
        raw = _ESCAPED.sub(_unescaped, _bracketed(found["plain"]))
    # With the mark of the order of bytes it is UTF-16, else of an alphabet that has ASCII in it.
    return raw[2:].decode("utf-16-be") if raw.startswith(b"\xfe\xff") else raw.decode("latin-1")


def _bracketed(text: bytes) -> bytes:
    """Return what stands before the bracket that closes: those inside may come in pairs."""
    level, end = 1, 0
    while end < len(text):
        level += {b"(": 1, b")": -1}.get(text[end : end + 1], 0)
        if not level:
            return text[:end]
        end += 2 if text[end : end + 1] == b"\\" else 1
    raise PdfError("a text in it has no end")


def _unescaped(found: re.Match[bytes]) -> bytes:
    one = found[1]
    if one[:1].isdigit():
        return bytes([int(one, 8) & 255])
    return {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}.get(one, one)
