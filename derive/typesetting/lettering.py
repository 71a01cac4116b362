"""How a quantity's name becomes letters: Greek, accents, words as indices.

``alpha`` is α, ``htilde`` is h with a tilde, ``W_in`` is W with an upright "in".  A notation's own
symbols come first.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping

_GREEK = dict(
    zip(
        "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau "
        "upsilon phi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Phi Psi Omega".split(),
        "αβγδεζηθικλμνξπρστυφχψωΓΔΘΛΞΠΣΦΨΩ",
        strict=True,
    )
)
_ACCENTS = {"tilde": "\u0303", "hat": "\u0302", "bar": "\u0304"}
_SHORT_WORDS = {"in"}
"""Two letters are two indices (b_ih: from i to h), but for these."""


def tex_symbol(name: str, symbols: Mapping[str, str]) -> str:
    """Return the TeX of a name without index."""
    if name in symbols:
        return symbols[name]
    base, accent = _accented(name)
    if accent:
        return rf"\{accent}{{{tex_symbol(base, symbols)}}}"
    if name in _GREEK:
        return rf"\{name}"
    return name if len(name) == 1 else rf"\mathrm{{{name}}}"


def plain_symbol(name: str, symbols: Mapping[str, str]) -> str:
    """Return the plain text of a name without index."""
    if name in symbols:
        return symbols[name]
    base, accent = _accented(name)
    if accent:
        return plain_symbol(base, symbols) + _ACCENTS[accent]
    return _GREEK.get(name, name)


def tex_index(text: str) -> str:
    """Return the TeX of an index that is part of a name."""
    if text.isalpha() and (len(text) > 2 or text in _SHORT_WORDS):
        return rf"\mathrm{{{text}}}"
    return text


def _accented(name: str) -> tuple[str, str]:
    for accent in _ACCENTS:
        if name.endswith(accent) and len(name) > len(accent):
            return name.removesuffix(accent), accent
    return name, ""


def spelled(name: str) -> str:
    """Return a name with its Greek letters and accents as the words that print as them."""
    letters = {sign: word for word, sign in _GREEK.items()}
    accents = {sign: word for word, sign in _ACCENTS.items()}
    return "".join((letters | accents).get(c, c) for c in unicodedata.normalize("NFD", name))
