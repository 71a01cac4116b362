"""How the parts of a formula are put on paper by Typst.

Signs stand as themselves, and every index and mark in parentheses, which Typst does not print. What
is called beyond Typst's own functions is defined in ``templates/typst/macros.typ``.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import ClassVar

from derive.typesetting.glyphs import FUNCTION_LETTERS, as_decimal, power_of_ten
from derive.typesetting.lettering import GREEK, Letter
from derive.typesetting.notation import Notation
from derive.typesetting.palette import step_colours
from derive.typesetting.typstletters import (
    typst_index,
    typst_mark,
    typst_string,
    typst_symbol,
)

_TENTH = re.compile(r"10\^\(-\d+\)")
"""A power of ten."""

_WORD = re.compile(r'upright\("[^"]{2,}"\)')
"""A name of several letters."""

_FUNCTIONS = frozenset(GREEK[letter] for letter in FUNCTION_LETTERS)

_OPENING = re.compile(r"(?:lag\d+of\d+\()*(?:(?:big|bigger|huge|huger)?\(|mat\()")
"""What opens with a parenthesis."""

_HIGH = ("frac(", "∑", "∏", "mat(")
"""What makes parentheses grow."""

_SIDE = ("frac(", "(", "⋯")
"""What nearly touches a fraction before it."""


class TypstGlyphs:
    """The mathematics of Typst."""

    dot, times, plus, minus = " ", " ⊙ ", " + ", " - "
    dots, divide = "⋯", " ⊘ "
    ones, identity, zero, by = "bold(1)", "I", "0", " × "
    euler = 'upright("e")'
    _named: ClassVar[frozenset[str]] = frozenset(("tanh", "log", "exp", "sin", "cos", "max", "min"))
    _words: ClassVar[dict[str, str]] = {
        "leaky_relu": 'op("leakyrelu")',
        "sigmoid": "σ",
        "rho": "ρ",
        "sigma_max": "σ_(max)",
        "sigma_min": "σ_(min)",
    }
    _sizes = ("", "big", "bigger", "huge", "huger")

    def __init__(self, notation: Notation, slashed: bool = False) -> None:
        self.notation = notation
        self.slashes = slashed
        self.used: dict[str, str] = {}

    def symbol(self, letter: Letter, sub: str = "", sup: str = "") -> str:
        base, _, own_sub = letter.name.partition("_")
        text = typst_symbol(base, self.notation.typst)
        subs = ",".join(s for s in (typst_index(own_sub), sub) if s)
        marks = " ".join(typst_mark(mark, self.notation.typst) for mark in letter.marks)
        sups = f"({marks})" if letter.marks else sup
        return text + (f"_({subs})" if subs else "") + (f"^({sups})" if sups else "")

    def word(self, name: str) -> str:
        # A parenthesis right behind a word would be that of a call.
        if name in self._named:
            return f"{name} "
        return self._words.get(name, f"op({typst_string(name)})") + " "

    def prime(self, function: str) -> str:
        return f"{self.word(function).rstrip()}' "

    def levels(self, inner: str) -> int:
        """Return how many levels of parentheses are seen in a text, those of indices and calls not."""
        seen: list[bool] = []
        deepest = 0
        for at, sign in enumerate(inner):
            if sign == "(":
                before = inner[at - 1] if at else " "
                seen.append(not (before.isalnum() or before in "_^"))
                deepest = max(deepest, sum(seen))
            elif sign == ")":
                seen.pop()
        return deepest

    def paren(self, inner: str, depth: int) -> str:
        if any(sign in inner for sign in _HIGH):
            return f"({inner})"
        size = self._sizes[min(depth, len(self._sizes) - 1)]
        return f"{size}(({inner}))" if size else f"({inner})"

    def parted(self, inner: str) -> tuple[str, str]:
        # To Typst a parenthesis that is not closed on its line is none.
        high = any(sign in inner for sign in _HIGH)
        depth = 3 if high else max(self.levels(inner) - 1, 0)
        size = self._sizes[min(depth, len(self._sizes) - 1)] or "plain"
        return f"{size}open ", f" {size}close"

    def transposed(self, base: str) -> str:
        if self.slashes and base.startswith("∂"):
            # Behind a slash the sign would be read as that of what stands below it.
            base = f"({base})"
        # Above the bar of a fraction the sign would belong to what stands there.
        base = f"({base})" if base.startswith("frac(") else base
        return f"{self._held(base)}^(⊤)"

    def power(self, base: str, exponent: int | str) -> str:
        # A bare slash would make a fraction.
        above = re.sub(r"(?<!\\)/", r"\\/", str(exponent))
        return f"{self._held(base)}^({above})"

    def _held(self, base: str) -> str:
        """Return what something may stand above; of what has something there already, a whole."""
        level, at = 0, len(base)
        while base.endswith(")") and (level or at == len(base)):
            at -= 1
            level += (base[at] == ")") - (base[at] == "(")
        return f"held({base})" if base[:at].endswith("^") else base

    def root(self, inner: str) -> str:
        return f"sqrt({inner})"

    def indicator(self, left: str, right: str) -> str:
        return f"[{left} = {right}]"

    def fraction(self, above: str, below: str) -> str:
        return f"{above} \\/ {below}" if self.slashes else f"frac({above}, {below})"

    def derivative(self, num: str, den: str, immediate: bool) -> str:
        sign = "∂^(+)" if immediate else "∂"
        if self.slashes:
            return f"{sign} {num} \\/ ∂ {den}"
        return f"frac({sign} {num}, ∂ {den})"

    def product(self, factors: list[str]) -> str:
        text = factors[0]
        for before, factor in pairwise(factors):
            # A power of ten stands apart from what it scales.
            if _TENTH.fullmatch(before):
                text += " dot " + factor
                continue
            # Behind the letter of a function a factor in parentheses would be its argument.
            if before in _FUNCTIONS and _OPENING.match(factor):
                text += " dot " + factor
                continue
            # Nor does a word in upright letters end where its neighbour begins.
            apart = _WORD.match(before) or _WORD.match(factor)
            # Two fractions side by side would nearly touch.
            close = "frac(" in before and factor.startswith(_SIDE)
            text += (" thin " if apart or close else self.dot) + factor
        return text

    def gradient(self, num: str, den: str) -> str:
        return f"∇_({den}) {num}"

    def over(self, big: str, index: str, low: str, high: str) -> str:
        return f"{ {'sum': '∑', 'prod': '∏'}[big] }_({index}={low})^({high}) "

    def entry(self, inner: str, indices: list[str]) -> str:
        return f"{self.paren(inner, 0)}_({','.join(indices)})"

    def norm(self, inner: str) -> str:
        return f"norm({inner})_(2)"

    def matrix(self, rows: list[list[str]]) -> str:
        return f"mat({'; '.join(', '.join(row) for row in rows)})"

    def numbers(self, rows: list[list[str]]) -> str:
        if len(rows) > 1:
            return self.matrix(rows)
        return rows[0][0] if len(rows[0]) == 1 else "(" + ", ".join(rows[0]) + ")"

    def sized(self, matrix: str, size: str) -> str:
        return f"{matrix}_({size})"

    def number(self, p: int, q: int) -> str:
        if power := power_of_ten(p, q):
            return f"10^(-{power})"
        return str(p) if q == 1 else as_decimal(p, q) or f"tfrac({p}, {q})"

    def coloured(self, inner: str, step: int, steps: int) -> str:
        colour = step_colours(steps).get(step)
        if colour is None:
            return inner
        name = f"lag{steps - step}of{steps}"
        self.used[name] = colour
        return f"{name}({inner})"

    def relation(self, sign: str, doubted: bool) -> str:
        """Return the sign between two sides."""
        text = {"<=": "≤", "!=": "≠", "=": "=", "~": "≈"}[sign]
        return f" doubted({text}) " if doubted else f" {text} "
