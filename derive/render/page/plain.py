"""Sentences without any markup: for PDF bookmarks and properties, alternative texts, and widths."""

from __future__ import annotations

import re

_WORDS = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "sigma": "σ", "theta": "θ", "phi": "φ",
    "lambda": "λ", "rho": "ρ", "xi": "ξ", "partial": "∂", "nabla": "∇", "top": "ᵀ", "odot": "⊙",
    "cdot": "·", "cdots": "⋯", "ldots": "…", "dots": "…", "sum": "Σ", "prod": "∏", "infty": "∞",
    "leq": "≤", "le": "≤", "geq": "≥", "ge": "≥", "neq": "≠", "ne": "≠", "times": "×", "in": "∈",
    "lVert": "‖", "rVert": "‖", "lvert": "|", "rvert": "|", "prime": "′",
}  # fmt: skip
_SILENT = (
    "mathbf|mathrm|mathit|mathcal|mathbb|boldsymbol|symbf|symup|symbfup|symbfit|operatorname|text"
    "|left|right|bigl|bigr|Bigl|Bigr|big|Big|displaystyle|textstyle|limits|bar|hat|tilde|overline"
    "|quad|qquad|begin|end"
)
_BRACED = r"\{((?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*)\}"
_FRACTION = re.compile(rf"\\[dt]?frac\s*{_BRACED}\s*{_BRACED}")


def plain_mathematics(tex: str) -> str:
    """About how bare TeX reads; only for places that cannot hold mathematics."""
    tex = re.sub(r"\\textcolor(\[HTML\])?\{[^{}]*\}", "", tex)
    tex = re.sub(r"\\(?:begin|end)\{[^{}]*\}", "", tex)
    tex = _FRACTION.sub(r"\1/\2", tex)
    tex = re.sub(rf"\\(?:{_SILENT})(?![A-Za-z])\*?", "", tex)
    tex = re.sub(r"\\([A-Za-z]+)\s*", lambda word: _WORDS.get(word.group(1), word.group(1)), tex)
    tex = re.sub(r"\\[,;:!> ]|\\\\|[{}&~]", lambda t: " " if t.group() in "\\\\&~" else "", tex)
    tex = tex.replace("^ᵀ", "ᵀ").replace("^′", "′")
    return re.sub(r"\s+", " ", tex).strip()


class Plain:
    """Markup for text that has none."""

    def text(self, text: str) -> str:
        """As it is."""
        return text

    def code(self, text: str) -> str:
        """As it is."""
        return text

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

    def page(self, anchor: str) -> str:
        """Return nothing: there are no pages."""
        return ""

    def web(self, address: str, inner: str) -> str:
        """Only what the link says."""
        return inner

    def join(self, pieces: list[str]) -> str:
        """One after the other."""
        return "".join(pieces)
