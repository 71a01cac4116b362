"""Typst as words and signs: what would be set of it, in the order of its text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from derive.reading.display import DisplayedText, SpokenFormula
from derive.reading.passage import Passage, ReadingError
from derive.reading.typstcalls import (
    TypstAtom,
    TypstBlock,
    TypstCall,
    TypstContent,
    TypstLabel,
    TypstMathematics,
    TypstString,
    TypstText,
    TypstTuple,
    TypstValue,
    blocks,
    body,
    calls,
)
from derive.reading.typsttables import misset
from derive.reading.words import Word, WordSequence

_WAYS = {"l": ":--", "c": ":-:", "r": "--:"}

_KINDS = {
    "s": TypstString, "a": TypstAtom, "l": TypstLabel, "m": TypstMathematics, "c": TypstContent,
    "t": TypstTuple, "f": TypstCall,
}  # fmt: skip

_FORMS = {
    "titleblock": "cc", "lead": "c", "contents": "ca", "chapter": "ssc", "section": "ssc",
    "display": "sssm",
    "formula": "sssm", "formulas": "f+", "drawing": "sss cc", "beside": "sff", "tabular": "sscct+",
    "algorithm": "sccf+", "step": "aacf?", "listing": "f+", "line-of-code": "sc", "m": "sm",
    "strong": "c", "emph": "c", "code": "s", "address": "s", "pageof": "l", "joint": "",
    "spot": "s",
}  # fmt: skip
"""What each function is given, in order; a plus stands behind what may be there more than once."""

_NAMED = {
    "display": {"also"}, "formula": {"begins", "also"},
    "tabular": {"long", "rigid", "lines"}, "step": {"breaks"}, "drawing": {"placement"},
}  # fmt: skip


_BLOCKS = (
    "titleblock", "contents", "chapter", "section", "lead", "display", "formulas", "drawing", "beside",
    "tabular", "algorithm", "listing",
)  # fmt: skip
"""The functions that make a block of a document; others stand within one."""


def displays(document: Passage) -> Iterator[DisplayedText]:
    """Yield the formulas on display, with their numbers, in the order of the text."""
    for call in _calls(document, "display", "formula"):
        anchor, number, _, mathematics = _formula(call, document)
        yield DisplayedText((anchor.text,), mathematics.passage, number.text)


def spoken_displays(document: Passage) -> Iterator[tuple[str, SpokenFormula]]:
    """Yield the anchors of formulas on display, each with the formula and its words."""
    for call in _calls(document, "display", "formula"):
        anchor, _, words, mathematics = _formula(call, document)
        yield anchor.text, SpokenFormula(words.text, mathematics.passage, call.at)


def spoken_lines(document: Passage) -> Iterator[SpokenFormula]:
    """Yield the formulas within lines, with their words, in the order of the text."""
    for call in _calls(document, "m"):
        words, mathematics = _given(call, document)
        if isinstance(words, TypstString) and isinstance(mathematics, TypstMathematics):
            yield SpokenFormula(words.text, mathematics.passage, call.at)


def _calls(document: Passage, *names: str) -> Iterator[TypstCall]:
    for block in blocks(body(document)):
        yield from (call for call in calls(block) if call.name in names)


def _formula(
    call: TypstCall, document: Passage
) -> tuple[TypstString, TypstString, TypstString, TypstMathematics]:
    """Return the anchor, the number, the words and the mathematics of a formula on display."""
    given: Any = _given(call, document)
    return given


def _given(call: TypstCall, document: Passage) -> tuple[TypstValue, ...]:
    """Return what a function is given; a `ReadingError` if that is not what it takes."""
    if call.name == "link":
        form = "lc" if call.values and isinstance(call.values[0], TypstLabel) else "sc"
    elif call.name in _FORMS:
        form = _FORMS[call.name].replace(" ", "")
    else:
        raise ReadingError(f"'{call.name}' is no part of a document", document, call.at)
    optional, many = form.endswith("?"), form.endswith("+")
    kinds = form.rstrip("?+")
    if optional and len(call.values) < len(kinds):
        kinds = kinds[:-1]
    if many:
        kinds += kinds[-1] * (len(call.values) - len(kinds))
    if len(kinds) != len(call.values):
        problem = f"{call.name} is given {len(call.values)} values, {len(kinds)} are expected"
        raise ReadingError(problem, document, call.at)
    for kind, value in zip(kinds, call.values, strict=True):
        if not isinstance(value, _KINDS[kind]):
            problem = f"{call.name} is given another kind of value here than it takes"
            raise ReadingError(problem, document, value.at)
    if unknown := call.named.keys() - _NAMED.get(call.name, set()):
        problem = f"{call.name} takes nothing called {min(unknown)}"
        raise ReadingError(problem, document, call.at)
    return call.values


@dataclass
class TypstWords:
    """Reads the words of a document in Typst."""

    document: Passage
    words: WordSequence = field(default_factory=WordSequence)
    _items: int = 0

    def read(self) -> list[Word]:
        """Return the words; a `ReadingError` for a call that is none of a document."""
        for block in blocks(body(self.document)):
            self._block(block)
        return self.words.taken()

    def _block(self, block: TypstBlock) -> None:
        if isinstance(block, TypstCall):
            self._items = 0
            self._require_name(block, *_BLOCKS)
            self._call(block)
            return
        self._items = self._items + 1 if block.mark == "+" else 0
        if block.mark:
            mark = f"{self._items}." if block.mark == "+" else "-"
            self.words.sign("item", mark, block.content.at)
        else:
            self.words.sign("paragraph", at=block.content.at)
        self._content(self.words, block.content)

    # Each of these is given what `_FORMS` says.

    def _call(self, call: TypstCall) -> None:
        values: tuple[TypstValue, ...] = _given(call, self.document)
        make = getattr(self, f"_{call.name.replace('-', '_')}", None)
        if make is None:
            raise ReadingError(f"{call.name} stands in no such place", self.document, call.at)
        make(call, *values)

    def _titleblock(self, call: TypstCall, title: TypstContent, author: TypstContent) -> None:
        self.words.sign("title", at=call.at)
        self._content(self.words, title)
        self.words.sign("author", at=author.at)
        self._content(self.words, author)

    def _contents(self, call: TypstCall, words: TypstContent, depth: TypstAtom) -> None:
        self.words.sign("contents", at=call.at)
        self._content(self.words, words)
        self.words.text(depth.text, depth.at)

    def _lead(self, call: TypstCall, words: TypstContent) -> None:
        self.words.sign("paragraph", at=call.at)
        self._content(self.words, words)

    def _chapter(
        self, call: TypstCall, id: TypstString, count: TypstString, words: TypstContent
    ) -> None:
        self.words.sign("anchor", id.text, id.at)
        self.words.sign("heading", "2" if call.name == "chapter" else "3", call.at)
        self.words.text(f"{count.text} ", count.at)
        self._content(self.words, words)

    _section = _chapter

    def _display(self, call: TypstCall, id: TypstString, *_: TypstValue) -> None:
        self._also(call)
        self.words.sign("anchor", id.text, id.at)
        self.words.sign("display", at=call.at)

    _formula = _display

    def _also(self, call: TypstCall) -> None:
        """Note the anchors of what a formula says of each of several."""
        named = call.named.get("also", TypstTuple((), call.at))
        for one in named.values if isinstance(named, TypstTuple) else (named,):
            if not isinstance(one, TypstString):
                raise ReadingError("expected an anchor", self.document, one.at)
            self.words.sign("anchor", one.text, one.at)

    def _formulas(self, call: TypstCall, *formulas: TypstCall) -> None:
        for one in formulas:
            self._require_name(one, "formula")
            self._call(one)

    def _require_name(self, call: TypstCall, *names: str) -> None:
        if call.name not in names:
            problem = f"expected {' or '.join(names)}, found {call.name}"
            raise ReadingError(problem, self.document, call.at)

    def _drawing(
        self, call: TypstCall, id: TypstString, file: TypstString, words: TypstString,
        name: TypstContent, caption: TypstContent,
    ) -> None:  # fmt: skip
        self.words.sign("anchor", id.text, id.at)
        self.words.sign("drawing", file.text, file.at)
        self.words.sign("alternative", " ".join(words.text.split()), words.at)
        self._caption(name, caption)

    def _caption(self, name: TypstContent, caption: TypstContent) -> None:
        self.words.sign("paragraph", at=name.at)
        self.words.sign("mark", "**", name.at)
        self._content(self.words, name)
        self.words.sign("mark", "**", name.at)
        self._content(self.words, caption)

    def _beside(
        self, call: TypstCall, kind: TypstString, left: TypstCall, right: TypstCall
    ) -> None:
        self._require_name(left, "drawing")
        self._require_name(right, "tabular" if kind.text == "table" else "drawing")
        self._call(left)
        self._call(right)

    def _tabular(
        self, call: TypstCall, id: TypstString, ways: TypstString, name: TypstContent,
        caption: TypstContent, *rows: TypstTuple,
    ) -> None:  # fmt: skip
        self.words.sign("anchor", id.text, id.at)
        self._caption(name, caption)
        if call.flag("long"):
            self.words.sign("long", at=call.at)
        for count, row in enumerate(rows):
            if len(row.values) != len(ways.text):
                problem = f"a row has {len(row.values)} cells, {len(ways.text)} are expected"
                raise ReadingError(problem, self.document, row.at)
            self.words.sign("row", at=row.at)
            for cell in row.values:
                if not isinstance(cell, TypstContent):
                    raise ReadingError("expected the words of a cell", self.document, cell.at)
                self.words.sign("cell", at=cell.at)
                self._content(self.words, cell)
            if count == 0:
                self.words.sign("row", at=ways.at)
                for way in ways.text:
                    self.words.sign("alignment", _WAYS.get(way, way), ways.at)
        for problem in misset(call, self.document.text, rows[1:]):
            raise ReadingError(problem, self.document, call.at)

    def _algorithm(
        self, call: TypstCall, id: TypstString, name: TypstContent, caption: TypstContent,
        *steps: TypstCall,
    ) -> None:  # fmt: skip
        self.words.sign("anchor", id.text, id.at)
        self._caption(name, caption)
        for step in steps:
            self._require_name(step, "step")
            self._call(step)

    def _step(
        self, call: TypstCall, count: TypstAtom, indent: TypstAtom, words: TypstContent,
        formula: TypstCall | None = None,
    ) -> None:  # fmt: skip
        self.words.sign("line", count.text, count.at)
        self.words.sign("indent", indent.text, indent.at)
        self._content(self.words, words)
        if formula is not None:
            self._require_name(formula, "formula")
            self._call(formula)

    def _listing(self, call: TypstCall, *lines: TypstCall) -> None:
        self.words.sign("listing", at=call.at)
        for line in lines:
            self._require_name(line, "line-of-code")
            self._call(line)

    def _line_of_code(self, call: TypstCall, words: TypstString, reference: TypstContent) -> None:
        self.words.sign("code line", words.text, call.at)
        self._content(self.words, reference)

    # -- within lines ----------------------------------------------------------------------------

    def _content(self, words: WordSequence, content: TypstContent) -> None:
        for part in content.parts:
            if isinstance(part, TypstText):
                words.text(part.text, part.at)
            else:
                self._within(words, part)

    def _within(self, words: WordSequence, call: TypstCall) -> None:
        values = _given(call, self.document)
        first = values[0] if values else None
        if call.name == "m":
            words.sign("formula", at=call.at)
        elif call.name in ("strong", "emph") and isinstance(first, TypstContent):
            mark = "**" if call.name == "strong" else "*"
            words.sign("mark", mark, call.at)
            self._content(words, first)
            words.sign("mark", mark, call.at)
        elif call.name == "code" and isinstance(first, TypstString):
            words.sign("code", " ".join(first.text.split()), call.at)
        elif call.name == "address" and isinstance(first, TypstString):
            words.sign("address", first.text, call.at)
        elif call.name == "pageof" and isinstance(first, TypstLabel):
            words.sign("page", first.name, call.at)
        elif call.name == "spot" and isinstance(first, TypstString):
            words.sign("anchor", first.text, call.at)
        elif call.name == "link" and isinstance(values[1], TypstContent):
            words.sign("link", at=call.at)
            self._content(words, values[1])
            if isinstance(first, TypstLabel):
                words.sign("target", first.name, call.at)
            elif isinstance(first, TypstString):
                words.sign("web", first.text, call.at)
        elif call.name != "joint":
            raise ReadingError(f"{call.name} stands within words", self.document, call.at)
