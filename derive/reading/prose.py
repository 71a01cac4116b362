"""Markdown as words and signs: what a renderer would show of it, in order.

A sign that Markdown could take for one of its own must be escaped, or have its meaning here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import pairwise

from derive.reading.passage import Passage, ReadingError
from derive.reading.words import Word, WordSequence

_CODE = r"(?P<tick>`+)(?P<code>.+?)(?<!`)(?P=tick)(?!`)"
_SIGNS = (
    r"\\(?P<escaped>[!-/:-@\[-`{-~])|&(?P<entity>amp|lt|gt|emsp);"
    r"|<(?P<address>https://[^<>\s]+)>"
    r'|<a id="(?P<anchor>[^"]*)"></a>|(?P<mark>\*\*|\*)'
    r"|(?P<link>\[)|\]\(#(?P<target>[^()\s]*)\)|\]\((?P<web>https://[^()\s]*)\)"
    r"|(?P<odd>[\\`$*_\[\]{}~^|#&<>])|(?P<text>[^\\`$*_\[\]{}~^|#&<>]+)"
)
_FORMULAS = {
    "common": r"(?P<formula>\$[^$]+\$)",
    "mkdocs": r"(?P<formula>\$[^$]+\$)",
    "github": r"(?P<formula>\$`[^`]+`\$)",
    "myst": r"(?P<formula>\{math\}`[^`]+`)|\{eq\}`(?P<equation>[^`]*)`",
}
_ENTITIES = {"amp": "&", "lt": "<", "gt": ">"}
_LISTING = "```python"
_DISPLAYS = {"$$": "$$", "```math": "```", "```{math}": "```"}

_HEADING = re.compile(r"(#{1,6})(?: |$)")
_ITEM = re.compile(r"( *(?:-|\d{1,9}\.))(?: |$)")
_BLOCK = re.compile(
    r"(?:[-+*]|\d{1,9}[.)])(?: |\t|$)|>|[:%~](?=[ :~%]|$)|(?:[-*_][ \t]*){3,}$|=+[ \t]*$|~~~|```| {4}|\t"
)
"""What begins another block than a paragraph in some Markdown: a list, a quotation, a rule, a comment, a
definition, code, or a heading by what stands below it."""
_PLACE = re.compile(r"\(([^()\s]+)\)=$")
_IMAGE = re.compile(r"!\[((?:\\.|[^\]\\])*)\]\(([^()\s]*)\)$")
_LABEL = re.compile(r" *:label: (\S+)$")
_CODE_LINE = re.compile(r"(.*?)(?:  # (\(\w+\)))?$")
_BAR = re.compile(r"(?<!\\)\|")
_WAY = re.compile(r" :?-+:? $")


@dataclass
class MarkdownWords:
    """Reads the words of a Markdown text in one of its dialects."""

    document: Passage
    dialect: str = "common"
    words: WordSequence = field(default_factory=WordSequence)
    _closing: str = ""
    _rows: int = 0
    _listed: bool = False
    _inline: re.Pattern[str] = field(init=False)

    def __post_init__(self) -> None:
        self._inline = re.compile(f"{_FORMULAS[self.dialect]}|{_CODE}|{_SIGNS}")

    def read(self) -> list[Word]:
        """Return the words; a `ReadingError` for a sign that is none of the dialect."""
        at = self.document.start
        for line in self.document.inner.split("\n"):
            self._line(line, at)
            at += len(line) + 1
        return self.words.taken()

    def _line(self, line: str, at: int) -> None:
        if self._listed:
            self._within_listing(line, at)
            return
        if self._closing:
            self._within_display(line, at)
            return
        self._rows = self._rows + 1 if line.startswith("|") else 0
        if not line.strip():
            return
        if line == _LISTING:
            self._listed = True
            self.words.sign("listing", at=at)
        elif line.strip() in _DISPLAYS:
            self._closing = _DISPLAYS[line.strip()]
            if self.dialect != "myst":
                self.words.sign("display", at=at)
        elif self._rows:
            self._row(line, at)
        elif place := _PLACE.match(line):
            self.words.sign("anchor", place[1], at)
        elif image := _IMAGE.match(line):
            self.words.sign("drawing", image[2], at)
            alt = WordSequence()
            self._signs(alt, at + 2, at + 2 + len(image[1]))
            self.words.sign("alternative", " ".join(w.text for w in alt.taken()), at + 2)
        else:
            self._paragraph(line, at)

    def _within_listing(self, line: str, at: int) -> None:
        """Read a line of code as it is, and the number of the equation that stands behind it."""
        found = _CODE_LINE.match(line)
        if line == "```" or found is None:
            self._listed = False
            return
        self.words.sign("code line", found[1], at)
        self.words.text(found[2] or "", at)

    def _within_display(self, line: str, at: int) -> None:
        if line.strip() == self._closing:
            self._closing = ""
        elif self.dialect == "myst" and (label := _LABEL.match(line)):
            self.words.sign("anchor", label[1], at)
            self.words.sign("display", at=at)

    def _paragraph(self, line: str, at: int) -> None:
        begin = 0
        if found := _HEADING.match(line):
            self.words.sign("heading", str(len(found[1])), at)
            begin = found.end()
        elif found := _ITEM.match(line):
            self.words.sign("item", found[1], at)
            begin = found.end()
        elif not line.startswith("<a id="):
            self.words.sign("paragraph", at=at)
        # Behind the number of an item another list may begin, behind the signs of a heading none.
        if not _HEADING.match(line) and _BLOCK.match(line, begin):
            problem = "this begins a block, as a list does: it must be escaped, or have its meaning"
            raise ReadingError(problem, self.document, at + begin)
        self._signs(self.words, at + begin, at + len(line))

    def _row(self, line: str, at: int) -> None:
        """Read a row of a table; the second says how its columns are aligned."""
        bars = [bar.start() for bar in _BAR.finditer(line)]
        if line[bars[-1] :].strip() != "|":
            raise ReadingError("a row of a table ends in a bar", self.document, at + len(line))
        self.words.sign("row", at=at)
        for left, right in pairwise(bars):
            cell = line[left + 1 : right]
            if self._rows == 2 and _WAY.match(cell):
                self.words.sign("alignment", cell.strip(), at + left + 1)
                continue
            self.words.sign("cell", at=at + left)
            self._signs(self.words, at + left + 1, at + right)

    def _signs(self, words: WordSequence, at: int, end: int) -> None:
        for found in self._inline.finditer(self.document.text, at, end):
            kind, start = found.lastgroup, found.start()
            if kind == "text":
                words.text(found[0], start)
            elif kind == "escaped":
                words.text(found["escaped"], start)
            elif kind == "entity" and found["entity"] in _ENTITIES:
                words.text(_ENTITIES[found["entity"]], start)
            elif kind == "entity":
                words.sign("indentation", at=start)
            elif kind == "code":
                inner = found["code"].replace("\\|", "|") if self._rows else found["code"]
                words.sign("code", " ".join(inner.split()), start)
            elif kind == "equation":
                words.sign("link", at=start)
                words.sign("target", found["equation"], start)
            elif kind == "odd" or kind is None:
                problem = "this sign must be escaped, or have a meaning"
                raise ReadingError(problem, self.document, start)
            else:
                named = kind in ("address", "anchor", "mark", "target", "web")
                words.sign(kind, found[kind] if named else "", start)
