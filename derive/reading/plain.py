"""The words of a formula in plain text, as those that it would have in TeX.

Plain text has signs of its own, ``(∂⁺s_t/∂W^(k))`` and ``Σ[k=1..t] Wᵀ δ_{t,k}``, and the same grammar:
a letter, a sum or a product means what it means in TeX.  So each sign is told by the words for it, and
one parser reads both.  Names are set apart by spaces: letters side by side are one name.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping

from derive.reading.parser import TreeParser
from derive.reading.passage import Passage, ReadingError
from derive.reading.tokens import TexToken, greek, tokens
from derive.reading.tree import FractionNode, TreeNode

SIGNS = {
    "ᵀ": "^{\\top}", "⁺": "^{+}", "∂": "\\partial", "⊙": "\\odot", "⊘": "\\oslash", "·": "\\cdot",
    "×": "\\times", "…": "\\cdots", "≤": "\\leq", "≥": "\\geq", "≠": "\\neq", "≈": "\\approx",
    "‖₂": "\\rVert_{2}", "‖": "\\lVert", "∞": "\\infty",
    "=?": "\\overset{?}{=}", "≤?": "\\overset{?}{\\leq}", "≠?": "\\overset{?}{\\neq}",
}  # fmt: skip
"""Signs, and what they are in TeX."""

ACCENTS = {"\u0303": "tilde", "\u0302": "hat", "\u0304": "bar"}

_LETTER = r"(?:(?![ᵀ⁺₂])[^\W\d_])"
_TOKEN = re.compile(
    r"(?P<space>\s+)"
    r"|(?P<over>[ΣΠ]\[(?P<index>[^=\]]*)=(?P<low>[^\]]*?)\.\.(?P<high>[^\]]*)\])"
    r"|(?P<nabla>∇\[)"
    r"|(?P<euler>e(?=\^\{[-(]))"
    r"|(?P<bold>1(?=ᵀ| ?[⊙⊘]| [^\W\d]| 1ᵀ| \())|(?P<after>(?<=[⊙⊘·\w)}\]] )1(?![\d./]))"
    r"|(?P<number>\d+(?:\.\d+)?)"
    rf"|(?P<name>{_LETTER}(?:{_LETTER}|\d|[\u0300-\u036f])*)"
    r"|_(?:\{(?P<braced>[^}]*)\}|(?P<sub>(?:(?![ᵀ⁺₂])\w)+))"
    r"|\^(?:\((?P<mark>[^)]*)\)|(?P<power>\{)|(?P<exponent>\w))"
    rf"|(?P<sign>{'|'.join(sorted(map(re.escape, SIGNS), key=len, reverse=True))}|\S)"
)


_PARTS = re.compile(r"\d+|\w[\u0300-\u036f]*|\S")
"""The numbers, letters and signs of a mark."""


class PlainParser(TreeParser):
    """Reads what is written with a slash as a fraction: ``1/2 (o_t - y_t)`` is one half of it."""

    def factor(self) -> TreeNode:
        """Return an atom with the signs behind it, or a fraction of two."""
        node = super().factor()
        while self.sees("/") and self.ahead(1).text != "\\partial":
            self.take("/")
            node = FractionNode(node, super().factor(), node.at)
        return node


def words(
    passage: Passage,
    functions: frozenset[str],
    plain: Mapping[str, str],
    symbols: Mapping[str, str],
) -> list[TexToken]:
    """Return the words of a plain formula and a stop.

    ``plain`` and ``symbols`` are the letters of a notation, in plain text and in TeX, by name.
    """
    names = {sign: symbols.get(name, name) for name, sign in plain.items()}
    made = list(_PlainWords(passage, functions, names).all(passage.start, passage.stop))
    return [*made, TexToken("stop", "", passage.stop)]


class _PlainWords:
    def __init__(
        self, passage: Passage, functions: frozenset[str], names: Mapping[str, str]
    ) -> None:
        self.passage, self.functions, self.names = passage, functions, names

    def all(self, at: int, stop: int) -> Iterator[TexToken]:
        """Yield the words of a part of the passage."""
        while at < stop:
            found = _TOKEN.match(self.passage.text, at, stop)
            if found is None:
                raise ReadingError("this has no meaning in a formula", self.passage, at)
            end = found.end()
            if found["nabla"]:
                close = self._closing(end, stop)
                yield from (*_tex("\\nabla_", at), TexToken("sign", "{", at))
                yield from (*self.all(end, close), TexToken("sign", "}", close))
                end = close + 1
            elif found["power"]:
                close = self._closing(end, stop, "{}")
                yield from (TexToken("sign", sign, at) for sign in "^{")
                yield from (*self.all(end, close), TexToken("sign", "}", close))
                end = close + 1
            elif found["mark"] is not None:
                yield from _tex("^", at)
                yield from (TexToken("sign", sign, at) for sign in "{(")
                # Letters side by side are those of several quantities.
                for part in _PARTS.findall(found["mark"]):
                    yield from _tex(self._letter(part) if part[0].isalpha() else part, at)
                yield from (TexToken("sign", sign, end - 1) for sign in ")}")
            elif found["sign"] == "[":
                end = self._closing(end, stop)
                yield from self._bracket(at, end)
                end += 1
            elif found["name"]:
                function = self._function(at, stop)
                end = at + len(function) if function else end
                yield from _tex(f"\\operatorname{{{function}}}" if function else
                                self._letter(found["name"]), at)  # fmt: skip
            else:
                yield from _plain(found, at)
            at = end

    def _function(self, at: int, stop: int) -> str:
        """Return the function that is called at a place, or nothing."""
        text = self.passage.text[at:stop]
        called = (f for f in self.functions if re.match(rf"{f}(?:[('] ?|(?<=log) )", text))
        return max(called, key=len, default="")

    def _letter(self, name: str) -> str:
        if name in self.names:
            return self.names[name]
        decomposed = unicodedata.normalize("NFD", name)
        if decomposed[-1] in ACCENTS:
            inner = self._letter(unicodedata.normalize("NFC", decomposed[:-1]))
            return f"\\{ACCENTS[decomposed[-1]]}{{{inner}}}"
        if len(name) > 1:
            return f"\\mathrm{{{name}}}"
        return greek(name)

    def _closing(self, start: int, stop: int, signs: str = "[]") -> int:
        """Return where the bracket is closed that opens before a place."""
        level = 1
        for at in range(start, stop):
            sign = self.passage.text[at]
            level += (sign == signs[0]) - (sign == signs[1])
            if level == 0:
                return at
        raise ReadingError("this bracket is not closed", self.passage, start - 1)

    def _bracket(self, at: int, close: int) -> Iterator[TexToken]:
        """Yield ``[t = T]`` as it is, and all else as a matrix: ``[a, b; c, d]``."""
        inner, level, start = self.passage.text[at + 1 : close], 0, at + 1
        if re.fullmatch(r"[^\[\];,]* = [^\[\];,]*", inner):
            yield TexToken("sign", "[", at)
            yield from (*self.all(start, close), TexToken("sign", "]", close))
            return
        yield TexToken("begin", "pmatrix", at)
        for place in range(at + 1, close):
            sign = self.passage.text[place]
            level += (sign in "([{") - (sign in ")]}")
            if level == 0 and sign in ",;":
                yield from self.all(start, place)
                edge = ("sign", "&") if sign == "," else ("line", "\\\\")
                yield TexToken(*edge, place)
                start = place + 1
        yield from (*self.all(start, close), TexToken("end", "pmatrix", close))


_ACCENTED = r"([^\W\d_])([\u0302-\u0304]?)"


def _index_letter(found: re.Match[str]) -> str:
    """Return a letter of an index, which may have an accent, as its command."""
    sign = greek(found[1])
    return f"\\{ACCENTS[found[2]]}{{{sign}}}" if found[2] else sign


def _plain(found: re.Match[str], at: int) -> Iterator[TexToken]:
    """Yield what depends on nothing else."""
    tex = ""
    if found["over"]:
        sign = "\\sum" if found["over"][0] == "Σ" else "\\prod"
        index = "".join(map(greek, found["index"]))
        tex = f"{sign}_{{{index}={found['low']}}}^{{{found['high']}}}"
    elif found["euler"]:
        tex = "\\mathrm{e}"
    elif found["bold"] or found["after"]:
        tex = "\\mathbf{1}"
    elif found["number"]:
        tex = found["number"]
    elif found["braced"] is not None or found["sub"]:
        below = re.sub(_ACCENTED, _index_letter, found["braced"] or found["sub"])
        below = below.replace("×", SIGNS["×"] + " ")
        tex = f"_{{{below}}}"
    elif found["exponent"]:
        tex = f"^{{{found['exponent']}}}"
    elif found["sign"]:
        tex = SIGNS.get(found["sign"], found["sign"])
    yield from _tex(tex, at)


def _tex(tex: str, at: int) -> Iterator[TexToken]:
    """Yield the words of TeX, all at one place of the plain text."""
    for word in tokens(Passage(tex)):
        if word.kind != "stop":
            yield TexToken(word.kind, word.text, at)
