"""Faults in what is written for the embedded typesetter: each must be found in its source."""

from __future__ import annotations

from tests.faults.fault import Change, Fault, instead, once, sub, text

GLYPHS = "derive.typesetting.typstglyphs.TypstGlyphs"
PRINTER = "derive.typesetting.typstlayout.TypstPrinter"
MARKUP = "derive.render.typst.source.TypstMarkup"
SOURCE = "derive.render.typst.source"

ELMAN = "elman-2"
ELMAN_5 = "elman-5/first,substituted"
IRNN = "irnn-2/network,substituted"
LSTM = "lstm-2/network,substituted"
INSIDE = "state_inside-9/first,others"

EQUATION = r"^equation \S+ of \S+ is not printed as it was checked|^equation \S+ is not printed"
FORMULA = r"^a formula of \S+ is not printed as it was checked"
TEXT = r"^the text of \S+ is not what was meant"
HEAD = r"^the head of the Typst is not what was looked at"


def _set(name: str, target: str, make: Change, refusal: str, document: str = ELMAN) -> Fault:
    return Fault(f"{name}, in Typst", target, make, (f"write {document} typst",), refusal)


def _glyphs(name: str, method: str, make: Change, document: str = ELMAN) -> Fault:
    return _set(name, f"{GLYPHS}.{method}", make, f"{EQUATION}|{FORMULA}", document)


def _source(name: str, right: str, wrong: str, refusal: str) -> Fault:
    """Change what a layout gives, once it is filled."""
    return _set(name, f"{SOURCE}.fill", text(_replaced(right, wrong)), refusal)


def _replaced(right: str, wrong: str) -> Change:
    return lambda filled: filled.replace(right, wrong, 1)


FAULTS = (
    # Formulas.
    _glyphs("a lost transpose", "transposed", instead(lambda right, self, base: base)),
    _glyphs("factors in reverse order", "product",
            instead(lambda right, self, factors: right(self, factors[::-1]))),
    _glyphs("a derivative upside down", "derivative",
            instead(lambda right, self, num, den, immediate: right(self, den, num, immediate))),
    _glyphs("a lost plus of a derivative", "derivative",
            instead(lambda right, self, num, den, immediate: right(self, num, den, False))),
    _glyphs("a product for a sum", "over",
            instead(lambda right, self, big, *more: right(self, "prod", *more))),
    _glyphs("other bounds", "over",
            instead(lambda right, self, big, index, low, high: right(self, big, index, "2", high))),
    _glyphs("lost parentheses", "paren", instead(lambda right, self, inner, depth: inner)),
    _glyphs("a lost prime", "prime", sub("'", ""), IRNN),
    _glyphs("rows of a matrix exchanged", "matrix",
            instead(lambda right, self, rows: right(self, rows[::-1])), LSTM),
    _set("the copy of another step", f"{PRINTER}.display", sub(r"\^\(\(1\)\)", "^((2))"), EQUATION,
         ELMAN_5),
    _glyphs("a gradient by another quantity", "gradient",
            instead(lambda right, self, num, den: right(self, num, "U"))),
    _glyphs("a fraction upside down", "fraction",
            instead(lambda right, self, above, below: right(self, below, above))),
    _glyphs("two contributions of one colour", "coloured",
            instead(lambda right, self, inner, step, steps: right(self, inner, steps, steps))),
    _glyphs("no colour of contributions", "coloured",
            instead(lambda right, self, inner, step, steps: inner)),
    _glyphs("another relation", "relation", sub("=", "≤")),
    _glyphs("letters that are one name", "symbol", sub(r"^U$", "UW")),
    _glyphs("a slash that is a fraction", "derivative", sub(r" \\/ ", " / ")),
    _glyphs("a letter of another alphabet", "symbol", sub("^δ", "γ")),
    _set("a line that is lost", f"{PRINTER}._broken", text(lambda lines: lines[:-1]), EQUATION, ELMAN_5),
    _set("a line that is written twice", f"{PRINTER}._broken",
         text(lambda lines: [*lines, lines[-1]]), EQUATION, ELMAN_5),
    _set("a reason that is lost", f"{PRINTER}._reasoned", sub(r' && why\("[^"]*"\)', ""), EQUATION),
    _set("the reason of another line", f"{PRINTER}._reasoned",
         sub("chain rule", "product rule"), EQUATION),
    _set("another number for what is put in", "derive.render.page.view.told_by",
         instead(lambda right, reason, used: right(reason, ("elman-loss-total", *used[1:]))),
         EQUATION, "elman-2/loss"),
    _set("a number that leads to another equation", f"{MARKUP}.beside",
         instead(lambda right, self, words, said, anchors: right(self, words, said, anchors[::-1])),
         EQUATION, "elman-2/loss"),
    # The words for them.
    _set("other words for a display", f"{PRINTER}.display",
         once(lambda right, self, *more: right(self, *more).replace("s_t", "o_t", 1)), EQUATION),
    _set("words for a display that leave out a reason", f"{PRINTER}.display",
         sub(r' \| [^|"]*"', '"'), EQUATION),
    _set("other words for a formula within a line", f"{PRINTER}.inline",
         sub(r'^"U"', '"W"'), FORMULA),
    _set("another formula within a line", f"{PRINTER}.inline", sub(r"\$U\$", "$W$"), FORMULA),
    _set("other words for a number", f"{SOURCE}.TypstNumerals.bound",
         sub(r'"< 10\^\{-', '"< 10^{'), FORMULA),
    _set("another number", f"{SOURCE}.TypstNumerals.bound", sub(r"\(-12", "(-2"), FORMULA),
    # Sentences, numbers, references.
    _set("a number that is lost", f"{MARKUP}.number", instead(lambda *_: ""), TEXT),
    _set("a reference to something else", f"{MARKUP}.link",
         instead(lambda right, self, anchor, inner: right(self, "eq-elman-forward-s", inner)), TEXT),
    _set("emphasis that is lost", f"{MARKUP}.marked",
         instead(lambda right, self, inner, strong: inner), TEXT),
    _set("words that are not escaped", "derive.render.page.escaping.typst",
         instead(lambda right, words, *more: words), FORMULA),
    _source("a paragraph that is lost", "Networks of this kind", "// Networks of this kind",
            FORMULA),
    _source("another number of an equation", '"eq-elman-forward-s", "2"', '"eq-elman-forward-s", "3"',
            EQUATION),
    _source("the anchor of another equation", '("eq-elman-forward-s"', '("eq-elman-forward-z"',
            EQUATION),
    _source("a call that nobody knows", "#tabular(", "#hidden(", f"{FORMULA}|{TEXT}"),
    _source("a row of a table that is lost", "  ([#m(\"x_t\", $x_(t)$);]", "  // ([",
            f"{FORMULA}|{TEXT}"),
    _source("cells of a table to the other side", '"tab-symbols", "llc"', '"tab-symbols", "lrc"', TEXT),
    _source("a line of an algorithm that is set in", "  step(1, 0,", "  step(1, 1,", TEXT),
    _source("another picture", "figures/unrolled.svg", "figures/arrows.svg", TEXT),
    _source("other words for a picture", "The network unrolled over 2 steps", "Nothing", TEXT),
    _source("code that is not in the text", "#listing(", "#listing(line-of-code(\"x = 1\", []),", TEXT),
    # What stands above, and the properties.
    _source("an equation that shows another number", "#let tag(it) = [(#it.number)]",
            "#let tag(it) = [(1)]", HEAD),
    _source("a word that is not set", "#let held(body) = body", "#let held(body) = []", HEAD),
    _source("a definition that is lost", "#let pale = quiet.lighten(60%)\n", "", HEAD),
    _source("another title in the properties", '  title: "Backpropagation', '  title: "Propagation',
            r"the title of the PDF"),
    _source("another language in the properties", '  language: "en",', '  language: "de",',
            r"the language of the PDF"),
    _source("an author nobody named in the properties", '  author: "",', '  author: "Ada",',
            r"the author of the PDF"),
    _set("another title above the pages", f"{SOURCE}.shorten",
         text(lambda title: title.replace("simple", "long")), "stands above the pages"),
    _source("a colour of another contribution", "#1069A3", "#C05607", EQUATION),
    # The record of what made the PDF.
    Fault("a PDF said to be made by another typesetter", "derive.publishing.publish.chosen",
          instead(lambda right, name="auto": "tex"), ("write elman-2 typst",),
          r"it was made by typst, not by tex"),
)  # fmt: skip
