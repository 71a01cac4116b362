r"""The signs that a reader sees where TeX has words: ``\odot`` is ⊙, ``\delta`` is δ."""

from __future__ import annotations

import unicodedata

from derive.reading.tokens import GREEK

SIGNS = {
    "\\partial": "∂", "\\nabla": "∇", "\\sum": "∑", "\\prod": "∏", "\\odot": "⊙", "\\oslash": "⊘",
    "\\cdot": "⋅", "\\times": "×", "\\cdots": "⋯", "\\top": "⊤", "\\leq": "≤", "\\geq": "≥",
    "\\neq": "≠", "\\approx": "≈", "\\lVert": "‖", "\\rVert": "‖", "\\vert": "|", "\\prime": "′",
    "\\infty": "∞", "-": "−", "'": "′",
}  # fmt: skip
"""Words and signs of TeX, by what is seen of them."""

NAMED = ("tanh", "log", "exp", "max", "min", "sin", "cos")
"""Functions that are commands of TeX: their names are seen, in upright letters."""

_VARIANTS = {"\\epsilon": "εϵ", "\\varepsilon": "εϵ", "\\phi": "ϕ", "\\varphi": "φ",
             "\\vartheta": "ϑ", "\\varpi": "ϖ", "\\varrho": "ϱ", "\\varsigma": "ς",
             "\\ell": "ℓ"}  # fmt: skip


def letter_signs(text: str) -> str:
    """Return a letter of TeX as one is seen; of two, either may be."""
    if text in _VARIANTS:
        return _VARIANTS[text]
    name = text[1:]
    if not text.startswith("\\") or name not in GREEK:
        return text
    size = "CAPITAL" if name[0].isupper() else "SMALL"
    # Unicode spells one of them in another way.
    spelled = name.upper().replace("LAMBDA", "LAMDA")
    return unicodedata.lookup(f"GREEK {size} LETTER {spelled}")
