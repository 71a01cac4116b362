"""Faults in what prints formulas: each must be found in the text, by the name of its equation."""

from __future__ import annotations

from tests.faults.fault import Change, Fault, constant, instead, once, sub, text

GLYPHS = "derive.typesetting.glyphs.TexGlyphs"
PRINTER = "derive.typesetting.printing.Printer"
NODES = "derive.typesetting.nodes"
LAYOUT = "derive.typesetting.layout"
LETTERS = "derive.typesetting.glyphs"

REFUSAL = r"^equation \S+ (?:of \S+ )?is not printed as it was checked"


def _printed(name: str, document: str, target: str, make: Change) -> Fault:
    """Return a fault that shows in a document, whatever its format."""
    runs = (f"write {document} latex", f"write {document} markdown")
    return Fault(name, target, make, runs, REFUSAL)


ELMAN = "elman-2"
ELMAN_3 = "elman-3/first,substituted"
ELMAN_5 = "elman-5/first,substituted"
ELMAN_9 = "elman-9/first,sums,substituted"
IRNN = "irnn-2/network,substituted"
GRU = "gru-1/network"
LSTM = "lstm-2/network,substituted"
MSE = "mse-2/network,loss"
GOODFELLOW = "goodfellow-2/network"
INSIDE = "state_inside-9/first,others"

FAULTS = (
    # Signs.
    _printed("a lost minus between terms", ELMAN, f"{NODES}.summed",
          instead(lambda right, terms, *more: right(
              [term._replace(negative=False) for term in terms], *more))),
    _printed("a minus for a plus", ELMAN, f"{NODES}.summed",
          instead(lambda right, terms, *more: right(
              [term._replace(negative=True) for term in terms], *more))),
    _printed("a lost leading minus", ELMAN, f"{PRINTER}.text",
          instead(lambda right, self, expr, least=0: right(self, expr, least).lstrip("-"))),
    _printed("a sign that is lost at a line break", ELMAN_5, f"{LAYOUT}._broken",
          text(lambda lines: [line.replace("{} + ", "") for line in lines])),
    _printed("a term that is lost at a line break", ELMAN_5, f"{LAYOUT}._broken",
          text(lambda lines: [lines[0], *lines[2:]])),
    _printed("dots that are lost at a line break", INSIDE, f"{LAYOUT}._broken",
          text(lambda lines: [line.replace(r" + \cdots", "") for line in lines])),
    _printed("a line that is written twice", ELMAN_5, f"{LAYOUT}._broken",
          text(lambda lines: [*lines, lines[-1]])),
    # Marks.
    _printed("a lost transpose", ELMAN, f"{GLYPHS}.transposed",
          instead(lambda right, self, base: base)),
    _printed("one lost transpose", "elman-2/first,substituted", f"{GLYPHS}.transposed",
          once(lambda right, self, base: base)),
    _printed("a transpose of too much", ELMAN, f"{GLYPHS}.product",
          sub(r"^V\^\{\\top\} (.*)$", r"(V \1)^{\\top}")),
    _printed("a transpose that is moved to the other factor", ELMAN, f"{GLYPHS}.product",
          sub(r"^(\\delta_\{t\}) (s_\{t-1\})\^\{\\top\}$", r"\1^{\\top} \2")),
    _printed("a lost prime", IRNN, f"{GLYPHS}.prime",
          instead(lambda right, self, function: self.word(function))),
    _printed("a lost plus of an immediate derivative", ELMAN, f"{GLYPHS}.derivative",
          instead(lambda right, self, num, den, immediate: right(self, num, den, False))),
    _printed("a plus too many at a derivative", ELMAN, f"{GLYPHS}.derivative",
          instead(lambda right, self, num, den, immediate: right(self, num, den, True))),
    _printed("a lost tilde", GRU, f"{LETTERS}.tex_symbol", sub(r"\\tilde\{(\w)\}", r"\1")),
    _printed("a lost bar", LSTM, f"{LETTERS}.tex_symbol", sub(r"\\bar\{(.*)\}", r"\1")),
    # Letters and indices.
    _printed("W printed as U", ELMAN, f"{LETTERS}.tex_symbol", sub("^W$", "U")),
    _printed("U printed as W once", ELMAN, f"{LAYOUT}.display",
          once(lambda right, *given: right(*given).replace("U", "W", 1))),
    _printed("the output printed as the target", ELMAN, f"{LETTERS}.tex_symbol", sub("^o$", "y")),
    _printed("a letter of no quantity", ELMAN, f"{LETTERS}.tex_symbol", sub("^V$", "C")),
    _printed("an index one too far", ELMAN, f"{PRINTER}.index", sub(r"^t-1$", "t-2")),
    _printed("a lost shift of an index", ELMAN, f"{PRINTER}.index", sub(r"^t\+1$", "t")),
    _printed("t for T", ELMAN, f"{PRINTER}.index", sub("^T$", "t")),
    _printed("T for the last step", ELMAN, f"{PRINTER}.index", sub("^2$", "T")),
    _printed("swapped subscripts", ELMAN, f"{GLYPHS}.symbol",
          sub(r"\\delta_\{(\w),(\w)\}", r"\\delta_{\2,\1}")),
    _printed("a lost subscript", ELMAN, f"{GLYPHS}.symbol",
          sub(r"\\delta_\{(\w),(\w)\}", r"\\delta_{\1}")),
    _printed("a gate's mark for another's", LSTM, f"{GLYPHS}.symbol", sub(r"\^\{\(i\)\}", "^{(f)}")),
    _printed("the blocks of a Jacobian swapped", LSTM, f"{GLYPHS}.symbol",
          sub(r"\^\{\(hc\)\}", "^{(ch)}")),
    _printed("a parameter's index for another's", LSTM, f"{GLYPHS}.symbol", sub("W_{i}", "W_{f}")),
    _printed("the copy of another step", ELMAN, f"{GLYPHS}.symbol", sub(r"\^\{\(1\)\}", "^{(2)}")),
    # Numbers beside lines.
    _printed("another number for what is put in", "elman-2/loss", "derive.render.page.view.told_by",
          instead(lambda right, reason, used: right(reason, ("elman-loss-total", *used[1:])))),
    _printed("a number too few for what is put in", "elman-2/loss", "derive.render.page.view.told_by",
          instead(lambda right, reason, used: right(reason, used[:1]))),
    _printed("no numbers for what is put in", "elman-2/loss", "derive.render.page.view.used_in",
          constant(lambda document: {})),
    # Bounds, products and powers.
    _printed("a sum that begins one too early", ELMAN, f"{GLYPHS}.over",
          instead(lambda right, self, big, index, low, high: right(
              self, big, index, low.replace("1", "0"), high))),
    _printed("a sum that ends one too late", ELMAN, f"{GLYPHS}.over",
          instead(lambda right, self, big, index, low, high: right(
              self, big, index, low, high + "+1"))),
    _printed("swapped bounds", ELMAN, f"{GLYPHS}.over",
          instead(lambda right, self, big, index, low, high: right(self, big, index, high, low))),
    _printed("a sum for a product", ELMAN, f"{GLYPHS}.over",
          instead(lambda right, self, big, *args: right(self, "sum", *args))),
    _printed("another bound index", ELMAN, f"{GLYPHS}.over",
          instead(lambda right, self, big, index, low, high: right(self, big, "i", low, high))),
    _printed("a lost factor", ELMAN, f"{GLYPHS}.product",
          instead(lambda right, self, factors: right(self, factors[:-1] or factors))),
    _printed("a factor that is written twice", ELMAN, f"{GLYPHS}.product",
          instead(lambda right, self, factors: right(self, [factors[0], *factors]))),
    _printed("factors in the wrong order", ELMAN, f"{GLYPHS}.product",
          instead(lambda right, self, factors: right(self, factors[::-1]))),
    _printed("a factor beside dots that is another's", ELMAN_9, f"{GLYPHS}.product",
          instead(lambda right, self, factors: right(self, factors).replace(
              r"\cdots \frac{\partial s_{2}", r"\cdots \frac{\partial s_{3}"))),
    _printed("a lost square", ELMAN, f"{GLYPHS}.power",
          instead(lambda right, self, base, exponent: base)),
    _printed("a cube for a square", ELMAN, f"{GLYPHS}.power",
          instead(lambda right, self, base, exponent: right(
              self, base, str(exponent).replace("2", "3")))),
    _printed("lost parentheses", ELMAN, f"{GLYPHS}.paren",
          instead(lambda right, self, inner, depth: inner)),
    _printed("a fraction upside down", ELMAN, f"{GLYPHS}.derivative",
          instead(lambda right, self, num, den, immediate: right(self, den, num, immediate))),
    _printed("a gradient of the wrong loss", ELMAN, f"{GLYPHS}.gradient",
          instead(lambda right, self, num, den: right(self, num.replace("{2}", "{1}"), den))),
    _printed("a lost norm", ELMAN, f"{GLYPHS}.norm", instead(lambda right, self, inner: inner)),
    _printed("another function", ELMAN, f"{GLYPHS}.word",
          instead(lambda right, self, name: right(self, "sigmoid" if name == "tanh" else name))),
    _printed("an entry by entry product for a quotient", ELMAN, f"{GLYPHS}.divide",
          lambda right: r" \odot "),
    _printed("a matrix with swapped rows", LSTM, f"{GLYPHS}.matrix",
          instead(lambda right, self, rows: right(self, rows[::-1]))),
    _printed("a matrix that is transposed", LSTM, f"{GLYPHS}.matrix",
          instead(lambda right, self, rows: right(self, [list(c) for c in zip(*rows, strict=True)]))),
    # Numbers and colours.
    _printed("a digit changed", ELMAN, f"{GLYPHS}.numbers", sub("3", "8")),
    _printed("a lost decimal point", ELMAN, f"{GLYPHS}.numbers", sub(r"\.", "")),
    _printed("a lost minus of a number", ELMAN, f"{GLYPHS}.numbers", sub("-", "")),
    _printed("a half for a third", MSE, f"{GLYPHS}.number",
          instead(lambda right, self, p, q: right(self, p, q + 1 if q > 1 else q))),
    _printed("colours in the wrong order", ELMAN_3, f"{GLYPHS}.coloured",
          instead(lambda right, self, inner, step, steps: right(self, inner, steps + 1 - step, steps))),
    _printed("a colour that is lost", ELMAN_3, f"{GLYPHS}.coloured",
          instead(lambda right, self, inner, step, steps: inner if step == 2 else right(
              self, inner, step, steps))),
    _printed("all colours that are lost", ELMAN_3, f"{GLYPHS}.coloured",
          instead(lambda right, self, inner, step, steps: inner)),
    _printed("one colour for two contributions", ELMAN_3, f"{GLYPHS}.coloured",
          instead(lambda right, self, inner, step, steps: right(self, inner, max(step, 2), steps))),
    # Relations and layout.
    _printed("an equals sign for a bound", ELMAN, f"{PRINTER}.relation",
          text(lambda text: text.replace(r"\le", "="))),
    _printed("a bound turned round", ELMAN, f"{PRINTER}.relation",
          text(lambda text: text.replace(r"\le", r"\ge"))),
    _printed("an equals sign for a rounded number", ELMAN, f"{PRINTER}.relation",
          text(lambda text: text.replace(r"\approx", "="))),
    _printed("a side that is left out", ELMAN, f"{PRINTER}.joined_sides",
          instead(lambda right, self, equation, sides: right(self, equation, sides[:2]))),
    _printed("the sides swapped", ELMAN, f"{PRINTER}.joined_sides",
          instead(lambda right, self, equation, sides: right(self, equation, sides[::-1]))),
    _printed("the formula of another equation", ELMAN, f"{LAYOUT}.display",
          once(lambda right, *given: right(*given).replace("s_{t}", "s_{t-1}"))),
    _printed("braces that are not closed", ELMAN, f"{LAYOUT}.display", sub(r"\}$", "")),
    _printed("a symbol of the notation for another", GOODFELLOW, f"{LETTERS}.tex_symbol",
          sub(r"^\\hat\{y\}$", "y")),
)  # fmt: skip
