"""How the parts of a formula are put on paper: in TeX, and in plain text."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import pairwise
from typing import ClassVar, Protocol

from derive.typesetting.lettering import (
    ACCENTED,
    GREEK,
    Letter,
    plain_index,
    plain_mark,
    plain_symbol,
    tex_index,
    tex_mark,
    tex_symbol,
)
from derive.typesetting.notation import Notation
from derive.typesetting.palette import step_colours


class Glyphs(Protocol):
    """The vocabulary of a printer; every argument is already printed."""

    dot: str
    times: str
    plus: str
    minus: str
    dots: str
    divide: str
    ones: str
    identity: str
    zero: str
    by: str
    euler: str
    slashes: bool

    def symbol(self, letter: Letter, sub: str = "", sup: str = "") -> str: ...
    def word(self, name: str) -> str: ...
    def prime(self, function: str) -> str: ...
    def levels(self, inner: str) -> int: ...
    def paren(self, inner: str, depth: int) -> str: ...
    def parted(self, inner: str) -> tuple[str, str]: ...
    def transposed(self, base: str) -> str: ...
    def power(self, base: str, exponent: int | str) -> str: ...
    def root(self, inner: str) -> str: ...
    def indicator(self, left: str, right: str) -> str: ...
    def fraction(self, above: str, below: str) -> str: ...
    def derivative(self, num: str, den: str, immediate: bool) -> str: ...
    def product(self, factors: list[str]) -> str: ...
    def gradient(self, num: str, den: str) -> str: ...
    def over(self, big: str, index: str, low: str, high: str) -> str: ...
    def entry(self, inner: str, indices: list[str]) -> str: ...
    def norm(self, inner: str) -> str: ...
    def matrix(self, rows: list[list[str]]) -> str: ...
    def numbers(self, rows: list[list[str]]) -> str: ...
    def sized(self, matrix: str, size: str) -> str: ...
    def number(self, p: int, q: int) -> str: ...
    def coloured(self, inner: str, step: int, steps: int) -> str: ...
    def relation(self, sign: str, doubted: bool) -> str: ...


def levels(inner: str) -> int:
    """Return how many levels of parentheses a text has."""
    level = deepest = 0
    for sign in inner:
        level += (sign == "(") - (sign == ")")
        deepest = max(deepest, level)
    return deepest


def _beside(texts: Iterable[str]) -> str:
    """Return TeX side by side: a command ends before a letter."""
    text = ""
    for part in texts:
        text += " " * (re.search(r"\\[A-Za-z]+$", text) is not None and part[:1].isalpha()) + part
    return text


_TENTH = re.compile(r"10\^\{-\d+\}")
"""A power of ten."""

_WORD = re.compile(r"\\mathrm\{\w{2,}\}")
"""A name of several letters."""

FUNCTION_LETTERS = ("sigma", "rho")
"""Greek letters that are functions too: what is in parentheses behind one reads as its argument."""

_FUNCTIONS = frozenset(rf"\{letter}" for letter in FUNCTION_LETTERS)

_FUNCTION_SIGNS = frozenset(GREEK[letter] for letter in FUNCTION_LETTERS)

_OPENING = re.compile(
    r"(?:\\textcolor\{#?\w+\}\{)*(?:(?:\\left|\\[bB]igg?l)?\(|\\begin\{pmatrix\})"
)
"""What opens with a parenthesis."""


def power_of_ten(p: int, q: int) -> int:
    """Return n where p/q is 10 to the power −n and n is 2 or more; else 0."""
    power = len(str(q)) - 1
    return power if p == 1 and power > 1 and q == 10**power else 0


MOST_PARTS = 100
"""A fraction with a larger denominator is set as a decimal, if it is one."""


def as_decimal(p: int, q: int) -> str:
    """Return the decimal that a fraction of many parts is, or nothing: 30326533/50000000."""
    rest = q
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    if q <= MOST_PARTS or rest != 1:
        return ""
    places = next(n for n in range(1, q.bit_length() + 1) if 10**n % q == 0)
    whole, part = divmod(p * 10**places // q, 10**places)
    return f"{whole}.{part:0{places}d}"


class TexGlyphs:
    """TeX that LaTeX, KaTeX and MathJax all read."""

    dot, times, plus, minus = " ", r" \odot ", " + ", " - "
    dots, divide = r"\cdots", r" \oslash "
    ones, identity, zero, by = r"\mathbf{1}", "I", "0", r" \times "
    euler = r"\mathrm{e}"
    _words: ClassVar[dict[str, str]] = {
        "tanh": r"\tanh",
        "log": r"\log",
        "exp": r"\exp",
        "sin": r"\sin",
        "cos": r"\cos",
        "max": r"\max",
        "min": r"\min",
        "leaky_relu": r"\operatorname{leakyrelu}",
        "sigmoid": r"\sigma",
        "rho": r"\rho",
        "sigma_max": r"\sigma_{\max}",
        "sigma_min": r"\sigma_{\min}",
    }
    _sizes = ("", r"\big", r"\Big", r"\bigg", r"\Bigg")

    def __init__(
        self,
        notation: Notation,
        colours: dict[int, dict[int, str]] | None,
        named: bool,
        slashed: bool = False,
    ) -> None:
        self.notation = notation
        self.slashes = slashed
        self._colours = colours
        self._named = named
        self.used: dict[str, str] = {}

    def symbol(self, letter: Letter, sub: str = "", sup: str = "") -> str:
        base, _, own_sub = letter.name.partition("_")
        text = tex_symbol(base, self.notation.symbols)
        subs = ",".join(s for s in (tex_index(own_sub), sub) if s)
        # J.h,c is the block of J that leads from c to h: both are names themselves.
        marks = _beside(tex_mark(mark, self.notation.symbols) for mark in letter.marks)
        sups = f"({marks})" if letter.marks else sup
        return text + (f"_{{{subs}}}" if subs else "") + (f"^{{{sups}}}" if sups else "")

    def word(self, name: str) -> str:
        return self._words.get(name, rf"\operatorname{{{name}}}")

    def prime(self, function: str) -> str:
        return f"{self.word(function)}'"

    def levels(self, inner: str) -> int:
        return levels(inner)

    def paren(self, inner: str, depth: int) -> str:
        if self._is_high(inner):
            return rf"\left({inner}\right)"
        size = self._sizes[min(depth, len(self._sizes) - 1)]
        return f"({inner})" if not size else f"{size}l({inner}{size}r)"

    def parted(self, inner: str) -> tuple[str, str]:
        # They stand on two lines, where none can grow with what is between them.
        depth = 3 if self._is_high(inner) else max(levels(inner) - 1, 0)
        size = self._sizes[min(depth, len(self._sizes) - 1)]
        return (f"{size}l(", f"{size}r)") if size else ("(", ")")

    def _is_high(self, inner: str) -> bool:
        return any(sign in inner for sign in (r"\frac", r"\sum", r"\prod", r"\begin"))

    def transposed(self, base: str) -> str:
        if self.slashes and base.startswith(r"\partial"):
            # Behind a slash the sign would be read as that of what stands below it.
            base = rf"\left({base}\right)"
        # Above the bar of a fraction the sign would belong to what stands there.
        base = rf"\left({base}\right)" if base.startswith(r"\frac") else base
        return self.power(base, r"\top")

    def power(self, base: str, exponent: int | str) -> str:
        # TeX takes one thing above another: what has something there already is put in braces. Round a
        # letter with an accent TeX drops them, and finds two things above it.
        held = base
        if "^" in base and not base.endswith(")"):
            held = self.paren(base, 0) if base.startswith(ACCENTED) else f"{{{base}}}"
        return f"{held}^{{{exponent}}}"

    def root(self, inner: str) -> str:
        return rf"\sqrt{{{inner}}}"

    def indicator(self, left: str, right: str) -> str:
        # Iverson's bracket; Kronecker's delta would be taken for an adjoint.
        return f"[{left} = {right}]"

    def fraction(self, above: str, below: str) -> str:
        return f"{above} / {below}" if self.slashes else rf"\frac{{{above}}}{{{below}}}"

    def derivative(self, num: str, den: str, immediate: bool) -> str:
        sign = r"\partial^{+}" if immediate else r"\partial"
        if self.slashes:
            return rf"{sign} {num} / \partial {den}"
        return rf"\frac{{{sign} {num}}}{{\partial {den}}}"

    def product(self, factors: list[str]) -> str:
        # Two fractions side by side would nearly touch.
        text = factors[0]
        for before, factor in pairwise(factors):
            # A power of ten stands apart from what it scales.
            if _TENTH.fullmatch(before):
                text += r" \cdot " + factor
                continue
            # Behind the letter of a function a factor in parentheses would be its argument.
            if before in _FUNCTIONS and _OPENING.match(factor):
                text += r" \cdot " + factor
                continue
            # Nor does a word in upright letters end where its neighbour begins.
            if _WORD.match(before) or _WORD.match(factor):
                text += r" \, " + factor
                continue
            close = r"\frac" in before and factor.startswith((r"\frac", r"\left(", r"\cdots"))
            text += (r" \, " if close else self.dot) + factor
        return text

    def gradient(self, num: str, den: str) -> str:
        return rf"\nabla_{{{den}}} {num}"

    def over(self, big: str, index: str, low: str, high: str) -> str:
        return rf"\{big}_{{{index}={low}}}^{{{high}}} "

    def entry(self, inner: str, indices: list[str]) -> str:
        return f"{self.paren(inner, 0)}_{{{','.join(indices)}}}"

    def norm(self, inner: str) -> str:
        if r"\frac" in inner or r"\prod" in inner:
            return rf"\left\lVert {inner} \right\rVert_{{2}}"
        return rf"\lVert {inner} \rVert_{{2}}"

    def matrix(self, rows: list[list[str]]) -> str:
        body = r" \\ ".join(" & ".join(row) for row in rows)
        return rf"\begin{{pmatrix}} {body} \end{{pmatrix}}"

    def numbers(self, rows: list[list[str]]) -> str:
        if len(rows) > 1:
            return self.matrix(rows)
        return rows[0][0] if len(rows[0]) == 1 else "(" + r",\; ".join(rows[0]) + ")"

    def sized(self, matrix: str, size: str) -> str:
        return f"{matrix}_{{{size}}}"

    def number(self, p: int, q: int) -> str:
        if power := power_of_ten(p, q):
            return rf"10^{{-{power}}}"
        return str(p) if q == 1 else as_decimal(p, q) or rf"\tfrac{{{p}}}{{{q}}}"

    def coloured(self, inner: str, step: int, steps: int) -> str:
        if self._colours is None:
            return inner
        if steps not in self._colours:
            self._colours[steps] = step_colours(steps)
        colour = self._colours[steps].get(step)
        if colour is None:
            return inner
        if not self._named:
            return rf"\textcolor{{#{colour}}}{{{inner}}}"
        name = f"lag{steps - step}of{steps}"
        self.used[name] = colour
        return rf"\textcolor{{{name}}}{{{inner}}}"

    def relation(self, sign: str, doubted: bool) -> str:
        text = {"<=": r"\le", "!=": r"\ne", "=": "=", "~": r"\approx"}[sign]
        return rf" \overset{{?}}{{{text}}} " if doubted else f" {text} "


class PlainGlyphs:
    """One line of text."""

    dot, times, plus, minus = " ", " ⊙ ", " + ", " - "
    dots, divide = "…", " ⊘ "
    ones, identity, zero, by = "1", "I", "0", " × "
    euler = "e"
    slashes = True

    def __init__(self, notation: Notation) -> None:
        self.notation = notation

    def symbol(self, letter: Letter, sub: str = "", sup: str = "") -> str:
        base, _, own_sub = letter.name.partition("_")
        text = plain_symbol(base, self.notation.plain)
        subs = ",".join(s for s in (plain_index(own_sub), sub) if s)
        brace = f"_{subs}" if re.fullmatch(r"\w*", subs) else f"_{{{subs}}}"
        marks = "".join(plain_mark(mark, self.notation.plain) for mark in letter.marks)
        sups = marks or sup
        return text + (brace if subs else "") + (f"^({sups.strip('()')})" if sups else "")

    def word(self, name: str) -> str:
        return name

    def prime(self, function: str) -> str:
        return f"{function}'"

    def levels(self, inner: str) -> int:
        return levels(inner)

    def paren(self, inner: str, depth: int) -> str:
        return f"({inner})"

    def parted(self, inner: str) -> tuple[str, str]:
        return "(", ")"

    def transposed(self, base: str) -> str:
        return f"{base}ᵀ"

    def indicator(self, left: str, right: str) -> str:
        return f"[{left} = {right}]"

    def fraction(self, above: str, below: str) -> str:
        return f"{above}/{below}"

    def power(self, base: str, exponent: int | str) -> str:
        # Parentheses are for marks: W^(k) is the copy of W at step k.
        return f"{base}^{exponent}" if str(exponent).isalnum() else f"{base}^{{{exponent}}}"

    def root(self, inner: str) -> str:
        return f"sqrt({inner})"

    def derivative(self, num: str, den: str, immediate: bool) -> str:
        return f"(∂{'⁺' if immediate else ''}{num}/∂{den})"

    def product(self, factors: list[str]) -> str:
        text = factors[0]
        for before, factor in pairwise(factors):
            # Behind the letter of a function a factor in parentheses would be its argument.
            called = before in _FUNCTION_SIGNS and factor.startswith("(")
            # A number and a column of ones would be read as two numbers.
            digits = before.isdigit() and before != "1" and factor == "1"
            text += (" · " if called or digits else self.dot) + factor
        return text

    def gradient(self, num: str, den: str) -> str:
        return f"∇[{den}] {num}"

    def over(self, big: str, index: str, low: str, high: str) -> str:
        return f"{ {'sum': 'Σ', 'prod': 'Π'}[big] }[{index}={low}..{high}] "

    def entry(self, inner: str, indices: list[str]) -> str:
        below = indices[0] if len(indices) == 1 else f"{{{','.join(indices)}}}"
        # A derivative stands in parentheses of its own.
        return f"{inner}_{below}" if inner.startswith("(∂") else f"({inner})_{below}"

    def norm(self, inner: str) -> str:
        return f"‖{inner}‖₂"

    def matrix(self, rows: list[list[str]]) -> str:
        return "[" + "; ".join(", ".join(row) for row in rows) + "]"

    def numbers(self, rows: list[list[str]]) -> str:
        return rows[0][0] if len(rows) == len(rows[0]) == 1 else self.matrix(rows)

    def sized(self, matrix: str, size: str) -> str:
        return f"{matrix}_{{{size.replace(' ', '')}}}"

    def number(self, p: int, q: int) -> str:
        if power := power_of_ten(p, q):
            return f"10^{{-{power}}}"
        return str(p) if q == 1 else as_decimal(p, q) or f"{p}/{q}"

    def coloured(self, inner: str, step: int, steps: int) -> str:
        return inner

    def relation(self, sign: str, doubted: bool) -> str:
        text = {"<=": "≤", "!=": "≠", "=": "=", "~": "≈"}[sign]
        return f" {text}? " if doubted else f" {text} "
