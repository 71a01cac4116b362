"""Faults that are planted in what prints formulas: each must be found in the text, by name.

A fault says what is replaced, and by what: a function that is given the right one. The documents in
which it shows are small ones.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Replaced = Callable[..., Any]

GLYPHS = "derive.typesetting.glyphs.TexGlyphs"
PRINTER = "derive.typesetting.printing.Printer"
NODES = "derive.typesetting.nodes"
LAYOUT = "derive.typesetting.layout"
LETTERS = "derive.typesetting.glyphs"


@dataclass(frozen=True)
class Fault:
    """One fault: its name, the document that shows it, what is replaced, and by what."""

    name: str
    document: str
    target: str
    make: Callable[[Any], Any]


def _text(change: Callable[[Any], Any]) -> Callable[[Replaced], Replaced]:
    """Return what changes the text that the right function returns."""

    def make(right: Replaced) -> Replaced:
        return lambda *args, **kwargs: change(right(*args, **kwargs))

    return make


def _instead(function: Callable[..., Any]) -> Callable[[Replaced], Replaced]:
    return lambda right: lambda *args, **kwargs: function(right, *args, **kwargs)


def _once(function: Callable[..., Any]) -> Callable[[Replaced], Replaced]:
    """Return what does it at the first call only: a single slip in a long document."""

    def make(right: Replaced) -> Replaced:
        done: list[bool] = []

        def run(*args: Any, **kwargs: Any) -> Any:
            changed = right(*args, **kwargs) if done else function(right, *args, **kwargs)
            if changed != right(*args, **kwargs):
                done.append(True)
            return changed

        return run

    return make


def _sub(pattern: str, by: str) -> Callable[[Replaced], Replaced]:
    return _text(lambda text: re.sub(pattern, by, text, count=1))


FAULTS = (
    # Signs.
    Fault("a lost minus between terms", "elman-2", f"{NODES}.summed",
          _instead(lambda right, terms, *more: right(
              [term._replace(negative=False) for term in terms], *more))),
    Fault("a minus for a plus", "elman-2", f"{NODES}.summed",
          _instead(lambda right, terms, *more: right(
              [term._replace(negative=True) for term in terms], *more))),
    Fault("a lost leading minus", "elman-2", f"{PRINTER}.text",
          _instead(lambda right, self, expr, least=0: right(self, expr, least).lstrip("-"))),
    Fault("a sign that is lost at a line break", "elman-5", f"{LAYOUT}._broken",
          _text(lambda lines: [line.replace("{} + ", "") for line in lines])),
    Fault("a term that is lost at a line break", "elman-5", f"{LAYOUT}._broken",
          _text(lambda lines: [lines[0], *lines[2:]])),
    Fault("dots that are lost at a line break", "state_inside-9", f"{LAYOUT}._broken",
          _text(lambda lines: [line.replace(r" + \cdots", "") for line in lines])),
    Fault("a line that is written twice", "elman-5", f"{LAYOUT}._broken",
          _text(lambda lines: [*lines, lines[-1]])),
    # Marks.
    Fault("a lost transpose", "elman-2", f"{GLYPHS}.transposed",
          _instead(lambda right, self, base: base)),
    Fault("one lost transpose", "elman-2", f"{GLYPHS}.transposed",
          _once(lambda right, self, base: base)),
    Fault("a transpose of too much", "elman-2", f"{GLYPHS}.product",
          _sub(r"^V\^\{\\top\} (.*)$", r"(V \1)^{\\top}")),
    Fault("a transpose that is moved to the other factor", "elman-2", f"{GLYPHS}.product",
          _sub(r"^(\\delta_\{t\}) (s_\{t-1\})\^\{\\top\}$", r"\1^{\\top} \2")),
    Fault("a lost prime", "irnn-2", f"{GLYPHS}.prime",
          _instead(lambda right, self, function: self.word(function))),
    Fault("a lost plus of an immediate derivative", "elman-2", f"{GLYPHS}.derivative",
          _instead(lambda right, self, num, den, immediate: right(self, num, den, False))),
    Fault("a plus too many at a derivative", "elman-2", f"{GLYPHS}.derivative",
          _instead(lambda right, self, num, den, immediate: right(self, num, den, True))),
    Fault("a lost tilde", "gru-1", f"{LETTERS}.tex_symbol", _sub(r"\\tilde\{(\w)\}", r"\1")),
    Fault("a lost bar", "lstm-2", f"{LETTERS}.tex_symbol", _sub(r"\\bar\{(.*)\}", r"\1")),
    # Letters and indices.
    Fault("W printed as U", "elman-2", f"{LETTERS}.tex_symbol", _sub("^W$", "U")),
    Fault("U printed as W once", "elman-2", f"{LAYOUT}.display",
          _once(lambda right, printer, equation: right(printer, equation).replace("U", "W", 1))),
    Fault("the output printed as the target", "elman-2", f"{LETTERS}.tex_symbol", _sub("^o$", "y")),
    Fault("a letter of no quantity", "elman-2", f"{LETTERS}.tex_symbol", _sub("^V$", "C")),
    Fault("an index one too far", "elman-2", f"{PRINTER}.index", _sub(r"^t-1$", "t-2")),
    Fault("a lost shift of an index", "elman-2", f"{PRINTER}.index", _sub(r"^t\+1$", "t")),
    Fault("t for T", "elman-2", f"{PRINTER}.index", _sub("^T$", "t")),
    Fault("T for the last step", "elman-2", f"{PRINTER}.index", _sub("^2$", "T")),
    Fault("swapped subscripts", "elman-2", f"{GLYPHS}.symbol",
          _sub(r"\\delta_\{(\w),(\w)\}", r"\\delta_{\2,\1}")),
    Fault("a lost subscript", "elman-2", f"{GLYPHS}.symbol",
          _sub(r"\\delta_\{(\w),(\w)\}", r"\\delta_{\1}")),
    Fault("a gate's mark for another's", "lstm-2", f"{GLYPHS}.symbol", _sub(r"\^\{\(i\)\}", "^{(f)}")),
    Fault("the blocks of a Jacobian swapped", "lstm-2", f"{GLYPHS}.symbol",
          _sub(r"\^\{\(hc\)\}", "^{(ch)}")),
    Fault("a parameter's index for another's", "lstm-2", f"{GLYPHS}.symbol", _sub("W_{i}", "W_{f}")),
    Fault("the copy of another step", "elman-2", f"{GLYPHS}.symbol", _sub(r"\^\{\(1\)\}", "^{(2)}")),
    # Bounds, products and powers.
    Fault("a sum that begins one too early", "elman-2", f"{GLYPHS}.over",
          _instead(lambda right, self, big, index, low, high: right(
              self, big, index, low.replace("1", "0"), high))),
    Fault("a sum that ends one too late", "elman-2", f"{GLYPHS}.over",
          _instead(lambda right, self, big, index, low, high: right(
              self, big, index, low, high + "+1"))),
    Fault("swapped bounds", "elman-2", f"{GLYPHS}.over",
          _instead(lambda right, self, big, index, low, high: right(self, big, index, high, low))),
    Fault("a sum for a product", "elman-2", f"{GLYPHS}.over",
          _instead(lambda right, self, big, *args: right(self, "sum", *args))),
    Fault("another bound index", "elman-2", f"{GLYPHS}.over",
          _instead(lambda right, self, big, index, low, high: right(self, big, "i", low, high))),
    Fault("a lost factor", "elman-2", f"{GLYPHS}.product",
          _instead(lambda right, self, factors: right(self, factors[:-1] or factors))),
    Fault("a factor that is written twice", "elman-2", f"{GLYPHS}.product",
          _instead(lambda right, self, factors: right(self, [factors[0], *factors]))),
    Fault("factors in the wrong order", "elman-2", f"{GLYPHS}.product",
          _instead(lambda right, self, factors: right(self, factors[::-1]))),
    Fault("a factor beside dots that is another's", "elman-9", f"{GLYPHS}.product",
          _instead(lambda right, self, factors: right(self, factors).replace(
              r"\cdots \frac{\partial s_{2}", r"\cdots \frac{\partial s_{3}"))),
    Fault("a lost square", "elman-2", f"{GLYPHS}.power",
          _instead(lambda right, self, base, exponent: base)),
    Fault("a cube for a square", "elman-2", f"{GLYPHS}.power",
          _instead(lambda right, self, base, exponent: right(
              self, base, str(exponent).replace("2", "3")))),
    Fault("lost parentheses", "elman-2", f"{GLYPHS}.paren",
          _instead(lambda right, self, inner, depth: inner)),
    Fault("a fraction upside down", "elman-2", f"{GLYPHS}.derivative",
          _instead(lambda right, self, num, den, immediate: right(self, den, num, immediate))),
    Fault("a gradient of the wrong loss", "elman-2", f"{GLYPHS}.gradient",
          _instead(lambda right, self, num, den: right(self, num.replace("{2}", "{1}"), den))),
    Fault("a lost norm", "elman-2", f"{GLYPHS}.norm", _instead(lambda right, self, inner: inner)),
    Fault("another function", "elman-2", f"{GLYPHS}.word",
          _instead(lambda right, self, name: right(self, "sigmoid" if name == "tanh" else name))),
    Fault("an entry by entry product for a quotient", "elman-2", f"{GLYPHS}.divide",
          lambda right: r" \odot "),
    Fault("a matrix with swapped rows", "lstm-2", f"{GLYPHS}.matrix",
          _instead(lambda right, self, rows: right(self, rows[::-1]))),
    Fault("a matrix that is transposed", "lstm-2", f"{GLYPHS}.matrix",
          _instead(lambda right, self, rows: right(self, [list(c) for c in zip(*rows, strict=True)]))),
    # Numbers and colours.
    Fault("a digit changed", "elman-2", f"{GLYPHS}.numbers", _sub("3", "8")),
    Fault("a lost decimal point", "elman-2", f"{GLYPHS}.numbers", _sub(r"\.", "")),
    Fault("a lost minus of a number", "elman-2", f"{GLYPHS}.numbers", _sub("-", "")),
    Fault("a half for a third", "mse-2", f"{GLYPHS}.number",
          _instead(lambda right, self, p, q: right(self, p, q + 1 if q > 1 else q))),
    Fault("colours in the wrong order", "elman-3", f"{GLYPHS}.coloured",
          _instead(lambda right, self, inner, step, steps: right(self, inner, steps + 1 - step, steps))),
    Fault("a colour that is lost", "elman-3", f"{GLYPHS}.coloured",
          _instead(lambda right, self, inner, step, steps: inner if step == 2 else right(
              self, inner, step, steps))),
    Fault("one colour for two contributions", "elman-3", f"{GLYPHS}.coloured",
          _instead(lambda right, self, inner, step, steps: right(self, inner, max(step, 2), steps))),
    # Relations and layout.
    Fault("an equals sign for a bound", "elman-2", f"{PRINTER}.relation",
          _text(lambda text: text.replace(r"\le", "="))),
    Fault("a bound turned round", "elman-2", f"{PRINTER}.relation",
          _text(lambda text: text.replace(r"\le", r"\ge"))),
    Fault("an equals sign for a rounded number", "elman-2", f"{PRINTER}.relation",
          _text(lambda text: text.replace(r"\approx", "="))),
    Fault("a side that is left out", "elman-2", f"{PRINTER}.joined_sides",
          _instead(lambda right, self, equation, sides: right(self, equation, sides[:2]))),
    Fault("the sides swapped", "elman-2", f"{PRINTER}.joined_sides",
          _instead(lambda right, self, equation, sides: right(self, equation, sides[::-1]))),
    Fault("the formula of another equation", "elman-2", f"{LAYOUT}.display",
          _once(lambda right, printer, equation: right(printer, equation).replace("s_{t}", "s_{t-1}"))),
    Fault("braces that are not closed", "elman-2", f"{LAYOUT}.display", _sub(r"\}$", "")),
    Fault("a symbol of the notation for another", "goodfellow-2", f"{LETTERS}.tex_symbol",
          _sub(r"^\\hat\{y\}$", "y")),
)  # fmt: skip

WORDS = "derive.render.page.words"

IN_SENTENCES = (
    Fault("a digit of a number changed", "elman-2", f"{WORDS}.number_tex",
          _once(lambda right, number: right(number).replace("0", "1", 1))),
    Fault("a power of ten off by one", "elman-2", f"{WORDS}.number_tex",
          _sub(r"10\^\{-(\d)", r"10^{-1\1")),
    Fault("a lost sign of a number", "elman-2", f"{WORDS}.number_tex",
          _sub(r"10\^\{-", "10^{")),
    Fault("a bound that is too small", "elman-2", f"{WORDS}.bound_tex", _sub("-12", "-40")),
    Fault("a bound that is needlessly large", "elman-2", f"{WORDS}.bound_tex", _sub("-12", "-2")),
    Fault("a shape turned round", "elman-2", f"{PRINTER}.inline",
          _sub(r"^(\w) \\times (\w)$", r"\2 \\times \1")),
    Fault("a letter in one sentence", "elman-2", f"{PRINTER}.inline",
          _once(lambda right, self, value: right(self, value).replace("s_", "o_"))),
    Fault("an index in one sentence", "elman-2", f"{PRINTER}.inline",
          _once(lambda right, self, value: right(self, value).replace("t-1", "t+1"))),
    Fault("a derivative upside down in sentences", "elman-2", f"{PRINTER}.inline",
          _sub(r"\\partial (\S+) / \\partial (\S+)", r"\\partial \2 / \\partial \1")),
    Fault("a lost plus of a derivative in sentences", "elman-2", f"{PRINTER}.inline",
          _sub(r"\\partial\^\{\+\}", r"\\partial")),
    Fault("a norm that is lost in sentences", "elman-2", f"{PRINTER}.inline",
          _sub(r"\\lVert (.*) \\rVert_\{2\}", r"\1")),
    Fault("an entry of a table changed", "elman-2", f"{PRINTER}.inline",
          _once(lambda right, self, value: right(self, value).replace("0.3", "0.8"))),
    Fault("a formula that is lost in a sentence", "elman-2", f"{WORDS}.Speaker.say",
          _once(lambda right, self, value: re.sub(r"^\$s.*\$$", "", right(self, value)))),
)  # fmt: skip
"""Faults that show within sentences and tables, which have no name but a place."""
