"""Signs in the comments of code, for pdflatex, which knows only those that are declared."""

from __future__ import annotations

from derive.typesetting.lettering import GREEK

_SIGNS = {
    "⊙": r"\ensuremath{\odot}",
    "⊘": r"\ensuremath{\oslash}",
    "∇": r"\ensuremath{\nabla}",
    "∂": r"\ensuremath{\partial}",
    "√": r"\ensuremath{\surd}",
    "ᵀ": r"\ensuremath{^{\top}}",
    # Letters of code are all of one width, so that these stand above the one before.
    "\u0304": r"\llap{\textasciimacron}",
    "\u0303": r"\llap{\textasciitilde}",
    "\u0302": r"\llap{\textasciicircum}",
    **{letter: rf"\ensuremath{{\{word}}}" for word, letter in GREEK.items()},
}


def declared_signs() -> str:
    """Return what a preamble says of them."""
    made = (
        rf"\DeclareUnicodeCharacter{{{ord(sign):04X}}}{{{tex}}}" for sign, tex in _SIGNS.items()
    )
    return "\n".join([*made, ""])
