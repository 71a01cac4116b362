"""Sentences without any markup: for PDF bookmarks and properties, alternative texts, and widths."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

_WORDS = {
    "partial": "∂", "nabla": "∇", "top": "ᵀ", "odot": "⊙", "oslash": "⊘", "approx": "≈",
    "cdot": "·", "cdots": "⋯", "ldots": "…", "dots": "…", "sum": "Σ", "prod": "∏", "infty": "∞",
    "leq": "≤", "le": "≤", "geq": "≥", "ge": "≥", "neq": "≠", "ne": "≠", "times": "×", "in": "∈",
    "lVert": "‖", "rVert": "‖", "lvert": "|", "rvert": "|", "prime": "′", "phi": "ϕ", "varphi": "φ",
    "varepsilon": "ε", "lambda": "λ", "Lambda": "Λ",
}  # fmt: skip
_SILENT = (
    "mathbf|mathrm|mathit|mathcal|mathbb|boldsymbol|symbf|symup|symbfup|symbfit|operatorname|text"
    "|left|right|bigl|bigr|Bigl|Bigr|big|Big|displaystyle|textstyle|limits|overline"
    "|quad|qquad|begin|end"
)
_ACCENTS = {"bar": "\u0304", "hat": "\u0302", "tilde": "\u0303"}
_ACCENTED = re.compile(r"\\(bar|hat|tilde)\{(\\?\w+)\}")
_GROUP = re.compile(r"([_^]?)\{([^{}]*)\}")
_ONE = re.compile(r"\s*(?:\w+|\([^()]*\)|\W)\s*")
_BRACES = {0xE000: "{", 0xE001: "}"}
_BRACED = r"\{((?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*)\}"
_FRACTION = re.compile(rf"\\[dt]?frac\s*{_BRACED}\s*{_BRACED}")


def plain_mathematics(tex: str) -> str:
    """About how bare TeX reads; only for places that cannot hold mathematics."""
    tex = re.sub(r"\\textcolor(\[HTML\])?\{[^{}]*\}", "", tex)
    tex = re.sub(r"\\(?:begin|end)\{[^{}]*\}", "", tex)
    tex = _FRACTION.sub(lambda m: f"{_kept(m[1])}/{_kept(m[2])}", tex)
    tex = re.sub(rf"\\sqrt\s*{_BRACED}", r"sqrt(\1)", tex)
    tex = _ACCENTED.sub(lambda m: m[2] + _ACCENTS[m[1]], tex)
    tex = re.sub(rf"\\(?:{_SILENT})(?![A-Za-z])\*?", "", tex)
    tex = re.sub(r"\\([A-Za-z]+)\s*", lambda word: _word(word[1]), tex)
    tex = re.sub(r"\\[,;:!> ]|\\\\|[&~]", lambda t: " " if t.group() in "\\\\&~" else "", tex)
    # From within outwards; what stands below or above a letter keeps its braces where it needs them.
    while _GROUP.search(tex):
        tex = _GROUP.sub(lambda group: group[1] + _grouped(group[1], group[2]), tex)
    tex = tex.translate(_BRACES).replace("^ᵀ", "ᵀ").replace("^′", "′")
    return unicodedata.normalize("NFC", re.sub(r"\s+", " ", tex).strip())


def _kept(part: str) -> str:
    """Return a part of a fraction, in parentheses where it is a sum."""
    return f"({part})" if re.search(r"[+-](?!\})", part) else part


def _word(name: str) -> str:
    """Return the sign of a command, of a letter its Greek one, else its name."""
    if name not in _WORDS:
        size = "CAPITAL" if name[0].isupper() else "SMALL"
        try:
            return unicodedata.lookup(f"GREEK {size} LETTER {name.upper()}")
        except KeyError:
            return name
    return _WORDS[name]


def _grouped(sign: str, inner: str) -> str:
    return inner if not sign or _ONE.fullmatch(inner) else f"\ue000{inner}\ue001"


class Plain:
    """Markup for text that has none."""

    def text(self, text: str) -> str:
        """As it is."""
        return text

    def code(self, text: str) -> str:
        """As it is."""
        return text

    def address(self, url: str) -> str:
        """Return it as it is."""
        return url

    def math(self, tex: str) -> str:
        """About as it reads."""
        return plain_mathematics(tex)

    def marked(self, inner: str, strong: bool) -> str:
        """Unmarked."""
        return inner

    def number(self, anchor: str, number: str) -> str:
        """Return the number."""
        return number

    def link(self, anchor: str, inner: str) -> str:
        """Only what the link says."""
        return inner

    def in_code(self, anchor: str, inner: str) -> str:
        """Only what the reference says."""
        return inner

    def page(self, anchor: str) -> str:
        """Return nothing: there are no pages."""
        return ""

    def web(self, address: str, inner: str) -> str:
        """Only what the link says."""
        return inner

    def join(self, pieces: list[str]) -> str:
        """One after the other."""
        return "".join(pieces)

    def beside(self, words: str, said: str, anchors: Sequence[str]) -> str | None:
        """Return the words."""
        return words
