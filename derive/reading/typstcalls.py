"""A document in Typst as calls, lists and paragraphs, each with what stands in it.

Only what the documents are made of is read: calls whose arguments are strings, numbers, content,
mathematics, labels, or calls themselves.  Whatever else stands in a text is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from derive.reading.passage import Passage, ReadingError
from derive.reading.typst import unquoted

BODY = "\n// body\n"
"""What stands between the definitions of a document and its text."""


@dataclass(frozen=True)
class TypstText:
    """Letters and signs, those that were escaped as they are seen."""

    text: str
    at: int


@dataclass(frozen=True)
class TypstString:
    """What stands between quotation marks."""

    text: str
    at: int


@dataclass(frozen=True)
class TypstAtom:
    """A number, ``true``, ``false`` or ``none``."""

    text: str
    at: int


@dataclass(frozen=True)
class TypstLabel:
    """A label in angle brackets."""

    name: str
    at: int


@dataclass(frozen=True)
class TypstMathematics:
    """What stands between dollar signs."""

    passage: Passage
    at: int


@dataclass(frozen=True)
class TypstContent:
    """Words and calls between square brackets, or on one line."""

    parts: tuple[TypstText | TypstCall, ...]
    at: int
    end: int


@dataclass(frozen=True)
class TypstTuple:
    """Values in parentheses."""

    values: tuple[TypstValue, ...]
    at: int


@dataclass(frozen=True)
class TypstCall:
    """A function with what it is given, content behind its parentheses last."""

    name: str
    values: tuple[TypstValue, ...]
    at: int
    named: Mapping[str, TypstValue] = field(default_factory=dict)

    def flag(self, name: str) -> bool:
        """Tell whether it is given a name as true."""
        value = self.named.get(name)
        return isinstance(value, TypstAtom) and value.text == "true"


TypstValue = (
    TypstString | TypstAtom | TypstLabel | TypstMathematics | TypstContent | TypstTuple | TypstCall
)


@dataclass(frozen=True)
class TypstParagraph:
    """A line of words; ``mark`` is that of an item of a list, a minus or plus, or nothing."""

    mark: str
    content: TypstContent


TypstBlock = TypstParagraph | TypstCall

_NAME = re.compile(r"[a-z]+(?:-[a-z]+)*")
_STRING = re.compile(r'"((?:[^"\\\n]|\\["\\])*)"')
_ATOM = re.compile(r"\d+|true|false|none")
_LABEL = re.compile(r"<([A-Za-z0-9._-]+)>")
_KEY = re.compile(r"([a-z]+): ")
_MATHEMATICS = re.compile(r'\$((?:[^$"]|"(?:[^"\\]|\\.)*")*)\$')
_BLANK = re.compile(r"\s*")
_TEXT = re.compile(
    r"\\(?P<escaped>[!-/:-@\[-`{-~])|(?P<odd>[\\#$*_`~@<>\[\]/=+'\"-])|(?P<text>[^\\#$*_`~@<>\[\]/=+'\"\n-]+)"
)
_SHORT = re.compile(r"\.\.\.|^\d+\.(?= |$)")
"""What Typst makes something else of: dots side by side, and the number of a list."""


def body(document: Passage) -> Passage:
    """Return what stands behind the definitions of a document."""
    found = document.text.split(BODY)
    if len(found) != 2:
        raise ReadingError("expected one line that begins the text: // body", document, 0)
    return document.part(len(found[0]) + len(BODY), document.stop)


def blocks(passage: Passage) -> Iterator[TypstBlock]:
    """Yield the blocks of a text; a `ReadingError` for what is none."""
    reader, at = _CallReader(passage), passage.start
    while at < passage.stop:
        if passage.text[at].isspace():
            at += 1
            continue
        block, at = reader.block(at)
        yield block
        if at < passage.stop and passage.text[at] != "\n":
            raise ReadingError("expected the end of the line behind a block", passage, at)


def calls(part: TypstBlock | TypstValue | TypstText) -> Iterator[TypstCall]:
    """Yield the calls in a block, from the first to the last, an outer one before those in it."""
    if isinstance(part, TypstCall):
        yield part
        for value in (*part.values, *part.named.values()):
            yield from calls(value)
    elif isinstance(part, TypstParagraph):
        yield from calls(part.content)
    elif isinstance(part, TypstContent | TypstTuple):
        for inner in part.parts if isinstance(part, TypstContent) else part.values:
            yield from calls(inner)


class _CallReader:
    """Reads blocks, calls and values; each method returns what it read, and where that ends."""

    def __init__(self, passage: Passage) -> None:
        self.passage, self.text = passage, passage.text

    def fail(self, problem: str, at: int) -> ReadingError:
        return ReadingError(problem, self.passage, at)

    def block(self, at: int) -> tuple[TypstBlock, int]:
        """Return the block that begins a line."""
        call = re.compile(r"#(?=[a-z-]+[(\[])").match(self.text, at)
        if call is not None:
            made, end = self.call(call.end())
            # A call of which more stands on its line is the beginning of a paragraph.
            if self.text[end : end + 1] in ("\n", ""):
                return made, end
        mark = self.text[at : at + 2] if self.text[at : at + 2] in ("- ", "+ ") else ""
        content, end = self.content(at + len(mark), "\n")
        return TypstParagraph(mark.strip(), content), end

    def content(self, at: int, closing: str) -> tuple[TypstContent, int]:
        """Return words and calls up to the sign that ends them."""
        begin, parts = at, list[TypstText | TypstCall]()
        while at < self.passage.stop and self.text[at] != closing:
            if self.text[at] == "#":
                call, at = self.call(at + 1)
                if self.text[at] != ";":
                    raise self.fail("expected a semicolon behind a call within words", at)
                parts.append(call)
                at += 1
                continue
            found = _TEXT.match(self.text, at, self.passage.stop)
            if found is None or found["odd"] or self._changed(at, found, begin):
                raise self.fail("this sign must be escaped, or have a meaning", at)
            parts.append(TypstText(found["escaped"] or found["text"], at))
            at = found.end()
        return TypstContent(tuple(parts), begin, at), at

    def _changed(self, at: int, found: re.Match[str], begin: int) -> bool:
        """Tell whether Typst would make something else of words than they are."""
        text = found["text"] or ""
        return ".." in text or (at == begin and _SHORT.match(text) is not None)

    def call(self, at: int) -> tuple[TypstCall, int]:
        """Return a call, at its name."""
        name = _NAME.match(self.text, at)
        if name is None:
            raise self.fail("expected the name of a function", at)
        values, named, end = list[TypstValue](), dict[str, TypstValue](), name.end()
        if self.text[end : end + 1] == "(":
            values, named, end = self.values(end + 1)
        while self.text[end : end + 1] == "[":
            content, end = self.content(end + 1, "]")
            values.append(content)
            end += 1
        return TypstCall(name[0], tuple(values), at, named), end

    def values(self, at: int) -> tuple[list[TypstValue], dict[str, TypstValue], int]:
        """Return the values up to the parenthesis that closes, and those that have a name."""
        values, named = list[TypstValue](), dict[str, TypstValue]()
        while True:
            at = self._after_blanks(at)
            if self.text[at : at + 1] == ")":
                return values, named, at + 1
            key = _KEY.match(self.text, at)
            value, at = self.value(at if key is None else key.end())
            if key is None:
                values.append(value)
            elif key[1] in named:
                raise self.fail(f"{key[1]} is given twice", key.start())
            else:
                named[key[1]] = value
            at = self._after_blanks(at)
            if self.text[at : at + 1] == ",":
                at += 1
            elif self.text[at : at + 1] != ")":
                raise self.fail("expected a comma or a parenthesis behind a value", at)

    def _after_blanks(self, at: int) -> int:
        found = _BLANK.match(self.text, at, self.passage.stop)
        return at if found is None else found.end()

    def value(self, at: int) -> tuple[TypstValue, int]:
        """Return one value."""
        if found := _STRING.match(self.text, at, self.passage.stop):
            return TypstString(unquoted(found[1]), at), found.end()
        if found := _MATHEMATICS.match(self.text, at, self.passage.stop):
            inner = Passage(self.text, self.passage.name, *found.span(1), "typst")
            return TypstMathematics(inner, at), found.end()
        if found := _LABEL.match(self.text, at, self.passage.stop):
            return TypstLabel(found[1], at), found.end()
        if self.text[at] == "[":
            content, end = self.content(at + 1, "]")
            return content, end + 1
        if self.text[at] == "(":
            values, named, end = self.values(at + 1)
            if named:
                raise self.fail("a tuple has no names in it", at)
            return TypstTuple(tuple(values), at), end
        if found := _ATOM.match(self.text, at, self.passage.stop):
            return TypstAtom(found[0], at), found.end()
        return self.call(at)
