"""The words of a formula in TeX, each with its place in the text."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from derive.reading.passage import Passage, ReadingError

GREEK = frozenset(
    "alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa lambda mu nu xi "
    "pi varpi rho varrho sigma varsigma tau upsilon phi varphi chi psi omega Gamma Delta Theta "
    "Lambda Xi Pi Sigma Upsilon Phi Psi Omega ell".split()
)
"""The commands that are letters."""


def greek(sign: str) -> str:
    """Return a Greek letter as its command, and any other as it is."""
    said = unicodedata.name(sign, "").lower().removeprefix("greek ").partition(" letter ")
    greek = {"small": said[2], "capital": said[2].capitalize()}.get(said[0], "")
    greek = greek.replace("lamda", "lambda").replace("Lamda", "Lambda")
    return f"\\{greek}" if greek in GREEK else sign


SILENT = frozenset(
    "left right middle big Big bigg Bigg bigl bigr Bigl Bigr biggl biggr Biggl Biggr displaystyle "
    "textstyle scriptstyle limits nolimits quad qquad thinspace nonumber notag allowbreak".split()
)
"""The commands that only say how large and how far apart signs are set."""

SAME = {
    "le": "leq", "ge": "geq", "ne": "neq", "dots": "cdots", "ldots": "cdots", "dfrac": "frac",
    "tfrac": "frac", "intercal": "top", "lvert": "vert", "rvert": "vert",
}  # fmt: skip
"""Commands that mean the same, by the one that the parser knows."""

_TOKEN = re.compile(
    r"(?P<space>[\s~]+|%[^\n]*\n?|\\[,;:! ])"
    r"|(?P<edge>\\(?:begin|end)\s*\{[A-Za-z]+\*?\})"
    r"|(?P<line>\\\\\*?(?:\[[^\]\n]*\])?)"
    r"|(?P<command>\\[A-Za-z]+|\\.)"
    r"|(?P<number>\d+(?:\.\d+)?)"
    r"|(?P<letter>[^\W\d_])"
    r"|(?P<sign>\S)"
)


@dataclass(frozen=True)
class TexToken:
    r"""One word: its kind, its text, and its offset in the whole text.

    Kinds are letter, number, command, sign, begin and end of an environment (``pmatrix``), line
    (a line break) and stop, the end of the formula. A Greek letter is a letter, ``\delta``.
    """

    kind: str
    text: str
    at: int

    def __str__(self) -> str:
        if self.kind == "stop":
            return "the end of the formula"
        if self.kind in ("begin", "end"):
            return f"'\\{self.kind}{{{self.text}}}'"
        return f"'{self.text}'"


def tokens(passage: Passage) -> list[TexToken]:
    """Return the words of a formula and a stop; lines of ``aligned`` are one after the other."""
    found: list[TexToken] = []
    at = passage.start
    while at < passage.stop:
        match = _TOKEN.match(passage.text, at, passage.stop)
        if match is None:
            raise ReadingError("this has no meaning in a formula", passage, at)
        token = _token(match.lastgroup or "", match[0], at)
        if token is not None:
            found.append(token)
        at = match.end()
    return [*in_one_colour(_joined(found, passage)), TexToken("stop", "", passage.stop)]


def in_one_colour(words: Iterable[TexToken]) -> list[TexToken]:
    """Return the words with what goes on in its colour on the next line in the same group."""
    found: list[TexToken] = []
    waiting = list(words)
    open_: list[str] = []
    closed = ""
    at = 0
    while at < len(waiting):
        word = waiting[at]
        names = [each.text for each in waiting[at : at + 2]]
        if names == ["\\textcolor", "{"]:
            end = next((n for n in range(at, len(waiting)) if waiting[n].text == "}"), at)
            begun = waiting[at : end + 2]
            open_.append("".join(each.text for each in begun))
            if closed == open_[-1]:
                found.pop()
            else:
                found += begun
            at, closed = end + 2, ""
            continue
        closed = ""
        if word.text == "{":
            open_.append("")
        elif word.text == "}" and open_:
            closed = open_.pop()
        found.append(word)
        at += 1
    return found


def _token(kind: str, text: str, at: int) -> TexToken | None:
    if kind == "space":
        return None
    if kind == "edge":
        command, _, name = text[1:].partition("{")
        return TexToken(command.strip(), name.rstrip("}"), at)
    if kind == "command":
        name = text[1:]
        if name in SILENT:
            return None
        if name in GREEK:
            return TexToken("letter", text, at)
        return TexToken("command", "\\" + SAME.get(name, name), at)
    return TexToken(kind, text, at)


LINES = frozenset(
    "aligned split align align* gathered gather gather* multline multline* equation equation*".split()
)
"""Environments whose lines belong to one formula."""


def _opens(found: list[TexToken], n: int, inside: list[str]) -> bool:
    """Tell whether a reason begins with this word."""
    ours = bool(inside) and inside[-1] in LINES
    return ours and [token.text for token in found[n : n + 3]] == ["&", "&", "\\text"]


def _ends(token: TexToken) -> bool:
    return token.kind == "line" or (token.kind == "end" and token.text in LINES)


_LINK = (
    r"\\hyperref\[([\w-]+)\]\{\(\\ref\*\{([\w-]+)\}\)\}"
    r"|\\derivelink\{([\w-]+)\}\{\(\\derivenumber\{([\w-]+)\}\{\w+\}\)\}"
)
_REASON = re.compile(
    rf"&&\s*\\text\{{(?P<words>(?:[^{{}}\\]|{_LINK})*)\}}\s*(?=\\\\|\\end\{{aligned\}})"
)


def reasons(passage: Passage, numbers: Mapping[str, str]) -> list[str]:
    """Return the words beside the lines of a formula, from the first to the last.

    ``numbers`` are those of what they refer to, by its anchor; what has none keeps its anchor.
    """

    def shown(link: re.Match[str]) -> str:
        target, counted = filter(None, link.groups())
        # A link that leads elsewhere than its number says has neither.
        return f"({numbers.get(target, target)})" if target == counted else link[0]

    found = _REASON.finditer(passage.text, passage.start, passage.stop)
    return [re.sub(_LINK, shown, reason["words"]) for reason in found]


def _joined(found: list[TexToken], passage: Passage) -> list[TexToken]:
    """Return the words without the line breaks and the marks of alignment of `LINES`."""
    kept: list[TexToken] = []
    inside: list[str] = []
    reason = False
    for n, token in enumerate(found):
        # Two marks of alignment: what stands behind them on the line are words, which others read.
        reason = (reason and not _ends(token)) or _opens(found, n, inside)
        if reason:
            continue
        if token.kind == "begin":
            inside.append(token.text)
        elif token.kind == "end" and (not inside or inside.pop() != token.text):
            problem = f"\\end{{{token.text}}} closes nothing that was opened by it"
            raise ReadingError(problem, passage, token.at)
        broken = token.kind == "line" or (token.kind == "sign" and token.text == "&")
        edge = token.kind in ("begin", "end") and token.text in LINES
        if not edge and not (broken and inside[-1:] and inside[-1] in LINES):
            kept.append(token)
    return kept
