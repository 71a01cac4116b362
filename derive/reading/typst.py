r"""The words of a formula in Typst, as those that it would have in TeX.

Typst has words of its own, ``frac(∂ L_(t), ∂ W)`` and ``upright("in")``, and the same grammar: a sum,
an index or a fraction means what it means in TeX.  So each word is told by those for it, and one
parser reads both.  What Typst would take otherwise than it looks is refused: letters side by side,
which it takes for one name, a bare slash, which it makes a fraction of, and words that nobody knows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from derive.reading.passage import Passage, ReadingError
from derive.reading.tokens import TexToken, greek, in_one_colour, tokens

SIGNS = {
    "∂": "\\partial", "∇": "\\nabla", "⊙": "\\odot", "⊘": "\\oslash", "×": "\\times",
    "⋯": "\\cdots", "≤": "\\leq", "≥": "\\geq", "≠": "\\neq", "≈": "\\approx", "∑": "\\sum",
    "∏": "\\prod", "⊤": "\\top", "∞": "\\infty",
}  # fmt: skip
"""Signs, and what they are in TeX."""

NAMED = {
    "dot": "\\cdot", "tanh": "\\tanh", "log": "\\log", "exp": "\\exp", "sin": "\\sin",
    "cos": "\\cos", "max": "\\max", "min": "\\min",
}  # fmt: skip
"""Names that stand for a sign or a function."""

SILENT = ("thin", "quad")
"""Names that only say how far apart signs are set."""

PARTED = {
    f"{size}{name}": sign
    for size in ("plain", "big", "bigger", "huge", "huger")
    for name, sign in (("open", "("), ("close", ")"))
}
"""Names of parentheses that are closed on another line than they are opened on."""

ACCENTS = {"tilde": "tilde", "hat": "hat", "macron": "bar"}

SIZES = ("big", "bigger", "huge", "huger")
"""Calls that only say how large parentheses are drawn."""

_TOKEN = re.compile(
    r"(?P<space>\s+)|(?P<line>\\(?=\s))|(?P<slash>\\/)"
    r"|(?P<string>\"(?P<inner>(?:[^\"\\]|\\.)*)\")"
    r"|(?P<number>\d+(?:\.\d+)?)"
    r"|(?P<call>[^\W\d_][^\W_]+)(?=\()|(?P<name>[^\W\d_][^\W_]+)"
    r"|(?P<letter>[^\W\d_])|(?P<script>[_^])(?P<open>\()?|(?P<sign>\S)"
)
_PLAIN = frozenset("()[],+-=<>'")
_REASON = re.compile(
    r'&&\s*why\("(?P<words>(?:[^"\\]|\\.)*)"(?P<to>(?:, "[\w-]+")*)\)\s*(?=\\\s|$)'
)
_NUMBER = re.compile(r"\(\w+\)")
_COLOUR = re.compile(r"lag\d+of\d+")
_PAIRS = {"(": ")", "[": "]"}


def typst_words(passage: Passage) -> list[TexToken]:
    """Return the words of a formula and a stop; its lines are one after the other.

    A `ReadingError` for what has no meaning, or another than it seems.
    """
    made = _TypstWords(passage)
    return [*in_one_colour(made.lines()), TexToken("stop", "", passage.stop)]


def typst_reasons(passage: Passage, numbers: Mapping[str, str]) -> list[str]:
    """Return the words beside the lines of a formula, from the first to the last.

    ``numbers`` are those of what they lead to, by its anchor; a `ReadingError` where one leads to
    something else than it says.
    """
    found = []
    for reason in _REASON.finditer(passage.text, passage.start, passage.stop):
        words = unquoted(reason["words"])
        led = [f"({numbers.get(anchor)})" for anchor in re.findall(r'"([\w-]+)"', reason["to"])]
        if led != _NUMBER.findall(words):
            raise ReadingError(f"this reason leads to {led}", passage, reason.start())
        found.append(words)
    return found


def unquoted(inner: str) -> str:
    """Return what a string of Typst says, by what stands between its quotation marks."""
    return re.sub(r"\\(.)", r"\1", inner)


def typst_numeral(passage: Passage) -> str:
    """Return a formula that is a number or a bound on one as it would be written in TeX."""
    apart = {"\\cdot": " \\cdot ", "<": "< "}
    return "".join(apart.get(word.text, word.text) for word in typst_words(passage))


class _TypstWords:
    """Reads the words of one passage, part by part."""

    def __init__(self, passage: Passage) -> None:
        self.passage = passage

    def fail(self, problem: str, at: int) -> ReadingError:
        return ReadingError(problem, self.passage, at)

    def lines(self) -> Iterator[TexToken]:
        """Yield the words of all lines, without the marks at which they are aligned and the reasons."""
        text, at = self.passage.text, self.passage.start
        while at < self.passage.stop:
            if reason := _REASON.match(text, at, self.passage.stop):
                at = reason.end()
            elif text[at] == "&":
                at += 1
            elif found := re.compile(r"\\\s").match(text, at, self.passage.stop):
                at = found.end()
            else:
                end = self._next_edge(at)
                yield from self.all(at, end)
                at = end

    def _next_edge(self, at: int) -> int:
        """Return where the next mark of alignment or break stands, outside of strings."""
        edges = re.compile(r"\"(?:[^\"\\]|\\.)*\"|(?P<edge>&|\\\s)")
        found = edges.finditer(self.passage.text, at, self.passage.stop)
        return next((one.start() for one in found if one["edge"]), self.passage.stop)

    def all(self, at: int, stop: int) -> Iterator[TexToken]:
        """Yield the words of a part of the passage."""
        while at < stop:
            found = _TOKEN.match(self.passage.text, at, stop)
            if found is None:
                raise self.fail("this has no meaning in a formula", at)
            kind, at = found.lastgroup, found.start()
            if found["call"]:
                yield from self._called(found["call"], at, found.end(), stop)
                at = self._closing(found.end(), stop) + 1
                continue
            if found["script"]:
                close = self._closing(found.end() - 1, stop) if found["open"] else found.end()
                yield TexToken("sign", found["script"], at)
                if found["open"]:
                    yield from self._grouped(found.end(), close)
                at = close + bool(found["open"])
                continue
            if kind in ("string", "line", "inner"):
                raise self.fail("this has no meaning here", at)
            if kind != "space" and found["name"] not in SILENT:
                yield self._word(found, at)
            at = found.end()

    def _word(self, found: re.Match[str], at: int) -> TexToken:
        """Return the word for what depends on nothing else."""
        if found["number"]:
            return TexToken("number", found["number"], at)
        if found["slash"]:
            return TexToken("sign", "/", at)
        if name := found["name"]:
            if name in PARTED:
                return TexToken("sign", PARTED[name], at)
            if name in NAMED:
                return TexToken("command", NAMED[name], at)
            raise self.fail(f"'{name}' is one name to Typst, and known to nobody", at)
        if letter := found["letter"]:
            return TexToken("letter", greek(letter), at)
        sign = found["sign"]
        if sign in SIGNS:
            return TexToken("command", SIGNS[sign], at)
        if sign in _PLAIN:
            return TexToken("sign", sign, at)
        raise self.fail("this sign has no meaning in a formula, or another one in Typst", at)

    def _grouped(self, at: int, close: int) -> Iterator[TexToken]:
        """Yield what stands in parentheses that are not printed, as a group in braces."""
        yield TexToken("sign", "{", at - 1)
        yield from self.all(at, close)
        yield TexToken("sign", "}", close)

    def _closing(self, at: int, stop: int) -> int:
        """Return where the parenthesis is closed that opens at a place, strings passed over."""
        open_: list[str] = []
        for found in re.compile(r"\"(?:[^\"\\]|\\.)*\"|[()\[\]]").finditer(
            self.passage.text, at, stop
        ):
            sign = found[0]
            if sign in _PAIRS:
                open_.append(_PAIRS[sign])
            elif len(sign) == 1 and (not open_ or open_.pop() != sign):
                break
            if not open_:
                return found.start()
        raise self.fail("this parenthesis is not closed", at)

    # -- calls -----------------------------------------------------------------------------------

    def _called(self, name: str, at: int, begin: int, stop: int) -> Iterator[TexToken]:
        """Yield the words for a call, whose parenthesis opens at ``begin``."""
        close = self._closing(begin, stop)
        if name in ("upright", "op"):
            face = "mathrm" if name == "upright" else "operatorname"
            yield from self._tex(f"\\{face}{{{self._string(begin + 1, close)}}}", at)
        elif name == "bold":
            yield from self._tex("\\mathbf", at)
            yield from self._grouped(begin + 1, close)
        elif name in ACCENTS:
            yield from self._tex(f"\\{ACCENTS[name]}", at)
            yield from self._grouped(begin + 1, close)
        elif name in ("frac", "tfrac"):
            yield from self._tex("\\frac", at)
            for part in self._arguments(begin, close, 2):
                yield from self._grouped(*part)
        elif name == "mat":
            yield from self._matrix(at, begin, close)
        elif name in _GROUPS or _COLOUR.fullmatch(name):
            ((start, end),) = self._arguments(begin, close, 1)
            before, behind, group = _GROUPS.get(name, (f"\\textcolor{{{name}}}", "", True))
            yield from self._tex(before, at)
            yield from self._grouped(start, end) if group else self.all(start, end)
            yield from self._tex(behind, close)
        elif name in NAMED:
            # A function and its argument, as Typst shows it.
            yield TexToken("command", NAMED[name], at)
            yield from (TexToken("sign", "(", begin), *self.all(begin + 1, close))
            yield TexToken("sign", ")", close)
        else:
            raise self.fail(f"'{name}' is called, and known to nobody", at)

    def _string(self, at: int, close: int) -> str:
        """Return the one word between quotation marks that is all that stands at a place."""
        found = re.compile(r"\"([^\W_]+)\"").fullmatch(self.passage.text, at, close)
        if found is None:
            raise self.fail("expected a word in quotation marks", at)
        return found[1]

    def _arguments(self, begin: int, close: int, count: int) -> list[tuple[int, int]]:
        """Return where the arguments of a call stand, which must be so many."""
        found = [*self._split(begin + 1, close, ",")]
        if len(found) != count or any(not self.passage.text[a:b].strip() for a, b in found):
            raise self.fail(f"expected {count} arguments", begin)
        return found

    def _split(self, at: int, close: int, sign: str) -> Iterator[tuple[int, int]]:
        """Yield the parts between commas or semicolons outside of parentheses."""
        start, place = at, at
        while place < close:
            if self.passage.text[place] in "([":
                place = self._closing(place, close)
            elif self.passage.text[place] == sign:
                yield start, place
                start = place + 1
            place += 1
        yield start, close

    def _matrix(self, at: int, begin: int, close: int) -> Iterator[TexToken]:
        yield TexToken("begin", "pmatrix", at)
        for n, row in enumerate(self._split(begin + 1, close, ";")):
            if n:
                yield TexToken("line", "\\\\", row[0] - 1)
            for m, cell in enumerate(self._split(*row, ",")):
                if m:
                    yield TexToken("sign", "&", cell[0] - 1)
                yield from self.all(*cell)
        yield TexToken("end", "pmatrix", close)

    def _tex(self, tex: str, at: int) -> Iterator[TexToken]:
        """Yield the words of TeX, all at one place."""
        for word in tokens(Passage(tex)):
            if word.kind != "stop":
                yield TexToken(word.kind, word.text, at)


_GROUPS = {
    **dict.fromkeys(SIZES, ("", "", False)),
    "held": ("", "", True),
    "sqrt": ("\\sqrt", "", True),
    "norm": ("\\lVert", "\\rVert", False),
    "doubted": ("\\overset{?}", "", True),
}
"""Calls of one argument: what stands before and behind it in TeX, and whether it is a group there."""
