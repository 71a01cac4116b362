"""LaTeX as words and signs: what would be set of it, in the order of its text."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from derive.reading.latex import closed
from derive.reading.passage import Passage, ReadingError
from derive.reading.texblocks import BlockCommands
from derive.reading.texcolumns import misaligned
from derive.reading.words import Word, WordSequence

_BODY = "\\begin{document}"
_INLINE = re.compile(
    r"(?P<formula>\$[^$]+\$)|(?P<silent>\\allowbreak\{\}|\{\})"
    r"|\\(?P<mark>emph|textbf|texttt)(?=\{)|\\hyperref\[(?P<link>[^\[\]]*)\]"
    r"|\\address\{(?P<address>[^{}]*)\}|\\ref\*\{(?P<number>[^{}]*)\}"
    r"|\\pageref\*\{(?P<page>[^{}]*)\}|\\href\{(?P<web>https://[^{}\s]*)\}"
    r"|\\derivelink\{(?P<maybe>[^{}]*)\}|\\derivenumber\{(?P<label>[^{}]*)\}\{(?P<known>[^{}]*)\}"
    r"|\\text(?P<named>asciitilde|backslash)\{\}|\\(?P<hat>\^)\{\}|\\(?P<escaped>[&%$#_{}])"
    r"|\{(?P<braced>[-`\[\]])\}|(?P<tie>~)|(?P<odd>[\\{}$%&#_^~\[\]`-])"
    r"|(?P<text>[^\\{}$%&#_^~\[\]`-]+)"
)
_NAMED = {"asciitilde": "~", "backslash": "\\"}
_MACROS = {
    "titleblock": ("title", "author"),
    "shortcontents": ("contents", ""),
    "section": ("heading 2",),
    "subsection": ("heading 3",),
    "drawing": ("drawing",),
    "caption[]": ("caption",),
    "renewcommand\\blockname": ("name",),
    "label": ("anchor",),
    "algline": ("line", "indent", ""),
    "alglineequation": ("line", "indent", "", "formula", "anchor"),
    "formula": ("anchor", "display"),
    "formulabreak": ("anchor", "display"),
    "instance": ("of", "anchor", "letter"),
    "codeline": ("set in", "code", ""),
    "begin{handoutalgorithm}": ("name", "caption"),
    "choosecolumns": ("columns", "-", "-"),
    "def\\tablehead": ("row",),
    "def\\tablerows": ("rows",),
}
"""What the arguments of a macro are."""

_LITERAL = ("drawing", "anchor", "of", "letter", "line", "indent", "columns")
_MACRO = re.compile("|".join(re.escape("\\" + m) + r"(?=\{)" for m in _MACROS))
_LAYOUT = re.compile(
    r"\\(normalsize%|beforedisplay|begingroup|endgroup|small|centering|tablerows|bottomrule"
    r"|toprule \\tablehead \\\\ \\midrule|endtabular|endlongtable|endfirsthead|endhead|endfoot"
    r"|expandafter\\(tabular|longtable)\\expandafter\{\\tablespec\}|def\\algbreak\{\\(?:penalty50|nobreak)\}"
    r"|refstepcounter\{algorithm\}(?=\\label)"
    r"|end\{tabular\}\}|ifdim\\wd\\tablebox>\\linewidth\\resizebox\{\\linewidth\}\{!\}\{\\usebox\\tablebox\}"
    r"\\else\\usebox\\tablebox\\fi|begin\{(figure|table)\}"
    r"\[!htbp\]|begin\{beside\}\{(figure|table)\}|begin\{alongside\}"
    r"|begin\{codelisting\}|end\{codelisting\}"
    r"|end\{formulas\}|end\{(figure|beside|alongside|table|itemize|enumerate|handoutalgorithm|document)\}%?|\\)(?=$|\\label)",
    re.MULTILINE,
)
_FORMULAS = re.compile(r"\\begin\{formulas\}\{(\d+)\}$", re.MULTILINE)
_TABULAR = re.compile(r"\\sbox\\tablebox\{\\begin\{tabular\}\{@\{\}([lcr]*)@\{\}\}$", re.MULTILINE)
_LIST = re.compile(r"\\begin\{(itemize|enumerate)\}$", re.MULTILINE)
_DISPLAY = re.compile(r"\\begin\{(equation|gather)\}")
_LABEL = re.compile(r"\\label\{([^{}]*)\}")
# A label where a paragraph has not begun is on the page before it, if that ends there.
_SPOT = re.compile(r"\\leavevmode\\label\{([^{}]*)\}")
_CELL = re.compile(r"\$[^$]*\$|\\.|(?P<end>&)")
_HEADING = r"\texorpdfstring"
_BOLD = re.compile(r" *\\bfseries\{\}")
"""What each cell of a table's head begins with, and nothing else."""


@dataclass
class LatexWords:
    """Reads the words of a LaTeX text, and which commands stand between them."""

    document: Passage
    words: WordSequence = field(default_factory=WordSequence)
    commands: BlockCommands = field(init=False)
    _items: int | None = None
    _natural: str = ""
    _indent: int = 0

    def __post_init__(self) -> None:
        self.commands = BlockCommands(self.document)

    def read(self) -> list[Word]:
        """Return the words; a `ReadingError` for a command that is not known in a text."""
        text = self.document.text
        begin = text.find(_BODY, self.document.start)
        at = self.document.start if begin < 0 else text.index("\n", begin)
        while at < self.document.stop:
            at = self._next(text, at)
        self.commands.require()
        return self.words.taken()

    def _next(self, text: str, at: int) -> int:
        """Read what begins at a place, and return where it ends."""
        end = text.find("\n", at)
        end = self.document.stop if end < 0 else end
        if text[at].isspace():
            return at + 1
        if text[at] == "%":
            return end
        if found := _MACRO.match(text, at):
            self.commands.macro(found[0][1:], at)
            return self._macro(found[0][1:], found.end())
        if found := _DISPLAY.match(text, at):
            self.commands.macro("equation", at)
            return self._displays(found, at)
        if found := _LIST.match(text, at):
            self.commands.layout(found[0][1:], at)
            self._items = 0 if found[1] == "enumerate" else None
            return end
        if found := _FORMULAS.match(text, at):
            self.commands.macro(f"formulas {found[1]}", at)
            return found.end()
        if found := _TABULAR.match(text, at):
            if found[1] != self._natural:
                raise ReadingError("the columns are others", self.document, at)
            self.commands.layout("sbox", at)
            return found.end()
        if found := _LAYOUT.match(text, at):
            self.commands.layout(found[0][1:], at)
            if found[0] == "\\begin{codelisting}":
                self.words.sign("listing", at=at)
            if found[2] == "longtable":
                self.words.sign("long", at=at)
            return found.end()
        if text.startswith("\\item ", at):
            self.commands.macro("item", at)
            self._items = None if self._items is None else self._items + 1
            mark = "-" if self._items is None else f"{self._items}."
            self.words.sign("item", mark, at)
            at += len("\\item ")
            if found := _SPOT.match(text, at):
                self.words.sign("anchor", found[1], at)
                at = found.end()
            self._signs(self.words, at, end)
            return end
        self.commands.macro("paragraph", at)
        self.words.sign("paragraph", at=at)
        self._signs(self.words, at, end)
        return end

    def _displays(self, found: re.Match[str], at: int) -> int:
        end = self.document.text.find(f"\\end{{{found[1]}}}", at)
        for label in _LABEL.finditer(self.document.text, at, end):
            self.words.sign("anchor", label[1], label.start())
            self.words.sign("display", at=label.start())
        return end + len(f"\\end{{{found[1]}}}")

    def _macro(self, name: str, at: int) -> int:
        begin, given = at, list[str]()
        for what in _MACROS[name]:
            end = closed(self.document, at)
            given.append(self.document.text[at + 1 : end - 1])
            self._argument(what, at + 1, end - 1)
            at = end
        if name == "choosecolumns":
            self._natural = given[0]
            for problem in misaligned(*given):
                raise ReadingError(problem, self.document, begin)
        return at

    def _argument(self, what: str, at: int, end: int) -> None:
        text = self.document.text[at:end]
        kind, _, level = what.partition(" ")
        if kind == "rows":
            self._rows(at, end)
        elif kind == "row":
            self._row(at, end, head=True)
        elif kind == "heading":
            self._heading(level, at, end)
        elif kind == "set":
            self._indent = int(text)
        elif kind == "code":
            inner = WordSequence()
            self._signs(inner, at, end)
            code = " ".join(word.text for word in inner.taken())
            self.words.sign("code line", " " * self._indent + code, at)
        elif kind in _LITERAL:
            self.words.sign(kind, text, at)
        elif kind in ("formula", "display"):
            self.words.sign(kind, at=at)
        elif kind != "-":
            if kind:
                self.words.sign(kind, at=at)
            self._signs(self.words, at, end)

    def _heading(self, level: str, at: int, end: int) -> None:
        if not self.document.text.startswith(_HEADING, at):
            raise ReadingError(f"expected {_HEADING}", self.document, at)
        middle = closed(self.document, at + len(_HEADING))
        self.words.sign("heading", level, at)
        self._signs(self.words, at + len(_HEADING) + 1, middle - 1)
        plain = WordSequence()
        self._signs(plain, middle + 1, closed(self.document, middle) - 1)
        self.words.sign("alternative", " ".join(w.text for w in plain.taken()), middle)

    def _rows(self, at: int, end: int) -> None:
        for line in re.finditer(r"[^\n]+", self.document.text[at:end]):
            row = re.fullmatch(r"(.*) \\\\\*?", line[0])
            if row is not None:
                self._row(at + line.start(), at + line.start() + len(row[1]))
            elif line[0] != "%":
                problem = "expected a row of a table, and its end"
                raise ReadingError(problem, self.document, at + line.start())

    def _row(self, at: int, end: int, head: bool = False) -> None:
        self.words.sign("row", at=at)
        ends = [c.start() for c in _CELL.finditer(self.document.text, at, end) if c["end"]]
        for stop in (*ends, end):
            self.words.sign("cell", at=at)
            if head:
                bold = _BOLD.match(self.document.text, at, stop)
                if bold is None:
                    raise ReadingError("this head of a column is not bold", self.document, at)
                at = bold.end()
            self._signs(self.words, at, stop)
            at = stop + 1

    def _signs(self, words: WordSequence, at: int, end: int) -> None:
        while at < end:
            found = _INLINE.match(self.document.text, at, end)
            if found is None or found["odd"]:
                problem = "this sign must be escaped, or have a meaning"
                raise ReadingError(problem, self.document, at)
            at = self._sign(words, found)

    def _sign(self, words: WordSequence, found: re.Match[str]) -> int:
        at, kind = found.start(), found.lastgroup
        if kind in ("mark", "link", "maybe", "web"):
            end = closed(self.document, found.end())
            self._group(words, found, end)
            return end
        if kind == "formula":
            words.sign("formula", at=at)
        elif kind in ("address", "number", "page"):
            words.sign(kind, found[kind], at)
        elif kind == "known":
            words.sign("number", f"{found['label']} {found['known']}", at)
        elif kind == "named":
            words.text(_NAMED[found["named"]], at)
        elif kind == "tie":
            words.text(" ", at)
        elif kind != "silent" and kind is not None:
            words.text(found[kind], at)
        return found.end()

    def _group(self, words: WordSequence, found: re.Match[str], end: int) -> None:
        """Read a command with its group, which ends at a place."""
        at, begin = found.start(), found.end() + 1
        if found["mark"] == "texttt":
            inner = WordSequence()
            self._signs(inner, begin, end - 1)
            words.sign("code", " ".join(w.text for w in inner.taken()), at)
        elif found["mark"]:
            mark = "**" if found["mark"] == "textbf" else "*"
            words.sign("mark", mark, at)
            self._signs(words, begin, end - 1)
            words.sign("mark", mark, end - 1)
        else:
            words.sign("link", at=at)
            self._signs(words, begin, end - 1)
            kind = "web" if found["web"] else "target"
            words.sign(kind, found["web"] or found["link"] or found["maybe"], end)
